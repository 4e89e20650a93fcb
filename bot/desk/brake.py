"""What keeps approved payouts from leaving: the brake any approver may pull, and refusals of the account."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bot.desk.telling import answer, refuse
from bot.ligdicash.errors import Scope, verdict
from bot.people import People, Person
from bot.policy import is_click_too_old, may_brake
from bot.speech.notices import addresses
from bot.speech.words import Answer
from storage import queries
from storage.ledger import Data, Ledger, Transaction
from storage.payout import Address, Brake, EventKind, Hold, InboxItem, Payout, Place, Sort, State


@dataclass(frozen=True, slots=True)
class Pull:
    """Somebody's hand on the brake, and where; `hold` says which one is meant."""

    channel: str
    hold: Hold
    reason: str = ""
    payout: str | None = None

    def to_json(self) -> str:
        """As the inbox keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, payload: str) -> Pull:
        """As the inbox kept it."""
        fields = json.loads(payload)
        return cls(**fields | {"hold": Hold(fields["hold"])})


class BrakeDesk:
    """The desk for approvers who stop everything, or let it go on."""

    def __init__(self, ledger: Ledger, people: People) -> None:
        self._ledger = ledger
        self._people = people

    async def receive(self, sort: Sort, person: str, occasion: str, pull: Pull) -> bool:
        """Store what somebody wants of the brake; False when this very wish is stored already."""
        return await self._ledger.write(lambda tx: tx.store_in_inbox(sort, person, occasion, pull.to_json()))

    async def decide(self, item: InboxItem) -> None:
        """Do it, if this person may at this moment."""
        pull = Pull.from_json(item.payload)
        person = await self._people.who(item.person, fresh=True)
        # Of two who resume at the same moment, one finds the other's word only in the transaction, and looks again.
        while not await self._decided(item, pull, person):
            pass

    async def _decided(self, item: InboxItem, pull: Pull, person: Person) -> bool:
        refused = may_brake(person)
        first = await self._first_to_resume() if item.sort is Sort.RESUME and refused is None else None
        return await self._ledger.write(lambda tx: self._decide(tx, item, pull, person, first))

    async def _first_to_resume(self) -> Person | None:
        """Who wanted sending to go on before, as Slack describes them now: two must say so who may at this time."""
        held = _in_force(self._ledger.reader, Hold.ALL)
        if held is None or held.resume_by is None:
            return None
        return await self._people.who(held.resume_by, fresh=True)

    def _decide(self, tx: Transaction, item: InboxItem, pull: Pull, person: Person, first: Person | None) -> bool:
        """False when it hangs on somebody who was not looked at: then nothing is decided yet."""
        refused = may_brake(person)
        if item.sort is Sort.RESUME and refused is None and _is_news(tx, first):
            return False
        if not tx.take_from_inbox(item.id):
            return True
        if refused is not None:
            data: Data = {"why": refused, "what": item.sort.replace("_", " ")}
            refuse(tx, EventKind.BRAKE_REFUSED, person.id, pull.channel, data, None)
        elif item.sort is Sort.PAUSE:
            self._pause(tx, pull, person)
        elif is_click_too_old(item.received_at, tx.now):
            answer(tx, Answer.WISH_TOO_OLD, person.id, pull.channel)
        elif item.sort is Sort.RESUME and _is_overtaken(tx, item):
            # Slack said sooner who paused than who resumes: the newer word is the pause.
            answer(tx, Answer.PAUSED_SINCE, person.id, pull.channel)
        elif item.sort is Sort.RESUME:
            self._resume(tx, pull, person, first)
        else:
            self._release(tx, pull, person)
        return True

    def _pause(self, tx: Transaction, pull: Pull, person: Person) -> None:
        held = _in_force(tx.connection, Hold.ALL)
        if held is not None and held.resume_by is None and not queries.resume_waits(tx.connection):
            answer(tx, Answer.PAUSED_ALREADY, person.id, pull.channel)
            return
        # Whoever pauses again after somebody wanted to go on disagrees, also while that is not decided on: two must
        # then say so anew.
        pause(tx, person.id, pull.reason, pull.channel)

    def _resume(self, tx: Transaction, pull: Pull, person: Person, first: Person | None) -> None:
        held = _in_force(tx.connection, Hold.ALL)
        if held is None:
            answer(tx, Answer.NOT_PAUSED, person.id, pull.channel)
        elif held.resume_by == person.id:
            answer(tx, Answer.RESUME_NEEDS_ANOTHER, person.id, pull.channel)
        elif held.resume_by is None or first is None or may_brake(first) is not None:
            tx.propose_release(Hold.ALL, person.id)
            kind = EventKind.RESUME_PROPOSED
            told = addresses(kind, channel=pull.channel, actor=person.id)
            tx.append(kind, payout=None, attempt=None, actor=person.id, data={"reason": held.reason}, addresses=told)
        else:
            first_told = Address(Place.DIRECT, first.id, first.id)
            release(tx, EventKind.RESUMED, pull, person.id, besides=[first_told])

    def _release(self, tx: Transaction, pull: Pull, person: Person) -> None:
        if _in_force(tx.connection, pull.hold) is None:
            answer(tx, Answer.NOT_HELD, person.id, pull.channel)
        else:
            release(tx, EventKind.RELEASED, pull, person.id)


def _is_overtaken(tx: Transaction, item: InboxItem) -> bool:
    """Whether who holds the brake pulled it after this wish to let it go was stored."""
    held = _in_force(tx.connection, Hold.ALL)
    return held is not None and held.person is not None and queries.paused_after(tx.connection, held.person, item.id)


def _is_news(tx: Transaction, first: Person | None) -> bool:
    """Whether somebody else wants sending to go on by now than the one who was looked at."""
    held = _in_force(tx.connection, Hold.ALL)
    wanted_by = None if held is None else held.resume_by
    return wanted_by is not None and (first is None or first.id != wanted_by)


def pause(tx: Transaction, person: str | None, reason: str, channel: str) -> None:
    """Stop all sending, or say anew why; `person` is None when the bot does it itself."""
    tx.hold_anew(Hold.ALL, person, reason)
    told = _everybody(tx, EventKind.PAUSED, Pull(channel, Hold.ALL), person)
    tx.append(EventKind.PAUSED, payout=None, attempt=None, actor=person, data={"reason": reason}, addresses=told)


def release(tx: Transaction, kind: EventKind, pull: Pull, person: str, *, besides: Sequence[Address] = ()) -> None:
    """Lift a hold and tell everybody whose payout waited for it, and `besides`."""
    told = [*_everybody(tx, kind, pull, person), *besides]
    tx.release(pull.hold)
    tx.append(kind, payout=None, attempt=None, actor=person, data={"hold": pull.hold}, addresses=told)


def hold_endpoint(tx: Transaction, payout: Payout, code: str) -> None:
    """A refusal that concerns the account and not the payout keeps the others of that endpoint from the same fate."""
    taken = verdict(payout.way.endpoint, code)
    if taken is None or taken.scope is not Scope.ACCOUNT:
        return
    hold = Hold(payout.way.endpoint)
    if not tx.hold(hold, None, taken.meaning):
        return
    pull = Pull(payout.channel, hold)
    tx.append(
        EventKind.HELD,
        payout=payout.id,
        attempt=payout.attempt,
        actor=None,
        data={"hold": hold, "meaning": taken.meaning},
        addresses=[
            *addresses(EventKind.HELD, channel=payout.channel),
            *_waiting(tx, pull, besides=payout.id),
        ],
    )


def _in_force(connection: sqlite3.Connection, hold: Hold) -> Brake | None:
    return next((found for found in queries.brakes(connection) if found.hold is hold), None)


def _everybody(tx: Transaction, kind: EventKind, pull: Pull, actor: str | None = None) -> list[Address]:
    """The places of the event's own, and every card and question that must show the brake."""
    return [*addresses(kind, channel=pull.channel, actor=actor), *_waiting(tx, pull)]


def _waiting(tx: Transaction, pull: Pull, besides: str | None = None) -> list[Address]:
    return [
        Address(place, channel, payout=payout)
        for state, places in _SHOWN_ON.items()
        for payout, channel, way in queries.in_state(tx.connection, state)
        if payout != besides and pull.hold in {Hold.ALL, Hold(way.endpoint)}
        for place in places
    ]


# Who is asked to decide must know of a hold, and who waits must not read "paying" while nothing is paid.
_SHOWN_ON: Mapping[State, tuple[Place, ...]] = {
    State.REQUESTED: (Place.QUESTION,),
    State.APPROVED: (Place.QUESTION, Place.CARD),
}
