"""Opening the ledger's file: its mode, its durability, its tables."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from sqlite_utils import Database

from storage.migrations import migrations

if TYPE_CHECKING:
    from pathlib import Path

# Longer than any transaction of ours takes. Slack wants its answer in 3 s: a form may wait half of that to learn who
# submits it, then in the writer's queue for a write that waits as long as its own.
BUSY_MILLISECONDS = 700


class LedgerError(Exception):
    """The ledger's file cannot be used; the text says why and what to do."""


def open_ledger(path: Path) -> sqlite3.Connection:
    """A connection that writes; makes the file (mode 0600) and its tables where they are missing.

    Raises `LedgerError` when the file cannot be opened or is not a ledger.
    """
    try:
        make_private(path)
        connection = _connect(path)
        _migrate(connection)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {error}") from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads, so that reading never waits for a writer (WAL)."""
    connection = _connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def look_at_ledger(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing at all: it makes no file and no table, whatever is missing.

    Raises `LedgerError` when there is no ledger to look at.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'payouts'").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {error}") from error
    if found is None:
        connection.close()
        raise LedgerError(f"{path}: this is no ledger")
    return connection


def integrity(connection: sqlite3.Connection) -> str | None:
    """What SQLite's full check finds wrong; None for a sound file. Reads all of it, so nothing at start asks for it."""
    found = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    return None if found == "ok" else found


def make_private(path: Path) -> None:
    """Numbers and tokens of other people stand in this file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _connect(path: Path) -> sqlite3.Connection:
    # Autocommit: every transaction here is begun by hand. The writer thread is not the thread that opens.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date; two processes that start at once wait for one another."""
    database = Database(connection)
    if not migrations.pending(database):
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        migrations.apply(database)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
