"""While Slack does not take a message's edits, its lane waits: it does not ask the ledger again and again."""

from __future__ import annotations

import asyncio
from functools import partial
from unittest.mock import patch

import pytest

from bot.clock import MINUTE, SECOND
from bot.sandbox.slack import Message
from storage.moves.outgoing import OutgoingMoves
from tests.stage import AMINATA, CLARISSE, SUPPORT, Stage
from tests.story.authority import silent
from tests.story.office import both_resume, buttons_of, changed, decided, pause, press, seen


async def restless(scene: Stage, times: int) -> None:
    """Until the ledger was written so many times from now on."""
    assert scene.bot is not None
    written, enough = 0, asyncio.Event()

    def count() -> None:
        nonlocal written
        written += 1
        if written >= times:
            enough.set()

    scene.bot._ledger.on_change(count)
    await enough.wait()


async def _edits_fail(scene: Stage, place: str, times: int) -> None:
    """Slack fails them so often, while time is skipped, that the next one comes much later."""
    for tries in range(1, times + 1):
        await changed(scene, partial(_failed, scene, place, tries))
        if tries < times:
            await scene.later(MINUTE)


def _failed(scene: Stage, place: str, times: int) -> bool:
    tried = "SELECT 1 FROM deliveries WHERE place = ? AND tries >= ? AND state = 'waiting' AND due_at IS NOT NULL"
    return bool(scene.rows(tried, place, times))


@pytest.mark.parametrize("place", ["card", "question"])
async def test_what_is_new_waits_for_what_slack_failed(timed: Stage, place: str) -> None:
    """One call tells both, when the older one is due; until then nothing is done; then the message says all of it."""
    card = await timed.ask("22670000000 5000 refund")
    question = await timed.question(card)
    await timed.at_rest()
    await pause(timed)
    await timed.at_rest()
    with silent(timed, "chat.update"):
        await press(timed, CLARISSE, question, "approve", confirm=True)
        await _edits_fail(timed, place, 5)
        await pause(timed, "once more")
        await decided(timed)
        await both_resume(timed)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await restless(timed, 60)
    await timed.later(MINUTE)
    await timed.card_says(card, "*Completed*")
    await timed.at_rest()
    assert [] == timed.rows("SELECT 1 FROM deliveries WHERE due_at IS NOT NULL")
    assert ([], []) == (buttons_of(await timed.question(card)), buttons_of(seen(timed, card)))


async def test_who_is_told_that_another_makes_the_call_does_not_insist(timed: Stage) -> None:
    """Another process takes each call a moment before."""
    with patch.object(OutgoingMoves, "note_posting", lambda *_: False):
        await timed.slack.command(AMINATA, SUPPORT, "22670000000 5000 refund")
        await timed.slack.submit(await timed.slack.wait_for_modal(AMINATA))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await restless(timed, 30)
    await timed.later(SECOND)
    assert isinstance(await timed.slack.wait_for_message(SUPPORT, "5 000 XOF"), Message)
