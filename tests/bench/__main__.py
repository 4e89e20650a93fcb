"""`python -m tests.bench`: the bot beside bare baselines, in one run, as ratios.

A measurement, never a test: it exits 0 whatever falls short.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import structlog
from rich.console import Console
from rich.table import Table

from tests.bench.machine import resident, this_machine
from tests.bench.processes import CORES, ROOT
from tests.bench.scale import Grown, grown
from tests.bench.scene import Scene
from tests.bench.telling import SLACK_TAKES, Told, tell
from tests.bench.throughput import Compared, Range, Size, p99, processor, rate
from tests.storage.shelves import AT_MOST, FEW, MANY

MOST_START_SECONDS = 1.0
MOST_MEGABYTES = 120.0
LEAST_TOLD = 0.9
MOST_CALLS = 12
LOOK_UPS = frozenset({"users.info", "conversations.info", "usergroups.users.list"})


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that one run measured: seconds, megabytes, names of Web API calls."""

    starts: Sequence[float]
    at_start: float | None
    after_load: float | None
    calls: Sequence[str]
    compared: Sequence[Compared]
    told: Told
    grown: Sequence[Grown]


async def measure(folder: Path, size: Size, starts: int) -> Figures:
    """Start the bot a few times, play one payout, then load it."""
    async with Scene.running(folder) as scene:
        ready = []
        for _ in range(starts):
            async with scene.bot() as bot:
                ready.append(bot.ready_after)
        async with scene.bot() as bot:
            ready.append(bot.ready_after)
            at_start = resident(bot.process)
            calls = await scene.rehearse()
            async with Range.open(scene, size, bot) as shots:
                compared = await shots.compare_all()
            after_load = resident(bot.process)
    return Figures(ready, at_start, after_load, calls, compared, Told(0, 0.0, 0.0), ())


# The table


def _rates(compared: Sequence[Compared]) -> Table:
    table = Table("entry", "baseline", title="Answers a second", title_justify="left")
    for column in (
        "at once",
        "bot /s",
        "bare /s",
        "ratio",
        "wanted",
        "",
        "p99 bot",
        "p99 bare",
        "core bot",
        "core bare",
    ):
        table.add_column(column, justify="right")
    for each in compared:
        table.add_row(
            each.entry, each.baseline, str(each.at_once), f"{rate(each.ours):.0f}", f"{rate(each.bare):.0f}",
            f"{each.ratio:.2f}", "" if each.at_least is None else f"≥ {each.at_least}",
            "" if each.at_least is None else _verdict(each.ratio >= each.at_least),
            _milliseconds(p99(each.ours)), _milliseconds(p99(each.bare)),
            _milliseconds(processor(each.ours)), _milliseconds(processor(each.bare)),
        )  # fmt: skip
    return table


def _others(figures: Figures) -> Table:
    table = Table("", "measured", "wanted", "", title="Once in a run", title_justify="left")
    for name, measured, wanted, passed in _singles(figures):
        table.add_row(name, measured, wanted, "" if passed is None else _verdict(passed))
    return table


def _ages(grown: Sequence[Grown], payouts: int) -> Table:
    table = Table("p99", f"at {FEW:,}", f"at {payouts:,} payouts", "ratio", "wanted", "", title_justify="left")
    table.title = "In an old ledger"
    for each in grown:
        table.add_row(
            each.name, _milliseconds(each.few), _milliseconds(each.many), f"{each.ratio:.2f}", f"≤ {AT_MOST}",
            _verdict(each.ratio <= AT_MOST),
        )  # fmt: skip
    return table


def _singles(figures: Figures) -> Iterator[tuple[str, str, str, bool | None]]:
    """Name, figure, what is wanted, and whether it is so."""
    start = statistics.median(figures.starts)
    slowest = f"{start:.2f} s (slowest of {len(figures.starts)}: {max(figures.starts):.2f} s)"
    yield "start to ready", slowest, f"≤ {MOST_START_SECONDS} s", start <= MOST_START_SECONDS
    for name, megabytes in (("at start", figures.at_start), ("after the load", figures.after_load)):
        measured = "not said by this system" if megabytes is None else f"{megabytes:.0f} MB"
        passed = None if megabytes is None else megabytes <= MOST_MEGABYTES
        yield f"resident memory {name}", measured, f"≤ {MOST_MEGABYTES:.0f} MB", passed
    told = figures.told
    share = f"{told.share:.2f} of the limit ({told.seconds:.0f} s, virtual; Slack answers in {SLACK_TAKES} s)"
    yield f"{told.payouts} payouts told, 1 post a second", share, f"≥ {LEAST_TOLD}", told.share >= LEAST_TOLD
    yield "  core time for each, stand-in included", _milliseconds(told.processor), "", None
    calls, look_ups = len(figures.calls), sum(call in LOOK_UPS for call in figures.calls)
    counted = f"{calls}, {look_ups} of them look-ups"
    yield "Slack calls of an ordinary payout", counted, f"≤ {MOST_CALLS}", calls <= MOST_CALLS


def _verdict(passed: bool) -> str:  # noqa: FBT001 - it is the question
    return "[green]pass[/]" if passed else "[red bold]short[/]"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _calls(calls: Sequence[str]) -> str:
    counted = Counter(calls)
    sums = ", ".join(f"{number} × {name}" for name, number in counted.most_common())
    return f"Slack calls of an ordinary payout, in order: {', '.join(calls)}\nThat is {sums}."


@click.command()
@click.option("--one", default=60, show_default=True, help="Requests of a volley, one at a time.")
@click.option("--many", default=192, show_default=True, help="Requests of a volley, 32 at once.")
@click.option("--rounds", default=7, show_default=True, help="Volleys of each kind.")
@click.option("--starts", default=4, show_default=True, help="Starts of the bot before the one that is loaded.")
@click.option("--payouts", default=200, show_default=True, help="Payouts that finish together.")
@click.option("--ledger", default=MANY, show_default=True, help="Payouts of an old ledger; 0 leaves it out.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=ROOT,
    help="Where the ledgers lie.",
)
def main(  # noqa: PLR0913, PLR0917 - one for each option
    one: int, many: int, rounds: int, starts: int, payouts: int, ledger: int, folder: Path
) -> None:
    """Measure everything, and say what falls short."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.WARNING)
    console = Console(highlight=False, width=140)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=folder) as name:
        console.print(str(this_machine(Path(name))))
        shared = "bot and baselines each on one core, load and stand-ins on the others"
        console.print(shared if len(CORES) > 1 else "everything on one core: compare nothing with other machines")
        figures = asyncio.run(measure(Path(name), Size(one, many, rounds), starts))
        figures = dataclasses.replace(figures, told=tell(Path(name), payouts))
        if ledger:
            old = asyncio.run(grown(Path(name), ledger, rounds * 2, inputs=one * 5))
            figures = dataclasses.replace(figures, grown=old)
    console.print(_rates(figures.compared), _others(figures), _calls(figures.calls), sep="\n\n")
    if ledger:
        console.print(_ages(figures.grown, ledger))
    console.print(f"Taken in {time.monotonic() - begun:.0f} s.")


if __name__ == "__main__":
    main()
