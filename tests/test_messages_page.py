"""docs/messages.md has every message as the bot draws it now, in both languages."""

from __future__ import annotations

import html
import re

from bot.language import Language
from tests.catalogue import texts_of, translated
from tests.messages_page import PAGE, page
from tests.speech.drawings import Drawings


def test_the_page_is_up_to_date() -> None:
    """Where it is not: `python -m tests.messages_page --write`."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_everything_drawn_has_its_row() -> None:
    """Nothing that the tests of both languages look at is missing on the page."""
    heads = ("| what | English", "| ---")
    rows = [line for line in page().splitlines() if line.startswith("| ") and not line.startswith(heads)]
    assert len(list(Drawings())) == len(rows)
    assert [] == [row for row in rows if row.count(" | ") != 2 or "|  |" in row]


def test_what_has_no_places_stands_on_it_word_for_word() -> None:
    """Each in both languages; what has places is held to be drawn by the tests of the pseudo-locale."""
    text = html.unescape(re.sub(r"</?b>", "*", re.sub(r"</?code>", "`", page())))
    pairs = ((texts_of(one.id), texts_of(one.string)) for one in translated(Language.FRENCH) if one.id)
    plain = [both for english, french in pairs for both in zip(english, french, strict=True) if "{" not in both[0]]
    assert len(plain) > 100
    assert [] == [english for english, french in plain if english not in text or french not in text]
