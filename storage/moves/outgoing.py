"""What goes out to Slack: noted before and after each call, so that nothing is lost and little is said twice."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clock import MINUTE
from storage.moves.events import EventMoves
from storage.payout import Delivery

# Milliseconds ahead; nothing that waits for Slack is put off for longer.
_LATEST_DUE = 2 * MINUTE


class OutgoingMoves(EventMoves):
    """Rows of `deliveries`, and where a payout's messages stand."""

    def note_posting(self, deliveries: Sequence[Delivery], until: int) -> bool:
        """Say that the call is about to be made; False when another process makes it, or did.

        Nobody else makes it before `until`; found so after that, because its process died, it is made once more.
        """
        ids = [delivery.id for delivery in deliveries]
        marks = ", ".join("?" * len(ids))
        free = self.connection.execute(
            f"SELECT count(*) AS free FROM deliveries WHERE id IN ({marks}) AND due_at <= ?",  # noqa: S608 - only marks
            (*ids, self.now),
        ).fetchone()["free"]
        if free != len(ids):
            return False
        self.connection.execute(
            f"UPDATE deliveries SET state = 'posting', tries = tries + 1, due_at = ? WHERE id IN ({marks})",  # noqa: S608
            (until, *ids),
        )
        return True

    def note_delivered(self, deliveries: Sequence[Delivery], until: int, message_ts: str | None) -> bool:
        """Slack took it; False when it took so long that another process may have made the same call."""
        cursor = self.connection.executemany(
            """
            UPDATE deliveries SET state = 'sent', due_at = NULL, message_ts = ?, error = NULL
            WHERE id = ? AND due_at = ?
            """,
            [(message_ts, delivery.id, until) for delivery in deliveries],
        )
        return cursor.rowcount == len(deliveries)

    def note_delayed(self, deliveries: Sequence[Delivery], until: int, due_at: int, error: str) -> None:
        """Slack did not take it now; try again at `due_at`. Its permanent word stands until it takes it."""
        self.connection.executemany(
            """
            UPDATE deliveries SET state = 'waiting', due_at = ?,
                                  error = CASE WHEN error LIKE 'never: %' THEN error ELSE ? END
            WHERE id = ? AND due_at = ?
            """,
            [(due_at, error, delivery.id, until) for delivery in deliveries],
        )

    def tell_now(self) -> None:
        """The clock was set back: what seems to be due much later was due before, or as soon as Slack lets it."""
        self.connection.execute(
            "UPDATE deliveries SET due_at = ?1 WHERE state = 'waiting' AND due_at > ?1 + ?2", (self.now, _LATEST_DUE)
        )

    def note_undeliverable(self, deliveries: Sequence[Delivery], until: int, error: str) -> bool:
        """Slack will never take it; False when another process has it by now."""
        cursor = self.connection.executemany(
            "UPDATE deliveries SET state = 'undeliverable', due_at = NULL, error = ? WHERE id = ? AND due_at = ?",
            [(error, delivery.id, until) for delivery in deliveries],
        )
        return cursor.rowcount == len(deliveries)

    def tell_again(self, told: Delivery) -> None:
        """Have a message that is drawn as it is now drawn once more, by the newest that was to be told in its place."""
        self.connection.execute(
            """
            UPDATE deliveries SET state = 'waiting', due_at = ?
            WHERE id = (SELECT max(id) FROM deliveries WHERE id >= ? AND payout = ? AND place = ?) AND due_at IS NULL
            """,
            (self.now, told.id, told.payout, told.place),
        )

    def place_card(self, payout: str, message_ts: str) -> None:
        """Where the card stands in Slack."""
        self.connection.execute("UPDATE payouts SET card_ts = ? WHERE id = ?", (message_ts, payout))

    def place_question(self, payout: str, message_ts: str) -> None:
        """Where the question stands in Slack."""
        self.connection.execute("UPDATE payouts SET question_ts = ? WHERE id = ?", (message_ts, payout))
