"""Whoever waits for an answer goes first: work lets posts pass, and is never held up for long by them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import patch

import pytest

from bot import unanswered
from bot.sandbox.slack import slow
from bot.unanswered import Unanswered
from storage.payout import State
from tests.paying import call_back, callback_path
from tests.stage import DAOUDA, GUEST, STRANGER, SUPPORT, Stage
from tests.story.authority import office
from tests.story.office import PENDING, becomes, changed, home, state_of

ASKS = "22670000000 1000 refund"
REFUSED = "SELECT 1 FROM events WHERE kind = 'request_refused'"
TOLD = "SELECT 1 FROM deliveries WHERE place = 'private' AND state = 'sent'"


def posts_of(scene: Stage) -> Unanswered:
    """What the bot counts."""
    assert scene.bot is not None
    return scene.bot._house.unanswered


def whispers(scene: Stage) -> int:
    """How many of them Slack was asked to show."""
    return sum(call.method == "chat.postEphemeral" for call in scene.slack.calls)


async def test_nothing_is_decided_while_somebody_waits_for_an_answer(tmp_path: Path) -> None:
    """What was stored is decided, and told, once nobody waits any more."""
    async with office(tmp_path) as scene:
        card = await scene.ask(ASKS)
        await scene.question(card)
        with patch.object(unanswered, "LONGEST_WAIT", 60), posts_of(scene).one():
            await scene.approve(card)
            # Something else that Slack is told, and that nobody has to wait for.
            await home(scene, DAOUDA)
            assert State.REQUESTED is state_of(scene, card)
        await becomes(scene, card, State.INITIATED)


async def test_an_answer_that_never_comes_holds_work_up_for_a_moment_only(tmp_path: Path) -> None:
    """However long somebody is not answered, what others stored is decided and told meanwhile."""
    async with office(tmp_path) as scene:
        with patch.object(unanswered, "LONGEST_WAIT", 0.05), posts_of(scene).one():
            card = await scene.ask(ASKS)
            await scene.approve(card)
            await scene.card_says(card, "Completed")


async def test_a_decision_that_let_posts_pass_is_not_begun_after_a_stop(tmp_path: Path) -> None:
    """It would be cut off in the middle, and a payment that is cut off must be looked up by people."""
    async with office(tmp_path) as scene:
        card = await scene.ask(ASKS)
        await scene.question(card)
        assert scene.bot is not None
        house, (worker, *_) = scene.bot._house, scene.bot._loops
        with patch.object(unanswered, "LONGEST_WAIT", 60), house.unanswered.one():
            await scene.approve(card)
            await home(scene, DAOUDA)
            await house.worker.stop(0)
        await worker
        # Whatever began all the same is waited for.
        await house.worker.stop(5)
        assert State.REQUESTED is state_of(scene, card)


async def test_what_let_posts_pass_is_not_told_after_a_stop(tmp_path: Path) -> None:
    """A call that is cut off is made once more by the next start: somebody would read it twice."""
    async with office(tmp_path) as scene:
        assert scene.bot is not None
        house = scene.bot._house
        scene.slack.api.weather = lambda method, _args: slow(0.2) if method == "chat.postEphemeral" else None
        await scene.slack.command(GUEST, SUPPORT, ASKS)
        await scene.slack.command(STRANGER, SUPPORT, ASKS)
        await scene.slack.wait_for(lambda _: whispers(scene), what="the first refusal")
        with patch.object(unanswered, "LONGEST_WAIT", 60), house.unanswered.one():
            await changed(scene, lambda: scene.rows(TOLD) and len(scene.rows(REFUSED)) > 1)
            stopping = asyncio.create_task(house.outbox.stop(5))
            # Until it has begun to stop.
            await asyncio.sleep(0)
        await stopping
        assert 1 == whispers(scene)


@pytest.mark.parametrize("who", ["Slack", "LigdiCash"])
async def test_a_post_counts_until_it_is_answered(tmp_path: Path, who: str) -> None:
    """While what it says is written down it has no answer, whether Slack posts it or LigdiCash; afterwards it has."""
    async with office(tmp_path) as scene:
        card = await scene.ask(f"{PENDING} 1000 refund")
        await scene.question(card)
        if who == "LigdiCash":
            await scene.approve(card)
            await becomes(scene, card, State.INITIATED)
        counted: list[int] = []
        posts = posts_of(scene)
        assert scene.bot is not None
        scene.bot._ledger.on_change(lambda: counted.append(posts._count))
        if who == "Slack":
            await scene.approve(card)
        else:
            assert 200 == await call_back(scene, callback_path(scene, card), b'{"status": "pending"}')
        assert 1 in counted
        assert 0 == posts._count


def test_whoever_finds_nobody_waiting_goes_on() -> None:
    """Without a post there is nothing to wait for, not even one turn of the loop."""
    waiting = Unanswered().let_pass()
    with pytest.raises(StopIteration):
        waiting.send(None)
