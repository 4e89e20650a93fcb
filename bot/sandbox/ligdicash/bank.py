"""The heart of the sandbox: a bank that takes requests, decides by the last digits, and counts what it paid.

It knows no sockets and starts no tasks: time and chance are given to it, and what is due is asked for.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.clock import SystemClock
from bot.sandbox.ligdicash import answers
from bot.sandbox.ligdicash.behaviours import Behaviour
from bot.sandbox.ligdicash.callbacks import Callback
from bot.sandbox.ligdicash.errors import CODES, Endpoint, Refusal, Trouble
from bot.sandbox.ligdicash.faults import of_answer, of_create, of_step
from bot.sandbox.ligdicash.orders import read_json, read_order, read_transaction_id
from bot.sandbox.ligdicash.payouts import Asked, Create, Operator, Order, Paid, Payout, Status, Tally, sum_of
from bot.sandbox.ligdicash.plans import NEVER_RECEIVED, Mishap, Plan, Reply, Step
from bot.sandbox.ligdicash.teller import Teller
from bot.sandbox.ligdicash.tokens import mint
from bot.sandbox.ligdicash.weather import Weather
from bot.sandbox.ligdicash.wire import Outcome, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock

__all__ = ["Bank", "Create", "Paid"]

CREATE_PATHS = {
    "/pay/v01/withdrawal/create": Endpoint.CUSTOMER,
    "/pay/v01/straight/payout": Endpoint.MERCHANT,
}
STATUS_PATHS = {
    "/pay/v01/withdrawal/confirm/": "withdrawalToken",
    "/pay/v01/straight/payout/confirm/": "payoutToken",
}
OPERATORS = (Operator(11, "ORANGE BURKINA"), Operator(12, "MOOV AFRICA BURKINA"))
SECRET_HEADERS = frozenset({"apikey", "authorization", "cookie"})
_SETTLED = Step(0, Status.PENDING)


@dataclass(frozen=True, slots=True, order=True)
class _Event:
    due: float
    sequence: int
    payout: int
    step: Step


@dataclass(frozen=True, slots=True)
class _Result:
    """What a create request came to; `label` as in `Create.outcome`."""

    outcome: Outcome
    label: str
    number: int | None = None


class Bank:
    """LigdiCash's side of every payout; `delay` is the time from acceptance to the end, in seconds.

    `faults` counts every trouble that happened, by kind.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        source: random.Random | None = None,
        delay: float = 1.0,
        *,
        weather: Weather | None = None,
    ) -> None:
        self.creates: list[Create] = []
        self.asked: list[Asked] = []
        self.faults: Counter[str] = Counter()
        self.weather = weather or Weather()
        self.clock = clock or SystemClock()
        self.weather.keep_time(self.clock)
        self._source = source or random.SystemRandom()
        self._delay = delay
        self._payouts: dict[int, Payout] = {}
        self._by_token: dict[str, int] = {}
        self._by_transaction_id: defaultdict[str, set[int]] = defaultdict(set)
        self._creates_of: defaultdict[str, list[Create]] = defaultdict(list)
        self._events: list[_Event] = []
        self._sequence = itertools.count()
        self._teller = Teller(self._source, self._mint)

    @property
    def payouts(self) -> list[Payout]:
        """Every accepted payout, oldest first, as it stands now."""
        return list(self._payouts.values())

    def paid(self, transaction_id: str) -> int:
        """How many times money left for this `transaction_id`."""
        return self.tally(transaction_id).paid.times

    @property
    def paid_total(self) -> Paid:
        """Everything that was paid."""
        return sum_of(self._payouts.values())

    def tally(self, transaction_id: str) -> Tally:
        """What was received, accepted and paid for one `transaction_id`; of an unknown one, nothing."""
        numbers = sorted(self._with_transaction_id(transaction_id))
        creates = self._creates_of.get(transaction_id, ())
        return Tally(transaction_id, tuple(creates), tuple(self._payouts[number] for number in numbers))

    @property
    def tallies(self) -> list[Tally]:
        """One for each transaction_id that was ever received, in that order."""
        return [self.tally(transaction_id) for transaction_id in self._creates_of]

    def handle(self, request: Request) -> Outcome:
        """Answer one request of the payment API, or say in which way it gets no answer."""
        create, token_name = CREATE_PATHS.get(request.path), STATUS_PATHS.get(request.path)
        if create and request.method == "POST":
            return self._create(create, request)
        if token_name and request.method == "GET":
            return self._status(request, request.query.get(token_name, ""))
        return answers.NOT_FOUND

    def next_due(self) -> float | None:
        """When something happens by itself next, on the clock's `steady()`."""
        return self._events[0].due if self._events else None

    def run_due(self) -> list[Callback]:
        """Let everything happen whose time has come; returns the callbacks to send now."""
        callbacks: list[Callback] = []
        while self._events and self._events[0].due <= self.clock.steady():
            event = heapq.heappop(self._events)
            callbacks += self._take(event.payout, event.step)
        return callbacks

    def settle(self, key: str, status: Status) -> list[Callback]:
        """Move every payout with this token or transaction_id from outside, in place of what was to happen.

        Returns the callbacks to send now. Raises `LookupError` when there is none.
        """
        numbers = {self._by_token[key]} if key in self._by_token else self._with_transaction_id(key)
        if not numbers:
            raise LookupError(key)
        self._events = [event for event in self._events if event.payout not in numbers]
        heapq.heapify(self._events)
        step = replace(_SETTLED, status=status)
        return [callback for number in sorted(numbers) for callback in self._take(number, step)]

    def _with_transaction_id(self, key: str) -> set[int]:
        return self._by_transaction_id.get(key, set())

    def _create(self, endpoint: Endpoint, request: Request) -> Outcome:
        mishap = self.weather.meets(endpoint)
        if mishap in NEVER_RECEIVED:
            return self._meet(endpoint, mishap).outcome
        body = read_json(request.body)
        result = self._meet(endpoint, mishap) if mishap else self._decide(endpoint, request, body)
        create = Create(
            endpoint=endpoint,
            body=body,
            headers={name: value for name, value in request.headers.items() if name not in SECRET_HEADERS},
            outcome=result.label,
            received=self.clock.now(),
            transaction_id=read_transaction_id(body),
            number=result.number,
        )
        self.creates.append(create)
        self._creates_of[create.transaction_id].append(create)
        return result.outcome

    def _decide(self, endpoint: Endpoint, request: Request, body: object) -> _Result:
        try:
            _check_keys(request)
            order = read_order(endpoint, body)
            self._check_new(order)
        except Refusal as refusal:
            return self._refuse(endpoint, refusal.trouble)
        return self._follow(Behaviour.of(order.customer, endpoint).plan.scaled(self._delay), order)

    def _check_new(self, order: Order) -> None:
        """Only customer payouts have a duplicate guard, and only what was accepted is remembered by it."""
        if order.endpoint is Endpoint.CUSTOMER and any(
            self._payouts[number].endpoint is Endpoint.CUSTOMER
            for number in self._with_transaction_id(order.transaction_id)
        ):
            raise Refusal(Trouble.DUPLICATE)

    def _follow(self, plan: Plan, order: Order) -> _Result:
        payout = None
        if plan.accepts:
            plan = self.weather.bend(plan)
            payout = self._accept(plan, order)
        self.faults.update(of_create(plan))
        number = payout.number if payout else None
        if plan.trouble:
            return replace(self._refuse(order.endpoint, plan.trouble), number=number)
        token = payout.token if payout else ""
        good = replace(answers.created(order.endpoint, token), after=plan.answers_after)
        label = "00" if plan.reply is Reply.NORMAL else plan.reply.name
        return _Result(answers.spoilt(plan.reply, good), label, number)

    def _meet(self, endpoint: Endpoint, mishap: Mishap) -> _Result:
        """What the weather answers in the bank's place: nothing is accepted."""
        self.faults[of_answer(endpoint, mishap)] += 1
        if isinstance(mishap, Trouble):
            return self._refuse(endpoint, mishap)
        return _Result(answers.spoilt(mishap, answers.created(endpoint, "")), mishap.name)

    def _refuse(self, endpoint: Endpoint, trouble: Trouble) -> _Result:
        code = CODES[endpoint][trouble]
        return _Result(answers.failed(endpoint, code, self._source), f"Code{code}")

    def _accept(self, plan: Plan, order: Order) -> Payout:
        number = len(self._payouts) + 1
        token = mint(number, self.clock.now(), self._source)
        operator = self._source.choice(OPERATORS)
        payout = Payout(number, token, order, operator, self.clock.now(), tokens=(token,))
        self._payouts[number] = payout
        self._by_token[token] = number
        if order.transaction_id:
            self._by_transaction_id[order.transaction_id].add(number)
        self._schedule(number, plan.course)
        if plan.ailment:
            ailment = plan.ailment
            self.weather.ail(token, ailment.mishap, after=ailment.after, seconds=ailment.lasts)
        return payout

    def _schedule(self, number: int, course: Sequence[Step]) -> None:
        for step in course:
            due = self.clock.steady() + step.after
            heapq.heappush(self._events, _Event(due, next(self._sequence), number, step))

    def _mint(self, number: int) -> str:
        """A callback's token: one more name for a payout."""
        token = mint(number, self.clock.now(), self._source)
        self._by_token[token] = number
        payout = self._payouts[number]
        self._payouts[number] = replace(payout, tokens=(*payout.tokens, token))
        return token

    def _take(self, number: int, step: Step) -> list[Callback]:
        """One step in a payout's life, and the callbacks that tell of it."""
        before, now = self._payouts[number], self.clock.now()
        self.faults.update(of_step(before, step, now))
        if step.status:
            word = step.word or self._word(step.status)
            payout = replace(before, status=step.status, word=word)
            if step.status is Status.COMPLETED and not before.paid:
                payout = replace(payout, paid=True, paid_at=now)
            self._payouts[number] = payout
        return self._teller.tell(self._payouts, number, step)

    def _word(self, status: Status) -> str:
        """Both spellings of a failure are live."""
        if status is Status.NOTCOMPLETED:
            return self._source.choice(["notcompleted", "nocompleted"])
        return status

    def _status(self, request: Request, token: str) -> Outcome:
        number = self._by_token.get(token)
        mishap = self.weather.meets(Endpoint.STATUS, token)
        result = self._meet(Endpoint.STATUS, mishap) if mishap else self._look_up(request, token)
        if mishap not in NEVER_RECEIVED:
            self.asked.append(Asked(self.clock.now(), token, number, result.label))
        return result.outcome

    def _look_up(self, request: Request, token: str) -> _Result:
        """Creation tokens and callback tokens are good for either route, as long as the weather allows."""
        try:
            _check_keys(request)
            payout = self._found(token)
        except Refusal as refusal:
            return self._refuse(Endpoint.STATUS, refusal.trouble)
        after = self.weather.slowness()
        if after:
            self.faults["status: answered late"] += 1
        answer = answers.status(payout, token, self._source)
        return _Result(replace(answer, after=after), payout.word)

    def _found(self, token: str) -> Payout:
        if not token:
            raise Refusal(Trouble.BAD_INPUT)
        if token not in self._by_token:
            raise Refusal(Trouble.NOT_FOUND)
        return self._payouts[self._by_token[token]]


def _check_keys(request: Request) -> None:
    """Any key and any Bearer token will do, but both must be there."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if not request.headers.get("apikey", "").strip() or scheme.lower() != "bearer" or not token.strip():
        raise Refusal(Trouble.AUTHENTICATION)
