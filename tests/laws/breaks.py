"""`python -m tests.laws.breaks`: breaks the bot in one way after the other, to see which law finds it.

A law that no break turns red proves nothing. Prints the table in Markdown.
"""

from __future__ import annotations
import __future__

import importlib
import inspect
import multiprocessing
import os
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import click

from tests.laws.laws_of_money import MONEY
from tests.laws.laws_of_telling import TELLING
from tests.laws.scenery import quiet, tidy
from tests.laws.table_of_breaks import BREAKS, Break, Edit
from tests.laws.world import run_seed

NUMBERS = {law.name: law.number for law in (*MONEY, *TELLING)}


@dataclass(frozen=True, slots=True)
class Found:
    """Which laws a break turned red, and after how many seeds; no laws when none did."""

    what: Break
    laws: tuple[str, ...]
    seeds: int
    seconds: float


def changed_source(edit: Edit, function: Callable[..., object]) -> str:
    """The function's source, broken. Raises `LookupError` when the text that is to be changed is gone."""
    source = textwrap.dedent(inspect.getsource(function))
    if edit.old not in source:
        raise LookupError(f"{edit.where} has no {edit.old!r} any more")
    return source.replace(edit.old, edit.new)


def apply(edit: Edit) -> None:
    """Put the broken function in the place of the real one."""
    owner, name, broken = broken_function(edit)
    real = inspect.getattr_static(owner, name)
    setattr(owner, name, broken)
    _put_everywhere(real, broken)


def broken_function(edit: Edit) -> tuple[object, str, object]:
    """Where the function lives, its name, and what is to stand there."""
    module_name, _, path = edit.where.partition(":")
    module = importlib.import_module(module_name)
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, module)
    changed = changed_source(edit, inspect.getattr_static(owner, name))
    code = compile(changed, f"<{edit.where}, broken>", "exec", flags=__future__.annotations.compiler_flag)
    space: dict[str, object] = {}
    # The module's own names, so that what is patched there is seen here.
    exec(code, module.__dict__, space)  # noqa: S102 - our own source, with our own change
    return owner, name, space[name]


def _put_everywhere(function: object, broken: object) -> None:
    """Whoever imported the function by its name gets the broken one."""
    ours = [module for name, module in sys.modules.items() if name.split(".")[0] in {"bot", "handlers", "storage"}]
    for module in ours:
        for name, value in list(vars(module).items()):
            if value is function:
                setattr(module, name, broken)


def hunt(what: Break, first: int, most: int) -> Found:
    """Break the bot in this process, and play seeds until a law finds it."""
    quiet()
    for edit in what.edits:
        apply(edit)
    begun = time.monotonic()
    try:
        for tried, seed in enumerate(range(first, first + most), start=1):
            laws = _broken_by(seed)
            if laws:
                return Found(what, laws, tried, time.monotonic() - begun)
    finally:
        tidy()
    return Found(what, (), most, time.monotonic() - begun)


def _broken_by(seed: int) -> tuple[str, ...]:
    violations = run_seed(seed).violations
    return tuple(dict.fromkeys(violation.law for violation in violations))


def _hunt(job: tuple[int, int, int]) -> Found:
    index, first, most = job
    return hunt(BREAKS[index], first, most)


def markdown(found: list[Found]) -> str:
    """The table for the documentation."""
    rows = ["| law | the code is broken so that | found by | seeds |", "| --- | --- | --- | --- |"]
    for each in sorted(found, key=lambda one: (one.what.law, one.what.says)):
        laws = ", ".join(each.laws[:3]) or "**not found**"
        rows.append(f"| {each.what.law} | {each.what.says} | {laws} | {each.seeds} |")
    return "\n".join(rows)


@click.command()
@click.option(
    "--most",
    type=int,
    default=3_000,
    show_default=True,
    help="Seeds after which a break counts as not found.",
)
@click.option("--first", type=int, default=1, show_default=True, help="The first seed.")
@click.option("--only", default="", help="Only breaks with these words in them.")
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True, help="Processes.")
def main(most: int, first: int, only: str, jobs: int) -> None:
    """Turn every law red."""
    chosen = [(index, first, most) for index, each in enumerate(BREAKS) if only in each.says]
    found = []
    # Each in a process of its own, for what is broken stays broken there.
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        for each in pool.imap_unordered(_hunt, chosen):
            click.echo(
                f"{each.seeds:>6} seeds, {each.seconds:>5.1f} s: {each.what.says}: {list(each.laws)}",
                err=True,
            )
            found.append(each)
    click.echo(markdown(found))
    missed = [each.what.says for each in found if not each.laws]
    laws = {NUMBERS[law] for each in found for law in each.laws if law in NUMBERS}
    if missed or (not only and laws != set(range(1, 8))):
        click.echo(f"not found: {missed}; laws turned red: {sorted(laws)}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
