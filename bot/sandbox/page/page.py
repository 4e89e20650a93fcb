"""The page's server on loopback: files, a stream of changes for each tab, and a door for what visitors do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Self

from aiohttp import web
from pydantic import ValidationError

from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.page.deeds import DEED, Doer
from bot.sandbox.page.picture import CAST, Painter, Switches
from bot.sandbox.page.skies import ByHand, Sky
from bot.sandbox.slack.server import SlackStandIn

HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": ("default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)
TYPES = MappingProxyType({".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"})
# What Slack calls the languages that the page and the bot speak.
LOCALES = MappingProxyType({"en": "en-US", "fr": "fr-FR"})
FOLDER = Path(__file__).parent
LARGEST_DEED = 64 * 1024

# Seconds.
GATHER_FOR = 0.03
HEARTBEAT = 15.0
AN_HOUR = 3600.0

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """A running page; made by `running`."""

    def __init__(self, slack: SlackStandIn, ligdicash: LigdicashSandbox, bot_url: str) -> None:
        self.url = ""
        self._slack = slack
        self._ligdicash = ligdicash
        self._painter = Painter(slack, ligdicash, Switches(Sky.FAIR, {}, tuple(LOCALES.values())))
        self._doer = Doer(self._painter, bot_url, self.changed)
        self._tabs: set[asyncio.Event] = set()
        self._stopping = False
        self._hosts: frozenset[str] = frozenset()

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        slack: SlackStandIn,
        ligdicash: LigdicashSandbox,
        bot_url: str,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> AsyncIterator[Self]:
        """Serve until the block is left; from then on payouts at LigdiCash wait for the visitor.

        `bot_url` is where the bot takes callbacks. Raises `OSError` when the port is busy, `TypeError` for a
        LigdiCash that was not started with `weather=ByHand()`.
        """
        if not isinstance(ligdicash.weather, ByHand):
            raise TypeError("start LigdiCash with weather=ByHand(), so that it can be switched from the page")
        page = cls(slack, ligdicash, bot_url)
        ligdicash.weather.waits = True
        runner = web.AppRunner(page._application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        slack.workspace.watch(page.changed)
        follower = asyncio.create_task(page._follow_ligdicash())
        try:
            await web.TCPSite(runner, host, port).start()
            page._answer_at(host, runner.addresses[0][1])
            yield page
        finally:
            slack.workspace.unwatch(page.changed)
            follower.cancel()
            with suppress(asyncio.CancelledError):
                await follower
            page._stopping = True
            page.changed()
            await runner.cleanup()

    def changed(self) -> None:
        """Have every open tab look again."""
        for tab in self._tabs:
            tab.set()

    def _answer_at(self, host: str, port: int) -> None:
        self.url = f"http://{host}:{port}"
        # Another site's name that was made to point here must not read or do anything.
        self._hosts = frozenset({f"{host}:{port}", f"localhost:{port}"})

    async def _follow_ligdicash(self) -> None:
        while True:
            with suppress(TimeoutError):
                await self._ligdicash.wait_for(self._moved_on(self._state_of_ligdicash()), timeout=AN_HOUR)
            self.changed()

    def _moved_on(self, seen: tuple[object, ...]) -> Callable[[object], bool]:
        return lambda _: self._state_of_ligdicash() != seen

    def _state_of_ligdicash(self) -> tuple[object, ...]:
        there = self._ligdicash
        moves = tuple((payout.status, payout.paid) for payout in there.payouts)
        return (
            len(there.creates),
            moves,
            len(there.bank.asked),
            len(there.deliveries),
            there.closed,
            there.weather.outages,
        )

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_DEED, middlewares=[self._guard])
        application.router.add_get("/", self._index)
        application.router.add_get("/state", self._state)
        application.router.add_get("/events", self._events)
        application.router.add_post("/do", self._do)
        application.router.add_get("/{name}", self._file)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if request.host not in self._hosts or (origin is not None and origin != f"http://{request.host}"):
            return web.Response(status=403, text="this page answers to its own address alone\n", headers=HEADERS)
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            refused.headers.update(HEADERS)
            raise
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def _index(self, _request: web.Request) -> web.Response:
        return _served("index.html")

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in _FILES:
            raise web.HTTPNotFound
        return _served(name)

    async def _state(self, request: web.Request) -> web.Response:
        """Everything that somebody sees, at once."""
        picture = self._painter.picture(_somebody(request))
        return web.json_response({key: json.loads(item) for key, item in picture.items()})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: first everything that somebody sees, then what changes."""
        who = _somebody(request)
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        looks = asyncio.Event()
        self._tabs.add(looks)
        try:
            await self._tell(response, who, looks)
        except ConnectionError:
            pass  # the tab was closed, which is how most streams end
        finally:
            self._tabs.discard(looks)
        return response

    async def _tell(self, response: web.StreamResponse, who: str, looks: asyncio.Event) -> None:
        told: dict[str, str] | None = None
        while not self._stopping:
            looks.clear()
            picture = self._painter.picture(who)
            if told != picture:
                await response.write(_event(told, picture))
                told = picture
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await looks.wait()
            except TimeoutError:
                await response.write(b": still here\n\n")
            # One move of the bot changes several things at once.
            await asyncio.sleep(GATHER_FOR)

    async def _do(self, request: web.Request) -> web.Response:
        """Do something; 400 for what no page of ours sends."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            deed = DEED.validate_json(await request.read())
        except ValidationError as error:
            # Without what was sent: it is the visitor's.
            said = error.errors(include_url=False, include_context=False, include_input=False)
            return web.json_response({"ok": False, "error": "unknown deed", "details": said}, status=400)
        outcome = await self._doer.perform(deed)
        return web.json_response({"ok": not outcome.error, **asdict(outcome)})


def _somebody(request: web.Request) -> str:
    who = request.query.get("as", "")
    if who not in {role.user for role in CAST}:
        raise web.HTTPBadRequest(text="nobody here is called that\n")
    return who


def _event(told: dict[str, str] | None, picture: dict[str, str]) -> bytes:
    """What became new, other or gone; `whole` when nothing was told before. Items are JSON already."""
    before = told or {}
    set_ = ",".join(f"{json.dumps(key)}:{item}" for key, item in picture.items() if before.get(key) != item)
    gone = json.dumps([key for key in before if key not in picture])
    whole = json.dumps(told is None)
    return f'data: {{"whole":{whole},"set":{{{set_}}},"gone":{gone}}}\n\n'.encode()


_FILES = frozenset(path.name for path in FOLDER.iterdir() if path.suffix in TYPES)


def _served(name: str) -> web.Response:
    path = FOLDER / name
    return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8")
