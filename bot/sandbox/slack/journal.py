"""What everyone saw, in order: read by whoever looks at a failed test, and told by the demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, and what was on the screen then."""

    at: int
    """Milliseconds since 1970."""
    where: str
    what: str
    seen: tuple[str, ...] = ()

    def __str__(self) -> str:
        moment = datetime.fromtimestamp(self.at / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        head = f"{moment}  {self.where:<14} {self.what}"
        return "\n".join([head, *(f"{'':<30}| {line}" for text in self.seen for line in text.splitlines())])


class Journal:
    """A list that is only added to."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def note(self, entry: Entry) -> None:
        """Add what happened."""
        self.entries.append(entry)

    def __str__(self) -> str:
        return "\n".join(map(str, self.entries)) or "(nothing happened)"
