"""What can happen to a request and to a payout, as plain values: a plan is one payout's whole life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from math import inf

from bot.sandbox.ligdicash.errors import Trouble
from bot.sandbox.ligdicash.payouts import Status


class Reply(Enum):
    """What a request gets back in place of, or as, a good answer."""

    NORMAL = "token"
    HANG = "no answer"
    DROP = "hangs up"
    CRASH = "HTTP 500"
    UNAVAILABLE = "HTTP 503"
    NO_TOKEN = "no token"  # noqa: S105 - says that there is none
    GARBLED = "broken JSON"
    CUT = "breaks off"
    REFUSED = "connection refused"
    UNREACHABLE = "connect timeout"


# How a request fails: in a way of its own, or with the error code that says this trouble.
Mishap = Reply | Trouble

# With these the request never arrives: the bank knows nothing of it.
NEVER_RECEIVED = frozenset({Reply.REFUSED, Reply.UNREACHABLE})

# These are answers of a payout.
NO_OUTAGE = frozenset({Reply.NORMAL, Reply.NO_TOKEN})


class Calls(StrEnum):
    """Which requests an outage is for."""

    ALL = "all"
    CREATES = "creates"
    CUSTOMER = "customer"
    MERCHANT = "merchant"
    STATUS = "status"


class Tell(StrEnum):
    """How a callback goes out; the value says what is unusual about it."""

    TWINS = "as usual"
    ONE = "one post only"
    AGAIN = "repeated"
    FOREIGN = "another payout's token"
    CUT = "cut short"
    BROKEN = "broken"
    MISLABELLED = "wrong content type"
    LATIN1 = "Latin-1"
    EMPTY = "empty"
    HUGE = "huge"


GARBLED = (Tell.CUT, Tell.BROKEN, Tell.MISLABELLED, Tell.LATIN1, Tell.EMPTY, Tell.HUGE)


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a payout's life; without `status` nothing moves, and `word` is what a callback claims.

    With `status`, `word` is what is said instead of the status's own name, by callbacks and status calls.
    """

    after: float
    status: Status | None
    tell: Tell | None = Tell.TWINS
    word: str = ""


@dataclass(frozen=True, slots=True)
class Ailment:
    """What status calls for the creation's token meet, from `after` the acceptance on, for so long."""

    mishap: Mishap
    after: float = 0.0
    lasts: float = inf


PAID = (Step(1, Status.COMPLETED),)


@dataclass(frozen=True, slots=True)
class Plan:
    """One row: with `trouble`, its code is answered; `accepts` says whether a payout comes to exist.

    Times are in the bank's delay, a second unless said otherwise; those of `scaled` plans in seconds.
    """

    digits: str
    says: str
    trouble: Trouble | None = None
    reply: Reply = Reply.NORMAL
    accepts: bool = True
    answers_after: float = 0.0
    course: tuple[Step, ...] = PAID
    ailment: Ailment | None = None

    @property
    def calls_back_first(self) -> bool:
        """Whether a callback goes out before the create request is answered."""
        return any(step.tell and step.after < self.answers_after for step in self.course)

    @property
    def ends(self) -> bool:
        """Whether it ever gets a final status."""
        return any(step.status and step.status is not Status.PENDING for step in self.course)

    def scaled(self, delay: float) -> Plan:
        """The same with its times in seconds."""
        ailment = self.ailment
        if ailment is not None:
            ailment = Ailment(ailment.mishap, ailment.after * delay, ailment.lasts * delay)
        return replace(
            self,
            answers_after=self.answers_after * delay,
            course=tuple(replace(step, after=step.after * delay) for step in self.course),
            ailment=ailment,
        )
