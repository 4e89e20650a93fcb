"""However many payouts have one order: who looks at it sees the newest few, and never pays for the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from bot.clock import DAY
from storage import queries
from tests.storage.book import REQUEST, Book

pytestmark = pytest.mark.thorough

FEW, MANY = 50, 1_000


def _steps(connection: sqlite3.Connection, ask: Callable[[], object]) -> int:
    """How many steps of SQLite's own machine a question takes."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(count, 1)
    try:
        ask()
    finally:
        connection.set_progress_handler(None, 1)
    return taken


def _fill(book: Book, number: int, state: str) -> None:
    """So many more for the same order, each to somebody else, one a minute before the present."""
    have = int(str(book.rows("SELECT count(*) FROM payouts")[0][0]))
    wishes = [replace(REQUEST, number=f"2267{one:07}") for one in range(have, number)]
    book.write(lambda tx: [tx.file(wish, due_at=None) for wish in wishes])
    book.connection.execute(
        "UPDATE payouts SET state = ?, created_at = created_at - ? - 60000 * (? - rowid)", (state, 2 * DAY, MANY)
    )


@pytest.mark.parametrize("state", ["completed", "failed", "rejected", "initiated", "requested"])
def test_the_same_order_a_thousand_times_costs_what_it_costs_a_few_times(book: Book, state: str) -> None:
    """Some shops write their own name there, and some bot's users whatever comes to mind."""
    steps = []
    for number in (FEW, MANY):
        _fill(book, number, state)
        now = book.clock.now()
        ask = partial(queries.earlier, book.connection, -1, REQUEST.order_reference, now=now)
        steps.append(_steps(book.connection, ask))
        expected = 5 if state in {"completed", "initiated", "requested"} else 0
        assert expected == len(ask())
    few, many = steps
    assert many <= few + few // 10


def test_a_thousand_rejections_cost_what_a_few_do(book: Book) -> None:
    """The newest three are told of, by whichever of both they are found."""
    steps = []
    for number in (FEW, MANY):
        _fill(book, number, "rejected")
        now = book.clock.now()
        ask = partial(queries.rejected, book.connection, 1, REQUEST.order_reference, now=now)
        steps.append(_steps(book.connection, ask))
        assert 3 == len(ask())
    few, many = steps
    assert many <= few + few // 10


def test_a_thousand_failures_that_are_not_proven_cost_what_a_few_do(book: Book) -> None:
    """They are warned of, the newest few, by whichever of both they are found."""
    steps = []
    for number in (FEW, MANY):
        _fill(book, number, "failed")
        book.connection.execute("UPDATE attempts SET outcome = 'failed_by_callback'")
        book.connection.execute("UPDATE payouts SET unproven = 1")
        now = book.clock.now()
        ask = partial(queries.earlier, book.connection, -1, REQUEST.order_reference, now=now)
        steps.append(_steps(book.connection, ask))
        assert 5 == len(ask())
    few, many = steps
    assert many <= few + few // 10


def test_what_may_still_be_paid_is_named_before_what_was_paid(book: Book) -> None:
    """However many were paid since: the one that is open leads."""
    waits = book.file(number="22679999999")
    _fill(book, FEW, "completed")
    book.connection.execute("UPDATE payouts SET state = 'initiated' WHERE id = ?", (waits.id,))
    book.connection.execute("UPDATE payouts SET created_at = 1 WHERE id = ?", (waits.id,))
    found = queries.earlier(book.connection, -1, REQUEST.order_reference, now=book.clock.now())
    assert (waits.id, 5) == (found[0].payout, len(found))
