"""How commands and clicks reach the bot over HTTP: signed, in Slack's shapes, within three seconds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import Clock, SignatureVerifier

from bot.sandbox.slack import ChannelKind, Message, SlackStandIn
from tests.sandbox.slack_app import HandClock, Json, actions, button, field, modal


class Receiver:
    """A bare HTTP server in the bot's place that keeps what it received."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.bodies: list[str] = []
        self.answer: Callable[[], Awaitable[web.Response]] = self.nothing

    async def nothing(self) -> web.Response:
        """Acknowledge with an empty body."""
        return web.Response()

    async def receive(self, request: web.Request) -> web.Response:
        """Keep and answer."""
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.text())
        return await self.answer()

    @property
    def form(self) -> dict[str, str]:
        """The last body, if it is a form."""
        return dict(parse_qsl(self.bodies[-1], keep_blank_values=True))

    @property
    def payload(self) -> Json:
        """The payload in the last body's form."""
        found: Json = json.loads(self.form["payload"])
        return found


@pytest.fixture
def receiver() -> Receiver:
    """In the bot's place."""
    return Receiver()


@pytest.fixture
async def slack(receiver: Receiver) -> AsyncIterator[SlackStandIn]:
    """A stand-in that waits a tenth of a second instead of three and delivers to the receiver."""
    app = web.Application()
    app.router.add_post("/slack/events", receiver.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with SlackStandIn.running(clock=HandClock(), ack_seconds=0.1) as running:
        running.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        yield running
    await runner.cleanup()


def card(slack: SlackStandIn, **more: str) -> Message:
    """A message with a button, by the bot."""
    args = {"channel": "C0SUPPORT", "text": "card", "blocks": [actions(button(value="P-7K3F9"))], **more}
    answer = slack.call("chat.postMessage", "xoxb-test", args)
    return slack.workspace.channel(answer["channel"]).messages[answer["ts"]]


async def respond(url: str, **body: object) -> tuple[int, Json]:
    """Post to a response URL."""
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return response.status, await response.json()


async def test_a_delivery_is_signed(slack: SlackStandIn, receiver: Receiver) -> None:
    """Slack's own verifier finds the signature good, and bad for another body or secret."""
    await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="22670000000 5000 refund")
    headers, body = receiver.headers[0], receiver.bodies[0]
    verifier = SignatureVerifier("test-signing-secret", clock=SlackSeconds(slack))
    assert verifier.is_valid_request(body, headers)
    assert not verifier.is_valid_request(body + "x", headers)
    assert not SignatureVerifier("other", clock=SlackSeconds(slack)).is_valid_request(body, headers)


async def test_connections_are_not_kept_alive(slack: SlackStandIn, receiver: Receiver) -> None:
    """A kept one to a bot that was restarted would lose the next delivery."""
    await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
    assert "close" == receiver.headers[0]["Connection"]


class SlackSeconds(Clock):
    """The stand-in's time, as the verifier asks for it."""

    def __init__(self, slack: SlackStandIn) -> None:
        self.slack = slack

    def now(self) -> float:
        """Seconds since 1970."""
        return self.slack.clock.now() / 1000


async def test_the_form_of_a_command(slack: SlackStandIn, receiver: Receiver) -> None:
    """All the fields that Slack sends, text as typed but trimmed."""
    await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="  +226 70 5000 a&b ")
    form = receiver.form
    assert form.pop("trigger_id").count(".") == 2
    assert form.pop("response_url").startswith(slack.base_url)
    assert form == {
        "token": "verification-token",
        "team_id": "T0TEAM",
        "team_domain": "team",
        "channel_id": "C0SUPPORT",
        "channel_name": "support",
        "user_id": "U0AMINATA",
        "user_name": "aminata",
        "command": "/payout",
        "text": "+226 70 5000 a&b",
        "api_app_id": "A0PAYOUT",
        "is_enterprise_install": "false",
    }


async def test_channel_names_in_commands(slack: SlackStandIn, receiver: Receiver) -> None:
    """Direct messages and private channels have no name there."""
    await slack.command(user="U0AMINATA", channel=slack.workspace.dm("U0AMINATA"), text="help")
    assert "directmessage" == receiver.form["channel_name"]
    await slack.command(user="U0AMINATA", channel="G0PRIVATE", text="help")
    assert "privategroup" == receiver.form["channel_name"]


async def test_an_acknowledgement_is_shown_to_that_person_alone(slack: SlackStandIn, receiver: Receiver) -> None:
    """Plain text or JSON; in the channel only when it says so."""
    bodies = iter(
        [
            web.Response(text="hold on"),
            web.json_response({"text": "hidden"}),
            web.json_response({"response_type": "in_channel", "text": "for all"}),
            web.json_response({"text": "bad", "blocks": [{"type": "what"}]}),
        ]
    )

    async def answer() -> web.Response:
        return next(bodies)

    receiver.answer = answer
    answers = [await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x") for _ in range(4)]
    assert ["hold on", "hidden", "for all", ""] == [each.text for each in answers]
    assert [None, None, None, "invalid_blocks"] == [each.error for each in answers]
    assert ["hold on", "hidden"] == [each.text for each in slack.ephemerals("U0AMINATA")]
    assert ["for all"] == [each.text for each in slack.messages("C0SUPPORT")]


async def test_no_acknowledgement_in_time(slack: SlackStandIn, receiver: Receiver) -> None:
    """The person sees operation_timeout, and it is on record."""
    released = asyncio.Event()

    async def answer() -> web.Response:
        await released.wait()
        return web.Response()

    receiver.answer = answer
    answer_of_slack = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
    clicked = await slack.click("U0CLARISSE", card(slack), "approve")
    released.set()
    assert ("operation_timeout", None) == (answer_of_slack.error, answer_of_slack.status)
    assert "operation_timeout" == clicked.error
    assert ["operation_timeout"] * 2 == [each.error for each in slack.deliveries]
    assert "only Aminata sees: /payout failed with the error “operation_timeout”" in slack.transcript()


@pytest.mark.parametrize("status", [201, 400, 401, 500, 503])
async def test_any_status_but_200_fails(slack: SlackStandIn, receiver: Receiver, status: int) -> None:
    """`dispatch_failed`, and the body is shown to nobody."""

    async def answer() -> web.Response:
        return web.Response(status=status, text="oops")

    receiver.answer = answer
    seen = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
    assert ("dispatch_failed", status, "") == (seen.error, seen.status, seen.text)
    assert [] == slack.ephemerals("U0AMINATA")


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9/slack/events"])
async def test_nobody_there(slack: SlackStandIn, url: str | None) -> None:
    """No request URL, or nobody behind it: `dispatch_failed`, with the reason on record."""
    slack.request_url = url
    seen = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
    assert ("dispatch_failed", None) == (seen.error, seen.status)
    assert slack.deliveries[0].reason


async def test_the_payload_of_a_click(slack: SlackStandIn, receiver: Receiver) -> None:
    """Who, where, which message, which button, and leave to answer."""
    first = card(slack)
    await slack.click("U0CLARISSE", card(slack, thread_ts=first.ts), "approve")
    payload = receiver.payload
    (clicked,) = payload["actions"]
    assert "block_actions" == payload["type"]
    assert {"id": "U0CLARISSE", "username": "clarisse", "name": "clarisse", "team_id": "T0TEAM"} == payload["user"]
    assert {"id": "T0TEAM", "domain": "team"} == payload["team"]
    assert {"id": "C0SUPPORT", "name": "support"} == payload["channel"]
    assert {
        "type": "message",
        "message_ts": payload["message"]["ts"],
        "channel_id": "C0SUPPORT",
        "is_ephemeral": False,
        "thread_ts": first.ts,
    } == payload["container"]
    assert ("approve", "row", "P-7K3F9", "button") == (
        clicked["action_id"],
        clicked["block_id"],
        clicked["value"],
        clicked["type"],
    )
    assert clicked["action_ts"] > payload["message"]["ts"]
    assert {"values": {}} == payload["state"]
    assert payload["response_url"].startswith(f"{slack.base_url}/actions/")


async def test_the_payload_of_a_shortcut(slack: SlackStandIn, receiver: Receiver) -> None:
    """`message_action`: the message on which it was chosen, a trigger, and a response URL that posts beside it."""
    parent = slack.workspace.say("U0BOUKARY", "C0SUPPORT", "a case")
    reply = slack.workspace.say("U0BOUKARY", "C0SUPPORT", "70 00 00 00 &lt;b&gt;", parent.ts)
    result = await slack.shortcut("U0AMINATA", reply)
    payload = json.loads(receiver.form["payload"])
    assert (200, None) == (result.status, result.error)
    assert ("message_action", "refund", "U0AMINATA") == (payload["type"], payload["callback_id"], payload["user"]["id"])
    assert {"id": "C0SUPPORT", "name": "support"} == payload["channel"]
    said = payload["message"]
    assert (reply.ts, reply.ts, parent.ts) == (payload["message_ts"], said["ts"], said["thread_ts"])
    assert "70 00 00 00 &lt;b&gt;" == said["text"]
    path = payload["response_url"].removeprefix(slack.base_url)
    assert (200, {"ok": True}) == slack.respond(path, {"text": "no", "replace_original": True})
    assert reply.text == slack.messages("C0SUPPORT", parent.ts)[-1].text
    assert "no" == slack.ephemerals("U0AMINATA")[-1].text
    assert slack.call("views.open", "xoxb-test", {"trigger_id": payload["trigger_id"], "view": modal()})["ok"]


async def test_a_click_of_a_stranger_names_their_team(slack: SlackStandIn, receiver: Receiver) -> None:
    """In a shared channel the payload's team is not the bot's."""
    await slack.click("U0STRANGER", card(slack), "approve")
    assert ("T0OTHER", "T0OTHER") == (receiver.payload["team"]["id"], receiver.payload["user"]["team_id"])


async def test_a_click_in_an_ephemeral_message_brings_no_message(slack: SlackStandIn, receiver: Receiver) -> None:
    """Slack keeps none; the response URL can still replace it, or take it away."""
    args = {"channel": "C0SUPPORT", "user": "U0AMINATA", "text": "once", "blocks": [actions(button())]}
    slack.call("chat.postEphemeral", "xoxb-test", args)
    await slack.click("U0AMINATA", slack.ephemerals("U0AMINATA")[0], "approve")
    payload = receiver.payload
    assert "message" not in payload
    assert payload["container"]["is_ephemeral"]
    await respond(payload["response_url"], text="twice", replace_original=True)
    assert ["twice"] == [each.text for each in slack.ephemerals("U0AMINATA")]
    await respond(payload["response_url"], delete_original=True)
    assert [] == slack.ephemerals("U0AMINATA")


async def test_the_payload_of_a_submission(slack: SlackStandIn, receiver: Receiver) -> None:
    """State by block and action, hidden data, ids, and a trigger of its own."""
    trigger = slack.workspace.new_trigger("U0AMINATA")
    view = modal(field("amount"), private_metadata="C0SUPPORT", notify_on_close=True)
    slack.call("views.open", "xoxb-test", {"trigger_id": trigger, "view": view})
    shown = await slack.wait_for_modal("U0AMINATA")
    await slack.submit(shown, {"amount": "5 000"})
    payload = receiver.payload
    assert {"amount": {"typed": {"type": "plain_text_input", "value": "5 000"}}} == payload["view"]["state"]["values"]
    assert ("view_submission", [], "C0SUPPORT", "request", shown.id, shown.hash) == (
        payload["type"],
        payload["response_urls"],
        payload["view"]["private_metadata"],
        payload["view"]["callback_id"],
        payload["view"]["root_view_id"],
        payload["view"]["hash"],
    )
    assert payload["trigger_id"] in slack.workspace.triggers


async def test_leaving_a_modal_is_told_only_when_asked_for(slack: SlackStandIn, receiver: Receiver) -> None:
    """`view_closed` comes with notify_on_close."""
    for notify in (False, True):
        trigger = slack.workspace.new_trigger("U0AMINATA")
        view = modal(notify_on_close=notify)
        slack.call("views.open", "xoxb-test", {"trigger_id": trigger, "view": view})
        await slack.close(await slack.wait_for_modal("U0AMINATA"))
    assert 1 == len(receiver.bodies)
    assert ("view_closed", False) == (receiver.payload["type"], receiver.payload["is_cleared"])


async def test_a_response_url_answers_five_times(slack: SlackStandIn, receiver: Receiver) -> None:
    """Ephemeral unless it says otherwise; the sixth is refused, and what is refused costs nothing."""
    await slack.command(user="U0AMINATA", channel="C0QUIET", text="x")
    url = receiver.form["response_url"]
    assert (400, {"ok": False, "error": "no_text"}) == await respond(url)
    assert [200] * 4 == [(await respond(url, text=str(number)))[0] for number in range(4)]
    assert 200 == (await respond(url, text="all", response_type="in_channel"))[0]
    assert (404, {"ok": False, "error": "used_url"}) == await respond(url, text="six")
    assert ["0", "1", "2", "3"] == [each.text for each in slack.ephemerals("U0AMINATA")]
    assert ["all"] == [each.text for each in slack.messages("C0QUIET")]


async def test_a_response_url_lives_thirty_minutes(slack: SlackStandIn, receiver: Receiver) -> None:
    """By the clock; one that never was is invalid."""
    await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
    url = receiver.form["response_url"]
    assert isinstance(slack.clock, HandClock)
    slack.clock.advance(30 * 60)
    assert (404, {"ok": False, "error": "expired_url"}) == await respond(url, text="late")
    assert (404, {"ok": False, "error": "invalid_url"}) == await respond(url + "x", text="made up")


async def test_a_replay_is_the_same_payload_with_retry_headers(slack: SlackStandIn, receiver: Receiver) -> None:
    """The body is the same to the byte, and is signed anew."""
    await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
    assert isinstance(slack.clock, HandClock)
    slack.clock.advance(60)
    await slack.replay(slack.deliveries[0])
    first, second = receiver.headers
    assert receiver.bodies[0] == receiver.bodies[1]
    assert ("1", "http_timeout") == (second["X-Slack-Retry-Num"], second["X-Slack-Retry-Reason"])
    assert "X-Slack-Retry-Num" not in first
    verifier = SignatureVerifier("test-signing-secret", clock=SlackSeconds(slack))
    assert verifier.is_valid_request(receiver.bodies[1], second)
    assert first["X-Slack-Signature"] != second["X-Slack-Signature"]


async def test_a_replay_is_not_changed_by_what_came_after(slack: SlackStandIn, receiver: Receiver) -> None:
    """A payload is kept as it was delivered, whatever was typed or edited later."""

    async def answer() -> web.Response:
        return web.json_response({"response_action": "errors", "errors": {"amount": "no"}})

    receiver.answer = answer
    trigger = slack.workspace.new_trigger("U0AMINATA")
    slack.call("views.open", "xoxb-test", {"trigger_id": trigger, "view": modal()})
    shown = await slack.wait_for_modal("U0AMINATA")
    await slack.submit(shown, {"amount": "1"})
    await slack.submit(shown, {"amount": "2"})
    await slack.replay(slack.deliveries[0], retry_num=None)
    assert receiver.bodies[0] == receiver.bodies[2] != receiver.bodies[1]


async def test_events_are_json(slack: SlackStandIn, receiver: Receiver) -> None:
    """An event is no form, and names the bot's own installation."""
    await slack.open_home("U0AMINATA")
    body = json.loads(receiver.bodies[0])
    assert "application/json" == receiver.headers[0]["Content-Type"]
    assert ("event_callback", "app_home_opened", "U0PAYOUT") == (
        body["type"],
        body["event"]["type"],
        body["authorizations"][0]["user_id"],
    )
    assert ChannelKind.DIRECT is slack.workspace.channel(body["event"]["channel"]).kind
