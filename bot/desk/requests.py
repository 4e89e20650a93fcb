"""Asking for a payout: what the form holds is checked, stored, and, by the worker, made a payout."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from bot.channels import Channels, Membership
from bot.crashpoints import Point, may_die
from bot.desk.reminders import next_look
from bot.desk.telling import answer_followed, refuse, tell
from bot.parsing import Amount, Draft, Number, clean_text, read_amount, read_number
from bot.people import People, Person
from bot.policy import (
    MOST_OPEN_REQUESTS,
    Limit,
    Refusal,
    Rules,
    limit_passed,
    may_request,
)
from bot.quiet import day_start
from bot.speech import words
from bot.speech.modals import (
    LONGEST_ORDER,
    LONGEST_REASON,
    Carried,
    Field,
    Form,
    amount_problem,
    is_small,
    number_problem,
    too_large,
)
from storage import queries
from storage.ledger import Ledger, OtherPayloadError, Transaction, hash_of_payload
from storage.payout import Earlier, EventKind, InboxItem, Rejected, Request, Sort, Way

Problems = Mapping[Field, str]

_LONGEST_NAME = 80
_REQUEST = tuple(each.name for each in fields(Request))


@dataclass(frozen=True, slots=True)
class LookFirst:
    """The form is right, but its amount is small, it may repeat `earlier` payouts, or the like of it was `rejected`.

    Whoever asks looks at that first.
    """

    draft: Draft
    form: Form
    earlier: tuple[Earlier, ...]
    rejected: tuple[Rejected, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The payouts that are to be known."""
        return tuple([found.payout for found in self.earlier] + [found.payout for found in self.rejected])


@dataclass(frozen=True, slots=True)
class Standing:
    """Who wants to ask for a payout in a channel, why they may not (None: they may), and whether the bot is there."""

    person: Person
    refused: Refusal | None
    membership: Membership


class Requests:
    """The desk for support agents."""

    def __init__(self, ledger: Ledger, people: People, channels: Channels, rules: Rules) -> None:
        self._ledger = ledger
        self._people = people
        self._channels = channels
        self._rules = rules

    async def standing(self, person: str, channel: str, occasion: str, *, at_last: bool = False) -> Standing:
        """Whether this person may ask for a payout here.

        A refusal is recorded and told, once for an occasion. `at_last` is the submission: Slack is asked who is in the
        requesters' groups even when that is remembered, and the channel must be known.
        """
        membership, who = await self._learn(person, channel, at_last=at_last)
        refused = may_request(who, channel, self._rules, shared=membership is Membership.SHARED)
        if refused is None and at_last and membership is Membership.UNKNOWN:
            # The form may open meanwhile, but nothing is asked for where others may be listening.
            refused = Refusal.CHANNEL_NOT_LEARNT
        if refused is None and queries.open_requests(self._ledger.reader, person) >= MOST_OPEN_REQUESTS:
            refused = Refusal.TOO_MANY_OPEN
        if refused is not None:
            why = refused
            await self._ledger.write(lambda tx: _refuse(tx, person, channel, why, occasion))
        return Standing(who, refused, membership)

    async def _learn(self, person: str, channel: str, *, at_last: bool) -> tuple[Membership, Person]:
        if self._channels.is_known(channel):
            return await self._channels.membership(channel), await self._people.who(person, may_ask=at_last)
        # At once, not one after the other: a form must be answered within 3 s.
        return await asyncio.gather(self._channels.membership(channel), self._people.who(person, may_ask=at_last))

    async def receive(self, person: str, carried: Carried, occasion: str, form: Form) -> Problems | LookFirst:
        """Check a submitted form and store it; what is wrong, or must be known first, comes back and nothing is stored.

        `occasion` is the form's own id: the same submission delivered twice is one request.
        Raises `sqlite3.Error` when it could not be stored, `OtherPayloadError` when that form brought others before.
        """
        checked = self._check(form, carried.channel)
        if not isinstance(checked, Request):
            return checked
        checked = replace(
            checked,
            follows=carried.follows,
            source_ts=carried.source_ts,
            source_thread_ts=carried.source_thread_ts,
        )
        says = _written(checked)
        if self._is_stored(person, occasion, says):
            return {}
        standing = await self.standing(person, carried.channel, f"refused {occasion}", at_last=True)
        why_not = self._why_not(checked, standing)
        if why_not is not None:
            return {Field.BENEFICIARY: why_not}
        look = self._look_at(checked, form)
        wanting = _wanting(look, carried)
        if wanting is not None:
            return wanting
        over = self._over_limit(checked, person)
        if over is not None:
            return {Field.AMOUNT: over}
        request = replace(
            checked,
            requester=person,
            requester_name=clean_text(standing.person.name, _LONGEST_NAME),
            knows_of=",".join(look.shown) or None,
        )
        payload = _written(request)
        await self._ledger.write(lambda tx: tx.store_in_inbox(Sort.REQUEST, person, occasion, payload, says))
        may_die(Point.SUBMISSION_STORED)
        return {}

    def _is_stored(self, person: str, occasion: str, says: str) -> bool:
        """Whether this very submission came before: by now it would be found to repeat itself."""
        stored = queries.payload_hash(self._ledger.reader, person, occasion)
        if stored is not None and stored != hash_of_payload(says):
            raise OtherPayloadError(occasion)
        return stored is not None

    async def decide(self, item: InboxItem) -> None:
        """Make a stored submission a payout; it was checked before it was stored."""
        asked = json.loads(item.payload)
        request = Request(**asked | {"way": Way(asked["way"])})
        await self._ledger.write(lambda tx: self._file(tx, item, request))
        may_die(Point.FILED)

    def _file(self, tx: Transaction, item: InboxItem, request: Request) -> None:
        if not tx.take_from_inbox(item.id):
            return
        # Several forms may have been open at once, each right by itself.
        if queries.open_requests(tx.connection, request.requester) >= MOST_OPEN_REQUESTS:
            data = {"why": Refusal.TOO_MANY_OPEN}
            refuse(tx, EventKind.REQUEST_REFUSED, request.requester, request.channel, {**data}, None)
            return
        if request.follows is not None and tx.record(request.follows) is None:
            # A form that was opened before the ledger was restored may follow what is not known any more.
            request = replace(request, follows=None)
        if _is_taken(tx, request):
            return
        knows_of, knows_rejected = _known(tx, request)
        payout = tx.file(request, next_look(self._rules, requested_at=tx.now, now=tx.now)[0])
        tell(
            tx,
            EventKind.REQUESTED,
            payout,
            actor=item.person,
            data={
                "amount": payout.amount,
                "way": payout.way,
                "reason": payout.reason,
                "order": payout.order_reference,
                "channel": payout.channel,
                "follows": payout.follows,
                "knows_of": knows_of,
                "knows_rejected": knows_rejected,
                "source_ts": payout.source_ts,
            },
        )

    # What the form holds

    def _check(self, form: Form, channel: str) -> Request | Problems:
        number = read_number(form.beneficiary, self._rules.countries)
        amount = read_amount(form.amount)
        reason = clean_text(form.reason, LONGEST_REASON)
        problems: dict[Field, str] = {}
        if not isinstance(number, Number):
            problems[Field.BENEFICIARY] = number_problem(number, self._rules.countries)
        if not isinstance(amount, Amount):
            problems[Field.AMOUNT] = amount_problem(amount)
        elif (wrong := self._amount_not_taken(amount, form.amount)) is not None:
            problems[Field.AMOUNT] = wrong
        if not reason:
            problems[Field.REASON] = words.REASON_MISSING.format(example=words.EXAMPLE_REASON)
        if form.way not in set(Way):
            problems[Field.WAY] = words.WAY_MISSING.format(example=words.WAYS[Way.WALLET])
        if problems or not isinstance(number, Number) or not isinstance(amount, Amount):
            return problems
        return Request(
            number=number.digits,
            amount=amount.xof,
            way=Way(form.way),
            reason=reason,
            order_reference=clean_text(form.order, LONGEST_ORDER) or None,
            requester="",
            requester_name="",
            channel=channel,
        )

    def _amount_not_taken(self, amount: Amount, typed: str) -> str | None:
        if amount.doubtful:
            return words.AMOUNT_DOUBTFUL.format(
                typed=clean_text(typed, 40), amount=words.amount(amount.xof), example=words.grouped(amount.xof)
            )
        if amount.xof > self._rules.max_amount:
            return too_large(amount, self._rules.max_amount)
        return None

    # What must be known beside it

    def _look_at(self, request: Request, form: Form) -> LookFirst:
        reader, now = self._ledger.reader, self._ledger.now()
        known = queries.beneficiary_of(reader, request.number)
        beneficiary, order, follows = -1 if known is None else known, request.order_reference, request.follows
        return LookFirst(
            Draft(Number(request.number), Amount(request.amount), request.reason),
            form,
            queries.earlier(reader, beneficiary, order, now=now, follows=follows),
            queries.rejected(reader, beneficiary, order, now=now, follows=follows),
        )

    def _why_not(self, request: Request, standing: Standing) -> str | None:
        if standing.refused is not None:
            return words.refusal(standing.refused, self._rules.channels)
        return self._taken(request)

    def _taken(self, request: Request) -> str | None:
        """What is said of a form that follows what another payout followed already, or what is open itself."""
        if request.follows is None:
            return None
        others = queries.same_money(self._ledger.reader, request.follows)
        return None if not others else words.followed(request.follows, others[0])

    def _over_limit(self, request: Request, person: str) -> str | None:
        """Said now, so that nobody waits in vain; it is decided with the approval."""
        today = day_start(self._ledger.now(), self._rules.timezone)
        passed = limit_passed(
            request.amount,
            team=queries.approved_since(self._ledger.reader, today),
            requester=queries.approved_since(self._ledger.reader, today, person),
            rules=self._rules,
        )
        if passed is None:
            return None
        limit, left = passed
        if not left:
            return str(words.TEAM_LIMIT_USED_UP if limit is Limit.TEAM else words.OWN_LIMIT_USED_UP)
        sentence = words.OVER_TEAM_LIMIT if limit is Limit.TEAM else words.OVER_OWN_LIMIT
        return sentence.format(left=words.amount(left), example=words.grouped(left))


def _written(request: Request) -> str:
    # What `asdict` makes of it, without the deep copies: what forms brought is compared by this text, across versions.
    return json.dumps({name: getattr(request, name) for name in _REQUEST})


def _wanting(look: LookFirst, carried: Carried) -> LookFirst | Problems | None:
    """What is to be looked at or ticked before such a form is taken; `carried` says what it showed so far."""
    concerned, shown = set(look.shown), set(carried.shown)
    amount = look.draft.amount
    is_news = isinstance(amount, Amount) and is_small(amount) and carried.small != amount.xof
    # Ticked on a form that did not show all of them, it says nothing about the others.
    if is_news or concerned - shown:
        return look
    if not concerned or look.form.knows_earlier:
        return None
    # With another number or order it may show what does not concern it any more: no tick is asked for that.
    return look if concerned != shown else {Field.KNOWN: str(words.KNOWN_MISSING)}


def _is_taken(tx: Transaction, request: Request) -> bool:
    """Whether its money is asked for by another payout by now; then whoever asked is told."""
    record = None if request.follows is None else tx.record(request.follows)
    others = () if record is None else queries.same_money(tx.connection, record.payout.id)
    if record is not None and others:
        answer_followed(tx, others[0], request.requester, request.channel, record)
    return bool(others)


def _known(tx: Transaction, request: Request) -> tuple[str | None, str | None]:
    """What whoever asked ticked to know of: what it may repeat, and what was rejected and surely not paid."""
    known = request.knows_of.split(",") if request.knows_of else []
    rejected = queries.rejected_of(tx.connection, known)
    may_repeat = [payout for payout in known if payout not in rejected]
    return ",".join(may_repeat) or None, ",".join(payout for payout in known if payout in rejected) or None


def _refuse(tx: Transaction, person: str, channel: str, refusal: Refusal, occasion: str) -> None:
    if not tx.store_in_inbox(Sort.REQUEST, person, occasion, None):
        return
    refuse(tx, EventKind.REQUEST_REFUSED, person, channel, {"why": refusal}, None)
