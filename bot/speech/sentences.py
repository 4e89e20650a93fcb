"""Sentences as values: written in English where they are named, spoken in whatever language is spoken at the time."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations

from bot.language import Language, spoken


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with named places; `many` is its plural, chosen by the number that goes into the place `by`.

    No `str` on purpose: it has no words before it is known who listens.
    """

    english: str
    many: str | None = None
    by: str = ""

    def format(self, **places: Place) -> str:
        """The sentence in the language that is spoken now, its places filled."""
        return self._spoken(places.get(self.by)).format(**places)

    def __str__(self) -> str:
        return self._spoken(None)

    def _spoken(self, number: Place | None) -> str:
        language = spoken()
        if self.many is not None:
            count = int(str(number or 0))
            if language is Language.ENGLISH:
                return self.english if count == 1 else self.many
            return catalogue(language).ngettext(self.english, self.many, count)
        return self.english if language is Language.ENGLISH else catalogue(language).gettext(self.english)


Place = str | int | Sentence


def sentence(english: str) -> Sentence:
    """Marks a sentence, so that it is found and put into the catalogues."""
    return Sentence(english)


def plural(one: str, many: str, by: str) -> Sentence:
    """The same for one whose words depend on a number."""
    return Sentence(one, many, by)


_CATALOGUES: dict[Language, NullTranslations] = {}


def catalogue(language: Language) -> NullTranslations:
    """The translations into a language other than English, read when it is first spoken."""
    if language not in _CATALOGUES:
        # Babel takes longer to import than all the rest of bot.speech, and who speaks English never needs it.
        from bot.speech.locales import read_catalogue  # noqa: PLC0415

        _CATALOGUES[language] = read_catalogue(language)
    return _CATALOGUES[language]
