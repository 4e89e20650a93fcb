"""Ending what is uncertain by two people's word, and asking again after what came to nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from bot.channels import Channels, Membership
from bot.desk.evidence import ask_about
from bot.desk.opening import opens_for
from bot.desk.reminders import next_look
from bot.desk.telling import answer, answer_followed, refuse, tell
from bot.people import People, Person, is_group
from bot.policy import (
    MOST_OPEN_REQUESTS,
    NOT_PAID_AFTER,
    Refusal,
    Rules,
    allows_number,
    doubtful_since,
    eligible,
    enough_to_resolve,
    is_click_too_old,
    is_resolvable,
    may_decide,
    may_request,
)
from bot.speech.words import Answer
from storage import queries
from storage.ledger import Data, Ledger, Transaction
from storage.payout import EventKind, Finding, InboxItem, Outcome, Proposal, Record, Sort, State


@dataclass(frozen=True, slots=True)
class Resolve:
    """A finding proposed or confirmed: for which attempt, where, and, to confirm, which very proposal."""

    payout: str
    attempt: int
    channel: str
    finding: Finding | None = None
    reason: str = ""
    proposal: int | None = None

    def to_json(self) -> str:
        """As the inbox keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, payload: str) -> Resolve:
        """As the inbox kept it."""
        fields = json.loads(payload)
        return cls(**fields | {"finding": Finding(fields["finding"]) if fields["finding"] else None})


class Resolution:
    """The desk for uncertain outcomes, and for new attempts."""

    def __init__(self, ledger: Ledger, people: People, channels: Channels, rules: Rules) -> None:
        self._ledger = ledger
        self._people = people
        self._channels = channels
        self._rules = rules

    async def receive(self, sort: Sort, person: str, occasion: str, resolve: Resolve) -> bool:
        """Store a click or submission; False when this very one is stored already."""
        return await self._ledger.write(lambda tx: tx.store_in_inbox(sort, person, occasion, resolve.to_json()))

    async def may_open(self, person: str, resolve: Resolve) -> bool:
        """Whether it makes sense to ask this person for a finding; if not, the worker tells them why."""
        record = self._ledger.record(resolve.payout)
        if record is None or record.payout.attempt != resolve.attempt or not is_resolvable(record, self._ledger.now()):
            return False
        return await opens_for(self._people, person, lambda who: may_decide(who, record.asked_by))

    async def may_ask_directly(self, person: str, resolve: Resolve) -> bool:
        """Whether this person may ask for the same straight to mobile money; if not, the worker tells them why."""
        record = self._ledger.record(resolve.payout)
        if record is None or record.payout.attempt != resolve.attempt or not _may_follow(record):
            return False
        channel = record.payout.channel
        return await opens_for(self._people, person, lambda who: may_request(who, channel, self._rules))

    async def decide(self, item: InboxItem) -> None:
        """Do what was clicked, if this person may at this moment."""
        resolve = Resolve.from_json(item.payload)
        person = await self._people.who(item.person, fresh=True)
        if item.sort in {Sort.ASK_AGAIN, Sort.ASK_DIRECTLY}:
            membership = await self._membership(resolve)
            await self._ledger.write(lambda tx: self._decide_again(tx, item, resolve, person, membership))
            return
        proposer = await self._proposer(resolve) if item.sort is Sort.CONFIRM else None
        await self._ledger.write(lambda tx: self._decide(tx, item, resolve, person, proposer))

    async def _membership(self, resolve: Resolve) -> Membership:
        record = self._ledger.record(resolve.payout)
        return await self._channels.membership(resolve.channel if record is None else record.payout.channel)

    async def _proposer(self, resolve: Resolve) -> Person | None:
        """Who proposed what is confirmed now; that person must still be somebody who may."""
        record = self._ledger.record(resolve.payout)
        if record is None or record.proposal is None:
            return None
        return await self._people.who(record.proposal.person, fresh=True)

    def _decide(
        self, tx: Transaction, item: InboxItem, resolve: Resolve, person: Person, proposer: Person | None
    ) -> None:
        record = _taken(tx, item, resolve, person)
        if record is not None:
            self._resolve(tx, item.sort, record, resolve, (person, proposer))

    def _decide_again(
        self, tx: Transaction, item: InboxItem, resolve: Resolve, person: Person, membership: Membership
    ) -> None:
        record = _taken(tx, item, resolve, person)
        if record is not None:
            self._ask_again(tx, item.sort, record, resolve, (person, membership))

    # Two people's word

    def _resolve(
        self,
        tx: Transaction,
        sort: Sort,
        record: Record,
        resolve: Resolve,
        people: tuple[Person, Person | None],
    ) -> None:
        person, proposer = people
        refused = may_decide(person, record.asked_by)
        if refused is not None:
            refuse(tx, EventKind.DECISION_REFUSED, person.id, resolve.channel, {"why": refused}, record, act=sort)
        elif not is_resolvable(record, tx.now):
            answer(tx, Answer.NOT_RESOLVABLE, person.id, resolve.channel, record, act=sort)
        elif sort is Sort.PROPOSE:
            _propose(tx, record, resolve, person)
        elif sort is Sort.CONFIRM:
            may_propose = proposer is not None and not may_decide(proposer, record.asked_by)
            _confirm(tx, record, resolve, person, proposer if may_propose else None)

    # A new attempt

    def _ask_again(
        self,
        tx: Transaction,
        sort: Sort,
        record: Record,
        resolve: Resolve,
        asking: tuple[Person, Membership],
    ) -> None:
        payout, (person, membership) = record.payout, asking
        shared = membership is Membership.SHARED
        refused = may_request(person, payout.channel, self._rules, shared=shared)
        if refused is None and membership is Membership.UNKNOWN:
            refused = Refusal.CHANNEL_NOT_LEARNT
        if refused is None and queries.open_requests(tx.connection, person.id) >= MOST_OPEN_REQUESTS:
            refused = Refusal.TOO_MANY_OPEN
        if refused is not None:
            refuse(tx, EventKind.REQUEST_REFUSED, person.id, resolve.channel, {"why": refused}, record, act=sort)
        elif record.relatives:
            answer_followed(tx, record.relatives[0], person.id, resolve.channel, record, act=sort)
        elif not _may_follow(record):
            answer(tx, Answer.NOT_AGAIN, person.id, resolve.channel, record, act=sort)
        elif payout.amount > self._rules.max_amount:
            answer(tx, Answer.ABOVE_MAX_AGAIN, person.id, resolve.channel, record, act=sort)
        elif not allows_number(payout.number, self._rules):
            answer(tx, Answer.NOT_SERVED_AGAIN, person.id, resolve.channel, record, act=sort)
        elif sort is Sort.ASK_AGAIN and tx.ask_again(
            payout, person.id, next_look(self._rules, requested_at=tx.now, now=tx.now)[0]
        ):
            tell(tx, EventKind.ASKED_AGAIN, payout, attempt=payout.attempt + 1, actor=person.id, data={})
            if record.attempt.token is not None:
                # What LigdiCash took back without a word is heard before somebody approves the next one.
                ask_about(tx, record.attempt)


def _taken(tx: Transaction, item: InboxItem, resolve: Resolve, person: Person) -> Record | None:
    """The payout as it is now, if it is still at the attempt for which the button was drawn; if not, that is told."""
    if not tx.take_from_inbox(item.id):
        return None
    record = tx.record(resolve.payout)
    if record is None:
        data: Data = {"stale": 0, "asked_for": resolve.payout}
        refuse(tx, EventKind.DECISION_TOO_LATE, person.id, resolve.channel, data, None, act=item.sort)
        return None
    if record.payout.attempt != resolve.attempt:
        answer(tx, Answer.STALE, person.id, resolve.channel, record, act=item.sort)
        return None
    if item.sort is Sort.CONFIRM and is_click_too_old(item.received_at, tx.now):
        answer(tx, Answer.WISH_TOO_OLD, person.id, resolve.channel, record, act=item.sort)
        return None
    return record


def _may_follow(record: Record) -> bool:
    """Whether the money may be asked for once more: it is known that nothing was paid so far."""
    return record.may_follow and record.payout.state in {State.REFUSED, State.FAILED}


def _propose(tx: Transaction, record: Record, resolve: Resolve, person: Person) -> None:
    payout = record.payout
    if resolve.finding is None:
        return
    if resolve.finding is Finding.UNPAID and _is_too_early(tx, record):
        answer(tx, Answer.TOO_EARLY, person.id, resolve.channel, record, act=Sort.PROPOSE)
        return
    event = tell(
        tx,
        EventKind.PROPOSED,
        payout,
        actor=person.id,
        data={"finding": resolve.finding, "reason": resolve.reason},
        proposal=None if record.proposal is None else record.proposal.event,
    )
    tx.propose(payout, Proposal(event, person.id, resolve.finding, resolve.reason, tx.now))


def _confirm(tx: Transaction, record: Record, resolve: Resolve, person: Person, proposer: Person | None) -> None:
    proposal = record.proposal
    if proposal is None or proposal.event != resolve.proposal:
        answer(tx, Answer.PROPOSAL_GONE, person.id, resolve.channel, record, act=Sort.CONFIRM)
    elif proposal.person == person.id:
        answer(tx, Answer.CONFIRM_NEEDS_ANOTHER, person.id, resolve.channel, record, act=Sort.CONFIRM)
    elif proposer is None or proposer.id != proposal.person:
        answer(tx, Answer.PROPOSER_GONE, person.id, resolve.channel, record, act=Sort.CONFIRM)
    elif proposal.finding is Finding.UNPAID and _is_too_early(tx, record):
        answer(tx, Answer.TOO_EARLY, person.id, resolve.channel, record, act=Sort.CONFIRM)
    else:
        conclude(tx, record, proposal, person.id)


def conclude(tx: Transaction, record: Record, proposal: Proposal, confirmed_by: str) -> None:
    """End an attempt by two people's word: recorded and shown as theirs, not as LigdiCash's."""
    payout = record.payout
    paid = proposal.finding is Finding.PAID
    if not tx.move(payout, State.COMPLETED if paid else State.FAILED, due_at=None):
        return
    tx.drop_proposal(payout.id, payout.attempt)
    tx.end_attempt(payout.id, payout.attempt, Outcome.FOUND_PAID if paid else Outcome.FOUND_UNPAID)
    tx.note_finding(payout, f"{proposal.person},{confirmed_by}", proposal.reason)
    tell(
        tx,
        EventKind.MARKED_PAID if paid else EventKind.MARKED_UNPAID,
        payout,
        actor=confirmed_by,
        data={"proposed_by": proposal.person, "reason": proposal.reason},
        proposal=proposal.event,
    )


def _is_too_early(tx: Transaction, record: Record) -> bool:
    return tx.now - doubtful_since(record) < NOT_PAID_AFTER


# At the console, where fewer than two approvers are eligible


def why_not_at_console(  # noqa: PLR0911 - one return a reason
    record: Record | None, rules: Rules, now: int
) -> str | None:
    """What stands against ending this payout at the console; None when nothing does."""
    if record is None:
        return "There is no such payout in this ledger."
    if not is_resolvable(record, now):
        return f"{record.payout.id} is {record.payout.state}: people cannot resolve it now."
    if enough_to_resolve(record, rules):
        return f"{record.payout.id}: two approvers could resolve it in Slack, so the console does not."
    if record.proposal is not None and not _is_named(record.proposal.person, record, rules):
        return f"{record.payout.id}: whoever proposed it is no approver any more; somebody else proposes anew."
    if record.proposal is None:
        return f"{record.payout.id}: an approver proposes first, with the Resolve button on its card."
    if record.proposal.finding is Finding.UNPAID and now - doubtful_since(record) < NOT_PAID_AFTER:
        return f"{record.payout.id}: “not paid” can be said 60 minutes after it was sent at the earliest."
    return None


def _is_named(person: str, record: Record, rules: Rules) -> bool:
    named = eligible(record, rules)
    return person in named or any(is_group(name) for name in named)


async def conclude_at_console(ledger: Ledger, seen: Record, rules: Rules, person: str) -> str | None:
    """Confirm at the console just the proposal that was shown there; what stood against it, or None."""

    def move(tx: Transaction) -> str | None:
        record = tx.record(seen.payout.id)
        problem = why_not_at_console(record, rules, tx.now)
        if problem is not None or record is None or record.proposal is None:
            return problem
        if seen.proposal is None or record.proposal.event != seen.proposal.event:
            return f"{record.payout.id}: the proposal changed meanwhile; please look again."
        conclude(tx, record, record.proposal, person)
        return None

    return await ledger.write(move)
