"""What a command and a click cost in a ledger of years, beside one of a few days: as ratios of their p99.

Twice: what the ledger does for them, by itself; and the bot's answer over HTTP, the one bot and the other in turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.machine import percentile
from tests.bench.processes import Load, Request, Running
from tests.bench.scene import Scene
from tests.storage.shelves import FEW, Shelf, fill, play_click, play_command, slowest

# Requests of one volley, one at a time: short ones in turns, so that a disturbance meets both.
_VOLLEY = 16


@dataclass(frozen=True, slots=True)
class Grown:
    """One figure in the young ledger and in the old one: a p99, or a start, in seconds."""

    name: str
    few: float
    many: float

    @property
    def ratio(self) -> float:
        """How much more it takes in the old one."""
        return self.many / self.few


async def grown(folder: Path, payouts: int, volleys: int, inputs: int) -> list[Grown]:
    """Fill two ledgers, play on them, then have a bot serve each."""
    shelves = [_filled(folder, FEW), _filled(folder, payouts)]
    inside = [
        Grown(f"{name}, in the ledger", *slowest(shelves, play, inputs))
        for name, play in (("command with duplicates and limits", play_command), ("click", play_click))
    ]
    for shelf in shelves:
        shelf.close()
    return inside + await _served([shelf.book.path.parent for shelf in shelves], volleys)


def _filled(folder: Path, payouts: int) -> Shelf:
    path = folder / f"of-{payouts}" / "payouts.db"
    path.parent.mkdir()
    return fill(path, payouts, now=time.time_ns() // 1_000_000)


async def _served(folders: Sequence[Path], volleys: int) -> list[Grown]:
    """The bot's own answers over HTTP."""
    async with AsyncExitStack() as stack:
        load = await stack.enter_async_context(Load.running())
        scenes = [await stack.enter_async_context(Scene.running(folder)) for folder in folders]
        bots = [await stack.enter_async_context(scene.bot()) for scene in scenes]
        for scene in scenes:
            await scene.rehearse()
        found = [Grown("start to ready", *(bot.ready_after for bot in bots))]
        doors: dict[str, Callable[[Scene], list[Request]]] = {
            "submission, answered": lambda scene: scene.submissions(_VOLLEY),
            "click, answered": lambda scene: scene.clicks(_VOLLEY),
        }
        for name, door in doors.items():
            found.append(Grown(name, *await _in_turns(load, scenes, bots, door, volleys)))
    return found


async def _in_turns(
    load: Load,
    scenes: Sequence[Scene],
    bots: Sequence[Running],
    door: Callable[[Scene], list[Request]],
    volleys: int,
) -> list[float]:
    """The p99 at each bot; the first volley, which fills caches, does not count."""
    latencies: list[list[float]] = [[] for _ in bots]
    for turn in range(volleys + 1):
        for scene, bot, found in zip(scenes, bots, latencies, strict=True):
            volley = await load.post(bot.port, door(scene), at_once=1)
            await scene.until_decided()
            if turn:
                found.extend(volley.latencies)
    return [percentile(found, 99) for found in latencies]
