"""Telling Slack what is recorded: each channel has its own lane, in order, within Slack's limits, at least once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.clock import SECOND, Clock
from bot.composing import AUDIT_LINES, Composer
from bot.crashpoints import Point, may_die
from bot.slackcalls import CALL_DEADLINE, OF_THE_MESSAGE, Call, Never, NotNow, Taken, Verb, ask_slack
from bot.speech.notices import AUDIT, addresses
from bot.unanswered import Unanswered
from storage import queries
from storage.ledger import Ledger, Transaction
from storage.payout import Delivery, EventKind, Place, Record, State, Waiting

log = structlog.get_logger(__name__)

# Milliseconds. Slack takes about one message a second in a channel; edits and private answers are not counted there.
BETWEEN_POSTS = SECOND
BETWEEN_EDITS = SECOND
# What comes within this time of one another, where more is soon to come, is told by one call.
GATHER_FOR = 2 * SECOND
# Audit lines that keep coming are told after so many times that.
_MOST_GATHERED = 3
# Seconds.
LONGEST_SLEEP = 1.0
# Seconds. Commits come in bursts: what is queued within this time is looked at together.
BETWEEN_LOOKS = 0.02
REMEMBER_AGAIN = 0.5
# Seconds. Another process makes the call: looked at again at once, it would be the same, for as long as that takes.
AFTER_ANOTHER = 0.2

# Milliseconds. While it runs no other process makes the same call; a call that comes later than half of it is not made.
LEASE = int(3 * CALL_DEADLINE * SECOND)

_LOOK_AHEAD = 200
_LONGEST_PAUSE = 60 * SECOND

# Said in the middle of something: what follows within moments shares its call, and makes it wait no longer.
_MORE_TO_COME = frozenset(
    {
        (EventKind.APPROVED, Place.CARD),
        (EventKind.INITIATED, Place.CARD),
        (EventKind.INITIATED, Place.THREAD),
    }
)


class Outbox:
    """Works off the deliveries of every channel; one broken channel holds up no other."""

    def __init__(
        self, ledger: Ledger, slack: AsyncWebClient, composer: Composer, clock: Clock, unanswered: Unanswered
    ) -> None:
        self._ledger = ledger
        self._unanswered = unanswered
        self._slack = slack
        self._clock = clock
        self._composer = composer
        self._lanes: dict[str, _Lane] = {}
        self._background = Background()
        self._woken = asyncio.Event()
        self._stopping = False
        # On the steady clock: readiness is held against it.
        self.looked_at = clock.steady()
        ledger.on_change(self._wake)

    async def run(self) -> None:
        """Open a lane for every channel that waits to be told something."""
        while not self._stopping:
            await self._unanswered.let_pass()
            self._woken.clear()
            self.looked_at = self._clock.steady()
            try:
                for channel in queries.channels_with_deliveries(self._ledger.reader):
                    self._open(channel)
            except Exception:
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
            while True:
                await self._unanswered.let_pass()
                if self._stopping:
                    break
                lane.woken.clear()
                lane.look_at_clock(self._clock.now())
                waiting = queries.waiting(self._ledger.reader, channel, _LOOK_AHEAD)
                if not waiting and lane.posts_from <= self._clock.now() - BETWEEN_EDITS:
                    return
                call, wait_until = await self._next_call(waiting, lane, channel)
                if call is None:
                    await asyncio.sleep(BETWEEN_LOOKS)
                    await _wait(lane.woken, min(LONGEST_SLEEP, max(0.0, (wait_until - self._clock.now()) / 1000)))
                else:
                    await self._make(call, lane)
        finally:
            self._lanes.pop(channel, None)

    # What to say next

    async def _next_call(self, waiting: Sequence[Waiting], lane: _Lane, channel: str) -> tuple[Call | None, int]:
        """The next call that may be made now; else when to look again."""
        now = self._clock.now()
        if channel == AUDIT:
            return self._next_audit(waiting, lane, now)
        later = now + int(LONGEST_SLEEP * SECOND)
        gathering, whole = _gathering(waiting), _due_as_a_whole(waiting)
        post_seen = False
        for each in waiting:
            verb = _verb(each)
            # Posts keep their order: while the first one waits, those behind it wait too. Edits and whispers may pass.
            if verb is Verb.POST and post_seen:
                continue
            due_at = whole.get((each.payout, each.place), each.due_at)
            ready_at = max(due_at, gathering.get((each.payout, each.place), 0))
            # What waits for its own kind alone holds up nobody.
            post_seen = post_seen or (verb is Verb.POST and not due_at <= now < ready_at)
            free_at = max(ready_at, lane.free_from(verb, each))
            if free_at <= now:
                return await self._composer.call(verb, each, _together(each, waiting, now)), now
            later = min(later, free_at)
        return None, later

    def _next_audit(self, waiting: Sequence[Waiting], lane: _Lane, now: int) -> tuple[Call | None, int]:
        if not waiting:
            # Until the lane is closed.
            return None, lane.posts_from + BETWEEN_EDITS
        ready_at = max(_audit_ready_at(waiting), lane.posts_from)
        if ready_at > now:
            return None, ready_at
        first = waiting[0].id
        due = [first] if first <= lane.alone_until else [each.id for each in waiting if each.due_at <= now]
        return self._composer.audit(due, plainly=first == lane.refused), now

    # Saying it

    async def _make(self, call: Call, lane: _Lane) -> None:
        if call.deliveries[0].place in _NEEDS_CARD and "thread_ts" not in call.arguments and "ts" not in call.arguments:
            # Posts keep their order, so the card was tried before: Slack never took it, and there is no thread.
            until = self._clock.now() + LEASE
            if await self._is_ours(call, until):
                await self._give_up(call, until, Never("no card"))
            return
        until = self._clock.now() + LEASE
        begun = self._clock.steady()
        if not await self._is_ours(call, until):
            return
        if self._clock.steady() - begun > LEASE / (2 * SECOND):
            # The machine slept: another process may be telling this, and what was drawn may be old.
            return
        may_die(Point.ABOUT_TO_POST)
        called_at = self._clock.now()
        answer = await ask_slack(self._slack, call)
        may_die(Point.POSTED)
        # Slack's pace is that of the calls: what it takes for its answer counts.
        lane.note(call, called_at)
        if isinstance(answer, Taken):
            await self._remember(call, until, answer.ts)
            may_die(Point.TOLD)
        elif isinstance(answer, NotNow):
            await self._delay(call, until, answer, lane)
        elif call.verb is Verb.WHISPER:
            await self._tell_directly(call, until, answer)
        elif call.deliveries[0].place is Place.AUDIT:
            await self._audit_not_taken(call, until, answer, lane)
        else:
            await self._give_up(call, until, answer)

    async def _is_ours(self, call: Call, until: int) -> bool:
        """Whether this process is to make the call; if not, the other one is left a moment to note what it did."""
        if await self._ledger.write(lambda tx: tx.note_posting(call.deliveries, until)):
            return True
        await asyncio.sleep(AFTER_ANOTHER)
        return False

    async def _remember(self, call: Call, until: int, ts: str | None) -> None:
        """Write down that Slack took it, as soon as the ledger can be written: forgotten, it is said once more."""
        while True:
            try:
                await self._ledger.write(lambda tx: _note_taken(tx, call, until, ts))
            except sqlite3.OperationalError:
                if self._stopping:
                    raise
                log.exception("ledger_not_writable")
                await asyncio.sleep(REMEMBER_AGAIN)
            except Exception:
                # What follows from it cannot be written, ever: without its own note it would be said again and again.
                log.exception("told_and_not_noted", payout=call.deliveries[0].payout)
                await self._ledger.write(lambda tx: tx.note_delivered(call.deliveries, until, ts))
                return
            else:
                return

    async def _delay(self, call: Call, until: int, answer: NotNow, lane: _Lane | None) -> None:
        now, tries = self._clock.now(), max(delivery.tries for delivery in call.deliveries)
        pause = min(SECOND * 2**tries, _LONGEST_PAUSE) if answer.seconds is None else int(answer.seconds * SECOND)
        if answer.seconds is not None and lane is not None:
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
            await self._remember(call, until, again.ts)
        elif isinstance(again, NotNow):
            # Slack leaves the person's own channel alone, and not this one.
            await self._delay(call, until, again, None)
        else:
            await self._give_up(call, until, answer)

    async def _audit_not_taken(self, call: Call, until: int, answer: Never, lane: _Lane) -> None:
        """An audit line is not given up: the channel comes back, and a line that is refused is said in other words."""
        now, told = self._clock.now(), call.deliveries
        if answer.why not in OF_THE_MESSAGE:
            # Readiness says it, nothing new is sent, and it is told once the channel is back.
            log.error("audit_channel_is_gone", why=answer.why)
            due_at, why = now + _LONGEST_PAUSE, f"never: {answer.why}"
            await self._ledger.write(lambda tx: tx.note_delayed(told, until, due_at, why))
            return
        log.error("audit_line_refused", why=answer.why, events=[delivery.event.id for delivery in told])
        if len(told) == 1 and lane.refused == told[0].id:
            # Not even that. Told here, it would be another such line.
            await self._ledger.write(lambda tx: tx.note_undeliverable(told, until, answer.why))
            return
        lane.alone_until = max(lane.alone_until, told[-1].id)
        lane.refused = told[0].id if len(told) == 1 else None
        await self._ledger.write(lambda tx: tx.note_delayed(told, until, now, answer.why))

    async def _give_up(self, call: Call, until: int, answer: Never) -> None:
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
        self.seen_at = 0
        self.others_from = 0
        # Of the audit channel: up to which delivery each is told by itself, and which one Slack refused as it was.
        self.alone_until = 0
        self.refused: int | None = None
        self._edited: dict[tuple[str | None, Place], int] = {}

    def free_from(self, verb: Verb, delivery: Waiting) -> int:
        """When this delivery may be made; a card that was just edited waits, so that one edit tells several events."""
        if verb is Verb.POST:
            return self.posts_from
        return max(self.others_from, self._edited.get((delivery.payout, delivery.place), 0) + BETWEEN_EDITS)

    def look_at_clock(self, now: int) -> None:
        """Forget a pace that was reckoned by a clock that was set back since: Slack says itself what is too soon."""
        if now < self.seen_at:
            self.posts_from = self.others_from = 0
            self._edited.clear()
        self.seen_at = now

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
_NEEDS_CARD = frozenset({Place.QUESTION, Place.THREAD, Place.PROPOSAL})


def _verb(waiting: Waiting) -> Verb:
    if waiting.place is Place.PRIVATE:
        return Verb.WHISPER
    return Verb.POST if waiting.message_ts is None else Verb.EDIT


def _gathering(waiting: Sequence[Waiting]) -> dict[tuple[str | None, Place], int]:
    """Messages about which more is soon to come, and when they wait for it no longer."""
    until: dict[tuple[str | None, Place], int] = {}
    wanted_now = set()
    for each in waiting:
        message = (each.payout, each.place)
        if (each.kind, each.place) in _MORE_TO_COME:
            until[message] = max(until.get(message, 0), each.due_at + GATHER_FOR)
        else:
            wanted_now.add(message)
    return {message: at for message, at in until.items() if message not in wanted_now}


def _due_as_a_whole(waiting: Sequence[Waiting]) -> dict[tuple[str | None, Place], int]:
    """When a message that is drawn as it is now may be: one call tells all of it, so the last of it is waited for."""
    due: dict[tuple[str | None, Place], int] = {}
    for each in waiting:
        if each.place in _DRAWN_AS_NOW:
            due[each.payout, each.place] = max(due.get((each.payout, each.place), 0), each.due_at)
    return due


def _together(chosen: Waiting, waiting: Sequence[Waiting], now: int) -> list[int]:
    """What one call tells: of a card or question, which is drawn as it is now, all that waits; of a thread two."""
    same = [each.id for each in waiting if (each.payout, each.place) == (chosen.payout, chosen.place)]
    if chosen.place in _DRAWN_AS_NOW:
        return same
    if (chosen.kind, chosen.place) in _MORE_TO_COME:
        due = {each.id for each in waiting if each.due_at <= now}
        # A proposal is edited when it is over: what stood in one message with it would be gone.
        alone = {each.id for each in waiting if each.kind == EventKind.PROPOSED}
        both = [each for each in same if each in due and each >= chosen.id][:2]
        return both[:1] if alone.intersection(both) else both
    return [chosen.id]


def _audit_ready_at(waiting: Sequence[Waiting]) -> int:
    """Audit lines wait for one another, but not for ever, and no longer once they fill a message."""
    first = waiting[0].due_at
    if len(waiting) >= AUDIT_LINES:
        return first
    return min(first + _MOST_GATHERED * GATHER_FOR, max(each.due_at for each in waiting) + GATHER_FOR)


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
    """A payout that cannot be shown or decided on at all, or whose end cannot be shown: not each failed edit."""
    if delivery.place is Place.QUESTION:
        # Where there is no card they heard of that; a reminder that brings the question is told of itself.
        unasked = record.payout.card_ts is not None and record.payout.question_ts is None
        return unasked and delivery.event.kind in _ASKS
    return delivery.place is Place.THREAD or (delivery.place is Place.CARD and record.payout.card_ts is None)


_ASKS = frozenset({EventKind.REQUESTED, EventKind.ASKED_AGAIN})


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
