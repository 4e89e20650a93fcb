"""What a payout costs in calls of Slack's Web API, at Slack's pace."""

from __future__ import annotations

import asyncio

from bot.sandbox.ligdicash import Status
from tests.stage import BOUKARY, SUPPORT, Stage
from tests.story.office import PENDING

LOOK_UPS = frozenset({"users.info", "conversations.info", "usergroups.users.list"})


async def test_an_ordinary_payout_costs_at_most_twelve_calls(scene: Stage) -> None:
    """Everything that Slack is asked from the command on, look-ups too; nobody decides before the request is told."""
    before = len(scene.slack.calls)
    card = await scene.ask("22670000000 5000 refund")
    await scene.settled()
    await scene.approve(card)
    await scene.card_says(card, "Completed")
    await scene.settled()
    calls = [call.method for call in scene.slack.calls[before:]]
    assert len(calls) <= 12, calls


async def test_a_slow_payout_costs_no_look_up_more(scene: Stage) -> None:
    """Its token is told, and its card edited, before its end comes: one notice and one edit more, and an audit line."""
    before = len(scene.slack.calls)
    card = await scene.ask(f"{PENDING} 5000 refund")
    await scene.settled()
    await scene.approve(card)
    await scene.card_says(card, "Initiated")
    await scene.settled()
    await scene.ligdicash.settle(scene.ligdicash.payouts[0].token, Status.COMPLETED)
    await scene.card_says(card, "Completed")
    await scene.settled()
    calls = [call.method for call in scene.slack.calls[before:]]
    assert len(calls) <= 15, calls
    assert ["conversations.info", "users.info", "users.info"] == sorted(each for each in calls if each in LOOK_UPS)


async def test_what_is_asked_at_the_same_time_is_asked_once(scene: Stage) -> None:
    """A new person's commands, all at once: Slack says once who that is and where the bot is, and each is answered."""
    before = len(scene.slack.calls)
    await asyncio.gather(*(scene.slack.command(BOUKARY, SUPPORT, "22670000000 5000 refund") for _ in range(10)))
    await scene.settled()
    calls = [call.method for call in scene.slack.calls[before:]]
    assert ["conversations.info", "users.info"] == sorted(each for each in calls if each in LOOK_UPS)
    assert 10 == calls.count("views.open")
