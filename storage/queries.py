"""Everything that is read from the ledger. Each function takes a connection, a transaction's own or the reader's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from storage.payout import (
    AnswerKind,
    Attempt,
    Callback,
    Delivery,
    Event,
    EventKind,
    InboxItem,
    Outcome,
    Payout,
    Place,
    Record,
    Sort,
    State,
    Way,
)

_PAYOUT = """
    SELECT payouts.*, beneficiaries.number AS number
    FROM payouts JOIN beneficiaries ON beneficiaries.id = payouts.beneficiary
"""
_DELIVERY = """
    SELECT deliveries.*, events.at, events.kind, events.payout AS event_payout, events.attempt, events.actor, events.data
    FROM deliveries JOIN events ON events.id = deliveries.event
"""

# Shown instead of a number that was removed from the ledger.
FORGOTTEN = ""


def record(connection: sqlite3.Connection, payout: str) -> Record | None:
    """The payout with its current attempt and approvals, or None when there is no such payout."""
    row = connection.execute(_PAYOUT + "WHERE payouts.id = ?", (payout,)).fetchone()
    if row is None:
        return None
    found = _payout(row)
    current = attempt(connection, found.id, found.attempt)
    if current is None:
        raise LookupError(f"{found.id} has no attempt {found.attempt}")
    return Record(found, current, approvers(connection, found.id, found.attempt))


def attempt(connection: sqlite3.Connection, payout: str, number: int) -> Attempt | None:
    """One attempt of a payout."""
    row = connection.execute(
        "SELECT * FROM attempts WHERE payout = ? AND number = ?", (payout, number)
    ).fetchone()
    return None if row is None else _attempt(row)


def attempts(connection: sqlite3.Connection, payout: str) -> list[Attempt]:
    """All attempts of a payout, the first one first."""
    rows = connection.execute("SELECT * FROM attempts WHERE payout = ? ORDER BY number", (payout,))
    return [_attempt(row) for row in rows]


def attempt_of_secret(connection: sqlite3.Connection, payout: str, secret_hash: str) -> int | None:
    """The number of the attempt whose callback path ends in that secret; None for a path nobody was given."""
    row = connection.execute(
        "SELECT number FROM attempts WHERE payout = ? AND secret_hash = ?", (payout, secret_hash)
    ).fetchone()
    return None if row is None else int(row["number"])


def approvers(connection: sqlite3.Connection, payout: str, number: int) -> tuple[str, ...]:
    """Who approved that attempt, in the order in which they did."""
    rows = connection.execute(
        "SELECT person FROM approvals WHERE payout = ? AND attempt = ? ORDER BY event", (payout, number)
    )
    return tuple(row["person"] for row in rows)


def approvals_of_digest(connection: sqlite3.Connection, payout: str, number: int, digest: str) -> int:
    """How many different people approved just this attempt with just this digest, by the chained events too."""
    row = connection.execute(
        """
        SELECT count(*) AS approvals FROM approvals
        JOIN events ON events.id = approvals.event
        WHERE approvals.payout = ? AND approvals.attempt = ? AND approvals.digest = ?
          AND events.kind = 'approved' AND events.payout = approvals.payout
          AND events.attempt = approvals.attempt AND events.actor = approvals.person
          AND json_extract(events.data, '$.digest') = approvals.digest
        """,
        (payout, number, digest),
    ).fetchone()
    return int(row["approvals"])


def salt(connection: sqlite3.Connection, payout: str) -> bytes:
    """The salt of a payout's beneficiary."""
    row = connection.execute(
        "SELECT salt FROM beneficiaries JOIN payouts ON payouts.beneficiary = beneficiaries.id WHERE payouts.id = ?",
        (payout,),
    ).fetchone()
    return bytes(row["salt"])


def due_payouts(connection: sqlite3.Connection, now: int, limit: int) -> list[tuple[str, State]]:
    """Payouts the worker must look at by `now`, the longest due first."""
    rows = connection.execute(
        "SELECT id, state FROM payouts WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
        (now, limit),
    )
    return [(row["id"], State(row["state"])) for row in rows]


def due_inbox(connection: sqlite3.Connection, now: int, limit: int) -> list[InboxItem]:
    """Submissions and clicks that wait for a decision, the oldest first."""
    rows = connection.execute(
        "SELECT * FROM inbox WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?", (now, limit)
    )
    return [_inbox_item(row) for row in rows]


def next_due(connection: sqlite3.Connection) -> int | None:
    """When the next payout or inbox row is due; None when nothing waits."""
    row = connection.execute(
        """
        SELECT min(due_at) AS due_at FROM (
            SELECT min(due_at) AS due_at FROM payouts WHERE due_at IS NOT NULL
            UNION ALL SELECT min(due_at) FROM inbox WHERE due_at IS NOT NULL
        )
        """
    ).fetchone()
    return None if row["due_at"] is None else int(row["due_at"])


def callbacks_of(connection: sqlite3.Connection, payout: str, number: int, limit: int) -> list[Callback]:
    """What was called back for one attempt, the newest first."""
    rows = connection.execute(
        "SELECT * FROM callbacks WHERE payout = ? AND attempt = ? ORDER BY id DESC LIMIT ?", (payout, number, limit)
    )
    return [_callback(row) for row in rows]


def callbacks_to_ask(connection: sqlite3.Connection, payout: str, number: int, limit: int) -> list[Callback]:
    """Callbacks whose token may still tell something, the newest first, each token once."""
    rows = connection.execute(
        """
        SELECT * FROM callbacks
        WHERE id IN (
            SELECT max(id) FROM callbacks
            WHERE payout = ? AND attempt = ? AND token IS NOT NULL AND distrusted = 0 GROUP BY token
        )
        ORDER BY id DESC LIMIT ?
        """,
        (payout, number, limit),
    )
    return [_callback(row) for row in rows]


def callback_statuses(connection: sqlite3.Connection, payout: str, number: int) -> set[str | None]:
    """The status words that were called back for one attempt so far."""
    rows = connection.execute(
        "SELECT DISTINCT status FROM callbacks WHERE payout = ? AND attempt = ?", (payout, number)
    )
    return {row["status"] for row in rows}


def channels_with_deliveries(connection: sqlite3.Connection) -> list[str]:
    """Channels to which something is still to be told."""
    rows = connection.execute("SELECT DISTINCT channel FROM deliveries WHERE due_at IS NOT NULL")
    return [row["channel"] for row in rows]


def open_deliveries(connection: sqlite3.Connection, channel: str, limit: int) -> list[Delivery]:
    """What is still to be told in one channel, in the order in which it happened."""
    rows = connection.execute(
        _DELIVERY + "WHERE deliveries.channel = ? AND deliveries.due_at IS NOT NULL ORDER BY deliveries.id LIMIT ?",
        (channel, limit),
    )
    return [_delivery(row) for row in rows]


def events_of(connection: sqlite3.Connection, payout: str) -> list[Event]:
    """A payout's history, the first event first."""
    rows = connection.execute("SELECT *, payout AS event_payout, id AS event FROM events WHERE payout = ? ORDER BY id", (payout,))
    return [_event(row) for row in rows]


def answers(connection: sqlite3.Connection) -> bool:
    """True when the ledger can be read at all."""
    return connection.execute("SELECT count(*) FROM payouts WHERE id = ''").fetchone() is not None


def _payout(row: sqlite3.Row) -> Payout:
    return Payout(
        id=row["id"],
        state=State(row["state"]),
        attempt=row["attempt"],
        number=row["number"] or FORGOTTEN,
        amount=row["amount"],
        way=Way(row["way"]),
        reason=row["reason"],
        order_reference=row["order_reference"],
        requester=row["requester"],
        requester_name=row["requester_name"],
        channel=row["channel"],
        card_ts=row["card_ts"],
        question_ts=row["question_ts"],
        decided_by=row["decided_by"],
        decision_reason=row["decision_reason"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        due_at=row["due_at"],
        polls=row["polls"],
        asked_at=row["asked_at"],
        contradiction=row["contradiction"],
    )


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        payout=row["payout"],
        number=row["number"],
        transaction_id=row["transaction_id"],
        digest=row["digest"],
        outcome=Outcome(row["outcome"]),
        approved_at=row["approved_at"],
        sent_at=row["sent_at"],
        lease_owner=row["lease_owner"],
        lease_until=row["lease_until"],
        tries=row["tries"],
        answer_kind=None if row["answer_kind"] is None else AnswerKind(row["answer_kind"]),
        answer_code=row["answer_code"],
        answer_note=row["answer_note"],
        token=row["token"],
    )


def _inbox_item(row: sqlite3.Row) -> InboxItem:
    return InboxItem(row["id"], Sort(row["sort"]), row["person"], row["payload"], row["received_at"], row["tries"])


def _callback(row: sqlite3.Row) -> Callback:
    return Callback(
        row["id"], row["payout"], row["attempt"], row["token"], row["status"], row["received_at"]
    )


def _event(row: sqlite3.Row) -> Event:
    return Event(
        id=row["event"],
        at=row["at"],
        kind=EventKind(row["kind"]),
        payout=row["event_payout"],
        attempt=row["attempt"],
        actor=row["actor"],
        data=json.loads(row["data"]),
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        event=_event(row),
        place=Place(row["place"]),
        channel=row["channel"],
        person=row["person"],
        payout=row["payout"],
        posting=row["state"] == "posting",
        tries=row["tries"],
        due_at=row["due_at"],
    )


