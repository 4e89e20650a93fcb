"""What Slack posts: commands, forms and clicks. Bolt checks the signature; nothing is believed before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.unanswered import Unanswered
from handlers.shapes import has_its_shape

log = structlog.get_logger(__name__)

PATH = "/slack/events"
# A command of nothing but emoji takes twelve bytes a character; a click brings its whole message along.
LARGEST_BODY = 1024 * 1024

# Bolt's own check raises on other forms than these.
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class SlackEvents:
    """Hears Slack over HTTP."""

    def __init__(self, bolt: AsyncApp, is_ready: Callable[[], bool], unanswered: Unanswered) -> None:
        self._bolt = bolt
        self._unanswered = unanswered
        self._is_ready = is_ready

    def register(self, app: web.Application) -> None:
        """Listen on the route that the app's manifest names."""
        app.router.add_post(PATH, self.hear)

    async def hear(self, request: web.Request) -> web.Response:
        """Bolt's answer; 401 for what is not signed, 400 for what nobody can read, 503 before it is ready."""
        if not self._is_ready():
            return web.Response(status=503, text="not ready")
        if not _may_be_signed(request):
            return web.Response(status=401, text="not signed")
        body = await request.clone(client_max_size=LARGEST_BODY).read()
        with self._unanswered.one():
            return await self._answer(request, body)

    async def _answer(self, request: web.Request, body: bytes) -> web.Response:
        headers: dict[str, str | Sequence[str]] = dict(request.headers)
        try:
            heard = AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=headers)
        except Exception as error:  # noqa: BLE001 - Bolt takes a body apart before it knows who sent it
            log.warning("unreadable_delivery", why=type(error).__name__)
            return web.Response(status=400, text="unreadable")
        if not has_its_shape(heard.body):
            log.warning("unreadable_delivery", why="shape")
            return web.Response(status=400, text="unreadable")
        return await to_aiohttp_response(await self._bolt.async_dispatch(heard))


def _may_be_signed(request: web.Request) -> bool:
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    return bool(_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature))
