"""The ledger: every change is one short transaction that moves a row, appends an event and queues what is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from bot.clock import Clock, Ids
from storage import queries
from storage.moves import Data, Transaction
from storage.moves.attempts import hash_of_secret
from storage.moves.incoming import OtherPayloadError, hash_of_payload
from storage.moves.payouts import ImpossibleMoveError
from storage.payout import Record
from storage.writer import Writer

__all__ = [
    "Data",
    "ImpossibleMoveError",
    "Ledger",
    "OtherPayloadError",
    "Transaction",
    "hash_of_payload",
    "hash_of_secret",
]

T = TypeVar("T")


class Ledger:
    """The only door to what is remembered: `write` for moves, `reader` for looking."""

    def __init__(self, reader: sqlite3.Connection, writer: Writer, clock: Clock, ids: Ids) -> None:
        self.reader = reader
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` in the event loop after every commit of this process."""
        self._listeners.append(listener)

    async def write(self, move: Callable[[Transaction], T]) -> T:
        """What `move` returned, once it is durable. Raises `sqlite3.Error` when it could not be written."""
        result = await self._writer.run(lambda connection: move(Transaction(connection, self._clock.now(), self._ids)))
        for listener in self._listeners:
            listener()
        return result

    def now(self) -> int:
        """The time of a transaction that would begin now, in milliseconds since 1970."""
        return self._clock.now()

    def record(self, payout: str) -> Record | None:
        """The payout as it is committed now."""
        return queries.record(self.reader, payout, self._clock.now())

    async def close(self) -> None:
        """Finish what was handed over, then close both connections."""
        await self._writer.close()
        self.reader.close()
