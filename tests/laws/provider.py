"""LigdiCash in the simulator: the sandbox's bank in bad weather, the wire to it, its callbacks."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import httpx

from bot.sandbox.ligdicash.bank import CREATE_PATHS, Bank
from bot.sandbox.ligdicash.callbacks import Callback, Post
from bot.sandbox.ligdicash.chances import Odds
from bot.sandbox.ligdicash.payouts import Payout
from bot.sandbox.ligdicash.weather import Weather
from bot.sandbox.ligdicash.wire import Answer, Request, Silence
from tests.laws.faults import Fate, Fault
from tests.laws.virtual import VirtualClock, VirtualLoop

if TYPE_CHECKING:
    from tests.laws.processes import Life

# Seconds: the client's own timeouts, which the wire has to bring about.
READ_TIMEOUT = 25.0
CONNECT_TIMEOUT = 8.0
PATIENCE = 10.0

# How LigdiCash repeats callbacks is not documented: few times, and far between.
_CALLBACK_TRIES = 4
_PATH = re.compile(r"/callbacks/ligdicash/([^/]+)/([^/]+)$")


@dataclass(slots=True)
class Leaving:
    """One create request at the moment its first byte leaves, and what became of it."""

    at: int
    process: Life
    transaction_id: str
    callback_url: str
    path: str
    commande: dict[str, object]
    token: str | None = None
    """Of an answer that a living process heard."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One callback as it was handed to the bot."""

    payout: Payout
    content_type: str
    body: str
    turn: int
    """How often the bank had changed its mind about that payout by then."""


class Provider:
    """The bank and everything between it and the bot."""

    def __init__(
        self, loop: VirtualLoop, clock: VirtualClock, chance: random.Random, fate: Fate, *, is_fair: bool
    ) -> None:
        """`is_fair` has the bank do its work, besides what the last digits of a number say."""
        self.loop = loop
        self.clock = clock
        self.chance = chance
        self.fate = fate
        delay = chance.choice([0.1, 2.0, 60.0])
        self.bank = Bank(clock, chance, delay, weather=Weather.seeded(chance, 0.0) if is_fair else _weather(chance))
        self.leaving: list[Leaving] = []
        self.heard: list[Posted] = []
        self.turns: Counter[int] = Counter()
        self.log: list[str] = []
        self.under_way = 0
        self.on_connecting: Callable[[Life], None] = lambda _life: None
        self.on_leaving: Callable[[Leaving], None] = lambda _leaving: None
        self.find_relay: Callable[[], Life | None] = lambda: None
        self._pumped_for: float | None = None

    def note(self, line: str) -> None:
        """Remember for the history."""
        self.log.append(f"{self.loop.time():>12.3f}  {line}")

    def pump(self) -> None:
        """Have what is due at the bank happen when it is due."""
        due = self.bank.next_due()
        if due is None or (self._pumped_for is not None and self._pumped_for <= due):
            return
        self._pumped_for = due
        self.loop.outside(max(0.0, due - self.loop.time()), self._run_due)

    def _run_due(self) -> None:
        self._pumped_for = None
        before = {payout.number: payout.word for payout in self.bank.payouts}
        callbacks = self.bank.run_due()
        for payout in self.bank.payouts:
            if payout.word != before[payout.number]:
                self.turns[payout.number] += 1
                self.note(f"bank: {payout.transaction_id[:8]} is {payout.word}")
        for callback in callbacks:
            Courier(self, callback).send()
        self.pump()

    def may_still_speak(self, payout: Payout) -> bool:
        """Whether something will yet happen to this payout."""
        return any(event.payout == payout.number for event in self.bank._events)

    def clear(self) -> None:
        """Fair weather from now on."""
        self.bank.weather.clear()


def _weather(chance: random.Random) -> Weather:
    """Fair, bad, or very bad in a few ways only: what is rare alone meets what is rare, too."""
    intensity = chance.choice([0.0, 0.3, 1.0, 2.0])
    usual = Odds()
    names = [each.name for each in fields(usual) if each.name != "outages"]
    chosen = chance.sample(names, chance.choice([0, 0, 2, 4]))
    return Weather.seeded(chance, intensity, **{name: min(0.6, 6 * getattr(usual, name)) for name in chosen})


class Wire(httpx.AsyncBaseTransport):
    """One process's way to LigdiCash."""

    def __init__(self, provider: Provider, process: Life) -> None:
        self.provider = provider
        self.process = process

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect, send, wait for the answer: each may fail, and the process may die or stop in between."""
        body = await request.aread()
        headers = {name.lower(): value for name, value in request.headers.items()}
        taken = Request(request.method, request.url.path, dict(request.url.params), headers, body)
        if taken.path in CREATE_PATHS:
            self.provider.on_connecting(self.process)
        await self._connect()
        trace = request.extensions.get("trace")
        if trace is not None:
            await trace("http11.send_request_headers.started", {})
        answer = await _Exchange(self, taken).made()
        stream = _Body(answer.body.encode(), cut=answer.cut)
        return httpx.Response(
            answer.status, headers={"Content-Type": answer.content_type}, stream=stream, request=request
        )

    async def _connect(self) -> None:
        """Take a while; the process notices when it runs."""
        chance, loop = self.provider.chance, self.provider.loop
        takes = chance.choice([0.4, 3.0, 7.0]) if chance.random() < 0.2 else 0.03
        outcome: Exception | None = None
        if self.provider.fate.strikes(Fault.LIGDICASH_NO_CONNECTION):
            outcome, takes = chance.choice(
                [
                    (httpx.ConnectError("refused"), takes),
                    (httpx.ConnectTimeout("8 s"), CONNECT_TIMEOUT),
                    (httpx.PoolTimeout("2 s"), 2.0),
                ]
            )
        connected: asyncio.Future[None] = loop.create_future()
        loop.outside(takes, loop.inside, self.process, settle, connected, outcome)
        await connected


class _Exchange:
    """One request: from its first byte on, the world goes on with it whatever the process does."""

    def __init__(self, wire: Wire, request: Request) -> None:
        self.provider = wire.provider
        self.process = wire.process
        self.chance = wire.provider.chance
        self.request = request
        self.answer: asyncio.Future[Answer] = self.provider.loop.create_future()
        self.leaving = self._leaving() if request.path in CREATE_PATHS else None

    def _leaving(self) -> Leaving:
        commande = json.loads(self.request.body)["commande"]
        return Leaving(
            self.provider.clock.now(),
            self.process,
            str(commande["custom_data"]["transaction_id"]),
            str(commande["callback_url"]),
            self.request.path,
            commande,
        )

    async def made(self) -> Answer:
        """Send it, wait for the answer."""
        if self.leaving is not None:
            # The first byte of a create leaves: the moment for which the laws are made.
            self.provider.leaving.append(self.leaving)
            self.provider.note(f"{self.process.name} sends create {self.leaving.transaction_id[:8]}")
            self.provider.on_leaving(self.leaving)
        self.provider.loop.outside(self.chance.uniform(0.005, 0.3), self._arrive)
        answer = await self.answer
        if self.leaving is not None:
            self.leaving.token = _token(answer)
            self.process.answer_in_hand = True
        return answer

    def _arrive(self) -> None:
        """Reach LigdiCash, or be cut off on the way."""
        broken = self.leaving is not None and self.provider.fate.strikes(Fault.LIGDICASH_LOST_REQUEST)
        if broken or (self.process.is_dead and self.chance.random() < 0.5):
            if self.chance.random() < 0.5:
                self._handle()
            self._tell(httpx.WriteError("reset"))
            return
        outcome = self._handle()
        error = httpx.ReadTimeout("25 s")
        if isinstance(outcome, Answer):
            on_the_way = self.chance.uniform(0.005, 0.3)
            late = outcome.after > READ_TIMEOUT
            self._tell(error if late else outcome, min(outcome.after, READ_TIMEOUT) + on_the_way)
        else:
            self._tell(*self._silence(outcome))

    def _handle(self) -> Answer | Silence:
        outcome = self.provider.bank.handle(self.request)
        self.provider.pump()
        what = outcome.name if isinstance(outcome, Silence) else f"{outcome.status} {outcome.body[:110]}"
        who = f"create {self.leaving.transaction_id[:8]}" if self.leaving else "status call"
        self.provider.note(f"bank about a {who}: {what}")
        return outcome

    def _silence(self, silence: Silence) -> tuple[Exception, float]:
        if silence is Silence.REFUSED:
            return httpx.ConnectError("refused"), 0.0
        if silence is Silence.UNREACHABLE:
            return httpx.ConnectTimeout("8 s"), CONNECT_TIMEOUT
        if silence is Silence.HANG:
            return httpx.ReadTimeout("25 s"), READ_TIMEOUT
        return self.chance.choice([httpx.ReadError("reset"), httpx.RemoteProtocolError("closed")]), 0.1

    def _tell(self, answer: Answer | Exception, after: float = 0.0) -> None:
        loop = self.provider.loop
        loop.outside(after, loop.inside, self.process, settle, self.answer, answer)


class _Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes, *, cut: bool) -> None:
        self._content = content
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not self._cut:
            yield self._content
            return
        yield self._content[: len(self._content) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class Courier:
    """Brings one callback to the bot, again when it was not answered with 200."""

    def __init__(self, provider: Provider, callback: Callback) -> None:
        self.provider = provider
        self.callback = callback
        self.chance = provider.chance

    def send(self) -> None:
        """Plan every delivery."""
        for post in self.callback.posts:
            if self.provider.fate.strikes(Fault.CALLBACK_LOST):
                continue
            for _ in range(2 if self.provider.fate.strikes(Fault.CALLBACK_AGAIN) else 1):
                self.provider.under_way += 1
                self.provider.loop.outside(self.chance.choice([0.0, 0.01, 0.5, 3.0]), self._arrive, post, 0)

    def _arrive(self, post: Post, tries: int) -> None:
        found = _PATH.search(self.callback.payout.callback_url)
        relay = self.provider.find_relay()
        if found is None or relay is None:
            self._again(post, tries)
            return
        body = post.body.decode(errors="replace")
        payout = self.callback.payout
        posted = Posted(payout, post.content_type, body, self.provider.turns[payout.number])
        relay.hear_callback(
            found[1], found[2], post.content_type, body, lambda status: self._end(posted, post, tries, status)
        )

    def _end(self, posted: Posted, post: Post, tries: int, status: int) -> None:
        self.provider.note(f"callback for {self.callback.payout.transaction_id[:8]}: answered {status}")
        if status == httpx.codes.OK:
            self.provider.heard.append(posted)
            self.provider.under_way -= 1
        else:
            self._again(post, tries)

    def _again(self, post: Post, tries: int) -> None:
        if tries >= _CALLBACK_TRIES:
            self.provider.under_way -= 1
            return
        self.provider.loop.outside(self.chance.choice([5.0, 60.0, 1_800.0]), self._arrive, post, tries + 1)


def settle(future: asyncio.Future[object], result: object) -> None:
    """Give a waiting task its result, or exception, unless it waits no longer."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def _token(answer: Answer) -> str | None:
    if answer.cut or answer.status != httpx.codes.OK:
        return None
    try:
        content = json.loads(answer.body)
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get("response_code") != "00":
        return None
    return str(content["token"]) if content.get("token") else None
