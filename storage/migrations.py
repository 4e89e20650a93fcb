"""The ledger's tables, one numbered step after the other. A step that has been released is never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("payout-bot")

# Times are milliseconds since 1970 in UTC, amounts are XOF. `due_at` is when the worker looks next; NULL is never:
# the state of a row is the queue, there is no second one to keep in step.
_FIRST = (
    """
    CREATE TABLE beneficiaries (
        id INTEGER PRIMARY KEY,
        number TEXT UNIQUE,
        salt BLOB NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE payouts (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        beneficiary INTEGER NOT NULL REFERENCES beneficiaries (id),
        amount INTEGER NOT NULL CHECK (amount > 0),
        way TEXT NOT NULL,
        reason TEXT NOT NULL,
        order_reference TEXT,
        requester TEXT NOT NULL,
        requester_name TEXT NOT NULL,
        channel TEXT NOT NULL,
        card_ts TEXT,
        question_ts TEXT,
        decided_by TEXT,
        decision_reason TEXT,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        due_at INTEGER,
        polls INTEGER NOT NULL DEFAULT 0,
        asked_at INTEGER,
        word TEXT,
        contradiction TEXT
    ) STRICT
    """,
    "CREATE INDEX payouts_due ON payouts (due_at) WHERE due_at IS NOT NULL",
    """
    CREATE TABLE attempts (
        payout TEXT NOT NULL REFERENCES payouts (id),
        number INTEGER NOT NULL,
        transaction_id TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL,
        outcome TEXT NOT NULL,
        secret_hash TEXT,
        approved_at INTEGER,
        sent_at INTEGER,
        lease_owner TEXT,
        lease_until INTEGER,
        tries INTEGER NOT NULL DEFAULT 0,
        answered_at INTEGER,
        answer_kind TEXT,
        answer_code TEXT,
        answer_note TEXT,
        answer TEXT,
        token TEXT,
        PRIMARY KEY (payout, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE approvals (
        payout TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        person TEXT NOT NULL,
        digest TEXT NOT NULL,
        event INTEGER NOT NULL REFERENCES events (id),
        PRIMARY KEY (payout, attempt, person),
        FOREIGN KEY (payout, attempt) REFERENCES attempts (payout, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        payout TEXT,
        attempt INTEGER,
        actor TEXT,
        data TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX events_payout ON events (payout, id) WHERE payout IS NOT NULL",
    """
    CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are never changed'); END
    """,
    """
    CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END
    """,
    """
    CREATE TABLE inbox (
        id INTEGER PRIMARY KEY,
        sort TEXT NOT NULL,
        person TEXT NOT NULL,
        occasion TEXT NOT NULL,
        payload TEXT,
        received_at INTEGER NOT NULL,
        due_at INTEGER,
        tries INTEGER NOT NULL DEFAULT 0,
        UNIQUE (person, occasion)
    ) STRICT
    """,
    "CREATE INDEX inbox_due ON inbox (due_at) WHERE due_at IS NOT NULL",
    """
    CREATE TABLE callbacks (
        id INTEGER PRIMARY KEY,
        payout TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        content_type TEXT NOT NULL,
        body TEXT NOT NULL,
        body_hash TEXT NOT NULL,
        token TEXT,
        status TEXT,
        received_at INTEGER NOT NULL,
        distrusted INTEGER NOT NULL DEFAULT 0,
        UNIQUE (payout, attempt, body_hash),
        FOREIGN KEY (payout, attempt) REFERENCES attempts (payout, number)
    ) STRICT
    """,
    """
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        event INTEGER NOT NULL REFERENCES events (id),
        place TEXT NOT NULL,
        channel TEXT NOT NULL,
        person TEXT,
        payout TEXT,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER,
        message_ts TEXT,
        error TEXT,
        UNIQUE (event, place)
    ) STRICT
    """,
    "CREATE INDEX deliveries_open ON deliveries (channel, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX deliveries_of_payout ON deliveries (payout, place, id) WHERE due_at IS NOT NULL",
)


@migrations()
def m001_the_ledger(db: Database) -> None:
    """Payouts, attempts, approvals, beneficiaries, chained events, inbox, callbacks, deliveries."""
    for statement in _FIRST:
        db.conn.execute(statement)
