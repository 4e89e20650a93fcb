"""How what people do reaches the bot: one delivery at a time, to be acknowledged within three seconds."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.sandbox.slack.reading import Json

ACK_SECONDS = 3.0


class Kind(StrEnum):
    """What is delivered; the values are Socket Mode's envelope types."""

    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A payload on its way to the bot."""

    kind: Kind
    payload: Json
    retry_num: int | None = None
    retry_reason: str = "http_timeout"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a transport brought back: an HTTP status (200 for an acknowledged envelope) and a body."""

    status: int
    body: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery and how it ended; `error` is what Slack calls it when it ended badly."""

    delivery: Delivery
    at: int
    seconds: float
    status: int | None = None
    body: str = ""
    error: str | None = None
    reason: str = ""

    @property
    def json(self) -> Json | None:
        """The body as an object; None if it is empty or no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


Carrier = Callable[[Delivery], Awaitable[Answer]]


class Unreachable(Exception):  # noqa: N818 - reads as what it says
    """Nobody took the delivery."""


class Post:
    """Hands deliveries to whatever carries them, holds the three seconds against them, and keeps a record."""

    def __init__(self, clock: Clock, changed: Callable[[], None], ack_seconds: float = ACK_SECONDS) -> None:
        self.clock = clock
        self._changed = changed
        self.ack_seconds = ack_seconds
        self.carrier: Carrier = _nobody
        self.delivered: list[Delivered] = []

    async def deliver(self, delivery: Delivery) -> Delivered:
        """Deliver and wait for the acknowledgement; nothing is raised, `error` tells."""
        at, started = self.clock.now(), self.clock.steady()
        ended = Delivered(delivery, at, 0.0)
        try:
            async with asyncio.timeout(self.ack_seconds):
                answer = await self.carrier(delivery)
        except TimeoutError:
            ended = replace(ended, error="operation_timeout", reason="no acknowledgement in time")
        except Unreachable as unreachable:
            ended = replace(ended, error="dispatch_failed", reason=str(unreachable))
        else:
            error = None if answer.status == HTTP_OK else "dispatch_failed"
            ended = replace(ended, status=answer.status, body=answer.body, error=error)
        ended = replace(ended, seconds=self.clock.steady() - started)
        self.delivered.append(ended)
        self._changed()
        return ended

    async def replay(self, earlier: Delivered, *, retry_num: int | None = 1, reason: str = "http_timeout") -> Delivered:
        """Deliver an earlier payload once more, as Slack's retries and redeliveries do."""
        return await self.deliver(replace(earlier.delivery, retry_num=retry_num, retry_reason=reason))


HTTP_OK = 200


async def _nobody(_delivery: Delivery) -> Answer:
    raise Unreachable("the app has neither a request URL nor an open socket")


def http_body(delivery: Delivery) -> tuple[str, bytes]:
    """Content type and body of the HTTP request that carries a delivery."""
    if delivery.kind is Kind.EVENT:
        return "application/json", json.dumps(delivery.payload).encode()
    form = delivery.payload
    if delivery.kind is Kind.INTERACTIVE:
        form = {"payload": json.dumps(delivery.payload)}
    return "application/x-www-form-urlencoded", urlencode(form).encode()


def http_headers(delivery: Delivery, signing_secret: str, clock: Clock) -> tuple[dict[str, str], bytes]:
    """Headers, signed, and body of the HTTP request that carries a delivery."""
    content_type, body = http_body(delivery)
    timestamp = str(clock.now() // 1000)
    signed = hmac.new(signing_secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signed.hexdigest()}",
    }
    if delivery.retry_num is not None:
        headers |= {
            "X-Slack-Retry-Num": str(delivery.retry_num),
            "X-Slack-Retry-Reason": delivery.retry_reason,
        }
    return headers, body
