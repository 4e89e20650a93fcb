"""What people can do and see, with a small Bolt app as the bot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp

from bot.sandbox.slack import Answer, Delivery, Impossible, Message, Slack, SlackStandIn
from tests.sandbox.slack_app import CONFIRM, Json, actions, button, field, make_app, modal, over_http, plain

Ack = Callable[..., Awaitable[Any]]


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A running stand-in."""
    async with SlackStandIn.running() as running:
        yield running


def post(slack: Slack, *blocks: Json, channel: str = "C0SUPPORT") -> Message:
    """A message by the bot."""
    answer = slack.call("chat.postMessage", "xoxb-test", {"channel": channel, "text": "card", "blocks": list(blocks)})
    assert answer["ok"], answer
    return slack.messages(channel)[-1]


def show(slack: Slack, view: Json, user: str = "U0AMINATA") -> None:
    """A modal by the bot."""
    trigger = slack.workspace.new_trigger(user)
    answer = slack.call("views.open", "xoxb-test", {"trigger_id": trigger, "view": view})
    assert answer["ok"], answer


def answering(slack: Slack, answer: Answer) -> None:
    """Let the bot answer everything so."""

    async def carrier(_delivery: Delivery) -> Answer:
        return answer

    slack.carrier = carrier


def story(slack: SlackStandIn) -> AsyncApp:
    """A bot with one command, one modal, one message and one button."""
    app = make_app(slack)

    @app.command("/payout")
    async def command(ack: Ack, body: Json, client: Any) -> None:  # noqa: ANN401 - Bolt's own
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("request")
    async def submitted(ack: Ack, view: Json, client: Any) -> None:  # noqa: ANN401 - as above
        amount = view["state"]["values"]["amount"]["typed"]["value"]
        if not amount.isdigit():
            await ack(response_action="errors", errors={"amount": "digits only, such as 5000"})
            return
        await ack()
        row = actions(button(value="P-7K3F9", confirm=CONFIRM))
        await client.chat_postMessage(channel="C0SUPPORT", text=f"{amount} asked", blocks=[row])

    @app.action("approve")
    async def approve(ack: Ack, body: Json, client: Any) -> None:  # noqa: ANN401 - as above
        await ack()
        ts = body["container"]["message_ts"]
        await client.chat_update(channel="C0SUPPORT", ts=ts, text="approved by <@U0CLARISSE>", blocks=[])

    return app


async def test_the_whole_story_over_http(slack: SlackStandIn) -> None:
    """Command, modal, error beside a field, submission, click through the dialog, edited card."""
    async with over_http(slack, story(slack)):
        answer = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="")
        shown = await slack.wait_for_modal("U0AMINATA", "New payout")
        refused = await slack.submit(shown, {"amount": "five"})
        taken = await slack.submit(shown, {"amount": "5000"})
        card = await slack.wait_for_message("C0SUPPORT", "5000 asked")
        clicked = await slack.click("U0CLARISSE", card, "Approve", confirm=True)
        await slack.wait_for_message("C0SUPPORT", "approved by")
    assert (200, None) == (answer.status, answer.error)
    assert ({"amount": "digits only, such as 5000"}, False) == (refused.errors, refused.closed)
    assert ({}, True, None) == (taken.errors, taken.closed, taken.error)
    assert clicked.dialog is not None
    assert ("Sure?", "5 000 XOF", "Pay", "No") == (
        clicked.dialog.title,
        clicked.dialog.text,
        clicked.dialog.confirm,
        clicked.dialog.deny,
    )


@pytest.mark.parametrize(
    ("user", "channel"), [("U0GONE", "C0SUPPORT"), ("U0AMINATA", "C0AUDIT"), ("U0BOUKARY", "C0OLD")]
)
async def test_nobody_types_where_they_are_not(slack: SlackStandIn, user: str, channel: str) -> None:
    """The deactivated, people outside a channel, and everybody in an archived one."""
    if channel == "C0OLD":
        slack.workspace.add_channel(slack.workspace.channel("C0QUIET")).is_archived = True
        channel = "C0QUIET"
    with pytest.raises(Impossible):
        await slack.command(user=user, channel=channel, text="x")
    assert [] == slack.deliveries


async def test_the_deactivated_do_nothing_any_more(slack: SlackStandIn) -> None:
    """Not even in a channel that still lists them."""
    card = post(slack, actions(button()))
    slack.workspace.people.deactivate("U0CLARISSE")
    with pytest.raises(Impossible, match="deactivated"):
        await slack.click("U0CLARISSE", card, "approve")


async def test_a_dialog_comes_before_the_click(slack: SlackStandIn) -> None:
    """A button with a dialog is not clicked without it, and the other way round."""
    row = actions(button(confirm=CONFIRM), button("reject", "Reject"))
    card = post(slack, row)
    with pytest.raises(Impossible, match="5 000 XOF"):
        await slack.click("U0CLARISSE", card, "approve")
    with pytest.raises(Impossible):
        await slack.click("U0CLARISSE", card, "reject", confirm=True)
    assert [] == slack.deliveries


async def test_only_buttons_that_are_there_are_clicked(slack: SlackStandIn) -> None:
    """Not one that an edit took away, one of two alike, or one in a message that others alone see."""
    card = post(slack, actions(button("approve:1"), button("approve:2")))
    with pytest.raises(Impossible, match="no single button"):
        await slack.click("U0CLARISSE", card, "approve")
    slack.call("chat.update", "xoxb-test", {"channel": "C0SUPPORT", "ts": card.ts, "text": "x", "blocks": []})
    with pytest.raises(Impossible):
        await slack.click("U0CLARISSE", card, "approve:1")
    args = {"channel": "C0SUPPORT", "user": "U0AMINATA", "text": "psst", "blocks": [actions(button())]}
    slack.call("chat.postEphemeral", "xoxb-test", args)
    with pytest.raises(Impossible):
        await slack.click("U0CLARISSE", slack.ephemerals("U0AMINATA")[0], "approve")


async def test_a_button_is_found_by_how_it_begins(slack: SlackStandIn) -> None:
    """By action_id or by its words; an exact match goes before a longer one."""
    answering(slack, Answer(200))
    card = post(slack, actions(button("yes:P-1", "Approve 5 000"), button("yes", "Other")))
    for name in ("Approve", "yes", "yes:"):
        await slack.click("U0CLARISSE", card, name)
    clicked = [each.delivery.payload["actions"][0]["action_id"] for each in slack.deliveries]
    assert ["yes:P-1", "yes", "yes:P-1"] == clicked


async def test_choosing_in_a_menu(slack: SlackStandIn) -> None:
    """A menu in a message sends what was chosen."""
    answering(slack, Answer(200))
    options = [{"text": plain("Paid"), "value": "paid"}, {"text": plain("Not paid"), "value": "unpaid"}]
    card = post(slack, actions({"type": "static_select", "action_id": "resolve", "options": options}))
    await slack.click("U0CLARISSE", card, "resolve", choose="Not paid")
    assert options[1] == slack.deliveries[0].delivery.payload["actions"][0]["selected_option"]


async def test_buttons_in_a_modal_and_in_home(slack: SlackStandIn) -> None:
    """A click there names the view; from a modal its trigger can push another."""
    answering(slack, Answer(200))
    show(slack, modal(actions(button("more", "More"))))
    home = {"type": "home", "blocks": [actions(button("open", "Open"))]}
    slack.call("views.publish", "xoxb-test", {"user_id": "U0AMINATA", "view": home})
    shown = slack.modals("U0AMINATA")[0]
    await slack.click("U0AMINATA", shown, "more")
    in_modal = slack.deliveries[0].delivery.payload
    answer = slack.call("views.push", "xoxb-test", {"trigger_id": in_modal["trigger_id"], "view": modal()})
    assert ({"type": "view", "view_id": shown.id}, True) == (in_modal["container"], answer["ok"])
    at_home = slack.home("U0AMINATA")
    assert at_home is not None
    await slack.click("U0AMINATA", at_home, "Open")
    assert at_home.id == slack.deliveries[1].delivery.payload["view"]["id"]


@pytest.mark.parametrize(
    ("element", "value", "words"),
    [
        ({}, "", "required"),
        ({}, None, "required"),
        ({"min_length": 3}, "ab", "at least 3"),
        ({"max_length": 3}, "abcd", "no more than 3"),
        ({"type": "number_input", "is_decimal_allowed": False}, "5k", "a number"),
        ({"type": "number_input", "is_decimal_allowed": False}, "5.5", "whole number"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "5"}, "5.5", "range"),
    ],
)
async def test_slack_itself_stops_a_wrong_field(
    slack: SlackStandIn, element: Json, value: str | None, words: str
) -> None:
    """Empty, too short, too long, no number: the bot is not asked at all."""
    show(slack, modal(field("amount", **element)))
    result = await slack.submit(slack.modals("U0AMINATA")[0], {"amount": value})
    assert words in result.errors["amount"]
    assert (False, None, []) == (result.closed, result.delivered, slack.deliveries)


async def test_what_a_submission_leaves_alone_stays(slack: SlackStandIn) -> None:
    """Fields that are not named keep their initial value, optional ones may be empty."""
    answering(slack, Answer(200))
    show(slack, modal(field("amount", initial_value="5000"), field("order") | {"optional": True}))
    result = await slack.submit(slack.modals("U0AMINATA")[0])
    values = slack.deliveries[0].delivery.payload["view"]["state"]["values"]
    assert result.closed
    assert ("5000", None) == (values["amount"]["typed"]["value"], values["order"]["typed"]["value"])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(500), "dispatch_failed"),
        (Answer(200, "thanks"), "invalid_response"),
        (Answer(200, '{"response_action": "dance"}'), "invalid_response"),
        (Answer(200, '{"response_action": "errors", "errors": {}}'), "invalid_response"),
        (Answer(200, '{"response_action": "errors", "errors": {"note": "no"}}'), "invalid_response"),
        (Answer(200, '{"response_action": "errors", "errors": {"amount": 5}}'), "invalid_response"),
        (Answer(200, '{"response_action": "update", "view": {"type": "modal"}}'), "invalid_arguments"),
    ],
)
async def test_a_bad_answer_to_a_submission_is_trouble(slack: SlackStandIn, answer: Answer, error: str) -> None:
    """The modal stays open, and the person reads that there was some trouble."""
    answering(slack, answer)
    show(slack, modal(field(initial_value="1"), {"type": "divider", "block_id": "note"}))
    result = await slack.submit(slack.modals("U0AMINATA")[0])
    assert (error, False) == (result.error, result.closed)
    assert "We had some trouble connecting" in slack.transcript()


async def test_a_submission_can_update_push_and_clear(slack: SlackStandIn) -> None:
    """Each response_action does to the screen what Slack does."""
    show(slack, modal(field(initial_value="1")))
    first = slack.modals("U0AMINATA")[0]
    done = {"type": "modal", "title": plain("Done"), "blocks": [{"type": "divider"}]}
    answering(slack, Answer(200, _json(response_action="push", view=modal(field(initial_value="2")))))
    assert not (await slack.submit(first)).closed
    second = slack.modals("U0AMINATA")[1]
    with pytest.raises(Impossible):
        await slack.submit(first)
    answering(slack, Answer(200, _json(response_action="update", view=done)))
    await slack.submit(second)
    assert "Done" == second.title
    with pytest.raises(Impossible, match="no submit button"):
        await slack.submit(second)
    await slack.close(second)
    answering(slack, Answer(200, _json(response_action="clear")))
    assert (await slack.submit(first)).closed
    assert [] == slack.modals("U0AMINATA")


def _json(**body: object) -> str:
    return json.dumps(body)


async def test_unknown_fields_and_options_are_mistakes_of_the_test(slack: SlackStandIn) -> None:
    """A name that fits no field, or an option that is not offered, is said at once."""
    options = [{"text": plain("Wallet"), "value": "wallet"}]
    menu = {"type": "static_select", "action_id": "chosen", "options": options}
    show(slack, modal(field() | {"element": menu}))
    shown = slack.modals("U0AMINATA")[0]
    with pytest.raises(LookupError, match="no single field 'colour'"):
        await slack.submit(shown, {"colour": "red"})
    with pytest.raises(LookupError, match="wallet"):
        await slack.submit(shown, {"amount": "cash"})


async def test_waiting_in_vain_tells_the_story(slack: SlackStandIn) -> None:
    """A wait that ends in time-out shows what everyone saw."""
    post(slack, actions(button("approve", "Approve the payout")))
    with pytest.raises(AssertionError) as caught:
        await slack.wait_for(lambda s: s.messages("C0SUPPORT")[7], timeout=0.01, what="the eighth card")
    assert "the eighth card" in str(caught.value)
    assert "[Approve the payout]" in str(caught.value)


async def test_waiting_ends_at_the_change_it_waits_for(slack: SlackStandIn) -> None:
    """A condition is asked again at each change, and its value is given back."""
    waiting = asyncio.ensure_future(slack.wait_for_message("C0SUPPORT", "card"))
    await asyncio.sleep(0)
    card = post(slack, {"type": "divider"})
    assert card == await waiting


async def test_no_shortcut_where_nobody_is(slack: SlackStandIn) -> None:
    """Nobody opens the menu of a message that they do not see, that is gone, or that only they see."""
    away = slack.workspace.say("U0CLARISSE", "C0AUDIT", "70 00 00 00")
    gone = slack.workspace.say("U0AMINATA", "C0SUPPORT", "70 00 00 00")
    slack.workspace.delete(gone)
    only = slack.workspace.whisper(Message("C0SUPPORT", "1.1", "U0PAYOUT", "no", to="U0AMINATA"))
    for message in (away, gone, only):
        with pytest.raises(Impossible):
            await slack.shortcut("U0AMINATA", message)


async def test_a_shortcut_that_nobody_takes_fails_privately(slack: SlackStandIn) -> None:
    """As a command does."""
    message = slack.workspace.say("U0AMINATA", "C0SUPPORT", "70 00 00 00")
    result = await slack.shortcut("U0AMINATA", message)
    assert "dispatch_failed" == result.error
    assert "refund failed with the error" in slack.transcript()


async def test_half_a_character_keeps_no_failure_from_being_told(slack: SlackStandIn) -> None:
    """What was seen is told as text that can be written anywhere: a report that cannot ends a whole run of tests."""
    slack.workspace.say("U0AMINATA", "C0SUPPORT", "half \ud83d of it")
    with pytest.raises(AssertionError, match="in vain for nothing") as failure:
        await slack.wait_for(lambda _: None, timeout=0.01, what="nothing")
    assert b"half \\ud83d of it" in str(failure.value).encode()
