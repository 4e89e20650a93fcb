"""What a deliberate break of the bot is: a sentence, the law that it must turn red, and what is changed in the code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """In this function (`module:Class.function`), one text in place of another."""

    where: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Break:
    """What is done to the bot, and the number of the law that must notice."""

    law: int
    says: str
    edits: tuple[Edit, ...]


def one(law: int, says: str, where: str, old: str, new: str) -> Break:
    """A break in one place."""
    return Break(law, says, (Edit(where, old, new),))
