"""`python -m tests.laws.simulate`: many seeds in a table, or one with its whole history."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from tests.laws.laws import Violation
from tests.laws.scenery import quiet, tidy
from tests.laws.world import Result, run_seed

ROOT = Path(__file__).resolve().parents[2]


def run(seed: int) -> Result:
    """One seed; a simulator that falls over is a finding as well."""
    try:
        return run_seed(seed)
    except Exception as error:  # noqa: BLE001 - reported with its seed
        return Result(
            seed,
            [Violation("the simulator itself", f"{error!r} at {traceback.extract_tb(error.__traceback__)[-1]}")],
            Counter(seeds=1),
        )


def results(seeds: range, jobs: int) -> Iterator[Result]:
    """What each seed came to, in any order."""
    if jobs == 1:
        quiet()
        yield from map(run, seeds)
        tidy()
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, initializer=quiet) as pool:
        yield from pool.imap_unordered(run, seeds, chunksize=8)
        pool.map(_tidy, range(jobs * 4))


def _tidy(_: int) -> None:
    tidy()


@dataclass(slots=True)
class Totals:
    """What many seeds came to."""

    first: int
    begun: float = field(default_factory=time.monotonic)
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    broken: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """One more."""
        self.counts += result.counts
        self.faults += result.faults
        if result.violations:
            self.broken.append(result)

    def broke(self, law: str) -> int:
        """How often one law was broken."""
        return sum(violation.law == law for result in self.broken for violation in result.violations)

    @property
    def doubles(self) -> int:
        """How many payouts were paid twice."""
        return self.broke("paid at most once")

    @property
    def lost(self) -> int:
        """How many requests, clicks, payouts and notices were lost."""
        return self.broke("nothing is lost")

    def row(self) -> str:
        """All of it as one row of the table of runs in docs/laws.md."""
        counts, last = self.counts, self.first + self.counts["seeds"] - 1
        values = [
            f"{datetime.now(UTC):%Y-%m-%d}", version(), f"{self.first:,}–{last:,}", f"{counts['steps']:,}",
            f"{sum(self.faults.values()):,}", f"{counts['deaths']:,}", f"{counts['payments']:,}",
            str(self.doubles), str(self.lost), str(len(self.broken)),
        ]  # fmt: skip
        return f"| {' | '.join(values)} |"

    def show(self) -> None:
        """The whole table."""
        seconds = time.monotonic() - self.begun
        rows = [*self.counts.items(), ("doubles", self.doubles), ("lost", self.lost), ("seconds", round(seconds, 1))]
        rows.append(("seeds a second", round(self.counts["seeds"] / max(seconds, 0.001), 1)))
        for name, value in rows:
            click.echo(f"{name:<55} {value:>14,}")
        click.echo("faults")
        for name, value in sorted(self.faults.items()):
            click.echo(f"  {name:<53} {value:>14,}")


def version() -> str:
    """The project's version, and the commit where there is one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return f"{project} ({commit})" if commit else str(project)


@click.command()
@click.option("--seeds", type=int, default=500, show_default=True, help="How many.")
@click.option("--first", type=int, default=1, show_default=True, help="Which one is the first.")
@click.option("--seed", type=int, default=None, help="Play only this one, and print its history.")
@click.option("--every", type=int, default=None, help="Print the totals so far, as one line, after so many.")
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True, help="Processes.")
@click.option("--keep-going", is_flag=True, help="Do not stop at the first broken law.")
def main(seeds: int, first: int, seed: int | None, every: int | None, jobs: int, *, keep_going: bool) -> None:
    """Play seeds, and hold each against the laws."""
    if seed is not None:
        _play_one(seed)
    totals = Totals(first)
    for result in results(range(first, first + seeds), jobs):
        totals.add(result)
        if result.violations:
            click.echo(f"seed {result.seed}: " + "; ".join(map(str, result.violations[:3])))
            sys.stdout.flush()
            if not keep_going:
                break
        if every and totals.counts["seeds"] % every == 0:
            click.echo(totals.row())
            sys.stdout.flush()
    totals.show()
    click.echo(totals.row())
    if totals.broken:
        if not keep_going:
            click.echo(totals.broken[0].history)
        again = totals.broken[0].seed
        click.echo(f"{len(totals.broken)} seeds broke a law; make simulate SEED={again} plays the first again")
        sys.exit(1)


def _play_one(seed: int) -> None:
    quiet()
    result = run_seed(seed, with_history=True)
    tidy()
    click.echo(result.history)
    click.echo("\n".join(["", *(f"BROKEN {each}" for each in result.violations)]) or "every law held")
    sys.exit(bool(result.violations))


if __name__ == "__main__":
    main()
