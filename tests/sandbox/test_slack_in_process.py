"""The stand-in without a network, as a simulator uses it."""

from __future__ import annotations

import asyncio
import random

from bot.sandbox.slack import Answer, Delivery, Kind, Slack
from tests.sandbox.slack_app import HandClock, actions, button, field, modal


async def run(seed: int) -> Slack:
    """One short story, the bot a function."""
    slack = Slack(clock=HandClock(), chance=random.Random(seed))  # noqa: S311 - what a simulator does

    async def bot(delivery: Delivery) -> Answer:
        if delivery.kind is Kind.COMMAND:
            view = modal(field())
            trigger = delivery.payload["trigger_id"]
            slack.call("views.open", "xoxb-test", {"trigger_id": trigger, "view": view})
        elif delivery.payload["type"] == "view_submission":
            args = {"channel": "C0SUPPORT", "text": "card", "blocks": [actions(button())]}
            slack.call("chat.postMessage", "xoxb-test", args)
        else:
            path = delivery.payload["response_url"].removeprefix("http://slack.example")
            slack.respond(path, {"text": "thanks"})
        return Answer(200)

    slack.carrier = bot
    await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="5000")
    await slack.submit(slack.modals("U0AMINATA")[0], {"amount": "5000"})
    await slack.click("U0CLARISSE", slack.messages("C0SUPPORT")[0], "approve")
    return slack


async def test_a_story_needs_no_network() -> None:
    """Command, modal, card and click by function calls alone."""
    slack = await run(1)
    assert ["card", "thanks"] == [each.text for each in slack.all_messages()]
    assert [None] * 3 == [each.error for each in slack.deliveries]


async def test_the_same_seed_is_the_same_story() -> None:
    """Ids, triggers, hashes and response URLs come from the injected source alone."""
    first, again, other = await run(1), await run(1), await run(2)
    assert first.calls == again.calls
    assert first.deliveries == again.deliveries
    assert first.transcript() == again.transcript()
    assert first.deliveries != other.deliveries


async def test_waiting_hears_of_deliveries() -> None:
    """The end of a delivery is a change like any other."""
    slack = Slack(clock=HandClock())

    async def unhurried(_delivery: Delivery) -> Answer:
        # Long enough for whoever waits to look once more and find nothing yet.
        for _ in range(5):
            await asyncio.sleep(0)
        return Answer(500)

    slack.carrier = unhurried
    waiting = asyncio.ensure_future(slack.wait_for(lambda s: s.deliveries, 0.5, "a delivery"))
    await asyncio.sleep(0)
    await slack.open_home("U0AMINATA")
    assert "dispatch_failed" == (await waiting)[0].error


def test_a_stranger_in_the_channel_can_be_told_something() -> None:
    """An ephemeral message needs membership, not an account in this workspace."""
    slack = Slack(clock=HandClock())
    args = {"channel": "C0SUPPORT", "user": "U0STRANGER", "text": "sorry"}
    assert slack.call("chat.postEphemeral", "xoxb-test", args)["ok"]
    assert ["sorry"] == [each.text for each in slack.ephemerals("U0STRANGER")]
