"""Whoever waits for an answer goes first: posts that have none yet, and the work that lets them pass."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds. Work that is never let in would not be bounded by anything.
LONGEST_WAIT = 1.0


class Unanswered:
    """Posts of Slack and LigdiCash that were read, and are not answered yet.

    What they bring about is stored before they are answered, and costs several times as much: done between them, it
    would make everybody of a busy moment wait. A post that is still on its way does not count: its sender may never
    send the rest.
    """

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """One more, until the end of it."""
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if not self._count:
                self._none.set()

    async def let_pass(self) -> None:
        """Wait for a moment without any, at most `LONGEST_WAIT`."""
        if self._none.is_set():
            return
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._none.wait()
        except TimeoutError:
            pass
