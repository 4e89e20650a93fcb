"""A connection that remembers what it was asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any


class Recorder:
    """A connection that keeps every statement that goes through it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.seen: list[tuple[str, Sequence[Any]]] = []

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Keep it, and carry it out."""
        self.seen.append((statement, values))
        return self.connection.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        """Keep it once, and carry it out."""
        rows = list(rows)
        self.seen.append((statement, rows[0]))
        return self.connection.executemany(statement, rows)
