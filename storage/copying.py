"""Copying a live ledger: consistent, checked, and stamped, so that nobody serves the copy unawares."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from storage.connection import LedgerError, check_log_beside, integrity, open_reader


def copy_ledger(source: Path, target: Path, now: int) -> tuple[int, int]:
    """Copy `source` to the new file `target`; how many payouts and events the copy holds.

    Raises `LedgerError` when the source is no ledger or beside another's log, the target exists, or the copy is not
    sound.
    """
    try:
        if not source.exists():
            raise LedgerError(f"{source}: there is no ledger to copy")
        check_log_beside(source)
    except OSError as error:
        raise LedgerError(f"{source}: {error}") from error
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Of its owner alone from its first moment on; nothing that exists is written over, not even through a link.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError as error:
        raise LedgerError(f"{target}: exists already; nothing was written") from error
    except OSError as error:
        raise LedgerError(f"{target}: {error}") from error
    try:
        return _copy(source, target, now)
    except (OSError, sqlite3.Error) as error:
        target.unlink(missing_ok=True)
        raise LedgerError(f"{source} was not copied to {target}: {error}") from error


def _copy(source: Path, target: Path, now: int) -> tuple[int, int]:
    reader = open_reader(source)
    copy = sqlite3.connect(target, isolation_level=None)
    try:
        reader.backup(copy)
        wrong = integrity(copy)
        if wrong is not None:
            raise sqlite3.DatabaseError(f"the copy is not sound: {wrong}")
        copy.execute("INSERT OR REPLACE INTO copies (id, copied_at) VALUES (1, ?)", (now,))
        payouts = copy.execute("SELECT count(*) FROM payouts").fetchone()[0]
        events = copy.execute("SELECT count(*) FROM events").fetchone()[0]
        # One file, to be carried away whole: no write-ahead log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()
        reader.close()
    return int(payouts), int(events)
