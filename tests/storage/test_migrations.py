"""A ledger of an older version is brought up to date with all that it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.clock import DAY
from storage import queries
from storage.connection import LedgerError, look_at_ledger, open_ledger
from storage.migrations import migrations
from storage.payout import Outcome, order_key
from tests.storage.book import Book

NOW = 1_800_000_000_000
STEPS = (
    "m002_what_is_counted",
    "m003_what_is_not_proven",
    "m004_what_follows",
    "m005_what_was_put_off",
    "m006_what_is_uncertain",
    "m007_what_was_rejected",
    "m008_what_a_day_held",
    "m009_what_a_copy_does_not_know",
    "m010_where_it_is_paid",
)

# One payout as the first version wrote it; its order was compared by less.
_ONE_PAYOUT = """
    INSERT INTO beneficiaries (id, number, salt, created_at) VALUES (1, '22670000000', x'00', 1);
    INSERT INTO payouts (id, state, attempt, beneficiary, amount, way, reason, order_reference, order_key,
                         requester, requester_name, channel, created_at, changed_at)
    VALUES ('P-OLD', 'failed', 1, 1, 5000, 'wallet', 'refund', 'ＯＲＤ－７', 'ｏｒｄ７',
            'U0AMINATA', 'Aminata', 'C0SUPPORT', 1, 1);
    INSERT INTO attempts (payout, number, transaction_id, digest, outcome, asked_by, beneficiary, amount, requested_at,
                          approved_at)
    VALUES ('P-OLD', 1, 'test-transaction', 'digest', 'failed_by_callback', 'U0AMINATA', 1, 5000, 1, 1);
"""


def _old_ledger(path: Path, next_step: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        migrations.apply(Database(connection), stop_before=next_step)
        connection.executescript(_ONE_PAYOUT)


@pytest.mark.parametrize("next_step", STEPS)
def test_an_older_ledger_is_brought_up_to_date(tmp_path: Path, next_step: str) -> None:
    """Its tables and indexes are those of a new ledger, and it can be written to like one."""
    path = tmp_path / "payouts.db"
    _old_ledger(path, next_step)
    with closing(open_ledger(path)) as old, closing(open_ledger(tmp_path / "new.db")) as new:
        assert _schema(new) == _schema(old)
    assert (None, None) == _sources_of_one_more(Book(path))


def _sources_of_one_more(book: Book) -> tuple[str | None, str | None]:
    filed = book.file()
    return filed.source_ts, filed.source_thread_ts


@pytest.mark.parametrize("opens", [open_ledger, look_at_ledger])
def test_a_ledger_of_a_newer_version_is_left_as_it_is(
    tmp_path: Path, opens: Callable[[Path], sqlite3.Connection]
) -> None:
    """What that version keeps there this one would not: it says what to do, and neither reads nor writes."""
    path = tmp_path / "payouts.db"
    open_ledger(path).close()
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('payout-bot', 'm099_more', '')"
        )
    with pytest.raises(LedgerError, match=r"newer version of Payout Bot .*\(m099_more .*Install that version again"):
        opens(path)


def test_its_orders_are_compared_as_new_ones_are(tmp_path: Path) -> None:
    """However they were compared when they were written."""
    path = tmp_path / "payouts.db"
    _old_ledger(path, STEPS[0])
    with closing(open_ledger(path)) as old:
        assert [("ord7",)] == [tuple(row) for row in old.execute("SELECT order_key FROM payouts")]
    assert "ord7" == order_key("ORD-7")


def test_its_unproven_failures_are_warned_of(tmp_path: Path) -> None:
    """They were not when they were written."""
    path = tmp_path / "payouts.db"
    _old_ledger(path, STEPS[0])
    with closing(open_ledger(path)) as old:
        (found,) = queries.earlier(old, 1, None, now=NOW + 2 * DAY)
    assert ("P-OLD", Outcome.FAILED_BY_CALLBACK) == (found.payout, found.outcome)


def test_a_ledger_made_while_the_first_step_held_more_is_opened(tmp_path: Path) -> None:
    """For a while it wrote by itself where a request came from."""
    path = tmp_path / "payouts.db"
    _old_ledger(path, STEPS[1])
    with closing(sqlite3.connect(path)) as connection:
        for name in ("source_ts", "source_thread_ts"):
            connection.execute(f"ALTER TABLE payouts ADD COLUMN {name} TEXT")
    assert (None, None) == _sources_of_one_more(Book(path))


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name")
    return [(row[0], row[1]) for row in rows]
