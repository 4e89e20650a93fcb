"""What came in and was decided is remembered for a month, by its hash, and not for ever."""

from __future__ import annotations

from bot.clock import DAY
from storage.moves.incoming import INBOX_KEPT
from storage.payout import Sort
from tests.storage.book import Book

PERSON = "U0CLARISSE"


def comes(book: Book, occasion: str, *, decided: bool = True) -> bool:
    """A click, and its decision; whether it was new."""
    stored = book.write(lambda tx: tx.store_in_inbox(Sort.APPROVE, PERSON, occasion, "{}"))
    if decided:
        book.write(lambda tx: [tx.take_from_inbox(item) for item in _waiting(book)])
    return stored


def _waiting(book: Book) -> list[int]:
    return [int(row[0] or 0) for row in book.rows("SELECT id FROM inbox WHERE due_at IS NOT NULL")]


def kept(book: Book) -> list[str]:
    """The occasions that are remembered."""
    return [str(occasion) for (occasion,) in book.rows("SELECT occasion FROM inbox ORDER BY id")]


def test_for_a_month_a_click_is_known_again(book: Book) -> None:
    """However many came since."""
    comes(book, "first")
    book.clock.milliseconds += INBOX_KEPT - DAY
    for number in range(20):
        comes(book, f"later {number}")
    assert not comes(book, "first")
    assert 21 == len(kept(book))


def test_then_it_goes_with_what_comes(book: Book) -> None:
    """Each that comes takes two along; in the end only the month's are there."""
    for number in range(6):
        comes(book, f"old {number}")
    book.clock.milliseconds += INBOX_KEPT + 1
    comes(book, "new 0")
    assert ["old 2", "old 3", "old 4", "old 5", "new 0"] == kept(book)
    for number in range(1, 4):
        comes(book, f"new {number}")
    assert [f"new {number}" for number in range(4)] == kept(book)


def test_what_waits_for_its_decision_never_goes(book: Book) -> None:
    """However old it is; and it keeps no other."""
    comes(book, "undecided", decided=False)
    book.write(lambda tx: tx.store_in_inbox(Sort.REQUEST, PERSON, "refused", None))
    book.clock.milliseconds += INBOX_KEPT + 1
    book.write(lambda tx: tx.store_in_inbox(Sort.REQUEST, PERSON, "new", None))
    assert ["undecided", "new"] == kept(book)
