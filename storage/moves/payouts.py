"""Filing a payout and moving it through its states."""

from __future__ import annotations

import hashlib

from storage import queries
from storage.moves.events import EventMoves
from storage.payout import TRANSITIONS, Outcome, Payout, Record, Request, State, digest, order_key


class ImpossibleMoveError(Exception):
    """A move that the transition table does not know was asked for: a defect of ours, never an answer to a person."""


class PayoutMoves(EventMoves):
    """A row of `payouts`, and its first or next attempt."""

    def record(self, payout: str) -> Record | None:
        """The payout as this transaction sees it."""
        return queries.record(self.connection, payout, self.now)

    def file(self, request: Request, due_at: int | None) -> Payout:
        """A new payout, requested, with its first attempt and its `transaction_id`; looked at by `due_at`."""
        beneficiary, salt = self._beneficiary(request.number)
        payout = self._unused_payout_id()
        self.connection.execute(
            """
            INSERT INTO payouts (id, state, attempt, beneficiary, amount, way, reason, order_reference, order_key,
                                 requester, requester_name, channel, follows, source_ts, source_thread_ts,
                                 created_at, changed_at, due_at)
            VALUES (?, 'requested', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                payout, beneficiary, request.amount, request.way, request.reason, request.order_reference,
                order_key(request.order_reference), request.requester, request.requester_name, request.channel,
                request.follows, request.source_ts, request.source_thread_ts,
                self.now, self.now, due_at,
            ),
        )  # fmt: skip
        stands_for = digest(salt=salt, number=request.number, amount=request.amount, way=request.way)
        self.connection.execute(
            """
            INSERT INTO attempts (payout, number, transaction_id, digest, outcome, asked_by, beneficiary, amount,
                                  requested_at)
            VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                payout,
                self.ids.transaction_id(),
                stands_for,
                Outcome.OPEN,
                request.requester,
                beneficiary,
                request.amount,
                self.now,
            ),
        )
        filed = self.record(payout)
        assert filed is not None  # noqa: S101 - inserted four lines above, in this transaction
        return filed.payout

    def _beneficiary(self, number: str) -> tuple[int, bytes]:
        self.connection.execute(
            "INSERT INTO beneficiaries (number, salt, created_at) VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING",
            (number, self.ids.salt(), self.now),
        )
        row = self.connection.execute("SELECT id, salt FROM beneficiaries WHERE number = ?", (number,)).fetchone()
        return int(row["id"]), bytes(row["salt"])

    def _unused_payout_id(self) -> str:
        while True:
            payout = self.ids.payout_id()
            if self.connection.execute("SELECT 1 FROM payouts WHERE id = ?", (payout,)).fetchone() is None:
                return payout

    def move(self, payout: Payout, to: State, *, due_at: int | None) -> bool:
        """Move the payout from the state in which the caller saw it; False when somebody was first.

        Raises `ImpossibleMoveError` for a step that is not in the transition table.
        """
        if to not in TRANSITIONS[payout.state]:
            raise ImpossibleMoveError(f"{payout.id}: {payout.state} to {to}")
        cursor = self.connection.execute(
            """
            UPDATE payouts SET state = ?, changed_at = ?, due_at = ?
            WHERE id = ? AND state = ? AND attempt = ?
            """,
            (to, self.now, due_at, payout.id, payout.state, payout.attempt),
        )
        if payout.state is State.SENDING:
            self._hear_who_waits(payout.id)
        return cursor.rowcount == 1

    def _hear_who_waits(self, payout: str) -> None:
        """Whoever wanted it not to leave, while it was not known whether it had, is heard now."""
        self.connection.execute(
            """
            UPDATE inbox SET due_at = ?1
            WHERE due_at > ?1 AND sort IN ('stop', 'cancel', 'reject') AND json_extract(payload, '$.payout') = ?2
            """,
            (self.now, payout),
        )

    def decide(self, payout: Payout, person: str, reason: str | None) -> None:
        """Write down who ended or approved the request, and why."""
        self.connection.execute(
            "UPDATE payouts SET decided_by = ?, decision_reason = ? WHERE id = ?", (person, reason, payout.id)
        )

    def look_again(self, payout: str, due_at: int | None) -> None:
        """Change only when the worker looks at a payout next."""
        self.connection.execute("UPDATE payouts SET due_at = ? WHERE id = ?", (due_at, payout))

    def look_sooner(self, payout: str, state: State, due_at: int) -> None:
        """Have the worker look at `due_at`, unless it would look before that, or the payout left that state."""
        self.connection.execute(
            "UPDATE payouts SET due_at = ? WHERE id = ? AND state = ? AND (due_at IS NULL OR due_at > ?)",
            (due_at, payout, state, due_at),
        )

    def note_contradiction(self, payout: str, attempt: int, word: str) -> bool:
        """Keep the word of LigdiCash that contradicts what is recorded; False when it is kept already."""
        cursor = self.connection.execute(
            "UPDATE attempts SET contradicted = ? WHERE payout = ? AND number = ? AND contradicted IS NOT ?",
            (word, payout, attempt, word),
        )
        if cursor.rowcount == 0:
            return False
        self.connection.execute(
            "UPDATE payouts SET contradiction = ? WHERE id = ?", (f"“{word}” of attempt {attempt}", payout)
        )
        return True

    def ask_again(self, payout: Payout, person: str, due_at: int) -> bool:
        """Put the payout back to requested with a new attempt; False when somebody was first.

        The new attempt has its own `transaction_id`, and nothing of the old one's approvals counts for it.
        """
        if not self.move(payout, State.REQUESTED, due_at=due_at):
            return False
        number = payout.attempt + 1
        # Made of the one before, so that a ledger restored from a copy sends the same one again.
        before = queries.attempt(self.connection, payout.id, payout.attempt)
        transaction_id = hashlib.sha256(f"{before and before.transaction_id}|{number}".encode()).hexdigest()[:32]
        self.connection.execute(
            """
            INSERT INTO attempts (payout, number, transaction_id, digest, outcome, asked_by, beneficiary, amount,
                                  requested_at)
            SELECT payout, ?, ?, digest, ?, ?, beneficiary, amount, ? FROM attempts WHERE payout = ? AND number = ?
            """,
            (
                number,
                transaction_id,
                Outcome.OPEN,
                person,
                self.now,
                payout.id,
                payout.attempt,
            ),
        )
        self.connection.execute(
            """
            UPDATE payouts SET attempt = ?, question_ts = NULL, decided_by = NULL, decision_reason = NULL WHERE id = ?
            """,
            (number, payout.id),
        )
        return True
