"""A ledger without a bot: a real file, a clock that stands still, ids that repeat."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bot.clock import Ids
from storage.connection import open_ledger, open_reader
from storage.ledger import Ledger, Transaction
from storage.payout import Payout, Request, Way
from storage.writer import InlineWriter, carry_out

T = TypeVar("T")

REQUEST = Request(
    number="22670000000",
    amount=5000,
    way=Way.WALLET,
    reason="refund",
    order_reference="ORD-7",
    requester="U0AMINATA",
    requester_name="Aminata",
    channel="C0SUPPORT",
)


@dataclass
class StillClock:
    """A clock that goes on only when it is told to."""

    milliseconds: int = 1_800_000_000_000

    def now(self) -> int:
        """Milliseconds since 1970 in UTC."""
        return self.milliseconds

    def steady(self) -> float:
        """The same in seconds."""
        return self.milliseconds / 1000


class Book:
    """A ledger without a bot: `write` carries out one move, `rows` reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = StillClock()
        self.ids = Ids(random.Random(7))  # noqa: S311 - the same ids each time
        self.connection = open_ledger(path)
        self.ledger = Ledger(open_reader(path), InlineWriter(self.connection), self.clock, self.ids)

    def write(self, move: Callable[[Transaction], T]) -> T:
        """What `move` returned; what it raised is raised."""
        result = carry_out(self.connection, [lambda raw: move(Transaction(raw, self.clock.now(), self.ids))])[0]
        if isinstance(result, BaseException):
            raise result
        return result  # type: ignore[no-any-return]  # carry_out hands back what this very move returned

    def file(self, **changes: str | int) -> Payout:
        """A new payout."""
        return self.write(lambda tx: tx.file(replace(REQUEST, **changes), due_at=None))  # type: ignore[arg-type]  # by name

    def rows(self, query: str, *values: str | int) -> list[tuple[str | int | None, ...]]:
        """What is committed."""
        return [tuple(row) for row in self.ledger.reader.execute(query, values)]
