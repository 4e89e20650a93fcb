"""The ledger's tables, one numbered step after the other. A step that has been released is never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from storage.payout import order_key

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("payout-bot")

# Times are milliseconds since 1970 in UTC, amounts are XOF. `due_at` is when the worker looks next, `ask_at` when
# LigdiCash is asked next about an attempt; NULL is never: the state of a row is the queue, there is no second one to
# keep in step.
# Each attempt has its own `ask_at`, since evidence is heard for all of them, whatever state the payout is in by now.
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
        order_key TEXT,
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
        follows TEXT REFERENCES payouts (id),
        contradiction TEXT
    ) STRICT
    """,
    "CREATE INDEX payouts_due ON payouts (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX payouts_beneficiary ON payouts (beneficiary, created_at)",
    "CREATE INDEX payouts_order ON payouts (order_key, created_at) WHERE order_key IS NOT NULL",
    # The state stands in it although it is always the same: else SQLite takes the index of all they ever asked.
    "CREATE INDEX payouts_requested_by ON payouts (requester, state) WHERE state = 'requested'",
    "CREATE INDEX payouts_of_requester ON payouts (requester, created_at)",
    "CREATE INDEX payouts_contradicted ON payouts (beneficiary) WHERE contradiction IS NOT NULL",
    "CREATE INDEX payouts_undecided ON payouts (state, created_at) WHERE state IN ('requested', 'approved', 'sending')",
    """
    CREATE TABLE attempts (
        payout TEXT NOT NULL REFERENCES payouts (id),
        number INTEGER NOT NULL,
        transaction_id TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL,
        outcome TEXT NOT NULL,
        beneficiary INTEGER NOT NULL REFERENCES beneficiaries (id),
        amount INTEGER NOT NULL,
        requested_at INTEGER NOT NULL,
        reminders INTEGER NOT NULL DEFAULT 0,
        needed INTEGER,
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
        asked_by TEXT NOT NULL,
        ask_at INTEGER,
        asked_at INTEGER,
        polls INTEGER NOT NULL DEFAULT 0,
        word TEXT,
        silent_since INTEGER,
        pointed_out_at INTEGER,
        contradicted TEXT,
        found_by TEXT,
        found_reason TEXT,
        PRIMARY KEY (payout, number)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX attempts_due ON attempts (ask_at) WHERE ask_at IS NOT NULL",
    # What counts against limits: approved, and not known to have come to nothing. Beneficiary and amount stand here
    # once more, so that a day's sum reads one index and nothing else.
    """
    CREATE INDEX attempts_counted ON attempts (approved_at, asked_by, amount, outcome)
    WHERE approved_at IS NOT NULL AND outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback')
    """,
    """
    CREATE INDEX attempts_counted_beneficiary ON attempts (beneficiary, approved_at, amount, outcome, payout)
    WHERE approved_at IS NOT NULL AND outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback')
    """,
    # What may still be paid to a beneficiary, whatever was paid in all the years before.
    """
    CREATE INDEX attempts_open_beneficiary ON attempts (beneficiary, outcome, approved_at, payout)
    WHERE approved_at IS NOT NULL AND outcome = 'open'
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
    # An event that is written while its table has triggers makes SQLite look for rows that refer to it.
    "CREATE INDEX approvals_event ON approvals (event)",
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
    # REPLACE deletes without firing the trigger above, on a connection that does not ask for it.
    """
    CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'events are never replaced'); END
    """,
    """
    CREATE TABLE inbox (
        id INTEGER PRIMARY KEY,
        sort TEXT NOT NULL,
        person TEXT NOT NULL,
        occasion TEXT NOT NULL,
        payload TEXT,
        payload_hash TEXT,
        received_at INTEGER NOT NULL,
        due_at INTEGER,
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
        error TEXT
    ) STRICT
    """,
    # No `UNIQUE (event, place, payout)`, which holds nothing where there is no payout: each NULL is another one.
    "CREATE UNIQUE INDEX deliveries_once ON deliveries (event, place, coalesce(payout, ''))",
    "CREATE INDEX deliveries_open ON deliveries (channel, id) WHERE due_at IS NOT NULL",
    """
    CREATE TABLE brakes (
        hold TEXT PRIMARY KEY,
        person TEXT,
        reason TEXT NOT NULL,
        since INTEGER NOT NULL,
        resume_by TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE proposals (
        payout TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        event INTEGER NOT NULL,
        person TEXT NOT NULL,
        finding TEXT NOT NULL,
        reason TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (payout, attempt),
        FOREIGN KEY (payout, attempt) REFERENCES attempts (payout, number)
    ) STRICT, WITHOUT ROWID
    """,
    # Who was told no, and when: the same again within a minute is answered again, but written down once. Neither here
    # nor above does `event` refer to `events`: without an index of its own each new event would walk through it all.
    """
    CREATE TABLE refusals (
        person TEXT NOT NULL,
        kind TEXT NOT NULL,
        payout TEXT NOT NULL,
        why TEXT NOT NULL,
        event INTEGER NOT NULL,
        at INTEGER NOT NULL,
        times INTEGER NOT NULL,
        PRIMARY KEY (person, kind, payout, why)
    ) STRICT, WITHOUT ROWID
    """,
    # The status call's own trouble, one row for as long as it lasts: it says nothing about any payout.
    """
    CREATE TABLE silences (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        why TEXT NOT NULL,
        since INTEGER NOT NULL,
        times INTEGER NOT NULL,
        told INTEGER NOT NULL
    ) STRICT
    """,
    # There is a row only in a copy that `backup` made and that nobody has served yet.
    "CREATE TABLE copies (id INTEGER PRIMARY KEY CHECK (id = 1), copied_at INTEGER NOT NULL) STRICT",
)


@migrations()
def m001_the_ledger(db: Database) -> None:
    """Payouts, attempts and decisions, the chained events, what comes in and goes out, holds and doubts."""
    for statement in _FIRST:
        db.conn.execute(statement)


# What LigdiCash says was, or may have been, paid counts against limits, too, whatever people or an earlier word said.
_COUNT_WHAT_IS_CONTRADICTED = (
    "ALTER TABLE attempts ADD COLUMN own_mismatch INTEGER NOT NULL DEFAULT 0",
    "DROP INDEX attempts_counted",
    "DROP INDEX attempts_counted_beneficiary",
    """
    CREATE INDEX attempts_counted ON attempts (approved_at, asked_by, amount, outcome, contradicted)
    WHERE approved_at IS NOT NULL
      AND (outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback') OR contradicted IS NOT NULL)
    """,
    """
    CREATE INDEX attempts_counted_beneficiary
    ON attempts (beneficiary, approved_at, amount, outcome, contradicted, payout)
    WHERE approved_at IS NOT NULL
      AND (outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback') OR contradicted IS NOT NULL)
    """,
)

# Of the payouts for one order only those are looked for that may be or were paid, the newest first: thousands may have
# the same one, since people write all kinds of things where there is none.
_LIVE_ORDERS = (
    "DROP INDEX payouts_order",
    """
    CREATE INDEX payouts_order_open ON payouts (order_key, created_at)
    WHERE order_key IS NOT NULL
      AND (state IN ('approved', 'sending', 'unconfirmed', 'initiated') OR contradiction IS NOT NULL)
    """,
    """
    CREATE INDEX payouts_order_known ON payouts (order_key, created_at)
    WHERE order_key IS NOT NULL AND state IN ('requested', 'completed')
    """,
    "UPDATE payouts SET order_key = order_key_of(order_reference) WHERE order_reference IS NOT NULL",
)

# Who asks again counts, not who asked first.
_UNDECIDED_BY = (
    "DROP INDEX payouts_requested_by",
    """
    CREATE INDEX attempts_undecided_by ON attempts (asked_by, outcome)
    WHERE approved_at IS NULL AND outcome = 'open'
    """,
)


@migrations()
def m002_what_is_counted(db: Database) -> None:
    """Contradicted payouts count, orders are compared by more than their letters, an open request is its asker's."""
    db.conn.create_function("order_key_of", 1, order_key, deterministic=True)
    for statement in (*_COUNT_WHAT_IS_CONTRADICTED, *_LIVE_ORDERS, *_UNDECIDED_BY):
        db.conn.execute(statement)


# What is told nowhere but to that person needs no count.
_REPEATED = """
    CREATE INDEX IF NOT EXISTS refusals_repeated ON refusals (at)
    WHERE times > 1 AND kind NOT IN ('answered', 'decision_too_late')
"""
_MORE_OF_A_PAYOUT = {
    "source_ts": "TEXT",
    "source_thread_ts": "TEXT",
    # Not looked up among the attempts: an index of payouts by order cannot hold what stands there.
    "unproven": "INTEGER NOT NULL DEFAULT 0",
}

# A failure that its own token has not told is no proof: it may have been paid, as what is contradicted may have been.
_MAY_HAVE_BEEN_PAID = (
    "UPDATE payouts SET unproven = 1 WHERE id IN (SELECT payout FROM attempts WHERE outcome = 'failed_by_callback')",
    "DROP INDEX payouts_contradicted",
    "CREATE INDEX payouts_doubtful ON payouts (beneficiary) WHERE contradiction IS NOT NULL OR unproven",
    "DROP INDEX payouts_order_open",
    """
    CREATE INDEX payouts_order_open ON payouts (order_key, created_at)
    WHERE order_key IS NOT NULL
      AND (state IN ('approved', 'sending', 'unconfirmed', 'initiated') OR contradiction IS NOT NULL OR unproven)
    """,
)


@migrations()
def m003_what_is_not_proven(db: Database) -> None:
    """Where a request came from, refusals that repeat themselves, and failures that may have been paid all the same."""
    # The first two stood in the first step for a while.
    there = {column.name for column in db["payouts"].columns}
    for name, sort in _MORE_OF_A_PAYOUT.items():
        if name not in there:
            db.conn.execute(f"ALTER TABLE payouts ADD COLUMN {name} {sort}")
    for statement in (_REPEATED, *_MAY_HAVE_BEEN_PAID):
        db.conn.execute(statement)


# What is the same money under another name, and what was paid while a request waited.
_FAMILIES = (
    "CREATE INDEX payouts_follows ON payouts (follows) WHERE follows IS NOT NULL",
    "CREATE INDEX payouts_completed ON payouts (beneficiary, changed_at) WHERE state = 'completed'",
    """
    CREATE INDEX payouts_order_completed ON payouts (order_key, changed_at)
    WHERE order_key IS NOT NULL AND state = 'completed'
    """,
)


@migrations()
def m004_what_follows(db: Database) -> None:
    """Payouts that follow one another are found from either end, and what was completed since some moment."""
    for statement in _FAMILIES:
        db.conn.execute(statement)


@migrations()
def m005_what_was_put_off(db: Database) -> None:
    """That a click was heard and waits for what is known later, whenever it is due by some clock."""
    db.conn.execute("ALTER TABLE inbox ADD COLUMN put_off INTEGER NOT NULL DEFAULT 0")


@migrations()
def m006_what_is_uncertain(db: Database) -> None:
    """What people may have to resolve is found without looking at all that was ever paid."""
    db.conn.execute(
        "CREATE INDEX payouts_uncertain ON payouts (changed_at) WHERE state IN ('initiated', 'unconfirmed')"
    )


# Who decides on the like of it sees who rejected it lately, or ever for the same order.
_REJECTED = (
    "CREATE INDEX payouts_rejected ON payouts (beneficiary, changed_at) WHERE state = 'rejected'",
    """
    CREATE INDEX payouts_order_rejected ON payouts (order_key, changed_at)
    WHERE order_key IS NOT NULL AND state = 'rejected'
    """,
)


@migrations()
def m007_what_was_rejected(db: Database) -> None:
    """Rejected requests are found by their beneficiary and order."""
    for statement in _REJECTED:
        db.conn.execute(statement)


# What finance asks for is days: without these each page of an export would walk through all that was ever paid.
_BY_DAY = (
    "CREATE INDEX attempts_asked ON attempts (requested_at, payout, number)",
    "CREATE INDEX events_at ON events (at)",
)


@migrations()
def m008_what_a_day_held(db: Database) -> None:
    """Attempts are found by when they were asked for, events by when they happened."""
    for statement in _BY_DAY:
        db.conn.execute(statement)


@migrations()
def m009_what_a_copy_does_not_know(db: Database) -> None:
    """Since when a copy is served: what was asked for before it was made may have been paid by the lost ledger."""
    db.conn.execute("ALTER TABLE copies ADD COLUMN served_since INTEGER")


@migrations()
def m010_where_it_is_paid(db: Database) -> None:
    """Whose attempt it is: the host of LigdiCash's API for which it was approved; null where nobody wrote that down."""
    db.conn.execute("ALTER TABLE attempts ADD COLUMN host TEXT")
