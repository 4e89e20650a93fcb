"""Answers a second and p99 of each entry, the bot's against the bare baseline's, in turns."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.bench.bare import ANSWERED
from tests.bench.machine import percentile, processor_seconds
from tests.bench.processes import Load, Request, Running, Volley, free_port, server
from tests.bench.scene import Scene, at_rest

ONE, MANY = 1, 32

# Nothing that a first request brings about (imports, caches, connections) is measured.
_WARM_UP = 16


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: requests of a volley, one at a time and many at once; and how many volleys."""

    one: int
    many: int
    rounds: int

    def of(self, at_once: int) -> int:
        """Requests of one volley."""
        return self.one if at_once == ONE else self.many


@dataclass(frozen=True, slots=True)
class Shot:
    """One volley, and what it took of the server's core, in seconds a request."""

    volley: Volley
    processor: float


@dataclass(frozen=True, slots=True)
class Compared:
    """An entry at some concurrency: the bot's volleys, the baseline's, and the ratio wanted."""

    entry: str
    baseline: str
    at_once: int
    at_least: float | None
    ours: Sequence[Shot]
    bare: Sequence[Shot]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: a disturbance of one round does not count."""
        pairs = zip(self.ours, self.bare, strict=True)
        return statistics.median(ours.volley.rate / bare.volley.rate for ours, bare in pairs)


def rate(shots: Sequence[Shot]) -> float:
    """Answers a second, in the middle."""
    return statistics.median(shot.volley.rate for shot in shots)


def p99(shots: Sequence[Shot]) -> float:
    """Seconds, of all requests of all rounds."""
    return percentile([latency for shot in shots for latency in shot.volley.latencies], 99)


def processor(shots: Sequence[Shot]) -> float:
    """Seconds of a core for one request, in the middle."""
    return statistics.median(shot.processor for shot in shots)


Prepare = Callable[[int], list[Request]]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is posted to the bot and, unless `prepare_bare` says otherwise, to a bare server too."""

    name: str
    server: str
    baseline: str
    prepare: Prepare
    prepare_bare: Prepare | None = None
    at_least: Mapping[int, float] = field(default_factory=dict)


def _entries(scene: Scene) -> tuple[_Entry, ...]:
    """In this order: each leaves behind what the next one needs."""

    def answered(number: int) -> list[Request]:
        return scene.commands(number, ANSWERED)

    commands, many = {ONE: 0.8, MANY: 0.8}, {MANY: 0.6}
    return (
        _Entry("command, answered", "bolt", "Bolt, acknowledges", answered, at_least=commands),
        _Entry("command, form", "bolt", "Bolt, opens a form", scene.commands, scene.commands, commands),
        _Entry("command, form", "bolt", "Bolt, acknowledges", scene.commands, answered),
        _Entry("submission", "bolt", "Bolt, one commit", scene.submissions, at_least=many),
        _Entry("click", "bolt", "Bolt, one commit", scene.clicks, at_least=many),
        _Entry("callback", "aiohttp", "aiohttp, one commit", scene.callbacks, at_least=many),
    )


class Range:
    """The bot, the two bare servers and the load generator, all ready."""

    def __init__(self, scene: Scene, size: Size, load: Load, bot: Running, bare: Mapping[str, Running]) -> None:
        self._scene = scene
        self._size = size
        self._load = load
        self._bot = bot
        self._bare = bare

    @classmethod
    @asynccontextmanager
    async def open(cls, scene: Scene, size: Size, bot: Running) -> AsyncIterator[Range]:
        """Start the bare servers and the load generator."""
        async with _bare(scene, "bolt") as bolt, _bare(scene, "aiohttp") as aiohttp, Load.running() as load:
            yield cls(scene, size, load, bot, {"bolt": bolt, "aiohttp": aiohttp})

    async def compare_all(self) -> list[Compared]:
        """Every entry, at each concurrency."""
        return [await self._compare(entry, at_once) for entry in _entries(self._scene) for at_once in (ONE, MANY)]

    async def _compare(self, entry: _Entry, at_once: int) -> Compared:
        """A warm-up, then volleys in turns: what disturbs the machine disturbs both."""
        await self._round(entry, at_once, _WARM_UP)
        rounds = [await self._round(entry, at_once, self._size.of(at_once)) for _ in range(self._size.rounds)]
        bare, ours = zip(*rounds, strict=True)
        return Compared(entry.name, entry.baseline, at_once, entry.at_least.get(at_once), ours, bare)

    async def _round(self, entry: _Entry, at_once: int, number: int) -> tuple[Shot, Shot]:
        requests = entry.prepare(number)
        others = requests if entry.prepare_bare is None else entry.prepare_bare(number)
        await at_rest(self._bot.process)
        bare = await self._shoot(self._bare[entry.server], others, at_once)
        ours = await self._shoot(self._bot, requests, at_once)
        await self._scene.until_decided()
        return bare, ours

    async def _shoot(self, target: Running, requests: Sequence[Request], at_once: int) -> Shot:
        before = processor_seconds(target.process)
        volley = await self._load.post(target.port, requests, at_once)
        return Shot(volley, (processor_seconds(target.process) - before) / len(requests))


@asynccontextmanager
async def _bare(scene: Scene, kind: str) -> AsyncIterator[Running]:
    port = free_port()
    arguments = [kind, str(scene.folder / f"bare-{kind}.db"), str(port), scene.slack.api_url]
    async with server(["tests.bench.bare", *arguments], port, scene.folder, {}, "is ready") as running:
        yield running
