"""What is told of each event, where, and in which words: the one table of it, and the drawing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from slack_sdk.models.blocks import ButtonElement

from bot.ligdicash.errors import Meaning
from bot.message_reader import order_without_number, without_numbers
from bot.policy import SET_OTHERWISE, Limit, Refusal, Rules, eligible, enough_to_resolve
from bot.speech import words
from bot.speech.blocks import Button, Message, button, dialog, message, number_of, row, sections
from bot.speech.cards import (
    Moment,
    card,
    doubt_of,
    nothing_paid,
    pause_reason,
    recorded_as,
    refusal_of,
    repeats_of,
    said,
    state_of,
    token_of,
    unconfirmed_facts,
)
from bot.speech.questions import Asking, question
from bot.speech.replies import ended
from bot.speech.sentences import Sentence
from storage.payout import (
    Address,
    AnswerKind,
    Attempt,
    Delivery,
    Event,
    EventKind,
    Finding,
    Outcome,
    Place,
    Record,
    Sort,
    State,
    Unsent,
    Way,
)

# The audit channel's own name in the ledger: a process without settings (the relay) must be able to tell it something.
AUDIT = "audit"

PLACES: Mapping[EventKind, tuple[Place, ...]] = MappingProxyType(
    {
        EventKind.REQUESTED: (Place.CARD, Place.QUESTION, Place.AUDIT),
        # The buttons go first, then the rest.
        EventKind.APPROVED: (Place.QUESTION, Place.CARD, Place.AUDIT),
        EventKind.APPROVALS_VOIDED: (Place.THREAD, Place.AUDIT),
        EventKind.REJECTED: (Place.QUESTION, Place.CARD, Place.THREAD, Place.AUDIT, Place.DIRECT),
        EventKind.REMINDED: (Place.THREAD,),
        EventKind.LIMIT_REFUSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.SENDING: (Place.AUDIT,),
        EventKind.NOT_SENT: (Place.CARD, Place.AUDIT),
        EventKind.INITIATED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.REFUSED: (Place.THREAD, Place.CARD, Place.AUDIT, Place.DIRECT),
        EventKind.UNCONFIRMED: (Place.THREAD, Place.CARD, Place.AUDIT, Place.DIRECT),
        EventKind.COMPLETED: (Place.THREAD, Place.CARD, Place.AUDIT, Place.DIRECT),
        EventKind.FAILED: (Place.THREAD, Place.CARD, Place.AUDIT, Place.DIRECT),
        EventKind.EXPIRED: (Place.QUESTION, Place.THREAD, Place.CARD, Place.AUDIT, Place.DIRECT),
        EventKind.CANCELLED: (Place.QUESTION, Place.CARD, Place.THREAD, Place.AUDIT, Place.DIRECT),
        EventKind.ASKED_AGAIN: (Place.QUESTION, Place.CARD, Place.AUDIT),
        EventKind.CALLBACK_RECEIVED: (Place.AUDIT,),
        EventKind.POINTED_OUT: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.STATUS_SILENT: (Place.AUDIT,),
        EventKind.STATUS_BACK: (Place.AUDIT,),
        EventKind.OPEN_ELSEWHERE: (Place.AUDIT,),
        EventKind.EVIDENCE_AGREES: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.PROPOSED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.PROPOSAL_VOIDED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.MARKED_PAID: (Place.THREAD, Place.CARD, Place.AUDIT, Place.DIRECT),
        EventKind.MARKED_UNPAID: (Place.THREAD, Place.CARD, Place.AUDIT, Place.DIRECT),
        # The questions and cards that must show the brake are added by the desk that pulls it.
        EventKind.PAUSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.RESUME_PROPOSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.RESUMED: (Place.PRIVATE, Place.AUDIT),
        EventKind.HELD: (Place.THREAD, Place.AUDIT),
        EventKind.RELEASED: (Place.PRIVATE, Place.AUDIT),
        EventKind.RESTORED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.ANSWERED: (Place.PRIVATE,),
        EventKind.BRAKE_REFUSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.STILL_PENDING: (Place.THREAD, Place.AUDIT),
        EventKind.EVIDENCE_MISMATCH: (Place.THREAD, Place.AUDIT),
        EventKind.CONTRADICTION: (Place.CARD, Place.THREAD, Place.AUDIT),
        EventKind.REQUEST_REFUSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.DECISION_REFUSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.DECISION_TOO_LATE: (Place.PRIVATE,),
        EventKind.ANSWER_RECORDED: (Place.CARD, Place.AUDIT),
        EventKind.DELIVERY_FAILED: (Place.AUDIT, Place.DIRECT),
        EventKind.REFUSED_AGAIN: (Place.AUDIT,),
    }
)


def addresses(
    kind: EventKind, *, channel: str, actor: str | None = None, requester: str | None = None
) -> list[Address]:
    """Everywhere an event of this kind must be told; an event of nobody's has nobody to tell privately."""
    found = []
    for place in PLACES[kind]:
        if place is Place.AUDIT:
            found.append(Address(place, AUDIT))
        elif place is Place.PRIVATE:
            if actor:
                found.append(Address(place, channel, actor))
        elif place is Place.DIRECT:
            if requester:
                found.append(Address(place, requester, requester))
        else:
            found.append(Address(place, channel))
    return found


@dataclass(frozen=True, slots=True)
class Notices:
    """Draws what a delivery says, from its event and from the payout as it is recorded now."""

    rules: Rules
    workspace_url: Callable[[], str]

    def draw(self, delivery: Delivery, record: Record | None, now: int, attempt: Attempt | None = None) -> Message:
        """The message for one delivery; `attempt` is the event's own, where that is not the current one.

        Raises `LookupError` when its payout is gone, which nothing ever makes it.
        """
        if delivery.place is Place.PRIVATE:
            return _plain(self._private(delivery.event, record))
        if delivery.place is Place.DIRECT and delivery.event.kind in _TO_THE_ACTOR:
            # Who wanted sending to go on before is told the same as the second one.
            return _plain(self._private(delivery.event, record))
        if record is None:
            raise LookupError(f"event {delivery.event.id} has no payout")
        if delivery.place is Place.CARD:
            return card(record, Moment(now, self.rules.timezone, self.workspace_url()))
        if delivery.place is Place.QUESTION:
            return question(record, Asking(self.rules, self.workspace_url()))
        if delivery.place is Place.DIRECT:
            return _plain(self._direct(delivery.event, record))
        text = self._thread(delivery.event, record, attempt or record.attempt, now)
        return message(text, *sections(text), *row("notice", *_thread_buttons(delivery.event, record)))

    def proposal(self, ended_by: Event, proposed: Event) -> Message:
        """A proposal that is over, in place of the one that could be confirmed."""
        how = words.PROPOSAL_OVER.get(ended_by.kind, words.PROPOSAL_OVERTAKEN)
        return _plain(
            words.PROPOSAL_WAS.format(
                actor=words.mention(proposed.actor or ""),
                payout=proposed.payout or "",
                finding=words.FINDINGS[Finding(str(proposed.data["finding"]))],
                reason=_text(proposed, "reason"),
                end=how.format(
                    actor=words.mention(ended_by.actor or ""), time=words.at(ended_by.at, self.rules.timezone)
                ),
            )
        )

    def not_drawn(self, delivery: Delivery) -> Message:
        """Instead of a message that cannot be drawn: there is something to know, and where."""
        return _plain(words.NOT_DRAWN.format(payout=delivery.payout or "?", event=delivery.event.id))

    # The thread

    def _thread(self, event: Event, record: Record, attempt: Attempt, now: int) -> str:
        payout = record.payout
        meaning, remedy = refusal_of(record, attempt)
        facts = unconfirmed_facts(replace(record, attempt=attempt), self.rules.timezone) | {
            "payout": payout.id,
            "requester": words.mention(payout.requester),
            "token": words.typed(attempt.token or str(words.NO_TOKEN)),
            "code": words.typed(attempt.answer_code or "?"),
            "meaning": meaning,
            "remedy": remedy,
            "decider": words.mention(event.actor or ""),
            "reason": words.typed(payout.decision_reason or ""),
            "state": (recorded_as if event.kind is EventKind.CONTRADICTION else state_of)(record),
            "actor": words.mention(event.actor or ""),
            "attempt": str(event.attempt or ""),
            "nothing": nothing_paid(record),
            "people": _people(event),
            "why": _why_expired(event),
        }
        facts |= {name: _text(event, name) for name in ("hours", "minutes", "other")} | _of_ligdicash(event)
        facts["who"] = self._who_looks_up(event, record)
        facts["paged"] = words.mentions(eligible(record, self.rules)) or str(words.NOBODY_TO_PAGE)
        facts |= self._finding_facts(event, record)
        if event.kind is EventKind.REMINDED and not self._may_page(event, record, now):
            return words.THREAD_REMINDED_LATE.format(**facts)
        text = _thread_sentence(event, record).format(**facts)
        if event.kind is EventKind.PROPOSED and _is_open(event, record) and attempt.word is not None:
            return f"{text}\n{words.SAYS_STILL.format(word=said(attempt.word))}"
        if event.kind is EventKind.UNCONFIRMED and attempt.token is not None:
            return words.THREAD_UNCONFIRMED_TOKEN.format(before=text, token=facts["token"])
        return text

    def _may_page(self, event: Event, record: Record, now: int) -> bool:
        """Slack may have been down since the reminder was due: by now it may be decided, or night."""
        undecided = record.payout.state is State.REQUESTED and record.payout.attempt == event.attempt
        return undecided and self.rules.quiet_hours.after(now, self.rules.timezone) == now

    def _who_looks_up(self, event: Event, record: Record) -> str:
        """Who is paged to find out what became of it; nobody any more where that is known by now."""
        if record.payout.state is not State.UNCONFIRMED or record.payout.attempt != event.attempt:
            return str(words.LOOK_UP_LATE)
        approvers = eligible(record, self.rules)
        if not approvers:
            return str(words.LOOK_UP_NOBODY)
        return words.LOOK_UP.format(approvers=words.mentions(approvers))

    def _who_confirms(self, event: Event, record: Record) -> str:
        if not _is_open(event, record):
            return str(words.THREAD_PROPOSED_LATE)
        if not enough_to_resolve(record, self.rules):
            return words.THREAD_PROPOSED_CONSOLE.format(payout=record.payout.id)
        others = tuple(person for person in eligible(record, self.rules) if person != event.actor)
        return words.THREAD_PROPOSED_WHO.format(approvers=words.mentions(others))

    def _finding_facts(self, event: Event, record: Record) -> dict[str, str]:
        """What people found and proposed; these events carry their own reason."""
        if "finding" not in event.data and "proposed_by" not in event.data:
            return {}
        return {
            "finding": str(words.FINDINGS[Finding(str(event.data.get("finding", Finding.PAID)))]),
            "reason": _text(event, "reason"),
            "proposed_by": words.mention(str(event.data.get("proposed_by", ""))),
            "who": self._who_confirms(event, record),
        }

    # To one person

    def _private(self, event: Event, record: Record | None) -> str:  # noqa: PLR0911 - one return a kind of event
        if event.kind is EventKind.REQUEST_REFUSED:
            return words.REQUEST_REFUSED.format(why=self.why(_text(event, "why")))
        payout = event.payout or ""
        if event.kind in _TO_THE_ACTOR:
            return _TO_THE_ACTOR[event.kind].format(
                actor=words.mention(event.actor or ""), reason=pause_reason(str(event.data.get("reason") or ""))
            )
        if event.kind is EventKind.LIMIT_REFUSED:
            left = words.amount(int(event.data.get("left") or 0))
            return words.LIMIT_REFUSED[Limit(str(event.data["why"]))].format(payout=payout, left=left)
        if event.kind is EventKind.ANSWERED:
            return self._answer(event, record)
        if event.kind is EventKind.BRAKE_REFUSED:
            return words.BRAKE_REFUSED.format(why=self.why(_text(event, "why")), who=self._who_may_decide(None))
        if event.kind is EventKind.DECISION_REFUSED:
            return words.DECISION_REFUSED.format(
                payout=payout, why=self.why(_text(event, "why")), who=self._who_may_decide(record)
            )
        return self._too_late(event, record)

    def _answer(self, event: Event, record: Record | None) -> str:
        what = words.Answer(str(event.data["answer"]))
        if what is words.Answer.NOT_RESOLVABLE and record is not None and _is_resolved(record):
            return words.RESOLVED_ALREADY[record.attempt.outcome].format(
                payout=record.payout.id, people=words.both(record.attempt.found_by or "")
            )
        return words.ANSWERS[what].format(
            payout=record.payout.id if record else "",
            state=state_of(record) if record else "",
            **_of_another(event),
        )

    def _too_late(self, event: Event, record: Record | None) -> str:
        if record is None:
            return words.UNKNOWN_PAYOUT.format(payout=_text(event, "asked_for"))
        payout = record.payout
        if event.data.get("stale"):
            return words.STALE_BUTTON.format(payout=payout.id)
        is_known = payout.decided_by is not None and payout.contradiction is None
        if payout.state in words.TOO_LATE and is_known:
            return words.TOO_LATE[payout.state].format(payout=payout.id, decider=words.mention(payout.decided_by or ""))
        if not record.approvers:
            return words.TOO_LATE_OTHERWISE.format(payout=payout.id, state=state_of(record))
        return words.TOO_LATE_APPROVED.format(
            payout=payout.id, approvers=words.mentions(record.approvers), state=state_of(record)
        )

    def why(self, refusal: str) -> str:
        """Why somebody may not, as a sentence."""
        return words.refusal(Refusal(refusal), self.rules.channels)

    def _who_may_decide(self, record: Record | None) -> str:
        people = self.rules.approvers if record is None else eligible(record, self.rules)
        if not people:
            return str(words.NOBODY_ELSE_MAY_DECIDE)
        return words.WHO_MAY_DECIDE.format(approvers=words.mentions(people))

    def _direct(self, event: Event, record: Record) -> str:
        if event.kind is not EventKind.DELIVERY_FAILED:
            return ended(record, self.workspace_url())
        return words.DIRECT_DELIVERY_FAILED.format(
            payout=record.payout.id, error=_text(event, "error"), state=state_of(record)
        )

    # The audit channel

    def audit(self, lines: Sequence[str]) -> Message:
        """Several lines as one message."""
        text = (
            words.AUDIT_TEXT_ONE.format(line=lines[0]) if len(lines) == 1 else words.AUDIT_TEXT.format(count=len(lines))
        )
        return message(text, *sections("\n".join(lines)))

    def audit_line(self, event: Event, record: Record | None) -> str:
        """One event as finance reads it, with the number masked unless this installation says otherwise."""
        if event.kind is EventKind.REFUSED_AGAIN:
            event = replace(event, kind=EventKind(str(event.data["refused"])))
        data = event.data
        facts = {
            "payout": event.payout or _text(event, "asked_for") or "?",
            "actor": words.mention(event.actor) if event.actor else str(words.THE_BOT),
            "number": self._audit_number(record),
            "amount": words.amount(record.payout.amount) if record else "?",
            "token": _audit_token(record),
            "nothing": nothing_paid(record) if record else str(words.NOTHING_PAID),
            "doubt": doubt_of(_optional(data, "doubt"), _optional(data, "code")),
            "order": self._audit_order(data),
            "follows": words.CARD_FOLLOWS.format(payout=str(data["follows"])) if data.get("follows") else "",
            "repeats": repeats_of(_ids(data)),
            "way": str(words.WAYS[Way(str(data["way"]))]) if "way" in data else "",
            "why": self._audit_why(event),
            "state": _recorded_as(event),
            "people": _people(event),
        }
        given = ("transaction_id", "code", "channel", "error", "hours", "other", "count", "hosts", "host")
        facts |= {name: _text(event, name) for name in given} | _of_ligdicash(event)
        facts |= {
            "reason": self._audit_reason(str(data.get("reason") or "")),
            "kind": str(words.LATE_ANSWERS[AnswerKind(str(data["kind"]))]) if "kind" in data else "",
            "attempt": str(event.attempt or ""),
            "finding": str(words.FINDINGS[Finding(str(data["finding"]))]) if "finding" in data else "",
            "proposed_by": words.mention(str(data.get("proposed_by", ""))),
            "meaning": str(words.MEANINGS[Meaning(str(data["meaning"]))][0]) if "meaning" in data else "",
        }
        facts |= {name: _text(event, name) for name in ("given", "needed")}
        facts["left"] = words.amount(int(data.get("left") or 0))
        others = tuple(person for person in self.rules.approvers if person != event.actor)
        facts["others"] = words.mentions(others)
        if event.kind is EventKind.RESUME_PROPOSED and not others:
            return words.AUDIT_RESUME_PROPOSED_ALONE.format(**facts)
        if event.kind is EventKind.BRAKE_REFUSED:
            facts["what"] = _brake(event)
        if event.kind is EventKind.DECISION_REFUSED:
            facts["act"] = str(words.ACTS[Sort(_text(event, "act"))] if data.get("act") else words.DECIDE_ON)
        times = data.get("times_before")
        repeated = words.AUDIT_REPEATED.format(times=times) if times else ""
        return _audit_sentence(event, record).format(**facts) + repeated

    def _audit_order(self, data: Mapping[str, str | int | None]) -> str:
        order = _optional(data, "order")
        if order is None:
            return ""
        shown = order if self.rules.audit_full_numbers else order_without_number(order, self.rules.countries)
        return words.CARD_ORDER.format(order=words.typed(shown))

    def _audit_reason(self, reason: str) -> str:
        """People write numbers into reasons; here they are masked like all others."""
        return pause_reason(reason if self.rules.audit_full_numbers else without_numbers(reason, self.rules.countries))

    def _audit_why(self, event: Event) -> str:
        why = _text(event, "why")
        if why in words.REFUSALS_OF_OTHERS:
            return str(words.REFUSALS_OF_OTHERS[Refusal(why)])
        refused = event.kind in {EventKind.REQUEST_REFUSED, EventKind.DECISION_REFUSED, EventKind.BRAKE_REFUSED}
        if event.kind is EventKind.LIMIT_REFUSED:
            return str(words.LIMITS[Limit(why)])
        return self.why(why) if refused else _why_expired(event) or why

    def _audit_number(self, record: Record | None) -> str:
        if record is None:
            return "?"
        if not record.payout.number:
            return number_of(record.payout)
        return words.number(record.payout.number, masked=not self.rules.audit_full_numbers)


_THREAD: Mapping[EventKind, Sentence] = MappingProxyType(
    {
        EventKind.INITIATED: words.THREAD_INITIATED,
        EventKind.COMPLETED: words.THREAD_COMPLETED,
        EventKind.FAILED: words.THREAD_FAILED,
        EventKind.REFUSED: words.THREAD_REFUSED,
        EventKind.UNCONFIRMED: words.THREAD_UNCONFIRMED,
        EventKind.APPROVALS_VOIDED: words.THREAD_APPROVALS_VOIDED,
        EventKind.REJECTED: words.THREAD_REJECTED,
        EventKind.EXPIRED: words.THREAD_EXPIRED,
        EventKind.CANCELLED: words.THREAD_CANCELLED,
        EventKind.REMINDED: words.THREAD_REMINDED,
        EventKind.POINTED_OUT: words.THREAD_POINTED_OUT,
        EventKind.EVIDENCE_AGREES: words.THREAD_AGREES,
        EventKind.PROPOSED: words.THREAD_PROPOSED,
        EventKind.PROPOSAL_VOIDED: words.THREAD_PROPOSAL_VOIDED,
        EventKind.MARKED_PAID: words.THREAD_MARKED_PAID,
        EventKind.MARKED_UNPAID: words.THREAD_MARKED_UNPAID,
        EventKind.HELD: words.THREAD_HELD,
        EventKind.RESTORED: words.THREAD_RESTORED,
        EventKind.STILL_PENDING: words.THREAD_STILL_PENDING,
        EventKind.EVIDENCE_MISMATCH: words.THREAD_MISMATCH,
        EventKind.CONTRADICTION: words.THREAD_CONTRADICTION,
    }
)

_AUDIT: Mapping[EventKind, Sentence] = MappingProxyType(
    {
        EventKind.REQUESTED: words.AUDIT_REQUESTED,
        EventKind.APPROVED: words.AUDIT_APPROVED,
        EventKind.APPROVALS_VOIDED: words.AUDIT_APPROVALS_VOIDED,
        EventKind.REJECTED: words.AUDIT_REJECTED,
        EventKind.SENDING: words.AUDIT_SENDING,
        EventKind.NOT_SENT: words.AUDIT_NOT_SENT,
        EventKind.INITIATED: words.AUDIT_INITIATED,
        EventKind.REFUSED: words.AUDIT_REFUSED,
        EventKind.UNCONFIRMED: words.AUDIT_UNCONFIRMED,
        EventKind.COMPLETED: words.AUDIT_COMPLETED,
        EventKind.FAILED: words.AUDIT_FAILED,
        EventKind.EXPIRED: words.AUDIT_EXPIRED,
        EventKind.CALLBACK_RECEIVED: words.AUDIT_CALLBACK_RECEIVED,
        EventKind.CANCELLED: words.AUDIT_CANCELLED,
        EventKind.LIMIT_REFUSED: words.AUDIT_LIMIT_REFUSED,
        EventKind.ASKED_AGAIN: words.AUDIT_ASKED_AGAIN,
        EventKind.POINTED_OUT: words.AUDIT_POINTED_OUT,
        EventKind.STATUS_SILENT: words.AUDIT_STATUS_SILENT,
        EventKind.STATUS_BACK: words.AUDIT_STATUS_BACK,
        EventKind.OPEN_ELSEWHERE: words.AUDIT_OPEN_ELSEWHERE,
        EventKind.EVIDENCE_AGREES: words.AUDIT_AGREES,
        EventKind.PROPOSED: words.AUDIT_PROPOSED,
        EventKind.PROPOSAL_VOIDED: words.AUDIT_PROPOSAL_VOIDED,
        EventKind.MARKED_PAID: words.AUDIT_MARKED_PAID,
        EventKind.MARKED_UNPAID: words.AUDIT_MARKED_UNPAID,
        EventKind.PAUSED: words.AUDIT_PAUSED,
        EventKind.RESUME_PROPOSED: words.AUDIT_RESUME_PROPOSED,
        EventKind.RESUMED: words.AUDIT_RESUMED,
        EventKind.HELD: words.AUDIT_HELD,
        EventKind.RELEASED: words.AUDIT_RELEASED,
        EventKind.RESTORED: words.AUDIT_RESTORED,
        EventKind.BRAKE_REFUSED: words.AUDIT_BRAKE_REFUSED,
        EventKind.STILL_PENDING: words.AUDIT_STILL_PENDING,
        EventKind.EVIDENCE_MISMATCH: words.AUDIT_MISMATCH,
        EventKind.CONTRADICTION: words.AUDIT_CONTRADICTION,
        EventKind.REQUEST_REFUSED: words.AUDIT_REQUEST_REFUSED,
        EventKind.DECISION_REFUSED: words.AUDIT_DECISION_REFUSED,
        EventKind.ANSWER_RECORDED: words.AUDIT_ANSWER_RECORDED,
        EventKind.DELIVERY_FAILED: words.AUDIT_DELIVERY_FAILED,
    }
)


_TO_THE_ACTOR: Mapping[EventKind, Sentence] = MappingProxyType(
    {
        EventKind.PAUSED: words.PAUSED,
        EventKind.RESUME_PROPOSED: words.RESUME_PROPOSED,
        EventKind.RESUMED: words.RESUMED,
        EventKind.RELEASED: words.RELEASED,
    }
)


def _people(event: Event) -> str:
    """Whom an event names by their ids, with commas between."""
    named = _text(event, "people")
    return words.mentions(tuple(named.split(","))) if named else ""


def _recorded_as(event: Event) -> str:
    """The state in words; two people's word is never given as LigdiCash's."""
    found = words.FOUND.get(Outcome(str(event.data["outcome"]))) if "outcome" in event.data else None
    return str(found or words.STATES[State(str(event.data["state"]))]) if "state" in event.data else ""


_THREAD_OF_OWN_TOKEN: Mapping[EventKind, Sentence] = MappingProxyType(
    {EventKind.EVIDENCE_MISMATCH: words.THREAD_MISMATCH_OWN, EventKind.EVIDENCE_AGREES: words.THREAD_CONFIRMED}
)
_AUDIT_OF_OWN_TOKEN: Mapping[EventKind, Sentence] = MappingProxyType(
    {EventKind.EVIDENCE_MISMATCH: words.AUDIT_MISMATCH_OWN, EventKind.EVIDENCE_AGREES: words.AUDIT_CONFIRMED}
)


def _is_of_earlier_attempt(event: Event, record: Record | None) -> bool:
    return record is not None and event.attempt is not None and event.attempt < record.payout.attempt


def _is_of_another(event: Event) -> bool:
    """Whether LigdiCash contradicted another payout of the same family, not this one."""
    return event.data.get("other", event.payout) != event.payout


def _is_expired_beside(event: Event) -> bool:
    """Whether it ended approved and unsent, since LigdiCash contradicted another for the same person or order."""
    return event.kind is EventKind.EXPIRED and event.data.get("why") == Unsent.CONTRADICTED


def _is_set_otherwise(event: Event) -> bool:
    """Whether it ended approved and unsent, since the settings were changed."""
    return event.kind is EventKind.EXPIRED and event.data.get("why") in SET_OTHERWISE


def _why_expired(event: Event) -> str:
    return str(words.UNSENT[Unsent(str(event.data["why"]))]) if _is_set_otherwise(event) else ""


def _is_proven(event: Event) -> bool:
    """Whether a failure was told by the attempt's own token, which named nothing else."""
    return bool(event.data.get("proven", event.data.get("by") != "callback token"))


def _says_less(event: Event) -> bool:
    """Whether LigdiCash's final word does not say that this amount was paid, or not paid, to this number."""
    return not _is_proven(event) if event.kind is EventKind.FAILED else bool(event.data.get("names_another"))


_THREAD_OF_LESS: Mapping[EventKind, Sentence] = MappingProxyType(
    {EventKind.COMPLETED: words.THREAD_COMPLETED_OTHERWISE, EventKind.FAILED: words.THREAD_FAILED_UNPROVEN}
)
_AUDIT_OF_LESS: Mapping[EventKind, Sentence] = MappingProxyType(
    {EventKind.COMPLETED: words.AUDIT_COMPLETED_OTHERWISE, EventKind.FAILED: words.AUDIT_FAILED_UNPROVEN}
)


def _thread_sentence(event: Event, record: Record) -> Sentence:
    if event.kind is EventKind.CONTRADICTION and _is_of_earlier_attempt(event, record):
        has_left = event.data.get("state") not in {State.REQUESTED, State.APPROVED}
        return words.THREAD_CONTRADICTION_EARLIER if has_left else words.THREAD_CONTRADICTION_IN_TIME
    if event.kind in _THREAD_OF_OWN_TOKEN and event.data.get("own"):
        return _THREAD_OF_OWN_TOKEN[event.kind]
    if event.kind in _THREAD_OF_LESS and _says_less(event):
        return _THREAD_OF_LESS[event.kind]
    if event.kind is EventKind.RESTORED and event.data.get("state") == State.REQUESTED:
        return words.THREAD_RESTORED_UNDECIDED
    if event.kind is EventKind.CANCELLED and event.data.get("reason") is not None:
        return words.THREAD_STOPPED_WHY
    # A payout that a contradiction stopped was cancelled by nobody.
    stopped = event.kind is EventKind.CANCELLED and event.actor is None
    sentence = words.THREAD_STOPPED_FAMILY if _is_of_another(event) else words.THREAD_STOPPED
    return sentence if stopped else _of_expired(event, _THREAD_EXPIRED) or _THREAD[event.kind]


# Where the settings were changed since it was approved, and where another to that person or order was contradicted.
_THREAD_EXPIRED = (words.THREAD_EXPIRED_SET_OTHERWISE, words.THREAD_EXPIRED_CONTRADICTED)
_AUDIT_EXPIRED = (words.AUDIT_EXPIRED_SET_OTHERWISE, words.AUDIT_EXPIRED_CONTRADICTED)


def _of_expired(event: Event, sentences: tuple[Sentence, Sentence]) -> Sentence | None:
    """What is said of an approved one that did not leave, where its reason has words of its own."""
    set_otherwise, beside = sentences
    if _is_set_otherwise(event):
        return set_otherwise
    return beside if _is_expired_beside(event) else None


def _ids(data: Mapping[str, str | int | None]) -> list[str]:
    """The payouts that a request, or an approval, knew of."""
    known = str(data.get("knows_of") or data.get("repeats") or "")
    return known.split(",") if known else []


def _audit_token(record: Record | None) -> str:
    if record is None or record.attempt.token is None:
        return str(words.NO_TOKEN)
    return words.AUDIT_HANDLE.format(token=token_of(record.attempt))


def _audit_sentence(event: Event, record: Record | None) -> Sentence:
    if event.kind is EventKind.APPROVED and event.data.get("needed") not in {None, 1}:
        return words.AUDIT_APPROVED_PART
    if event.kind is EventKind.REQUEST_REFUSED and event.payout is not None:
        return words.AUDIT_AGAIN_REFUSED
    if event.kind is EventKind.CONTRADICTION and _is_of_earlier_attempt(event, record):
        return words.AUDIT_CONTRADICTION_EARLIER
    if event.kind in _AUDIT_OF_OWN_TOKEN and event.data.get("own"):
        return _AUDIT_OF_OWN_TOKEN[event.kind]
    if event.kind in _AUDIT_OF_LESS and _says_less(event):
        return _AUDIT_OF_LESS[event.kind]
    stopped = event.kind is EventKind.CANCELLED and event.actor is None
    sentence = words.AUDIT_STOPPED_FAMILY if _is_of_another(event) else words.AUDIT_STOPPED
    return sentence if stopped else _of_expired(event, _AUDIT_EXPIRED) or _AUDIT[event.kind]


def _thread_buttons(event: Event, record: Record) -> list[ButtonElement]:
    if event.kind is EventKind.PROPOSED and _is_open(event, record):
        return [_confirm_button(event, record)]
    if event.kind is EventKind.HELD:
        return [button(Button.TRY_NOW, record.payout)]
    return []


def _is_open(proposed: Event, record: Record) -> bool:
    """Whether just this proposal can still be confirmed."""
    return record.proposal is not None and record.proposal.event == proposed.id


def _confirm_button(proposed: Event, record: Record) -> ButtonElement:
    payout, word = record.payout, record.attempt.word
    finding = Finding(str(proposed.data["finding"]))
    asked = words.CONFIRM_FINDING_TEXT[finding].format(
        payout=payout.id, amount=words.amount(payout.amount), number=number_of(payout)
    )
    if word is not None:
        asked = f"{words.SAYS_STILL_PLAIN.format(word=said(word))}\n\n{asked}"
    title = words.CONFIRM_FINDING_TITLE.format(finding=words.FINDINGS[finding])
    asks = dialog(title, asked, words.CONFIRM_FINDING_YES)
    return button(Button.CONFIRM, payout, style="primary", asks=asks, about=str(proposed.id))


def _plain(text: str) -> Message:
    return message(text, *sections(text))


def _text(event: Event, name: str) -> str:
    """A value of the event that may come from outside, made harmless."""
    value = event.data.get(name)
    return "" if value is None else words.typed(str(value))


def _of_ligdicash(event: Event) -> dict[str, str]:
    """What LigdiCash said, and what of it was wrong."""
    wrong = _text(event, "what").split(",")
    return {
        "word": said(str(event.data.get("word") or "")),
        "what": ", ".join(str(words.MISMATCHES[what]) if what in words.MISMATCHES else what for what in wrong),
    }


def _brake(event: Event) -> str:
    """What somebody may not do to the brake."""
    return str(words.BRAKES[Sort(_text(event, "what").replace(" ", "_"))])


def _is_resolved(record: Record) -> bool:
    """Whether two people's word ended it, and LigdiCash says nothing else."""
    return record.attempt.outcome in words.RESOLVED_ALREADY and record.payout.contradiction is None


def _of_another(event: Event) -> dict[str, str]:
    """Which other payout of the same money there is, and how it stood."""
    state, outcome = _optional(event.data, "other_state"), _optional(event.data, "other_outcome")
    if state is None:
        return {"other": _text(event, "other"), "other_state": ""}
    contradicted = bool(event.data.get("other_contradicted"))
    how = words.standing(State(state), None if outcome is None else Outcome(outcome), is_contradicted=contradicted)
    return {"other": _text(event, "other"), "other_state": how}


def _optional(data: Mapping[str, str | int | None], name: str) -> str | None:
    value = data.get(name)
    return None if value is None else str(value)
