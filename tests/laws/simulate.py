"""`python -m tests.laws.simulate`: many seeds in a table, or one with its whole history."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator

import click

from tests.laws.laws import Violation
from tests.laws.scenery import quiet, tidy
from tests.laws.world import Result, run_seed


def run(seed: int) -> Result:
    """One seed; a simulator that falls over is a finding as well."""
    try:
        return run_seed(seed)
    except Exception as error:  # noqa: BLE001 - reported with its seed
        return Result(
            seed,
            [Violation("the simulator itself", f"{error!r} at {traceback.extract_tb(error.__traceback__)[-1]}")],
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


@click.command()
@click.option("--seeds", type=int, default=500, show_default=True, help="How many.")
@click.option("--first", type=int, default=1, show_default=True, help="Which one is the first.")
@click.option("--seed", type=int, default=None, help="Play only this one, and print its history.")
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True, help="Processes.")
@click.option("--keep-going", is_flag=True, help="Do not stop at the first broken law.")
def main(seeds: int, first: int, seed: int | None, jobs: int, keep_going: bool) -> None:  # noqa: FBT001 - click's way
    """Play seeds, and hold each against the laws."""
    if seed is not None:
        quiet()
        result = run_seed(seed, with_history=True)
        tidy()
        click.echo(result.history)
        click.echo("\n".join(["", *(f"BROKEN {each}" for each in result.violations)]) or "every law held")
        sys.exit(bool(result.violations))
    begun, broken = time.monotonic(), []
    counts: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for result in results(range(first, first + seeds), jobs):
        counts += result.counts
        faults += result.faults
        if result.violations:
            broken.append(result)
            click.echo(f"seed {result.seed}: " + "; ".join(map(str, result.violations[:3])))
            if not keep_going:
                break
    _print(counts, faults, broken, time.monotonic() - begun)
    if broken:
        if not keep_going:
            click.echo(broken[0].history)
        click.echo(f"{len(broken)} seeds broke a law; make simulate SEED={broken[0].seed} plays the first again")
        sys.exit(1)


def _print(counts: Counter[str], faults: Counter[str], broken: list[Result], seconds: float) -> None:
    doubles = sum(violation.law == "paid at most once" for result in broken for violation in result.violations)
    lost = sum(violation.law == "nothing is lost" for result in broken for violation in result.violations)
    rows = [*counts.items(), ("doubles", doubles), ("lost", lost), ("seconds", round(seconds, 1))]
    rows.append(("seeds a second", round(counts["seeds"] / max(seconds, 0.001), 1)))
    for name, value in rows:
        click.echo(f"{name:<55} {value:>14,}")
    click.echo("faults")
    for name, value in sorted(faults.items()):
        click.echo(f"  {name:<53} {value:>14,}")


if __name__ == "__main__":
    main()
