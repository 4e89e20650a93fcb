"""What the tests of the LigdiCash sandbox share: a client, a receiver of callbacks, and the two together."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
from aiohttp import web

from bot.sandbox.ligdicash import LigdicashSandbox, Weather

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEYS = {"Apikey": "test-key", "Authorization": "Bearer test-token"}
CREATE = {"customer": "/pay/v01/withdrawal/create", "merchant": "/pay/v01/straight/payout"}
STATUS = ("/pay/v01/withdrawal/confirm/?withdrawalToken=", "/pay/v01/straight/payout/confirm/?payoutToken=")


def chance(seed: int) -> Random:
    """A source of chance that repeats itself."""
    return Random(seed)  # noqa: S311 - a test must be repeatable


@dataclass
class Receiver:
    """Takes callbacks as somebody's server would; `received` holds (content type, fields) of the readable.

    `posts` holds (content type, body) of all.
    """

    url: str = ""
    posts: list[tuple[str, bytes]] = field(default_factory=list)
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    kept_waiting: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Write one down and answer 200."""
        body = await request.read()
        self.posts.append((request.headers["Content-Type"], body))
        try:
            is_json = request.content_type == "application/json"
            fields = json.loads(body) if is_json else dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError:
            return web.Response()
        self.received.append((request.content_type, fields))
        return web.Response()

    async def never(self, _: web.Request) -> web.Response:
        """Take a callback and not answer it."""
        self.kept_waiting.set()
        return await asyncio.Future()


@dataclass
class Lab:
    """A sandbox, a client of it, and a receiver of its callbacks."""

    sandbox: LigdicashSandbox
    client: httpx.AsyncClient
    receiver: Receiver

    def order(self, customer: str, transaction_id: str = "", **changes: object) -> dict[str, dict[str, object]]:
        """A good body for either endpoint."""
        fields = {
            "amount": 5000,
            "description": "refund",
            "customer": customer,
            "callback_url": self.receiver.url,
            "top_up_wallet": 1,
            "custom_data": {"transaction_id": transaction_id or f"t-{customer}"},
        }
        return {"commande": {**fields, **changes}}

    async def create(
        self, customer: str, transaction_id: str = "", endpoint: str = "customer", **changes: object
    ) -> dict[str, Any]:
        """Ask for a payout; returns the answer's JSON, which must come with HTTP 200."""
        body = self.order(customer, transaction_id, **changes)
        response = await self.client.post(CREATE[endpoint], json=body, headers=KEYS)
        assert 200 == response.status_code
        answer: dict[str, Any] = response.json()
        return answer

    async def status(self, token: str, route: str = STATUS[0]) -> dict[str, Any]:
        """Ask how a payout stands."""
        response = await self.client.get(route + token, headers=KEYS)
        assert 200 == response.status_code
        answer: dict[str, Any] = response.json()
        return answer

    async def told(self, transaction_id: str, times: int = 2) -> list[dict[str, Any]]:
        """Wait until that many posts about a payout were answered; returns their fields."""
        await self.sandbox.wait_for(
            lambda sandbox: (
                times <= sum(delivery.payout.transaction_id == transaction_id for delivery in sandbox.deliveries)
            )
        )
        received = [fields for _, fields in self.receiver.received]
        return [fields for fields in received if fields.get("transaction_id") == transaction_id]


@asynccontextmanager
async def lab(delay: float = 0.02, weather: Weather | None = None) -> AsyncIterator[Lab]:
    """All three, running; `delay` in seconds."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/callback", receiver.take)
    application.router.add_post("/callback/never", receiver.never)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callback"
    try:
        async with (
            LigdicashSandbox.running(callback_delay=delay, weather=weather) as sandbox,
            httpx.AsyncClient(base_url=sandbox.url, timeout=5) as client,
        ):
            yield Lab(sandbox, client, receiver)
    finally:
        await runner.cleanup()
