"""A ledger of an older version is brought up to date with all that it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from storage.connection import open_ledger
from storage.migrations import migrations
from storage.moves import Transaction
from storage.payout import order_key
from tests.storage.book import REQUEST, Book

LATEST = "m002_what_is_counted"


def _old_ledger(path: Path) -> None:
    """As the first version left it, with one payout whose order was compared by less."""
    with closing(sqlite3.connect(path)) as connection:
        migrations.apply(Database(connection), stop_before=LATEST)
        connection.row_factory = sqlite3.Row
        Transaction(connection, 1_800_000_000_000, Book(path.with_name("other.db")).ids).file(REQUEST, None)
        connection.execute("UPDATE payouts SET order_reference = 'ＯＲＤ－７', order_key = 'ｏｒｄ７'")
        connection.commit()


def test_an_older_ledger_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its orders are compared as new ones are, and its tables and indexes are those of a new ledger."""
    path = tmp_path / "payouts.db"
    _old_ledger(path)
    with closing(open_ledger(path)) as old, closing(open_ledger(tmp_path / "new.db")) as new:
        assert [("ord7",)] == [tuple(row) for row in old.execute("SELECT order_key FROM payouts")]
        assert "ord7" == order_key("ORD-7")
        assert _schema(new) == _schema(old)


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name")
    return [(row[0], row[1]) for row in rows]
