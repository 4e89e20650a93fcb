"""The records that the bank keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.sandbox.ligdicash.errors import Endpoint


class Status(StrEnum):
    """How a payout stands; also read from `complete` and from LigdiCash's other spelling of a failure."""

    PENDING = "pending"
    COMPLETED = "completed"
    NOTCOMPLETED = "notcompleted"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return {"complete": cls("completed"), "nocompleted": cls("notcompleted")}.get(str(value))


@dataclass(frozen=True, slots=True)
class Operator:
    """A mobile money operator as answers name it."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """What a create request asked for, checked; `amount` in XOF."""

    endpoint: Endpoint
    customer: str
    amount: int
    description: str
    callback_url: str
    top_up_wallet: int | None
    custom_data: Mapping[str, str]

    @property
    def transaction_id(self) -> str:
        """What the duplicate guard of customer payouts looks at."""
        return self.custom_data.get("transaction_id", "")

    @property
    def external_id(self) -> str:
        """Built as LigdiCash does: the values of all keys whose name contains `id`, joined."""
        return "".join(value for key, value in self.custom_data.items() if "id" in key.lower())


@dataclass(frozen=True, slots=True)
class Payout:
    """An accepted payout. `paid` never goes back: money that left stays counted, whatever is said later.

    `tokens` are all that name it, the creation's first; `created` and `paid_at` in milliseconds since 1970.
    """

    number: int
    token: str
    order: Order
    operator: Operator
    created: int
    status: Status = Status.PENDING
    word: str = Status.PENDING
    paid: bool = False
    tokens: tuple[str, ...] = ()
    paid_at: int | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Customer or merchant payout."""
        return self.order.endpoint

    @property
    def customer(self) -> str:
        """The beneficiary's number."""
        return self.order.customer

    @property
    def amount(self) -> int:
        """In XOF."""
        return self.order.amount

    @property
    def transaction_id(self) -> str:
        """As given in `custom_data`; empty when none was."""
        return self.order.transaction_id

    @property
    def callback_url(self) -> str:
        """As given, good or bad."""
        return self.order.callback_url


@dataclass(frozen=True, slots=True)
class Create:
    """One create request as received: `body` is its JSON, None when it was none.

    `headers` holds all but the secret ones, names in lower case. `outcome` is `00`, `CodeNN`, or the name of
    the reply when that was no good answer: `HANG`, `DROP`, `CRASH` and so on. `number` is that of the payout
    that came of it, None when it was not accepted. `received` in milliseconds since 1970.
    """

    endpoint: Endpoint
    body: object
    headers: Mapping[str, str]
    outcome: str
    received: int = 0
    transaction_id: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One status call as received, by `token`; `number` is the payout's, None for a token of nobody.

    `said` is the status word that was answered, else `CodeNN` or the name of the reply; `at` in milliseconds.
    """

    at: int
    token: str
    number: int | None
    said: str


class Paid(NamedTuple):
    """How many payouts were paid, and their sum in XOF."""

    times: int
    amount: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What the bank knows of one transaction_id: what it received, and what it accepted of that."""

    transaction_id: str
    creates: tuple[Create, ...]
    payouts: tuple[Payout, ...]

    @property
    def paid(self) -> Paid:
        """What left for it."""
        return sum_of(self.payouts)

    @property
    def tokens(self) -> frozenset[str]:
        """All tokens by which it can be asked about, or once could."""
        return frozenset(token for payout in self.payouts for token in payout.tokens)


def sum_of(payouts: Iterable[Payout]) -> Paid:
    """Number and sum of those that were paid."""
    amounts = [payout.amount for payout in payouts if payout.paid]
    return Paid(len(amounts), sum(amounts))
