"""The records that the bank keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """An accepted payout. `paid` never goes back: money that left stays counted, whatever is said later."""

    number: int
    token: str
    order: Order
    operator: Operator
    created: int
    status: Status = Status.PENDING
    word: str = Status.PENDING
    paid: bool = False

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
