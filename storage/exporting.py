"""What finance and auditors read: payouts and events of some days, and whether the chain holds. Nothing is written.

All of it is read a page at a time: a read that lasts as long as somebody looks at the output would keep the log beside
a served ledger growing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from storage import chain, queries
from storage.payout import Way, digest

PAGE = 1_000
FOREVER = 2**62

# In the order of its index, from after the last row of the page before. When it ended is what its newest such event
# says: the attempt itself keeps no time of it.
_ATTEMPTS = """
SELECT attempts.payout, attempts.number AS attempt, attempts.requested_at AS asked_at, payouts.requester,
       attempts.asked_by, coalesce(beneficiaries.number, '') AS number, attempts.amount,
       payouts.order_reference AS order_reference, payouts.reason, payouts.way, payouts.state, attempts.outcome,
       (
           SELECT group_concat(person, ' ') FROM (
               SELECT person FROM approvals
               WHERE approvals.payout = attempts.payout AND approvals.attempt = attempts.number
               ORDER BY event
           )
       ) AS approvers,
       attempts.approved_at, attempts.sent_at, attempts.transaction_id, substr(attempts.token, -8) AS token_end,
       CASE WHEN attempts.outcome <> 'open' THEN (
           SELECT at FROM events
           WHERE events.payout = attempts.payout AND events.attempt = attempts.number AND kind IN (
               'completed', 'failed', 'refused', 'rejected', 'cancelled', 'expired', 'marked_paid', 'marked_unpaid'
           )
           ORDER BY id DESC LIMIT 1
       ) END AS ended_at,
       replace(attempts.found_by, ',', ' ') AS found_by, attempts.found_reason,
       attempts.contradicted AS contradiction,
       CASE WHEN attempts.number = payouts.attempt THEN payouts.decided_by END AS decided_by,
       CASE WHEN attempts.number = payouts.attempt THEN payouts.decision_reason END AS decision_reason,
       (
           SELECT group_concat(payout, ' ') FROM (
               SELECT known.value AS payout
               FROM events, json_each('["' || replace(
                   coalesce(json_extract(data, '$.knows_of'), json_extract(data, '$.repeats')), ',', '","'
               ) || '"]') AS known
               WHERE events.payout = attempts.payout
                 AND (kind = 'requested' OR kind = 'approved' AND events.attempt = attempts.number)
               GROUP BY known.value ORDER BY min(events.id), min(known.key)
           )
       ) AS may_repeat
FROM attempts
JOIN payouts ON payouts.id = attempts.payout
JOIN beneficiaries ON beneficiaries.id = attempts.beneficiary
WHERE attempts.requested_at < :until
  AND (attempts.requested_at, attempts.payout, attempts.number) > (:at, :payout, :number)
ORDER BY attempts.requested_at, attempts.payout, attempts.number
LIMIT :page
"""
_EVENTS = """
SELECT id, at, kind, payout, attempt, actor, data, hash FROM events
WHERE at < :until AND (at, id) > (:at, :id)
ORDER BY at, id
LIMIT :page
"""
_CHAIN = """
SELECT id, at, kind, payout, attempt, actor, data, hash FROM events WHERE id > ? ORDER BY id LIMIT ?
"""
_SENT = """
SELECT attempts.payout, attempts.number, attempts.amount, attempts.digest, attempts.needed, payouts.way,
       payouts.amount AS asked_amount, beneficiaries.number AS beneficiary, beneficiaries.salt
FROM attempts
JOIN payouts ON payouts.id = attempts.payout
JOIN beneficiaries ON beneficiaries.id = payouts.beneficiary
WHERE (attempts.payout, attempts.number) > (?, ?) AND attempts.sent_at IS NOT NULL
ORDER BY attempts.payout, attempts.number
LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """What a look at all events found; `altered` is the first that does not follow from the one before."""

    events: int
    first_at: int | None
    last: int
    last_at: int | None
    newest_hash: str
    altered: int | None


def attempts_between(connection: sqlite3.Connection, since: int, until: int, page: int = PAGE) -> Iterator[sqlite3.Row]:
    """Every attempt that was asked for from `since` on and before `until`, the oldest first."""
    values: dict[str, int | str] = {"until": until, "page": page, "at": since}
    values |= {"payout": "", "number": 0}
    while rows := connection.execute(_ATTEMPTS, values).fetchall():
        yield from rows
        last = rows[-1]
        values |= {"at": last["asked_at"], "payout": last["payout"], "number": last["attempt"]}


def events_between(connection: sqlite3.Connection, since: int, until: int, page: int = PAGE) -> Iterator[sqlite3.Row]:
    """Every event from `since` on and before `until`, the oldest first."""
    values = {"until": until, "page": page, "at": since, "id": 0}
    while rows := connection.execute(_EVENTS, values).fetchall():
        yield from rows
        values |= {"at": rows[-1]["at"], "id": rows[-1]["id"]}


def look_at_chain(connection: sqlite3.Connection, page: int = PAGE) -> Chain:
    """Recompute the hash of every event, up to the first that is not what it was or is missing."""
    # Before the events: what is appended while they are read is no less than this.
    written = connection.execute("SELECT max(seq) AS seq FROM sqlite_sequence WHERE name = 'events'").fetchone()["seq"]
    first_at, last_at, last, previous = None, None, 0, chain.FIRST
    while rows := connection.execute(_CHAIN, (last, page)).fetchall():
        for row in rows:
            if row["id"] != last + 1:
                return Chain(last, first_at, last, last_at, previous, altered=last + 1)
            if _hash_of(previous, row) != row["hash"]:
                return Chain(last, first_at, last, last_at, previous, altered=row["id"])
            first_at = row["at"] if first_at is None else first_at
            last, last_at, previous = row["id"], row["at"], row["hash"]
    return Chain(last, first_at, last, last_at, previous, altered=last + 1 if (written or 0) > last else None)


def unapproved(connection: sqlite3.Connection, page: int = PAGE) -> Iterator[tuple[str, int]]:
    """Attempts that were sent, whose row is not what enough people approved by the chained events.

    The same question is asked before anything is sent. What was paid to a number that is forgotten cannot be told.
    """
    after: tuple[str, int] = ("", 0)
    while rows := connection.execute(_SENT, (*after, page)).fetchall():
        for row in rows:
            if row["beneficiary"] is not None and not _is_as_approved(connection, row):
                yield row["payout"], row["number"]
        after = rows[-1]["payout"], rows[-1]["number"]


def _is_as_approved(connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
    stands_for = digest(salt=bytes(row["salt"]), number=row["beneficiary"], amount=row["amount"], way=Way(row["way"]))
    agreed, needed = queries.approvals_of_digest(connection, row["payout"], row["number"], stands_for)
    return (
        row["amount"] == row["asked_amount"]
        and stands_for == row["digest"]
        and agreed >= max(needed, row["needed"] or 1)
    )


def _hash_of(previous: str, row: sqlite3.Row) -> str | None:
    """What the hash of this line must be; None where its data cannot be what was written."""
    line = {key: row[key] for key in ("id", "at", "kind", "payout", "attempt", "actor")}
    try:
        return chain.link(previous, line | {"data": json.loads(row["data"], object_pairs_hook=_once_each)})
    except (ValueError, RecursionError):
        return None


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A name twice reads as the second here and as the first in SQLite: the hash would not see the first changed."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found
