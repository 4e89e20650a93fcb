"""Which language is spoken, and to whom; the sentences themselves are in `bot.speech`."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Language(enum.StrEnum):
    """What the bot speaks, as `LOCALE` names it."""

    ENGLISH = "en"
    FRENCH = "fr"


_spoken: ContextVar[Language] = ContextVar("spoken", default=Language.ENGLISH)


def language_of(slack_locale: str | None, otherwise: Language) -> Language:
    """The language of somebody's Slack, such as `fr-FR`; `otherwise` where the bot does not speak it."""
    code = (slack_locale or "").replace("_", "-").partition("-")[0].lower()
    return Language(code) if code in set(Language) else otherwise


def spoken() -> Language:
    """What is spoken here and now."""
    return _spoken.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak it until the end, in every task that begins meanwhile too."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)
