"""The desks' moves in any order on a real ledger, beside a small model that knows what each may come to."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.channels import Channels, Membership
from bot.clock import DAY, HOUR, MINUTE, SECOND, Ids
from bot.desk.decisions import Click, Decisions
from bot.desk.payments import LEASE_SECONDS, Payments
from bot.desk.reminders import Reminders
from bot.desk.requests import Requests
from bot.desk.resolution import Resolution, Resolve
from bot.ligdicash.client import LigdicashClient, Order
from bot.ligdicash.readers import (
    Accepted,
    CreateAnswer,
    Doubt,
    NeverLeft,
    Refused,
    Status,
    StatusAnswer,
    Uncertain,
    Word,
)
from bot.people import Kind, People, Person
from bot.policy import Rules
from bot.quiet import QuietHours
from storage import queries
from storage.connection import open_ledger, open_reader
from storage.ledger import Ledger
from storage.payout import Attempt, Endpoint, Finding, InboxItem, Outcome, Sort, State
from storage.writer import InlineWriter
from tests.chained import unlinked
from tests.storage.book import REQUEST, StillClock

T = TypeVar("T")

ASKERS, APPROVERS, GUEST = ("U0AMINATA", "U0CLARISSE"), ("U0CLARISSE", "U0DAOUDA", "U0EVE"), "U0GUEST"
EVERYBODY = sorted({*ASKERS, *APPROVERS, GUEST})
RULES = Rules(
    approvers=APPROVERS,
    requesters=(),
    channels=(),
    countries=("226",),
    max_amount=1_000_000,
    second_approval_above=10_000,
    daily_limit=40_000,
    daily_limit_per_requester=None,
    request_ttl_hours=48,
    quiet_hours=QuietHours(20, 7),
    timezone=ZoneInfo("UTC"),
    audit_channel="C0AUDIT",
    audit_full_numbers=False,
)
UNPAID = {Outcome.NEVER_SENT, Outcome.REFUSED, Outcome.FAILED, Outcome.FOUND_UNPAID}
# What is said of a payout that came into that state.
SAYS = {
    State.REQUESTED: {"requested", "asked_again"},
    State.APPROVED: {"approved", "not_sent"},
    State.COMPLETED: {"completed", "marked_paid"},
    State.FAILED: {"failed", "marked_unpaid"},
    **{state: {state.value} for state in State if state not in {"requested", "approved", "completed", "failed"}},
}


class _People(People):
    def __init__(self) -> None:
        """Nobody is looked up."""

    async def who(self, person: str, *, fresh: bool = False, may_ask: bool = False) -> Person:  # noqa: ARG002 - its signature
        kind = Kind.GUEST if person == GUEST else Kind.MEMBER
        return Person(person, kind, person, person in APPROVERS, is_requester=True)


class _Channels(Channels):
    def __init__(self) -> None:
        """No channel is looked up."""

    async def membership(self, channel: str) -> Membership:  # noqa: ARG002 - its signature
        return Membership.IN


class _Ligdicash(LigdicashClient):
    """Each request waits until the machine says what came back."""

    def __init__(self) -> None:
        self.out: list[asyncio.Future[CreateAnswer]] = []
        self.word, self.names = Word.PENDING, frozenset[str]()
        self.host = "ligdicash.example"

    async def create(self, order: Order, *, may_still_leave: object) -> CreateAnswer:  # noqa: ARG002 - its signature
        self.out.append(asyncio.get_running_loop().create_future())
        return await self.out[-1]

    async def status(self, endpoint: Endpoint, token: str) -> StatusAnswer:  # noqa: ARG002 - its signature
        return Status(self.word, self.word.value, self.names, None, None, None)


@dataclass
class _Attempt:
    asked_by: str
    approvers: list[str] = field(default_factory=list)
    approved_at: int | None = None
    sent_at: int = 0
    lease_until: int = 0
    token: str | None = None
    outcome: Outcome = Outcome.OPEN
    contradicted: bool = False
    requested_at: int = 0

    @property
    def counts(self) -> bool:
        """Whether it is or may be money that left."""
        return self.approved_at is not None and (self.outcome not in UNPAID or self.contradicted)


@dataclass
class _Payout:
    id: str
    number: str
    amount: int
    requester: str
    state: State
    attempts: list[_Attempt]
    proposal: tuple[int, str, Finding] | None = None

    @property
    def now(self) -> _Attempt:
        """The current attempt."""
        return self.attempts[-1]


class LedgerMachine(RuleBasedStateMachine):
    """Whoever does what, whenever: only what the model allows changes anything."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-machine-"))
        self.clock, self.ids = StillClock(), Ids(random.Random(7))  # noqa: S311 - the same ids each time
        self.loop = asyncio.new_event_loop()
        self.payouts: list[_Payout] = []
        self.sending: list[tuple[_Payout, int, asyncio.Task[None], asyncio.Future[CreateAnswer]]] = []
        self.heard, self.hash, self.serial = 0, "0" * 64, 0
        self.states: dict[str, str] = {}
        self._open()

    def _open(self) -> None:
        path = self.folder / "payouts.db"
        self.connection, self.reader = open_ledger(path), open_reader(path)
        self.connection.execute("PRAGMA synchronous = OFF")
        self.ledger = Ledger(self.reader, InlineWriter(self.connection), self.clock, self.ids)
        self.ligdicash = _Ligdicash()
        people, channels = _People(), _Channels()
        self.requests = Requests(self.ledger, people, channels, RULES)
        self.decisions = Decisions(self.ledger, people, RULES, host=self.ligdicash.host)
        self.resolution = Resolution(self.ledger, people, channels, RULES)
        self.reminders = Reminders(self.ledger, RULES)
        self.payments = Payments(
            self.ledger,
            self.ligdicash,
            self.clock,
            self.ids,
            rules=RULES,
            public_url="https://p.example",
            first_poll=3,
        )

    def teardown(self) -> None:
        """Nothing is left behind."""
        self._die()
        self.loop.close()
        shutil.rmtree(self.folder)

    def _die(self) -> None:
        for _, _, task, _ in self.sending:
            task.cancel()
        if self.sending:
            self._do(asyncio.wait([task for _, _, task, _ in self.sending]))
        self.sending.clear()
        self.reader.close()
        self.connection.close()

    def _do(self, work: Coroutine[Any, Any, T] | asyncio.Task[T]) -> T:
        return self.loop.run_until_complete(work)

    def _item(self) -> InboxItem:
        return queries.due_inbox(self.reader, self.clock.now(), 1)[0]

    def _occasion(self) -> str:
        self.serial += 1
        return f"occasion {self.serial}"

    def _pick(self, which: int) -> _Payout:
        return self.payouts[which % len(self.payouts)]

    # What people do

    @precondition(lambda self: len(self.payouts) < 5)
    @rule(who=st.sampled_from(ASKERS), number=st.sampled_from("12"), amount=st.sampled_from((5_000, 9_000, 15_000)))
    def request(self, who: str, number: str, amount: int) -> None:
        """Somebody asks."""
        asked = replace(REQUEST, number=f"2267000000{number}", amount=amount, requester=who, order_reference=None)
        payload = json.dumps(asdict(asked))
        self._do(self.ledger.write(lambda tx: tx.store_in_inbox(Sort.REQUEST, who, self._occasion(), payload)))
        self._do(self.requests.decide(self._item()))
        known = {payout.id for payout in self.payouts}
        (new,) = {str(row["id"]) for row in self.reader.execute("SELECT id FROM payouts")} - known
        first = _Attempt(who, requested_at=self.clock.now())
        self.payouts.append(_Payout(new, asked.number, amount, who, State.REQUESTED, [first]))

    @precondition(lambda self: self.payouts)
    @rule(
        which=st.integers(0, 4),
        who=st.sampled_from(EVERYBODY),
        sort=st.sampled_from((Sort.APPROVE, Sort.APPROVE, Sort.REJECT, Sort.CANCEL, Sort.STOP)),
        stale=st.sampled_from((False, False, False, True)),
        times=st.integers(1, 2),
    )
    def click(self, which: int, who: str, sort: Sort, *, stale: bool, times: int) -> None:
        """Somebody clicks, perhaps on an old message, perhaps twice."""
        payout = self._pick(which)
        attempt = len(payout.attempts) - stale
        for _ in range(times):
            click = Click(payout.id, attempt, "C0SUPPORT", "no")
            self._do(self.decisions.receive(sort, who, self._occasion(), click))
            self._do(self.decisions.decide(self._item()))
            if not stale:
                self._clicked(payout, who, sort)

    def _clicked(self, payout: _Payout, who: str, sort: Sort) -> None:
        own = who in {payout.requester, payout.now.asked_by}
        decides = who in APPROVERS and not own
        if self._ran_out(payout) and {Sort.CANCEL: own, Sort.STOP: False}.get(sort, decides):
            # Whoever might have decided comes too late, though nobody had looked at it yet.
            self._over(payout, State.EXPIRED)
            return
        if payout.state is State.APPROVED:
            # What was taken back or rejected before, and is heard only now, stops it as well.
            if {Sort.STOP: own or who in APPROVERS, Sort.CANCEL: own, Sort.REJECT: decides}.get(sort):
                self._over(payout, State.CANCELLED)
        elif payout.state is not State.REQUESTED or sort is Sort.STOP:
            return
        elif sort is Sort.CANCEL and own:
            self._over(payout, State.CANCELLED)
        elif sort is Sort.REJECT and decides:
            self._over(payout, State.REJECTED)
        elif sort is Sort.APPROVE and decides:
            self._approved(payout, who)

    def _over(self, payout: _Payout, state: State) -> None:
        payout.state, payout.now.outcome = state, Outcome.NEVER_SENT

    def _approved(self, payout: _Payout, who: str) -> None:
        others = [one for one in self.payouts if one is not payout and one.number == payout.number]
        counting = [(one, each) for one in others for each in one.attempts if each.counts]
        recent = sum(one.amount for one, each in counting if (each.approved_at or 0) > self.clock.now() - DAY)
        doubtful = any(each.outcome is Outcome.OPEN or each.contradicted for _, each in counting)
        doubtful = doubtful or any(each.contradicted for one in others for each in one.attempts)
        needed = 2 if payout.amount + recent > 10_000 or doubtful else 1
        given = len({*payout.now.approvers, who})
        if given >= needed and self._sum_since(self.clock.now() // DAY * DAY) + payout.amount > 40_000:
            return
        if who not in payout.now.approvers:
            payout.now.approvers.append(who)
        if given >= needed:
            payout.state, payout.now.approved_at = State.APPROVED, self.clock.now()

    def _sum_since(self, since: int) -> int:
        return sum(
            payout.amount
            for payout in self.payouts
            for each in payout.attempts
            if each.counts and (each.approved_at or 0) >= since
        )

    @precondition(lambda self: self.payouts)
    @rule(which=st.integers(0, 4), who=st.sampled_from(EVERYBODY))
    def ask_again(self, which: int, who: str) -> None:
        """Somebody wants a new attempt."""
        payout = self._pick(which)
        self._resolve(who, Sort.ASK_AGAIN, Resolve(payout.id, len(payout.attempts), "C0SUPPORT"))
        unpaid = all(each.outcome in UNPAID and not each.contradicted for each in payout.attempts)
        if who != GUEST and payout.state in {State.REFUSED, State.FAILED} and unpaid:
            payout.state, payout.proposal = State.REQUESTED, None
            payout.attempts.append(_Attempt(who, requested_at=self.clock.now()))

    def _resolve(self, who: str, sort: Sort, resolve: Resolve) -> None:
        self._do(self.resolution.receive(sort, who, self._occasion(), resolve))
        self._do(self.resolution.decide(self._item()))

    @precondition(lambda self: self.payouts)
    @rule(which=st.integers(0, 4), who=st.sampled_from(EVERYBODY), finding=st.sampled_from(Finding))
    def propose(self, which: int, who: str, finding: Finding) -> None:
        """Somebody says what became of it."""
        payout = self._pick(which)
        resolve = Resolve(payout.id, len(payout.attempts), "C0SUPPORT", finding, "seen")
        self._resolve(who, Sort.PROPOSE, resolve)
        if self._may_resolve(payout, who) and self._is_time(payout, finding):
            event = self.reader.execute("SELECT event FROM proposals WHERE payout = ?", (payout.id,)).fetchall()[-1]
            payout.proposal = (int(event["event"]), who, finding)

    @precondition(lambda self: any(payout.proposal for payout in self.payouts))
    @rule(which=st.integers(0, 4), who=st.sampled_from(EVERYBODY))
    def confirm(self, which: int, who: str) -> None:
        """Somebody else, or the same person, agrees."""
        payout = self._pick(which)
        event, proposer, finding = payout.proposal or (1, who, Finding.PAID)
        resolve = Resolve(payout.id, len(payout.attempts), "C0SUPPORT", proposal=event)
        self._resolve(who, Sort.CONFIRM, resolve)
        if self._may_resolve(payout, who) and proposer != who and self._is_time(payout, finding):
            paid = finding is Finding.PAID
            payout.state = State.COMPLETED if paid else State.FAILED
            payout.now.outcome, payout.proposal = Outcome.FOUND_PAID if paid else Outcome.FOUND_UNPAID, None

    def _may_resolve(self, payout: _Payout, who: str) -> bool:
        waited = payout.state is State.INITIATED and self.clock.now() - payout.now.sent_at >= DAY
        own = who in {payout.requester, payout.now.asked_by}
        return who in APPROVERS and not own and (payout.state is State.UNCONFIRMED or waited)

    def _is_time(self, payout: _Payout, finding: Finding) -> bool:
        return finding is Finding.PAID or self.clock.now() - payout.now.sent_at >= HOUR

    # What the bot does, and LigdiCash

    @precondition(lambda self: self.payouts)
    @rule(which=st.integers(0, 4))
    def send(self, which: int) -> None:
        """The worker looks at a payout that may be approved."""
        payout, before = self._pick(which), len(self.ligdicash.out)
        task = self.loop.create_task(self.payments.send(payout.id))
        for _ in range(3):
            self._do(asyncio.sleep(0))
        left = len(self.ligdicash.out) > before
        fresh = self.clock.now() - (payout.now.approved_at or 0) <= HOUR
        assert left == (payout.state is State.APPROVED and fresh)
        if left:
            payout.state, payout.now.sent_at = State.SENDING, self.clock.now()
            payout.now.lease_until = self.clock.now() + int(LEASE_SECONDS * SECOND)
            self.sending.append((payout, len(payout.attempts), task, self.ligdicash.out[-1]))
        elif payout.state is State.APPROVED:
            self._over(payout, State.EXPIRED)

    @precondition(lambda self: self.sending)
    @rule(which=st.integers(0, 4), kind=st.sampled_from(("accepted", "refused", "never left", "uncertain")))
    def answer(self, which: int, kind: str) -> None:
        """A create request comes to something, in time or late."""
        payout, number, task, out = self.sending.pop(which % len(self.sending))
        token = self._occasion()
        answers: dict[str, CreateAnswer] = {
            "accepted": Accepted(token, "{}"),
            "refused": Refused("02", "{}"),
            "never left": NeverLeft("ConnectError"),
            "uncertain": Uncertain(Doubt.NO_ANSWER, None, ""),
        }
        out.set_result(answers[kind])
        self._do(task)
        attempt = payout.attempts[number - 1]
        if kind == "accepted":
            attempt.token = token
        self._answered(payout, attempt, kind)

    def _answered(self, payout: _Payout, attempt: _Attempt, kind: str) -> None:
        current = attempt is payout.now
        definite = kind in {"accepted", "refused"}
        if current and (payout.state is State.SENDING or (payout.state is State.UNCONFIRMED and definite)):
            states = {
                "accepted": State.INITIATED,
                "refused": State.REFUSED,
                "never left": State.APPROVED,
                "uncertain": State.UNCONFIRMED,
            }
            payout.state, payout.proposal = states[kind], None
            attempt.outcome = Outcome.REFUSED if kind == "refused" else attempt.outcome
            return
        if current:
            payout.proposal = None
        said_paid = attempt.outcome in {Outcome.COMPLETED, Outcome.FOUND_PAID}
        if (kind == "accepted" and attempt.outcome in UNPAID) or (kind == "refused" and said_paid):
            attempt.contradicted = True
            if payout.state in {State.REQUESTED, State.APPROVED}:
                self._over(payout, State.CANCELLED)

    @precondition(lambda self: self.payouts)
    @rule(which=st.integers(0, 4))
    def give_up(self, which: int) -> None:
        """The worker finds a lease, perhaps over."""
        payout = self._pick(which)
        self._do(self.payments.give_up(payout.id))
        if payout.state is State.SENDING and payout.now.lease_until <= self.clock.now():
            payout.state = State.UNCONFIRMED

    @precondition(lambda self: self.payouts)
    @rule(which=st.integers(0, 4))
    def remind(self, which: int) -> None:
        """The worker looks at what nobody decided."""
        payout = self._pick(which)
        self._do(self.reminders.look(payout.id))
        if self._ran_out(payout):
            self._over(payout, State.EXPIRED)

    def _ran_out(self, payout: _Payout) -> bool:
        return payout.state is State.REQUESTED and self.clock.now() >= payout.now.requested_at + 48 * HOUR

    @rule(minutes=st.sampled_from((1, 2, 30, 61, 25 * 60)))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.clock.milliseconds += minutes * MINUTE

    @rule()
    def restart(self) -> None:
        """The process dies; whatever was on its way brings no answer any more."""
        self._die()
        self._open()

    # What must hold after each step

    @invariant()
    def ledger_is_as_the_model_says(self) -> None:
        """States, attempts, outcomes, tokens, approvals and sums."""
        for payout in self.payouts:
            found = self.ledger.record(payout.id)
            assert found is not None
            assert (payout.state, len(payout.attempts)) == (found.payout.state, found.payout.attempt)
            kept = [(one.outcome, one.token, one.contradicted is not None) for one in self._attempts(payout)]
            assert [(one.outcome, one.token, one.contradicted) for one in payout.attempts] == kept
            assert sorted(payout.now.approvers) == sorted(found.approvers)
        assert self._sum_since(0) == queries.approved_since(self.reader, 0)

    def _attempts(self, payout: _Payout) -> Sequence[Attempt]:
        return queries.attempts(self.reader, payout.id)

    @invariant()
    def chain_holds_and_each_change_is_told_once(self) -> None:
        """One event for each change of state; ids stand once."""
        broken, last, self.hash = unlinked(self.reader, self.heard, self.hash)
        assert [] == broken
        query = "SELECT payout, kind FROM events WHERE id > ? AND payout IS NOT NULL"
        news = [tuple(row) for row in self.reader.execute(query, (self.heard,))]
        self.heard = last
        for row in self.reader.execute("SELECT id, state FROM payouts").fetchall():
            if self.states.get(row["id"]) != row["state"]:
                told = [kind for payout, kind in news if payout == row["id"] and kind in SAYS[State(row["state"])]]
                assert 1 <= len(told) <= (2 if row["state"] == State.APPROVED else 1)
            self.states[row["id"]] = row["state"]
        ids = [row[0] for row in self.reader.execute("SELECT transaction_id FROM attempts")]
        assert len(ids) == len(set(ids))


def _run(examples: int, steps: int) -> None:
    profile = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(LedgerMachine, settings=profile)


def test_moves_in_any_order() -> None:
    """Only what is allowed changes anything, each change has its event, and no sum or token is lost."""
    _run(15, 30)


@pytest.mark.prove
def test_many_moves_in_any_order() -> None:
    """The same for longer."""
    _run(200, 50)
