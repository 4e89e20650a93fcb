"""A ledger of a million payouts: a command and a click cost there what they cost in one of a thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.clock import DAY
from bot.policy import MOST_OPEN_REQUESTS
from storage import queries
from tests.storage.recorder import Recorder
from tests.storage.shelves import (
    AT_MOST,
    FEW,
    MANY,
    Shelf,
    fill,
    play_click,
    play_command,
    request_of,
    slowest,
    undone,
)
from tests.storage.test_indexes import walks

pytestmark = pytest.mark.prove


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shelf, Shelf]]:
    """A thousand, and a million."""
    folder = tmp_path_factory.mktemp("scale")
    both = (fill(folder / "few.db", FEW), fill(folder / "many.db", MANY))
    yield both
    for shelf in both:
        shelf.close()
        shelf.book.path.unlink()


@pytest.mark.parametrize("play", [play_command, play_click])
def test_a_million_payouts_cost_what_a_thousand_do(
    shelves: tuple[Shelf, Shelf], play: Callable[[Shelf, int], float]
) -> None:
    """The p99 over many inputs, with everything that is looked up: duplicates, limits, what a decision concerns."""
    few, many = slowest(shelves, play)
    print(f"\n{play.__name__}: p99 {few * 1e6:.0f} µs at {FEW:,}, {many * 1e6:.0f} µs at {MANY:,}: {many / few:.2f}")  # noqa: T201
    assert many <= AT_MOST * few


@pytest.mark.parametrize("play", [play_command, play_click])
def test_nothing_is_walked_through_at_a_million(
    shelves: tuple[Shelf, Shelf], play: Callable[[Shelf, int, Recorder], float]
) -> None:
    """Every statement of a command and a click finds its rows by an index, in a ledger that has any to walk through."""
    _, many = shelves
    recorder = Recorder(many.book.connection)
    play(many, 1, recorder)
    assert len(recorder.seen) > 5
    assert [] == [walk for seen in recorder.seen for walk in walks(many.book.connection, *seen)]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("open_requests", "attempts_undecided_by"),
        ("approved_since", "COVERING INDEX attempts_counted "),
        ("undecided_beside", "payouts_undecided"),
        ("earlier", "payouts_beneficiary"),
        ("earlier", "payouts_order_open"),
        ("earlier", "payouts_order_known"),
        ("counted_of", "payouts_order_open"),
        ("earlier", "payouts_doubtful"),
        ("counted_of", "payouts_doubtful"),
        ("earlier", "attempts_open_beneficiary"),
        ("rejected", "payouts_rejected"),
        ("rejected", "payouts_order_rejected"),
        ("counted_of", "COVERING INDEX attempts_counted_beneficiary"),
        ("counted_of", "attempts_open_beneficiary"),
        ("undecided", "payouts_undecided"),
    ],
)
def test_each_question_has_its_index(shelves: tuple[Shelf, Shelf], name: str, index: str) -> None:
    """The one that was made for it."""
    _, many = shelves
    connection, now = many.book.connection, many.book.clock.now()
    recorder = Recorder(connection)
    with undone(many.book) as tx:
        payout = tx.file(request_of(many, 1), None)
        ask: dict[str, Callable[[Any], object]] = {
            "open_requests": lambda on: queries.open_requests(on, "U0A1"),
            "approved_since": lambda on: queries.approved_since(on, now - DAY),
            "undecided_beside": lambda on: queries.undecided_beside(on, payout),
            "earlier": lambda on: queries.earlier(on, 2, "ORD-2", now=now),
            "rejected": lambda on: queries.rejected(on, 2, "ORD-2", now=now),
            "counted_of": lambda on: queries.counted_of(on, payout, now, until=now),
            "undecided": lambda on: queries.undecided(on, MOST_OPEN_REQUESTS),
        }
        ask[name](recorder)
    plans = [
        row["detail"]
        for statement, values in recorder.seen
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
    ]
    assert [plan for plan in plans if index in f"{plan} "], plans
