"""Ledgers of years: how long a command and a click take in one of a thousand payouts, and in one of a million."""

from __future__ import annotations

import gc
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from bot.clock import DAY, MINUTE
from bot.desk.telling import tell
from bot.quiet import day_start
from storage import queries
from storage.ledger import Transaction
from storage.payout import EventKind, Request, State, Way, digest
from tests.storage.book import Book
from tests.storage.recorder import Recorder

FEW, MANY = 1_000, 1_000_000
# So many a day in both, so that a day's sum has as much to add up: what differs is how far back it goes.
A_DAY = 1_000
REQUESTERS = 50
# One of every so many goes to the same shop, which is paid each day.
REGULAR = 100
AT_MOST = 1.5
UTC_ZONE = ZoneInfo("UTC")
INPUTS, TRIES = 400, 7


@dataclass(frozen=True, slots=True)
class Shelf:
    """A ledger of that many payouts, the last of them just now."""

    book: Book
    payouts: int

    def close(self) -> None:
        """Close its file."""
        self.book.ledger.reader.close()
        self.book.connection.close()

    @property
    def beneficiaries(self) -> int:
        """Five payouts each, but for the shop."""
        return self.payouts // 5


_FILL = (
    """
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < :count)
    INSERT INTO beneficiaries (id, number, salt, created_at)
    SELECT i, printf('2267%07d', i), x'00', 0 FROM n WHERE i <= :count / 5
    """,
    """
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < :count)
    INSERT INTO payouts (id, state, attempt, beneficiary, amount, way, reason, order_reference, order_key, requester,
                         requester_name, channel, card_ts, question_ts, created_at, changed_at, due_at)
    SELECT printf('X-%07d', i), CASE WHEN i % 50 THEN 'completed' ELSE 'failed' END, 1,
           CASE WHEN i % :regular THEN 1 + (i * 7919) % (:count / 5) ELSE 1 END, 1000, 'wallet', 'refund',
           'ORD-' || i, 'ord' || i, 'U0A' || (i % :requesters), 'Agent', 'C0SUPPORT', '1.2', '1.3',
           :now - (:count - i) * :step, :now - (:count - i) * :step, NULL
    FROM n
    """,
    """
    INSERT INTO attempts (payout, number, transaction_id, digest, outcome, beneficiary, amount, requested_at, needed,
                          approved_at, sent_at, token, asked_by)
    SELECT id, 1, id, 'd', state, beneficiary, amount, created_at, 1,
           created_at + 60000, created_at + 61000, 't', requester
    FROM payouts
    """,
    """
    INSERT INTO events (at, kind, payout, attempt, actor, data, hash)
    SELECT created_at, 'requested', id, 1, requester, '{}', 'h' FROM payouts
    """,
    """
    INSERT INTO events (at, kind, payout, attempt, actor, data, hash)
    SELECT created_at + 60000, 'approved', id, 1, 'U0CLARISSE', '{}', 'h' FROM payouts
    """,
    """
    INSERT INTO approvals (payout, attempt, person, digest, event)
    SELECT payout, attempt, actor, 'd', id FROM events WHERE kind = 'approved'
    """,
)


def fill(path: Path, payouts: int, now: int | None = None) -> Shelf:
    """Years of payouts, all of them over, the last one `now`."""
    book = Book(path)
    book.clock.milliseconds = now or book.clock.milliseconds
    values = {
        "count": payouts,
        "now": book.clock.now(),
        "step": DAY // A_DAY,
        "regular": REGULAR,
        "requesters": REQUESTERS,
    }
    book.connection.execute("PRAGMA synchronous = OFF")
    book.connection.execute("BEGIN IMMEDIATE")
    for statement in _FILL:
        book.connection.execute(statement, values)
    book.connection.execute("COMMIT")
    return Shelf(book, payouts)


# --- what the desk does


def command(tx: Transaction, request: Request, since: int) -> None:
    """All that is looked up and written between a form and its payout."""
    queries.open_requests(tx.connection, request.requester)
    beneficiary = queries.beneficiary_of(tx.connection, request.number)
    queries.earlier(tx.connection, beneficiary or -1, request.order_reference, now=tx.now)
    queries.rejected(tx.connection, beneficiary or -1, request.order_reference, now=tx.now)
    queries.approved_since(tx.connection, since)
    queries.approved_since(tx.connection, since, request.requester)
    payout = tx.file(request, tx.now + MINUTE)
    tell(tx, EventKind.REQUESTED, payout, actor=request.requester, data={"amount": payout.amount})


def click(tx: Transaction, payout_id: str, since: int) -> None:
    """All that is looked up and written when an approver clicks."""
    record = tx.record(payout_id)
    assert record is not None
    payout = record.payout
    queries.approved_since(tx.connection, since)
    queries.approved_since(tx.connection, since, record.attempt.asked_by)
    stands_for = digest(
        salt=queries.salt(tx.connection, payout.id), number=payout.number, amount=payout.amount, way=payout.way
    )
    queries.undecided_beside(tx.connection, payout)
    event = tell(tx, EventKind.APPROVED, payout, actor="U0CLARISSE", data={"digest": stands_for, "needed": 1})
    tx.add_approval(payout, "U0CLARISSE", stands_for, event)
    tx.note_approved(payout, 1, "ligdicash.example")
    assert tx.move(payout, State.APPROVED, due_at=tx.now)
    queries.approvals_of_digest(tx.connection, payout.id, 1, stands_for)


def request_of(shelf: Shelf, number: int) -> Request:
    """What somebody may ask for: some to the shop, some for an order that was paid."""
    chance = random.Random(number)  # noqa: S311 - the same inputs in both
    beneficiary = 1 if number % 20 == 0 else chance.randrange(1, shelf.beneficiaries)
    order = f"ORD-{chance.randrange(1, shelf.payouts)}" if number % 3 else None
    return Request(
        f"2267{beneficiary:07}", 1000, Way.WALLET, "refund", order, f"U0A{number % REQUESTERS}", "Agent", "C0SUPPORT"
    )


@contextmanager
def undone(book: Book, recorder: Recorder | None = None) -> Iterator[Transaction]:
    """A transaction of which nothing stays; without its commit, which costs what the disk costs."""
    book.connection.execute("BEGIN IMMEDIATE")
    try:
        on = book.connection if recorder is None else cast("sqlite3.Connection", recorder)
        yield Transaction(on, book.clock.now(), book.ids)
    finally:
        book.connection.execute("ROLLBACK")


def play_command(shelf: Shelf, number: int, recorder: Recorder | None = None) -> float:
    """Seconds of one command."""
    request, since = request_of(shelf, number), day_start(shelf.book.clock.now(), UTC_ZONE)
    with undone(shelf.book, recorder) as tx:
        begun = time.perf_counter()
        command(tx, request, since)
        return time.perf_counter() - begun


def play_click(shelf: Shelf, number: int, recorder: Recorder | None = None) -> float:
    """Seconds of one click, on a payout that was filed for it."""
    request, since = request_of(shelf, number), day_start(shelf.book.clock.now(), UTC_ZONE)
    with undone(shelf.book, recorder) as tx:
        payout = tx.file(request, None)
        begun = time.perf_counter()
        click(tx, payout.id, since)
        return time.perf_counter() - begun


def p99(seconds: Sequence[float]) -> float:
    """The time that all but one of a hundred keep."""
    return sorted(seconds)[len(seconds) * 99 // 100]


def slowest(shelves: Sequence[Shelf], play: Callable[[Shelf, int], float], inputs: int = INPUTS) -> list[float]:
    """The p99 over many inputs, for each ledger.

    Of each input the best of a few tries counts: the ledger's cost, and not the machine's.
    """
    best: list[list[float]] = [[] for _ in shelves]
    gc.disable()
    try:
        for number in range(inputs):
            # Turn by turn: whatever else the machine does then, it does to both.
            times = [[play(shelf, number) for shelf in shelves] for _ in range(TRIES)]
            for found, column in zip(best, zip(*times, strict=True), strict=True):
                found.append(min(column))
    finally:
        gc.enable()
    return [p99(found) for found in best]
