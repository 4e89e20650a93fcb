"""Everything that is read from the ledger. Each function takes a connection, a transaction's own or the reader's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from bot.clock import DAY, MINUTE
from storage.payout import (
    NOTHING_COUNTED,
    NOTHING_PAID,
    AnswerKind,
    Attempt,
    Brake,
    Callback,
    Counted,
    Delivery,
    Earlier,
    Event,
    EventKind,
    Finding,
    Hold,
    InboxItem,
    Outcome,
    Payout,
    Place,
    Proposal,
    Record,
    Rejected,
    Repeated,
    RepeatedRefusal,
    Sort,
    State,
    Unsent,
    Waiting,
    Way,
    order_key,
)

_PAYOUT = """
    SELECT payouts.*, beneficiaries.number AS number
    FROM payouts JOIN beneficiaries ON beneficiaries.id = payouts.beneficiary
"""
_DELIVERY = """
    SELECT deliveries.*, events.at, events.kind, events.payout AS event_payout, events.attempt, events.actor,
           events.data
    FROM deliveries JOIN events ON events.id = deliveries.event
"""

# Shown instead of a number that was removed from the ledger.
FORGOTTEN = ""


def payout_of(connection: sqlite3.Connection, payout: str) -> Payout | None:
    """The payout alone, or None when there is no such payout."""
    row = connection.execute(_PAYOUT + "WHERE payouts.id = ?", (payout,)).fetchone()
    return None if row is None else _payout(row)


def record(connection: sqlite3.Connection, payout: str, now: int) -> Record | None:
    """The payout with all that a card and question show at `now`, or None when there is no such payout."""
    found = payout_of(connection, payout)
    if found is None:
        return None
    current = attempt(connection, found.id, found.attempt)
    if current is None:
        raise LookupError(f"{found.id} has no attempt {found.attempt}")
    related = relatives(connection, found.id)
    return Record(
        payout=found,
        attempt=current,
        approvers=approvers(connection, found.id, found.attempt),
        brake=brake_on(connection, Hold(found.way.endpoint)),
        proposal=proposal(connection, found.id, found.attempt),
        may_follow=not related and _may_follow(connection, found),
        found_unpaid_before=_found_unpaid_before(connection, found),
        counted=counted_of(connection, found, now, until=current.requested_at),
        earlier=earlier_of(connection, found, now, until=current.requested_at),
        rejected=rejected_beside(connection, found, now),
        repeats=_repeats(connection, found),
        unsent=_unsent(connection, found),
        relatives=related,
    )


def _repeats(connection: sqlite3.Connection, payout: Payout) -> tuple[Repeated, ...]:
    """Which payouts those knew of who asked for it and who approved it, as their events say."""
    rows = connection.execute(
        """
        SELECT coalesce(json_extract(data, '$.knows_of'), json_extract(data, '$.repeats')) AS payouts FROM events
        WHERE payout = ? AND kind IN ('requested', 'approved') ORDER BY id
        """,
        (payout.id,),
    )
    known = dict.fromkeys(found for row in rows for found in (row["payouts"] or "").split(",") if found)
    return tuple(_repeated(connection, found) for found in known)


def _repeated(connection: sqlite3.Connection, payout: str) -> Repeated:
    row = connection.execute("SELECT channel, card_ts FROM payouts WHERE id = ?", (payout,)).fetchone()
    return Repeated(payout, "", None) if row is None else Repeated(payout, row["channel"], row["card_ts"])


def _unsent(connection: sqlite3.Connection, payout: Payout) -> Unsent | None:
    """Why it ended approved and unsent, as its newest such event says."""
    if payout.state is not State.EXPIRED:
        return None
    row = connection.execute(
        """
        SELECT json_extract(data, '$.why') AS why FROM events
        WHERE payout = ? AND kind = 'expired' ORDER BY id DESC LIMIT 1
        """,
        (payout.id,),
    ).fetchone()
    return Unsent(row["why"]) if row is not None and row["why"] in set(Unsent) else None


# What must be known beside a request while it is decided; afterwards it is nobody's question any more


def counted_of(connection: sqlite3.Connection, payout: Payout, now: int, *, until: int) -> Counted:
    """What this payout's beneficiary was approved in the last 24 hours besides it, and is not known to be unpaid.

    `until` is when it was asked for: what was paid since then nobody could know who asked.
    """
    if payout.state is not State.REQUESTED:
        return NOTHING_COUNTED
    row = connection.execute(
        """
        SELECT count(*) AS times, coalesce(sum(amount), 0) AS total, coalesce(max(outcome = 'open'), 0) AS open
        FROM attempts
        WHERE beneficiary = ? AND approved_at > ? AND payout <> ?
          AND approved_at IS NOT NULL
          AND (outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback') OR contradicted IS NOT NULL)
        """,
        (payout.beneficiary, now - DAY, payout.id),
    ).fetchone()
    may_still_be_paid = bool(row["open"]) or _is_open_elsewhere(connection, payout)
    paid_meanwhile = _is_paid_since(connection, payout, until)
    return Counted(
        row["times"],
        row["total"],
        may_still_be_paid,
        paid_meanwhile,
        _unpaid_but(connection, payout),
        _unknown_since(connection, payout),
    )


def _unpaid_but(connection: sqlite3.Connection, payout: Payout) -> str | None:
    """LigdiCash's newest word, not a final one, on an earlier attempt of which two people say that it was not paid."""
    earlier_ones = attempts(connection, payout.id) if payout.attempt > 1 else ()
    found = [other.word for other in earlier_ones if other.outcome is Outcome.FOUND_UNPAID]
    return next((word for word in reversed(found) if word is not None), None)


def _is_paid_since(connection: sqlite3.Connection, payout: Payout, since: int) -> bool:
    """Whether another payout to this beneficiary, or for this order, was completed after that."""
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT 1 FROM payouts WHERE beneficiary = ? AND state = 'completed' AND changed_at > ? AND id <> ?
        ) OR EXISTS (
            SELECT 1 FROM payouts WHERE order_key = ? AND state = 'completed' AND changed_at > ? AND id <> ?
        ) AS paid
        """,
        (payout.beneficiary, since, payout.id, order_key(payout.order_reference), since, payout.id),
    ).fetchone()
    return bool(row["paid"])


def _is_open_elsewhere(connection: sqlite3.Connection, payout: Payout) -> bool:
    """Whether an older payout to this beneficiary, or any for this order, is approved and not known to be over."""
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT 1 FROM attempts
            WHERE beneficiary = ? AND outcome = 'open' AND payout <> ? AND approved_at IS NOT NULL
        ) OR EXISTS (
            SELECT 1 FROM payouts
            WHERE order_key = ? AND id <> ?
              AND (
                state IN ('approved', 'sending', 'unconfirmed', 'initiated') OR contradiction IS NOT NULL OR unproven
              )
        ) OR EXISTS (
            SELECT 1 FROM payouts WHERE beneficiary = ? AND id <> ? AND (contradiction IS NOT NULL OR unproven)
        ) AS open
        """,
        (
            payout.beneficiary,
            payout.id,
            order_key(payout.order_reference),
            payout.id,
            payout.beneficiary,
            payout.id,
        ),
    ).fetchone()
    return bool(row["open"])


def earlier_of(connection: sqlite3.Connection, payout: Payout, now: int, *, until: int) -> tuple[Earlier, ...]:
    """Payouts that this one may repeat, without those that came to nothing."""
    if payout.state is not State.REQUESTED:
        return ()
    return earlier(
        connection,
        payout.beneficiary,
        payout.order_reference,
        now=now,
        besides=payout.id,
        follows=payout.id,
        until=until,
    )


# Each way of being a repetition is a question of its own, which its own index answers; `:until` is the request's time.
_EARLIER = """
SELECT id, state, amount, created_at, channel, card_ts, contradiction, max(same_order) AS same_order,
       (SELECT outcome FROM attempts WHERE payout = id AND number = attempt) AS outcome
FROM (
    -- To this person within a day.
    SELECT *, 0 AS same_order, 0 AS related FROM payouts WHERE beneficiary = :beneficiary AND created_at >= :day
    -- To this person, and nobody knows for sure whether it was paid.
    UNION ALL SELECT *, 0, 0 FROM payouts
        WHERE beneficiary = :beneficiary AND (contradiction IS NOT NULL OR unproven)
    -- Asked for before that, but approved within a day.
    UNION ALL SELECT *, 0, 0 FROM payouts WHERE id IN (
        SELECT payout FROM attempts
        WHERE beneficiary = :beneficiary AND approved_at >= :day
          AND approved_at IS NOT NULL
          AND (outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback') OR contradicted IS NOT NULL)
    )
    -- Paid since the request that is looked at.
    UNION ALL SELECT *, 0, 0 FROM payouts
        WHERE beneficiary = :beneficiary AND state = 'completed' AND changed_at > :until
    -- For this order, whatever the age: first what may still be paid, so that nothing else crowds it out,
    UNION ALL SELECT * FROM (
        SELECT *, 1, 0 FROM payouts
        WHERE order_key = :order
          AND (
            state IN ('approved', 'sending', 'unconfirmed', 'initiated')
            OR contradiction IS NOT NULL OR unproven
          )
        ORDER BY created_at DESC LIMIT 6
    )
    -- then what waits or was paid,
    UNION ALL SELECT * FROM (
        SELECT *, 1, 0 FROM payouts
        WHERE order_key = :order AND state IN ('requested', 'completed')
          AND (state = 'completed' OR created_at <= :until)
        ORDER BY created_at DESC LIMIT 6
    )
    -- then what was asked for long ago, and paid since the request.
    UNION ALL SELECT * FROM (
        SELECT *, 1, 0 FROM payouts
        WHERE order_key = :order AND state = 'completed' AND changed_at > :until
        ORDER BY changed_at DESC LIMIT 6
    )
    -- To this person, approved however long ago, and still open.
    UNION ALL SELECT *, 0, 0 FROM payouts WHERE id IN (
        SELECT payout FROM attempts
        WHERE beneficiary = :beneficiary AND outcome = 'open' AND approved_at IS NOT NULL
    )
    -- The same money under another name.
    UNION ALL SELECT *, 0, 1 FROM payouts WHERE id IN (SELECT value FROM json_each(:family))
)
WHERE id <> :besides AND (
    state IN ('approved', 'sending', 'unconfirmed', 'initiated', 'completed')
    OR contradiction IS NOT NULL OR unproven
    OR (state = 'requested' AND created_at <= :until)
)
GROUP BY id
ORDER BY max(related) DESC,
    state IN ('requested', 'completed') AND contradiction IS NULL
        AND (state = 'requested' OR changed_at <= :until),
    created_at DESC
LIMIT 5
"""


def earlier(  # noqa: PLR0913 - each is one way in which a payout may be a repetition, or a bound of it
    connection: sqlite3.Connection,
    beneficiary: int,
    order_reference: str | None,
    *,
    now: int,
    besides: str = "",
    follows: str | None = None,
    until: int | None = None,
) -> tuple[Earlier, ...]:
    """The newest payouts to a beneficiary within 24 hours, or ever for an order, that may be or were paid.

    First, whatever their age, those of the same family as `follows`, then what may still be paid, or was paid after
    `until`. What nobody has decided on counts only if it is older than that.
    """
    rows = connection.execute(
        _EARLIER,
        {
            "family": json.dumps([] if follows is None else _family(connection, follows)),
            "beneficiary": beneficiary,
            "order": order_key(order_reference),
            "day": now - DAY,
            "until": now if until is None else until,
            "besides": besides,
        },
    )
    return tuple(_earlier(row) for row in rows)


_REJECTED = """
SELECT id, amount, channel, card_ts, decided_by, decision_reason, changed_at, max(same_order) AS same_order
FROM (
    SELECT * FROM (
        SELECT *, 0 AS same_order FROM payouts
        WHERE beneficiary = :beneficiary AND state = 'rejected' AND changed_at >= :day
        ORDER BY changed_at DESC LIMIT 6
    )
    UNION ALL SELECT * FROM (
        SELECT *, 1 FROM payouts
        WHERE order_key = :order AND order_key IS NOT NULL AND state = 'rejected'
        ORDER BY changed_at DESC LIMIT 6
    )
    UNION ALL SELECT *, 0 FROM payouts
        WHERE id IN (SELECT value FROM json_each(:family)) AND state = 'rejected' AND :decides
)
-- What may have been paid all the same is told as that.
WHERE contradiction IS NULL AND NOT unproven
  AND (:decides OR id NOT IN (SELECT value FROM json_each(:family)))
GROUP BY id
ORDER BY id IN (SELECT value FROM json_each(:family)) DESC, changed_at DESC
LIMIT 3
"""


def rejected(
    connection: sqlite3.Connection,
    beneficiary: int,
    order_reference: str | None,
    *,
    now: int,
    follows: str | None = None,
) -> tuple[Rejected, ...]:
    """What was rejected lately for a beneficiary, or ever for an order, without the family of what is corrected."""
    family = [] if follows is None else _family(connection, follows)
    return _rejected(connection, beneficiary, order_reference, now, (family, False))


def rejected_of(connection: sqlite3.Connection, payouts: Sequence[str]) -> frozenset[str]:
    """Those of `payouts` that were rejected, and of which surely nothing was paid: there is nothing to repeat."""
    rows = connection.execute(
        """
        SELECT id FROM payouts WHERE id IN (SELECT value FROM json_each(?))
          AND state = 'rejected' AND contradiction IS NULL AND NOT unproven
        """,
        (json.dumps(list(payouts)),),
    )
    return frozenset(row["id"] for row in rows)


def rejected_beside(connection: sqlite3.Connection, payout: Payout, now: int) -> tuple[Rejected, ...]:
    """The same for whoever decides on a payout: first what it corrects, whatever its age."""
    if payout.state is not State.REQUESTED:
        return ()
    family = _family(connection, payout.id)
    return _rejected(connection, payout.beneficiary, payout.order_reference, now, (family, True))


def _rejected(
    connection: sqlite3.Connection,
    beneficiary: int,
    order_reference: str | None,
    now: int,
    known: tuple[list[str], bool],
) -> tuple[Rejected, ...]:
    family, decides = known
    values = {
        "beneficiary": beneficiary, "order": order_key(order_reference), "day": now - DAY,
        "family": json.dumps(family), "decides": decides,
    }  # fmt: skip
    return tuple(_rejected_one(row) for row in connection.execute(_REJECTED, values))


def relatives(connection: sqlite3.Connection, payout: str) -> tuple[Earlier, ...]:
    """Payouts of the same family, without this one, that wait, may be paid or were, the newest first."""
    return tuple(found for found in same_money(connection, payout) if found.payout != payout)


def same_money(connection: sqlite3.Connection, payout: str) -> tuple[Earlier, ...]:
    """Of a payout and its whole family those that wait, may be paid or were, the newest first."""
    rows = connection.execute(
        """
        SELECT id, state, amount, created_at, channel, card_ts, contradiction, 0 AS same_order,
               (SELECT outcome FROM attempts WHERE payout = id AND number = attempt) AS outcome
        FROM payouts
        WHERE id IN (SELECT value FROM json_each(:family)) AND (
            state IN ('requested', 'approved', 'sending', 'unconfirmed', 'initiated', 'completed')
            -- What two people found unpaid while LigdiCash had it may be asked for again, with care.
            OR contradiction IS NOT NULL OR unproven = 1
        )
        ORDER BY created_at DESC
        """,
        {"family": json.dumps(_family(connection, payout))},
    )
    return tuple(_earlier(row) for row in rows)


def _family(connection: sqlite3.Connection, payout: str) -> list[str]:
    """A payout, and all that it follows or that follow it, however far: the same money under several names."""
    rows = connection.execute(
        """
        WITH RECURSIVE family (id) AS (
            SELECT ?
            UNION SELECT payouts.follows FROM family JOIN payouts ON payouts.id = family.id
                WHERE payouts.follows IS NOT NULL
            UNION SELECT payouts.id FROM family JOIN payouts ON payouts.follows = family.id
        )
        SELECT id FROM family
        """,
        (payout,),
    )
    return [row["id"] for row in rows]


def followable(connection: sqlite3.Connection, payout: str) -> list[tuple[str, str]]:
    """Id and channel of those of its family, without it, whose cards offer to ask once more, or did."""
    rows = connection.execute(
        """
        SELECT id, channel FROM payouts
        WHERE id IN (SELECT value FROM json_each(:family)) AND id <> :payout AND card_ts IS NOT NULL
          AND state IN ('rejected', 'cancelled', 'expired', 'refused', 'failed')
        """,
        {"payout": payout, "family": json.dumps(_family(connection, payout))},
    )
    return [(row["id"], row["channel"]) for row in rows]


def undecided_beside(connection: sqlite3.Connection, payout: Payout) -> list[tuple[str, str]]:
    """Id and channel of other undecided requests for the same beneficiary or order: a decision here concerns them."""
    rows = connection.execute(
        """
        SELECT id, channel FROM payouts
        WHERE state IN ('requested', 'approved', 'sending') AND state = 'requested'
          AND (beneficiary = ? OR order_key = ?) AND id <> ?
        ORDER BY created_at
        """,
        (payout.beneficiary, order_key(payout.order_reference), payout.id),
    )
    return [(row["id"], row["channel"]) for row in rows]


def known_paid_since(connection: sqlite3.Connection, payout: Payout, since: int, now: int) -> bool:
    """Whether from `since` on another for the same beneficiary or order was known to be paid, or perhaps paid.

    What was written before the clock was set back says nothing about what comes in now.
    """
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT 1 FROM payouts
            WHERE beneficiary = :beneficiary AND state = 'completed' AND changed_at >= :since
              AND changed_at <= :now AND id <> :payout
        ) OR EXISTS (
            SELECT 1 FROM payouts
            WHERE order_key = :order AND state = 'completed' AND changed_at >= :since
              AND changed_at <= :now AND id <> :payout
        ) AS paid
        """,
        _beside(payout) | {"since": since, "now": now},
    ).fetchone()
    return bool(row["paid"]) or any(since <= found["at"] <= now for found in _contradictions_beside(connection, payout))


def contradicted_since_approval(connection: sqlite3.Connection, payout: Payout) -> str | None:
    """Another payout for the same beneficiary or order that LigdiCash contradicted after this one's first approval."""
    row = connection.execute(
        "SELECT min(event) AS event FROM approvals WHERE payout = ? AND attempt = ?", (payout.id, payout.attempt)
    ).fetchone()
    since = row["event"] or 0
    return next((found["payout"] for found in _contradictions_beside(connection, payout) if found["id"] > since), None)


def _contradictions_beside(connection: sqlite3.Connection, payout: Payout) -> list[sqlite3.Row]:
    """What LigdiCash said against what is recorded of others for the same beneficiary or order, the newest first."""
    return connection.execute(
        """
        SELECT id, at, payout FROM events
        WHERE kind = 'contradiction' AND payout IN (
            SELECT id FROM payouts
            WHERE beneficiary = :beneficiary AND id <> :payout AND contradiction IS NOT NULL
            UNION ALL SELECT id FROM payouts
            WHERE order_key = :order AND id <> :payout AND contradiction IS NOT NULL AND (
                state IN ('approved', 'sending', 'unconfirmed', 'initiated') OR contradiction IS NOT NULL OR unproven
            )
        )
        ORDER BY id DESC
        """,
        _beside(payout),
    ).fetchall()


def approved_beside(connection: sqlite3.Connection, payout: Payout) -> list[str]:
    """Other payouts for the same beneficiary or order that are approved and have not left."""
    rows = connection.execute(
        """
        SELECT id FROM payouts
        WHERE state IN ('requested', 'approved', 'sending') AND state = 'approved'
          AND (beneficiary = :beneficiary OR order_key = :order) AND id <> :payout
        ORDER BY created_at
        """,
        _beside(payout),
    )
    return [row["id"] for row in rows]


def _beside(payout: Payout) -> dict[str, str | int | None]:
    order = order_key(payout.order_reference)
    return {"beneficiary": payout.beneficiary, "order": order, "payout": payout.id}


def beneficiary_of(connection: sqlite3.Connection, number: str) -> int | None:
    """The beneficiary with that number; None for a number nobody asked about yet."""
    row = connection.execute("SELECT id FROM beneficiaries WHERE number = ?", (number,)).fetchone()
    return None if row is None else int(row["id"])


def approved_since(connection: sqlite3.Connection, since: int, person: str | None = None) -> int:
    """XOF approved since then and not known to have come to nothing: of everybody, or of what one person asked for."""
    row = connection.execute(
        """
        SELECT coalesce(sum(amount), 0) AS total FROM attempts
        WHERE approved_at >= ? AND (? IS NULL OR asked_by = ?)
          AND approved_at IS NOT NULL
          AND (outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback') OR contradicted IS NOT NULL)
        """,
        (since, person, person),
    ).fetchone()
    return int(row["total"])


def approved_before(connection: sqlite3.Connection, payout: Payout, until: int) -> int:
    """XOF that this beneficiary was approved in the 24 hours before that, and that may have been paid."""
    row = connection.execute(
        """
        SELECT coalesce(sum(amount), 0) AS total FROM attempts
        WHERE beneficiary = ? AND approved_at > ? AND approved_at < ? AND payout <> ?
          AND approved_at IS NOT NULL
          AND (outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback') OR contradicted IS NOT NULL)
        """,
        (payout.beneficiary, until - DAY, until, payout.id),
    ).fetchone()
    return int(row["total"])


def open_elsewhere(connection: sqlite3.Connection, host: str) -> tuple[int, str]:
    """How many payouts may still be paid by LigdiCash at another host, and which hosts these are."""
    row = connection.execute(
        """
        SELECT count(*) AS open, coalesce(group_concat(DISTINCT host), '') AS hosts
        FROM payouts JOIN attempts ON attempts.payout = payouts.id AND attempts.number = payouts.attempt
        WHERE payouts.state IN ('initiated', 'unconfirmed') AND attempts.host <> ?
        """,
        (host,),
    ).fetchone()
    return int(row["open"]), str(row["hosts"])


def open_requests(connection: sqlite3.Connection, person: str) -> int:
    """How many undecided requests of this person there are, first ones and those asked for again."""
    row = connection.execute(
        "SELECT count(*) AS open FROM attempts WHERE asked_by = ? AND approved_at IS NULL AND outcome = 'open'",
        (person,),
    ).fetchone()
    return int(row["open"])


def undecided(connection: sqlite3.Connection, limit: int) -> list[str]:
    """Requests that wait for a decision, the oldest first."""
    rows = connection.execute(
        """
        SELECT id FROM payouts WHERE state IN ('requested', 'approved', 'sending') AND state = 'requested'
        ORDER BY created_at LIMIT ?
        """,
        (limit,),
    )
    return [row["id"] for row in rows]


def uncertain(connection: sqlite3.Connection, *, sent_until: int, silent_until: int, limit: int) -> list[str]:
    """What is unconfirmed, and what was sent or fell silent by these times and is still initiated; the oldest first."""
    rows = connection.execute(
        """
        SELECT payouts.id FROM payouts
        JOIN attempts ON attempts.payout = payouts.id AND attempts.number = payouts.attempt
        WHERE payouts.state IN ('initiated', 'unconfirmed')
          AND (payouts.state = 'unconfirmed' OR attempts.sent_at <= ? OR attempts.silent_since <= ?)
        ORDER BY payouts.changed_at LIMIT ?
        """,
        (sent_until, silent_until, limit),
    )
    return [row["id"] for row in rows]


def latest_of(connection: sqlite3.Connection, requester: str, limit: int) -> list[str]:
    """What one person asked for, the newest first."""
    rows = connection.execute(
        "SELECT id FROM payouts WHERE requester = ? ORDER BY created_at DESC LIMIT ?", (requester, limit)
    )
    return [row["id"] for row in rows]


def _may_follow(connection: sqlite3.Connection, payout: Payout) -> bool:
    """Whether a new attempt could not pay twice: all so far are known to have paid nothing."""
    if payout.contradiction is not None:
        return False
    return all(other.outcome in NOTHING_PAID for other in attempts(connection, payout.id))


def _found_unpaid_before(connection: sqlite3.Connection, payout: Payout) -> bool:
    earlier_ones = attempts(connection, payout.id) if payout.attempt > 1 else ()
    return any(other.outcome is Outcome.FOUND_UNPAID for other in earlier_ones if other.number < payout.attempt)


def brakes(connection: sqlite3.Connection) -> list[Brake]:
    """Every hold in force."""
    return [_brake(row) for row in connection.execute("SELECT * FROM brakes ORDER BY since")]


def brake_on(connection: sqlite3.Connection, endpoint: Hold) -> Brake | None:
    """What keeps an endpoint's payouts from leaving; the brake on everything comes first."""
    row = connection.execute(
        "SELECT * FROM brakes WHERE hold IN ('all', ?) ORDER BY hold = 'all' DESC LIMIT 1", (endpoint,)
    ).fetchone()
    return None if row is None else _brake(row)


def pause_waits(connection: sqlite3.Connection, now: int) -> bool:
    """True while somebody's wish to pause is stored and not yet decided on.

    Not of somebody who was told within the last minute that they are no approver: nobody holds the money by typing.
    """
    row = connection.execute(
        """
        SELECT 1 FROM inbox WHERE due_at >= 0 AND sort = 'pause' AND NOT EXISTS (
            SELECT 1 FROM refusals
            WHERE refusals.person = inbox.person AND kind = 'brake_refused' AND payout = ''
              AND why IN ('pause not_an_approver', 'pause guest', 'pause bot', 'pause deactivated', 'pause elsewhere')
              AND at > ?
        ) LIMIT 1
        """,
        (now - MINUTE,),
    ).fetchone()
    return row is not None


def resume_waits(connection: sqlite3.Connection) -> bool:
    """True while somebody's wish to let sending go on is stored and not yet decided on."""
    row = connection.execute("SELECT 1 FROM inbox WHERE due_at >= 0 AND sort = 'resume' LIMIT 1").fetchone()
    return row is not None


def paused_after(connection: sqlite3.Connection, person: str, item: int) -> bool:
    """Whether this person's wish to pause was stored after that row of the inbox, and is decided on."""
    row = connection.execute(
        "SELECT 1 FROM inbox WHERE sort = 'pause' AND person = ? AND id > ? AND due_at IS NULL LIMIT 1", (person, item)
    ).fetchone()
    return row is not None


def stop_waits(connection: sqlite3.Connection, payout: str, now: int) -> bool:
    """True while somebody's wish that this payout does not leave is stored and not yet decided on.

    The same bound holds: not of somebody who was told within the last minute that they may not do this very thing.
    What was put off is by somebody who may, whatever else was refused to them.
    """
    row = connection.execute(
        """
        SELECT 1 FROM inbox
        WHERE due_at >= 0 AND sort IN ('stop', 'cancel', 'reject') AND json_extract(payload, '$.payout') = ?1
          AND (put_off OR NOT EXISTS (
            SELECT 1 FROM (SELECT *, substr(why, instr(why, ' ') + 1) AS reason FROM refusals) AS refusals
            WHERE refusals.person = inbox.person AND kind = 'decision_refused' AND refusals.payout = ?1
              AND (
                reason IN ('guest', 'bot', 'deactivated', 'elsewhere')
                OR sort = 'stop' AND reason = 'not_requester_or_approver'
                OR sort = 'cancel' AND reason = 'not_the_requester'
                OR sort = 'reject' AND reason IN ('not_an_approver', 'own_request')
              )
              AND at > ?2
        )) LIMIT 1
        """,
        (payout, now - MINUTE),
    ).fetchone()
    return row is not None


def was_put_off(connection: sqlite3.Connection, item: int) -> bool:
    """Whether it waits in the inbox although it was looked at, and was by somebody who may."""
    row = connection.execute("SELECT 1 FROM inbox WHERE id = ? AND due_at IS NOT NULL AND put_off", (item,)).fetchone()
    return row is not None


def proposal(connection: sqlite3.Connection, payout: str, number: int) -> Proposal | None:
    """The finding that waits to be confirmed."""
    row = connection.execute(
        """
        SELECT proposals.*, deliveries.message_ts AS message_ts
        FROM proposals LEFT JOIN deliveries ON deliveries.event = proposals.event AND deliveries.place = 'thread'
        WHERE proposals.payout = ? AND proposals.attempt = ?
        """,
        (payout, number),
    ).fetchone()
    if row is None:
        return None
    return Proposal(row["event"], row["person"], Finding(row["finding"]), row["reason"], row["at"], row["message_ts"])


def in_state(connection: sqlite3.Connection, state: State) -> list[tuple[str, str, Way]]:
    """Id, channel and way of every payout that is still to be decided or sent."""
    rows = connection.execute(
        """
        SELECT id, channel, way FROM payouts
        WHERE state IN ('requested', 'approved', 'sending') AND state = ? ORDER BY created_at
        """,
        (state,),
    )
    return [(row["id"], row["channel"], Way(row["way"])) for row in rows]


def copied_at(connection: sqlite3.Connection) -> int | None:
    """When this ledger was copied, if it is a copy that nobody has served yet."""
    row = connection.execute("SELECT copied_at FROM copies WHERE id = 1 AND served_since IS NULL").fetchone()
    return None if row is None else int(row["copied_at"])


def _unknown_since(connection: sqlite3.Connection, payout: Payout) -> int | None:
    """When the copy was made that is served here, if this payout's money was asked for before: perhaps it was paid."""
    copy = connection.execute("SELECT copied_at FROM copies WHERE id = 1 AND served_since IS NOT NULL").fetchone()
    if copy is None:
        return None
    family = json.dumps([payout.id, *_family(connection, payout.id)])
    row = connection.execute(
        "SELECT min(created_at) AS first FROM payouts WHERE id IN (SELECT value FROM json_each(?))", (family,)
    ).fetchone()
    return int(copy["copied_at"]) if row["first"] <= copy["copied_at"] else None


def audit_trouble(connection: sqlite3.Connection) -> str | None:
    """Slack's permanent word against the audit channel; None while it can be told."""
    row = connection.execute(
        """
        SELECT error FROM deliveries
        WHERE channel = 'audit' AND due_at IS NOT NULL AND error LIKE 'never: %' ORDER BY id LIMIT 1
        """
    ).fetchone()
    return None if row is None else str(row["error"]).removeprefix("never: ")


def attempt(connection: sqlite3.Connection, payout: str, number: int) -> Attempt | None:
    """One attempt of a payout."""
    row = connection.execute("SELECT * FROM attempts WHERE payout = ? AND number = ?", (payout, number)).fetchone()
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


def approvals_of_digest(connection: sqlite3.Connection, payout: str, number: int, digest: str) -> tuple[int, int]:
    """How many different people, who did not ask for it, approved just this attempt with just this digest.

    All of it must stand in the chained events, too. The second number is how many were needed at the newest of those
    approvals, as its event says: the row that says so elsewhere may be changed.
    """
    row = connection.execute(
        """
        SELECT count(*) AS approvals, coalesce((
            SELECT json_extract(newest.data, '$.needed') FROM events AS newest
            WHERE newest.payout = ?1 AND newest.attempt = ?2 AND newest.kind = 'approved'
            ORDER BY newest.id DESC LIMIT 1
        ), 1) AS needed
        FROM approvals
        JOIN events ON events.id = approvals.event
        WHERE approvals.payout = ?1 AND approvals.attempt = ?2 AND approvals.digest = ?3
          AND events.kind = 'approved' AND events.payout = approvals.payout
          AND events.attempt = approvals.attempt AND events.actor = approvals.person
          AND json_extract(events.data, '$.digest') = approvals.digest
          AND NOT EXISTS (
              SELECT 1 FROM events AS asked
              WHERE asked.payout = approvals.payout AND asked.actor = approvals.person
                AND (asked.kind = 'requested' OR (asked.kind = 'asked_again' AND asked.attempt = approvals.attempt))
          )
        """,
        (payout, number, digest),
    ).fetchone()
    return int(row["approvals"]), int(row["needed"])


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


def due_attempts(connection: sqlite3.Connection, now: int, limit: int) -> list[tuple[str, int]]:
    """Attempts about which LigdiCash must be asked by `now`, the longest due first."""
    rows = connection.execute(
        "SELECT payout, number FROM attempts WHERE ask_at IS NOT NULL AND ask_at <= ? ORDER BY ask_at LIMIT ?",
        (now, limit),
    )
    return [(row["payout"], row["number"]) for row in rows]


def due_inbox(connection: sqlite3.Connection, now: int, limit: int) -> list[InboxItem]:
    """Submissions and clicks that wait for a decision, the oldest first."""
    rows = connection.execute(
        "SELECT * FROM inbox WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?", (now, limit)
    )
    return [_inbox_item(row) for row in rows]


def wishes_that_wait(connection: sqlite3.Connection) -> list[tuple[InboxItem, str]]:
    """What waits for a decision and would let money move, and in which channel it was wished."""
    rows = connection.execute(
        """
        SELECT inbox.*, json_extract(payload, '$.channel') AS channel FROM inbox
        WHERE due_at IS NOT NULL
          AND sort IN ('request', 'approve', 'ask_again', 'ask_directly', 'propose', 'confirm', 'resume', 'try_now')
        ORDER BY due_at, id
        """
    )
    return [(_inbox_item(row), str(row["channel"])) for row in rows]


def repeated_refusals(connection: sqlite3.Connection, until: int, limit: int) -> list[RepeatedRefusal]:
    """Refusals written down by `until` that were met again since, which no later one has said."""
    rows = connection.execute(
        """
        SELECT refusals.*, events.data AS data, events.payout AS event_payout, events.attempt AS attempt
        FROM refusals JOIN events ON events.id = refusals.event
        WHERE times > 1 AND refusals.kind NOT IN ('answered', 'decision_too_late') AND refusals.at <= ?
        ORDER BY refusals.at LIMIT ?
        """,
        (until, limit),
    )
    return [
        RepeatedRefusal(
            event=row["event"],
            kind=EventKind(row["kind"]),
            person=row["person"],
            payout=row["event_payout"],
            attempt=row["attempt"],
            data=json.loads(row["data"]),
            again=row["times"] - 1,
        )
        for row in rows
    ]


def next_due(connection: sqlite3.Connection) -> int | None:
    """When the next payout, attempt, inbox row or count of refusals is due; None when nothing waits."""
    row = connection.execute(
        """
        SELECT min(due_at) AS due_at FROM (
            SELECT min(due_at) AS due_at FROM payouts WHERE due_at IS NOT NULL
            UNION ALL SELECT min(ask_at) FROM attempts WHERE ask_at IS NOT NULL
            UNION ALL SELECT min(due_at) FROM inbox WHERE due_at IS NOT NULL
            UNION ALL SELECT min(at) + ? FROM refusals
            WHERE times > 1 AND kind NOT IN ('answered', 'decision_too_late')
        )
        """,
        (MINUTE,),
    ).fetchone()
    return None if row["due_at"] is None else int(row["due_at"])


def payload_hash(connection: sqlite3.Connection, person: str, occasion: str) -> str | None:
    """What somebody sent on that occasion, hashed; None for an occasion that brought nothing yet."""
    row = connection.execute(
        "SELECT payload_hash FROM inbox WHERE person = ? AND occasion = ?", (person, occasion)
    ).fetchone()
    return None if row is None else row["payload_hash"]


def callbacks_of(connection: sqlite3.Connection, payout: str, number: int, limit: int) -> list[Callback]:
    """What was called back for one attempt, the newest first."""
    rows = connection.execute(
        "SELECT * FROM callbacks WHERE payout = ? AND attempt = ? ORDER BY id DESC LIMIT ?", (payout, number, limit)
    )
    return [_callback(row) for row in rows]


def callbacks_to_ask(connection: sqlite3.Connection, payout: str, number: int) -> list[Callback]:
    """Callbacks whose token may still tell something, the newest first, each token once; few are kept of an attempt."""
    rows = connection.execute(
        """
        SELECT * FROM callbacks
        WHERE id IN (
            SELECT max(id) FROM callbacks
            WHERE payout = ? AND attempt = ? AND token IS NOT NULL AND distrusted = 0 GROUP BY token
        )
        ORDER BY id DESC
        """,
        (payout, number),
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


def waiting(connection: sqlite3.Connection, channel: str, limit: int) -> list[Waiting]:
    """What is still to be told in one channel, in the order in which it happened.

    Asked after every commit, so it holds no more than is needed to choose.
    """
    rows = connection.execute(
        """
        SELECT deliveries.id, deliveries.place, deliveries.payout, deliveries.due_at,
               CASE deliveries.place
                   WHEN 'card' THEN card_ts
                   WHEN 'question' THEN question_ts
                   -- Where the proposal that this event ended stands in the thread.
                   WHEN 'proposal' THEN (
                       SELECT told.message_ts FROM deliveries AS told
                       WHERE told.place = 'thread' AND told.event = (
                           SELECT json_extract(data, '$.proposal') FROM events WHERE events.id = deliveries.event
                       )
                   )
               END AS message_ts,
               (SELECT kind FROM events WHERE events.id = deliveries.event) AS kind
        FROM deliveries LEFT JOIN payouts ON payouts.id = deliveries.payout
        WHERE deliveries.channel = ? AND deliveries.due_at IS NOT NULL ORDER BY deliveries.id LIMIT ?
        """,
        (channel, limit),
    )
    return [Waiting(row[0], Place(row[1]), row[2], row[3], row[4], row[5]) for row in rows]


def deliveries(connection: sqlite3.Connection, chosen: Sequence[int]) -> list[Delivery]:
    """These deliveries with their events, in the order in which they happened."""
    marks = ", ".join("?" * len(chosen))
    rows = connection.execute(_DELIVERY + f"WHERE deliveries.id IN ({marks}) ORDER BY deliveries.id", chosen)
    return [_delivery(row) for row in rows]


def event(connection: sqlite3.Connection, event: int) -> Event | None:
    """One event by its id."""
    row = connection.execute(
        "SELECT *, payout AS event_payout, id AS event FROM events WHERE id = ?", (event,)
    ).fetchone()
    return None if row is None else _event(row)


def events_of(connection: sqlite3.Connection, payout: str) -> list[Event]:
    """A payout's history, the first event first."""
    rows = connection.execute(
        "SELECT *, payout AS event_payout, id AS event FROM events WHERE payout = ? ORDER BY id", (payout,)
    )
    return [_event(row) for row in rows]


def answers(connection: sqlite3.Connection) -> bool:
    """True when the ledger can be read at all."""
    return connection.execute("SELECT count(*) FROM payouts WHERE id = ''").fetchone() is not None


def _payout(row: sqlite3.Row) -> Payout:
    return Payout(
        id=row["id"],
        state=State(row["state"]),
        attempt=row["attempt"],
        beneficiary=row["beneficiary"],
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
        follows=row["follows"],
        contradiction=row["contradiction"],
        source_ts=row["source_ts"],
        source_thread_ts=row["source_thread_ts"],
    )


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        payout=row["payout"],
        number=row["number"],
        transaction_id=row["transaction_id"],
        digest=row["digest"],
        outcome=Outcome(row["outcome"]),
        requested_at=row["requested_at"],
        reminders=row["reminders"],
        needed=row["needed"],
        approved_at=row["approved_at"],
        sent_at=row["sent_at"],
        lease_owner=row["lease_owner"],
        lease_until=row["lease_until"],
        tries=row["tries"],
        answer_kind=None if row["answer_kind"] is None else AnswerKind(row["answer_kind"]),
        answer_code=row["answer_code"],
        answer_note=row["answer_note"],
        token=row["token"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        polls=row["polls"],
        silent_since=row["silent_since"],
        pointed_out_at=row["pointed_out_at"],
        contradicted=row["contradicted"],
        word=row["word"],
        found_by=row["found_by"],
        found_reason=row["found_reason"],
        host=row["host"],
    )


def _earlier(row: sqlite3.Row) -> Earlier:
    return Earlier(
        row["id"], State(row["state"]), row["amount"], row["created_at"], row["channel"], row["card_ts"],
        bool(row["same_order"]), row["contradiction"] is not None, Outcome(row["outcome"]),
    )  # fmt: skip


def _rejected_one(row: sqlite3.Row) -> Rejected:
    return Rejected(
        row["id"], row["amount"], row["channel"], row["card_ts"], bool(row["same_order"]),
        row["decided_by"] or "", row["decision_reason"] or "", row["changed_at"],
    )  # fmt: skip


def _brake(row: sqlite3.Row) -> Brake:
    return Brake(Hold(row["hold"]), row["person"], row["reason"], row["since"], row["resume_by"])


def _inbox_item(row: sqlite3.Row) -> InboxItem:
    return InboxItem(row["id"], Sort(row["sort"]), row["person"], row["payload"], row["received_at"])


def _callback(row: sqlite3.Row) -> Callback:
    return Callback(row["id"], row["payout"], row["attempt"], row["token"], row["status"], row["received_at"])


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
