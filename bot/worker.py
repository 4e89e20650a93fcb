"""What is due now: takes stored clicks and due payouts from the ledger, and hands each to its desk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping

import structlog

from bot.background import Background
from bot.clock import CLOCK_CORRECTED, MINUTE, SECOND, Clock
from bot.desk.evidence import Evidence
from bot.desk.payments import Payments
from bot.desk.reminders import Reminders
from bot.desk.telling import tell_repeats
from bot.unanswered import Unanswered
from storage import queries
from storage.ledger import Ledger
from storage.payout import InboxItem, Sort, State

log = structlog.get_logger(__name__)

# Bounds what runs at once; what is left waits in the ledger, where it is safe.
AT_ONCE = 32

# Seconds. Another process (the relay) may have written without this one noticing.
LONGEST_SLEEP = 1.0
REST_AFTER_FAILURE = 5.0


# Decides on one stored click or submission.
Desk = Callable[[InboxItem], Awaitable[None]]


class Worker:
    """Runs until it is stopped; everything it works on is in the ledger, so that another one can go on."""

    def __init__(  # noqa: PLR0913 - every kind of work, and what it waits for
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        desks: Mapping[Sort, Desk],
        payments: Payments,
        evidence: Evidence,
        reminders: Reminders,
        unanswered: Unanswered,
    ) -> None:
        self._ledger = ledger
        self._unanswered = unanswered
        self._clock = clock
        self._desks = desks
        self._payments = payments
        self._evidence = evidence
        self._reminders = reminders
        self._busy: set[str | int] = set()
        self._background = Background()
        self._woken = asyncio.Event()
        self._ahead = self._wall_clock_ahead()
        self._stopping = False
        # On the steady clock: readiness is held against it.
        self.looked_at = clock.steady()
        ledger.on_change(self._woken.set)

    async def run(self) -> None:
        """Look for due work, start it, and sleep until more is due."""
        self._start_unbounded("start", self._payments.look_now())
        self._start_unbounded("elsewhere", self._evidence.tell_elsewhere())
        while True:
            await self._unanswered.let_pass()
            if self._stopping:
                break
            self._woken.clear()
            self.looked_at = self._clock.steady()
            try:
                now = self._clock.now()
                self._look_at_clock()
                self._start_due(now)
                seconds = self._seconds_until_due(now)
            except Exception:
                log.exception("ledger_not_readable")
                seconds = LONGEST_SLEEP
            await self._sleep(seconds)

    async def stop(self, seconds: float) -> None:
        """Start nothing new; wait that long for what is in flight. What is cut off is taken up by the next start."""
        self._stopping = True
        self._woken.set()
        await self._background.drain(seconds)

    def _wall_clock_ahead(self) -> int:
        """By how much the clock that is written down is ahead of the one that never jumps, in milliseconds."""
        return self._clock.now() - int(self._clock.steady() * SECOND)

    def _look_at_clock(self) -> None:
        before, self._ahead = self._ahead, self._wall_clock_ahead()
        if before - self._ahead > CLOCK_CORRECTED:
            log.warning("clock_set_back", seconds=(before - self._ahead) // SECOND)
            self._payments.doubt_approvals()
        if self._payments.doubts_approvals and "clock" not in self._busy:
            # Outside the bound, and again until it is done: however much hangs, nothing approved may leave before.
            self._start_unbounded("clock", self._payments.expire_approved())

    def _start_due(self, now: int) -> None:
        for item in queries.due_inbox(self._ledger.reader, now, AT_ONCE):
            self._start(item.id, self._decide(item))
        for payout, state in queries.due_payouts(self._ledger.reader, now, AT_ONCE):
            if state is not State.APPROVED or not self._payments.doubts_approvals:
                self._start(payout, self._go_on(payout, state))
        for payout, number in queries.due_attempts(self._ledger.reader, now, AT_ONCE):
            self._start(f"{payout}:{number}", self._evidence.look(payout, number))
        if queries.repeated_refusals(self._ledger.reader, now - MINUTE, 1):
            self._start("repeats", tell_repeats(self._ledger))

    def _start(self, key: str | int, work: Coroutine[None, None, None]) -> None:
        # Decisions have room of their own: the brake is heard while every request to LigdiCash hangs.
        beside = sum(isinstance(busy, int) == isinstance(key, int) for busy in self._busy)
        if key in self._busy or beside >= AT_ONCE:
            work.close()
            return
        self._start_unbounded(key, work)

    def _start_unbounded(self, key: str | int, work: Coroutine[None, None, None]) -> None:
        self._busy.add(key)
        self._background.start(self._run(key, work), name=f"due {key}")

    async def _run(self, key: str | int, work: Coroutine[None, None, None]) -> None:
        try:
            with structlog.contextvars.bound_contextvars(due=str(key)):
                await work
        except Exception:
            log.exception("due_work_failed", due=str(key))
            await asyncio.sleep(REST_AFTER_FAILURE)
        finally:
            self._busy.discard(key)
            self._woken.set()

    async def _decide(self, item: InboxItem) -> None:
        await self._desks[item.sort](item)

    async def _go_on(self, payout: str, state: State) -> None:
        if state is State.APPROVED:
            await self._payments.send(payout)
        elif state is State.SENDING:
            await self._payments.give_up(payout)
        elif state is State.REQUESTED:
            await self._reminders.look(payout)

    def _seconds_until_due(self, now: int) -> float:
        due_at = queries.next_due(self._ledger.reader)
        if due_at is None or due_at <= now:
            # What was due by now is being worked on; it wakes this loop when it is done.
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, (due_at - now) / 1000)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass
