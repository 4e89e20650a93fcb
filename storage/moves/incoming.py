"""What comes in: stored before it is answered, each once."""

from __future__ import annotations

import hashlib

from bot.clock import DAY, MINUTE
from storage import queries
from storage.moves.events import EventMoves
from storage.payout import EventKind, RepeatedRefusal, Sort

# A provider that repeats itself with ever new bodies must not fill the disk; what is past this is left to polling.
CALLBACKS_KEPT = 100
# Of what was decided on, its hash alone: for longer than anybody delivers anything a second time.
INBOX_KEPT = 30 * DAY


class OtherPayloadError(Exception):
    """The same occasion brought something else before; nothing was stored now."""


def hash_of_payload(payload: str) -> str:
    """What is kept of a payload once it is decided on."""
    return hashlib.sha256(payload.encode()).hexdigest()


class IncomingMoves(EventMoves):
    """Rows of `inbox` and `callbacks`."""

    def store_in_inbox(
        self, sort: Sort, person: str, occasion: str, payload: str | None, says: str | None = None
    ) -> bool:
        """Store a submission or click; False when this very one is stored already.

        One without `payload` is decided as it is stored: nothing waits, only the occasion is remembered.
        Raises `OtherPayloadError` when the occasion brought something else before: somebody whose first answer was lost
        changed the form and sent it again. `says` is what an occasion always brings, where the payload holds more.
        """
        payload_hash = None if payload is None else hash_of_payload(says or payload)
        cursor = self.connection.execute(
            """
            INSERT INTO inbox (sort, person, occasion, payload, payload_hash, received_at, due_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (person, occasion) DO NOTHING
            """,
            (sort, person, occasion, payload, payload_hash, self.now, None if payload is None else self.now),
        )
        if cursor.rowcount == 0 and queries.payload_hash(self.connection, person, occasion) != payload_hash:
            raise OtherPayloadError(occasion)
        if cursor.rowcount == 1:
            self._forget_old_inbox()
        return cursor.rowcount == 1

    def _forget_old_inbox(self) -> None:
        """Each row that comes takes up to two old ones along, so that they do not grow with the years."""
        self.connection.execute(
            """
            DELETE FROM inbox
            WHERE received_at < ? AND id IN (SELECT id FROM inbox WHERE id > 0 AND due_at IS NULL ORDER BY id LIMIT 2)
            """,
            (self.now - INBOX_KEPT,),
        )

    def repeats_refusal(self, person: str, kind: EventKind, payout: str | None, why: str, channel: str) -> bool:
        """Whether this very refusal was written down within the last minute; then it is only told again."""
        row = self.connection.execute(
            "SELECT event, at FROM refusals WHERE person = ? AND kind = ? AND payout = ? AND why = ?",
            (person, kind, payout or "", why),
        ).fetchone()
        if row is None or self.now - row["at"] >= MINUTE:
            return False
        self.connection.execute(
            """
            UPDATE refusals SET times = times + 1
            WHERE event = ? AND person = ? AND kind = ? AND payout = ? AND why = ?
            """,
            (row["event"], person, kind, payout or "", why),
        )
        self.connection.execute(
            "UPDATE deliveries SET state = 'waiting', due_at = ?, channel = ? WHERE event = ? AND place = 'private'",
            (self.now, channel, row["event"]),
        )
        return True

    def note_refusal(self, person: str, kind: EventKind, payout: str | None, why: str, event: int) -> None:
        """Keep when and by which event this refusal was written down."""
        self.connection.execute(
            """
            INSERT OR REPLACE INTO refusals (person, kind, payout, why, event, at, times) VALUES (?, ?, ?, ?, ?, ?, 1)
            """,
            (person, kind, payout or "", why, event, self.now),
        )

    def note_repeats_told(self, refusal: RepeatedRefusal) -> None:
        """How often this refusal was met again is written down; only what comes after counts from now on."""
        self.connection.execute(
            "UPDATE refusals SET times = 1 WHERE person = ? AND kind = ? AND event = ?",
            (refusal.person, refusal.kind, refusal.event),
        )

    def refused_before(self, person: str, kind: EventKind, payout: str | None, why: str) -> int:
        """How often this refusal was met since it was last written down, beyond the once that was."""
        row = self.connection.execute(
            "SELECT times FROM refusals WHERE person = ? AND kind = ? AND payout = ? AND why = ?",
            (person, kind, payout or "", why),
        ).fetchone()
        return 0 if row is None else int(row["times"]) - 1

    def put_off(self, item: int, due_at: int) -> bool:
        """Have it decided on later; whether that is so for the first time."""
        cursor = self.connection.execute(
            "UPDATE inbox SET put_off = 1 WHERE id = ? AND due_at IS NOT NULL AND put_off = 0", (item,)
        )
        self.connection.execute("UPDATE inbox SET due_at = ? WHERE id = ? AND due_at IS NOT NULL", (due_at, item))
        return cursor.rowcount == 1

    def take_from_inbox(self, item: int) -> bool:
        """Mark it handled, with the decision of the same transaction; what it held (a number, perhaps) is dropped.

        False when somebody else handled it: then nothing may be decided.
        """
        cursor = self.connection.execute(
            "UPDATE inbox SET due_at = NULL, payload = NULL WHERE id = ? AND due_at IS NOT NULL", (item,)
        )
        return cursor.rowcount == 1

    def store_callback(
        self, payout: str, attempt: int, *, content_type: str, body: str, token: str | None, status: str | None
    ) -> bool:
        """Store a callback as it came; False when these very bytes are stored already, or too many are."""
        kept = self.connection.execute(
            "SELECT count(*) AS kept FROM callbacks WHERE payout = ? AND attempt = ?", (payout, attempt)
        ).fetchone()["kept"]
        if kept >= CALLBACKS_KEPT:
            return False
        cursor = self.connection.execute(
            """
            INSERT INTO callbacks (payout, attempt, content_type, body, body_hash, token, status, received_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (payout, attempt, body_hash) DO NOTHING
            """,
            (
                payout, attempt, content_type, body, hashlib.sha256(body.encode()).hexdigest(),
                token, status, self.now,
            ),
        )  # fmt: skip
        return cursor.rowcount == 1

    def distrust_callback(self, callback: int) -> bool:
        """Never ask about this callback's token again; False when that was so already."""
        cursor = self.connection.execute(
            "UPDATE callbacks SET distrusted = 1 WHERE id = ? AND distrusted = 0", (callback,)
        )
        return cursor.rowcount == 1
