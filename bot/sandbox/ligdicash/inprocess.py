"""LigdiCash without a network: a transport for httpx around a bank, and the callbacks handed to a function.

All waiting is asyncio's, so that a loop with a clock of its own runs days in a moment.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from bot.sandbox.ligdicash.courier import Delivery
from bot.sandbox.ligdicash.wire import Answer, Request, Silence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from bot.sandbox.ligdicash.bank import Bank
    from bot.sandbox.ligdicash.callbacks import Callback, Post
    from bot.sandbox.ligdicash.payouts import Payout

# Seconds. How LigdiCash repeats a callback that was not answered with 200 is not documented.
PAUSES = (10.0, 120.0, 3_600.0)
PATIENCE = 10.0
# A clock may be a hair behind the loop that slept for it.
_SHORTEST_SLEEP = 0.001

# Path and query, content type, body: returns the HTTP status. An OSError means nobody was there.
Deliver = Callable[[str, str, bytes], Awaitable[int]]


class InProcess(httpx.AsyncBaseTransport):
    """Serves any number of clients, closed or cancelled as they may be; `run` it for callbacks to go out.

    `latency` is the most seconds that a request, and then its answer, is under way. What a real transport
    would raise is raised here, by the client's own timeouts.
    """

    def __init__(
        self,
        bank: Bank,
        deliver: Deliver,
        *,
        source: random.Random | None = None,
        latency: float = 0.05,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.bank = bank
        self.deliveries: list[Delivery] = []
        self.under_way = 0
        self._deliver = deliver
        self._source = source or random.SystemRandom()
        self._latency = latency
        self._pauses = pauses
        self._waiting: list[Callback] = []
        self._changed = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange; raises what httpx's own transport would."""
        arriving = Request(
            method=request.method,
            path=request.url.path,
            query=dict(request.url.params),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.aread(),
        )
        await self._travel()
        outcome = self.bank.handle(arriving)
        self._announce()
        if isinstance(outcome, Silence):
            raise await self._broken(outcome, request)
        await self._wait_for_answer(outcome, request)
        return httpx.Response(
            outcome.status,
            headers={"Content-Type": outcome.content_type},
            stream=_Body(outcome.body.encode(), cut=outcome.cut),
            request=request,
        )

    async def run(self) -> None:
        """Let the bank do what is due and deliver its callbacks, until cancelled.

        Whatever `deliver` raises but `OSError`, and a cancellation inside of it, ends this with it.
        """
        async with asyncio.TaskGroup() as group:
            while True:
                changed, due = self._changed, self.bank.next_due()
                for callback in (*self._take_waiting(), *self.bank.run_due()):
                    for post in callback.posts:
                        # Counted here, as a task begins only when the loop comes to it.
                        self.under_way += 1
                        group.create_task(self._carry(callback.payout, post)).add_done_callback(self._carried)
                if due != self.bank.next_due():
                    self._announce()
                await self._until_due(changed)

    def send(self, callbacks: Iterable[Callback]) -> None:
        """Have these delivered as well, such as those of `bank.settle`."""
        self._waiting.extend(callbacks)
        self._announce()

    @property
    def quiet(self) -> bool:
        """Whether nothing is due ever, and no callback is under way or to be repeated."""
        return not self._waiting and not self.under_way and self.bank.next_due() is None

    async def until_quiet(self) -> None:
        """Wait for that, while it runs; may take days on the loop's clock."""
        while not self.quiet:
            await self._changed.wait()

    def _announce(self) -> None:
        """Wake everybody who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _take_waiting(self) -> list[Callback]:
        taken, self._waiting = self._waiting, []
        return taken

    async def _until_due(self, changed: asyncio.Event) -> None:
        due = self.bank.next_due()
        pause = None if due is None else max(due - self.bank.clock.steady(), _SHORTEST_SLEEP)
        try:
            async with asyncio.timeout(pause):
                await changed.wait()
        except TimeoutError:
            return

    async def _travel(self) -> None:
        await asyncio.sleep(self._source.uniform(0, self._latency))

    async def _wait_for_answer(self, answer: Answer, request: httpx.Request) -> None:
        await self._travel()
        limit = _limit(request, "read")
        if limit is not None and answer.after > limit:
            await asyncio.sleep(limit)
            raise httpx.ReadTimeout("", request=request)
        if answer.after:
            await asyncio.sleep(answer.after)

    async def _broken(self, silence: Silence, request: httpx.Request) -> httpx.TransportError:
        """The exception that a client meets, after the time that it takes to meet it."""
        if silence is Silence.REFUSED:
            return httpx.ConnectError("All connection attempts failed", request=request)
        if silence is Silence.UNREACHABLE:
            await _give_up(_limit(request, "connect"))
            return httpx.ConnectTimeout("", request=request)
        if silence is Silence.HANG:
            await _give_up(_limit(request, "read"))
            return httpx.ReadTimeout("", request=request)
        await self._travel()
        if self._source.random() < 0.5:  # noqa: PLR2004 - either is what a closed connection looks like
            return httpx.ReadError("", request=request)
        return httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)

    async def _carry(self, payout: Payout, post: Post) -> None:
        """One post, repeated after pauses until it is answered with 200."""
        for pause in (*self._pauses, None):
            await self._travel()
            status = await self._hand_over(payout.callback_url, post)
            self.deliveries.append(Delivery(payout, post.encoding, status))
            if status == httpx.codes.OK or pause is None:
                break
            self.bank.faults["callback: sent again, not answered with 200"] += 1
            await asyncio.sleep(pause)

    def _carried(self, _: asyncio.Task[None]) -> None:
        self.under_way -= 1
        self._announce()

    async def _hand_over(self, url: str, post: Post) -> int | None:
        path = _path(url)
        if path is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._deliver(path, post.content_type, post.body)
        except OSError:  # a TimeoutError is one
            return None
        except asyncio.CancelledError:
            # The receiver's process died with the post in its hands: for LigdiCash that is no answer.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return None


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


def _path(url: str) -> str | None:
    """Path and query; None for what is no URL at all."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _limit(request: httpx.Request, name: str) -> float | None:
    limits: dict[str, float | None] = request.extensions.get("timeout", {})
    return limits.get(name)


async def _give_up(limit: float | None) -> None:
    """Wait as long as the client does; a client without a limit waits for ever."""
    if limit is None:
        await asyncio.get_running_loop().create_future()
    else:
        await asyncio.sleep(limit)
