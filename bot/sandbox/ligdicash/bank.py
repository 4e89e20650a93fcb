"""The heart of the sandbox: a bank that takes requests, decides by the last digits, and counts what it paid.

It knows no sockets and starts no tasks: time and chance are given to it, and what is due is asked for.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bot.clock import SystemClock
from bot.sandbox.ligdicash import answers
from bot.sandbox.ligdicash.behaviours import Behaviour, Plan, Reply
from bot.sandbox.ligdicash.callbacks import Callback, twins
from bot.sandbox.ligdicash.errors import CODES, Endpoint, Refusal, Trouble
from bot.sandbox.ligdicash.orders import read_json, read_order
from bot.sandbox.ligdicash.payouts import Operator, Order, Payout, Status
from bot.sandbox.ligdicash.tokens import mint
from bot.sandbox.ligdicash.wire import Answer, Outcome, Request, Silence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.clock import Clock

CREATE_PATHS = {
    "/pay/v01/withdrawal/create": Endpoint.CUSTOMER,
    "/pay/v01/straight/payout": Endpoint.MERCHANT,
}
STATUS_PATHS = {
    "/pay/v01/withdrawal/confirm/": "withdrawalToken",
    "/pay/v01/straight/payout/confirm/": "payoutToken",
}
OPERATORS = (Operator(11, "ORANGE BURKINA"), Operator(12, "MOOV AFRICA BURKINA"))
TROUBLED_REPLIES: Mapping[Reply, Outcome] = {
    Reply.HANG: Silence.HANG,
    Reply.DROP: Silence.DROP,
    Reply.CRASH: answers.CRASHED,
}
SECRET_HEADERS = frozenset({"apikey", "authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Create:
    """One create request as received: `body` is its JSON, None when it was none.

    `headers` holds all but the secret ones, names in lower case. `outcome` is `00`, `CodeNN`, or the name
    of a reply other than JSON: `HANG`, `DROP`, `CRASH`.
    """

    endpoint: Endpoint
    body: object
    headers: Mapping[str, str]
    outcome: str


class Paid(NamedTuple):
    """How many payouts were paid, and their sum in XOF."""

    times: int
    amount: int


@dataclass(frozen=True, slots=True, order=True)
class _Event:
    due: float
    sequence: int
    payout: int
    status: Status
    callback: bool


class Bank:
    """LigdiCash's side of every payout; `delay` is the time from acceptance to the end, in seconds."""

    def __init__(
        self, clock: Clock | None = None, source: random.Random | None = None, delay: float = 1.0
    ) -> None:
        self.creates: list[Create] = []
        self._clock = clock or SystemClock()
        self._source = source or random.SystemRandom()
        self._delay = delay
        self._payouts: dict[int, Payout] = {}
        self._by_token: dict[str, int] = {}
        self._by_transaction_id: defaultdict[str, set[int]] = defaultdict(set)
        self._events: list[_Event] = []
        self._sequence = itertools.count()

    @property
    def payouts(self) -> list[Payout]:
        """Every accepted payout, oldest first, as it stands now."""
        return list(self._payouts.values())

    def paid(self, transaction_id: str) -> int:
        """How many times money left for this `transaction_id`."""
        return sum(self._payouts[number].paid for number in self._with_transaction_id(transaction_id))

    @property
    def paid_total(self) -> Paid:
        """Everything that was paid."""
        paid = [payout.amount for payout in self._payouts.values() if payout.paid]
        return Paid(len(paid), sum(paid))

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
        while self._events and self._events[0].due <= self._clock.steady():
            event = heapq.heappop(self._events)
            callbacks += self._move(event.payout, event.status, callback=event.callback)
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
        return [
            callback for number in sorted(numbers) for callback in self._move(number, status, callback=True)
        ]

    def _with_transaction_id(self, key: str) -> set[int]:
        return self._by_transaction_id.get(key, set())

    def _create(self, endpoint: Endpoint, request: Request) -> Outcome:
        body = read_json(request.body)
        try:
            _check_keys(request)
            order = read_order(endpoint, body)
            self._check_new(order)
            outcome, label = self._follow(Behaviour.of(order.customer, endpoint).plan, order)
        except Refusal as refusal:
            outcome, label = self._refuse(endpoint, refusal.trouble)
        headers = {name: value for name, value in request.headers.items() if name not in SECRET_HEADERS}
        self.creates.append(Create(endpoint, body, headers, label))
        return outcome

    def _check_new(self, order: Order) -> None:
        """Only customer payouts have a duplicate guard, and only what was accepted is remembered by it."""
        if order.endpoint is Endpoint.CUSTOMER and any(
            self._payouts[number].endpoint is Endpoint.CUSTOMER
            for number in self._with_transaction_id(order.transaction_id)
        ):
            raise Refusal(Trouble.DUPLICATE)

    def _follow(self, plan: Plan, order: Order) -> tuple[Outcome, str]:
        token = self._accept(plan, order) if plan.accepts else ""
        if plan.trouble:
            raise Refusal(plan.trouble)
        if plan.reply in TROUBLED_REPLIES:
            return TROUBLED_REPLIES[plan.reply], plan.reply.name
        return answers.created(order.endpoint, token), "00"

    def _refuse(self, endpoint: Endpoint, trouble: Trouble) -> tuple[Answer, str]:
        code = CODES[endpoint][trouble]
        return answers.failed(endpoint, code, self._source), f"Code{code}"

    def _accept(self, plan: Plan, order: Order) -> str:
        number = len(self._payouts) + 1
        token = self._mint(number)
        operator = self._source.choice(OPERATORS)
        self._payouts[number] = Payout(number, token, order, operator, self._clock.now())
        if order.transaction_id:
            self._by_transaction_id[order.transaction_id].add(number)
        due = self._clock.steady() + self._delay
        heapq.heappush(self._events, _Event(due, next(self._sequence), number, plan.ends, plan.callback))
        return token

    def _mint(self, number: int) -> str:
        token = mint(number, self._clock.now(), self._source)
        self._by_token[token] = number
        return token

    def _move(self, number: int, status: Status, *, callback: bool) -> list[Callback]:
        before = self._payouts[number]
        word = (
            self._source.choice(["notcompleted", "nocompleted"]) if status is Status.NOTCOMPLETED else status
        )
        payout = replace(before, status=status, word=word, paid=before.paid or status is Status.COMPLETED)
        self._payouts[number] = payout
        if not callback or not payout.callback_url:
            return []
        return [twins(payout, self._mint(number), self._source)]

    def _status(self, request: Request, token: str) -> Answer:
        try:
            _check_keys(request)
            return self._found(token)
        except Refusal as refusal:
            return self._refuse(Endpoint.STATUS, refusal.trouble)[0]

    def _found(self, token: str) -> Answer:
        """Creation tokens and callback tokens are good for either route, for ever."""
        if not token:
            raise Refusal(Trouble.BAD_INPUT)
        if token not in self._by_token:
            raise Refusal(Trouble.NOT_FOUND)
        return answers.status(self._payouts[self._by_token[token]], token, self._source)


def _check_keys(request: Request) -> None:
    """Any key and any Bearer token will do, but both must be there."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if not request.headers.get("apikey", "").strip() or scheme.lower() != "bearer" or not token.strip():
        raise Refusal(Trouble.AUTHENTICATION)
