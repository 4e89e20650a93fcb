"""`python -m tests.laws.breaks`: breaks the bot in one way after the other, to see which law finds it.

A law that no break turns red proves nothing. With `--write` the table in docs/laws.md is kept, row by row.
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import click

from tests.laws.breaking import Break, Edit
from tests.laws.page import Row, numbered, read_rows, table, write_rows
from tests.laws.scenery import quiet, tidy
from tests.laws.table_of_breaks import BREAKS
from tests.laws.world import run_seed


@dataclass(frozen=True, slots=True)
class Found:
    """Which laws a break turned red, and after how many seeds; no laws when none did."""

    what: Break
    laws: tuple[str, ...]
    seeds: int
    seconds: float


def changed_source(edits: Sequence[Edit], function: Callable[..., object]) -> str:
    """The function's source, broken. Raises `LookupError` when a text that is to be changed is gone."""
    source = textwrap.dedent(inspect.getsource(function))
    for edit in edits:
        if edit.old not in source:
            raise LookupError(f"{edit.where} has no {edit.old!r} any more")
        source = source.replace(edit.old, edit.new)
    return source


def apply(what: Break) -> None:
    """Put the broken functions in the place of the real ones."""
    for where in dict.fromkeys(edit.where for edit in what.edits):
        owner, name, broken = broken_function(where, [edit for edit in what.edits if edit.where == where])
        real = inspect.getattr_static(owner, name)
        setattr(owner, name, broken)
        _put_everywhere(real, broken)


def broken_function(where: str, edits: Sequence[Edit]) -> tuple[object, str, object]:
    """Where the function lives, its name, and what is to stand there."""
    module_name, _, path = where.partition(":")
    module = importlib.import_module(module_name)
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, module)
    changed = changed_source(edits, inspect.getattr_static(owner, name))
    code = compile(changed, f"<{where}, broken>", "exec", flags=__future__.annotations.compiler_flag)
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
    apply(what)
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


@click.command()
@click.option(
    "--most",
    type=int,
    default=1_500,
    show_default=True,
    help="Seeds after which a break counts as not found.",
)
@click.option("--first", type=int, default=1, show_default=True, help="The first seed.")
@click.option("--only", default="", help="Only breaks with these words in them.")
@click.option("--write", is_flag=True, help="Keep what was found in docs/laws.md, each row as soon as it is known.")
@click.option("--resume", is_flag=True, help="Leave out the breaks that docs/laws.md says were found.")
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True, help="Processes.")
def main(most: int, first: int, only: str, jobs: int, *, write: bool, resume: bool) -> None:
    """Turn every law red."""
    rows = read_rows()
    known = {says for says, row in rows.items() if row.found_by} if resume else set()
    chosen = [(index, first, most) for index, each in enumerate(BREAKS) if only in each.says and each.says not in known]
    found = {says: row for says, row in rows.items() if says in known and only in says}
    # Each in a process of its own, for what is broken stays broken there.
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        for each in pool.imap_unordered(_hunt, chosen):
            click.echo(f"{each.seeds:>6} seeds, {each.seconds:>5.1f} s: {each.what.says}: {list(each.laws)}", err=True)
            found[each.what.says] = Row(each.what.law, each.what.says, ", ".join(each.laws[:3]), str(each.seeds))
            if write:
                write_rows(read_rows() | found)
    click.echo(table(found))
    missed = [row.says for row in found.values() if not row.found_by]
    laws = {numbered(name) for row in found.values() for name in row.found_by.split(", ") if name}
    if missed or (not only and not set(range(1, 9)) <= laws):
        click.echo(f"not found: {missed}; laws turned red: {sorted(map(str, laws))}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
