"""The laws hold for every seed, a seed is the same world each time, and the simulator is what it says."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator

import pytest
import structlog

from tests.laws.breaking import Edit
from tests.laws.breaks import broken_function
from tests.laws.page import LAWS, PAGE, between, table_of_laws
from tests.laws.scenery import quiet, tidy
from tests.laws.simulate import Totals, results
from tests.laws.table_of_breaks import BREAKS
from tests.laws.virtual import Gate, VirtualLoop
from tests.laws.world import Result, run_seed

pytestmark = pytest.mark.thorough

QUICK, PROVEN = range(1, 9), range(1, 2_001)


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        quiet()
        yield
        tidy()
    logging.disable(logging.NOTSET)
    structlog.reset_defaults()


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("seed", QUICK)
def test_the_laws_hold(seed: int) -> None:
    """No law is broken, whatever goes wrong in this seed."""
    result = run_seed(seed)
    assert [] == result.violations, result.history


@pytest.mark.prove
def test_the_laws_hold_for_thousands_of_seeds() -> None:
    """The same for as many as `make prove` has time for, on every core."""
    jobs = len(os.sched_getaffinity(0))
    broken = [f"seed {each.seed}: {each.violations[0]}" for each in results(PROVEN, jobs) if each.violations]
    assert [] == broken


def test_a_seed_is_the_same_world_each_time() -> None:
    """Two runs in processes of their own tell the same history to the last letter."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.laws.simulate", "--seed", "8"]
    first, again = (subprocess.run(command, capture_output=True, check=False) for _ in range(2))
    assert b"" != first.stdout
    assert first.stdout == again.stdout


@pytest.mark.parametrize("edit", [edit for each in BREAKS for edit in each.edits], ids=lambda edit: edit.where)
def test_each_break_still_finds_its_place(edit: Edit) -> None:
    """The text that a deliberate break changes is in the code, and what it becomes compiles."""
    _, name, broken = broken_function(edit.where, [edit])
    assert name == getattr(broken, "__name__", "")


def test_the_breaks_are_for_every_law() -> None:
    """Each number has at least one."""
    assert {law.number for law in LAWS} == {each.law for each in BREAKS}


def test_the_page_is_up_to_date() -> None:
    """Every law and every break stands in docs/laws.md; if not: `python -m tests.laws.breaks --write --resume`."""
    text = PAGE.read_text(encoding="utf-8")
    assert table_of_laws() == between(text, "laws")
    written = [line.split(" | ")[1] for line in between(text, "breaks").splitlines()[2:]]
    assert [each.says for each in BREAKS] == written


def test_a_run_is_a_row_of_the_page() -> None:
    """What `simulate` prints at its end has as many cells as the table of runs."""
    head = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| date"))
    totals = Totals(first=2_001)
    totals.add(Result(2_001, counts=Counter(seeds=1, steps=1_234)))
    assert head.count("|") == totals.row().count("|")
    assert "| 2,001–2,001 | 1,234 | 0 | 0 | 0 | 0 | 0 | 0 |" in totals.row()


def test_time_jumps_to_what_happens_next() -> None:
    """An hour's sleep takes no time, and everything happens in order."""
    loop = VirtualLoop()
    happened: list[float] = []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        happened.append(loop.time())

    async def all_of_them() -> None:
        await asyncio.gather(sleep(3_600), sleep(1), sleep(60))

    loop.run_until_complete(all_of_them())
    loop.close()
    assert [1.0, 60.0, 3_600.0] == happened


@pytest.mark.parametrize(("suspended", "expected"), [(False, 100.0), (True, 105.0)])
def test_a_process_that_stands_still(suspended: bool, expected: float) -> None:  # noqa: FBT001 - parametrized
    """A stopped process finds its timers overdue; a suspended machine's timers go on where they were."""
    loop, gate = VirtualLoop(), Gate("A")
    woke: list[float] = []
    loop.call_at(6.0, lambda: woke.append(loop.time()), context=gate.context)

    def stop() -> None:
        gate.is_stopped, gate.skew = True, 99.0 if suspended else 0.0

    def go_on() -> None:
        gate.is_stopped = False
        loop._ready.extend(gate.held)

    loop.outside(1.0, stop)
    loop.outside(100.0, go_on)
    loop.run_until_complete(asyncio.sleep(200.0))
    loop.close()
    assert [expected] == woke


def test_a_dead_process_does_nothing_any_more() -> None:
    """Not a single callback runs after its death."""
    loop, gate = VirtualLoop(), Gate("A")
    ran: list[str] = []
    loop.call_at(1.0, lambda: ran.append("before"), context=gate.context)
    loop.call_at(3.0, lambda: ran.append("after"), context=gate.context)
    loop.outside(2.0, setattr, gate, "is_dead", True)  # noqa: FBT003 - setattr's own
    loop.run_until_complete(asyncio.sleep(10.0))
    loop.close()
    assert ["before"] == ran
