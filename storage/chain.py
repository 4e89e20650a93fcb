"""The chain of events: each line carries the hash of the one before, so that no line can be changed unseen."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

import rfc8785

FIRST = "0" * 64


def link(previous: str, line: dict[str, Any]) -> str:
    """The hash of one event: SHA-256 over the hash before it and the event in canonical JSON (RFC 8785)."""
    return hashlib.sha256(previous.encode() + rfc8785.dumps(line)).hexdigest()


def last_hash(connection: sqlite3.Connection) -> str:
    """The hash that the next event is linked to."""
    row = connection.execute("SELECT hash FROM events ORDER BY id DESC LIMIT 1").fetchone()
    return FIRST if row is None else str(row["hash"])
