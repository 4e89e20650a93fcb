"""What chance brings, drawn from one source: to each request, to each payout's life, to each day."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

from bot.sandbox.ligdicash.errors import CODES, Endpoint, Trouble
from bot.sandbox.ligdicash.payouts import Status
from bot.sandbox.ligdicash.plans import GARBLED, Ailment, Calls, Mishap, Plan, Reply, Step, Tell

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

# Seconds.
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

_UNACCEPTED: Sequence[Mishap] = (
    Reply.REFUSED,
    Reply.UNREACHABLE,
    Reply.UNAVAILABLE,
    Reply.CRASH,
    Reply.HANG,
    Reply.DROP,
    Reply.GARBLED,
    Trouble.PROCESSING,
    Trouble.API,
)
_LOST_ANSWER: Sequence[Mishap] = (
    Reply.HANG,
    Reply.DROP,
    Reply.CUT,
    Reply.CRASH,
    Reply.NO_TOKEN,
    Reply.GARBLED,
    Trouble.PROCESSING,
    Trouble.API,
)
_NO_STATUS: Sequence[Mishap] = (
    Reply.REFUSED,
    Reply.UNREACHABLE,
    Reply.UNAVAILABLE,
    Reply.CRASH,
    Reply.HANG,
    Reply.DROP,
    Reply.CUT,
    Reply.GARBLED,
    *CODES[Endpoint.STATUS],
)
_OUTAGES: Sequence[Mishap] = (
    Reply.REFUSED,
    Reply.UNREACHABLE,
    Reply.UNAVAILABLE,
    Reply.CRASH,
    Reply.HANG,
    Trouble.AUTHENTICATION,
    Trouble.BALANCE_LOW,
    Trouble.IP_DENIED,
)
# What never is the answer to a good request by chance: these say what the caller did wrong, or leave it open.
_NO_REFUSALS = {Trouble.AMOUNT, Trouble.BAD_INPUT, Trouble.DUPLICATE, Trouble.PROCESSING, Trouble.API}
_REFUSALS: Mapping[Endpoint, Sequence[Mishap]] = {
    endpoint: [trouble for trouble in codes if trouble not in _NO_REFUSALS] for endpoint, codes in CODES.items()
}
UNKNOWN_WORDS = ("processing", "on hold", "success", "refunded")
_MOST_OUTAGES_A_DAY = 8


@dataclass(frozen=True, slots=True)
class Odds:
    """How probable each trouble is at intensity 1; `outages` is how many a day."""

    create_fails: float = 0.12
    """Nothing is accepted, and nothing definite is said."""
    create_refused: float = 0.05
    answer_lost: float = 0.15
    """Accepted, and the token never arrives."""
    answer_late: float = 0.08
    callback_first: float = 0.08
    pending_for_ever: float = 0.03
    fails: float = 0.12
    slow: float = 0.15
    tells_pending: float = 0.08
    unknown_word: float = 0.05
    paid_after_all: float = 0.15
    """Of those that failed: completed later, so that the money left."""
    taken_back: float = 0.03
    """Of those that completed: notcompleted later, though the money left."""
    token_ails: float = 0.08
    token_expires: float = 0.05
    callback_lost: float = 0.12
    callback_late: float = 0.08
    callback_alone: float = 0.06
    callback_garbled: float = 0.12
    callback_foreign: float = 0.04
    callback_repeated: float = 0.15
    callback_stale: float = 0.05
    callback_spurious: float = 0.03
    """Another payout's token, at some moment before, with the word completed."""
    status_fails: float = 0.15
    status_slow: float = 0.05
    outages: float = 1.0

    def times(self, intensity: float) -> Odds:
        """All of them scaled."""
        return Odds(**{field.name: getattr(self, field.name) * intensity for field in fields(self)})


@dataclass(frozen=True, slots=True)
class DrawnOutage:
    """An outage of some day; `begins` and `lasts` in seconds, from the day's beginning."""

    calls: Calls
    kind: Mishap
    begins: float
    lasts: float


class Chances:
    """Draws; each method advances the source."""

    def __init__(self, source: random.Random, odds: Odds) -> None:
        self._source = source
        self._odds = odds

    @classmethod
    def of(cls, source: random.Random, intensity: float, changes: Mapping[str, float]) -> Self:
        """The default odds, scaled, then changed. Raises `TypeError` for an unknown name."""
        return cls(source, replace(Odds().times(intensity), **changes))

    def of_request(self, endpoint: Endpoint) -> Mishap | None:
        """What a request meets before anything is accepted."""
        if endpoint is Endpoint.STATUS:
            return self._one(_NO_STATUS) if self._hit(self._odds.status_fails) else None
        if self._hit(self._odds.create_fails):
            return self._one(_UNACCEPTED)
        return self._one(_REFUSALS[endpoint]) if self._hit(self._odds.create_refused) else None

    def of_payout(self, plan: Plan) -> Plan:
        """Another life for a payout that is to be accepted; trouble that its digits chose is kept."""
        steps = [told for step in self._course(plan.course) for told in self._told(step)]
        bent = replace(
            plan,
            course=tuple(sorted(steps, key=lambda step: step.after)),
            ailment=plan.ailment or self._ailment(),
        )
        return bent if bent.trouble or bent.reply is not Reply.NORMAL else self._answered(bent)

    def slowness(self) -> float:
        """Seconds before a status answer."""
        return self._pause(0.5, MINUTE) if self._hit(self._odds.status_slow) else 0.0

    def of_day(self) -> list[DrawnOutage]:
        """The outages of one day."""
        probability = self._odds.outages / _MOST_OUTAGES_A_DAY
        return [self._outage() for _ in range(_MOST_OUTAGES_A_DAY) if self._hit(probability)]

    def _outage(self) -> DrawnOutage:
        return DrawnOutage(
            self._source.choice(list(Calls)),
            self._one(_OUTAGES),
            self._source.uniform(0, DAY),
            self._pause(MINUTE, 6 * HOUR),
        )

    def _answered(self, plan: Plan) -> Plan:
        if self._hit(self._odds.answer_lost):
            mishap = self._one(_LOST_ANSWER)
            plan = replace(plan, trouble=mishap) if isinstance(mishap, Trouble) else replace(plan, reply=mishap)
        elif self._hit(self._odds.answer_late):
            plan = replace(plan, answers_after=self._pause(0.5, 2 * MINUTE))
        if plan.course and self._hit(self._odds.callback_first):
            plan = _hurried(plan, self._pause(0.1, 20))
        return plan

    def _course(self, course: Sequence[Step]) -> list[Step]:
        """When and how it ends."""
        if not course or self._hit(self._odds.pending_for_ever):
            return []
        steps = list(course)
        if self._hit(self._odds.fails):
            steps = [_failed(step) for step in steps]
        if self._hit(self._odds.slow):
            steps = _later(steps, self._pause(10, 4 * DAY))
        if self._hit(self._odds.tells_pending):
            steps.insert(0, Step(self._before(steps[0]), Status.PENDING))
        if self._hit(self._odds.unknown_word):
            word = self._source.choice(UNKNOWN_WORDS)
            steps.insert(0, Step(self._before(steps[0]), Status.PENDING, word=word))
        return [*steps, *self._contradiction(steps[-1])]

    def _contradiction(self, last: Step) -> Iterable[Step]:
        """Another end after the end."""
        after = last.after + self._pause(10, 2 * DAY)
        if last.status is Status.COMPLETED and self._hit(self._odds.taken_back):
            yield Step(after, Status.NOTCOMPLETED)
        if last.status is Status.NOTCOMPLETED and self._hit(self._odds.paid_after_all):
            yield Step(after, Status.COMPLETED)

    def _told(self, step: Step) -> Iterable[Step]:
        """One step, and whatever callbacks come of it: none, spoilt, late, once more."""
        if step.tell is not Tell.TWINS:
            yield step
            return
        if self._hit(self._odds.callback_lost):
            yield replace(step, tell=None)
        elif self._hit(self._odds.callback_late):
            yield replace(step, tell=None)
            yield Step(self._after(step), None)
        else:
            yield replace(step, tell=self._tell())
        if self._hit(self._odds.callback_repeated):
            for _ in range(self._source.randint(1, 3)):
                yield Step(self._after(step), None, Tell.AGAIN)
        if self._hit(self._odds.callback_stale):
            yield Step(self._after(step), None, word=Status.PENDING)
        if self._hit(self._odds.callback_spurious):
            yield Step(self._before(step), None, Tell.FOREIGN, word=Status.COMPLETED)

    def _tell(self) -> Tell:
        if self._hit(self._odds.callback_garbled):
            return self._source.choice(GARBLED)
        if self._hit(self._odds.callback_foreign):
            return Tell.FOREIGN
        return Tell.ONE if self._hit(self._odds.callback_alone) else Tell.TWINS

    def _ailment(self) -> Ailment | None:
        if self._hit(self._odds.token_expires):
            return Ailment(Trouble.NOT_FOUND, after=self._pause(1, DAY))
        if self._hit(self._odds.token_ails):
            return Ailment(self._one(_NO_STATUS), self._pause(0.1, HOUR), self._pause(1, DAY))
        return None

    def _hit(self, probability: float) -> bool:
        return self._source.random() < probability

    def _one(self, mishaps: Sequence[Mishap]) -> Mishap:
        return self._source.choice(mishaps)

    def _pause(self, shortest: float, longest: float) -> float:
        """Seconds, as many short as long ones: an hour is as likely as a minute."""
        return math.exp(self._source.uniform(math.log(shortest), math.log(longest)))

    def _before(self, step: Step) -> float:
        return step.after * self._source.random()

    def _after(self, step: Step) -> float:
        return step.after + self._pause(1, 3 * DAY)


def _failed(step: Step) -> Step:
    return replace(step, status=Status.NOTCOMPLETED) if step.status is Status.COMPLETED else step


def _later(steps: Iterable[Step], seconds: float) -> list[Step]:
    return [replace(step, after=step.after + seconds) for step in steps]


def _hurried(plan: Plan, seconds: float) -> Plan:
    """The first step at once, and the answer not before it was told."""
    hurried = _later(plan.course, -plan.course[0].after)
    return replace(plan, course=tuple(hurried), answers_after=max(plan.answers_after, seconds))
