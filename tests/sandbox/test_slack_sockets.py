"""Socket Mode, with Slack's own client and with bare WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack import SlackStandIn
from tests.sandbox.slack_app import Json, actions, button, make_app, modal, over_socket

Ack = Callable[..., Awaitable[Any]]


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A stand-in that waits a tenth of a second for acknowledgements."""
    async with SlackStandIn.running(ack_seconds=0.1) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """For bare WebSockets."""
    async with aiohttp.ClientSession() as opened:
        yield opened


def address(slack: SlackStandIn) -> str:
    """Where the next socket is opened."""
    url = slack.call("apps.connections.open", "xapp-test", {})["url"]
    assert isinstance(url, str)
    return url


async def test_bolt_works_over_a_socket(slack: SlackStandIn) -> None:
    """Command, submission with an error, click: all over the socket, none over HTTP."""
    slack.post.ack_seconds = 3.0
    app = make_app(slack)

    @app.command("/payout")
    async def command(ack: Ack, body: Json, client: Any) -> None:  # noqa: ANN401 - Bolt's own
        await ack("hold on")
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("request")
    async def submitted(ack: Ack) -> None:
        await ack(response_action="errors", errors={"amount": "no"})

    @app.action("approve")
    async def approve(ack: Ack, respond: Ack) -> None:
        await ack()
        await respond("thanks")

    slack.request_url = "http://127.0.0.1:9/"
    async with over_socket(slack, app):
        answer = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
        result = await slack.submit(await slack.wait_for_modal("U0AMINATA"), {"amount": "1"})
        args = {"channel": "C0SUPPORT", "text": "card", "blocks": [actions(button())]}
        slack.call("chat.postMessage", "xoxb-test", args)
        clicked = await slack.click("U0CLARISSE", slack.messages("C0SUPPORT")[0], "approve")
        await slack.wait_for(lambda s: s.ephemerals("U0CLARISSE"), what="the thanks")
    assert ("hold on", None) == (answer.text, answer.error)
    assert ({"amount": "no"}, None) == (result.errors, clicked.error)


async def test_the_greeting_and_an_envelope(slack: SlackStandIn, session: aiohttp.ClientSession) -> None:
    """`hello` first; then envelopes with an id, a type and the payload."""
    async with session.ws_connect(address(slack)) as socket:
        hello = await socket.receive_json()
        command = asyncio.ensure_future(slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x"))
        envelope = await socket.receive_json()
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "hold on"}})
        answer = await command
    assert ("hello", 1, "A0PAYOUT") == (
        hello["type"],
        hello["num_connections"],
        hello["connection_info"]["app_id"],
    )
    assert ("slash_commands", True, "x") == (
        envelope["type"],
        envelope["accepts_response_payload"],
        envelope["payload"]["text"],
    )
    assert (200, "hold on") == (answer.status, answer.text)


async def test_clicks_and_events_have_their_own_types(slack: SlackStandIn, session: aiohttp.ClientSession) -> None:
    """`interactive` for clicks; `events_api`, without leave to answer, for events; retries are numbered."""
    slack.call(
        "views.publish",
        "xoxb-test",
        {"user_id": "U0AMINATA", "view": {"type": "home", "blocks": [actions(button())]}},
    )
    home = slack.home("U0AMINATA")
    assert home is not None
    async with session.ws_connect(address(slack)) as socket:
        await socket.receive_json()
        envelopes = []
        for doing in (slack.click("U0AMINATA", home, "approve"), slack.open_home("U0AMINATA")):
            done = asyncio.ensure_future(doing)
            envelopes.append(await socket.receive_json())
            await socket.send_json({"envelope_id": envelopes[-1]["envelope_id"]})
            assert (await done).error is None
        again = asyncio.ensure_future(slack.replay(slack.deliveries[1], retry_num=2))
        retry = await socket.receive_json()
        await socket.send_json({"envelope_id": retry["envelope_id"]})
        await again
    assert ["interactive", "events_api"] == [each["type"] for each in envelopes]
    assert [True, False] == [each["accepts_response_payload"] for each in envelopes]
    assert (0, 2) == (envelopes[1]["retry_attempt"], retry["retry_attempt"])
    assert envelopes[1]["payload"] == retry["payload"]


async def test_an_envelope_that_nobody_acknowledges(slack: SlackStandIn, session: aiohttp.ClientSession) -> None:
    """The same three seconds; a late or a strange acknowledgement harms nothing."""
    async with session.ws_connect(address(slack)) as socket:
        await socket.receive_json()
        answer = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
        envelope = await socket.receive_json()
        for strange in (
            f'{{"envelope_id": "{envelope["envelope_id"]}"}}',
            "ping",
            "[]",
            '{"envelope_id": []}',
        ):
            await socket.send_str(strange)
        second = asyncio.ensure_future(slack.command(user="U0AMINATA", channel="C0SUPPORT", text="y"))
        await socket.send_json({"envelope_id": (await socket.receive_json())["envelope_id"]})
        assert (await second).error is None
    assert "operation_timeout" == answer.error


async def test_a_ticket_opens_one_socket(slack: SlackStandIn, session: aiohttp.ClientSession) -> None:
    """An address is good once, and only if Slack gave it."""
    url = address(slack)
    async with session.ws_connect(url) as socket:
        await socket.receive_json()
        for wrong in (url, url.replace("ticket=", "ticket=x")):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(wrong)


async def test_ten_sockets_are_the_most(slack: SlackStandIn, session: aiohttp.ClientSession) -> None:
    """The eleventh is sent away; each delivery goes to one of the ten."""
    sockets = [await session.ws_connect(address(slack)) for _ in range(10)]
    for socket in sockets:
        await socket.receive_json()
    eleventh = await session.ws_connect(address(slack))
    farewell = await eleventh.receive_json()
    assert ("disconnect", "too_many_websockets") == (farewell["type"], farewell["reason"])
    assert 10 == slack.sockets.count
    received: list[tuple[int, str]] = []
    readers = [asyncio.ensure_future(_acknowledge(*each, received)) for each in enumerate(sockets)]
    for number in range(20):
        answer = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text=str(number))
        assert answer.error is None
    await asyncio.gather(*(socket.close() for socket in [*sockets, eleventh]), *readers)
    assert [str(number) for number in range(20)] == [text for _, text in received]
    assert len({index for index, _ in received}) > 1


async def _acknowledge(index: int, socket: aiohttp.ClientWebSocketResponse, received: list[tuple[int, str]]) -> None:
    async for message in socket:
        envelope = message.json()
        received.append((index, envelope["payload"]["text"]))
        await socket.send_json({"envelope_id": envelope["envelope_id"]})


async def test_a_refresh_brings_the_client_back(slack: SlackStandIn) -> None:
    """Told to connect anew, Slack's own client does, and commands go on arriving."""
    slack.post.ack_seconds = 3.0
    app = make_app(slack)

    @app.command("/payout")
    async def command(ack: Ack) -> None:
        await ack("here")

    async with over_socket(slack, app):
        await slack.sockets.refresh()
        assert 0 == slack.sockets.count
        await slack.wait_for(lambda s: s.sockets.count, what="the new socket")
        answer = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
    assert "here" == answer.text


async def test_a_cut_socket_is_forgotten(slack: SlackStandIn, session: aiohttp.ClientSession) -> None:
    """While none is open and there is no URL, commands are lost, and the person is told."""
    async with session.ws_connect(address(slack)) as socket:
        await socket.receive_json()
        slack.sockets.cut()
        answer = await slack.command(user="U0AMINATA", channel="C0SUPPORT", text="x")
        assert aiohttp.WSMsgType.CLOSED is (await socket.receive()).type
    assert "dispatch_failed" == answer.error
    assert "neither a request URL nor an open socket" in slack.deliveries[0].reason


async def test_pings_are_answered(slack: SlackStandIn, session: aiohttp.ClientSession) -> None:
    """Slack's client measures its connection by them."""
    async with session.ws_connect(address(slack), autoping=False) as socket:
        await socket.receive_json()
        await socket.ping(b"sdk-ping-pong:1.0")
        message = await socket.receive()
    assert (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1.0") == (message.type, bytes(message.data))
