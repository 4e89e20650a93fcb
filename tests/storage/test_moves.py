"""A payout moves along the transition table, from the state in which it was seen, or it does not move."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import replace

import pytest

from storage.ledger import ImpossibleMoveError, Transaction
from storage.payout import EventKind, Outcome, Payout, State
from tests.storage.book import Book

# The whole table once more, so that no step is added to the code by mistake.
STEPS = {
    ("requested", "approved"),
    ("requested", "rejected"),
    ("requested", "cancelled"),
    ("requested", "expired"),
    ("approved", "sending"),
    ("approved", "cancelled"),
    ("approved", "expired"),
    ("approved", "unconfirmed"),
    ("sending", "initiated"),
    ("sending", "refused"),
    ("sending", "unconfirmed"),
    ("sending", "approved"),
    ("initiated", "completed"),
    ("initiated", "failed"),
    ("unconfirmed", "initiated"),
    ("unconfirmed", "completed"),
    ("unconfirmed", "failed"),
    ("unconfirmed", "refused"),
    ("refused", "requested"),
    ("failed", "requested"),
}
PAIRS = [(seen, to) for seen in State for to in State]


def placed(book: Book, state: State) -> Payout:
    """A payout that is in that state, however it came there."""
    payout = book.file()
    book.connection.execute("UPDATE payouts SET state = ? WHERE id = ?", (state, payout.id))
    return replace(payout, state=state)


def state_of(book: Book, payout: Payout) -> object:
    """What the ledger says."""
    return book.rows("SELECT state FROM payouts WHERE id = ?", payout.id)[0][0]


@pytest.mark.parametrize(("seen", "to"), [pair for pair in PAIRS if pair in STEPS])
def test_every_step_of_the_table_can_be_taken(book: Book, seen: State, to: State) -> None:
    """The payout is in the new state, and the worker looks when it was told to."""
    payout = placed(book, seen)
    assert book.write(lambda tx: tx.move(payout, to, due_at=42)) is True
    assert [(to, 42)] == book.rows("SELECT state, due_at FROM payouts")


@pytest.mark.parametrize(("seen", "to"), [pair for pair in PAIRS if pair not in STEPS])
def test_no_other_step_can_be_taken(book: Book, seen: State, to: State) -> None:
    """A step that is not in the table is a defect of the program, and changes nothing."""
    payout = placed(book, seen)
    with pytest.raises(ImpossibleMoveError):
        book.write(lambda tx: tx.move(payout, to, due_at=None))
    assert seen == state_of(book, payout)


def test_whoever_is_second_is_told_so(book: Book) -> None:
    """Two who saw the same state: one moves it, the other hears False, and the first one's word stands."""
    payout = book.file()
    assert book.write(lambda tx: tx.move(payout, State.APPROVED, due_at=1)) is True
    assert book.write(lambda tx: tx.move(payout, State.REJECTED, due_at=2)) is False
    assert [("approved", 1)] == book.rows("SELECT state, due_at FROM payouts")


def test_an_earlier_attempt_moves_nothing(book: Book) -> None:
    """What was decided about one attempt says nothing about the next."""
    payout = book.file()
    assert book.write(lambda tx: tx.move(replace(payout, attempt=2), State.APPROVED, due_at=1)) is False
    assert "requested" == state_of(book, payout)


def approved(tx: Transaction, payout: Payout) -> int:
    """The event of an approval."""
    return tx.append(EventKind.APPROVED, payout=payout.id, attempt=1, actor="U0CLARISSE", data={}, addresses=())


def test_one_person_approves_an_attempt_once(book: Book) -> None:
    """The table itself refuses the second approval of one person, and its move with everything in it."""
    payout = book.file()

    def approve() -> None:
        book.write(lambda tx: tx.add_approval(payout, "U0CLARISSE", "digest", approved(tx, payout)))

    approve()
    with pytest.raises(sqlite3.IntegrityError):
        approve()
    assert [(1,)] == book.rows("SELECT count(*) FROM approvals")
    assert [(1,)] == book.rows("SELECT count(*) FROM events")


def test_the_first_transaction_id_is_stored_with_the_request(book: Book) -> None:
    """Even a ledger that was restored before sending sends the same one; no two payouts share it."""
    first, second = book.file(), book.file(amount=1)
    ids = book.rows("SELECT payout, transaction_id, outcome FROM attempts")
    assert {first.id, second.id} == {row[0] for row in ids}
    assert 2 == len({row[1] for row in ids})
    assert {Outcome.OPEN} == {row[2] for row in ids}
    with pytest.raises(sqlite3.IntegrityError):
        book.connection.execute("UPDATE attempts SET transaction_id = 'the same'")


def test_a_new_attempts_transaction_id_is_made_of_the_one_before(book: Book) -> None:
    """Two ledgers that part after the first attempt send the same ones for every later attempt."""
    payout = placed(book, State.REFUSED)
    ((before,),) = book.rows("SELECT transaction_id FROM attempts")
    for number in (2, 3):
        assert book.write(lambda tx, payout=payout: tx.ask_again(payout, "U0AMINATA", 1))  # type: ignore[misc]  # bound on purpose
        expected = hashlib.sha256(f"{before}|{number}".encode()).hexdigest()[:32]
        ((before,),) = book.rows("SELECT transaction_id FROM attempts WHERE number = ?", number)
        assert expected == before
        book.connection.execute("UPDATE payouts SET state = 'refused'")
        payout = replace(payout, attempt=number)


def test_a_contradiction_that_is_known_changes_nothing(book: Book) -> None:
    """The card says the newest: said again of another attempt, an older one does not take its place unseen."""
    payout = placed(book, State.FAILED)
    book.write(lambda tx: tx.ask_again(payout, "U0CLARISSE", tx.now))

    def note(attempt: int) -> bool:
        return book.write(lambda tx: tx.note_contradiction(payout.id, attempt, "completed"))

    assert [True, True, False] == [note(2), note(1), note(2)]
    assert [("“completed” of attempt 1",)] == [tuple(row) for row in book.rows("SELECT contradiction FROM payouts")]


def test_a_number_is_kept_once(book: Book) -> None:
    """Every payout to it refers to the same beneficiary, with one salt."""
    book.file()
    book.file(amount=1)
    assert [(1,)] == book.rows("SELECT count(*) FROM beneficiaries")
    assert [("22670000000", 16)] == book.rows("SELECT number, length(salt) FROM beneficiaries")


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_cannot_be_paid(book: Book, amount: int) -> None:
    """The table itself holds that an amount is more than 0."""
    with pytest.raises(sqlite3.IntegrityError):
        book.file(amount=amount)
    assert [(0,)] == book.rows("SELECT count(*) FROM beneficiaries")


def test_a_claim_to_ask_is_given_once(book: Book) -> None:
    """Whoever claims an attempt that is due has it until then; nobody else, and nobody before it is due."""
    payout = book.file()
    now = book.clock.now()
    book.write(lambda tx: tx.ask(payout.id, 1, now + 1))
    assert book.write(lambda tx: tx.claim_asking(payout.id, 1, now + 60)) is False
    book.clock.milliseconds += 1
    assert book.write(lambda tx: tx.claim_asking(payout.id, 1, now + 60)) is True
    assert book.write(lambda tx: tx.claim_asking(payout.id, 1, now + 90)) is False


def test_giving_a_claim_back_overrules_nobody(book: Book) -> None:
    """A question that was wished for meanwhile stays; without one the next is when the claimant says."""
    payout = book.file()
    now = book.clock.now()
    book.write(lambda tx: tx.ask(payout.id, 1, now))
    assert book.write(lambda tx: tx.claim_asking(payout.id, 1, now + 60)) is True
    book.write(lambda tx: tx.ask_sooner(payout.id, 1, now + 5))
    book.write(lambda tx: tx.give_back_asking(payout.id, 1, now + 60, now + 3600))
    assert [(now + 5, 1)] == book.rows("SELECT ask_at, polls FROM attempts")
    book.write(lambda tx: tx.ask(payout.id, 1, now + 60))
    book.write(lambda tx: tx.give_back_asking(payout.id, 1, now + 60, None))
    assert [(None, 2)] == book.rows("SELECT ask_at, polls FROM attempts")


def test_a_look_is_only_brought_forward(book: Book) -> None:
    """Whoever wants the worker to look sooner never puts a look off, nor wakes a payout that has moved on."""
    payout = book.file()
    book.write(lambda tx: tx.look_again(payout.id, 50))
    book.write(lambda tx: tx.look_sooner(payout.id, State.REQUESTED, 60))
    assert [(50,)] == book.rows("SELECT due_at FROM payouts")
    book.write(lambda tx: tx.look_sooner(payout.id, State.REQUESTED, 40))
    assert [(40,)] == book.rows("SELECT due_at FROM payouts")
    book.write(lambda tx: tx.look_sooner(payout.id, State.APPROVED, 30))
    assert [(40,)] == book.rows("SELECT due_at FROM payouts")
