"""Who carries out moves: a thread that gathers waiting ones into one transaction, or, in a simulator, the caller."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Move = Callable[[sqlite3.Connection], T]

# Bounds how long the first of a batch waits for the last.
BATCH = 64


class Writer(Protocol):
    """Runs a move in a transaction and answers after its commit."""

    async def run(self, move: Move[T]) -> T:
        """What `move` returned, once that is durable; its exception, once its changes are undone."""

    async def close(self) -> None:
        """Finish what was handed over, then stop."""


def carry_out(connection: sqlite3.Connection, moves: Sequence[Move[Any]]) -> list[Any | BaseException]:
    """Run `moves` in one immediate transaction, each in its own savepoint; a move that fails undoes itself alone.

    `BEGIN IMMEDIATE`, since a deferred transaction that reads and then writes fails at once with "database is locked".
    Raises `sqlite3.Error` when nothing at all could be written (locked, disk full): then no move took effect.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [_in_savepoint(connection, move) for move in moves]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _in_savepoint(connection: sqlite3.Connection, move: Move[Any]) -> object:
    connection.execute("SAVEPOINT move")
    try:
        result = move(connection)
    except Exception as error:
        # Whatever it was, it belongs to the caller of this move, not to the batch.
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO move")
        result = error
    connection.execute("RELEASE move")
    return result


class InlineWriter:
    """Each move is its own transaction, in the caller's thread, before `run` first yields."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def run(self, move: Move[T]) -> T:
        """What `move` returned, committed."""
        result = carry_out(self._connection, [move])[0]
        if isinstance(result, BaseException):
            raise result
        return result  # type: ignore[no-any-return]  # carry_out hands back what this very move returned

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A move and whom to answer; no move means: stop."""

    move: Move[Any] | None
    answer: asyncio.Future[Any]


class ThreadWriter:
    """One thread and one connection, used from one event loop; moves that wait together share one commit and one fsync.

    The thread is woken once for a batch, and wakes the loop once: to hand over each move by itself would cost more than
    to carry it out.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: deque[_Waiting] = deque()
        self._is_busy = False
        self._is_closed = False
        self._batches: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, Sequence[_Waiting]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ledger-writer", daemon=True)
        self._thread.start()

    async def run(self, move: Move[T]) -> T:
        """What `move` returned, committed. A caller that is cancelled does not undo the move."""
        return await asyncio.shield(self._hand_over(move))

    async def close(self) -> None:
        """Finish what was handed over, then close the connection."""
        await self._hand_over(None)

    # In the loop's thread

    def _hand_over(self, move: Move[Any] | None) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(_Waiting(move, answer))
        if not self._is_busy:
            self._is_busy = True
            # Not at once: what else gets ready in this turn of the loop shares the commit.
            loop.call_soon(self._begin_next, loop)
        return answer

    def _begin_next(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._is_closed and self._waiting:
            _settle(self._waiting.popleft().answer, sqlite3.ProgrammingError("the ledger is closed"))
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < BATCH:
            batch.append(self._waiting.popleft())
            if batch[-1].move is None:
                self._is_closed = True
                break
        self._is_busy = bool(batch)
        if batch:
            self._batches.put((loop, batch))

    def _end(
        self, loop: asyncio.AbstractEventLoop, batch: Sequence[_Waiting], results: Sequence[Any | BaseException]
    ) -> None:
        for waiting, result in zip(batch, results, strict=True):
            _settle(waiting.answer, result)
        self._begin_next(loop)

    # In its own

    def _work(self) -> None:
        is_open = True
        while is_open:
            loop, batch = self._batches.get()
            moves = [waiting.move for waiting in batch if waiting.move is not None]
            results = self._carry_out(moves) if moves else []
            is_open = len(moves) == len(batch)
            if not is_open:
                self._connection.close()
                results.append(None)
            loop.call_soon_threadsafe(self._end, loop, batch, results)

    def _carry_out(self, moves: Sequence[Move[Any]]) -> list[Any | BaseException]:
        try:
            return carry_out(self._connection, moves)
        except BaseException as error:  # noqa: BLE001 - every caller of the batch must hear that nothing was written
            return [error] * len(moves)


def _settle(answer: asyncio.Future[Any], result: object) -> None:
    if answer.cancelled():
        return
    if isinstance(result, BaseException):
        answer.set_exception(result)
    else:
        answer.set_result(result)
