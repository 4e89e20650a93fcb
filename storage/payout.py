"""A payout's life: its states, which may follow which, and the records that are passed around. Pure; imports nothing of ours."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


class State(enum.StrEnum):
    """Where a payout stands."""

    REQUESTED = "requested"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    APPROVED = "approved"
    SENDING = "sending"
    INITIATED = "initiated"
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    COMPLETED = "completed"
    FAILED = "failed"


TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.REQUESTED: frozenset({State.APPROVED, State.REJECTED, State.CANCELLED, State.EXPIRED}),
        State.APPROVED: frozenset({State.SENDING, State.CANCELLED, State.EXPIRED}),
        # Back to approved only on proof that nothing left: the same attempt is then sent again.
        State.SENDING: frozenset({State.INITIATED, State.REFUSED, State.UNCONFIRMED, State.APPROVED}),
        State.INITIATED: frozenset({State.COMPLETED, State.FAILED}),
        State.UNCONFIRMED: frozenset({State.INITIATED, State.COMPLETED, State.FAILED, State.REFUSED}),
        State.REFUSED: frozenset(),
        State.COMPLETED: frozenset(),
        State.FAILED: frozenset(),
        State.REJECTED: frozenset(),
        State.CANCELLED: frozenset(),
        State.EXPIRED: frozenset(),
    }
)


class Endpoint(enum.StrEnum):
    """Which of LigdiCash's two payouts is asked; the same error code means different things for each."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"


class Way(enum.StrEnum):
    """How the money arrives."""

    WALLET = "wallet"
    MOBILE_THROUGH_WALLET = "mobile_through_wallet"
    MOBILE_DIRECTLY = "mobile_directly"

    @property
    def endpoint(self) -> Endpoint:
        """The payout that brings the money this way."""
        return Endpoint.MERCHANT if self is Way.MOBILE_DIRECTLY else Endpoint.CUSTOMER


class AnswerKind(enum.StrEnum):
    """What a create request came to."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NEVER_LEFT = "never_left"
    UNCERTAIN = "uncertain"


class Outcome(enum.StrEnum):
    """What became of an attempt; `OPEN` may still be paid."""

    OPEN = "open"
    NEVER_SENT = "never_sent"
    REFUSED = "refused"
    FAILED = "failed"
    COMPLETED = "completed"
    FOUND_UNPAID = "found_unpaid"
    FOUND_PAID = "found_paid"


# After one of these a new attempt cannot pay twice.
NOTHING_PAID = frozenset({Outcome.NEVER_SENT, Outcome.REFUSED, Outcome.FAILED, Outcome.FOUND_UNPAID})


class EventKind(enum.StrEnum):
    """What can be said of a payout, or of somebody's try, once it is recorded."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENDING = "sending"
    NOT_SENT = "not_sent"
    INITIATED = "initiated"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CALLBACK_RECEIVED = "callback_received"
    STILL_PENDING = "still_pending"
    EVIDENCE_MISMATCH = "evidence_mismatch"
    CONTRADICTION = "contradiction"
    REQUEST_REFUSED = "request_refused"
    DECISION_REFUSED = "decision_refused"
    DECISION_TOO_LATE = "decision_too_late"
    ANSWER_RECORDED = "answer_recorded"
    DELIVERY_FAILED = "delivery_failed"


class Place(enum.StrEnum):
    """Where an event is told; the card and the question are edited in place."""

    CARD = "card"
    QUESTION = "question"
    THREAD = "thread"
    AUDIT = "audit"
    PRIVATE = "private"
    DIRECT = "direct"


class Sort(enum.StrEnum):
    """What kind of thing waits in the inbox."""

    REQUEST = "request"
    APPROVE = "approve"
    ASK_TO_REJECT = "ask_to_reject"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, checked but not yet decided. `amount` in XOF, `number` as digits with calling code."""

    number: str
    amount: int
    way: Way
    reason: str
    order_reference: str | None
    requester: str
    requester_name: str
    channel: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at paying; everything that can happen twice is keyed by it. Times in milliseconds since 1970."""

    payout: str
    number: int
    transaction_id: str
    digest: str
    outcome: Outcome
    approved_at: int | None
    sent_at: int | None
    lease_owner: str | None
    lease_until: int | None
    tries: int
    answer_kind: AnswerKind | None
    answer_code: str | None
    answer_note: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class Payout:
    """One row of the ledger with its beneficiary's number. `amount` in XOF, times in milliseconds since 1970."""

    id: str
    state: State
    attempt: int
    number: str
    amount: int
    way: Way
    reason: str
    order_reference: str | None
    requester: str
    requester_name: str
    channel: str
    card_ts: str | None
    question_ts: str | None
    decided_by: str | None
    decision_reason: str | None
    created_at: int
    changed_at: int
    due_at: int | None
    polls: int
    asked_at: int | None
    contradiction: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A payout with its current attempt and those who approved that attempt: all that a card shows."""

    payout: Payout
    attempt: Attempt
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the chained history. `data` never holds a beneficiary's number or a whole token."""

    id: int
    at: int
    kind: EventKind
    payout: str | None
    attempt: int | None
    actor: str | None
    data: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Address:
    """One place an event must reach: `channel` is a channel's id or, for direct messages, a person's."""

    place: Place
    channel: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one place."""

    id: int
    event: Event
    place: Place
    channel: str
    person: str | None
    payout: str | None
    posting: bool
    tries: int
    due_at: int


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A submission or click, stored before it was acknowledged. `payload` is what its sort says."""

    id: int
    sort: Sort
    person: str
    payload: str
    received_at: int
    tries: int


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as LigdiCash sent it, with what could be read from it."""

    id: int
    payout: str
    attempt: int
    token: str | None
    status: str | None
    received_at: int


def digest(*, salt: bytes, number: str, amount: int, way: Way) -> str:
    """What an approval stands for: 64 hexadecimal digits of number, amount and way.

    Salted by the beneficiary's own salt, so that a number cannot be found from a digest once both are forgotten.
    """
    return hashlib.sha256(salt + f"|{number}|{amount}|{way}".encode()).hexdigest()
