"""A loop whose time leaps to whatever is due next, and a LigdiCash in it without a network."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from bot.sandbox.ligdicash import Bank, InProcess, Status, Weather
from tests.sandbox.ligdicash_lab import CREATE, KEYS, STATUS, chance

Result = TypeVar("Result")
Receive = Callable[[str, str, bytes], Awaitable[int]]
NOON = 1_800_000_000_000


class _Leaping(selectors.SelectSelector):
    """Takes the time that it is asked to wait as passed."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Raises `RuntimeError` when nothing will ever happen."""
        if timeout is None:
            raise RuntimeError("everything waits, and nothing is due")
        self.now += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since the loop was made, all of them leapt over."""
        return self._leaping.now


class LoopClock:
    """The time of the loop that runs."""

    def now(self) -> int:
        """Milliseconds since 1970."""
        return NOON + int(self.steady() * 1_000)

    def steady(self) -> float:
        """Seconds since the loop was made."""
        return asyncio.get_running_loop().time()


def leap(story: Coroutine[Any, Any, Result]) -> Result:
    """Run it in a loop of that kind."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(story)


@dataclass
class Desk:
    """A bank in this process, a client of it, and the posts that arrived: (seconds, content type, body)."""

    bank: Bank
    transport: InProcess
    client: httpx.AsyncClient
    posts: list[tuple[float, str, bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    async def create(self, customer: str, transaction_id: str = "one", endpoint: str = "customer") -> dict[str, Any]:
        """Ask for a payout; returns the JSON, which must come with HTTP 200."""
        response = await self.client.post(CREATE[endpoint], json=order(customer, transaction_id), headers=KEYS)
        assert 200 == response.status_code
        answer: dict[str, Any] = response.json()
        return answer

    async def status(self, token: str) -> dict[str, Any]:
        """Ask how a payout stands."""
        response = await self.client.get(STATUS[0] + token, headers=KEYS)
        assert 200 == response.status_code
        answer: dict[str, Any] = response.json()
        return answer

    async def quiet(self) -> None:
        """Wait until nothing more happens by itself."""
        await self.transport.until_quiet()

    def settle(self, key: str, status: Status) -> None:
        """Move a payout, and have it told."""
        self.transport.send(self.bank.settle(key, status))


def order(customer: str, transaction_id: str) -> dict[str, dict[str, object]]:
    """A good body for either endpoint."""
    fields = {
        "amount": 5000,
        "description": "refund",
        "customer": customer,
        "callback_url": f"https://bot.example/callbacks/{transaction_id}",
        "top_up_wallet": 1,
        "custom_data": {"transaction_id": transaction_id},
    }
    return {"commande": fields}


@asynccontextmanager
async def desk(
    *,
    seed: int = 1,
    weather: Weather | None = None,
    receive: Receive | None = None,
    latency: float = 0.0,
) -> AsyncIterator[Desk]:
    """The bank, its transport running, a client that waits 20 s; `receive` answers what is posted."""
    source = chance(seed)
    bank = Bank(LoopClock(), source, weather=weather)

    async def take(path: str, content_type: str, body: bytes) -> int:
        running.paths.append(path)
        running.posts.append((bank.clock.steady(), content_type, body))
        return await receive(path, content_type, body) if receive else 200

    transport = InProcess(bank, take, source=source, latency=latency)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://bank.example", timeout=20, trust_env=False
    ) as client:
        running = Desk(bank, transport, client)
        pump = asyncio.create_task(transport.run())
        try:
            yield running
        finally:
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
