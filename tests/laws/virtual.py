"""Time that passes only when nothing is left to do, and processes that can be stopped and killed in it."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from collections.abc import Callable
from typing import Any

# Some day in 2026: what is written down and shown begins here.
EPOCH = 1_790_000_000_000

# Below this many it costs less to leave timers that were cancelled where they are.
_FEW_TIMERS = 200


# Rounds of the loop at one and the same moment; more is a task that spins.
_MOST_ROUNDS = 20_000


class TimeStandsStillError(Exception):
    """Something is busy all the time, and will be for ever."""


class Gate:
    """What one process's callbacks must pass: they wait while it is stopped, and never run once it is dead.

    A subclass says, in `admit`, whether something befalls the process before its next step.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.is_stopped = False
        # Seconds for which the whole machine was suspended: its timers did not run meanwhile.
        self.skew = 0.0
        self.held: list[asyncio.Handle] = []
        # Everything that this process does runs in copies of this context: so a callback's process is known.
        self.context = contextvars.copy_context()
        self.context.run(GATE.set, self)

    def admit(self, handle: asyncio.Handle) -> bool:
        """Whether this callback may run now."""
        if self.is_dead:
            return False
        if self.is_stopped:
            self.held.append(handle)
            return False
        return True


GATE: contextvars.ContextVar[Gate | None] = contextvars.ContextVar("gate", default=None)
OUTSIDE = contextvars.copy_context()


class _Timer(asyncio.TimerHandle):
    """A timer that knows how long its machine had been suspended when it was set."""

    __slots__ = ("skew",)
    skew: float


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop without sockets or threads, whose time jumps to the next timer when nothing is ready."""

    _ready: Any
    _scheduled: list[_Timer]
    _timer_cancelled_count: int

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0
        self.steps = 0
        self._rounds = 0

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._virtual

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """As every loop's, but the timer keeps its process's time."""
        timer = _Timer(when, callback, args, self, context)
        gate = timer._context.get(GATE)  # type: ignore[attr-defined]  # asyncio.Handle keeps it there
        timer.skew = gate.skew if gate else 0.0
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # what BaseEventLoop does
        return timer

    def outside(self, seconds: float, callback: Callable[..., object], *args: object) -> None:
        """Have the world, which no gate holds up, do something in `seconds`."""
        self.call_at(self._virtual + seconds, callback, *args, context=OUTSIDE)

    def inside(self, gate: Gate, callback: Callable[..., object], *args: object) -> None:
        """Hand something to a process, which notices once it runs."""
        self.call_soon(callback, *args, context=gate.context)

    def _run_once(self) -> None:
        ready = self._ready
        before = self._virtual
        self._collect_due()
        self._rounds = self._rounds + 1 if self._virtual == before else 0
        if self._rounds > _MOST_ROUNDS:
            raise TimeStandsStillError
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            gate = handle._context.get(GATE)
            if gate is None or gate.admit(handle):
                self.steps += 1
                handle._run()

    def _collect_due(self) -> None:
        scheduled, ready = self._scheduled, self._ready
        if len(scheduled) > _FEW_TIMERS and self._timer_cancelled_count * 2 > len(scheduled):
            self._scheduled = scheduled = [timer for timer in scheduled if not timer.cancelled()]
            heapq.heapify(scheduled)
            self._timer_cancelled_count = 0
        while scheduled:
            timer = scheduled[0]
            if timer.cancelled():
                self._timer_cancelled_count -= 1
            elif timer.when() > self._virtual:
                if ready:
                    return
                self._virtual = timer.when()
            heapq.heappop(scheduled)
            timer._scheduled = False  # type: ignore[attr-defined]
            if not timer.cancelled() and not self._push_back(timer):
                ready.append(timer)
        if not ready:
            raise RuntimeError("nothing will ever happen again")

    def _push_back(self, timer: _Timer) -> bool:
        """Whether the timer's machine was suspended since it was set, so that it is not due yet."""
        gate = timer._context.get(GATE)  # type: ignore[attr-defined]
        if gate is None or gate.skew <= timer.skew:
            return False
        timer._when += gate.skew - timer.skew  # type: ignore[attr-defined]
        timer.skew = gate.skew
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]
        return True

    # What BaseEventLoop leaves to loops with sockets

    def _write_to_self(self) -> None:
        """Nobody sleeps in a system call here."""

    def _asyncgen_finalizer_hook(self, agen: object) -> None:
        """A generator of a process that was killed is not tidied up."""

    def abandon(self) -> None:
        """Drop every task where it stands, as the end of the world does."""
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            coroutine = task.get_coro()
            try:
                if coroutine is not None:
                    coroutine.close()
            except BaseException:  # noqa: BLE001, S110 - it may say anything; nobody is left to hear it
                pass
        self._ready.clear()
        self._scheduled.clear()
        self.close()


class VirtualClock:
    """The loop's time as the bot's `Clock`."""

    def __init__(self, loop: VirtualLoop, begins: int = EPOCH) -> None:
        self._loop = loop
        self.begins = begins

    def now(self) -> int:
        """Milliseconds since 1970."""
        return self.begins + round(self._loop.time() * 1000)

    def written(self, moment: int) -> str:
        """A moment as the histories write it: seconds since the loop was made."""
        return f"{(moment - self.begins) / 1000:.3f} s"

    def steady(self) -> float:
        """Seconds; goes on while a process, or its machine, is stopped."""
        return self._loop.time()
