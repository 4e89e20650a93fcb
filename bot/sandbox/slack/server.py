"""Slack on loopback: Web API and response URLs over HTTP, deliveries posted signed or sent down sockets."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self, Unpack
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from bot.sandbox.slack.delivery import HTTP_OK, Answer, Delivery, Unreachable, http_headers
from bot.sandbox.slack.people import APP_ID
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.standin import Parts, Slack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.slack.reading import Json
    from bot.sandbox.slack.trouble import Trouble

BODY_BYTES = 4 * 1024 * 1024
TOO_MANY = 429


class SlackStandIn(Slack):
    """The stand-in as a real server; `async with SlackStandIn.running() as slack:`."""

    def __init__(self, **parts: Unpack[Parts]) -> None:
        super().__init__(**parts)
        self.request_url: str | None = None
        """Where the bot takes deliveries, such as `http://127.0.0.1:3000/slack/events`."""
        self.base_url = ""
        self.carrier = self._carry
        self.sockets = Sockets(self.chance, self.workspace.changed)
        self.api.open_socket = self._socket_address
        self._session: aiohttp.ClientSession | None = None

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` is to be."""
        return f"{self.base_url}/api/"

    @classmethod
    @asynccontextmanager
    async def running(cls, host: str = "127.0.0.1", port: int = 0, **parts: Unpack[Parts]) -> AsyncIterator[Self]:
        """A stand-in that serves until the block is left."""
        slack = cls(**parts)
        runner = web.AppRunner(slack.app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            slack.base_url = f"http://{host}:{runner.addresses[0][1]}"
            slack.payloads.public_url = slack.base_url
            # No kept-alive connections: one to a bot that was restarted would lose the next delivery.
            connector = aiohttp.TCPConnector(force_close=True)
            async with aiohttp.ClientSession(connector=connector) as slack._session:
                yield slack
        finally:
            slack.sockets.cut()
            await runner.cleanup()

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_route("*", "/api/{method}", self._serve_call)
        app.router.add_get("/link/", self.sockets.serve)
        app.router.add_post("/{kind:commands|actions|app}/{team}/{number}/{secret}", self._serve_response_url)
        return app

    async def _serve_call(self, request: web.Request) -> web.Response:
        try:
            args = await _arguments(request)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_json"})
        token = args.pop("token", None)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            token = given
        call = self.api.exchange(request.match_info["method"], token, args)
        if call.trouble:
            return await _troubled(request, call.trouble, call.answer)
        return web.json_response(call.answer, headers={"X-OAuth-Scopes": ",".join(sorted(self.api.scopes))})

    async def _serve_response_url(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.text())
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        status, answer = self.respond(request.path, body)
        return web.json_response(answer, status=status)

    def _socket_address(self) -> str:
        address = self.base_url.replace("http://", "ws://", 1)
        return f"{address}/link/?ticket={self.sockets.new_ticket()}&app_id={APP_ID}"

    async def _carry(self, delivery: Delivery) -> Answer:
        if self.sockets.count:
            return await self.sockets.carry(delivery)
        if self.request_url is None or self._session is None:
            raise Unreachable("the app has neither a request URL nor an open socket")
        headers, body = http_headers(delivery, self.signing_secret, self.clock)
        try:
            async with self._session.post(self.request_url, data=body, headers=headers) as response:
                return Answer(response.status, await response.text())
        except aiohttp.ClientError as trouble:
            raise Unreachable(str(trouble)) from trouble


async def _troubled(request: web.Request, trouble: Trouble, answer: Json) -> web.Response:
    await asyncio.sleep(trouble.slow)
    if trouble.lost and request.transport is not None:
        request.transport.close()
    headers = {} if trouble.retry_after is None else {"Retry-After": str(trouble.retry_after)}
    if trouble.body is not None:
        return web.Response(status=trouble.status, text=trouble.body, content_type="application/json", headers=headers)
    if trouble.status in (HTTP_OK, TOO_MANY):
        return web.json_response(answer, status=trouble.status, headers=headers)
    page = "<html><body>Something went wrong</body></html>"
    return web.Response(status=trouble.status, text=page, content_type="text/html", headers=headers)


async def _arguments(request: web.Request) -> Json:
    args: Json = dict(request.query)
    body = await request.text()
    if request.content_type == "application/json" and body:
        found = json.loads(body)
        if not isinstance(found, dict):
            raise ValueError(body)
        return args | found
    if request.content_type == "application/x-www-form-urlencoded":
        return args | dict(parse_qsl(body, keep_blank_values=True))
    return args
