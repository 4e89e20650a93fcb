"""What tests of paying and proving share: time that is skipped, LigdiCash by hand, and what was paid."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import aiohttp
import httpx
from aiohttp import web
from yarl import URL

from bot.clock import SECOND
from bot.desk import evidence, payments
from bot.ligdicash import client
from bot.sandbox import PATIENCE
from bot.sandbox.ligdicash import Create, Payout
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import AMINATA, AUDIT, SkippingClock, Stage, commits, hurried, payout_of, stage

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@contextmanager
def impatient(*, read: float = 0.3) -> Iterator[None]:
    """LigdiCash is waited for only that long (seconds), and asked again as soon as a callback wants it."""
    with (
        # Only the answer: on a busy machine a connection that took its time would be given up half made.
        patch.object(client, "_TIMEOUTS", httpx.Timeout(30, read=read)),
        patch.multiple(evidence, _SHORTEST_PAUSE=0, _TWINS_WITHIN=0),
        patch.object(payments, "KEEP_AGAIN", 0.05),
    ):
        yield


async def later(scene: Stage, seconds: float) -> None:
    """Skip that much time on the scene's clock, and have the bot look at it."""
    assert isinstance(scene.clock, SkippingClock)
    assert scene.bot is not None
    scene.clock.skip(int(seconds * SECOND))
    await scene.bot._ledger.write(lambda _tx: None)


def state_of(scene: Stage, card: Message) -> State:
    """Where the payout stands in the ledger."""
    return State(str(scene.rows("SELECT state FROM payouts WHERE id = ?", payout_of(card))[0][0]))


def due_in(scene: Stage, card: Message) -> float:
    """In how many seconds of the scene's clock the worker looks at the payout next."""
    assert isinstance(scene.clock, SkippingClock)
    due_at = scene.rows("SELECT due_at FROM payouts WHERE id = ?", payout_of(card))[0][0]
    assert due_at is not None
    return (int(due_at) - scene.clock.now()) / SECOND


def transaction_of(scene: Stage, card: Message) -> str:
    """The id under which LigdiCash knows the payout."""
    rows = scene.rows("SELECT transaction_id FROM attempts WHERE payout = ?", payout_of(card))
    return str(rows[0][0])


def creates_of(scene: Stage, card: Message) -> list[Create]:
    """Every request to pay it that LigdiCash received."""
    mine = transaction_of(scene, card)
    return [one for one in scene.ligdicash.creates if ordered(one)["custom_data"]["transaction_id"] == mine]


def ordered(create: Create) -> dict[str, Any]:
    """What such a request asked for."""
    assert isinstance(create.body, dict)
    commande: dict[str, Any] = create.body["commande"]
    return commande


def paid(scene: Stage, card: Message) -> int:
    """How many times money left for it."""
    return scene.ligdicash.paid(transaction_of(scene, card))


def accepted(scene: Stage, card: Message) -> Payout:
    """The payout as LigdiCash has it."""
    mine = transaction_of(scene, card)
    return next(one for one in scene.ligdicash.payouts if one.transaction_id == mine)


def callback_url(scene: Stage, card: Message) -> str:
    """The address that LigdiCash was given."""
    return str(ordered(creates_of(scene, card)[0])["callback_url"])


def callback_path(scene: Stage, card: Message) -> str:
    """The same without the host."""
    return urlsplit(callback_url(scene, card)).path


async def call_back(scene: Stage, path: str, body: bytes | str | Mapping[str, object], content_type: str = JSON) -> int:
    """Post a callback; the HTTP status it was answered with."""
    content = json.dumps(body) if isinstance(body, Mapping) else body
    url = URL(f"{scene.url}{path}", encoded=True)
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=content, headers={"Content-Type": content_type}) as answer,
    ):
        return answer.status


def events_of(scene: Stage, card: Message) -> list[str]:
    """What is recorded of the payout, by kind, the first event first."""
    rows = scene.rows("SELECT kind FROM events WHERE payout = ? ORDER BY id", payout_of(card))
    return [str(kind) for (kind,) in rows]


def audit_lines(scene: Stage, card: Message, channel: str = AUDIT) -> list[str]:
    """What the audit channel shows of the payout, line by line."""
    shown = [paragraph for message in scene.slack.messages(channel) for paragraph in message.seen]
    lines = [line for paragraph in shown for line in paragraph.splitlines()]
    return [line for line in lines if payout_of(card) in line]


def thread_of(scene: Stage, card: Message) -> list[Message]:
    """The thread of a card, the question first."""
    return scene.slack.messages(card.channel, card.ts)


def finals(scene: Stage, card: Message, word: str) -> list[Message]:
    """The messages of the thread that call the requester and say this word in bold."""
    mention = f"<@{AMINATA}>"
    return [one for one in thread_of(scene, card) if f"*{word}*" in one.text and mention in one.text]


@asynccontextmanager
async def paying(folder: Path, *, read: float = 0.3, **extra: str) -> AsyncIterator[Stage]:
    """A scene in which nothing waits longer than it must, and time is skipped by hand."""
    with hurried(), impatient(read=read):
        async with stage(folder, clock=SkippingClock(), **extra) as scene:
            yield scene


async def until(scene: Stage, holds: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Wait until it holds; looked at after each change of the ledger."""
    assert scene.bot is not None
    changed = commits()
    async with asyncio.timeout(seconds):
        while not holds():
            changed.clear()
            await changed.wait()


async def looked(scene: Stage, *, seconds: float = PATIENCE) -> None:
    """Wait until the worker has nothing left to do now, and everything is told."""
    assert scene.bot is not None
    assert scene.clock is not None
    worker = scene.bot._house.worker
    async with asyncio.timeout(seconds):
        while True:
            if tasks := set(worker._background._tasks):
                await asyncio.wait(tasks)
            elif scene.rows(_DUE, *[scene.clock.now()] * 2):
                await asyncio.sleep(0)
            else:
                break
    await scene.settled()


_DUE = "SELECT 1 FROM payouts WHERE due_at <= ? UNION ALL SELECT 1 FROM attempts WHERE ask_at <= ?"


async def told(scene: Stage, *, seconds: float = PATIENCE) -> None:
    """Wait until everything is told that is to be told so far."""
    waiting = "SELECT 1 FROM deliveries WHERE due_at IS NOT NULL"
    await until(scene, lambda: not scene.rows(waiting), seconds=seconds)


Says = Mapping[str, object]


@dataclass
class Puppet:
    """A LigdiCash that says what a test wants: `creation` to the create request, `statuses` by token.

    While `gate` is closed, the create request waits.
    """

    url: str = ""
    creation: Says | str = field(default_factory=lambda: {"response_code": "00", "token": "test-token-of-a-payout"})
    statuses: dict[str, Says | str] = field(default_factory=dict)
    creates: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def create(self, request: web.Request) -> web.Response:
        """Either kind of payout."""
        self.creates.append((await request.json())["commande"])
        self.arrived.set()
        await self.gate.wait()
        return _answer(self.creation)

    async def status(self, request: web.Request) -> web.Response:
        """Either status call; a token that no test spoke of is not found."""
        token = next(iter(request.query.values()))
        self.asked.append(token)
        return _answer(self.statuses.get(token, {"response_code": "01", "response_text": "Echec (Code02)"}))

    @property
    def transaction(self) -> str:
        """The id of the first request."""
        return str(self.creates[0]["custom_data"]["transaction_id"])

    @property
    def path(self) -> str:
        """Where the first request wants to be called back."""
        return urlsplit(str(self.creates[0]["callback_url"])).path

    def about(self, **fields: object) -> dict[str, object]:
        """A status answer about the first request."""
        return {"response_code": "00", "transaction_id": self.transaction, **fields}


def _answer(says: Says | str) -> web.Response:
    if isinstance(says, str):
        return web.Response(text=says, content_type="text/html")
    return web.json_response(says)


@asynccontextmanager
async def puppet(port: int = 0) -> AsyncIterator[Puppet]:
    """A puppet that listens, its gate open; at any port or at this one."""
    made = Puppet()
    made.gate.set()
    app = web.Application()
    for path in ("/pay/v01/withdrawal/create", "/pay/v01/straight/payout"):
        app.router.add_post(path, made.create)
    for path in ("/pay/v01/withdrawal/confirm/", "/pay/v01/straight/payout/confirm/"):
        app.router.add_get(path, made.status)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


async def raw_call(scene: Stage, path: str, headers: Sequence[str], body: bytes, *, promised: int | None = None) -> int:
    """Post without a client that would keep to the rules; 0 when nothing was answered.

    `promised` is a length that the body does not have: then the connection is closed after it.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.port)
    length = len(body) if promised is None else promised
    lines = [f"POST {path} HTTP/1.1", "Host: bot", "Connection: close", f"Content-Length: {length}", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    if promised is not None:
        writer.write_eof()
    try:
        async with asyncio.timeout(5):
            first = await reader.readline()
            while b" 100 " in first:
                await reader.readuntil(b"\r\n")
                first = await reader.readline()
    finally:
        writer.close()
    return int(first.split()[1]) if first else 0
