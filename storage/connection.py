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

# SQLite's file format: how a file is written and read stands in these two bytes.
_VERSIONS_AT, _ROLLBACK = 18, b"\x01\x01"
# By device and inode. A process that closes a file loses all its locks on it, those of SQLite's connections too, and
# another process would then remove the log they write to: what was opened beside SQLite is never closed.
_kept_open: dict[tuple[int, int], int] = {}


class LedgerError(Exception):
    """The ledger's file cannot be used; the text says why and what to do."""


def open_ledger(path: Path) -> sqlite3.Connection:
    """A connection that writes; makes the file (mode 0600) and its tables where they are missing.

    Raises `LedgerError` when the file cannot be opened, is not a ledger, lies beside another ledger's log, or is from a
    newer version.
    """
    try:
        check_log_beside(path)
        make_private(path)
        connection = _connect(path)
        _migrate(connection)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {error}") from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads, so that reading never waits for a writer (WAL). `open_ledger` comes first."""
    connection = _connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def look_at_ledger(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing at all: it makes no file and no table, whatever is missing.

    Raises `LedgerError` when there is no ledger to look at, or one of a newer version.
    """
    try:
        if not path.exists():
            raise LedgerError(f"{path}: there is no ledger")
        check_log_beside(path)
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'payouts'").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {error}") from error
    if found is None:
        connection.close()
        raise LedgerError(f"{path}: this is no ledger")
    _know_all_of(connection)
    return connection


def integrity(connection: sqlite3.Connection) -> str | None:
    """What SQLite's full check finds wrong; None for a sound file. Reads all of it, so nothing at start asks for it."""
    found = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    return None if found == "ok" else found


def check_log_beside(path: Path) -> None:
    """Whether the write-ahead log beside the file is its own; to be asked before SQLite lays it over the file.

    Raises `LedgerError` beside another ledger's log: a copy was put in the place of a ledger whose process died.
    """
    path = path.resolve()
    log = path.with_name(f"{path.name}-wal")
    # The log first: another process that makes the copy its ledger at this moment marks the file before it logs.
    if not _size(log) or not _has_no_log(path):
        return
    index = f"{path.name}-shm"
    raise LedgerError(
        f"{path}: this is a copy, and beside it lies {log.name}, which belongs to the ledger that was there before. "
        f"Read together they would be a mixture of both. Keep {log.name} and {index} elsewhere, remove them here, and "
        "start again."
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _has_no_log(path: Path) -> bool:
    """Whether the file says of itself that it has no write-ahead log, as stamped copies do and our ledgers never."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    file = found.st_dev, found.st_ino
    if file not in _kept_open:
        _kept_open[file] = os.open(path, os.O_RDONLY)
    return os.pread(_kept_open[file], len(_ROLLBACK), _VERSIONS_AT) == _ROLLBACK


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


def _know_all_of(connection: sqlite3.Connection) -> None:
    """A version that does not know what a column is for leaves it as it is, and what it stood for comes undone.

    Raises `LedgerError` for a ledger that a newer version has worked on.
    """
    known = {step.name for step in migrations.pending(Database(memory=True))}
    unknown = [step.name for step in migrations.applied(Database(connection)) if step.name not in known]
    if unknown:
        connection.close()
        raise LedgerError(
            f"a newer version of Payout Bot has worked on this ledger ({', '.join(unknown)} is not known to this one). "
            "Install that version again, or a newer one; this one changes nothing here."
        )


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date; two processes that start at once wait for one another."""
    _know_all_of(connection)
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
