"""What the client's tests share: an order, the real client, and a server that does whatever it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from bot.ligdicash.client import LigdicashClient, Order, make_http_client
from bot.ligdicash.readers import CreateAnswer
from storage.payout import Way

TOKEN = "eyJ0eXAi.test.token-of-a-payout"
ACCEPTED = json.dumps({"response_code": "00", "token": TOKEN, "response_text": ""}).encode()

Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def order(way: Way = Way.WALLET) -> Order:
    """Five thousand francs."""
    return Order(
        way=way,
        number="22670000000",
        amount=5000,
        description="P-7K3F9 refund",
        transaction_id="502d36d2086249118198d06780b1c9fd",
        callback_url="https://bot.example/callbacks/ligdicash/P-7K3F9/test-secret",
    )


@asynccontextmanager
async def client_of(base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[LigdicashClient]:
    """The client as the bot makes it."""
    async with make_http_client(transport) as http:
        yield LigdicashClient(http, base_url=base_url, api_key="test-key", auth_token="test-token")


async def create(
    base_url: str, transport: httpx.AsyncBaseTransport | None = None, way: Way = Way.WALLET
) -> CreateAnswer:
    """One create request, of a client of its own."""
    async with client_of(base_url, transport) as client:
        return await client.create(order(way), may_still_leave=lambda: True)


def answering(status: int, body: bytes) -> httpx.MockTransport:
    """A server that always says this."""
    return httpx.MockTransport(lambda _request: httpx.Response(status, content=body))


def raising(error: Exception) -> httpx.MockTransport:
    """A network in which this happens."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(fail)


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole answer as it goes over the wire."""
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


async def whole_request(reader: asyncio.StreamReader) -> bytes:
    """Read one request to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)


@dataclass
class Wire:
    """A server by hand: `act` is done to each connection in turn; what it read is in `requests`."""

    act: Act
    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.act(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Take one whole request and keep it."""
        self.requests.append(await whole_request(reader))


@asynccontextmanager
async def wire(act: Act | None = None, *, says: bytes = b"") -> AsyncIterator[Wire]:
    """A running server; without `act` it reads the request, sends `says` and closes."""

    async def read_and_say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made.read(reader)
        writer.write(says)
        await writer.drain()

    made = Wire(act or read_and_say)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(made.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
