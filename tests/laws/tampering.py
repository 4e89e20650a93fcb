"""Somebody with the ledger's file in hand: what they change behind the bot's back."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING

from tests.laws.rulebook import APPROVERS

if TYPE_CHECKING:
    from tests.laws.processes import EventRow


def alter(connection: sqlite3.Connection, event: EventRow, what: str, chance: random.Random) -> None:
    """What somebody does by hand who wants more money to move, or money that too few approved."""
    which: dict[str, object] = {
        "payout": event.payout, "attempt": event.attempt, "now": event.at, "event": event.id,
        "person": chance.choice(APPROVERS),
    }  # fmt: skip
    if what == "amount":
        connection.execute("UPDATE payouts SET amount = amount + 1000 WHERE id = :payout", which)
        return
    connection.execute(
        "UPDATE payouts SET state = 'approved', due_at = :now WHERE id = :payout AND state = 'requested'", which
    )
    connection.execute(
        "UPDATE attempts SET approved_at = :now, needed = 1 WHERE payout = :payout AND number = :attempt", which
    )
    if chance.random() < 0.5:
        connection.execute(
            """
            INSERT OR IGNORE INTO approvals (payout, attempt, person, digest, event)
            SELECT payout, number, :person, digest, :event FROM attempts WHERE payout = :payout AND number = :attempt
            """,
            which,
        )
