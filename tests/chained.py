"""Whether the chain of events in a ledger holds, read from its rows alone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.chain import FIRST, link


def unlinked(connection: sqlite3.Connection, after: int = 0, previous: str = FIRST) -> tuple[list[int], int, str]:
    """The events that do not follow from the one before; the last event's id, and its hash, to go on from."""
    found = []
    query = "SELECT id, at, kind, payout, attempt, actor, data, hash FROM events WHERE id > ? ORDER BY id"
    for number, at, kind, payout, attempt, actor, data, stored in connection.execute(query, (after,)).fetchall():
        line = {"id": number, "at": at, "kind": kind, "payout": payout, "attempt": attempt, "actor": actor}
        if link(previous, line | {"data": json.loads(data)}) != stored or number != after + 1:
            found.append(int(number))
        after, previous = int(number), str(stored)
    return found, after, previous


def unlinked_in(path: Path) -> list[int]:
    """The same of a ledger's whole file, looked at from outside."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return unlinked(connection)[0]
