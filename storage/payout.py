"""A payout's life: its states, which may follow which, and the records passed around. Imports nothing of ours."""

from __future__ import annotations

import enum
import hashlib
import unicodedata
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
        # To unconfirmed only when a ledger is restored: what the lost one sent since is not known.
        State.APPROVED: frozenset({State.SENDING, State.CANCELLED, State.EXPIRED, State.UNCONFIRMED}),
        # Back to approved only on proof that nothing left: the same attempt is then sent again.
        State.SENDING: frozenset({State.INITIATED, State.REFUSED, State.UNCONFIRMED, State.APPROVED}),
        State.INITIATED: frozenset({State.COMPLETED, State.FAILED}),
        State.UNCONFIRMED: frozenset({State.INITIATED, State.COMPLETED, State.FAILED, State.REFUSED}),
        # Asked again: a new attempt, approved anew by all rules.
        State.REFUSED: frozenset({State.REQUESTED}),
        State.FAILED: frozenset({State.REQUESTED}),
        State.COMPLETED: frozenset(),
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
    FAILED_BY_CALLBACK = "failed_by_callback"
    COMPLETED = "completed"
    FOUND_UNPAID = "found_unpaid"
    FOUND_PAID = "found_paid"


# After one of these a new attempt cannot pay twice. A failure known by a callback's token alone is not among them.
NOTHING_PAID = frozenset({Outcome.NEVER_SENT, Outcome.REFUSED, Outcome.FAILED, Outcome.FOUND_UNPAID})


class Unsent(enum.StrEnum):
    """Why what was approved ended without being sent, as its event says."""

    TOO_OLD = "approval too old"
    CLOCK_SET_BACK = "the clock was set back: how old the approval is cannot be told"
    PAID_BEFORE = "an earlier attempt may have been paid"
    CHANGED = "what was approved is not what would be sent"
    ABOVE_MAX = "above the largest amount of now"
    NOT_SERVED = "its country is not served now"
    NO_APPROVER = "who approved it is no approver now"
    NEEDS_TWO = "it takes two approvals now"
    TEAM_LIMIT = "above the team's limit of now"
    OWN_LIMIT = "above the requester's limit of now"
    OTHER_HOST = "approved for another LigdiCash"
    CONTRADICTED = "LigdiCash contradicts what is recorded of another payout to this person, or for this order"


class EventKind(enum.StrEnum):
    """What can be said of a payout, or of somebody's try, once it is recorded."""

    REQUESTED = "requested"
    APPROVED = "approved"
    APPROVALS_VOIDED = "approvals_voided"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    ASKED_AGAIN = "asked_again"
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
    POINTED_OUT = "pointed_out"
    STATUS_SILENT = "status_silent"
    STATUS_BACK = "status_back"
    OPEN_ELSEWHERE = "open_elsewhere"
    EVIDENCE_AGREES = "evidence_agrees"
    EVIDENCE_MISMATCH = "evidence_mismatch"
    CONTRADICTION = "contradiction"
    PROPOSED = "proposed"
    PROPOSAL_VOIDED = "proposal_voided"
    MARKED_PAID = "marked_paid"
    MARKED_UNPAID = "marked_unpaid"
    PAUSED = "paused"
    RESUME_PROPOSED = "resume_proposed"
    RESUMED = "resumed"
    HELD = "held"
    RELEASED = "released"
    RESTORED = "restored"
    ANSWERED = "answered"
    REMINDED = "reminded"
    LIMIT_REFUSED = "limit_refused"
    REQUEST_REFUSED = "request_refused"
    DECISION_REFUSED = "decision_refused"
    BRAKE_REFUSED = "brake_refused"
    DECISION_TOO_LATE = "decision_too_late"
    ANSWER_RECORDED = "answer_recorded"
    DELIVERY_FAILED = "delivery_failed"
    REFUSED_AGAIN = "refused_again"


class Place(enum.StrEnum):
    """Where an event is told; the card, the question, and a proposal that is over are edited in place."""

    CARD = "card"
    QUESTION = "question"
    THREAD = "thread"
    PROPOSAL = "proposal"
    AUDIT = "audit"
    PRIVATE = "private"
    DIRECT = "direct"


class Sort(enum.StrEnum):
    """What kind of thing waits in the inbox."""

    REQUEST = "request"
    APPROVE = "approve"
    ASK_TO_REJECT = "ask_to_reject"
    REJECT = "reject"
    CANCEL = "cancel"
    STOP = "stop"
    ASK_AGAIN = "ask_again"
    ASK_DIRECTLY = "ask_directly"
    ASK_TO_RESOLVE = "ask_to_resolve"
    PROPOSE = "propose"
    CONFIRM = "confirm"
    PAUSE = "pause"
    RESUME = "resume"
    TRY_NOW = "try_now"


class Hold(enum.StrEnum):
    """What keeps approved payouts from leaving: the brake holds all, a refusal of the account holds one endpoint."""

    ALL = "all"
    CUSTOMER = "customer"
    MERCHANT = "merchant"


class Finding(enum.StrEnum):
    """What two people say became of an attempt."""

    PAID = "paid"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, checked but not yet decided. `amount` in XOF, `number` as digits with calling code.

    `source_ts` and `source_thread_ts` say which message of the channel it was made from, if it was made from one.
    """

    number: str
    amount: int
    way: Way
    reason: str
    order_reference: str | None
    requester: str
    requester_name: str
    channel: str
    follows: str | None = None
    knows_of: str | None = None
    source_ts: str | None = None
    source_thread_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Brake:
    """A hold in force: who or what put it there, why and since when; `resume_by` proposed to lift it."""

    hold: Hold
    person: str | None
    reason: str
    since: int
    resume_by: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One person's finding about an attempt, waiting for another to confirm just this one (`event` names it).

    `message_ts` is where it stands in the thread, once Slack took it.
    """

    event: int
    person: str
    finding: Finding
    reason: str
    at: int
    message_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What one beneficiary was approved lately, without the payout that is looked at; `total` in XOF.

    `may_still_be_paid` says that some of it, or something for the same order, is approved and not yet known to be over;
    `paid_meanwhile` that something was completed to this person, or for this order, since the request. `unpaid_but` is
    LigdiCash's newest word on an earlier attempt of the same payout: no final one, though two people found it unpaid.
    `unknown_since` is when the copy was made that is served now, if this was asked for before that.
    """

    times: int
    total: int
    may_still_be_paid: bool
    paid_meanwhile: bool
    unpaid_but: str | None = None
    unknown_since: int | None = None


NOTHING_COUNTED = Counted(times=0, total=0, may_still_be_paid=False, paid_meanwhile=False)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A payout to the same beneficiary, or for the same order, that somebody should know of."""

    payout: str
    state: State
    amount: int
    created_at: int
    channel: str
    card_ts: str | None
    same_order: bool
    is_contradicted: bool
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Repeated:
    """A payout that another may repeat, and where its card is; a ledger that was restored may not know of it."""

    payout: str
    channel: str
    card_ts: str | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A request that an approver rejected: by whom, when and why; whoever decides on the like of it should know."""

    payout: str
    amount: int
    channel: str
    card_ts: str | None
    same_order: bool
    decided_by: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at paying; everything that can happen twice is keyed by it. Times in milliseconds since 1970.

    `word` is LigdiCash's newest word on it that is no final status: LigdiCash has it, and it may still be paid.
    `host` is where LigdiCash's API was when it was approved.
    """

    payout: str
    number: int
    transaction_id: str
    digest: str
    outcome: Outcome
    requested_at: int
    reminders: int
    needed: int | None
    approved_at: int | None
    sent_at: int | None
    lease_owner: str | None
    lease_until: int | None
    tries: int
    answer_kind: AnswerKind | None
    answer_code: str | None
    answer_note: str | None
    token: str | None
    asked_by: str
    asked_at: int | None
    polls: int
    silent_since: int | None
    pointed_out_at: int | None
    contradicted: str | None
    word: str | None
    found_by: str | None
    found_reason: str | None
    host: str | None

    def belongs_to(self, host: str) -> bool:
        """Whether LigdiCash at that host is meant to pay it, as far as is known: old ledgers do not say."""
        return self.host in {None, host}


@dataclass(frozen=True, slots=True)
class Payout:
    """One row of the ledger with its beneficiary's number. `amount` in XOF, times in milliseconds since 1970."""

    id: str
    state: State
    attempt: int
    beneficiary: int
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
    follows: str | None
    contradiction: str | None
    source_ts: str | None
    source_thread_ts: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A payout with its current attempt, those who approved that attempt, and what holds it: all that a card shows.

    `found_unpaid_before` is two people's word on an earlier attempt; LigdiCash has not said so. `relatives` are payouts
    that follow it, that it follows, or that follow the same one, and that wait, may be paid or were: while there is
    one, the money is not asked for once more. `repeats` is what it may repeat, as those were told who asked for it and
    who approved it: it stays when everything is decided.
    """

    payout: Payout
    attempt: Attempt
    approvers: tuple[str, ...]
    brake: Brake | None
    proposal: Proposal | None
    may_follow: bool
    found_unpaid_before: bool
    counted: Counted
    earlier: tuple[Earlier, ...]
    rejected: tuple[Rejected, ...]
    repeats: tuple[Repeated, ...]
    unsent: Unsent | None
    relatives: tuple[Earlier, ...]

    @property
    def asked_by(self) -> frozenset[str]:
        """Who asked for this attempt: none of them decides on it."""
        return frozenset({self.payout.requester, self.attempt.asked_by})


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
    """One place an event must reach: `channel` is a channel's id or, for direct messages, a person's.

    `payout` is the one whose card or question is meant, where the event is not that payout's own.
    """

    place: Place
    channel: str
    person: str | None = None
    payout: str | None = None


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
class Waiting:
    """As much of a delivery as decides whose turn it is; `message_ts` is the message it edits, if it edits one."""

    id: int
    place: Place
    payout: str | None
    due_at: int
    message_ts: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class RepeatedRefusal:
    """A refusal that was met `again` so many times; the rest is what its event says."""

    event: int
    kind: EventKind
    person: str
    payout: str | None
    attempt: int | None
    data: Mapping[str, str | int | None]
    again: int


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A submission or click, stored before it was acknowledged. `payload` is what its sort says."""

    id: int
    sort: Sort
    person: str
    payload: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as LigdiCash sent it, with what could be read from it."""

    id: int
    payout: str
    attempt: int
    token: str | None
    status: str | None
    received_at: int


# What people write into a field that may stay empty, in English and French.
NO_ORDER = frozenset({"none", "no", "na", "nil", "null", "nothing", "néant", "neant", "non", "aucun", "aucune", "rien"})


def order_key(order_reference: str | None) -> str | None:
    """What two spellings of one order have in common: letters and digits, in one case and one width.

    None where there is no order, or only a word for that.
    """
    if order_reference is None:
        return None
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", order_reference).casefold())
    key = "".join(character for character in plain if character.isalnum())
    return None if key in NO_ORDER else key or None


def digest(*, salt: bytes, number: str, amount: int, way: Way) -> str:
    """What an approval stands for: 64 hexadecimal digits of number, amount and way.

    Salted by the beneficiary's own salt, so that a number cannot be found from a digest once both are forgotten.
    """
    return hashlib.sha256(salt + f"|{number}|{amount}|{way}".encode()).hexdigest()
