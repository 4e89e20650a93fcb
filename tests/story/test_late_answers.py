"""The create answer comes when its lease has run out, and somebody else has given the request up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import Bot
from bot.desk import payments
from bot.sandbox.slack import Message
from storage.payout import State
from tests.paying import (
    Puppet,
    audit_lines,
    call_back,
    events_of,
    finals,
    looked,
    paying,
    puppet,
    state_of,
    thread_of,
    told,
    until,
)
from tests.stage import Stage

TOKEN = "test-token-of-a-payout"


@pytest.fixture
async def ligdicash() -> AsyncIterator[Puppet]:
    """A LigdiCash that keeps the create request waiting."""
    async with puppet() as made:
        made.gate.clear()
        yield made


@pytest.fixture
async def scene(tmp_path: Path, ligdicash: Puppet, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The bot with that LigdiCash, and leases that are short."""
    monkeypatch.setattr(payments, "LEASE_SECONDS", 0.2)
    monkeypatch.setattr(payments, "CREATE_DEADLINE", 0.0)
    async with paying(tmp_path, read=20, LIGDICASH_API_URL=ligdicash.url) as started:
        yield started


@asynccontextmanager
async def _another_worker(scene: Stage) -> AsyncIterator[None]:
    """A second process on the same ledger, as after a restart while the first one still hangs."""
    other = Bot(scene.settings(), clock=scene.clock)
    running = asyncio.ensure_future(other._house.worker.run())
    try:
        yield
    finally:
        await other._house.worker.stop(5)
        await running
        await other.stop()


async def _given_up(scene: Stage, ligdicash: Puppet) -> Message:
    card = await scene.ask("22670000000 5000 refund")
    await scene.approve(card)
    await ligdicash.arrived.wait()
    async with _another_worker(scene), asyncio.timeout(5):
        while state_of(scene, card) is not State.UNCONFIRMED:  # noqa: ASYNC110 - the other one's ledger
            await asyncio.sleep(0.02)
    assert scene.bot is not None
    # Nothing in this process has seen that there is something to tell.
    await scene.bot._ledger.write(lambda _tx: None)
    await scene.thread_says(card, "interrupted while sending")
    return card


async def _answered(scene: Stage, ligdicash: Puppet, kind: str, card: Message) -> None:
    ligdicash.gate.set()
    await until(scene, lambda: kind in events_of(scene, card))
    await told(scene)
    assert 1 == len(ligdicash.creates)


async def test_a_late_yes(scene: Stage, ligdicash: Puppet) -> None:
    """It ends the doubt: token and final status follow; nothing is sent again."""
    card = await _given_up(scene, ligdicash)
    await _answered(scene, ligdicash, "initiated", card)
    assert TOKEN in thread_of(scene, card)[-1].text
    ligdicash.statuses[TOKEN] = {"response_code": "00", "status": "completed"}
    assert 200 == await call_back(scene, ligdicash.path, {"status": "completed"})
    await scene.card_says(card, "Completed")
    await scene.settled()
    assert 1 == len(finals(scene, card, "completed"))


async def test_a_late_refusal(scene: Stage, ligdicash: Puppet) -> None:
    """Definite, so it ends the doubt as well."""
    ligdicash.creation = {"response_code": "01", "response_text": "Echec (Code04)"}
    card = await _given_up(scene, ligdicash)
    await _answered(scene, ligdicash, "refused", card)
    assert State.REFUSED is state_of(scene, card)
    await scene.card_says(card, "Refused")


@pytest.mark.parametrize("answer", ["<html>", {"response_code": "01", "response_text": "Echec (Code08)"}])
async def test_a_late_answer_that_proves_nothing(
    scene: Stage, ligdicash: Puppet, answer: dict[str, object] | str
) -> None:
    """Recorded; the doubt stays."""
    ligdicash.creation = answer
    card = await _given_up(scene, ligdicash)
    await _answered(scene, ligdicash, "answer_recorded", card)
    assert State.UNCONFIRMED is state_of(scene, card)
    assert any("answer came late (uncertain)" in line for line in audit_lines(scene, card))


async def _completed_without_it(scene: Stage, ligdicash: Puppet) -> Message:
    card = await _given_up(scene, ligdicash)
    ligdicash.statuses["callback-token"] = ligdicash.about(status="completed")
    assert 200 == await call_back(scene, ligdicash.path, {"status": "completed", "token": "callback-token"})
    # The worker that waits for the answer does not look at this payout meanwhile.
    async with _another_worker(scene), asyncio.timeout(5):
        while state_of(scene, card) is not State.COMPLETED:  # noqa: ASYNC110 - the other one's ledger
            await asyncio.sleep(0.02)
    return card


async def test_a_yes_after_the_end(scene: Stage, ligdicash: Puppet) -> None:
    """A callback was faster: the token is kept all the same, and nothing else changes."""
    card = await _completed_without_it(scene, ligdicash)
    await _answered(scene, ligdicash, "answer_recorded", card)
    assert [(TOKEN,)] == scene.rows("SELECT token FROM attempts")
    await looked(scene)
    assert (State.COMPLETED, 1) == (state_of(scene, card), len(finals(scene, card, "completed")))


async def test_a_refusal_after_the_end(scene: Stage, ligdicash: Puppet) -> None:
    """Paid, says the status; refused, says the answer: said loudly, and nothing is moved."""
    ligdicash.creation = {"response_code": "01", "response_text": "Echec (Code04)"}
    card = await _completed_without_it(scene, ligdicash)
    await _answered(scene, ligdicash, "contradiction", card)
    await scene.card_says(card, "LigdiCash contradicts this")
    assert State.COMPLETED is state_of(scene, card)
