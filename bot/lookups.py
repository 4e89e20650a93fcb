"""One question to Slack at a time about one thing: whoever wants to know meanwhile waits for the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


class LookUps(Generic[T]):
    """Shares look-ups that are under way; `ask` must not raise, and must end by itself.

    Only for what may be as old as that: whoever needs to know how it is from now on asks anew.
    """

    def __init__(self, ask: Callable[[str], Coroutine[None, None, T]]) -> None:
        self._ask = ask
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def of(self, thing: str) -> T:
        """What is said about it; somebody who stops waiting takes the answer from nobody else."""
        task = self._under_way.get(thing)
        if task is None:
            task = asyncio.create_task(self._ask(thing), name=f"look up {thing}")
            self._under_way[thing] = task
            task.add_done_callback(lambda _: self._under_way.pop(thing))
        return await asyncio.shield(task)
