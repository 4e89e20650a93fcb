"""Telling Slack what is recorded: each channel has its own lane, in order, within Slack's limits, at least once."""

from __future__ import annotations

import asyncio
import enum
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.clock import SECOND, Clock
from bot.crashpoints import Point, may_die
from bot.speech.blocks import Message
from bot.speech.notices import AUDIT, Notices, addresses
from storage import queries
from storage.ledger import Ledger, Transaction
from storage.payout import Attempt, Delivery, EventKind, Place, Record, State, Waiting

log = structlog.get_logger(__name__)

# Milliseconds. Slack takes about one message a second in a channel; edits and private answers are not counted there.
BETWEEN_POSTS = SECOND
BETWEEN_EDITS = SECOND
# Audit lines that come within this time become one message.
GATHER_FOR = 2 * SECOND
# Seconds.
CALL_DEADLINE = 10.0
LONGEST_SLEEP = 1.0
# Seconds. Commits come in bursts: what is queued within this time is looked at together.
BETWEEN_LOOKS = 0.02
REMEMBER_AGAIN = 0.5

# Milliseconds. While it runs no other process makes the same call; a call that comes later than half of it is not made.
LEASE = int(3 * CALL_DEADLINE * SECOND)

_LOOK_AHEAD = 200
_AUDIT_LINES = 20
_LONGEST_AUDIT = 2_800
_LONGEST_PAUSE = 60 * SECOND

# Slack's word that this will never be taken. Anything else may pass later.
_PERMANENT = frozenset(
    {
        "channel_not_found", "not_in_channel", "is_archived", "message_not_found", "cant_update_message",
        "edit_window_closed", "user_not_in_channel", "user_not_found", "user_disabled", "cannot_dm_bot",
        "no_permission",
        "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
        "msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "invalid_arguments",
        "thread_not_found", "msg_blocks_too_long", "cannot_reply_to_message", "messages_tab_disabled",
        "as_user_not_supported", "team_access_not_granted",
    }
)  # fmt: skip


class Verb(enum.StrEnum):
    """The three calls by which something is told."""

    POST = "chat.postMessage"
    EDIT = "chat.update"
    WHISPER = "chat.postEphemeral"


@dataclass(frozen=True, slots=True)
class Call:
    """One call on Slack, which tells everything in `deliveries` at once."""

    verb: Verb
    deliveries: Sequence[Delivery]
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """Slack took it; `ts` names the message."""

    ts: str | None


@dataclass(frozen=True, slots=True)
class NotNow:
    """Slack did not take it, or its answer was lost; `seconds` is how long it wants to be left alone, if it said so."""

    why: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Never:
    """Slack's permanent word."""

    why: str


SlackAnswer = Taken | NotNow | Never

# What keeps Slack from making more of a text than stands in it; an edit, unlike a post, is parsed for names and links.
_AS_WRITTEN: Mapping[Verb, Mapping[str, Any]] = {
    Verb.POST: {"unfurl_links": False, "unfurl_media": False},
    Verb.EDIT: {"parse": "none"},
    Verb.WHISPER: {},
}


async def ask_slack(slack: AsyncWebClient, call: Call) -> SlackAnswer:
    """Make one call, once; the outbox decides whether it is made again, not the client."""
    try:
        async with asyncio.timeout(CALL_DEADLINE):
            answer = await slack.api_call(call.verb, json={**call.arguments, **_AS_WRITTEN[call.verb]})
    except SlackApiError as error:
        return _classify(error)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return NotNow(type(error).__name__, None)
    ts = answer.get("ts") or answer.get("message_ts")
    return Taken(None if ts is None else str(ts))


def _classify(error: SlackApiError) -> SlackAnswer:
    why = str(error.response.get("error") or error.response.status_code)
    if error.response.status_code == 429 or why == "ratelimited":  # noqa: PLR2004 - too many requests
        try:
            seconds = float(error.response.headers.get("Retry-After", 1))
        except ValueError:
            seconds = 1.0
        return NotNow("ratelimited", seconds)
    return Never(why) if why in _PERMANENT else NotNow(why, None)


class Outbox:
    """Works off the deliveries of every channel; one broken channel holds up no other."""

    def __init__(
        self, ledger: Ledger, slack: AsyncWebClient, notices: Notices, clock: Clock, audit_channel: str
    ) -> None:
        self._ledger = ledger
        self._slack = slack
        self._notices = notices
        self._clock = clock
        self._audit_channel = audit_channel
        self._lanes: dict[str, _Lane] = {}
        self._background = Background()
        self._woken = asyncio.Event()
        self._stopping = False
        ledger.on_change(self._wake)

    async def run(self) -> None:
        """Open a lane for every channel that waits to be told something."""
        while not self._stopping:
            self._woken.clear()
            try:
                for channel in queries.channels_with_deliveries(self._ledger.reader):
                    self._open(channel)
            except sqlite3.Error:
                log.exception("ledger_not_readable")
            await asyncio.sleep(BETWEEN_LOOKS)
            await _wait(self._woken, LONGEST_SLEEP)

    async def stop(self, seconds: float) -> None:
        """Begin no further call; what is not told yet is told by the next start."""
        self._stopping = True
        self._wake()
        await self._background.drain(seconds)

    def _wake(self) -> None:
        self._woken.set()
        for lane in self._lanes.values():
            lane.woken.set()

    def _open(self, channel: str) -> None:
        if channel not in self._lanes:
            self._lanes[channel] = _Lane()
            self._background.start(self._work(channel, self._lanes[channel]), name=f"lane {channel}")

    async def _work(self, channel: str, lane: _Lane) -> None:
        """Tell one channel everything, then close its lane."""
        try:
            while not self._stopping:
                lane.woken.clear()
                waiting = queries.waiting(self._ledger.reader, channel, _LOOK_AHEAD)
                if not waiting and lane.posts_from <= self._clock.now() - BETWEEN_EDITS:
                    return
                call, wait_until = self._next_call(waiting, lane, channel)
                if call is None:
                    await asyncio.sleep(BETWEEN_LOOKS)
                    await _wait(lane.woken, min(LONGEST_SLEEP, max(0.0, (wait_until - self._clock.now()) / 1000)))
                else:
                    await self._make(call, lane)
        finally:
            self._lanes.pop(channel, None)

    # What to say next

    def _next_call(self, waiting: Sequence[Waiting], lane: _Lane, channel: str) -> tuple[Call | None, int]:
        """The next call that may be made now; else when to look again."""
        now = self._clock.now()
        if channel == AUDIT:
            return self._next_audit(waiting, lane, now)
        later = now + int(LONGEST_SLEEP * SECOND)
        post_seen = False
        for each in waiting:
            verb = _verb(each)
            # Posts keep their order: while the first one waits, those behind it wait too. Edits and whispers may pass.
            if verb is Verb.POST and post_seen:
                continue
            post_seen = post_seen or verb is Verb.POST
            free_at = max(each.due_at, lane.free_from(verb, each))
            if free_at <= now:
                return self._call(verb, each, waiting), now
            later = min(later, free_at)
        return None, later

    def _next_audit(self, waiting: Sequence[Waiting], lane: _Lane, now: int) -> tuple[Call | None, int]:
        if not waiting:
            # Until the lane is closed.
            return None, lane.posts_from + BETWEEN_EDITS
        first = waiting[0]
        full = len(waiting) >= _AUDIT_LINES
        ready_at = max(first.due_at if full else first.due_at + GATHER_FOR, lane.posts_from)
        if ready_at > now:
            return None, ready_at
        told = self._audit_lines([each.id for each in waiting if each.due_at <= now])
        drawn = self._notices.audit([(delivery.event, record) for delivery, record in told])
        arguments = {"channel": self._audit_channel} | _content(drawn)
        return Call(Verb.POST, [delivery for delivery, _ in told], arguments), now

    def _audit_lines(self, due: Sequence[int]) -> list[tuple[Delivery, Record | None]]:
        """As many lines as one message holds."""
        told: list[tuple[Delivery, Record | None]] = []
        length = 0
        for delivery in queries.deliveries(self._ledger.reader, due[:_AUDIT_LINES]):
            record = self._record(delivery)
            if record is not None and (own := self._own_attempt(delivery, record)) is not None:
                record = replace(record, attempt=own)
            length += len(self._notices.audit_line(delivery.event, record)) + 1
            if told and length > _LONGEST_AUDIT:
                break
            told.append((delivery, record))
        return told

    def _record(self, delivery: Delivery) -> Record | None:
        return None if delivery.payout is None else self._ledger.record(delivery.payout)

    def _own_attempt(self, delivery: Delivery, record: Record) -> Attempt | None:
        """The attempt that the event is about, where the payout has a newer one by now."""
        event = delivery.event
        if event.attempt is None or event.payout != record.payout.id or event.attempt == record.payout.attempt:
            return None
        return queries.attempt(self._ledger.reader, record.payout.id, event.attempt)

    def _call(self, verb: Verb, chosen: Waiting, waiting: Sequence[Waiting]) -> Call:
        """A card or question is drawn as it is now, so one call tells every event that waits for it."""
        together = [chosen.id]
        if chosen.place in _DRAWN_AS_NOW:
            together = [each.id for each in waiting if (each.payout, each.place) == (chosen.payout, chosen.place)]
        deliveries = queries.deliveries(self._ledger.reader, together)
        delivery = deliveries[0]
        record = self._record(delivery)
        drawn = self._drawn(delivery, record)
        arguments: dict[str, Any] = {"channel": delivery.channel} | _content(drawn)
        if verb is Verb.EDIT:
            arguments["ts"] = chosen.message_ts
        elif delivery.place in _IN_THREAD and record is not None and record.payout.card_ts is not None:
            arguments["thread_ts"] = record.payout.card_ts
        if verb is Verb.WHISPER:
            arguments["user"] = delivery.person
        return Call(verb, deliveries, arguments)

    def _drawn(self, delivery: Delivery, record: Record | None) -> Message:
        """The message; one that cannot be drawn is a defect of ours, and must not hold up its channel for ever."""
        try:
            own = None if record is None else self._own_attempt(delivery, record)
            return self._notices.draw(delivery, record, self._clock.now(), own)
        except Exception:
            log.exception("message_not_drawn", payout=delivery.payout, place=delivery.place, kind=delivery.event.kind)
            return self._notices.not_drawn(delivery)

    # Saying it

    async def _make(self, call: Call, lane: _Lane) -> None:
        if call.deliveries[0].place in _NEEDS_CARD and "thread_ts" not in call.arguments and "ts" not in call.arguments:
            # Posts keep their order, so the card was tried before: Slack never took it, and there is no thread.
            until = self._clock.now() + LEASE
            if await self._ledger.write(lambda tx: tx.note_posting(call.deliveries, until)):
                await self._give_up(call, until, Never("no card"))
            return
        until = self._clock.now() + LEASE
        begun = self._clock.steady()
        if not await self._ledger.write(lambda tx: tx.note_posting(call.deliveries, until)):
            return
        if self._clock.steady() - begun > LEASE / (2 * SECOND):
            # The machine slept: another process may be telling this, and what was drawn may be old.
            return
        may_die(Point.ABOUT_TO_POST)
        called_at = self._clock.now()
        answer = await ask_slack(self._slack, call)
        may_die(Point.POSTED)
        now = self._clock.now()
        # Slack's pace is that of the calls: what it takes for its answer counts.
        lane.note(call, called_at)
        if isinstance(answer, Taken):
            await self._remember(lambda tx: _note_taken(tx, call, until, answer.ts))
            may_die(Point.TOLD)
        elif isinstance(answer, NotNow):
            await self._delay(call, until, answer, lane, now)
        elif call.verb is Verb.WHISPER:
            await self._tell_directly(call, until, answer)
        else:
            await self._give_up(call, until, answer)

    async def _remember(self, move: Callable[[Transaction], None]) -> None:
        """Write down that Slack took it, as soon as the ledger can be written: forgotten, it is said once more."""
        while True:
            try:
                await self._ledger.write(move)
            except sqlite3.OperationalError:
                if self._stopping:
                    raise
                log.exception("ledger_not_writable")
                await asyncio.sleep(REMEMBER_AGAIN)
            else:
                return

    async def _delay(self, call: Call, until: int, answer: NotNow, lane: _Lane, now: int) -> None:
        tries = max(delivery.tries for delivery in call.deliveries)
        pause = min(SECOND * 2**tries, _LONGEST_PAUSE) if answer.seconds is None else int(answer.seconds * SECOND)
        if answer.seconds is not None:
            lane.hold(call.verb, now + pause)
        log.warning("slack_did_not_take_it", verb=call.verb, why=answer.why, tries=tries + 1)
        await self._ledger.write(lambda tx: tx.note_delayed(call.deliveries, until, now + pause, answer.why))

    async def _tell_directly(self, call: Call, until: int, answer: Never) -> None:
        """Somebody who is not in the channel cannot be whispered to there: a direct message reaches them."""
        told = {key: value for key, value in call.arguments.items() if key in {"text", "blocks"}}
        again = await ask_slack(
            self._slack, Call(Verb.POST, call.deliveries, told | {"channel": call.arguments["user"]})
        )
        if isinstance(again, Taken):
            await self._ledger.write(lambda tx: tx.note_delivered(call.deliveries, until, again.ts))
        else:
            await self._give_up(call, until, answer)

    async def _give_up(self, call: Call, until: int, answer: Never) -> None:
        if call.deliveries[0].place is Place.AUDIT:
            # Never given up: readiness says it, nothing new is sent, and it is told once the channel is back.
            due_at = self._clock.now() + _LONGEST_PAUSE
            await self._ledger.write(lambda tx: tx.note_delayed(call.deliveries, until, due_at, f"never: {answer.why}"))
            log.error("audit_channel_is_gone", why=answer.why)
            return
        log.error("slack_never_takes_it", verb=call.verb, channel=call.arguments["channel"], why=answer.why)
        await self._ledger.write(lambda tx: self._note_given_up(tx, call, until, answer.why))

    def _note_given_up(self, tx: Transaction, call: Call, until: int, why: str) -> None:
        if not tx.note_undeliverable(call.deliveries, until, why):
            return
        first = call.deliveries[0]
        record = None if first.payout is None else tx.record(first.payout)
        tx.append(
            EventKind.DELIVERY_FAILED,
            payout=first.payout,
            attempt=first.event.attempt,
            actor=None,
            data={"channel": first.channel, "place": first.place, "error": why},
            addresses=addresses(
                EventKind.DELIVERY_FAILED,
                channel=first.channel,
                requester=record.payout.requester if record and _requester_must_hear(first, record) else None,
            ),
        )


class _Lane:
    """One channel's pace: from when on the next post, and the next edit or whisper, may be made."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.posts_from = 0
        self.others_from = 0
        self._edited: dict[tuple[str | None, Place], int] = {}

    def free_from(self, verb: Verb, delivery: Waiting) -> int:
        """When this delivery may be made; a card that was just edited waits, so that one edit tells several events."""
        if verb is Verb.POST:
            return self.posts_from
        return max(self.others_from, self._edited.get((delivery.payout, delivery.place), 0) + BETWEEN_EDITS)

    def note(self, call: Call, now: int) -> None:
        """A call was made."""
        first = call.deliveries[0]
        if call.verb is Verb.POST:
            self.posts_from = now + BETWEEN_POSTS
        elif call.verb is Verb.EDIT:
            self._edited = {key: at for key, at in self._edited.items() if at > now - BETWEEN_EDITS}
            self._edited[first.payout, first.place] = now

    def hold(self, verb: Verb, until: int) -> None:
        if verb is Verb.POST:
            self.posts_from = max(self.posts_from, until)
        else:
            self.others_from = until


_DRAWN_AS_NOW = frozenset({Place.CARD, Place.QUESTION})
# Who clicked did so in the thread, and sees there what is whispered.
_IN_THREAD = frozenset({Place.QUESTION, Place.THREAD, Place.PRIVATE})
_NEEDS_CARD = frozenset({Place.QUESTION, Place.THREAD})


def _verb(waiting: Waiting) -> Verb:
    if waiting.place is Place.PRIVATE:
        return Verb.WHISPER
    return Verb.POST if waiting.message_ts is None else Verb.EDIT


def _content(drawn: Message) -> dict[str, Any]:
    return {"text": drawn.text, "blocks": list(drawn.blocks)}


def _note_taken(tx: Transaction, call: Call, until: int, ts: str | None) -> None:
    in_time = tx.note_delivered(call.deliveries, until, ts)
    first = call.deliveries[0]
    if first.payout is None or ts is None:
        return
    if not in_time:
        # Another process took it over meanwhile, and this edit may have come after a newer one.
        if call.verb is Verb.EDIT:
            tx.tell_again(first)
        return
    if call.verb is Verb.POST and first.place is Place.CARD:
        tx.place_card(first.payout, ts)
    if call.verb is Verb.POST and first.place is Place.QUESTION:
        tx.place_question(first.payout, ts)
    record = tx.record(first.payout)
    if first.place is Place.QUESTION and record is not None and not record.attempt.tries:
        # The buttons are gone: now the money may move.
        tx.look_sooner(first.payout, State.APPROVED, tx.now)


def _requester_must_hear(delivery: Delivery, record: Record) -> bool:
    """A payout that cannot be shown at all, or whose end cannot: not each failed edit."""
    return delivery.place is Place.THREAD or (delivery.place is Place.CARD and record.payout.card_ts is None)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
