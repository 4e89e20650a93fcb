"""What finance reads of the ledger: by an index, a page at a time, and every change of what was written found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from storage import exporting, queries
from storage.exporting import FOREVER, attempts_between, events_between, look_at_chain, unapproved
from storage.ledger import Transaction
from storage.payout import EventKind, Payout, State, Way, digest
from tests.storage.book import Book
from tests.storage.recorder import Recorder
from tests.storage.test_indexes import plan_of

Read = Callable[[sqlite3.Connection, int, int, int], Iterator[Any]]


@pytest.fixture
def filed(book: Book) -> Book:
    """Five payouts a minute apart, each approved and sent; two of them at the same moment."""
    for number in range(5):
        payout = book.file(order_reference=f"ORD-{number}")
        salt = queries.salt(book.connection, payout.id)
        stands_for = digest(salt=salt, number=payout.number, amount=payout.amount, way=Way.WALLET)

        def approve(tx: Transaction, payout: Payout = payout, stands_for: str = stands_for) -> None:
            tx.append(EventKind.REQUESTED, payout=payout.id, attempt=1, actor=payout.requester, data={}, addresses=())
            event = tx.append(
                EventKind.APPROVED, payout=payout.id, attempt=1, actor="U0CLARISSE",
                data={"digest": stands_for, "needed": 1}, addresses=(),
            )  # fmt: skip
            tx.add_approval(payout, "U0CLARISSE", stands_for, event)
            tx.note_approved(payout, 1, "ligdicash.example")
            assert tx.move(payout, State.APPROVED, due_at=None)

        book.write(approve)
        book.connection.execute("UPDATE attempts SET sent_at = 1 WHERE payout = ?", (payout.id,))
        book.clock.milliseconds += 60_000 * (number != 1)
    return book


@pytest.mark.parametrize(
    ("read", "index"),
    [(attempts_between, "attempts USING INDEX attempts_asked"), (events_between, "events USING INDEX events_at")],
)
def test_a_page_of_days_is_found_by_an_index_from_both_ends(filed: Book, read: Read, index: str) -> None:
    """However much came before or after, and without sorting."""
    recorder = Recorder(filed.connection)
    assert list(read(cast("sqlite3.Connection", recorder), 1, FOREVER, 2))
    for statement, values in recorder.seen:
        steps = plan_of(filed.connection, statement, values)
        (walk,) = [step for step in steps if index in step]
        assert walk.startswith("SEARCH")
        assert ">" in walk
        assert "<" in walk
        # The list in an event is no table: it is as long as that event says.
        scans = [step for step in steps if step.startswith("SCAN") and not step.startswith("SCAN known VIRTUAL TABLE")]
        assert not [step for step in scans if "(subquery" not in step]
        plan = filed.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        assert not [step for step in plan if step["parent"] == 0 and "TEMP B-TREE" in step["detail"]]


@pytest.mark.parametrize("page", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("read", [attempts_between, events_between])
def test_pages_leave_nothing_out_and_repeat_nothing(filed: Book, read: Read, page: int) -> None:
    """Even where a page ends between two of the same moment."""
    found = [tuple(row) for row in read(filed.ledger.reader, 0, FOREVER, page)]
    assert found == [tuple(row) for row in read(filed.ledger.reader, 0, FOREVER, exporting.PAGE)]
    assert len(set(found)) == len(found) == (5 if read is attempts_between else 10)


def test_days_begin_with_their_first_moment_and_end_before_the_next(filed: Book) -> None:
    """What was asked for just then is in the day that begins, not in the one that ends."""
    moments = [row["asked_at"] for row in attempts_between(filed.ledger.reader, 0, FOREVER)]
    found = [row["asked_at"] for row in attempts_between(filed.ledger.reader, moments[1], moments[3])]
    assert moments[1:3] == found


def test_a_chain_that_nobody_touched(filed: Book) -> None:
    """All events, from the first to the newest, whose hash is told."""
    found = look_at_chain(filed.ledger.reader, 3)
    assert (10, 10, None) == (found.events, found.last, found.altered)
    assert [(found.newest_hash,)] == filed.rows("SELECT hash FROM events WHERE id = 10")
    assert [] == list(unapproved(filed.ledger.reader, 2))


@pytest.mark.parametrize(
    ("altered", "statement"),
    [
        (4, "UPDATE events SET actor = 'U0MALLORY' WHERE id = 4"),
        (4, "UPDATE events SET data = '{' WHERE id = 4"),
        (4, """UPDATE events SET data = '{"needed":0,' || substr(data, 2) WHERE id = 4"""),
        (4, "UPDATE events SET hash = '' WHERE id = 4"),
        (1, "UPDATE events SET at = 7 WHERE id = 1"),
        (4, "DELETE FROM events WHERE id = 4"),
        (10, "DELETE FROM events WHERE id = 10"),
        (1, "DELETE FROM events"),
    ],
)
def test_the_first_event_that_was_altered_is_named(filed: Book, altered: int, statement: str) -> None:
    """Whoever takes the triggers away and changes or removes one, the newest too, is found out."""
    filed.connection.execute("PRAGMA foreign_keys = OFF")
    filed.connection.execute("DROP TRIGGER events_are_never_changed")
    filed.connection.execute("DROP TRIGGER events_are_never_deleted")
    filed.connection.execute(statement)
    assert altered == look_at_chain(filed.ledger.reader, 3).altered


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attempts SET amount = 50000 WHERE payout = :payout",
        "UPDATE payouts SET amount = 50000 WHERE id = :payout",
        "UPDATE payouts SET way = 'mobile_directly' WHERE id = :payout",
        "UPDATE approvals SET person = 'U0MALLORY' WHERE payout = :payout",
        "DELETE FROM approvals WHERE payout = :payout",
    ],
)
def test_a_row_that_is_not_what_was_approved_is_named(filed: Book, statement: str) -> None:
    """The chain holds, but what was sent is another amount or way, or nobody approved it."""
    payout = str(filed.rows("SELECT id FROM payouts ORDER BY id LIMIT 1 OFFSET 2")[0][0])
    filed.connection.execute(statement, {"payout": payout})
    assert look_at_chain(filed.ledger.reader).altered is None
    assert [(payout, 1)] == list(unapproved(filed.ledger.reader, 2))
