"""The laws' own books: what people really asked for, and what became of it, kept from the events alone.

Nothing here asks the ledger's tables or the bot's queries: they are what is checked.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.clock import DAY

if TYPE_CHECKING:
    from tests.laws.people import Asked, Crowd
    from tests.laws.processes import Change, EventRow


class End(enum.Enum):
    """What is known of an attempt."""

    OPEN = enum.auto()
    NOTHING = enum.auto()
    PAID = enum.auto()
    # A failure that a callback's token alone tells of.
    DOUBTED = enum.auto()


_NOTHING = frozenset({"rejected", "cancelled", "expired", "refused", "marked_unpaid"})
_PAID = frozenset({"completed", "marked_paid"})
_DECIDED = frozenset({"rejected", "cancelled", "expired"})


@dataclass(slots=True, eq=False)
class Try:
    """One attempt. Times in milliseconds since 1970."""

    entry: Entry
    number: int
    asked_by: str
    asked_at: int
    approvals: dict[str, int] = field(default_factory=dict)
    approved_at: int | None = None
    decided_at: int | None = None
    end: End = End.OPEN
    is_contradicted: bool = False
    paid_at: int | None = None
    one_was_enough: bool = True
    """When it was approved: by this amount, and by everything in `beside`."""
    beside: tuple[Try, ...] = ()
    """What counted for the same number within the 24 hours before it was approved."""

    @property
    def counts(self) -> bool:
        """Approved, and not known to have come to nothing."""
        return self.approved_at is not None and (self.end is not End.NOTHING or self.is_contradicted)

    @property
    def may_still_be_paid(self) -> bool:
        """Approved, and not known to be over; or LigdiCash contradicts what is known."""
        return self.is_contradicted or (self.approved_at is not None and self.end is End.OPEN)

    @property
    def concerns(self) -> bool:
        """Whether somebody who asks for the same should know of it."""
        return self.is_contradicted or self.end in {End.OPEN, End.PAID}


@dataclass(slots=True, eq=False)
class Entry:
    """One payout, as it was really asked for."""

    payout: str
    asked: Asked
    created_at: int
    concerns_since: int
    """Since when whoever asks for the same should know of it, if they should."""
    tries: list[Try] = field(default_factory=list)

    @property
    def current(self) -> Try:
        """The newest attempt."""
        return self.tries[-1]


class Books:
    """Every payout of a world."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self.entries: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Try]:
        return (each for entry in self.entries.values() for each in entry.tries)

    def of(self, event: EventRow) -> Try | None:
        """The attempt that an event is about."""
        entry = self.entries.get(event.payout or "")
        number = event.attempt or 0
        return entry.tries[number - 1] if entry is not None and 0 < number <= len(entry.tries) else None

    # What counts

    def day_total(self, moment: int, asked_by: str | None = None) -> int:
        """XOF that count on the team's calendar day of `moment`: of everybody, or of what one person asked for."""
        rules = self._crowd.world.rules
        day = rules.day(moment)
        return sum(
            each.entry.asked.amount
            for each in self
            if each.counts and asked_by in {None, each.asked_by} and rules.day(each.approved_at or 0) == day
        )

    def lately(self, entry: Entry, moment: int) -> tuple[Try, ...]:
        """What counts for the same number within the last 24 hours, besides that payout."""
        return tuple(
            each
            for each in self._beside(entry)
            if each.entry.asked.number == entry.asked.number and each.counts and (each.approved_at or 0) > moment - DAY
        )

    def needs_two(self, entry: Entry, moment: int) -> bool:
        """Whether two different people must approve it at that moment."""
        above = self._crowd.world.rules.second_approval_above
        total = entry.asked.amount + sum(each.entry.asked.amount for each in self.lately(entry, moment))
        if above is not None and total > above:
            return True
        asked_at = entry.current.asked_at
        return any(each.may_still_be_paid or (each.paid_at or 0) > asked_at for each in self.same(entry))

    def same(self, entry: Entry) -> Iterator[Try]:
        """Attempts of other payouts to the same number, or for the same order."""
        for each in self._beside(entry):
            if each.entry.asked.number == entry.asked.number or _same_order(each.entry.asked, entry.asked):
                yield each

    def repeated_by(self, asked: Asked, begin: int, end: int) -> list[Entry]:
        """Payouts to the same number within 24 hours, or ever for the same order, that stood from `begin` to `end`."""
        return [
            entry
            for entry in self.entries.values()
            if entry.concerns_since < begin
            and entry.current.concerns
            and (
                (entry.asked.number == asked.number and entry.created_at >= end - DAY)
                or _same_order(entry.asked, asked)
            )
        ]

    def undecided_of(self, requester: str, besides: AbstractSet[str]) -> int:
        """How many requests wait that this person asked for, or asked for again."""
        waiting = (
            each for each in self.entries.values() if each.current.asked_by == requester and each.payout not in besides
        )
        return sum(each.current.approved_at is None and each.current.end is End.OPEN for each in waiting)

    def _beside(self, entry: Entry) -> Iterator[Try]:
        return (each for each in self if each.entry is not entry)

    # What happens

    def take(self, change: Change) -> None:
        """Enter what was committed."""
        for event in change.events:
            if event.kind == "requested":
                self._open(event)
            elif event.kind == "asked_again" and (entry := self.entries.get(event.payout or "")) is not None:
                entry.tries.append(Try(entry, len(entry.tries) + 1, event.actor or "", event.at))
                entry.concerns_since = event.at
            elif (one := self.of(event)) is not None:
                self._enter(one, event, change)

    def _open(self, event: EventRow) -> None:
        asked = self._crowd.asked.get(str(event.data["reason"]))
        if asked is not None:
            entry = Entry(event.payout or "", asked, event.at, event.at)
            entry.tries.append(Try(entry, 1, asked.requester, event.at))
            self.entries[entry.payout] = entry

    def _enter(self, one: Try, event: EventRow, change: Change) -> None:
        if event.kind == "approved":
            self._approve(one, event, change)
        elif event.kind == "contradiction":
            if not one.concerns:
                one.entry.concerns_since = event.at
            one.is_contradicted = True
        elif event.kind in _NOTHING:
            one.end = End.NOTHING
        elif event.kind in _PAID:
            one.end, one.paid_at = End.PAID, event.at
        elif event.kind == "failed":
            one.end = End.NOTHING if event.data["by"] == "own token" else End.DOUBTED
        elif event.kind == "evidence_agrees" and one.end is End.DOUBTED:
            one.end = End.NOTHING
        if event.kind in _PAID | {"contradiction"}:
            self._void_beside(one.entry)
        if event.kind in _DECIDED and one.decided_at is None:
            one.decided_at = event.at

    def _void_beside(self, entry: Entry) -> None:
        """Whoever approved the same money before, and it is undecided, must approve it anew."""
        for each in self.same(entry):
            if each is each.entry.current and each.approved_at is None and each.end is End.OPEN:
                each.approvals.clear()

    def _approve(self, one: Try, event: EventRow, change: Change) -> None:
        if is_decided_by(event, change):
            one.beside = self.lately(one.entry, event.at)
            one.one_was_enough = not self.needs_two(one.entry, event.at)
            one.approved_at = one.decided_at = event.at
        one.approvals[event.actor or ""] = event.at


def is_decided_by(event: EventRow, change: Change) -> bool:
    """Whether it was with this approval that the payout became approved."""
    return change.states.get(event.payout or "", ("", ""))[1].startswith("approved ")


def _same_order(one: Asked, other: Asked) -> bool:
    return one.order_number is not None and one.order_number == other.order_number
