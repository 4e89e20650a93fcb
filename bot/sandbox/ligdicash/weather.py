"""Trouble at LigdiCash: outages that are switched or scheduled, ailing tokens, faults that chance brings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Self

from bot.clock import SystemClock
from bot.sandbox.ligdicash.chances import DAY, Chances
from bot.sandbox.ligdicash.errors import CODES, Endpoint, Trouble
from bot.sandbox.ligdicash.plans import NO_OUTAGE, Calls, Mishap, Plan, Reply

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    from bot.clock import Clock

_ENDPOINTS: Mapping[Calls, frozenset[Endpoint]] = {
    Calls.ALL: frozenset(Endpoint),
    Calls.CREATES: frozenset({Endpoint.CUSTOMER, Endpoint.MERCHANT}),
    Calls.CUSTOMER: frozenset({Endpoint.CUSTOMER}),
    Calls.MERCHANT: frozenset({Endpoint.MERCHANT}),
    Calls.STATUS: frozenset({Endpoint.STATUS}),
}


@dataclass(frozen=True, slots=True)
class Outage:
    """While it lasts, these calls meet `kind` and nothing is accepted; times on the clock's `steady()`."""

    calls: Calls
    kind: Mishap
    begins: float
    ends: float

    def covers(self, endpoint: Endpoint, now: float) -> bool:
        """Whether a request meets it."""
        return self.begins <= now < self.ends and endpoint in _ENDPOINTS[self.calls]


@dataclass(frozen=True, slots=True)
class _Ill:
    mishap: Mishap
    begins: float
    ends: float


class Weather:
    """Fair until something is switched on; one belongs to each bank, which gives it its clock."""

    def __init__(self, clock: Clock | None = None, chances: Chances | None = None) -> None:
        self._clock = clock or SystemClock()
        self._outages: list[Outage] = []
        self._ill: defaultdict[str, list[_Ill]] = defaultdict(list)
        self._chances = chances
        self._forecast_until = 0.0
        self._watchers: list[Callable[[], None]] = []

    @classmethod
    def seeded(cls, source: random.Random, intensity: float = 1.0, **odds: float) -> Self:
        """Every kind of trouble, drawn from `source`: none at intensity 0, nearly each request at 2.

        `odds` are fields of `chances.Odds`, in place of their defaults, to turn one kind up or off.
        """
        return cls(chances=Chances.of(source, intensity, odds))

    def keep_time(self, clock: Clock) -> None:
        """Take this clock; what chance brings begins now."""
        self._clock = clock
        self._forecast_until = clock.steady()

    def watch(self, changed: Callable[[], None]) -> None:
        """Have `changed` called whenever something is switched from outside."""
        self._watchers.append(changed)

    @property
    def outages(self) -> list[Outage]:
        """Those that last now or are scheduled, in the order in which they were switched on."""
        now = self._clock.steady()
        return [outage for outage in self._outages if now < outage.ends]

    def outage(
        self,
        calls: Calls | str,
        kind: Mishap = Reply.UNAVAILABLE,
        *,
        after: float = 0.0,
        seconds: float = inf,
    ) -> Outage:
        """Begin one `after` so many seconds, for so many; where several overlap, the last one made is met.

        With a `Trouble`, its code is answered by the endpoints that have one. Raises `ValueError` for unknown
        calls, and for replies that need a payout: `NORMAL`, `NO_TOKEN`.
        """
        if kind in NO_OUTAGE:
            raise ValueError(f"no outage answers {kind}")
        begins = self._clock.steady() + after
        outage = Outage(Calls(calls), kind, begins, begins + seconds)
        self._outages = [*self.outages, outage]
        self._changed()
        return outage

    def ail(self, token: str, mishap: Mishap, *, after: float = 0.0, seconds: float = inf) -> None:
        """Let status calls by this one token meet a mishap for a while, or for good."""
        begins = self._clock.steady() + after
        self._ill[token].append(_Ill(mishap, begins, begins + seconds))

    def calm(self) -> None:
        """Let chance bring nothing new; outages and tokens stay as they are."""
        self._chances = None

    def clear(self) -> None:
        """End all outages, heal all tokens, and let chance bring nothing new."""
        self._outages.clear()
        self._ill.clear()
        self.calm()
        self._changed()

    def meets(self, endpoint: Endpoint, token: str = "") -> Mishap | None:
        """What a request meets now in place of its answer; None in fair weather."""
        self._forecast()
        for mishap in self._standing(endpoint, token):
            if not isinstance(mishap, Trouble) or mishap in CODES[endpoint]:
                return mishap
        return self._chances.of_request(endpoint) if self._chances else None

    def refuses_all(self) -> bool:
        """Whether nobody listens at all."""
        self._forecast()
        return all(next(self._standing(endpoint, ""), None) is Reply.REFUSED for endpoint in Endpoint)

    def next_change(self) -> float | None:
        """When an outage begins or ends next, on the clock's `steady()`."""
        self._forecast()
        now = self._clock.steady()
        moments = (moment for outage in self._outages for moment in (outage.begins, outage.ends))
        return min((moment for moment in moments if now < moment < inf), default=None)

    def bend(self, plan: Plan) -> Plan:
        """What becomes of a payout that is about to be accepted; `plan` has its times in seconds."""
        return self._chances.of_payout(plan) if self._chances else plan

    def slowness(self) -> float:
        """Seconds that a status answer lets wait."""
        return self._chances.slowness() if self._chances else 0.0

    def _standing(self, endpoint: Endpoint, token: str) -> Iterator[Mishap]:
        now = self._clock.steady()
        for outage in reversed(self._outages):
            if outage.covers(endpoint, now):
                yield outage.kind
        for ill in self._ill.get(token, ()):
            if ill.begins <= now < ill.ends:
                yield ill.mishap

    def _forecast(self) -> None:
        """Draw a day's outages whenever the last one drawn for is over."""
        while self._chances and self._forecast_until <= self._clock.steady():
            for drawn in self._chances.of_day():
                begins = self._forecast_until + drawn.begins
                outage = Outage(Calls(drawn.calls), drawn.kind, begins, begins + drawn.lasts)
                self._outages = [*self.outages, outage]
            self._forecast_until += DAY

    def _changed(self) -> None:
        for changed in self._watchers:
            changed()
