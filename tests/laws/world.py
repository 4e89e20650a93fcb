"""One seed's world: everything tied together, played to its end, and then held against the laws."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox.slack.delivery import Delivered
from tests.laws import scenery
from tests.laws.acts import ACTS, AFTERWARDS, AT_LAST
from tests.laws.books import Books
from tests.laws.faults import Fate, Fault
from tests.laws.laws import Law, Violation
from tests.laws.laws_of_authority import AUTHORITY
from tests.laws.laws_of_money import MONEY
from tests.laws.laws_of_telling import TELLING
from tests.laws.people import Crowd
from tests.laws.processes import STOPS, Change, EventRow, Known, Life, Seat, event_rows
from tests.laws.provider import Leaving, Provider
from tests.laws.rulebook import Rulebook
from tests.laws.slackside import BEING_ASKED, SUPPORT, SlackSide, occasion_of
from tests.laws.standing import Standing
from tests.laws.virtual import TimeStandsStillError, VirtualClock, VirtualLoop

# Seconds.
ACTIVE = (200.0, 200.0, 600.0, 600.0, 4_500.0, 4_500.0, 100_000.0)
LOOK_WHETHER_SETTLED = 300.0
LONGEST = 15 * 86_400.0
# The share of worlds in which somebody asks for more than anybody may have open.
_FLOODED = 0.06
# The share of worlds in which many ask for much, close to every limit.
_TIGHT = 0.3
# The share of worlds in which the operator allows less from some moment on.
_TIGHTENED = 0.15
# In most of these LigdiCash does its work.
_FAIR = 0.7
# By then every token that ever answers has answered.
_MOST_POLLS = 40


@dataclass(slots=True)
class Result:
    """What one seed came to."""

    seed: int
    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    history: str = ""


class World:
    """A seed, and everything in it."""

    def __init__(self, seed: int, path: Path) -> None:
        self.seed = seed
        self.path = path
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(self._surprised)
        self.chance = self.chance_of("world")
        self.active = self.chance.choice(ACTIVE)
        self.is_flooded = self.chance.random() < _FLOODED
        self.rules = Rulebook.draw(self.chance_of("rules"), self.active, is_tight=self.chance.random() < _TIGHT)
        self.first_rules = self.rules
        self.settings = scenery.settings(self.rules)
        self.clock = VirtualClock(self.loop, self.rules.begins)
        # What is rare where much goes wrong is found where little does.
        self.fate = Fate(self.chance_of("fate"), self.loop, self.active, share=0.08 if self.rules.is_tight else 0.2)
        self.fate.silence(self.chance_of("silence"))
        is_fair = self.rules.is_tight and self.chance.random() < _FAIR
        self.provider = Provider(self.loop, self.clock, self.chance_of("provider"), self.fate, is_fair=is_fair)
        self.slackside = SlackSide(self.loop, self.clock, self.chance_of("slack"), self.fate)
        self.slackside.slack.carrier = self.slackside.carry
        self.slackside.find_process = self._some_house
        self.provider.find_relay = self._some_relay
        self.provider.on_connecting = self._connecting
        self.provider.on_leaving = self._leaving
        self.standing = Standing(self.slackside.slack.workspace, self.clock, self.rules, SUPPORT)
        self.crowd = Crowd(self, self.chance_of("people"), ACTS)
        self.books = Books(self.crowd)
        self.seats = [Seat("A", has_house=True)]
        if self.chance.random() < 0.5:
            self.seats.append(Seat("B", has_house=True))
        if self.chance.random() < 0.2:
            self.seats.append(Seat("R", has_house=False))
        self.known = Known()
        self.ledger_full_until = 0.0
        self.deaths = 0
        self.surprises: list[str] = []
        # Payouts that somebody with the ledger's file in hand pushed on.
        self.altered: set[str] = set()
        self.violations: list[Violation] = []
        self.laws: list[Law] = [law(self) for law in (*MONEY, *TELLING, *AUTHORITY)]
        self.eye = self.connect(reading=True)

    def chance_of(self, what: str) -> random.Random:
        """A source of its own for each part, so that one that draws more disturbs no other."""
        return random.Random(f"{self.seed}/{what}")  # noqa: S311 - a simulator's

    def connect(self, *, reading: bool = False) -> sqlite3.Connection:
        """A connection as `storage.connection` opens them, but for durability: this disk is memory."""
        connection = sqlite3.connect(self.path, isolation_level=None, cached_statements=256)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        if reading:
            connection.execute("PRAGMA query_only = ON")
        return connection

    # Processes

    def lives(self) -> list[Life]:
        """Every process that lives now."""
        return [seat.life for seat in self.seats if seat.life is not None]

    def start(self, seat: Seat) -> None:
        """Begin a new life."""
        if seat.life is None:
            seat.life = Life(self, seat)
            self.note(f"{seat.life.name} starts")

    def _some_house(self) -> Life | None:
        found = [life for life in self.lives() if life.house is not None]
        return self.chance.choice(found) if found else None

    def _some_relay(self) -> Life | None:
        found = self.lives()
        return self.chance.choice(found) if found else None

    # What the laws look at as it happens

    def committed(self, life: Life, change: Change) -> None:
        """Somebody changed the ledger."""
        for event in change.events:
            who = f"{event.payout or ''} {event.actor or ''}"
            self.note(f"{life.name} commits {event.kind} {who} {dict(event.data)}")
        for law in self.laws:
            self.violations += law.at_commit(life, change)
        self.books.take(change)
        sends = any(event.kind == "sending" for event in change.events)
        if life.fate.strikes(Fault.SUSPENSION, 20.0 if sends else 1.0):
            self._suspend()

    def _connecting(self, life: Life) -> None:
        """A create request looks for its connection: the worst moment to stand still."""
        self._stand_still(life, after=0.02)

    def _stand_still(self, life: Life, after: float) -> None:
        if self.fate.strikes(Fault.SUSPENSION, 20.0):
            self.loop.outside(after, self._suspend)
        elif self.fate.strikes(Fault.STOP, 10.0):
            self.loop.outside(after, life.stop, self.chance.choice(STOPS))

    def _suspend(self) -> None:
        """The machine sleeps, and every process on it."""
        seconds = self.chance.choice([40.0, 70.0, 600.0, 3_600.0])
        for life in self.lives():
            life.stop(seconds, suspended=True)

    def _tighten(self, chance: random.Random) -> None:
        """The operator allows less from now on, and starts every process anew, one as roughly as the other."""
        self.rules = self.rules.tightened(chance)
        self.settings = scenery.settings(self.rules)
        self.fate.note(Fault.SETTINGS_TIGHTENED)
        self.note(f"the settings are tightened: {self.rules}")
        for life in self.lives():
            life.die("for new settings")

    def _leaving(self, leaving: Leaving) -> None:
        """A create request leaves; perhaps its process stands still until long after its answer."""
        for law in self.laws:
            self.violations += law.at_leaving(leaving)
        self._stand_still(leaving.process, after=0.1)

    def note(self, line: str) -> None:
        """Remember for the history."""
        self.provider.note(line)

    def _surprised(self, _loop: object, context: dict[str, object]) -> None:
        message = str(context.get("message"))
        # Whoever is killed hears not what it waited for; nobody is to blame for that.
        unheard = self.deaths > 0 and message.startswith("Future exception was never retrieved")
        if "destroyed" not in message and not unheard:
            self.surprises.append(str(context))

    # The play

    def play(self) -> None:
        """Everything, from the first command to the last replay."""
        for seat in self.seats:
            self.start(seat)
        chance = self.chance_of("settings")
        if chance.random() < _TIGHTENED:
            self.loop.outside(self.active * chance.uniform(0.05, 0.95), self._tighten, chance)
        try:
            self.loop.run_until_complete(self._play())
        except TimeStandsStillError:
            self.violations.append(Violation("settles", "some task is busy all the time"))

    async def _play(self) -> None:
        await self.crowd.live(self.active)
        await asyncio.sleep(max(0.0, self.active - self.loop.time()))
        self.provider.clear()
        self.note("fair weather from now on")
        await self.crowd.afterwards(AFTERWARDS)
        await self._settle()
        for act in AT_LAST:
            await self.crowd.at_last(act)
            await self._settle()
        for law in self.laws:
            law.before_replays()
        await self._replay_everything()
        # What comes once a day may have come just now.
        await self._settle()
        for law in self.laws:
            self.violations += law.at_end()
        self.violations += [Violation("no surprises", line) for line in self.surprises]

    async def _settle(self) -> None:
        """Until nothing is left to happen."""
        while not self.is_settled():
            if self.loop.time() > LONGEST:
                self.violations.append(Violation("settles", f"nothing settled: {self.unsettled()}"))
                break
            await asyncio.sleep(LOOK_WHETHER_SETTLED)

    async def _replay_everything(self) -> None:
        """Slack and LigdiCash say everything once more, in another order."""
        for life in self.lives():
            # A look-up that ends too late is answered otherwise than the first time, and rightly so.
            life.stops_at = None
        await asyncio.sleep(60.0)
        slack = self.slackside.slack
        earlier = self._done_deliveries()
        posted = list(self.provider.heard)
        for delivered in self.chance.sample(earlier, min(12, len(earlier))):
            await slack.replay(delivered)
        for post in self.chance.sample(posted, min(12, len(posted))):
            relay = self._some_relay()
            path = post.payout.callback_url.rsplit("/", 2)
            if relay is not None:
                relay.hear_callback(path[1], path[2], post.content_type, post.body, lambda _status: None)
        await asyncio.sleep(1_200.0)

    def _done_deliveries(self) -> list[Delivered]:
        """What was acknowledged and, if it belongs there, stored: the ledger may have been locked."""
        stored = {tuple(row) for row in self.eye.execute("SELECT person, occasion FROM inbox")}
        found = []
        for delivered in self.slackside.slack.deliveries:
            occasion = self._occasion(delivered.delivery.payload)
            refused = "response_action" in delivered.body
            if not delivered.error and not refused and (occasion is None or occasion in stored):
                found.append(delivered)
        return found

    def _occasion(self, payload: Mapping[str, Any]) -> tuple[str, str] | None:
        """By which person and occasion the inbox knows a payload; None for a command that only opens a form."""
        if payload.get("type") == "block_actions":
            return occasion_of(dict(payload))
        if str(payload.get("text", "")).startswith(("pause", "resume")):
            return payload["user_id"], payload["trigger_id"]
        if "command" in payload and self.standing.has_changed(payload["user_id"]):
            # Whoever left since would now be refused.
            return payload["user_id"], "never stored"
        return None

    def events(self) -> list[EventRow]:
        """The whole history so far."""
        return event_rows(self.eye, "ORDER BY id")

    # Whether anything is left to happen

    def is_settled(self) -> bool:
        """Whether everybody is alive and awake, and nothing is left to do."""
        awake = len(self.lives()) == len(self.seats) and not any(life.is_stopped for life in self.lives())
        return awake and self.provider.under_way == 0 and not self.unsettled()

    def unsettled(self) -> list[str]:
        """What is still to be done, by the ledger and by the bank."""
        rows = self.eye.execute(
            """
            SELECT 'inbox ' || id FROM inbox WHERE due_at IS NOT NULL
            UNION ALL SELECT 'delivery ' || id || ' ' || place || ' ' || coalesce(error, '')
                FROM deliveries WHERE due_at IS NOT NULL
            UNION ALL SELECT id || ' ' || state FROM payouts WHERE state IN ('requested', 'approved', 'sending')
            UNION ALL SELECT 'refusals of ' || person || ' are not counted' FROM refusals
                WHERE times > 1 AND kind NOT IN ('answered', 'decision_too_late')
            UNION ALL SELECT payout || :asked FROM attempts WHERE asked_at IS NOT NULL AND ask_at < :soon
            UNION ALL SELECT payout || :asked FROM attempts
                WHERE outcome = 'failed_by_callback' AND token IS NOT NULL AND ask_at IS NOT NULL AND polls < :most
            UNION ALL SELECT payout || :asked FROM attempts
                WHERE outcome = 'open' AND word IS NULL AND token IS NOT NULL AND ask_at IS NOT NULL AND polls < :most
            """,
            {"soon": self.clock.now() + 5_000, "asked": f" {BEING_ASKED}", "most": _MOST_POLLS},
        )
        return [*(str(row[0]) for row in rows), *self._open_at_the_bank()]

    def _open_at_the_bank(self) -> Iterator[str]:
        """Payouts about which LigdiCash has, or will have, more to say than the ledger knows."""
        rows = self.eye.execute(
            """
            SELECT id, iif(number = attempt, state, 'followed'), transaction_id, token, number, polls
            FROM payouts JOIN attempts ON attempts.payout = payouts.id
            """
        ).fetchall()
        for payout, state, transaction_id, token, number, polls in rows:
            for there in self.provider.bank.tally(transaction_id).payouts:
                if self.provider.may_still_speak(there):
                    yield f"{payout}: the bank has not spoken its last word"
                elif state == "initiated" and token is not None and there.word in _FINAL_WORDS:
                    yield f"{payout}: {there.word} at the bank, {state} here"
                elif (
                    state == "unconfirmed"
                    and there.word in _FINAL_WORDS
                    and polls < _MOST_POLLS
                    and self._called_back(payout, number) & set(there.tokens)
                ):
                    yield f"{payout}: {there.word} at the bank, whose callback {BEING_ASKED}"

    def _called_back(self, payout: str, number: int) -> set[str]:
        """The tokens of callbacks by which LigdiCash can be asked about an attempt."""
        rows = self.eye.execute(
            "SELECT token FROM callbacks WHERE payout = ? AND attempt = ? AND distrusted = 0", (payout, number)
        )
        return {row[0] for row in rows}

    # What is left to read

    def history(self) -> str:
        """Everything about this seed, for whoever wants to know what went wrong."""
        events = self.eye.execute("SELECT id, at, kind, payout, attempt, actor, data FROM events ORDER BY id")
        lines = [f"{row[0]:>4} {self.clock.written(row[1]):>14} {tuple(row[2:])}" for row in events]
        return "\n".join(
            [
                f"seed {self.seed}: {len(self.seats)} processes, storms: {list(self.fate.storms)}",
                "\n--- processes, LigdiCash, ledger",
                *self.provider.log,
                "\n--- Slack",
                self.slackside.slack.transcript(),
                "\n--- events",
                *lines,
                "\n--- payouts",
                *(str(dict(row)) for row in self.eye.execute("SELECT * FROM payouts")),
                "\n--- attempts",
                *(str(dict(row) | {"answer": "…"}) for row in self.eye.execute("SELECT * FROM attempts")),
                "\n--- deliveries not sent",
                *(str(dict(row)) for row in self.eye.execute("SELECT * FROM deliveries WHERE state != 'sent'")),
                "\n--- the bank",
                *(
                    f"{each.transaction_id} {each.word} paid={each.paid} {each.amount}"
                    for each in self.provider.bank.payouts
                ),
            ]
        )

    def count(self) -> Counter[str]:
        """The sums for the table."""
        paid = self.provider.bank.paid_total
        return Counter(
            {
                "seeds": 1,
                "steps": self.loop.steps,
                "acts": self.crowd.acts,
                "virtual hours": round(self.loop.time() / 3_600),
                "deaths": self.deaths,
                "payouts asked for": self.eye.execute("SELECT count(*) FROM payouts").fetchone()[0],
                "create requests": len(self.provider.leaving),
                "payments": paid.times,
                "XOF paid": paid.amount,
                "Slack calls": len(self.slackside.slack.calls),
                "events": self.eye.execute("SELECT count(*) FROM events").fetchone()[0],
            }
        )

    def close(self) -> None:
        """End of the world."""
        for life in self.lives():
            life.reader.close()
            life._connection.close()
        self.loop.abandon()
        self.eye.close()


_FINAL_WORDS = frozenset({"completed", "notcompleted", "nocompleted"})


def run_seed(seed: int, *, with_history: bool = False) -> Result:
    """Play one seed and hold it against the laws."""
    with scenery.ledger_file() as path, scenery.simulated(), scenery.without_garbage_collection():
        world = World(seed, path)
        scenery.surprises.append(world.surprises)
        try:
            world.play()
            result = Result(seed, world.violations, world.count(), world.fate.met + world.provider.bank.faults)
            if with_history or result.violations:
                result.history = world.history()
        finally:
            scenery.surprises.pop()
            world.close()
    return result
