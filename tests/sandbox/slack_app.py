"""A small real bot, by Bolt, for the stand-in's tests: what it does is up to each test's listeners."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import BOT_ID, BOT_USER, TEAM, SlackStandIn


async def authorize(**_: object) -> AuthorizeResult:
    """The stand-in's one bot."""
    return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id=BOT_USER, bot_id=BOT_ID, bot_token="xoxb-test")


def make_app(slack: SlackStandIn) -> AsyncApp:
    """A Bolt app that listens to nothing yet and talks to the stand-in."""
    return AsyncApp(
        signing_secret=slack.signing_secret,
        client=AsyncWebClient(token="xoxb-test", base_url=slack.api_url),
        authorize=authorize,
        process_before_response=True,
    )


@asynccontextmanager
async def over_http(slack: SlackStandIn, app: AsyncApp) -> AsyncIterator[None]:
    """Serve the app on loopback and tell the stand-in where."""
    runner = web.AppRunner(app.web_app("/slack/events", port=0), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def over_socket(slack: SlackStandIn, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect the app by Socket Mode."""
    handler = AsyncSocketModeHandler(app, "xapp-test")
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's, not ours
    try:
        await slack.wait_for(lambda s: s.sockets.count, what="an open socket")
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # likewise


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: int = 1_790_000_000_000) -> None:
        self.milliseconds = now

    def now(self) -> int:
        """Milliseconds since 1970."""
        return self.milliseconds

    def steady(self) -> float:
        """Seconds."""
        return self.milliseconds / 1000

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.milliseconds += round(seconds * 1000)


Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


def button(action_id: str = "approve", text: str = "Approve", **more: object) -> Json:
    """A button."""
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def actions(*elements: Json) -> Json:
    """A row of buttons."""
    return {"type": "actions", "block_id": "row", "elements": list(elements)}


def field(block_id: str = "amount", **element: object) -> Json:
    """An input block with a line of text in it."""
    inner = {"type": "plain_text_input", "action_id": "typed", **element}
    return {"type": "input", "block_id": block_id, "label": plain(block_id.title()), "element": inner}


def modal(*blocks: Json, **more: object) -> Json:
    """A modal that can be submitted."""
    view = {"type": "modal", "callback_id": "request", "title": plain("New payout"), "submit": plain("Send")}
    return {**view, "blocks": list(blocks) or [field()], **more}


CONFIRM = {"title": plain("Sure?"), "text": plain("5 000 XOF"), "confirm": plain("Pay"), "deny": plain("No")}
