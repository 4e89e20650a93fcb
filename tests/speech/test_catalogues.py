"""The catalogues hold every sentence, with the same places, emoji and commands as in English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog

from bot.language import Language
from bot.speech.sentences import _CATALOGUES, catalogue
from handlers.payout_command import FRENCH
from tests.catalogue import TRANSLATED, extracted, path_of, renewed, text_of, texts_of, translated, untranslated

_PLACE = re.compile(r"\{(\w*)\}")
_CODE = re.compile(r"`([^`]+)`")
_BREAKS = re.compile(r" [:;!?»]|« ")
_DRESSED = re.compile(r"\*[^*\n]+\*")


def pairs(language: Language) -> Iterator[tuple[str, str]]:
    """Each English text with its translation; where there is a plural, both of both."""
    for message in translated(language):
        if message.id:
            yield from zip(texts_of(message.id), texts_of(message.string), strict=True)


def content_of(found: Catalog) -> list[tuple[object, object, frozenset[str]]]:
    """What a catalogue says, however its file is written."""
    return [(message.id, message.string, frozenset(message.flags)) for message in found if message.id]


@pytest.mark.parametrize("language", TRANSLATED)
def test_it_is_what_the_code_says_now(language: Language) -> None:
    """Where it is not: `python -m tests.catalogue --write`, then write what is missing."""
    stored = translated(language)
    assert content_of(renewed(language)) == content_of(stored)
    assert [message.id for message in extracted() if message.id] == [message.id for message in stored if message.id]


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_untranslated_fuzzy_or_obsolete(language: Language) -> None:
    """Every sentence has its words, and each was looked at since the English one changed."""
    stored = translated(language)
    assert [] == [message.id for message in untranslated(stored)]
    assert [] == [message.id for message in stored if message.fuzzy and message.id]
    assert {} == dict(stored.obsolete)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_places_are_the_same(language: Language) -> None:
    """What stands in one language stands in the other, and nothing is filled in by position."""
    for english, other in pairs(language):
        assert sorted(_PLACE.findall(english)) == sorted(_PLACE.findall(other)), english
        assert "" not in _PLACE.findall(other), other


@pytest.mark.parametrize("language", TRANSLATED)
def test_emoji_and_commands_are_the_same(language: Language) -> None:
    """The sign that a sentence begins with, and what is to be typed: a command in the words of either language."""
    for english, other in pairs(language):
        assert emoji_before(english) == emoji_before(other), english
        typed, in_english = ([command_of(code) for code in _CODE.findall(text)] for text in (other, english))
        assert typed == in_english, english
        assert len(_DRESSED.findall(english)) == len(_DRESSED.findall(other)), english


def emoji_before(text: str) -> str:
    """The signs before a sentence's first word that are no quotation marks and no Slack formatting."""
    signs = re.match(r"[^\w{<`]*", text)
    assert signs is not None
    return "".join(sign for sign in signs[0] if sign not in "“«*\u00a0 (…\n")


def command_of(code: str) -> str:
    """`/payout pause` of `/payout pause REASON` and of `/payout suspendre MOTIF`; anything else as it is."""
    first, _, rest = code.partition(" ")
    if first != "/payout":
        return code
    word = rest.partition(" ")[0]
    return f"{first} {FRENCH.get(word, word)}" if word.islower() else first


def test_no_french_line_breaks_before_its_punctuation() -> None:
    """Blanks before `: ; ! ?` and within « » do not break."""
    assert [] == [other for _, other in pairs(Language.FRENCH) if _BREAKS.search(other)]


def test_french_calls_what_is_initiated_not_paid_and_what_is_unconfirmed_unsure() -> None:
    """Wherever English says it: nobody may read an initiated or unconfirmed payout as paid."""
    for english, other in pairs(Language.FRENCH):
        assert ("not yet paid" in english) == ("pas encore payé" in other), english
        assert (re.search(r"(?i)unconfirmed", english) is None) == ("non confirmé" not in other.lower()), english
        if re.search(r"(?i)may have been paid or not", english) and "unconfirmed" in english.lower():
            assert "peut-être payé, peut-être pas" in other


def test_french_has_one_word_for_one_thing() -> None:
    """A token is a token, sending is resumed and never started over, and what people found they declared."""
    others = re.compile(r"(?i)jeton|relanc|marqué")
    assert [] == [other for _, other in pairs(Language.FRENCH) if others.search(other)]


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_written_is_read(language: Language) -> None:
    """The bot reads the same file as the tests, in memory; and writing it again changes nothing."""
    _CATALOGUES.pop(language, None)
    spoken = catalogue(language)
    for message in translated(language):
        if message.id and isinstance(message.id, str):
            assert message.string == spoken.gettext(message.id)
    assert path_of(language).read_text(encoding="utf-8") == text_of(language, renewed(language))
