"""A click that needs a form is followed by the form or by a reason, whatever Slack said of that person and when."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.clock import MINUTE
from bot.sandbox.slack import Delivery, Kind, Message, Trouble, outage
from bot.sandbox.slack.hands import find_button
from bot.speech.blocks import Button
from tests.stage import AMINATA, BOUKARY, CLARISSE, Stage
from tests.story.authority import (
    AGENTS_GROUP,
    APPROVERS_GROUP,
    ESTHER,
    TOWN,
    approves,
    clicks,
    enrol,
    office,
    settle_in,
    somebody,
)
from tests.story.office import CRASHES, NO_ACCOUNT, buttons_of, seen

FORMS = ["reject", "resolve", "ask_directly"]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot with groups in both lists."""
    async with office(tmp_path, **TOWN) as started:
        settle_in(started)
        yield started


async def offered(scene: Stage, button: str) -> Message:
    """A message that has this button."""
    number = {"reject": somebody(1), "resolve": CRASHES, "ask_directly": NO_ACCOUNT}[button]
    card = await scene.ask(f"{number} 5000 refund", user=BOUKARY)
    if button == "reject":
        return await scene.question(card)
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "*Unconfirmed*" if button == "resolve" else "*Refused*")
    await scene.at_rest()
    assert button in buttons_of(seen(scene, card))
    return seen(scene, card)


def silent_once(method: str, failing: int) -> Callable[[str, dict[str, Any]], Trouble | None]:
    """Slack does not answer one of several calls of that method."""
    calls = 0

    def weather(called: str, _args: dict[str, Any]) -> Trouble | None:
        nonlocal calls
        calls += called == method
        return outage() if called == method and calls == failing else None

    return weather


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
@pytest.mark.parametrize("button", FORMS)
async def test_slack_that_did_not_say_once_leaves_nobody_unanswered(
    scene: Stage, button: str, method: str, failing: int
) -> None:
    """The form's look-up fails and the worker's does not, or the other way round."""
    message = await offered(scene, button)
    who = CLARISSE if button != "ask_directly" else AMINATA
    await scene.later(2 * MINUTE)
    scene.slack.workspace.ephemerals.clear()
    scene.slack.api.weather = silent_once(method, failing)
    await clicks(scene, who, message, button)
    await scene.at_rest()
    assert [*scene.slack.modals(who), *scene.slack.ephemerals(who)]


@pytest.mark.parametrize("button", FORMS)
async def test_who_joined_the_group_a_second_ago_gets_the_form(scene: Stage, button: str) -> None:
    """Though the bot remembers from a moment before that they are not in it."""
    message = await offered(scene, button)
    group = AGENTS_GROUP if button == "ask_directly" else APPROVERS_GROUP
    await clicks(scene, ESTHER, message, button)
    await scene.whispered(ESTHER, "You are not ")
    enrol(scene, group, (CLARISSE, ESTHER))
    await clicks(scene, ESTHER, message, button)
    assert (await scene.slack.wait_for_modal(ESTHER)).is_open


@pytest.mark.parametrize("button", [button.value for button in Button])
async def test_a_payout_that_this_ledger_does_not_know(scene: Stage, button: str) -> None:
    """The card is from before the ledger was restored: every button on it says so, and does nothing."""
    question = await scene.question(await scene.ask(f"{somebody(1)} 5000 refund", user=BOUKARY))
    payload = scene.slack.payloads.click(CLARISSE, question, find_button(question.buttons, "approve"))
    payload["actions"][0] |= {"action_id": button, "value": "P-ZZZZZ:1"}
    ended = await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.error is None
    await scene.whispered(CLARISSE, "There is no payout P-ZZZZZ in this bot's ledger. Nothing was done.")
    await scene.at_rest()
    assert ([], 1) == (scene.slack.modals(CLARISSE), len(scene.slack.ephemerals(CLARISSE)))
