"""Asking for a payout: what the form holds is checked, stored, and, by the worker, made a payout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace

from bot.parsing import Amount, Number, clean_text, read_amount, read_number
from bot.people import People
from bot.policy import Refusal, Rules, may_request
from bot.speech import words
from bot.speech.modals import (
    LONGEST_ORDER,
    LONGEST_REASON,
    Field,
    Form,
    amount_problem,
    number_problem,
)
from bot.speech.notices import addresses
from storage.ledger import Ledger, Transaction
from storage.payout import EventKind, InboxItem, Request, Sort, Way

Problems = Mapping[Field, str]

_LONGEST_NAME = 80


class Requests:
    """The desk for support agents."""

    def __init__(self, ledger: Ledger, people: People, rules: Rules) -> None:
        self._ledger = ledger
        self._people = people
        self._rules = rules

    async def refusal(
        self, person: str, channel: str, occasion: str, *, fresh: bool = False
    ) -> Refusal | None:
        """Why this person may not ask for a payout here; None is yes.

        A refusal is recorded and told, once for an occasion. `fresh` asks Slack who they are even when it is known.
        """
        refused = may_request(await self._people.who(person, fresh=fresh), channel, self._rules)
        if refused is not None:
            await self._ledger.write(lambda tx: _refuse(tx, person, channel, refused, occasion))
        return refused

    async def receive(self, person: str, channel: str, occasion: str, form: Form) -> Problems:
        """Check a submitted form and store it; what is wrong comes back by field, and then nothing is stored.

        `occasion` is the form's own id: the same submission delivered twice is one request.
        Raises `sqlite3.Error` when it could not be stored.
        """
        checked = self._check(form, channel)
        if not isinstance(checked, Request):
            return checked
        refused = await self.refusal(person, channel, f"refused {occasion}", fresh=True)
        if refused is not None:
            return {Field.BENEFICIARY: words.refusal(refused, self._rules.channels)}
        asked = await self._people.who(person)
        request = replace(checked, requester=asked.id, requester_name=clean_text(asked.name, _LONGEST_NAME))
        payload = json.dumps(asdict(request))
        await self._ledger.write(lambda tx: tx.store_in_inbox(Sort.REQUEST, person, occasion, payload))
        return {}

    async def decide(self, item: InboxItem) -> None:
        """Make a stored submission a payout; it was checked before it was stored."""
        fields = json.loads(item.payload)
        request = Request(**fields | {"way": Way(fields["way"])})
        await self._ledger.write(lambda tx: _file(tx, item, request))

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
        example = words.EXAMPLE_AMOUNT
        if amount.doubtful:
            return words.AMOUNT_DOUBTFUL.format(
                typed=clean_text(typed, 40), amount=words.amount(amount.xof), example=words.grouped(amount.xof)
            )
        if amount.xof > self._rules.max_amount:
            most = words.amount(self._rules.max_amount)
            return words.AMOUNT_TOO_LARGE.format(amount=words.amount(amount.xof), most=most, example=example)
        return None


def _refuse(tx: Transaction, person: str, channel: str, refusal: Refusal, occasion: str) -> None:
    if not tx.store_in_inbox(Sort.REQUEST, person, occasion, None):
        return
    tx.append(
        EventKind.REQUEST_REFUSED,
        payout=None,
        attempt=None,
        actor=person,
        data={"why": refusal},
        addresses=addresses(EventKind.REQUEST_REFUSED, channel=channel, actor=person),
    )


def _file(tx: Transaction, item: InboxItem, request: Request) -> None:
    if not tx.take_from_inbox(item.id):
        return
    payout = tx.file(request)
    tx.append(
        EventKind.REQUESTED,
        payout=payout.id,
        attempt=payout.attempt,
        actor=item.person,
        data={
            "amount": payout.amount,
            "way": payout.way,
            "reason": payout.reason,
            "order": payout.order_reference,
            "channel": payout.channel,
        },
        addresses=addresses(EventKind.REQUESTED, channel=payout.channel),
    )
