"""Who carries out moves: a thread that gathers waiting ones into one transaction, or, in a simulator, the caller."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
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
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


class ThreadWriter:
    """One thread and one connection; moves that wait at the same time share one commit and one fsync."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ledger-writer", daemon=True)
        self._thread.start()

    async def run(self, move: Move[T]) -> T:
        """What `move` returned, committed. A caller that is cancelled does not undo the move."""
        return await asyncio.shield(self._hand_over(move))

    async def close(self) -> None:
        """Finish what was handed over, then close the connection."""
        await self._hand_over(None)

    def _hand_over(self, move: Move[Any] | None) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._queue.put(_Waiting(move, loop, answer))
        return answer

    def _work(self) -> None:
        while True:
            batch = self._gather()
            moves = [waiting.move for waiting in batch if waiting.move is not None]
            self._answer(batch[: len(moves)], moves)
            if len(moves) < len(batch):
                self._connection.close()
                batch[-1].loop.call_soon_threadsafe(_settle, batch[-1].answer, None)
                return

    def _gather(self) -> list[_Waiting]:
        """Wait for one, then take what else waits; one that says stop is the last."""
        batch = [self._queue.get()]
        while batch[-1].move is not None and len(batch) < BATCH:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _answer(self, batch: Sequence[_Waiting], moves: Sequence[Move[Any]]) -> None:
        if not moves:
            return
        try:
            results = carry_out(self._connection, moves)
        except BaseException as error:  # noqa: BLE001 - every caller of the batch must hear that nothing was written
            results = [error] * len(batch)
        for waiting, result in zip(batch, results, strict=True):
            waiting.loop.call_soon_threadsafe(_settle, waiting.answer, result)


def _settle(answer: asyncio.Future[Any], result: object) -> None:
    if answer.cancelled():
        return
    if isinstance(result, BaseException):
        answer.set_exception(result)
    else:
        answer.set_result(result)
