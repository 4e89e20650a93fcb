"""A bot that is killed or stopped at a bad moment: the next start goes on, and nothing is paid twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.ligdicash import LigdicashSandbox, Status
from bot.sandbox.slack import Message, SlackStandIn, outage
from storage.payout import State
from tests.paying import (
    accepted,
    call_back,
    callback_path,
    creates_of,
    events_of,
    finals,
    impatient,
    paid,
    state_of,
    thread_of,
    transaction_of,
    until,
)
from tests.process import HURRIED, eventually, serving
from tests.stage import AMINATA, SUPPORT, Stage, free_port, hurried, stage

pytestmark = pytest.mark.thorough


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """Both stand-ins; the bot is started by the test, as a process."""
    async with SlackStandIn.running() as slack, LigdicashSandbox.running(callback_delay=0.05) as ligdicash:
        made = Stage(slack, ligdicash, tmp_path, free_port())
        slack.request_url = f"{made.url}/slack/events"
        yield made


async def _says(scene: Stage, card: Message, words: str) -> None:
    await scene.thread_says(card, words, seconds=15)


async def _completed_once(scene: Stage, card: Message) -> None:
    """Nothing follows that would say it a second time."""
    await _all_told(scene)
    assert 1 == len(finals(scene, card, "completed"))
    assert (1, 1) == (len(creates_of(scene, card)), paid(scene, card))
    assert 1 == events_of(scene, card).count("completed")


async def _all_told(scene: Stage) -> None:
    waiting = "SELECT 1 FROM deliveries WHERE due_at IS NOT NULL"
    await eventually(lambda: not scene.rows(waiting))


async def test_killed_between_approval_and_callback(scene: Stage) -> None:
    """The callback finds nobody; the next start asks for the status, and tells it once."""
    async with serving(scene.environment(), scene.folder, code=HURRIED) as running:
        card = await scene.ask("22670000010 5000 refund")
        await scene.approve(card)
        await _says(scene, card, "initiated, not yet paid")
        await _all_told(scene)
        await running.kill()
    await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
    await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) == 2)
    assert [None, None] == [delivery.answer for delivery in scene.ligdicash.deliveries]
    async with serving(scene.environment(), scene.folder, code=HURRIED) as running:
        await _says(scene, card, "is *completed*")
        await _completed_once(scene, card)
        assert 0 == await running.terminate()
    token = accepted(scene, card).token
    assert 1 == sum(token in message.words for message in thread_of(scene, card))


async def test_killed_while_the_request_is_on_its_way(scene: Stage) -> None:
    """Said to be unconfirmed once the lease ran out, never sent again; a callback ends the doubt."""
    async with serving(scene.environment(), scene.folder, code=HURRIED) as running:
        card = await scene.ask("22670000016 5000 refund")
        await scene.approve(card)
        await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.creates) == 1)
        await running.kill()
    assert State.SENDING is state_of(scene, card)
    async with serving(scene.environment(), scene.folder, code=HURRIED):
        await _says(scene, card, "The bot was interrupted while sending")
        assert (1, State.UNCONFIRMED) == (len(scene.ligdicash.creates), state_of(scene, card))
        await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
        await _says(scene, card, "is *completed*")
        await _completed_once(scene, card)


async def test_told_to_stop_while_the_request_is_on_its_way(scene: Stage) -> None:
    """It waits for the answer as long as an answer may take, writes down that none came, and ends cleanly."""
    async with serving(scene.environment(), scene.folder, code=HURRIED) as running:
        card = await scene.ask("22670000016 5000 refund")
        await scene.approve(card)
        await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.creates) == 1)
        assert 0 == await running.terminate()
        assert "Traceback" not in running.everything
    assert State.UNCONFIRMED is state_of(scene, card)
    async with serving(scene.environment(), scene.folder, code=HURRIED):
        await _says(scene, card, "*unconfirmed*")
        await _all_told(scene)
    assert 2 == len(thread_of(scene, card))
    assert 1 == len(scene.ligdicash.creates)


@pytest.mark.prove
async def test_killed_at_any_moment_after_the_approval(scene: Stage) -> None:
    """Again and again, each time a little later: no payout is paid twice, and each is said to be once.

    One that was killed between its lease and its first byte was not paid: nobody knows that, and it is said.
    """
    cards = []
    for place, moment in enumerate((0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.2)):
        async with serving(scene.environment(), scene.folder, code=HURRIED) as running:
            card = await scene.ask(f"2267{place}000000 5000 refund")
            await scene.approve(card)
            cards.append(card)
            await asyncio.sleep(moment)
            await running.kill()
    async with serving(scene.environment(), scene.folder, code=HURRIED):
        for card in cards:
            await eventually(lambda card=card: _is_on_its_way(scene, card))  # type: ignore[misc]
            if not creates_of(scene, card):
                await _says(scene, card, "*unconfirmed*")
                continue
            # What was accepted but never heard of is called back once more, as LigdiCash does.
            await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
            await _says(scene, card, "is *completed*")
        sent = [card for card in cards if creates_of(scene, card)]
        assert sent
        for card in sent:
            await _completed_once(scene, card)
        assert len(sent) == len(scene.ligdicash.creates) == scene.ligdicash.paid_total.times


def _is_on_its_way(scene: Stage, card: Message) -> bool:
    return bool(creates_of(scene, card)) or state_of(scene, card) is State.UNCONFIRMED


async def test_stopped_while_slack_is_down(tmp_path: Path) -> None:
    """It ends at once; what could not be told is told by the next start, in order."""
    with hurried(), impatient():
        async with stage(tmp_path) as scene:
            card = await scene.ask("22670000010 5000 refund")
            await scene.approve(card)
            await _says(scene, card, "initiated, not yet paid")
            await scene.settled()
            scene.slack.api.weather = lambda _method, _args: outage()
            await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
            await until(scene, lambda: state_of(scene, card) is State.COMPLETED)
            async with asyncio.timeout(3):
                await scene.stop()
            scene.slack.api.weather = lambda _method, _args: None
            await scene.start()
            await _says(scene, card, "is *completed*")
            await scene.card_says(card, "Completed")
            await _completed_once(scene, card)


async def test_callbacks_that_came_before_a_restart(tmp_path: Path) -> None:
    """Stored, acknowledged, and the process gone before it looked: the next start looks."""
    with hurried(), impatient():
        async with stage(tmp_path) as scene:
            card = await scene.ask("22670000010 5000 refund")
            await scene.approve(card)
            await _says(scene, card, "initiated, not yet paid")
            await scene.settled()
            assert scene.bot is not None
            await scene.bot._house.worker.stop(1)
            path = callback_path(scene, card)
            await scene.ligdicash.settle(transaction_of(scene, card), Status.COMPLETED)
            await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) == 2)
            assert [200, 200] == [delivery.answer for delivery in scene.ligdicash.deliveries]
            assert State.INITIATED is state_of(scene, card)
            await scene.stop()
            await scene.start()
            await _says(scene, card, "is *completed*")
            await _completed_once(scene, card)
            assert 200 == await call_back(scene, path, {"status": "completed", "token": "again"})
            await _completed_once(scene, card)
            assert f"<@{AMINATA}>" in finals(scene, card, "completed")[0].text
            assert 1 == len([one for one in scene.slack.messages(SUPPORT) if one.ts == card.ts])
