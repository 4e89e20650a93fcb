"""What one call on Slack says: deliveries drawn as messages, from their events and the payout as it is now."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.language import speaking, spoken
from bot.people import People
from bot.slackcalls import Call, Verb
from bot.speech.blocks import Message
from bot.speech.notices import Notices
from storage import queries
from storage.ledger import Ledger
from storage.payout import Attempt, Delivery, Event, Place, Record, Sort, Waiting

log = structlog.get_logger(__name__)

# Lines of one message to the audit channel, and characters.
AUDIT_LINES = 20
_LONGEST_AUDIT = 2_800

_IN_THREAD = frozenset({Place.QUESTION, Place.THREAD, Place.PROPOSAL, Place.PRIVATE})
# Their buttons stand on the card, in the channel: its thread may be closed, and what is whispered there unseen.
_ON_THE_CARD = frozenset({Sort.STOP, Sort.PROPOSE, Sort.ASK_AGAIN, Sort.ASK_DIRECTLY})


class Composer:
    """Makes calls; what cannot be drawn is a defect of ours, and must not hold up its channel for ever."""

    def __init__(self, ledger: Ledger, notices: Notices, people: People, audit_channel: str) -> None:
        self._ledger = ledger
        self._notices = notices
        self._people = people
        self._audit_channel = audit_channel

    async def call(self, verb: Verb, chosen: Waiting, together: Sequence[int]) -> Call:
        """A call that tells `together`, deliveries for the place of the one that was chosen.

        Channels are told in the language that is spoken here, one person in that person's own.
        """
        deliveries = queries.deliveries(self._ledger.reader, together)
        delivery = deliveries[0]
        language = spoken() if delivery.person is None else await self._people.language(delivery.person)
        record = self._record(delivery)
        told = deliveries if delivery.place is Place.THREAD else deliveries[:1]
        with speaking(language):
            drawn = _joined([self._drawn(each, record) for each in told])
        arguments: dict[str, Any] = {"channel": delivery.channel} | _content(drawn)
        if verb is Verb.EDIT:
            arguments["ts"] = chosen.message_ts
        elif _is_in_thread(delivery) and record is not None and record.payout.card_ts is not None:
            arguments["thread_ts"] = record.payout.card_ts
        if verb is Verb.WHISPER:
            arguments["user"] = delivery.person
        return Call(verb, deliveries, arguments)

    def audit(self, due: Sequence[int], *, plainly: bool = False) -> Call:
        """As many lines as one message to the audit channel holds; `plainly` says only that there is something."""
        told: list[Delivery] = []
        lines: list[str] = []
        for delivery in queries.deliveries(self._ledger.reader, due[:AUDIT_LINES]):
            line = self._notices.not_drawn(delivery).text if plainly else self._line(delivery)
            if told and sum(map(len, lines)) + len(lines) + len(line) > _LONGEST_AUDIT:
                break
            told.append(delivery)
            lines.append(line)
        arguments = {"channel": self._audit_channel} | _content(self._notices.audit(lines))
        return Call(Verb.POST, told, arguments)

    def _line(self, delivery: Delivery) -> str:
        record = self._record(delivery)
        try:
            if record is not None and (own := self._own_attempt(delivery, record)) is not None:
                record = replace(record, attempt=own)
            return self._notices.audit_line(delivery.event, record)
        except sqlite3.Error:
            raise
        except Exception:
            log.exception("audit_line_not_drawn", **_named(delivery))
            return self._notices.not_drawn(delivery).text

    def _drawn(self, delivery: Delivery, record: Record | None) -> Message:
        try:
            if delivery.place is Place.PROPOSAL:
                return self._notices.proposal(delivery.event, self._proposed(delivery))
            own = None if record is None else self._own_attempt(delivery, record)
            return self._notices.draw(delivery, record, self._ledger.now(), own)
        except sqlite3.Error:
            raise
        except Exception:
            log.exception("message_not_drawn", **_named(delivery))
            return self._notices.not_drawn(delivery)

    def _record(self, delivery: Delivery) -> Record | None:
        try:
            return None if delivery.payout is None else self._ledger.record(delivery.payout)
        except (LookupError, ValueError):
            log.exception("payout_not_read", **_named(delivery))
            return None

    def _proposed(self, delivery: Delivery) -> Event:
        """The event of the proposal that this one ended."""
        proposed = queries.event(self._ledger.reader, int(delivery.event.data["proposal"] or 0))
        if proposed is None:
            raise LookupError(f"event {delivery.event.id} ended no proposal")
        return proposed

    def _own_attempt(self, delivery: Delivery, record: Record) -> Attempt | None:
        """The attempt that the event is about, where the payout has a newer one by now."""
        event = delivery.event
        if event.attempt is None or event.payout != record.payout.id or event.attempt == record.payout.attempt:
            return None
        return queries.attempt(self._ledger.reader, record.payout.id, event.attempt)


def _is_in_thread(delivery: Delivery) -> bool:
    """Whether it is told in its payout's thread; who clicked is answered where the button stands."""
    whispered_in_channel = delivery.place is Place.PRIVATE and delivery.event.data.get("act") in _ON_THE_CARD
    return delivery.place in _IN_THREAD and not whispered_in_channel


def _named(delivery: Delivery) -> dict[str, str | None]:
    return {"payout": delivery.payout, "place": delivery.place, "kind": delivery.event.kind}


def _joined(drawn: Sequence[Message]) -> Message:
    """Notices of one thread as one message."""
    return Message("\n".join(each.text for each in drawn), [block for each in drawn for block in each.blocks])


def _content(drawn: Message) -> dict[str, Any]:
    return {"text": drawn.text, "blocks": list(drawn.blocks)}
