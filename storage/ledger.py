"""The ledger: every change is one short transaction that moves a row, appends one event and queues what must be told."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from bot.clock import Clock, Ids
from storage import chain, queries
from storage.payout import (
    TRANSITIONS,
    Address,
    AnswerKind,
    Delivery,
    EventKind,
    Outcome,
    Payout,
    Record,
    Request,
    Sort,
    State,
    digest,
)
from storage.writer import Writer

T = TypeVar("T")
Data = Mapping[str, str | int | None]

# A provider that repeats itself with ever new bodies must not fill the disk; what is past this only wakes the worker.
CALLBACKS_KEPT = 100


class ImpossibleMoveError(Exception):
    """A move that the transition table does not know was asked for: a defect of ours, never an answer to a person."""


def hash_of_secret(secret: str) -> str:
    """What is kept of a callback's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


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
        result = await self._writer.run(
            lambda connection: move(Transaction(connection, self._clock.now(), self._ids))
        )
        for listener in self._listeners:
            listener()
        return result

    def record(self, payout: str) -> Record | None:
        """The payout as it is committed now."""
        return queries.record(self.reader, payout)

    async def close(self) -> None:
        """Finish what was handed over, then close both connections."""
        await self._writer.close()
        self.reader.close()


class Transaction:
    """The verbs that may be used inside one transaction; `now` is its time, in milliseconds since 1970."""

    def __init__(self, connection: sqlite3.Connection, now: int, ids: Ids) -> None:
        self.connection = connection
        self.now = now
        self.ids = ids

    # What happened, and who must hear of it

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
            self._queue(event, payout, address)
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

    # The payout

    def record(self, payout: str) -> Record | None:
        """The payout as this transaction sees it."""
        return queries.record(self.connection, payout)

    def file(self, request: Request) -> Payout:
        """A new payout, requested, with its first attempt and that attempt's `transaction_id`."""
        beneficiary, salt = self._beneficiary(request.number)
        payout = self._unused_payout_id()
        self.connection.execute(
            """
            INSERT INTO payouts (id, state, attempt, beneficiary, amount, way, reason, order_reference,
                                 requester, requester_name, channel, created_at, changed_at)
            VALUES (?, 'requested', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                payout, beneficiary, request.amount, request.way, request.reason, request.order_reference,
                request.requester, request.requester_name, request.channel, self.now, self.now,
            ),
        )  # fmt: skip
        stands_for = digest(salt=salt, number=request.number, amount=request.amount, way=request.way)
        self.connection.execute(
            "INSERT INTO attempts (payout, number, transaction_id, digest, outcome) VALUES (?, 1, ?, ?, ?)",
            (payout, self.ids.transaction_id(), stands_for, Outcome.OPEN),
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
            UPDATE payouts SET state = ?, changed_at = ?, due_at = ?, polls = 0
            WHERE id = ? AND state = ? AND attempt = ?
            """,
            (to, self.now, due_at, payout.id, payout.state, payout.attempt),
        )
        return cursor.rowcount == 1

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

    def claim(self, payout: str, until: int) -> bool:
        """Take a payout that is due, to ask for its status; False when somebody else took it, or it is no longer due."""
        cursor = self.connection.execute(
            "UPDATE payouts SET due_at = ?, asked_at = ? WHERE id = ? AND due_at IS NOT NULL AND due_at <= ?",
            (until, self.now, payout, self.now),
        )
        return cursor.rowcount == 1

    def give_back(self, payout: str, claimed_until: int, due_at: int | None) -> None:
        """End a claim; whoever wanted a look meanwhile, because a callback came, is not overruled."""
        self.connection.execute("UPDATE payouts SET polls = polls + 1 WHERE id = ?", (payout,))
        self.connection.execute(
            "UPDATE payouts SET due_at = ? WHERE id = ? AND due_at = ?", (due_at, payout, claimed_until)
        )

    def note_word(self, payout: str, word: str) -> bool:
        """Keep a status word that is no final status; False when it is the one kept already."""
        cursor = self.connection.execute("UPDATE payouts SET word = ? WHERE id = ? AND word IS NOT ?", (word, payout, word))
        return cursor.rowcount == 1

    def note_contradiction(self, payout: str, word: str) -> None:
        """Keep the word of LigdiCash that contradicts what is recorded."""
        self.connection.execute("UPDATE payouts SET contradiction = ? WHERE id = ?", (word, payout))

    # The attempt

    def add_approval(self, payout: Payout, person: str, stands_for: str, event: int) -> None:
        """One person's word for one attempt; the table refuses a second one."""
        self.connection.execute(
            "INSERT INTO approvals (payout, attempt, person, digest, event) VALUES (?, ?, ?, ?, ?)",
            (payout.id, payout.attempt, person, stands_for, event),
        )
        self.connection.execute(
            "UPDATE attempts SET approved_at = ? WHERE payout = ? AND number = ?",
            (self.now, payout.id, payout.attempt),
        )

    def lease(self, payout: Payout, *, owner: str, until: int, secret: str) -> None:
        """Note that this attempt's request may leave now; what is known of an earlier try, which never left, is cleared."""
        self.connection.execute(
            """
            UPDATE attempts SET sent_at = ?, lease_owner = ?, lease_until = ?, secret_hash = ?,
                                answered_at = NULL, answer_kind = NULL, answer_code = NULL, answer_note = NULL
            WHERE payout = ? AND number = ?
            """,
            (self.now, owner, until, hash_of_secret(secret), payout.id, payout.attempt),
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
        """Say what became of an attempt."""
        self.connection.execute(
            "UPDATE attempts SET outcome = ? WHERE payout = ? AND number = ?", (outcome, payout, attempt)
        )

    # What comes in

    def store_in_inbox(self, sort: Sort, person: str, occasion: str, payload: str | None) -> bool:
        """Store a submission or click; False when this very one is stored already.

        One without `payload` is decided as it is stored: nothing waits, only the occasion is remembered.
        """
        cursor = self.connection.execute(
            """
            INSERT INTO inbox (sort, person, occasion, payload, received_at, due_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (person, occasion) DO NOTHING
            """,
            (sort, person, occasion, payload, self.now, None if payload is None else self.now),
        )
        return cursor.rowcount == 1

    def take_from_inbox(self, item: int) -> bool:
        """Mark it handled, with the decision of the same transaction; what it held (a number, perhaps) is dropped.

        False when somebody else handled it: then nothing may be decided.
        """
        cursor = self.connection.execute(
            "UPDATE inbox SET due_at = NULL, payload = NULL WHERE id = ? AND due_at IS NOT NULL", (item,)
        )
        return cursor.rowcount == 1

    def put_back_in_inbox(self, item: int, due_at: int) -> None:
        """It could not be decided now; look again at `due_at`."""
        self.connection.execute(
            "UPDATE inbox SET due_at = ?, tries = tries + 1 WHERE id = ? AND due_at IS NOT NULL", (due_at, item)
        )

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

    # What goes out

    def note_posting(self, deliveries: Iterable[Delivery]) -> None:
        """Say that the call is about to be made: found so after a crash, it is made once more."""
        self.connection.executemany(
            "UPDATE deliveries SET state = 'posting', tries = tries + 1 WHERE id = ?",
            [(delivery.id,) for delivery in deliveries],
        )

    def note_delivered(self, deliveries: Iterable[Delivery], message_ts: str | None) -> None:
        """Slack took it."""
        self.connection.executemany(
            "UPDATE deliveries SET state = 'sent', due_at = NULL, message_ts = ?, error = NULL WHERE id = ?",
            [(message_ts, delivery.id) for delivery in deliveries],
        )

    def note_delayed(self, deliveries: Iterable[Delivery], due_at: int, error: str) -> None:
        """Slack did not take it now; try again at `due_at`."""
        self.connection.executemany(
            "UPDATE deliveries SET state = 'waiting', due_at = ?, error = ? WHERE id = ?",
            [(due_at, error, delivery.id) for delivery in deliveries],
        )

    def note_undeliverable(self, deliveries: Iterable[Delivery], error: str) -> None:
        """Slack will never take it."""
        self.connection.executemany(
            "UPDATE deliveries SET state = 'undeliverable', due_at = NULL, error = ? WHERE id = ?",
            [(error, delivery.id) for delivery in deliveries],
        )

    def place_card(self, payout: str, message_ts: str) -> None:
        """Where the card stands in Slack."""
        self.connection.execute("UPDATE payouts SET card_ts = ? WHERE id = ?", (message_ts, payout))

    def place_question(self, payout: str, message_ts: str) -> None:
        """Where the question stands in Slack."""
        self.connection.execute("UPDATE payouts SET question_ts = ? WHERE id = ?", (message_ts, payout))
