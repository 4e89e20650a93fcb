"""Approving and rejecting: what a click comes to, decided in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bot.clock import SECOND
from bot.people import People, Person
from bot.policy import Refusal, Rules, may_decide
from bot.speech.notices import addresses
from storage import queries
from storage.ledger import Ledger, Transaction
from storage.payout import EventKind, InboxItem, Outcome, Record, Sort, State, digest

# The buttons go first: the question loses them before the money moves. When Slack is slow, the money waits no longer than this.
BUTTONS_FIRST = 2 * SECOND


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

    def __init__(self, ledger: Ledger, people: People, rules: Rules) -> None:
        self._ledger = ledger
        self._people = people
        self._rules = rules

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
        return may_decide(await self._people.who(person), record.payout.requester, self._rules) is None

    async def decide(self, item: InboxItem) -> None:
        """Decide on a stored click, by who the person is at this moment."""
        click = Click.from_json(item.payload)
        person = await self._people.who(item.person, fresh=True)
        verb = {Sort.APPROVE: self._approve, Sort.REJECT: self._reject, Sort.ASK_TO_REJECT: self._no_change}[item.sort]
        await self._ledger.write(lambda tx: self._if_possible(tx, item, click, person, verb))

    def _if_possible(
        self,
        tx: Transaction,
        item: InboxItem,
        click: Click,
        person: Person,
        verb: Callable[[Transaction, Record, Person, Click], None],
    ) -> None:
        if not tx.take_from_inbox(item.id):
            return
        record = tx.record(click.payout)
        refusal = None if record is None else may_decide(person, record.payout.requester, self._rules)
        if refusal is not None:
            _refuse(tx, click, person, refusal)
        elif record is None or not _is_open(record, click):
            _too_late(tx, click, person, record)
        else:
            verb(tx, record, person, click)

    def _approve(self, tx: Transaction, record: Record, person: Person, _click: Click) -> None:
        payout = record.payout
        if not tx.move(payout, State.APPROVED, due_at=tx.now + BUTTONS_FIRST):
            return
        stands_for = digest(
            salt=queries.salt(tx.connection, payout.id), number=payout.number, amount=payout.amount, way=payout.way
        )
        event = tx.append(
            EventKind.APPROVED,
            payout=payout.id,
            attempt=payout.attempt,
            actor=person.id,
            data={"digest": stands_for, "amount": payout.amount, "way": payout.way},
            addresses=addresses(EventKind.APPROVED, channel=payout.channel),
        )
        tx.add_approval(payout, person.id, stands_for, event)

    def _reject(self, tx: Transaction, record: Record, person: Person, click: Click) -> None:
        payout = record.payout
        if not tx.move(payout, State.REJECTED, due_at=None):
            return
        tx.decide(payout, person.id, click.reason)
        tx.end_attempt(payout.id, payout.attempt, Outcome.NEVER_SENT)
        tx.append(
            EventKind.REJECTED,
            payout=payout.id,
            attempt=payout.attempt,
            actor=person.id,
            data={"reason": click.reason},
            addresses=addresses(EventKind.REJECTED, channel=payout.channel),
        )

    def _no_change(self, tx: Transaction, record: Record, person: Person, click: Click) -> None:
        """Asking for the reason is no decision yet."""


def _is_open(record: Record, click: Click) -> bool:
    return record.payout.state is State.REQUESTED and record.payout.attempt == click.attempt


def _refuse(tx: Transaction, click: Click, person: Person, refusal: Refusal) -> None:
    tx.append(
        EventKind.DECISION_REFUSED,
        payout=click.payout,
        attempt=click.attempt,
        actor=person.id,
        data={"why": refusal},
        addresses=addresses(EventKind.DECISION_REFUSED, channel=click.channel, actor=person.id),
    )


def _too_late(tx: Transaction, click: Click, person: Person, record: Record | None) -> None:
    stale = record is not None and record.payout.attempt != click.attempt
    tx.append(
        EventKind.DECISION_TOO_LATE,
        payout=None if record is None else click.payout,
        attempt=click.attempt,
        actor=person.id,
        data={"stale": int(stale), "asked_for": click.payout},
        addresses=addresses(EventKind.DECISION_TOO_LATE, channel=click.channel, actor=person.id),
    )
