"""What is told of each event, where, and in which words: the one table of it, and the drawing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.parsing import format_number, mask_number
from bot.policy import Refusal, Rules
from bot.speech import words
from bot.speech.cards import (
    Message,
    card,
    doubt_of,
    meaning_of,
    message,
    number_of,
    question,
    section,
    token_of,
    unconfirmed_facts,
)
from storage.payout import Address, Delivery, Event, EventKind, Place, Record, State, Way

# The audit channel's own name in the ledger: a process without settings (the relay) must be able to tell it something.
AUDIT = "audit"

PLACES: Mapping[EventKind, tuple[Place, ...]] = MappingProxyType(
    {
        EventKind.REQUESTED: (Place.CARD, Place.QUESTION, Place.AUDIT),
        # The buttons go first, then the rest.
        EventKind.APPROVED: (Place.QUESTION, Place.CARD, Place.AUDIT),
        EventKind.REJECTED: (Place.QUESTION, Place.CARD, Place.THREAD, Place.AUDIT),
        EventKind.SENDING: (Place.AUDIT,),
        EventKind.NOT_SENT: (Place.CARD, Place.AUDIT),
        EventKind.INITIATED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.REFUSED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.UNCONFIRMED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.COMPLETED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.FAILED: (Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.EXPIRED: (Place.QUESTION, Place.THREAD, Place.CARD, Place.AUDIT),
        EventKind.CALLBACK_RECEIVED: (Place.AUDIT,),
        EventKind.STILL_PENDING: (Place.THREAD, Place.AUDIT),
        EventKind.EVIDENCE_MISMATCH: (Place.THREAD, Place.AUDIT),
        EventKind.CONTRADICTION: (Place.CARD, Place.THREAD, Place.AUDIT),
        EventKind.REQUEST_REFUSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.DECISION_REFUSED: (Place.PRIVATE, Place.AUDIT),
        EventKind.DECISION_TOO_LATE: (Place.PRIVATE,),
        EventKind.ANSWER_RECORDED: (Place.AUDIT,),
        EventKind.DELIVERY_FAILED: (Place.AUDIT, Place.DIRECT),
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
    timezone: ZoneInfo

    def draw(self, delivery: Delivery, record: Record | None) -> Message:
        """The message for one delivery. Raises `LookupError` when its payout is gone, which nothing ever makes it."""
        if delivery.place is Place.PRIVATE:
            return _plain(self._private(delivery.event, record))
        if record is None:
            raise LookupError(f"event {delivery.event.id} has no payout")
        if delivery.place is Place.CARD:
            return card(record, self.timezone)
        if delivery.place is Place.QUESTION:
            return question(record, self.rules.approvers, self.timezone)
        if delivery.place is Place.DIRECT:
            return _plain(self._direct(delivery.event, record))
        return _plain(self._thread(delivery.event, record))

    # The thread

    def _thread(self, event: Event, record: Record) -> str:
        payout, attempt = record.payout, record.attempt
        meaning, remedy = meaning_of(payout, attempt.answer_code)
        facts = unconfirmed_facts(record, self.timezone) | {
            "payout": payout.id,
            "requester": words.mention(payout.requester),
            "token": attempt.token or words.NO_TOKEN,
            "code": words.typed(attempt.answer_code or "?"),
            "meaning": meaning,
            "remedy": remedy,
            "decider": words.mention(event.actor or ""),
            "reason": words.typed(payout.decision_reason or ""),
            "state": words.STATES[payout.state],
            "word": _text(event, "word"),
            "what": _text(event, "what"),
        }
        return _THREAD[event.kind].format(**facts)

    # To one person

    def _private(self, event: Event, record: Record | None) -> str:
        if event.kind is EventKind.REQUEST_REFUSED:
            return words.REQUEST_REFUSED.format(why=self.why(_text(event, "why")))
        payout = event.payout or ""
        if event.kind is EventKind.DECISION_REFUSED:
            return words.DECISION_REFUSED.format(
                payout=payout, why=self.why(_text(event, "why")), who=self._who_may_decide(record)
            )
        return self._too_late(event, record)

    def _too_late(self, event: Event, record: Record | None) -> str:
        if record is None:
            return words.UNKNOWN_PAYOUT.format(payout=words.typed(_text(event, "asked_for")))
        payout = record.payout
        if event.data.get("stale"):
            return words.STALE_BUTTON.format(payout=payout.id)
        if payout.state in words.TOO_LATE:
            return words.TOO_LATE[payout.state].format(
                payout=payout.id, decider=words.mention(payout.decided_by or "")
            )
        return words.TOO_LATE_APPROVED.format(
            payout=payout.id, approvers=words.mentions(record.approvers), state=words.STATES[payout.state]
        )

    def why(self, refusal: str) -> str:
        """Why somebody may not, as a sentence."""
        return words.refusal(Refusal(refusal), self.rules.channels)

    def _who_may_decide(self, record: Record | None) -> str:
        requester = record.payout.requester if record else None
        people = tuple(person for person in self.rules.approvers if person != requester)
        if not people:
            return words.NOBODY_ELSE_MAY_DECIDE
        return words.WHO_MAY_DECIDE.format(approvers=words.mentions(people))

    def _direct(self, event: Event, record: Record) -> str:
        return words.DIRECT_DELIVERY_FAILED.format(
            payout=record.payout.id, error=_text(event, "error"), state=words.STATES[record.payout.state]
        )

    # The audit channel

    def audit(self, told: Sequence[tuple[Event, Record | None]]) -> Message:
        """Several events as the lines of one message."""
        lines = [self.audit_line(event, record) for event, record in told]
        text = (
            words.AUDIT_TEXT_ONE.format(line=lines[0])
            if len(lines) == 1
            else words.AUDIT_TEXT.format(count=len(lines))
        )
        return message(text, section("\n".join(lines)))

    def audit_line(self, event: Event, record: Record | None) -> str:
        """One event as finance reads it, with the number masked unless this installation says otherwise."""
        data = event.data
        facts = {
            "payout": event.payout or words.typed(_text(event, "asked_for")) or "?",
            "actor": words.mention(event.actor) if event.actor else "?",
            "number": self._audit_number(record),
            "amount": words.amount(record.payout.amount) if record else "?",
            "token": token_of(record.attempt) if record else words.NO_TOKEN,
            "doubt": doubt_of(_optional(data, "doubt"), _optional(data, "code")),
            "order": _order(data),
            "way": words.WAYS[Way(str(data["way"]))] if "way" in data else "",
            "why": self._audit_why(event),
            "state": words.STATES[State(str(data["state"]))] if "state" in data else "",
        }
        given = ("reason", "transaction_id", "code", "word", "what", "kind", "channel", "error")
        return _AUDIT[event.kind].format(**facts, **{name: _text(event, name) for name in given})

    def _audit_why(self, event: Event) -> str:
        why = _text(event, "why")
        refused = event.kind in {EventKind.REQUEST_REFUSED, EventKind.DECISION_REFUSED}
        return self.why(why) if refused else why

    def _audit_number(self, record: Record | None) -> str:
        if record is None:
            return "?"
        if not record.payout.number:
            return number_of(record.payout)
        shown = format_number if self.rules.audit_full_numbers else mask_number
        return shown(record.payout.number)


_THREAD: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.INITIATED: words.THREAD_INITIATED,
        EventKind.COMPLETED: words.THREAD_COMPLETED,
        EventKind.FAILED: words.THREAD_FAILED,
        EventKind.REFUSED: words.THREAD_REFUSED,
        EventKind.UNCONFIRMED: words.THREAD_UNCONFIRMED,
        EventKind.REJECTED: words.THREAD_REJECTED,
        EventKind.EXPIRED: words.THREAD_EXPIRED,
        EventKind.STILL_PENDING: words.THREAD_STILL_PENDING,
        EventKind.EVIDENCE_MISMATCH: words.THREAD_MISMATCH,
        EventKind.CONTRADICTION: words.THREAD_CONTRADICTION,
    }
)

_AUDIT: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.REQUESTED: words.AUDIT_REQUESTED,
        EventKind.APPROVED: words.AUDIT_APPROVED,
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
        EventKind.STILL_PENDING: words.AUDIT_STILL_PENDING,
        EventKind.EVIDENCE_MISMATCH: words.AUDIT_MISMATCH,
        EventKind.CONTRADICTION: words.AUDIT_CONTRADICTION,
        EventKind.REQUEST_REFUSED: words.AUDIT_REQUEST_REFUSED,
        EventKind.DECISION_REFUSED: words.AUDIT_DECISION_REFUSED,
        EventKind.ANSWER_RECORDED: words.AUDIT_ANSWER_RECORDED,
        EventKind.DELIVERY_FAILED: words.AUDIT_DELIVERY_FAILED,
    }
)


def _plain(text: str) -> Message:
    return message(text, section(text))


def _text(event: Event, name: str) -> str:
    """A value of the event that may come from outside, made harmless."""
    value = event.data.get(name)
    return "" if value is None else words.typed(str(value))


def _optional(data: Mapping[str, str | int | None], name: str) -> str | None:
    value = data.get(name)
    return None if value is None else str(value)


def _order(data: Mapping[str, str | int | None]) -> str:
    order = _optional(data, "order")
    return "" if order is None else words.CARD_ORDER.format(order=words.typed(order))
