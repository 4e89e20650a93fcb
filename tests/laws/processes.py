"""The bot's processes: each life is a real house on the shared ledger, behind a gate that can kill it."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from slack_bolt.request.async_request import AsyncBoltRequest

from bot.app import House, Identity
from bot.clock import Ids
from bot.desk.evidence import receive_callback
from bot.ligdicash.client import make_http_client
from bot.sandbox.slack.delivery import Answer, Delivery, Unreachable
from bot.sandbox.slack.people import BOT_ID, BOT_USER, TEAM
from handlers.relay import LARGEST_BODY
from storage.ledger import Ledger
from storage.writer import BATCH, Move, carry_out
from tests.laws.faults import Fault
from tests.laws.provider import Wire, settle
from tests.laws.slackside import SlackClient
from tests.laws.tampering import alter
from tests.laws.virtual import Gate

if TYPE_CHECKING:
    from tests.laws.world import World

T = TypeVar("T")

IDENTITY = Identity(TEAM, BOT_ID, BOT_USER, "payout", "https://team.slack.example/")

# Seconds that a process stands still: around every deadline of the bot, and up to an hour.
STOPS = (1.0, 5.0, 20.0, 29.0, 31.0, 45.0, 59.0, 61.0, 90.0, 600.0, 1_800.0, 3_600.0)
RESTARTS = (0.5, 2.0, 20.0, 70.0, 600.0, 4_000.0)
# Seconds within which another process looks into the ledger: bot.worker and bot.outbox look once a second.
NOTICES_WITHIN = 1.0

# What SQLite says when it cannot write.
REFUSALS = ("database is locked", "database or disk is full")

# A step at which something befalls a life is about so many steps away, where that storm rages.
_STEPS = 700
_MOST_DEATHS = 12

# Around these the ledger's commits are the most interesting moments to die or to stand still.
_MONEY = frozenset({"approved", "sending", "not_sent", "initiated", "unconfirmed", "refused", "completed", "failed"})


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the history, as it was committed."""

    id: int
    at: int
    kind: str
    payout: str | None
    attempt: int | None
    actor: str | None
    data: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Taken:
    """A click or submission that waited in the inbox, and was decided on."""

    sort: str
    person: str
    occasion: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one move did to the ledger: its events, each payout's state before and after, what it was decided by."""

    process: str
    events: tuple[EventRow, ...]
    states: Mapping[str, tuple[str | None, str]]
    taken: tuple[Taken, ...] = ()


@dataclass(slots=True)
class _Watched:
    """A move, and what it did when it ran; `known` is what was committed before."""

    move: Move[Any]
    process: str
    known: Known
    change: Change | None = None

    def __call__(self, connection: sqlite3.Connection) -> Any:  # noqa: ANN401 - a move returns what it likes
        result = self.move(connection)
        rows = connection.execute("SELECT id, state, attempt FROM payouts").fetchall()
        after = {row[0]: f"{row[1]} {row[2]}" for row in rows}
        before = self.known.states
        events = tuple(event_rows(connection, "WHERE id > ? ORDER BY id", self.known.last_event))
        waited, self.known.waiting = self.known.waiting, waiting_rows(connection)
        taken = tuple(item for number, item in waited.items() if number not in self.known.waiting)
        moved = {payout: (before.get(payout), state) for payout, state in after.items() if before.get(payout) != state}
        if events or moved:
            self.change = Change(self.process, events, moved, taken)
            # Should the whole batch not be committed, `forget` reads it anew.
            self.known.states = after
            self.known.last_event = events[-1].id if events else self.known.last_event
        return result


@dataclass(slots=True)
class Known:
    """The ledger as the last move left it, for all processes together: they write one after the other."""

    states: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[int, Taken] = field(default_factory=dict)
    last_event: int = 0

    def forget(self, connection: sqlite3.Connection) -> None:
        """Read it anew."""
        rows = connection.execute("SELECT id, state, attempt FROM payouts").fetchall()
        self.states = {row[0]: f"{row[1]} {row[2]}" for row in rows}
        self.waiting = waiting_rows(connection)
        self.last_event = connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]


def waiting_rows(connection: sqlite3.Connection) -> dict[int, Taken]:
    """What waits in the inbox, by its row."""
    rows = connection.execute(
        "SELECT id, sort, person, occasion, received_at FROM inbox WHERE due_at IS NOT NULL ORDER BY id"
    )
    return {row[0]: Taken(*row[1:]) for row in rows}


def event_rows(connection: sqlite3.Connection, where: str, *values: object) -> list[EventRow]:
    """Lines of the history."""
    rows = connection.execute(
        f"SELECT id, at, kind, payout, attempt, actor, data FROM events {where}",  # noqa: S608 - our own words
        values,
    )
    return [EventRow(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6])) for row in rows]


class Writer:
    """In place of the ledger's thread: moves wait a little, are committed together, answered a little later.

    Each commit is a moment at which the process may die (just before, or just after) or stand still.
    """

    def __init__(self, life: Life, connection: sqlite3.Connection) -> None:
        self.life = life
        self.connection = connection
        self._waiting: list[tuple[_Watched, asyncio.Future[Any]]] = []

    async def run(self, move: Move[T]) -> T:
        """What `move` returned, committed. A caller that is cancelled does not undo the move."""
        answer: asyncio.Future[T] = self.life.loop.create_future()
        self._waiting.append((_Watched(move, self.life.name, self.life.world.known), answer))
        if len(self._waiting) == 1:
            delay = 0.0 if self.life.chance.random() < 0.8 else self.life.chance.choice([0.001, 0.02, 0.5])
            self.life.loop.call_later(delay, self._commit)
        return await asyncio.shield(answer)

    async def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _commit(self) -> None:
        if self._stands_still():
            return
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        if self._waiting:
            self.life.loop.call_later(0.0, self._commit)
        life = self.life
        if life.loop.time() < life.world.ledger_full_until or life.fate.strikes(Fault.LEDGER_LOCKED):
            life.refused_writes += 1
            why = life.chance.choice(REFUSALS)
            self._answer(batch, [sqlite3.OperationalError(why)] * len(batch))
            return
        if self._dies(life.chance.random() < 0.3):
            return
        try:
            results = carry_out(self.connection, [watched for watched, _ in batch])
        except sqlite3.Error as error:
            life.world.known.forget(self.connection)
            self._answer(batch, [error] * len(batch))
            return
        if any(isinstance(result, BaseException) for result in results):
            life.world.known.forget(self.connection)
        changes = [watched.change for watched, _ in batch if watched.change]
        life.committed(changes)
        kinds = {event.kind for change in changes for event in change.events}
        if self._dies(bool(kinds & _MONEY)):
            return
        self._answer(batch, results)
        if "sending" in kinds and life.fate.strikes(Fault.LEDGER_LOCKED):
            # The disk is full just when the answer is to be written down.
            life.world.ledger_full_until = life.loop.time() + life.chance.choice([2.0, 58.0, 66.0, 130.0])
        if life.fate.strikes(Fault.STOP, 15.0 if "sending" in kinds else 4.0 if kinds & _MONEY else 1.0):
            life.stop(life.chance.choice(STOPS))

    def _stands_still(self) -> bool:
        """With LigdiCash's answer in hand, and not yet written down, is a bad moment to be stopped."""
        answered, self.life.answer_in_hand = self.life.answer_in_hand, False
        if not answered or not self.life.fate.strikes(Fault.STOP, 20.0):
            return False
        self.life.loop.call_soon(self._commit)
        self.life.stop(self.life.chance.choice(STOPS))
        return True

    def _dies(self, money: bool) -> bool:  # noqa: FBT001 - one of two weights
        if not self.life.may_die() or not self.life.fate.strikes(Fault.DEATH_AT_COMMIT, 4.0 if money else 1.0):
            return False
        self.life.die("at a commit")
        return True

    def _answer(self, batch: list[tuple[_Watched, asyncio.Future[Any]]], results: list[Any]) -> None:
        for (_, answer), result in zip(batch, results, strict=True):
            settle(answer, result)


@dataclass(slots=True)
class Seat:
    """A place at which a process runs, one life after the other."""

    name: str
    has_house: bool
    life: Life | None = None
    lives: int = 0


class Life(Gate):
    """One process from its start to its death."""

    def __init__(self, world: World, seat: Seat) -> None:
        seat.lives += 1
        super().__init__(f"{seat.name}{seat.lives}")
        self.world = world
        self.seat = seat
        self.loop = world.loop
        self.fate = world.fate
        self.chance = random.Random(f"{world.seed}/{self.name}")  # noqa: S311 - a simulator's
        self.callers: set[asyncio.Future[Answer]] = set()
        self.steps = 0
        self.refused_writes = 0
        self.answer_in_hand = False
        self.stops: list[tuple[int, int]] = []
        self.dies_at = self._some_step(Fault.DEATH_AT_STEP)
        self.stops_at = self._some_step(Fault.STOP)
        self._notice_planned = False
        self.reader = world.connect(reading=True)
        self._connection = world.connect()
        ids = Ids(random.Random(f"{world.seed}/{self.name}/ids"))  # noqa: S311
        self.ledger = Ledger(self.reader, Writer(self, self._connection), world.clock, ids)
        self.house: House | None = None
        if seat.has_house:
            self.context.run(self._build, ids)

    def _build(self, ids: Ids) -> None:
        world = self.world
        self.house = House(
            world.settings,
            ledger=self.ledger,
            slack=SlackClient(world.slackside, self),
            http=make_http_client(Wire(world.provider, self)),
            clock=world.clock,
            ids=ids,
        )
        self.house.introduce(IDENTITY)
        for part in (self.house.worker.run(), self.house.outbox.run()):
            self.loop.create_task(part)

    def _some_step(self, fault: Fault) -> int | None:
        """At which of its steps it befalls this life; None when it does not."""
        return 1 + int(self.chance.expovariate(1 / _STEPS)) if self.fate.rages(fault) else None

    # What befalls it

    def admit(self, handle: asyncio.Handle) -> bool:
        """Whether this callback may run now; it may be the one before which the process dies."""
        if not super().admit(handle):
            return False
        self.steps += 1
        if self.steps == self.dies_at and self.may_die():
            self.fate.note(Fault.DEATH_AT_STEP)
            self.die("at a step")
            return False
        if self.steps == self.stops_at:
            self.fate.note(Fault.STOP)
            self.held.append(handle)
            self.stop(self.chance.choice(STOPS))
            return False
        return True

    def may_die(self) -> bool:
        """Processes die in storms only, and not for ever."""
        return self.world.deaths < _MOST_DEATHS and self.loop.time() < self.fate.until

    def die(self, how: str) -> None:
        """Killed: nothing of it runs any more, and nobody tidies up."""
        self.world.note(f"{self.name} dies {how}")
        self.world.deaths += 1
        self.is_dead = True
        self.held.clear()
        self.reader.close()
        self._connection.close()
        for caller in list(self.callers):
            self.loop.outside(0.0, settle, caller, Unreachable("connection reset"))
        self.seat.life = None
        self.loop.outside(self.chance.choice(RESTARTS), self.world.start, self.seat)

    def stop(self, seconds: float, *, suspended: bool = False) -> None:
        """Let it stand still; of a suspended machine not even the timers run."""
        if self.is_stopped or self.is_dead:
            return
        self.world.note(f"{self.name} stands still for {seconds} s{' (machine suspended)' if suspended else ''}")
        self.is_stopped = True
        self.stops.append((self.world.clock.now(), self.world.clock.now() + int(seconds * 1000)))
        if suspended:
            self.skew += seconds
        self.loop.outside(seconds, self._go_on)

    def _go_on(self) -> None:
        if self.is_dead:
            return
        self.world.note(f"{self.name} goes on")
        self.is_stopped = False
        self.loop._ready.extend(self.held)
        self.held.clear()

    def stood_still(self, after: int, within: int) -> bool:
        """Whether it stood still at some moment of `within` milliseconds after that one."""
        return any(begins <= after + within and after <= ends for begins, ends in self.stops)

    # What it did

    def committed(self, changes: list[Change]) -> None:
        """Something is durable now; the other processes notice in a moment."""
        for change in changes:
            self.world.committed(self, change)
            self._alter(change)
        for other in self.world.lives():
            if other is not self:
                other.notice_soon()

    def _alter(self, change: Change) -> None:
        """Somebody with the ledger's file in hand changes what was approved, or approves by hand."""
        for event in change.events:
            if event.kind in {"approved", "requested"} and self.fate.strikes(Fault.LEDGER_ALTERED):
                what = "amount" if event.kind == "approved" and self.chance.random() < 0.5 else "approval"
                self.world.note(f"the {what} of {event.payout} is altered by hand")
                alter(self._connection, event, what, self.chance)
                self.world.altered.add(event.payout or "")
                self.world.known.forget(self._connection)

    def notice_soon(self) -> None:
        """Look into the ledger within a second, as every process does by itself."""
        if not self._notice_planned:
            self._notice_planned = True
            pause = self.chance.uniform(0.0, NOTICES_WITHIN)
            self.loop.call_at(self.loop.time() + pause, self._notice, context=self.context)

    def _notice(self) -> None:
        self._notice_planned = False
        for listener in self.ledger._listeners:
            listener()

    # What reaches it

    def hear_slack(self, delivery: Delivery, answer: asyncio.Future[Answer]) -> None:
        """A payload arrived."""
        self.loop.create_task(self._dispatch(delivery, answer))

    async def _dispatch(self, delivery: Delivery, answer: asyncio.Future[Answer]) -> None:
        assert self.house is not None
        headers = {} if delivery.retry_num is None else {"x-slack-retry-num": str(delivery.retry_num)}
        body = json.loads(json.dumps(delivery.payload))
        request = AsyncBoltRequest(body=body, headers=headers, mode="socket_mode")  # type: ignore[arg-type]  # str is one of its kinds of values
        response = await self.house.bolt.async_dispatch(request)
        self.loop.outside(self.chance.uniform(0.01, 0.3), settle, answer, Answer(response.status, response.body))

    def hear_callback(
        self, payout: str, secret: str, content_type: str, body: str, answered: Callable[[int], None]
    ) -> None:
        """A callback arrived; `answered` is told the HTTP status, 0 for none in time."""
        once = _Once(answered)
        if len(body.encode()) > LARGEST_BODY:
            once.tell(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        self.loop.outside(10.0, once.tell, 0)
        self.loop.inside(self, self._start_relay, payout, secret, content_type, body, once)

    def _start_relay(self, *parts: Any) -> None:  # noqa: ANN401 - the arguments of _relay
        self.loop.create_task(self._relay(*parts))

    async def _relay(self, payout: str, secret: str, content_type: str, body: str, once: _Once) -> None:
        try:
            known = await receive_callback(self.ledger, payout, secret, content_type, body)
        except sqlite3.Error:
            self.loop.outside(0.0, once.tell, 503)
        else:
            self.loop.outside(0.0, once.tell, 200 if known else 404)


@dataclass(slots=True)
class _Once:
    """Tells the first of several answers."""

    tell_whom: Callable[[int], None]
    told: bool = field(default=False)

    def tell(self, status: int) -> None:
        """Say it, unless something was said already."""
        if not self.told:
            self.told = True
            self.tell_whom(status)
