"""Socket Mode: envelopes down WebSockets, each to one of them at random, acknowledged by envelope id."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from bot.sandbox.slack.delivery import HTTP_OK, Answer, Delivery, Kind, Unreachable
from bot.sandbox.slack.people import APP_ID

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

MOST_SOCKETS = 10


class Sockets:
    """The open WebSockets of the app, and what is waiting for an acknowledgement."""

    def __init__(self, chance: random.Random, changed: Callable[[], None]) -> None:
        self._chance = chance
        self._changed = changed
        self._tickets: set[str] = set()
        self._open: dict[web.WebSocketResponse, asyncio.BaseTransport | None] = {}
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def new_ticket(self) -> str:
        """Leave to open one socket, part of the address that `apps.connections.open` gives."""
        ticket = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One socket, from its greeting to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        # A ticket opens one socket: a client that comes back must ask for a new address.
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(timeout=1.0, heartbeat=10.0)
        await socket.prepare(request)
        if len(self._open) >= MOST_SOCKETS:
            await socket.send_json(_farewell("too_many_websockets"))
            await socket.close()
            return socket
        self._open[socket] = request.transport
        try:
            await socket.send_json(self._greeting())
            self._changed()
            await self._listen(socket)
        finally:
            self._forget(socket)
        return socket

    async def carry(self, delivery: Delivery) -> Answer:
        """Send an envelope and wait for its acknowledgement, which may come over any socket."""
        if not self._open:
            raise Unreachable("no socket is open")
        envelope_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answer
        try:
            socket = self._chance.choice(list(self._open))
            await socket.send_json(_envelope(envelope_id, delivery))
            return await answer
        except ConnectionError as trouble:
            raise Unreachable(str(trouble)) from trouble
        finally:
            del self._waiting[envelope_id]

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask clients to connect anew, as Slack does every few hours, and close after that."""
        for socket in list(self._open):
            self._forget(socket)
            await socket.send_json(_farewell(reason))

    def cut(self) -> None:
        """Break all sockets without a word, as a failing network does."""
        for socket, transport in list(self._open.items()):
            self._forget(socket)
            if transport is not None:
                transport.close()

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._acknowledged(message.data)

    def _acknowledged(self, text: str) -> None:
        try:
            found = json.loads(text)
            answer = self._waiting.get(found["envelope_id"])
        except (ValueError, TypeError, KeyError):
            return
        if answer is not None and not answer.done():
            payload = found.get("payload")
            answer.set_result(Answer(HTTP_OK, json.dumps(payload) if payload else ""))

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self._open:
            del self._open[socket]
            self._changed()

    def _greeting(self) -> dict[str, object]:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": _debug_info(),
            "connection_info": {"app_id": APP_ID},
        }


def _debug_info() -> dict[str, object]:
    return {"host": "applink-stand-in", "build_number": 1, "approximate_connection_time": 18060}


def _farewell(reason: str) -> dict[str, object]:
    return {"type": "disconnect", "reason": reason, "debug_info": _debug_info()}


def _envelope(envelope_id: str, delivery: Delivery) -> dict[str, object]:
    envelope: dict[str, object] = {
        "envelope_id": envelope_id,
        "type": delivery.kind.value,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.kind is not Kind.EVENT,
    }
    if delivery.kind is Kind.EVENT or delivery.retry_num is not None:
        envelope["retry_attempt"] = delivery.retry_num or 0
        envelope["retry_reason"] = delivery.retry_reason if delivery.retry_num else ""
    return envelope
