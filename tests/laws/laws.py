"""What must hold, always: one class a law, held against LigdiCash's books, Slack's screens and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from tests.laws.processes import Change, Life
    from tests.laws.provider import Leaving
    from tests.laws.world import World


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that was broken, and how."""

    law: str
    what: str

    def __str__(self) -> str:
        return f"{self.law}: {self.what}"


class Law:
    """Asked at every commit, whenever a create request leaves, and at the end; answers with what is broken.

    `number` is the law's in the README.
    """

    name: ClassVar[str]
    number: ClassVar[int]

    def __init__(self, world: World) -> None:
        self.world = world

    def at_commit(self, life: Life, change: Change) -> Iterable[Violation]:  # noqa: ARG002 - most laws have nothing to say
        """Something was just committed."""
        return ()

    def at_leaving(self, leaving: Leaving) -> Iterable[Violation]:  # noqa: ARG002
        """The first byte of a create request leaves now."""
        return ()

    def before_replays(self) -> None:
        """Everything is settled; everything will be said once more."""

    def at_end(self) -> Iterable[Violation]:
        """Nothing happens any more."""
        return ()

    def broken(self, what: str) -> Violation:
        """This law, broken."""
        return Violation(self.name, what)

    def at(self, milliseconds: int) -> str:
        """A moment, as the histories write it."""
        return self.world.clock.written(milliseconds)

    def rows(self, query: str, *values: str | int) -> Iterator[dict[str, str | int | None]]:
        """What the ledger holds, read from outside of every process."""
        for row in self.world.eye.execute(query, values).fetchall():
            yield dict(row)
