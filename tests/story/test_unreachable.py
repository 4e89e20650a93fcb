"""LigdiCash cannot be reached: nothing left, said so, tried again, paid once; expired after an hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import Message
from storage.payout import State
from tests.ligdicash.wire import wire
from tests.paying import (
    audit_lines,
    due_in,
    events_of,
    later,
    ordered,
    paying,
    state_of,
    thread_of,
    told,
    transaction_of,
    until,
)
from tests.stage import AMINATA, CLARISSE, Stage, free_port


@pytest.fixture
def port() -> int:
    """Where LigdiCash would be."""
    return free_port()


@pytest.fixture
async def scene(tmp_path: Path, port: int) -> AsyncIterator[Stage]:
    """The bot, and nobody at LigdiCash's port."""
    async with paying(tmp_path, LIGDICASH_API_URL=f"http://127.0.0.1:{port}") as started:
        yield started


async def _not_sent(scene: Stage, times: int = 1, number: str = "22670000000") -> Message:
    card = await scene.ask(f"{number} 5000 refund")
    await scene.approve(card)
    await _tries(scene, card, times)
    return card


async def _tries(scene: Stage, card: Message, times: int) -> None:
    await until(scene, lambda: events_of(scene, card).count("not_sent") == times)


async def test_it_says_that_nothing_left(scene: Stage) -> None:
    """The card says so and until when it is tried; the audit channel too; nobody is told that it failed."""
    card = await _not_sent(scene)
    shown = await scene.card_says(card, "LigdiCash cannot be reached, nothing has left")
    assert f"Approved* by <@{CLARISSE}>" in shown.words
    assert "Trying again at" in shown.words
    await told(scene)
    assert ["📡"] == [line[0] for line in audit_lines(scene, card) if "did not leave (ConnectError)" in line]
    assert 1 == len(thread_of(scene, card))
    assert State.APPROVED is state_of(scene, card)


async def test_pauses_grow_and_it_is_paid_once_when_ligdicash_is_back(scene: Stage, port: int) -> None:
    """The same attempt, with the id that was stored with the request, after one approval."""
    card = await _not_sent(scene)
    mine = transaction_of(scene, card)
    pauses = []
    for times in range(2, 5):
        pauses.append(due_in(scene, card))
        await later(scene, due_in(scene, card))
        await _tries(scene, card, times)
    assert [5, 10, 20] == [pytest.approx(pause, abs=0.5) for pause in pauses]
    async with LigdicashSandbox.running(port=port, callback_delay=0.05) as ligdicash:
        await later(scene, due_in(scene, card))
        await scene.card_says(card, "Completed")
        await scene.settled()
        assert [mine] == [ordered(create)["custom_data"]["transaction_id"] for create in ligdicash.creates]
        assert (1, 5000) == ligdicash.paid_total
    kinds = events_of(scene, card)
    assert (1, 4, 5) == (kinds.count("approved"), kinds.count("not_sent"), kinds.count("sending"))


async def test_after_an_hour_the_approval_has_expired(scene: Stage, port: int) -> None:
    """Pauses grow up to ten minutes; then nothing is sent any more, and card and thread say so."""
    card = await _not_sent(scene)
    pauses: list[float] = []

    def tried_or_expired() -> bool:
        tried = events_of(scene, card).count("not_sent") > len(pauses)
        return tried or state_of(scene, card) is State.EXPIRED

    while state_of(scene, card) is not State.EXPIRED:
        assert len(pauses) < 40
        pauses.append(due_in(scene, card))
        await later(scene, due_in(scene, card))
        await until(scene, tried_or_expired)
    grown = [5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600]
    assert grown == [pytest.approx(pause, abs=1) for pause in pauses[: len(grown)]]
    assert 3600 == pytest.approx(sum(pauses), abs=10)
    shown = await scene.card_says(card, "Expired")
    assert "nothing left, nothing was paid" in shown.words
    last = await scene.thread_says(card, "has *expired*")
    assert f"<@{AMINATA}>" in last.text
    await scene.settled()
    assert any("expired; nothing left" in line for line in audit_lines(scene, card))
    async with LigdicashSandbox.running(port=port) as ligdicash:
        await later(scene, 86_400)
        assert [] == ligdicash.creates


async def test_a_restart_goes_on_trying(scene: Stage, port: int) -> None:
    """What waited is found by the next start, and paid once."""
    card = await _not_sent(scene)
    await scene.stop()
    async with LigdicashSandbox.running(port=port, callback_delay=0.05) as ligdicash:
        await scene.start()
        await later(scene, 5)
        await scene.card_says(card, "Completed")
        assert 1 == len(ligdicash.creates)


async def test_an_hour_passes_while_the_bot_is_off(scene: Stage, port: int) -> None:
    """The approval is old by then: LigdiCash is back, and yet nothing is sent."""
    card = await _not_sent(scene)
    await scene.stop()
    async with LigdicashSandbox.running(port=port, callback_delay=0.05) as ligdicash:
        await scene.start()
        await later(scene, 3_601)
        await scene.card_says(card, "Expired")
        assert [] == ligdicash.creates


async def test_what_is_not_proven_is_not_tried_again(tmp_path: Path) -> None:
    """A connection that opens and breaks is no closed port: uncertain, and for good."""
    async with wire(says=b"") as server, paying(tmp_path, LIGDICASH_API_URL=server.url) as scene:
        card = await scene.ask("22670000000 5000 refund")
        await scene.approve(card)
        await scene.card_says(card, "Unconfirmed")
        await later(scene, 10_000)
        await scene.settled()
        assert (1, State.UNCONFIRMED) == (len(server.requests), state_of(scene, card))


async def test_nothing_is_sent_while_others_are(scene: Stage) -> None:
    """Several at once: each is tried on its own, and none twice at the same time."""
    cards = [await _not_sent(scene, number=f"2267{one}000000") for one in range(3)]
    await later(scene, 5.5)
    await asyncio.gather(*(_tries(scene, card, 2) for card in cards))
    for card in cards:
        assert (2, 2) == (events_of(scene, card).count("sending"), events_of(scene, card).count("not_sent"))
