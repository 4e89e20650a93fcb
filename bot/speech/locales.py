"""What Babel knows of languages other than English: their catalogues, and how numbers, money and dates are written.

Imported only when such a language is spoken.
"""

from __future__ import annotations

import io
from datetime import date
from gettext import GNUTranslations
from importlib import resources

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from bot.language import Language


def read_catalogue(language: Language) -> GNUTranslations:
    """The translations as gettext takes them; compiled in memory, so that nothing can be older than its source."""
    text = (resources.files("bot.speech") / "catalogues" / f"{language}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(text), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def number(value: int, language: Language) -> str:
    """In groups that no line break separates."""
    return format_decimal(value, locale=language)


def francs(xof: int, language: Language) -> str:
    """With the currency's name, which no line break separates from the number either."""
    return format_currency(xof, "XOF", locale=language)


def day(value: date, language: Language) -> str:
    """Such as `24 nov. 2026`."""
    return format_date(value, "d MMM y", locale=language)
