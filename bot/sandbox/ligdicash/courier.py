"""Sends callbacks over HTTP; whatever the receiver does, the sandbox goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.ligdicash.callbacks import Callback, Encoding, Post
    from bot.sandbox.ligdicash.payouts import Payout

TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST as it went: `answer` is the receiver's HTTP status, None when it could not be reached."""

    payout: Payout
    encoding: Encoding
    answer: int | None


class Courier:
    """Holds the running deliveries; `done` is called after each."""

    def __init__(self, done: Callable[[Delivery], None]) -> None:
        self._done = done
        self._tasks: set[asyncio.Task[None]] = set()
        # Each POST on a connection of its own: twins must be able to arrive at the same instant.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=TIMEOUT,
        )

    def send(self, callback: Callback) -> None:
        """Start both posts at once."""
        for post in callback.posts:
            task = asyncio.create_task(self._deliver(callback.payout, post))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what still runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def _deliver(self, payout: Payout, post: Post) -> None:
        self._done(Delivery(payout, post.encoding, await self._answer(payout.callback_url, post)))

    async def _answer(self, url: str, post: Post) -> int | None:
        headers = {"Content-Type": post.content_type}
        try:
            async with self._session.post(url, data=post.body, headers=headers, allow_redirects=False) as response:
                return response.status
        except (aiohttp.ClientError, OSError, ValueError):  # ValueError: what yarl and idna say of a bad URL
            return None
