"""Approving and rejecting: what a click comes to, decided in one transaction."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bot.clock import SECOND
from bot.crashpoints import Point, may_die
from bot.desk.opening import opens_for
from bot.desk.reminders import expire_if_over
from bot.desk.telling import answer, questions_beside, refuse, tell
from bot.people import People, Person
from bot.policy import (
    Limit,
    Refusal,
    Rules,
    allows_channel,
    allows_number,
    approvals_needed,
    is_click_too_old,
    limit_passed,
    may_cancel,
    may_decide,
    may_stop,
)
from bot.quiet import day_start
from bot.speech.words import Answer
from storage import queries
from storage.ledger import Data, Ledger, Transaction
from storage.payout import EventKind, InboxItem, Outcome, Payout, Record, Sort, State, digest

# The buttons go first: the question loses them before the money moves. When Slack is slow, it waits no longer.
BUTTONS_FIRST = 2 * SECOND
# Whether it left is looked at again after this; as a rule its answer comes first, and says when to look.
LOOK_AGAIN = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Click:
    """A button somebody pressed: which payout it was drawn for, at which attempt, and where."""

    payout: str
    attempt: int
    channel: str
    reason: str | None = None

    def to_json(self) -> str:
        """As the inbox keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, payload: str) -> Click:
        """As the inbox kept it."""
        return cls(**json.loads(payload))


class Decisions:
    """The desk for approvers."""

    def __init__(self, ledger: Ledger, people: People, rules: Rules, *, host: str) -> None:
        self._ledger = ledger
        self._people = people
        self._rules = rules
        self._host = host

    async def receive(self, sort: Sort, person: str, occasion: str, click: Click) -> bool:
        """Store a click before it is acknowledged; False when this very click is stored already.

        Raises `sqlite3.Error` when it could not be stored.
        """
        return await self._ledger.write(lambda tx: tx.store_in_inbox(sort, person, occasion, click.to_json()))

    async def may_open_rejection(self, person: str, click: Click) -> bool:
        """Whether it makes sense to ask this person for a reason; if not, the worker tells them why."""
        record = self._ledger.record(click.payout)
        if record is None or not _is_open(record, click):
            return False
        return await opens_for(self._people, person, lambda who: may_decide(who, record.asked_by))

    async def decide(self, item: InboxItem) -> None:
        """Decide on a stored click, by who the person is at this moment."""
        click = Click.from_json(item.payload)
        person = await self._people.who(item.person, fresh=True)
        gone = await self._gone(item.sort, click)
        await self._ledger.write(lambda tx: self._decide(tx, item, click, person, gone))
        may_die(Point.DECIDED)

    async def _gone(self, sort: Sort, click: Click) -> frozenset[str]:
        """Who approved before and may not decide any more: their word does not count beside another's."""
        record = self._ledger.record(click.payout) if sort is Sort.APPROVE else None
        if record is None:
            return frozenset()
        people = await asyncio.gather(*(self._people.who(each, fresh=True) for each in record.approvers))
        return frozenset(each.id for each in people if may_decide(each, record.asked_by) is not None)

    def _decide(
        self, tx: Transaction, item: InboxItem, click: Click, person: Person, gone: frozenset[str] = frozenset()
    ) -> None:
        record = tx.record(click.payout)
        refused = None if record is None else self._refusal(item.sort, record, person)
        if record is not None and _is_put_off(tx, item, click, record, refused):
            _put_off(tx, item, click, person, record)
            return
        if not tx.take_from_inbox(item.id):
            return
        if record is not None and refused is not None:
            refuse(tx, EventKind.DECISION_REFUSED, person.id, click.channel, {"why": refused}, record, act=item.sort)
        elif record is None or not _is_in_time(item.sort, record, click):
            _too_late(tx, item.sort, click, person, record)
        elif expire_if_over(tx, record, self._rules):
            # No process lived when its time was over, and the click is heard first.
            _too_late(tx, item.sort, click, person, tx.record(click.payout))
        elif (void := _why_void(tx, item, record)) is not None:
            answer(tx, void, person.id, click.channel, record, act=item.sort)
        elif item.sort is Sort.APPROVE:
            self._approve(tx, record, person, gone)
        elif item.sort is Sort.REJECT and record.payout.state is State.REQUESTED:
            _reject(tx, record, person, click)
        elif item.sort is not Sort.ASK_TO_REJECT:
            _cancel(tx, record, person, click)

    def _refusal(self, sort: Sort, record: Record, person: Person) -> Refusal | None:
        if sort is Sort.CANCEL:
            return may_cancel(person, record.asked_by)
        if sort is Sort.STOP:
            return may_stop(person, record.asked_by)
        return may_decide(person, record.asked_by)

    def _approve(self, tx: Transaction, record: Record, person: Person, gone: frozenset[str]) -> None:
        """One person's word; with enough of them, and within the limits of this very moment, the payout is approved."""
        payout = record.payout
        needed = approvals_needed(payout.amount, record.counted, self._rules)
        given = len({*record.approvers, person.id} - gone)
        if person.id in record.approvers and given < needed:
            # With enough of them it decides: when another approved, Slack may not have told who this one is.
            answer(tx, Answer.APPROVED_ALREADY, person.id, payout.channel, record)
            return
        forbidden = _why_forbidden(payout, self._rules)
        if forbidden is not None:
            answer(tx, forbidden, person.id, payout.channel, record)
            return
        passed = self._limit_passed(tx, record) if given >= needed else None
        if passed is not None:
            limit, left = passed
            data: Data = {"why": limit, "left": left}
            refuse(tx, EventKind.LIMIT_REFUSED, person.id, payout.channel, data, record)
            return
        _agree(tx, record, person, given, needed)
        if given >= needed:
            tx.note_approved(payout, needed, self._host)
            tx.move(payout, State.APPROVED, due_at=tx.now + BUTTONS_FIRST)

    def _limit_passed(self, tx: Transaction, record: Record) -> tuple[Limit, int] | None:
        today = day_start(tx.now, self._rules.timezone)
        asked_by = record.attempt.asked_by
        return limit_passed(
            record.payout.amount,
            team=queries.approved_since(tx.connection, today),
            requester=queries.approved_since(tx.connection, today, asked_by),
            rules=self._rules,
        )


def _why_forbidden(payout: Payout, rules: Rules) -> Answer | None:
    """Which rule of now a request does not keep that was asked for by others."""
    if payout.amount > rules.max_amount:
        return Answer.ABOVE_MAX
    if not allows_number(payout.number, rules):
        return Answer.NOT_SERVED
    return None if allows_channel(payout.channel, rules) else Answer.CHANNEL_CLOSED


def _is_open(record: Record, click: Click) -> bool:
    return record.payout.state is State.REQUESTED and record.payout.attempt == click.attempt


def _is_in_time(sort: Sort, record: Record, click: Click) -> bool:
    return record.payout.state in _IN_TIME.get(sort, _UNDECIDED) and record.payout.attempt == click.attempt


_UNDECIDED = frozenset({State.REQUESTED})
# Taken back or rejected, but heard only after somebody approved it: it does not leave all the same.
_IN_TIME: Mapping[Sort, frozenset[State]] = {
    Sort.STOP: frozenset({State.APPROVED}),
    Sort.CANCEL: frozenset({State.REQUESTED, State.APPROVED}),
    Sort.REJECT: frozenset({State.REQUESTED, State.APPROVED}),
}


def _is_on_its_way(sort: Sort, record: Record, click: Click) -> bool:
    """Whether it is being tried to send what somebody wants not to leave: nobody knows yet whether it left."""
    payout = record.payout
    return sort in _IN_TIME and payout.state is State.SENDING and payout.attempt == click.attempt


def _is_put_off(tx: Transaction, item: InboxItem, click: Click, record: Record, refused: Refusal | None) -> bool:
    """Whether it cannot be decided yet: nobody knows whether it left, or Slack does not say again whose click it was.

    Slack did when it was put off, so it keeps the money here until Slack answers; at most until the approval is old.
    """
    on_its_way = _is_on_its_way(item.sort, record, click)
    if refused is None:
        return on_its_way
    may_be_in_time = on_its_way or _is_in_time(item.sort, record, click)
    return refused in _NOT_SAID and may_be_in_time and queries.was_put_off(tx.connection, item.id)


_NOT_SAID = frozenset({Refusal.NOT_LEARNT, Refusal.GROUP_NOT_LEARNT})


def _put_off(tx: Transaction, item: InboxItem, click: Click, person: Person, record: Record) -> None:
    """Meanwhile it waits in the inbox, so that not a byte leaves; told once, and decided when it is known."""
    if tx.put_off(item.id, tx.now + LOOK_AGAIN):
        answer(tx, Answer.ON_ITS_WAY, person.id, click.channel, record, act=item.sort)


def _why_void(tx: Transaction, item: InboxItem, record: Record) -> Answer | None:
    """Why a click does not count although whoever clicked may; None when it does."""
    if item.sort is Sort.APPROVE and is_click_too_old(item.received_at, tx.now):
        return Answer.CLICK_TOO_OLD
    return Answer.CLICK_OVERTAKEN if _is_overtaken(tx, item, record) else None


def _is_overtaken(tx: Transaction, item: InboxItem, record: Record) -> bool:
    """An approval clicked before the same money was known to be paid, or perhaps paid, is void as if heard in time."""
    if item.sort is not Sort.APPROVE:
        return False
    return queries.known_paid_since(tx.connection, record.payout, item.received_at, tx.now)


def _agree(tx: Transaction, record: Record, person: Person, given: int, needed: int) -> None:
    payout = record.payout
    stands_for = digest(
        salt=queries.salt(tx.connection, payout.id), number=payout.number, amount=payout.amount, way=payout.way
    )
    data: Data = {
        "digest": stands_for, "amount": payout.amount, "way": payout.way, "given": given, "needed": needed,
        "repeats": ",".join(found.payout for found in record.earlier) or None,
    }  # fmt: skip
    # Others may be asking for the same: who decides on those must see this at once.
    besides = questions_beside(tx, payout) if given >= needed else ()
    event = tell(tx, EventKind.APPROVED, payout, actor=person.id, data=data, besides=besides)
    if person.id not in record.approvers:
        tx.add_approval(payout, person.id, stands_for, event)


def _reject(tx: Transaction, record: Record, person: Person, click: Click) -> None:
    payout = record.payout
    if not tx.move(payout, State.REJECTED, due_at=None):
        return
    tx.decide(payout, person.id, click.reason)
    tx.end_attempt(payout.id, payout.attempt, Outcome.NEVER_SENT)
    tell(tx, EventKind.REJECTED, payout, actor=person.id, data={"reason": click.reason})


def _cancel(tx: Transaction, record: Record, person: Person, click: Click) -> None:
    """Take back a request, or stop an approved payout: in both cases nothing has left."""
    payout = record.payout
    if not tx.move(payout, State.CANCELLED, due_at=None):
        return
    tx.decide(payout, person.id, click.reason)
    tx.end_attempt(payout.id, payout.attempt, Outcome.NEVER_SENT)
    data: Data = {"state": payout.state} | ({} if click.reason is None else {"reason": click.reason})
    tell(tx, EventKind.CANCELLED, payout, actor=person.id, data=data)


def _too_late(tx: Transaction, act: Sort, click: Click, person: Person, record: Record | None) -> None:
    stale = record is not None and record.payout.attempt != click.attempt
    data: Data = {"stale": int(stale), "asked_for": click.payout}
    refuse(tx, EventKind.DECISION_TOO_LATE, person.id, click.channel, data, record, act=act)
