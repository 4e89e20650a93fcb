"""What the ledger's own tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.book import Book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """A fresh ledger."""
    opened = Book(tmp_path / "payouts.db")
    yield opened
    opened.ledger.reader.close()
    opened.connection.close()
