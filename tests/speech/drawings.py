"""Everything the bot says, drawn: for the tests of both languages, and for the page that shows them side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from zoneinfo import ZoneInfo

from slack_sdk.models.views import View

from bot.clock import HOUR, MINUTE
from bot.language import Language
from bot.ligdicash.errors import VERDICTS, Meaning
from bot.ligdicash.readers import TOO_LATE, Doubt
from bot.parsing import (
    Amount,
    AmountProblem,
    Draft,
    Number,
    NumberProblem,
    UnreadableAmount,
    UnreadableNumber,
)
from bot.policy import SET_OTHERWISE, Limit, Refusal, Rules
from bot.quiet import QuietHours
from bot.speech import replies, words
from bot.speech.blocks import Message
from bot.speech.cards import Moment, card
from bot.speech.modals import (
    Carried,
    Field,
    Known,
    Prefill,
    amount_problem,
    number_problem,
    rejection_form,
    request_form,
    resolution_form,
)
from bot.speech.notices import PLACES, Notices
from bot.speech.questions import Asking, earlier_lines, question, rejected_lines
from bot.speech.sentences import Sentence
from bot.speech.words import Answer
from storage.payout import (
    NOTHING_COUNTED,
    AnswerKind,
    Attempt,
    Brake,
    Counted,
    Delivery,
    Earlier,
    Endpoint,
    Event,
    EventKind,
    Finding,
    Hold,
    Outcome,
    Payout,
    Place,
    Proposal,
    Record,
    Rejected,
    Repeated,
    Sort,
    State,
    Unsent,
    Way,
)

Drawn = Message | View | str
Data = Mapping[str, str | int | None]

# 14:05 on 24 November 2026 in Ouagadougou.
NOW = 1_795_529_100_000
PAYOUT, EARLIER = "P-7K3F9", "P-2M8QX"
AMINATA, BOUKARY, CLARISSE, DAOUDA = "U0AMINATA", "U0BOUKARY", "U0CLARISSE", "U0DAOUDA"
SUPPORT, AUDIT = "C0SUPPORT", "C0AUDIT"
WORKSPACE = "https://team.slack.example/"
TRANSACTION = "20261124140500123456"


@dataclass(frozen=True, slots=True)
class Values:
    """What stands in the places of the sentences: as usual, or as long as it can be."""

    number: str = "22670000000"
    amount: int = 5_000
    reason: str = "Refund"
    order: str = "ORD-1042"
    name: str = "Aminata"
    token: str = "eyJ0.eyJ1.3c9d8f01"
    approvers: tuple[str, ...] = (CLARISSE, DAOUDA)


USUAL = Values()
USUAL_IN: Mapping[Language, Values] = {
    Language.ENGLISH: USUAL,
    Language.FRENCH: Values(reason="Remboursement"),
}
LONGEST = Values(
    amount=999_999_999_999,
    reason="&" * 300,
    order="<" * 60,
    name="W" * 80,
    token="e" * 4_096,
    approvers=tuple(f"U{number:010}" for number in range(30)),
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """One thing that somebody sees: in which chapter it stands, what it is, and how it is drawn."""

    chapter: str
    name: str
    draw: Callable[[], Drawn]


class Drawings:
    """All of them, with these values in their places."""

    def __init__(self, values: Values = USUAL) -> None:
        self.values = values
        self.rules = Rules(
            approvers=values.approvers,
            requesters=(),
            channels=(SUPPORT,),
            countries=("226", "225"),
            max_amount=1_000_000,
            second_approval_above=100_000,
            daily_limit=500_000,
            daily_limit_per_requester=200_000,
            request_ttl_hours=24,
            quiet_hours=QuietHours(20, 7),
            timezone=ZoneInfo("Africa/Ouagadougou"),
            audit_channel=AUDIT,
            audit_full_numbers=False,
        )
        self.asking = Asking(self.rules, WORKSPACE)
        self.notices = Notices(self.rules, lambda: WORKSPACE)
        self._ids = count(1)

    def __iter__(self) -> Iterator[Drawing]:
        yield from self._forms()
        yield from self._problems()
        yield from self._cards()
        yield from self._questions()
        yield from self._told()
        yield from self._ended_proposals()
        resumed = Event(next(self._ids), NOW, EventKind.RESUMED, None, None, DAOUDA, {"hold": Hold.ALL})
        yield self._telling(Place.DIRECT, "resumed, to whoever wanted it first", resumed, None)
        yield from self._answers()
        yield from self._command()
        yield from self._home()

    # What the ledger holds

    def payout(self, state: State = State.REQUESTED, **changes: object) -> Payout:
        """A payout in that state."""
        usual = Payout(
            id=PAYOUT,
            state=state,
            attempt=1,
            beneficiary=1,
            number=self.values.number,
            amount=self.values.amount,
            way=Way.MOBILE_THROUGH_WALLET,
            reason=self.values.reason,
            order_reference=self.values.order,
            requester=AMINATA,
            requester_name=self.values.name,
            channel=SUPPORT,
            card_ts="1795529100.000100",
            question_ts="1795529100.000200",
            decided_by=None,
            decision_reason=None,
            created_at=NOW,
            changed_at=NOW,
            due_at=None,
            follows=None,
            contradiction=None,
            source_ts="1795529000.000300",
            source_thread_ts="1795528000.000400",
        )
        return replace(usual, **changes)  # type: ignore[arg-type]  # each caller names fields of it

    def attempt(self, **changes: object) -> Attempt:
        """Its only attempt, not yet approved."""
        usual = Attempt(
            payout=PAYOUT,
            number=1,
            transaction_id=TRANSACTION,
            digest="",
            outcome=Outcome.OPEN,
            requested_at=NOW,
            reminders=0,
            needed=1,
            approved_at=None,
            sent_at=None,
            lease_owner=None,
            lease_until=None,
            tries=0,
            answer_kind=None,
            answer_code=None,
            answer_note=None,
            token=None,
            asked_by=AMINATA,
            asked_at=NOW,
            polls=0,
            silent_since=None,
            pointed_out_at=None,
            contradicted=None,
            word=None,
            found_by=None,
            found_reason=None,
            host=None,
        )
        return replace(usual, **changes)  # type: ignore[arg-type]  # as above

    def record(self, payout: Payout | None = None, attempt: Attempt | None = None, **changes: object) -> Record:
        """All that a card shows."""
        usual = Record(
            payout=payout or self.payout(),
            attempt=attempt or self.attempt(),
            approvers=(),
            brake=None,
            proposal=None,
            may_follow=False,
            found_unpaid_before=False,
            counted=NOTHING_COUNTED,
            earlier=(),
            repeats=(),
            rejected=(),
            unsent=None,
            relatives=(),
        )
        return replace(usual, **changes)  # type: ignore[arg-type]  # as above

    def approved(
        self, state: State = State.APPROVED, *, payout: Data | None = None, found: Data | None = None, **attempt: object
    ) -> Record:
        """One that was approved by as many as there are, and what came of it."""
        tried = self.attempt(
            **{"approved_at": NOW, "sent_at": NOW, "token": self.values.token, **(found or {}), **attempt}
        )
        return self.record(self.payout(state, **(payout or {})), tried, approvers=self.values.approvers)

    @property
    def paused(self) -> Brake:
        """Somebody's hand on the brake."""
        return Brake(Hold.ALL, CLARISSE, self.values.reason, NOW, None)

    @property
    def proposal(self) -> Proposal:
        """What one approver says."""
        return Proposal(1, CLARISSE, Finding.PAID, self.values.reason, NOW)

    def earlier(
        self,
        *,
        same_order: bool = False,
        card_ts: str | None = "1795529000.000100",
        outcome: Outcome = Outcome.COMPLETED,
    ) -> Earlier:
        """A payout that this one may repeat."""
        return Earlier(
            EARLIER,
            State.FAILED if outcome is Outcome.FAILED_BY_CALLBACK else State.COMPLETED,
            self.values.amount,
            NOW - HOUR,
            SUPPORT,
            card_ts,
            same_order,
            is_contradicted=same_order,
            outcome=outcome,
        )

    def repeated(self, payout: str = EARLIER, card_ts: str | None = "1795529000.000100") -> Repeated:
        """What stays of it when all is decided."""
        return Repeated(payout, SUPPORT, card_ts)

    @property
    def rejected(self) -> Rejected:
        """What an approver rejected lately."""
        return Rejected(
            EARLIER,
            self.values.amount,
            SUPPORT,
            "1795529000.000100",
            same_order=False,
            decided_by=CLARISSE,
            reason=self.values.reason,
            at=NOW - HOUR,
        )

    # Forms

    def _forms(self) -> Iterator[Drawing]:
        number, amount = Number(self.values.number), Amount(self.values.amount)
        drafts = {
            "empty": Draft(_missing_number(), UnreadableAmount(AmountProblem.MISSING, ""), ""),
            "filled in": Draft(number, amount, self.values.reason),
            "of a small amount": Draft(number, Amount(10), self.values.reason),
            "to be checked": Draft(number, replace(amount, doubtful=True), self.values.reason),
        }
        for name, draft in drafts.items():
            yield Drawing("Forms", f"the request, {name}", partial(self._form, draft))
        yield Drawing("Forms", "the request, repeated", lambda: self._form(drafts["filled in"], repeated=True))
        yield Drawing("Forms", "the rejection", lambda: View(**rejection_form(self.payout(), '{"payout": "P-7K3F9"}')))
        yield Drawing(
            "Forms",
            "the resolution",
            lambda: View(
                **resolution_form(
                    self.approved(State.UNCONFIRMED, answer_note=Doubt.NO_ANSWER),
                    '{"payout": "P-7K3F9"}',
                    self.rules.timezone,
                )
            ),
        )
        yield Drawing(
            "Forms",
            "the resolution, while LigdiCash says pending",
            lambda: View(
                **resolution_form(
                    self.approved(State.INITIATED, word="pending"), '{"payout": "P-7K3F9"}', self.rules.timezone
                )
            ),
        )

    def _form(self, draft: Draft, *, repeated: bool = False) -> View:
        known = Known(
            earlier_lines([self.earlier(), self.earlier(same_order=True)], self.asking),
            rejected_lines(
                [self.rejected, replace(self.rejected, same_order=True), replace(self.rejected, channel=AUDIT)],
                self.asking,
                SUPPORT,
            ),
        )
        form = request_form(
            Prefill(draft, Carried(SUPPORT), self.values.order),
            most=self.rules.max_amount,
            countries=self.rules.countries,
            known=known if repeated else None,
        )
        return View(**form)

    def _problems(self) -> Iterator[Drawing]:
        for wrong in NumberProblem:
            number = UnreadableNumber(wrong, "" if wrong is NumberProblem.MISSING else "7000")
            yield self._problem(Field.BENEFICIARY, wrong, partial(number_problem, number, ("226", "225")))
        for problem in AmountProblem:
            amount = UnreadableAmount(problem, "" if problem is AmountProblem.MISSING else "5.5")
            yield self._problem(Field.AMOUNT, problem, partial(amount_problem, amount))
        for field, name, sentence in self._said_beside_fields():
            yield self._problem(field, name, sentence)

    def _problem(self, field: Field, name: str, sentence: Callable[[], str]) -> Drawing:
        return Drawing("Beside the fields", f"{field}: {name.replace('_', ' ')}", sentence)

    def _said_beside_fields(self) -> Iterator[tuple[Field, str, Callable[[], str]]]:
        written = self.values.amount
        yield (
            Field.AMOUNT,
            "two readings",
            lambda: words.AMOUNT_DOUBTFUL.format(
                typed="5.000", amount=words.amount(written), example=words.grouped(written)
            ),
        )
        yield (
            Field.AMOUNT,
            "more than one payout may be",
            lambda: words.AMOUNT_TOO_LARGE.format(
                amount=words.amount(written), most=words.amount(1_000_000), example=words.EXAMPLE_AMOUNT
            ),
        )
        for name, limit in (("the team's limit", words.OVER_TEAM_LIMIT), ("the own limit", words.OVER_OWN_LIMIT)):
            yield (
                Field.AMOUNT,
                name,
                partial(_what_is_left, limit, written),
            )
        for name, used_up in (("the team's", words.TEAM_LIMIT_USED_UP), ("the own", words.OWN_LIMIT_USED_UP)):
            yield Field.AMOUNT, f"nothing is left of {name} limit", partial(str, used_up)
        for example in (words.EXAMPLE_REASON, words.REJECT_EXAMPLE, words.RESOLVE_EXAMPLE):
            yield (
                Field.REASON,
                f"missing ({example.english})",
                partial(words.REASON_MISSING.format, example=example),
            )
        yield Field.WAY, "missing", lambda: words.WAY_MISSING.format(example=words.WAYS[Way.WALLET])
        yield (
            Field.FINDING,
            "missing",
            lambda: words.FINDING_MISSING.format(example=words.FINDING_LABELS[Finding.PAID]),
        )
        yield (
            Field.FINDING,
            "too early",
            lambda: words.FINDING_TOO_EARLY.format(finding=words.FINDING_LABELS[Finding.UNPAID], time="15:05"),
        )
        yield Field.KNOWN, "missing", lambda: str(words.KNOWN_MISSING)
        yield Field.REASON, "sent already", lambda: str(words.SENT_ALREADY_REASON)
        yield Field.BENEFICIARY, "sent already", lambda: str(words.SENT_ALREADY)
        yield Field.BENEFICIARY, "could not be stored", lambda: str(words.COULD_NOT_STORE)

    # Cards and questions

    def _cards(self) -> Iterator[Drawing]:
        for name, record in self._cards_by_name().items():
            yield Drawing("Cards", name, partial(card, record, Moment(NOW, self.rules.timezone, WORKSPACE)))

    def _cards_by_name(self) -> Mapping[str, Record]:
        ended = {"decided_by": CLARISSE, "decision_reason": self.values.reason}
        found: Data = {"found_by": f"{CLARISSE},console:operator", "found_reason": self.values.reason}
        hold = Brake(Hold.CUSTOMER, None, Meaning.BALANCE_LOW, NOW, None)
        restored = Brake(Hold.ALL, None, words.RESTORED_REASON.english, NOW, None)
        unsure = self.approved(State.UNCONFIRMED, answer_note=Doubt.NO_ANSWER)
        return {
            "requested": self.record(),
            "requested again, following another": self.record(
                self.payout(attempt=2, follows=EARLIER), self.attempt(number=2, asked_by=BOUKARY)
            ),
            "the number removed": self.record(self.payout(number="", order_reference=None)),
            "rejected": self.record(self.payout(State.REJECTED, **ended), may_follow=True),
            "rejected, and followed": self.record(self.payout(State.REJECTED, **ended), relatives=(self.earlier(),)),
            "cancelled": self.record(self.payout(State.CANCELLED, **ended), may_follow=True),
            "expired": self.record(self.payout(State.EXPIRED), may_follow=True),
            "approved": self.approved(token=None, sent_at=None),
            "approved, paused": replace(self.approved(token=None, sent_at=None), brake=self.paused),
            "approved, paused by the bot": replace(self.approved(token=None, sent_at=None), brake=restored),
            "approved, held": replace(self.approved(token=None, sent_at=None), brake=hold),
            "approved, not sent": self.approved(payout={"due_at": NOW + MINUTE}, tries=1, token=None),
            "approved, not let go in time": self.approved(
                payout={"due_at": NOW + MINUTE}, tries=1, token=None, answer_note=TOO_LATE
            ),
            "stopped": self.approved(State.CANCELLED, payout=ended),
            "stopped by a contradiction": self.approved(
                State.CANCELLED, payout={"contradiction": "“completed” of attempt 1"}
            ),
            "stopped by a contradiction of another payout": replace(
                self.approved(State.CANCELLED), relatives=(self.earlier(same_order=True),)
            ),
            "contradicted by an acceptance": self.approved(
                State.FAILED, payout={"contradiction": "“accepted” of attempt 1"}
            ),
            "contradicted by a refusal": self.approved(
                State.COMPLETED, payout={"contradiction": "“refused (code 04)” of attempt 1"}
            ),
            **{
                f"expired unsent: {why.name.lower().replace('_', ' ')}": replace(
                    self.approved(State.EXPIRED), unsent=why, may_follow=True
                )
                for why in Unsent
            },
            "being sent": self.approved(State.SENDING, token=None),
            "initiated": self.approved(State.INITIATED),
            "initiated, resolvable": self.approved(State.INITIATED, sent_at=NOW - 30 * HOUR),
            "unconfirmed": unsure,
            "unconfirmed, with a proposal": replace(unsure, proposal=self.proposal),
            "refused": replace(self.approved(State.REFUSED, token=None, answer_code="02"), may_follow=True),
            "refused for its amount": replace(
                self.approved(State.REFUSED, token=None, answer_code="05"), may_follow=True
            ),
            "refused, second attempt": self.approved(
                State.REFUSED, payout={"attempt": 2}, number=2, token=None, answer_code="02"
            ),
            "refused, and contradicted": self.approved(
                State.REFUSED,
                payout={"contradiction": "“completed” of attempt 1"},
                token=None,
                answer_code="05",
                contradicted="completed",
            ),
            "expired, second attempt": self.record(
                self.payout(State.EXPIRED, attempt=2), self.attempt(number=2, asked_by=BOUKARY)
            ),
            "completed": self.approved(State.COMPLETED, outcome=Outcome.COMPLETED),
            "completed, may repeat": replace(
                self.approved(State.COMPLETED, outcome=Outcome.COMPLETED), repeats=(self.repeated(),)
            ),
            "completed, without a token": self.approved(State.COMPLETED, token=None, outcome=Outcome.COMPLETED),
            "failed": replace(self.approved(State.FAILED, outcome=Outcome.FAILED, token=None), may_follow=True),
            "failed, not proven": self.approved(State.FAILED, outcome=Outcome.FAILED_BY_CALLBACK),
            "marked paid": self.approved(State.COMPLETED, found=found, outcome=Outcome.FOUND_PAID),
            "marked not paid": self.approved(State.FAILED, found=found, outcome=Outcome.FOUND_UNPAID),
        }

    def _questions(self) -> Iterator[Drawing]:
        for name, record in self._questions_by_name().items():
            yield Drawing("Questions", name, partial(question, record, self.asking))
        alone = replace(self.asking, rules=replace(self.rules, approvers=(AMINATA,)))
        yield Drawing("Questions", "open, with nobody to decide", lambda: question(self.record(), alone))

    def _questions_by_name(self) -> Mapping[str, Record]:
        lately = Counted(2, self.values.amount, may_still_be_paid=False, paid_meanwhile=False)
        others = [self.earlier(outcome=outcome) for outcome in (Outcome.FOUND_PAID, Outcome.FAILED_BY_CALLBACK)]
        earlier = (self.earlier(), self.earlier(same_order=True, card_ts=None), *others)
        again = self.record(self.payout(attempt=2), self.attempt(number=2, asked_by=BOUKARY))
        return {
            "open": self.record(),
            "open, paused": self.record(brake=self.paused),
            "open, paused, may repeat": self.record(brake=self.paused, earlier=earlier, counted=lately),
            "open, held, may repeat": self.record(
                brake=Brake(Hold.CUSTOMER, None, Meaning.BALANCE_LOW, NOW, None), earlier=earlier, counted=lately
            ),
            "open, held": self.record(brake=Brake(Hold.CUSTOMER, None, Meaning.BALANCE_LOW, NOW, None)),
            "open, above the threshold": self.record(self.payout(amount=200_000)),
            "open, one of two": self.record(
                self.payout(amount=200_000), approvers=self.values.approvers[1:], counted=lately
            ),
            "open, two who do not suffice any more": self.record(
                self.payout(amount=200_000), approvers=self.values.approvers, counted=lately
            ),
            "open, may repeat": self.record(earlier=earlier, counted=lately, repeats=(self.repeated(),)),
            "open, an earlier one may be paid": self.record(
                earlier=earlier, counted=replace(lately, may_still_be_paid=True)
            ),
            "open, another was paid meanwhile": self.record(
                earlier=earlier, counted=replace(lately, paid_meanwhile=True)
            ),
            "open, another was rejected": self.record(rejected=(self.rejected,)),
            "open, follows a rejected one": self.record(
                self.payout(follows=EARLIER), rejected=(self.rejected, replace(self.rejected, payout="P-9TT2Q"))
            ),
            "open, second attempt": again,
            "open, second attempt after two people's word": replace(again, found_unpaid_before=True),
            "open, second attempt, and the first may still be paid": replace(
                again, found_unpaid_before=True, counted=replace(NOTHING_COUNTED, unpaid_but="pending")
            ),
            "open, on a copy": self.record(counted=replace(NOTHING_COUNTED, unknown_since=NOW)),
            "approved": self.approved(token=None),
            "approved, may repeat": replace(
                self.approved(token=None), repeats=(self.repeated(), self.repeated("P-9TT2Q", None))
            ),
            "rejected": self.record(
                self.payout(State.REJECTED, decided_by=CLARISSE, decision_reason=self.values.reason)
            ),
            "expired": self.record(self.payout(State.EXPIRED)),
            "second attempt expired": self.record(self.payout(State.EXPIRED, attempt=2), self.attempt(number=2)),
        }

    # What is told of events

    def _told(self) -> Iterator[Drawing]:
        for kind, name, data, record, more in self._events():
            event = Event(
                next(self._ids), NOW, kind, record.payout.id if record else None, more.get("attempt", 1), CLARISSE, data
            )
            if more.get("nobody"):
                event = replace(event, actor=None)
            for place in PLACES[kind]:
                if place not in {Place.CARD, Place.QUESTION}:
                    yield self._telling(place, name or kind.replace("_", " "), event, record)

    def _ended_proposals(self) -> Iterator[Drawing]:
        data: Data = {"finding": Finding.PAID, "reason": self.values.reason}
        proposed = Event(next(self._ids), NOW, EventKind.PROPOSED, PAYOUT, 1, CLARISSE, data)
        for name, kind in {
            "a proposal, confirmed": EventKind.MARKED_PAID,
            "a proposal, replaced by another": EventKind.PROPOSED,
            "a proposal, overtaken by LigdiCash": EventKind.PROPOSAL_VOIDED,
        }.items():
            ended_by = Event(next(self._ids), NOW + MINUTE, kind, PAYOUT, 1, DAOUDA, {"proposal": proposed.id})
            yield Drawing(_CHAPTERS[Place.THREAD], name, partial(self.notices.proposal, ended_by, proposed))

    def _telling(self, place: Place, name: str, event: Event, record: Record | None) -> Drawing:
        if place is Place.AUDIT:
            return Drawing(_CHAPTERS[place], name, lambda: self.notices.audit([self.notices.audit_line(event, record)]))
        if event.kind is EventKind.PROPOSED and record is not None and record.proposal is not None:
            record = replace(record, proposal=replace(record.proposal, event=event.id))
        delivery = Delivery(
            event.id,
            event,
            place,
            SUPPORT,
            AMINATA,
            record.payout.id if record else None,
            posting=False,
            tries=0,
            due_at=NOW,
        )
        return Drawing(_CHAPTERS[place], name, lambda: self.notices.draw(delivery, record, NOW))

    def _events(self) -> Iterator[tuple[EventKind, str, Data, Record | None, Mapping[str, int]]]:
        yield from ((kind, "", data, record, {}) for kind, data, record in self._plain_events())
        for doubt in Doubt:
            unsure = self.approved(State.UNCONFIRMED, answer_note=doubt, answer_code="08", token=None)
            data: Data = {"doubt": doubt, "code": "08", "transaction_id": TRANSACTION}
            yield EventKind.UNCONFIRMED, f"unconfirmed: {doubt.replace('_', ' ')}", data, unsure, {}
        asked = self.approved(State.UNCONFIRMED, answer_note=Doubt.HTTP_STATUS, answer_code="201")
        data = {"doubt": Doubt.HTTP_STATUS, "code": "201", "transaction_id": TRANSACTION}
        yield EventKind.UNCONFIRMED, "unconfirmed, with a token", data, asked, {}
        for meaning, way, code in _codes():
            refused = self.approved(State.REFUSED, payout={"way": way}, answer_code=code, token=None)
            name = f"refused: {meaning.replace('_', ' ')}"
            yield EventKind.REFUSED, name, {"code": code, "endpoint": way.endpoint}, refused, {}
        unknown = self.approved(State.REFUSED, answer_code="99", token=None)
        yield EventKind.REFUSED, "refused: code unknown", {"code": "99"}, unknown, {}
        held: Data = {"hold": "customer", "meaning": Meaning.BALANCE_LOW}
        yield EventKind.HELD, "", held, self.approved(State.REFUSED, answer_code="04"), {"nobody": 1}
        for kind in AnswerKind:
            late = self.approved(State.UNCONFIRMED)
            yield EventKind.ANSWER_RECORDED, f"a late answer: {kind.replace('_', ' ')}", {"kind": kind}, late, {}
        knowing: Data = {"given": 1, "needed": 1, "repeats": EARLIER}
        yield EventKind.APPROVED, "approved, may repeat", knowing, self.approved(), {}
        known: Data = {"way": Way.WALLET, "reason": self.values.reason, "knows_of": f"{EARLIER},P-9TT2Q"}
        yield EventKind.REQUESTED, "requested, may repeat", known, self.record(), {}
        yield from self._variants()

    def _plain_events(self) -> Iterator[tuple[EventKind, Data, Record | None]]:
        reason, initiated = self.values.reason, self.approved(State.INITIATED)
        unsure = self.approved(State.UNCONFIRMED, answer_note=Doubt.NO_ANSWER)
        ended = {"decided_by": CLARISSE, "decision_reason": reason}
        asked: Data = {"way": Way.WALLET, "order": self.values.order, "reason": reason}
        yield EventKind.REQUESTED, asked, self.record()
        yield EventKind.APPROVED, {"given": 1, "needed": 1}, self.approved()
        yield EventKind.REJECTED, {"reason": reason}, self.record(self.payout(State.REJECTED, **ended))
        yield EventKind.CANCELLED, {"state": State.REQUESTED}, self.record(self.payout(State.CANCELLED, **ended))
        yield EventKind.ASKED_AGAIN, {}, self.record()
        yield EventKind.SENDING, {"transaction_id": TRANSACTION}, self.approved(State.SENDING)
        yield EventKind.NOT_SENT, {"why": "ConnectError"}, self.approved()
        yield EventKind.INITIATED, {}, initiated
        yield EventKind.COMPLETED, {"word": "completed"}, self.approved(State.COMPLETED)
        yield EventKind.FAILED, {"word": "nocompleted"}, self.approved(State.FAILED)
        unproven = self.approved(State.FAILED, outcome=Outcome.FAILED_BY_CALLBACK)
        yield EventKind.FAILED, {"word": "nocompleted", "proven": 0}, unproven
        yield EventKind.EXPIRED, {}, self.record(self.payout(State.EXPIRED))
        yield EventKind.CALLBACK_RECEIVED, {"word": "completed"}, initiated
        yield EventKind.STILL_PENDING, {"word": "waiting"}, initiated
        yield EventKind.STATUS_SILENT, {"why": "http_500"}, None
        yield EventKind.STATUS_BACK, {}, None
        elsewhere: Data = {"count": 3, "hosts": "test.ligdicash.example", "host": "app.ligdicash.example"}
        yield EventKind.OPEN_ELSEWHERE, elsewhere, None
        yield EventKind.EVIDENCE_AGREES, {"word": "completed"}, self.approved(State.COMPLETED)
        for what in (*words.MISMATCHES, ",".join(words.MISMATCHES)):
            yield EventKind.EVIDENCE_MISMATCH, {"what": what, "own": 0}, initiated
            yield EventKind.EVIDENCE_MISMATCH, {"what": what, "own": 1}, initiated
        yield EventKind.EVIDENCE_AGREES, {"word": "completed", "own": 1}, self.approved(State.COMPLETED)
        open_proposal = replace(unsure, proposal=self.proposal)
        yield EventKind.PROPOSED, {"finding": Finding.PAID, "reason": reason}, open_proposal
        yield EventKind.PROPOSAL_VOIDED, {}, unsure
        voided: Data = {"people": f"{CLARISSE},{DAOUDA}", "other": PAYOUT}
        yield EventKind.APPROVALS_VOIDED, voided, self.record()
        found: Data = {"proposed_by": DAOUDA, "reason": reason}
        yield EventKind.MARKED_PAID, found, self.approved(State.COMPLETED, outcome=Outcome.FOUND_PAID)
        yield EventKind.MARKED_UNPAID, found, self.approved(State.FAILED, outcome=Outcome.FOUND_UNPAID)
        yield EventKind.PAUSED, {"reason": reason}, None
        yield EventKind.RESUME_PROPOSED, {"reason": reason}, None
        yield EventKind.RESUMED, {"hold": Hold.ALL}, None
        yield EventKind.RELEASED, {"hold": Hold.CUSTOMER}, None
        yield EventKind.RESTORED, {"state": State.SENDING}, self.approved(State.UNCONFIRMED, answer_note=Doubt.RESTORED)
        yield EventKind.DELIVERY_FAILED, {"channel": SUPPORT, "error": "not_in_channel"}, initiated

    def _variants(self) -> Iterator[tuple[EventKind, str, Data, Record | None, Mapping[str, int]]]:
        approved, initiated = self.approved(), self.approved(State.INITIATED)
        second = self.approved(State.INITIATED, payout={"attempt": 2})
        word: Data = {"word": "completed", "state": State.FAILED}
        otherwise: Data = {"word": "completed", "names_another": 1}
        yield (
            EventKind.COMPLETED,
            "completed, but its answer does not fit",
            otherwise,
            self.approved(State.COMPLETED),
            {},
        )
        yield EventKind.RESTORED, "restored, not decided", {"state": State.REQUESTED}, self.record(), {}
        yield EventKind.APPROVED, "approved, one of two", {"given": 1, "needed": 2}, approved, {}
        yield EventKind.CANCELLED, "stopped", {"why": "contradiction"}, self.approved(State.CANCELLED), {"nobody": 1}
        family: Data = {"why": "contradiction", "other": EARLIER}
        yield EventKind.CANCELLED, "stopped with its family", family, self.approved(State.CANCELLED), {"nobody": 1}
        beside: Data = {"why": Unsent.CONTRADICTED, "other": EARLIER}
        expired = replace(self.approved(State.EXPIRED), unsent=Unsent.CONTRADICTED)
        yield EventKind.EXPIRED, "expired beside a contradiction", beside, expired, {}
        for unsent in sorted(SET_OTHERWISE):
            name = f"expired, set otherwise: {unsent.name.lower().replace('_', ' ')}"
            yield EventKind.EXPIRED, name, {"why": unsent}, replace(self.approved(State.EXPIRED), unsent=unsent), {}
        rejected = self.approved(
            State.CANCELLED, payout={"decided_by": CLARISSE, "decision_reason": self.values.reason}
        )
        why: Data = {"state": State.APPROVED, "reason": self.values.reason}
        yield EventKind.CANCELLED, "stopped with a reason", why, rejected, {}
        yield EventKind.CONTRADICTION, "contradiction", word, self.approved(State.FAILED), {}
        found: Data = {"word": "nocompleted", "state": State.COMPLETED, "outcome": Outcome.FOUND_PAID}
        yield EventKind.CONTRADICTION, "contradiction of two people's word", found, self.approved(State.COMPLETED), {}
        waits: Data = {**word, "state": State.REQUESTED}
        yield EventKind.CONTRADICTION, "contradiction before the next attempt left", waits, second, {}
        left: Data = {**word, "state": State.INITIATED}
        yield EventKind.CONTRADICTION, "contradiction, earlier attempt", left, second, {}
        for number in (1, 30):
            waited: Data = {"minutes": number}
            yield EventKind.REMINDED, f"reminded, {number} min", waited, self.record(), {}
            yield EventKind.REMINDED, f"reminded too late, {number} min", waited, approved, {}
            yield EventKind.POINTED_OUT, f"open for {number} h", {"hours": number}, initiated, {}
        unsure: Data = {"doubt": Doubt.NO_ANSWER, "transaction_id": TRANSACTION}
        yield EventKind.UNCONFIRMED, "unconfirmed, told too late", unsure, self.approved(State.COMPLETED), {}
        alone = self.approved(State.UNCONFIRMED, payout={"requester": CLARISSE}, asked_by=DAOUDA)
        yield EventKind.UNCONFIRMED, "unconfirmed, with nobody to look it up", unsure, alone, {}
        proposed: Data = {"finding": Finding.UNPAID, "reason": self.values.reason}
        alone = replace(alone, proposal=self.proposal)
        yield EventKind.PROPOSED, "proposed, with nobody to confirm", proposed, alone, {}
        may_confirm = replace(self.approved(State.UNCONFIRMED), proposal=self.proposal)
        yield EventKind.PROPOSED, "proposed: not paid", proposed, may_confirm, {}
        still = replace(self.approved(State.INITIATED, word="pending"), proposal=self.proposal)
        yield EventKind.PROPOSED, "proposed while LigdiCash says pending", proposed, still, {}
        yield EventKind.PROPOSED, "proposed, told too late", proposed, self.approved(State.COMPLETED), {}
        for limit in Limit:
            data: Data = {"why": limit, "left": 1_000}
            yield EventKind.LIMIT_REFUSED, f"limit refused: {limit}", data, self.record(), {}
        for refused in Refusal:
            yield EventKind.REQUEST_REFUSED, f"request refused: {refused.replace('_', ' ')}", {"why": refused}, None, {}
        yield from self._refused_acts()
        yield EventKind.REQUEST_REFUSED, "asking again refused", {"why": Refusal.NOT_A_REQUESTER}, initiated, {}
        for times in (1, 7):
            again: Data = {"why": Refusal.GUEST, "refused": EventKind.REQUEST_REFUSED, "times_before": times}
            yield EventKind.REFUSED_AGAIN, f"refused {times} times more", again, None, {}

    def _refused_acts(self) -> Iterator[tuple[EventKind, str, Data, Record | None, Mapping[str, int]]]:
        who = {"why": Refusal.NOT_AN_APPROVER}
        yield EventKind.DECISION_REFUSED, "decision refused, by an earlier version", who, self.record(), {}
        for act in words.ACTS:
            tried: Data = {"why": Refusal.NOT_AN_APPROVER, "act": act}
            yield EventKind.DECISION_REFUSED, f"decision refused: {act.replace('_', ' ')}", tried, self.record(), {}
        alone = self.record(self.payout(requester=CLARISSE), self.attempt(asked_by=DAOUDA))
        yield EventKind.DECISION_REFUSED, "decision refused, nobody else may", who, alone, {}
        for sort in (Sort.PAUSE, Sort.RESUME, Sort.TRY_NOW):
            what: Data = {"why": Refusal.NOT_AN_APPROVER, "what": sort.replace("_", " ")}
            yield EventKind.BRAKE_REFUSED, f"brake refused: {what['what']}", what, None, {}

    # Told to one person, when nothing was changed

    def _answers(self) -> Iterator[Drawing]:
        more = {"other": EARLIER, "other_state": State.COMPLETED}
        for answer in Answer:
            yield self._whisper(answer.replace("_", " "), EventKind.ANSWERED, {"answer": answer, **more}, self.record())
        for outcome in words.RESOLVED_ALREADY:
            found: Data = {"found_by": f"{CLARISSE},{DAOUDA}", "outcome": outcome}
            resolved = self.approved(State.COMPLETED, found=found)
            late: Data = {"answer": Answer.NOT_RESOLVABLE}
            yield self._whisper(f"resolved already: {outcome.replace('_', ' ')}", EventKind.ANSWERED, late, resolved)
        followed: Data = {"answer": Answer.FOLLOWED, **more, "other_contradicted": 1}
        yield self._whisper("followed, and contradicted", EventKind.ANSWERED, followed, self.record())
        too_late = EventKind.DECISION_TOO_LATE
        yield self._whisper("unknown payout", too_late, {"asked_for": PAYOUT}, None)
        yield self._whisper("an old button", too_late, {"stale": 1}, self.record())
        for state in words.TOO_LATE:
            decided = self.record(self.payout(state, decided_by=CLARISSE))
            yield self._whisper(f"too late: {state}", too_late, {}, decided)
        yield self._whisper("too late: approved", too_late, {}, self.approved())
        refused = self.approved(State.REFUSED, payout={"attempt": 2}, number=2)
        yield self._whisper("too late: second attempt refused", too_late, {}, refused)
        stopped = self.record(self.payout(State.CANCELLED, contradiction="“completed” of attempt 1"))
        yield self._whisper("too late: cancelled, and contradicted", too_late, {}, stopped)
        yield self._whisper("too late: otherwise", too_late, {}, self.record(self.payout(State.EXPIRED)))
        event = Event(7, NOW, EventKind.COMPLETED, PAYOUT, 1, None, {})
        broken = Delivery(7, event, Place.THREAD, SUPPORT, None, PAYOUT, posting=False, tries=0, due_at=NOW)
        yield Drawing("In the thread", "not drawn", lambda: self.notices.not_drawn(broken))

    def _whisper(self, name: str, kind: EventKind, data: Data, record: Record | None) -> Drawing:
        event = Event(next(self._ids), NOW, kind, record.payout.id if record else None, 1, AMINATA, data)
        return self._telling(Place.PRIVATE, name, event, record)

    def _command(self) -> Iterator[Drawing]:
        record, everybody = self.approved(State.INITIATED), self.values.approvers
        contradicted = self.approved(State.FAILED, payout={"contradiction": "“completed” of attempt 1"})
        moment = Moment(NOW, self.rules.timezone, WORKSPACE)
        may = replies.Standing(None, None, 0, 0)
        may_not = replies.Standing(Refusal.NOT_A_REQUESTER, Refusal.NOT_AN_APPROVER, 100_000, 50_000)
        command = f"/payout {self.values.number} 5000 {self.values.reason[:20]}"
        drawn: Mapping[str, Callable[[], str]] = {
            "help": lambda: replies.usage(everybody),
            "in a direct message": lambda: words.HERE_NO_PAYOUTS_DIRECT.format(bot="payout"),
            "where the bot is not": lambda: words.BOT_NOT_IN_CHANNEL.format(bot="payout"),
            "where the bot is not, from a message": lambda: words.BOT_NOT_IN_CHANNEL_SHORTCUT.format(bot="payout"),
            "the form did not open, from a message": lambda: str(words.SHORTCUT_DID_NOT_OPEN),
            "the form did not open": lambda: words.MODAL_DID_NOT_OPEN.format(command=command),
            "what was typed": lambda: words.TYPED_SO_FAR.format(command=command),
            "no form, for another fault": lambda: str(words.WENT_WRONG),
            "a button's form did not open": lambda: words.BUTTON_FORM_DID_NOT_OPEN.format(payout=PAYOUT),
            "pause or resume heard": lambda: str(words.BRAKE_HEARD),
            "pause without a reason": lambda: str(words.PAUSE_NEEDS_REASON),
            "status without an id": lambda: str(words.STATUS_EXAMPLE),
            "status of another's": lambda: words.STATUS_NOT_YOURS.format(payout=PAYOUT),
            "status": lambda: replies.status(record, moment),
            "status, for an approver": lambda: replies.status_for_approver(record, moment),
            "status, for an approver, before anybody approved": lambda: replies.status_for_approver(
                replace(record, approvers=()), moment
            ),
            "status, contradicted": lambda: replies.status(contradicted, moment),
            "nearly one of its words": lambda: words.DID_YOU_MEAN.format(word="help"),
            "cancel": lambda: str(words.CANCEL_WHERE),
            "approve, reject, resolve": lambda: str(words.DECIDE_WHERE),
            "list, empty": lambda: replies.listed([], moment),
            "list": lambda: replies.listed([record] * 10, moment),
            "policy, who may": lambda: replies.policy(may, self.rules),
            "policy, while sending is paused": lambda: replies.policy(
                replace(may, brakes=(replace(self.paused, resume_by=CLARISSE),)), self.rules
            ),
            "policy, who may not": lambda: replies.policy(may_not, replace(self.rules, request_ttl_hours=1)),
            "two people": lambda: words.both(f"{CLARISSE},{DAOUDA}"),
        }
        for name, draw in drawn.items():
            yield Drawing("The command", name, draw)
        alone = Notices(replace(self.rules, approvers=(CLARISSE,)), lambda: WORKSPACE)
        wants = Event(next(self._ids), NOW, EventKind.RESUME_PROPOSED, None, None, CLARISSE, {"reason": "?"})
        yield Drawing(
            "In the audit channel",
            "resume proposed, with nobody to agree",
            lambda: alone.audit([alone.audit_line(wants, None)]),
        )
        lines = [Event(n, NOW, EventKind.STATUS_BACK, None, None, None, {}) for n in (1, 2)]
        yield Drawing(
            "In the audit channel",
            "several lines",
            lambda: self.notices.audit([self.notices.audit_line(event, None) for event in lines]),
        )

    def _home(self) -> Iterator[Drawing]:
        record = self.record()
        moment = Moment(NOW, self.rules.timezone, WORKSPACE)
        nothing = replies.Tasks([], [])
        yield Drawing("Home", "nothing waits", lambda: replies.home(nothing, [], moment))
        outsider = replace(nothing, for_outsider=True)
        yield Drawing("Home", "of a guest", lambda: replies.home(outsider, [], moment))
        paused = replace(
            nothing, approvers=self.rules.approvers, brakes=(self.paused, replace(self.paused, resume_by=CLARISSE))
        )
        yield Drawing("Home", "sending is paused", lambda: replies.home(paused, [], moment))
        alone = replace(paused, approvers=(CLARISSE,))
        yield Drawing("Home", "sending is paused by the only approver", lambda: replies.home(alone, [], moment))
        for number in (1, 21, 25):
            waiting = [record] * number
            yield Drawing(
                "Home",
                f"{number} wait",
                partial(replies.home, replies.Tasks([], waiting), waiting[:10], moment),
            )
        unsure = self.approved(State.UNCONFIRMED, answer_note=Doubt.NO_ANSWER)
        long = self.approved(State.INITIATED, sent_at=NOW - 30 * HOUR)
        proposed = replace(unsure, proposal=replace(self.proposal, message_ts="1795529100.000300"))
        for name, found in {
            "uncertain ones wait": [unsure, proposed, long],
            "more uncertain ones wait than are shown": [unsure] * 25,
        }.items():
            tasks = replies.Tasks(found, [record] * 25)
            yield Drawing("Home", name, partial(replies.home, tasks, [], moment))


_CHAPTERS = {
    Place.THREAD: "In the thread",
    Place.AUDIT: "In the audit channel",
    Place.PRIVATE: "To one person alone",
    Place.DIRECT: "Direct messages",
}


def _what_is_left(limit: Sentence, left: int) -> str:
    return limit.format(left=words.amount(left), example=words.grouped(left))


def _missing_number() -> UnreadableNumber:
    return UnreadableNumber(NumberProblem.MISSING, "")


def _codes() -> Iterator[tuple[Meaning, Way, str]]:
    """One code for each thing that a refusal can mean."""
    seen = set()
    ways = {Endpoint.CUSTOMER: Way.WALLET, Endpoint.MERCHANT: Way.MOBILE_DIRECTLY}
    for (endpoint, code), verdict in VERDICTS.items():
        if verdict.meaning in words.MEANINGS and verdict.meaning not in seen:
            seen.add(verdict.meaning)
            yield verdict.meaning, ways[endpoint], code
