"""An attempt: who approved it, its lease, its answer, and when LigdiCash is asked about it."""

from __future__ import annotations

import hashlib

from bot.clock import HOUR
from storage.moves.events import EventMoves
from storage.payout import AnswerKind, Outcome, Payout

# Milliseconds ahead; no attempt is asked about later than that.
_LATEST_ASK = HOUR

# The status call's own trouble is told after it was met that often with no answer in between.
SILENCES_BEFORE_ALERT = 3


def hash_of_secret(secret: str) -> str:
    """What is kept of a callback's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class AttemptMoves(EventMoves):
    """A row of `attempts`."""

    def add_approval(self, payout: Payout, person: str, stands_for: str, event: int) -> None:
        """One person's word for one attempt; the table refuses a second one."""
        self.connection.execute(
            "INSERT INTO approvals (payout, attempt, person, digest, event) VALUES (?, ?, ?, ?, ?)",
            (payout.id, payout.attempt, person, stands_for, event),
        )

    def void_approvals(self, payout: Payout) -> None:
        """What was given to its current attempt so far does not count any more, and may be given anew."""
        self.connection.execute("DELETE FROM approvals WHERE payout = ? AND attempt = ?", (payout.id, payout.attempt))

    def note_approved(self, payout: Payout, needed: int, host: str) -> None:
        """So many people as were needed have agreed that it is paid there; from now on it counts against limits."""
        self.connection.execute(
            "UPDATE attempts SET approved_at = ?, needed = ?, host = ? WHERE payout = ? AND number = ?",
            (self.now, needed, host, payout.id, payout.attempt),
        )

    def note_reminded(self, payout: Payout, reminders: int) -> None:
        """So many reminders of this request are behind it."""
        self.connection.execute(
            "UPDATE attempts SET reminders = ? WHERE payout = ? AND number = ?",
            (reminders, payout.id, payout.attempt),
        )

    def lease(self, payout: Payout, *, owner: str, until: int, secret: str, host: str) -> None:
        """Note that this attempt's request may leave now; what an earlier try, which never left, came to is cleared."""
        self.connection.execute(
            """
            UPDATE attempts SET sent_at = ?, lease_owner = ?, lease_until = ?, secret_hash = ?, host = ?,
                                answered_at = NULL, answer_kind = NULL, answer_code = NULL, answer_note = NULL
            WHERE payout = ? AND number = ?
            """,
            (self.now, owner, until, hash_of_secret(secret), host, payout.id, payout.attempt),
        )

    def keep_answer(
        self, payout: str, attempt: int, kind: AnswerKind, *, code: str | None, note: str | None, raw: str
    ) -> None:
        """Write what the create request came to with its attempt, whatever state the payout is in by now."""
        self.connection.execute(
            """
            UPDATE attempts SET answered_at = ?, answer_kind = ?, answer_code = ?, answer_note = ?, answer = ?
            WHERE payout = ? AND number = ?
            """,
            (self.now, kind, code, note, raw, payout, attempt),
        )

    def keep_token(self, payout: str, attempt: int, token: str) -> None:
        """Write the only handle by which the status can be asked."""
        self.connection.execute(
            "UPDATE attempts SET token = ? WHERE payout = ? AND number = ?", (token, payout, attempt)
        )

    def count_try(self, payout: str, attempt: int) -> None:
        """Once more it was proven that nothing left."""
        self.connection.execute(
            "UPDATE attempts SET tries = tries + 1 WHERE payout = ? AND number = ?", (payout, attempt)
        )

    def end_attempt(self, payout: str, attempt: int, outcome: Outcome) -> None:
        """Say what became of an attempt, and whether its payout may have been paid all the same.

        1 is a failure that is not proven, 2 two people's "not paid" while LigdiCash said that it has it.
        """
        self.connection.execute(
            "UPDATE attempts SET outcome = ? WHERE payout = ? AND number = ?", (outcome, payout, attempt)
        )
        self.connection.execute(
            """
            UPDATE payouts
            SET unproven = CASE
                WHEN EXISTS (SELECT 1 FROM attempts WHERE payout = ?1 AND outcome = 'failed_by_callback') THEN 1
                WHEN EXISTS (
                    SELECT 1 FROM attempts WHERE payout = ?1 AND outcome = 'found_unpaid' AND word IS NOT NULL
                ) THEN 2
                ELSE 0
            END
            WHERE id = ?1
            """,
            (payout,),
        )

    def forget_approval_time(self, payout: str) -> None:
        """Of what is approved now nobody knows since when: so it is never young enough to be sent."""
        self.connection.execute(
            """
            UPDATE attempts SET approved_at = NULL
            WHERE payout = ?1 AND number = (SELECT attempt FROM payouts WHERE id = ?1 AND state = 'approved')
            """,
            (payout,),
        )

    # Asking LigdiCash about it

    def ask(self, payout: str, attempt: int, at: int | None) -> None:
        """Say when LigdiCash is asked about an attempt; None is never."""
        self.connection.execute("UPDATE attempts SET ask_at = ? WHERE payout = ? AND number = ?", (at, payout, attempt))

    def ask_sooner(self, payout: str, attempt: int, at: int) -> None:
        """Ask at `at`, unless it is asked before that."""
        self.connection.execute(
            "UPDATE attempts SET ask_at = ? WHERE payout = ? AND number = ? AND (ask_at IS NULL OR ask_at > ?)",
            (at, payout, attempt, at),
        )

    def look_now(self, lease: int) -> None:
        """The clock was set back: what lies further ahead than it is ever set is asked about and looked at now.

        So are clicks, and requests from a time that has not come yet. A lease of that many milliseconds begins anew:
        its owner may still be sending.
        """
        self.connection.execute("UPDATE inbox SET due_at = ?1 WHERE due_at > ?1", (self.now,))
        self.connection.execute("UPDATE attempts SET ask_at = ?1 WHERE ask_at > ?1 + ?2", (self.now, _LATEST_ASK))
        self.connection.execute(
            """
            UPDATE payouts SET due_at = ?1
            WHERE state IN ('requested', 'approved', 'sending') AND state = 'requested' AND due_at > ?1
              AND (SELECT requested_at FROM attempts WHERE payout = id AND number = attempt) > ?1
            """,
            (self.now,),
        )
        self.connection.execute(
            """
            UPDATE attempts SET lease_until = ?1
            WHERE lease_until > ?1 AND (payout, number) IN (
                SELECT id, attempt FROM payouts
                WHERE state IN ('requested', 'approved', 'sending') AND state = 'sending'
            )
            """,
            (self.now + lease,),
        )
        self.connection.execute(
            """
            UPDATE payouts SET due_at = ?1
            WHERE state IN ('requested', 'approved', 'sending') AND state = 'sending' AND due_at > ?1
            """,
            (self.now + lease,),
        )

    def claim_asking(self, payout: str, attempt: int, until: int) -> bool:
        """Take an attempt that is due to be asked about; False when somebody else took it, or it is no longer due."""
        cursor = self.connection.execute(
            """
            UPDATE attempts SET ask_at = ?, asked_at = ?
            WHERE payout = ? AND number = ? AND ask_at IS NOT NULL AND ask_at <= ?
            """,
            (until, self.now, payout, attempt, self.now),
        )
        return cursor.rowcount == 1

    def give_back_asking(self, payout: str, attempt: int, claimed_until: int, at: int | None) -> None:
        """End a claim; whoever wanted to be asked sooner meanwhile, because a callback came, is not overruled."""
        self.connection.execute(
            """
            UPDATE attempts SET polls = polls + 1, ask_at = CASE WHEN ask_at = ? THEN ? ELSE ask_at END
            WHERE payout = ? AND number = ?
            """,
            (claimed_until, at, payout, attempt),
        )

    def note_word(self, payout: str, attempt: int, word: str) -> bool:
        """Keep a status word that is no final status; False when it is the one kept already."""
        cursor = self.connection.execute(
            "UPDATE attempts SET word = ? WHERE payout = ? AND number = ? AND word IS NOT ?",
            (word, payout, attempt, word),
        )
        return cursor.rowcount == 1

    def note_own_mismatch(self, payout: str, attempt: int) -> bool:
        """Keep that an answer to the attempt's own token named something else; False when that was so already."""
        cursor = self.connection.execute(
            "UPDATE attempts SET own_mismatch = 1 WHERE payout = ? AND number = ? AND own_mismatch = 0",
            (payout, attempt),
        )
        return cursor.rowcount == 1

    def note_silence(self, payout: str, attempt: int, *, silent: bool) -> None:
        """Keep since when the status call has told nothing but errors; cleared when it tells something."""
        self.connection.execute(
            """
            UPDATE attempts SET silent_since = CASE WHEN ? THEN coalesce(silent_since, ?) END
            WHERE payout = ? AND number = ?
            """,
            (silent, self.now, payout, attempt),
        )

    def note_pointed_out(self, payout: str, attempt: int) -> None:
        """It was said that this attempt has been open for long."""
        self.connection.execute(
            "UPDATE attempts SET pointed_out_at = ? WHERE payout = ? AND number = ?", (self.now, payout, attempt)
        )

    def note_status_call(self, why: str | None) -> tuple[bool, bool]:
        """Count the status call's own trouble, or its end; whether the trouble, or its end, is now to be told.

        Trouble is told once, when it was met three times with no answer in between, whatever its reasons were.
        """
        row = self.connection.execute("SELECT * FROM silences WHERE id = 1").fetchone()
        if why is None:
            if row is not None:
                self.connection.execute("DELETE FROM silences")
            return False, row is not None and bool(row["told"])
        times = 1 if row is None else row["times"] + 1
        told = row is not None and bool(row["told"])
        tell = times >= SILENCES_BEFORE_ALERT and not told
        self.connection.execute(
            "INSERT OR REPLACE INTO silences (id, why, since, times, told) VALUES (1, ?, ?, ?, ?)",
            (why, self.now if row is None else row["since"], times, int(told or tell)),
        )
        return tell, False
