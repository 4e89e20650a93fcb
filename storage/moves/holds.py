"""What keeps payouts from leaving, what one person proposes, and the stamp of a copy."""

from __future__ import annotations

from storage import queries
from storage.moves.payouts import PayoutMoves
from storage.payout import Hold, Payout, Proposal, State


class HoldMoves(PayoutMoves):
    """Rows of `brakes`, `proposals` and `copies`."""

    def hold(self, hold: Hold, person: str | None, reason: str) -> bool:
        """Keep payouts from leaving, from this transaction on; False when that hold is in force already."""
        cursor = self.connection.execute(
            "INSERT INTO brakes (hold, person, reason, since) VALUES (?, ?, ?, ?) ON CONFLICT (hold) DO NOTHING",
            (hold, person, reason, self.now),
        )
        return cursor.rowcount == 1

    def hold_anew(self, hold: Hold, person: str | None, reason: str) -> None:
        """The same, whether or not it is in force: the newest reason counts, and nobody has proposed to lift it yet."""
        self.connection.execute(
            """
            INSERT INTO brakes (hold, person, reason, since) VALUES (?, ?, ?, ?)
            ON CONFLICT (hold) DO UPDATE SET
                person = excluded.person, reason = excluded.reason, since = excluded.since, resume_by = NULL
            """,
            (hold, person, reason, self.now),
        )

    def propose_release(self, hold: Hold, person: str) -> None:
        """Note who wants a hold lifted; the next different person lifts it."""
        self.connection.execute("UPDATE brakes SET resume_by = ? WHERE hold = ?", (person, hold))

    def release(self, hold: Hold) -> bool:
        """Lift a hold and have everything that waited looked at; False when it was not in force."""
        cursor = self.connection.execute("DELETE FROM brakes WHERE hold = ?", (hold,))
        for payout, _, way in queries.in_state(self.connection, State.APPROVED):
            if hold in {Hold.ALL, Hold(way.endpoint)}:
                self.look_sooner(payout, State.APPROVED, self.now)
        return cursor.rowcount == 1

    def propose(self, payout: Payout, proposal: Proposal) -> None:
        """Keep a finding until somebody else confirms it; it takes the place of an earlier one."""
        self.connection.execute(
            """
            INSERT INTO proposals (payout, attempt, event, person, finding, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (payout, attempt) DO UPDATE SET
                event = excluded.event, person = excluded.person, finding = excluded.finding,
                reason = excluded.reason, at = excluded.at
            """,
            (
                payout.id, payout.attempt, proposal.event, proposal.person, proposal.finding,
                proposal.reason, proposal.at,
            ),
        )  # fmt: skip

    def drop_proposal(self, payout: str, attempt: int) -> int | None:
        """Forget a finding that waits; the event that proposed it, or None when there is none."""
        found = queries.proposal(self.connection, payout, attempt)
        self.connection.execute("DELETE FROM proposals WHERE payout = ? AND attempt = ?", (payout, attempt))
        return None if found is None else found.event

    def note_finding(self, payout: Payout, people: str, reason: str) -> None:
        """Keep who found what became of the attempt."""
        self.connection.execute(
            "UPDATE attempts SET found_by = ?, found_reason = ? WHERE payout = ? AND number = ?",
            (people, reason, payout.id, payout.attempt),
        )

    def take_over_copy(self) -> None:
        """This copy is served from now on."""
        self.connection.execute("UPDATE copies SET served_since = ? WHERE id = 1", (self.now,))
