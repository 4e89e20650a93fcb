"""Callbacks: stored before they are answered, believed only as far as LigdiCash's status confirms them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bot.clock import SECOND, Ids
from bot.desk import payments
from bot.desk.evidence import pause_after
from bot.sandbox import PATIENCE
from bot.sandbox.ligdicash import Status
from bot.sandbox.slack import Message
from storage.payout import State
from tests.paying import (
    FORM,
    Puppet,
    accepted,
    audit_lines,
    call_back,
    callback_path,
    events_of,
    finals,
    later,
    looked,
    paid,
    paying,
    puppet,
    state_of,
    thread_of,
    transaction_of,
    until,
)
from tests.stage import AMINATA, Stage, free_port, payout_of

PENDING, UNPAID_AND_SILENT = "22670000010", "22670000016"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot between its stand-ins, and nobody waits."""
    async with paying(tmp_path) as started:
        yield started


@pytest.fixture
async def ligdicash() -> AsyncIterator[Puppet]:
    """A LigdiCash that says what the test wants."""
    async with puppet() as made:
        yield made


@pytest.fixture
async def played(tmp_path: Path, ligdicash: Puppet) -> AsyncIterator[Stage]:
    """The bot with that LigdiCash."""
    async with paying(tmp_path, LIGDICASH_API_URL=ligdicash.url) as started:
        yield started


async def _initiated(scene: Stage, number: str = PENDING) -> Message:
    card = await scene.ask(f"{number} 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, "Initiated")
    await scene.settled()
    return card


def _asked_in(scene: Stage, card: Message) -> float:
    """In how many seconds of the scene's clock LigdiCash is asked next."""
    assert scene.clock is not None
    ask_at = scene.rows("SELECT ask_at FROM attempts WHERE payout = ?", payout_of(card))[0][0]
    assert ask_at is not None
    return (int(ask_at) - scene.clock.now()) / SECOND


async def _unconfirmed(scene: Stage) -> Message:
    card = await scene.ask(f"{UNPAID_AND_SILENT} 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, "Unconfirmed")
    await scene.settled()
    return card


def _stored(scene: Stage) -> int:
    return len(scene.rows("SELECT id FROM callbacks"))


def _told(scene: Stage) -> list[tuple[str, str]]:
    return [(message.ts, message.words) for message in scene.slack.all_messages()]


# Once, whatever comes how often and in which order


async def test_twins_end_a_payout_once(scene: Stage) -> None:
    """Form and JSON at the same instant: both answered 200 and stored, one final status."""
    card = await _initiated(scene)
    await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
    await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) == 2)
    await scene.card_says(card, "Completed")
    await scene.settled()
    assert [200, 200] == [delivery.answer for delivery in scene.ligdicash.deliveries]
    assert (2, 1, 1) == (_stored(scene), len(finals(scene, card, "completed")), paid(scene, card))
    kinds = events_of(scene, card)
    assert (1, 1) == (kinds.count("callback_received"), kinds.count("completed"))


async def test_repeats_and_late_ones_change_nothing_more(scene: Stage) -> None:
    """The same news again, in other bodies and long after: answered 200, stored, and nobody is told twice."""
    card = await _initiated(scene)
    await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
    await scene.card_says(card, "Completed")
    await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) == 2)
    await scene.settled()
    told, kinds = _told(scene), events_of(scene, card)
    await later(scene, 86_400)
    for _ in range(3):
        await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
    await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) == 8)
    await looked(scene)
    assert {200} == {delivery.answer for delivery in scene.ligdicash.deliveries}
    assert (told, kinds) == (_told(scene), events_of(scene, card))


async def test_repeats_ask_for_nothing_more(played: Stage, ligdicash: Puppet) -> None:
    """What is known to be final, or was said in the same words, costs LigdiCash no further status call."""
    card = await _asked(played, "Initiated")
    pending = {"status": "pending", "token": "first"}
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "pending"}
    for _ in range(3):
        assert 200 == await call_back(played, ligdicash.path, pending)
        await looked(played)
    assert 1 == len(ligdicash.asked)
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    for number in range(4):
        completed = {"status": "completed", "token": str(number)}
        assert 200 == await call_back(played, ligdicash.path, completed)
        await looked(played)
    assert (2, State.COMPLETED) == (len(ligdicash.asked), state_of(played, card))


async def test_the_same_bytes_are_stored_once(scene: Stage) -> None:
    """A repeated delivery is answered like the first."""
    card = await _initiated(scene)
    body = {"status": "pending", "token": "test-callback-token"}
    path = callback_path(scene, card)
    assert [200] * 3 == [await call_back(scene, path, body) for _ in range(3)]
    assert 1 == _stored(scene)
    assert 200 == await call_back(scene, path, urlencode(body), FORM)
    assert 2 == _stored(scene)


async def test_pending_then_completed(scene: Stage) -> None:
    """A callback that says pending ends nothing, and does not use up the one that says completed."""
    card = await _initiated(scene)
    await scene.ligdicash.settle(transaction_of(scene, card), Status.PENDING)
    await until(scene, lambda: _stored(scene) == 2)
    await looked(scene)
    assert State.INITIATED is state_of(scene, card)
    await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
    await scene.card_says(card, "Completed")
    await scene.settled()
    assert (1, 1) == (len(finals(scene, card, "completed")), paid(scene, card))
    assert ["“pending”", "“completed”"] == [
        word for line in audit_lines(scene, card) for word in ("“pending”", "“completed”") if word in line
    ]


async def test_completed_then_pending(scene: Stage) -> None:
    """A callback that was overtaken does not undo anything."""
    card = await _initiated(scene)
    await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
    await scene.card_says(card, "Completed")
    await call_back(scene, callback_path(scene, card), {"status": "pending", "token": "late"})
    await looked(scene)
    assert State.COMPLETED is state_of(scene, card)
    assert "contradiction" not in events_of(scene, card)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.NOTCOMPLETED])
async def test_a_callback_before_the_create_answer(played: Stage, ligdicash: Puppet, status: Status) -> None:
    """It waits for the answer: the token is never dropped, and is told before the final status."""
    ligdicash.gate.clear()
    card = await played.ask("22670000000 5000 refund")
    await played.approve(card)
    await ligdicash.arrived.wait()
    assert 200 == await call_back(played, ligdicash.path, {"status": status, "token": "callback-token"})
    assert State.SENDING is state_of(played, card)
    assert [] == ligdicash.asked
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": status}
    ligdicash.gate.set()
    word = {Status.COMPLETED: "completed", Status.NOTCOMPLETED: "failed"}[status]
    await played.card_says(card, word.capitalize())
    await played.settled()
    # One message where the end comes soon enough, else two.
    told = "\n".join(message.text for message in thread_of(played, card)[1:])
    assert 0 < told.index("test-token-of-a-payout") < told.index(f"*{word}*")
    assert ["test-token-of-a-payout"] == ligdicash.asked


# Never


async def test_no_callback_ever_comes(scene: Stage) -> None:
    """The status is asked after 3 s, then after ever longer pauses; the answer ends the payout."""
    card = await _initiated(scene)
    pauses = []
    for _ in range(4):
        pauses.append(_asked_in(scene, card))
        await later(scene, _asked_in(scene, card))
        await looked(scene)
    # A busy machine looks a little late: then less of the pause is left, never more.
    assert [True] * 4 == [pause - 1 < left <= pause for pause, left in zip([3, 4.5, 6.75, 10.125], pauses, strict=True)]
    assert State.INITIATED is state_of(scene, card)
    await scene.settled()
    assert 2 == len(thread_of(scene, card))


@pytest.mark.parametrize(
    ("polls", "first", "seconds"),
    [(0, 30, 30), (1, 30, 45), (2, 30, 67.5), (100, 30, 3600), (10**9, 3, 3600), (0, 3, 3), (0, 3600, 3600)],
)
def test_pauses_grow_up_to_an_hour(polls: int, first: int, seconds: float) -> None:
    """Never faster than 3 s, never slower than an hour, for as long as it takes."""
    assert seconds * 1000 == pause_after(polls, first)


# What is no proof


async def test_completed_says_the_callback_and_pending_says_the_status(scene: Stage) -> None:
    """A callback is a hint: the payout stays initiated until LigdiCash itself says so."""
    card = await _initiated(scene)
    token = accepted(scene, card).token
    for body in (
        {"status": "completed", "token": token},
        {"status": "notcompleted", "token": token},
        {"status": "completed", "transaction_id": transaction_of(scene, card), "amount": "5000"},
    ):
        assert 200 == await call_back(scene, callback_path(scene, card), body)
        await looked(scene)
        assert State.INITIATED is state_of(scene, card)
    assert "Initiated, not yet paid" in (await scene.card_says(card, "Initiated")).words


async def test_another_payouts_token_does_not_complete_an_initiated_one(scene: Stage) -> None:
    """Its own token is asked, whatever the callback carries."""
    other = await _initiated(scene, "22670000000")
    await scene.card_says(other, "Completed")
    card = await _initiated(scene)
    stolen = {"status": "completed", "token": accepted(scene, other).token}
    assert 200 == await call_back(scene, callback_path(scene, card), stolen)
    await looked(scene)
    assert State.INITIATED is state_of(scene, card)


async def test_another_payouts_token_is_shown_as_a_mismatch(scene: Stage) -> None:
    """An uncertain payout is asked for by that token alone: the answer is of another, and moves nothing."""
    other = await _initiated(scene, "22670000000")
    await scene.card_says(other, "Completed")
    card = await _unconfirmed(scene)
    stolen = {"status": "completed", "token": accepted(scene, other).token}
    for form in (json.dumps(stolen), urlencode(stolen)):
        assert 200 == await call_back(scene, callback_path(scene, card), form)
        await scene.thread_says(card, "did not match this payout (transaction, number)")
        await looked(scene)
    assert (State.UNCONFIRMED, State.COMPLETED) == (state_of(scene, card), state_of(scene, other))
    assert any("did not match (transaction, number)" in line for line in audit_lines(scene, card))
    assert 0 == paid(scene, card)
    assert [] == finals(scene, card, "completed")


async def test_the_secret_of_another_payout_opens_nothing(scene: Stage) -> None:
    """404, nothing stored, nothing told."""
    mine, other = await _initiated(scene), await _initiated(scene, "22671000010")
    told = _told(scene)
    payout, _ = callback_path(scene, mine).rsplit("/", 1)
    _, secret = callback_path(scene, other).rsplit("/", 1)
    assert 404 == await call_back(scene, f"{payout}/{secret}", {"status": "completed"})
    assert (0, told) == (_stored(scene), _told(scene))


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({"amount": "4999"}, "amount"),
        ({"montant": 500}, "amount"),
        ({"customer": "22670000001"}, "number"),
        ({"transaction_id": "0" * 32}, "transaction"),
        ({"transaction_id": ""}, "transaction"),
        ({"transaction_id": None, "external_id": "0" * 32}, "transaction"),
    ],
)
async def test_an_answer_that_does_not_fit(
    played: Stage, ligdicash: Puppet, answer: dict[str, object], what: str
) -> None:
    """Evidence by a callback's token must name this attempt, and amount and number where it gives them."""
    ligdicash.creation = {"response_code": "01", "response_text": "Echec (Code08)"}
    card = await _asked(played, "Unconfirmed")
    ligdicash.statuses["callback-token"] = ligdicash.about(status="completed") | answer
    assert 200 == await call_back(played, ligdicash.path, {"status": "completed", "token": "callback-token"})
    await played.thread_says(card, f"did not match this payout ({what})")
    await looked(played)
    assert (State.UNCONFIRMED, ["callback-token"]) == (state_of(played, card), ligdicash.asked)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"amount": 5000, "customer": "22670000000"},
        {"montant": "5000", "customer": "70000000"},
        {"transaction_id": "other", "external_id": "mine"},
    ],
)
async def test_an_answer_that_fits(played: Stage, ligdicash: Puppet, answer: dict[str, object]) -> None:
    """The number may lack its calling code; either id will do."""
    ligdicash.creation = {"response_code": "01", "response_text": "Echec (Code08)"}
    card = await _asked(played, "Unconfirmed")
    said = ligdicash.about(status="completed") | answer
    if said.get("external_id") == "mine":
        said = {**said, "external_id": ligdicash.transaction}
    ligdicash.statuses["callback-token"] = said
    assert 200 == await call_back(played, ligdicash.path, {"status": "completed", "token": "callback-token"})
    await played.card_says(card, "Completed")
    await played.settled()
    assert 1 == len(finals(played, card, "completed"))


async def _asked(scene: Stage, words: str) -> Message:
    card = await scene.ask("22670000000 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, words)
    await scene.settled()
    return card


# What LigdiCash's status says


@pytest.mark.parametrize("spelling", ["notcompleted", "nocompleted"])
async def test_both_spellings_of_a_failure(played: Stage, ligdicash: Puppet, spelling: str) -> None:
    """Either is final."""
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": spelling}
    card = await _asked(played, "Initiated")
    await call_back(played, ligdicash.path, {"status": spelling})
    await played.card_says(card, "Failed")
    await played.settled()
    assert 1 == len(finals(played, card, "failed"))


async def test_a_word_that_nobody_documented(played: Stage, ligdicash: Puppet) -> None:
    """Said once for each word, never taken for failed; a later completed still ends the payout."""
    card = await _asked(played, "Initiated")
    for word in ("processing", "processing", "<!channel>"):
        ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": word}
        await call_back(played, ligdicash.path, {"status": word, "token": str(len(ligdicash.asked))})
        await looked(played)
    said = [message.text for message in thread_of(played, card) if "not a final status" in message.text]
    assert ["“processing”", "“&lt;!channel&gt;”"] == [text.split()[2] for text in said]
    assert all("initiated, not yet paid" in text for text in said)
    assert State.INITIATED is state_of(played, card)
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    await later(played, 60)
    await played.card_says(card, "Completed")


@pytest.mark.parametrize(
    "answer",
    [
        "<html>500</html>",
        "",
        {"response_code": "01", "response_text": "Echec (Code00)", "status": "completed"},
        {"response_code": "01", "response_text": "Echec (Code03)", "status": "notcompleted"},
        {"status": "completed"},
    ],
    ids=range(5),
)
async def test_a_status_call_that_fails(played: Stage, ligdicash: Puppet, answer: dict[str, object] | str) -> None:
    """It says nothing about the payout: nothing moves, and it is asked again."""
    ligdicash.statuses["test-token-of-a-payout"] = answer
    card = await _asked(played, "Initiated")
    await call_back(played, ligdicash.path, {"status": "completed"})
    await until(played, lambda: ligdicash.asked)
    await looked(played)
    assert State.INITIATED is state_of(played, card)
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    await later(played, 60)
    await played.card_says(card, "Completed")


async def test_the_callbacks_token_helps_when_the_own_one_is_silent(played: Stage, ligdicash: Puppet) -> None:
    """How long a creation token stays good is not known; the callback's must name this attempt."""
    card = await _asked(played, "Initiated")
    ligdicash.statuses["callback-token"] = ligdicash.about(status="completed", amount=5000)
    await call_back(played, ligdicash.path, {"status": "completed", "token": "callback-token"})
    await played.card_says(card, "Completed")
    assert ["test-token-of-a-payout", "callback-token"] == ligdicash.asked


async def test_tokens_that_tell_nothing_hide_none_that_does(played: Stage, ligdicash: Puppet) -> None:
    """Whoever learns the callback's path may post tokens as they like: the one that answers has its turn."""
    ligdicash.creation = {"response_code": "01", "response_text": "Echec (Code08)"}
    card = await _asked(played, "Unconfirmed")
    for number in range(8):
        name = f"bogus-{number}" if number else "real"
        assert 200 == await call_back(played, ligdicash.path, {"status": "completed", "token": name})
        await looked(played)
    ligdicash.statuses["real"] = ligdicash.about(status="completed")
    ligdicash.asked.clear()
    for _ in range(4):
        await later(played, 3601)
        await looked(played)
    assert State.COMPLETED is state_of(played, card)
    assert "bogus-7" == ligdicash.asked[0]
    # Each time the newest, and two others.
    assert "real" in ligdicash.asked[:12]


async def test_an_own_token_that_names_another_transaction_is_told(played: Stage, ligdicash: Puppet) -> None:
    """It is the own token all the same, so it ends the payout; told once, whatever it says how often."""
    card = await _asked(played, "Initiated")
    own = {"response_code": "00", "transaction_id": "0" * 32}
    for word in ("pending", "pending", "completed"):
        ligdicash.statuses["test-token-of-a-payout"] = {**own, "status": word}
        await later(played, 3601)
        await looked(played)
    await played.card_says(card, "Completed")
    assert 1 == events_of(played, card).count("evidence_mismatch")
    assert 1 == sum("its own token names another transaction" in line for line in audit_lines(played, card))
    await played.thread_says(card, "answer to this payout's own token names another transaction")


@pytest.mark.parametrize(
    ("fields", "what"), [({"amount": 500, "montant": "600"}, "amount"), ({"customer": "22670999999"}, "number")]
)
async def test_an_own_token_that_names_something_else_is_told(
    played: Stage, ligdicash: Puppet, fields: dict[str, object], what: str
) -> None:
    """As one that names another transaction: told once, and a failure of which only it tells is no proof."""
    card = await _asked(played, "Initiated")
    for word in ("pending", "nocompleted"):
        ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": word, **fields}
        await later(played, 3601)
        await looked(played)
    assert [] == (await played.card_says(card, "*Failed*")).buttons
    await played.thread_says(card, f"own token names another {what}")
    assert 1 == sum(f"its own token names another {what}" in line for line in audit_lines(played, card))


async def test_what_was_paid_by_such_an_answer_is_not_said_more_surely(played: Stage, ligdicash: Puppet) -> None:
    """Nobody reads that LigdiCash says that this amount was paid to this number: it said something else."""
    card = await _asked(played, "Initiated")
    said = {"response_code": "00", "status": "completed", "amount": 500, "customer": "22675999999"}
    ligdicash.statuses["test-token-of-a-payout"] = said
    await later(played, 3601)
    await looked(played)
    await played.card_says(card, "Completed")
    told = await played.thread_says(card, "is *completed*: LigdiCash says so for its token")
    assert "that answer does not fit this payout" in told.words
    await played.thread_says(card, "own token names another amount, number")
    assert not any("LigdiCash says that" in message.text for message in thread_of(played, card))
    assert [] == [line for line in audit_lines(played, card) if "XOF paid" in line]


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": "5000.00", "customer": "+226 70 00 00 00"},
        {"amount": 5100, "montant": 5000},
        {"amount": 5000, "montant": "5100"},
        {"customer": "0022670000000"},
        {"customer": 70000000},
        {"amount": "", "customer": ""},
    ],
)
async def test_an_ordinary_answer_to_the_own_token_is_no_alert(
    played: Stage, ligdicash: Puppet, fields: dict[str, object]
) -> None:
    """Fees in one of two amounts, and a number as others write it, are no other payout."""
    card = await _asked(played, "Initiated")
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed", **fields}
    await later(played, 3601)
    await played.card_says(card, "Completed")
    assert "evidence_mismatch" not in events_of(played, card)


async def test_a_failure_of_another_transaction_is_not_asked_again(played: Stage, ligdicash: Puppet) -> None:
    """Shown as failed; but what may be said of another payout lets no second attempt pay."""
    card = await _asked(played, "Initiated")
    own = {"response_code": "00", "transaction_id": "0" * 32, "status": "notcompleted"}
    ligdicash.statuses["test-token-of-a-payout"] = own
    await later(played, 3601)
    assert [] == (await played.card_says(card, "*Failed*")).buttons
    ligdicash.statuses["test-token-of-a-payout"] = ligdicash.about(status="notcompleted")
    await later(played, 3601)
    await played.card_says(card, "Ask again")


async def test_a_failure_by_a_callbacks_token_waits_for_the_own_one(played: Stage, ligdicash: Puppet) -> None:
    """Nothing may follow it before; once the own token says the same, it may, and that is told."""
    card = await _asked(played, "Initiated")
    ligdicash.statuses["callback-token"] = ligdicash.about(status="notcompleted")
    await call_back(played, ligdicash.path, {"status": "notcompleted", "token": "callback-token"})
    assert [] == (await played.card_says(card, "*Failed*")).buttons
    await looked(played)
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "nocompleted"}
    await later(played, 3601)
    await played.card_says(card, "Ask again")
    assert [("failed",)] == played.rows("SELECT outcome FROM attempts")
    assert any("own token says the same now: “nocompleted”" in line for line in audit_lines(played, card))
    await later(played, 3601)
    await looked(played)
    assert 1 == events_of(played, card).count("evidence_agrees")


async def test_an_answer_about_something_else_leaves_the_question_open(played: Stage, ligdicash: Puppet) -> None:
    """It had failed, a callback says paid: while its own token only errs, what another's token tells is no answer."""
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "notcompleted"}
    card = await _asked(played, "Initiated")
    assert 200 == await call_back(played, ligdicash.path, {"status": "notcompleted", "token": "test-token-of-a-payout"})
    await played.card_says(card, "Failed")
    await looked(played)
    ligdicash.statuses["test-token-of-a-payout"] = "<h1>Internal Server Error</h1>"
    ligdicash.statuses["others"] = {"response_code": "00", "status": "completed", "transaction_id": "of-another-payout"}
    assert 200 == await call_back(played, ligdicash.path, {"status": "completed", "token": "others"})
    await later(played, 4)
    await looked(played)
    assert 1 == events_of(played, card).count("evidence_mismatch")
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    await later(played, 3_600)
    await looked(played)
    await played.card_says(card, "LigdiCash contradicts this")


async def test_the_same_words_are_asked_about_again_once_it_is_over(played: Stage, ligdicash: Puppet) -> None:
    """Paid, not paid, paid; the last callback is the first one again, to the byte: it is heard all the same."""
    paid, unpaid = ({"status": word, "token": "test-token-of-a-payout"} for word in ("completed", "notcompleted"))
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "notcompleted"}
    card = await _asked(played, "Initiated")
    assert [200, 200] == [await call_back(played, ligdicash.path, said) for said in (paid, unpaid)]
    await played.card_says(card, "Failed")
    await later(played, 4)
    await looked(played)
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    assert 200 == await call_back(played, ligdicash.path, paid)
    await later(played, 4)
    await looked(played)
    assert 2 == _stored(played)
    await played.card_says(card, "LigdiCash contradicts this")


async def test_paid_after_a_failure_by_a_callbacks_token_is_a_contradiction(played: Stage, ligdicash: Puppet) -> None:
    """The own token is asked on, and says that it was paid."""
    card = await _asked(played, "Initiated")
    ligdicash.statuses["callback-token"] = ligdicash.about(status="notcompleted")
    await call_back(played, ligdicash.path, {"status": "notcompleted", "token": "callback-token"})
    await played.card_says(card, "*Failed*")
    await looked(played)
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    await later(played, 3601)
    await played.card_says(card, "LigdiCash contradicts this")
    assert State.FAILED is state_of(played, card)


# Against what is recorded as final


async def test_completed_after_failed_is_shown_and_moves_nothing(scene: Stage) -> None:
    """An event, a banner on the card, an alert in thread and audit channel; each once."""
    card = await _initiated(scene, "22670000011")
    await scene.card_says(card, "Failed")
    await _contradicted(scene, card, Status.COMPLETED, State.FAILED)


async def test_failed_after_completed_is_shown_and_moves_nothing(scene: Stage) -> None:
    """The other way round."""
    card = await _initiated(scene, "22670000000")
    await scene.card_says(card, "Completed")
    await _contradicted(scene, card, Status.NOTCOMPLETED, State.COMPLETED)


async def _contradicted(scene: Stage, card: Message, says: Status, stays: State) -> None:
    for _ in range(2):
        await scene.ligdicash.settle(transaction_of(scene, card), says)
        await scene.card_says(card, "LigdiCash contradicts this")
        await looked(scene)
    # What is neither: LigdiCash is asked once more, and says the same.
    assert 200 == await call_back(scene, callback_path(scene, card), {"status": "pending"})
    await looked(scene)
    await _shown_once(scene, card, stays)
    assert 1 == len(finals(scene, card, stays))


async def _shown_once(scene: Stage, card: Message, stays: State) -> None:
    assert stays is state_of(scene, card)
    assert 1 == events_of(scene, card).count("contradiction")
    alert = await scene.thread_says(card, "LigdiCash now says")
    assert f"<@{AMINATA}>" in alert.text
    assert 1 == sum("but LigdiCash now says" in line for line in audit_lines(scene, card))


async def test_completed_after_a_refusal_is_shown(played: Stage, ligdicash: Puppet) -> None:
    """A definite refusal, and yet money moved: said loudly."""
    ligdicash.creation = {"response_code": "01", "response_text": "Echec (Code04)"}
    card = await _asked(played, "Refused")
    ligdicash.statuses["callback-token"] = ligdicash.about(status="completed")
    assert 200 == await call_back(played, ligdicash.path, {"status": "completed", "token": "callback-token"})
    await played.card_says(card, "LigdiCash contradicts this")
    await played.settled()
    await _shown_once(played, card, State.REFUSED)


@pytest.mark.parametrize("word", ["pending", "processing"])
async def test_pending_after_a_refusal_is_a_contradiction(played: Stage, ligdicash: Puppet, word: str) -> None:
    """LigdiCash refused it, and has it all the same: it may still be paid, so nothing may follow it."""
    ligdicash.creation = {"response_code": "01", "response_text": "Echec (Code05)", "token": ""}
    card = await _asked(played, "Refused")
    ligdicash.statuses["callback-token"] = ligdicash.about(status=word, amount="5000")
    assert 200 == await call_back(played, ligdicash.path, {"status": word, "token": "callback-token"})
    shown = await played.card_says(card, f"🚨 *LigdiCash contradicts this:* “{word}” of attempt 1")
    assert [] == shown.buttons
    await looked(played)
    await _shown_once(played, card, State.REFUSED)


async def test_half_a_character_in_the_create_answer_costs_no_token(played: Stage, ligdicash: Puppet) -> None:
    """JSON can spell it, no database takes it: the token is kept all the same, and the payout goes on."""
    ligdicash.creation = '{"response_code": "00", "token": "test-token-of-a-payout", "description": "caf\\ud83d"}'
    card = await _asked(played, "Initiated")
    assert [("test-token-of-a-payout", "accepted")] == played.rows("SELECT token, answer_kind FROM attempts")
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    await later(played, 60)
    await played.card_says(card, "Completed")


async def test_completed_after_it_never_left_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was proven not to have left, and expired, is heard of all the same."""
    monkeypatch.setattr(Ids, "secret", lambda _: "a" * 40)
    port = free_port()
    async with paying(tmp_path, LIGDICASH_API_URL=f"http://127.0.0.1:{port}") as scene:
        card = await scene.ask("22670000000 5000 refund")
        await scene.approve(card)
        await scene.card_says(card, "cannot be reached")
        await later(scene, 3602)
        await scene.card_says(card, "Expired")
        mine = transaction_of(scene, card)
        async with puppet(port) as ligdicash:
            ligdicash.statuses["callback-token"] = {
                "response_code": "00",
                "status": "completed",
                "transaction_id": mine,
            }
            path = f"/callbacks/ligdicash/{card.text.split()[0]}/{'a' * 40}"
            assert 200 == await call_back(scene, path, {"status": "completed", "token": "callback-token"})
            await scene.card_says(card, "LigdiCash contradicts this")
            await scene.settled()
            await _shown_once(scene, card, State.EXPIRED)
        assert [] == ligdicash.creates


# The door


PATHS = [
    "/callbacks/ligdicash/{payout}/" + "0" * 40,
    "/callbacks/ligdicash/{payout}/{secret}0",
    "/callbacks/ligdicash/{payout}/{short}",
    "/callbacks/ligdicash/{payout}/{large}",
    "/callbacks/ligdicash/{payout}/{secret}/",
    "/callbacks/ligdicash/{payout}/{secret}/more",
    "/callbacks/ligdicash/{payout}/",
    "/callbacks/ligdicash/{payout}",
    "/callbacks/ligdicash/P-22222/{secret}",
    "/callbacks/ligdicash/{small}/{secret}",
    "/callbacks/ligdicash/{payout}%00/{secret}",
    "/callbacks/ligdicash/{payout}'--/{secret}",
    "/callbacks/ligdicash/../ligdicash/x/{payout}/{secret}",
    "/callbacks/ligdicash/%FF%FE/{secret}",
    "/callbacks/other/{payout}/{secret}",
    "/callbacks/ligdicash//{secret}",
    "/{payout}/{secret}",
    "/",
]


async def test_a_wrong_path_stores_nothing(scene: Stage) -> None:
    """404 for every path that was never given out, whatever is posted there."""
    card = await _initiated(scene)
    told = _told(scene)
    *_, payout, secret = callback_path(scene, card).split("/")
    parts = {"short": secret[:-1], "large": secret.upper(), "small": payout.lower()}
    for path in PATHS:
        filled = path.format(payout=payout, secret=secret, **parts)
        for body in (b'{"status": "completed"}', b"", b"\xff" * 10, b"x" * 60_000):
            assert 404 == await call_back(scene, filled, body), filled
    assert (0, told) == (_stored(scene), _told(scene))


async def test_only_posts_are_callbacks(scene: Stage) -> None:
    """Any other method is refused, also on the right path."""
    card = await _initiated(scene)
    async with httpx.AsyncClient(base_url=scene.url, trust_env=False) as http:
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = await http.request(method, callback_path(scene, card))
            assert 405 == answer.status_code, method
    assert 0 == _stored(scene)


async def test_a_body_of_more_than_64_kib_is_too_large(scene: Stage) -> None:
    """413, with a length before it or in chunks, and nothing stored; a little less is taken."""
    card = await _initiated(scene)
    path = callback_path(scene, card)
    almost = json.dumps({"status": "pending", "x": "x" * 65_000}).encode()
    assert (200, 1) == (await call_back(scene, path, almost), _stored(scene))

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"x" * 1024

    async with httpx.AsyncClient(base_url=scene.url, trust_env=False) as http:
        for content in (b"x" * 65_537, b"x" * 1_000_000, chunks()):
            answer = await http.post(path, content=content)
            assert 413 == answer.status_code
    assert (1, State.INITIATED) == (_stored(scene), state_of(scene, card))


@contextmanager
def _locked(scene: Stage) -> Iterator[None]:
    """Somebody else writes to the ledger, and takes long."""
    with closing(sqlite3.connect(scene.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_ledger_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, so that LigdiCash comes again: nothing is acknowledged that is not stored."""
    monkeypatch.setattr("storage.connection.BUSY_MILLISECONDS", 20)
    async with paying(tmp_path) as scene:
        card = await _initiated(scene)
        path = callback_path(scene, card)
        with _locked(scene):
            async with httpx.AsyncClient(base_url=scene.url, trust_env=False) as http:
                answer = await http.post(path, json={"status": "completed"})
            assert (503, True) == (answer.status_code, int(answer.headers["Retry-After"]) > 0)
            # A path that was never given out is known to be wrong all the same.
            wrong = path[:-1] + ("0" if path[-1] != "0" else "1")
            assert 404 == await call_back(scene, wrong, {})
        assert 0 == _stored(scene)
        await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
        await scene.card_says(card, "Completed")


async def test_an_answer_that_cannot_be_written_at_once(
    tmp_path: Path, ligdicash: Puppet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger is locked when the create answer comes: the token is kept as soon as it can be."""
    monkeypatch.setattr("storage.connection.BUSY_MILLISECONDS", 20)
    ligdicash.gate.clear()
    async with paying(tmp_path, read=PATIENCE, LIGDICASH_API_URL=ligdicash.url) as scene:
        card = await scene.ask("22670000000 5000 refund")
        await scene.approve(card)
        await ligdicash.arrived.wait()
        await scene.card_says(card, "paying")
        tries = _count_answers_not_kept(monkeypatch)
        with _locked(scene):
            ligdicash.gate.set()
            async with asyncio.timeout(5):
                await tries.wait()
        await scene.thread_says(card, "test-token-of-a-payout")
        await scene.settled()
        assert State.INITIATED is state_of(scene, card)
    assert 1 == len(ligdicash.creates)


def _count_answers_not_kept(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    seen = asyncio.Event()
    monkeypatch.setattr(payments.log, "exception", lambda *_, **__: seen.set(), raising=False)
    return seen


async def test_a_flood_of_callbacks(scene: Stage) -> None:
    """Ever new bodies do not fill the disk, and do not keep the real one from being heard."""
    card = await _initiated(scene)
    path = callback_path(scene, card)
    for number in range(150):
        assert 200 == await call_back(scene, path, {"status": "pending", "n": number})
    assert 100 == _stored(scene)
    await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
    await later(scene, 3600)
    await scene.card_says(card, "Completed")
