"""What happened, and who must hear of it: one event for each change, in the change's own transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

from bot.clock import Ids
from storage import chain
from storage.payout import Address, EventKind

Data = Mapping[str, str | int | None]


class EventMoves:
    """Appending to the chain; `now` is the transaction's time, in milliseconds since 1970."""

    def __init__(self, connection: sqlite3.Connection, now: int, ids: Ids) -> None:
        self.connection = connection
        self.now = now
        self.ids = ids

    def append(
        self,
        kind: EventKind,
        *,
        payout: str | None,
        attempt: int | None,
        actor: str | None,
        data: Data,
        addresses: Iterable[Address],
    ) -> int:
        """Append one event to the chain and queue its deliveries; the event's id."""
        event = self._next_event_id()
        line: dict[str, object] = {
            "id": event, "at": self.now, "kind": kind.value, "payout": payout, "attempt": attempt, "actor": actor,
            "data": dict(data),
        }  # fmt: skip
        self.connection.execute(
            "INSERT INTO events (id, at, kind, payout, attempt, actor, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event, self.now, kind, payout, attempt, actor, json.dumps(dict(data), ensure_ascii=False),
                chain.link(chain.last_hash(self.connection), line),
            ),
        )  # fmt: skip
        for address in addresses:
            self._queue(event, address.payout or payout, address)
        return event

    def _next_event_id(self) -> int:
        row = self.connection.execute("SELECT coalesce(max(id), 0) + 1 AS id FROM events").fetchone()
        return int(row["id"])

    def _queue(self, event: int, payout: str | None, address: Address) -> None:
        self.connection.execute(
            """
            INSERT INTO deliveries (event, place, channel, person, payout, state, due_at)
            VALUES (?, ?, ?, ?, ?, 'waiting', ?)
            """,
            (event, address.place, address.channel, address.person, payout, self.now),
        )
