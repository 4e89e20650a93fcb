"""The benchmark itself: that it runs, not how fast anything is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--one", "2", "--many", "32", "--rounds", "1", "--starts", "0", "--payouts", "5", "--ledger", "2000")


@pytest.mark.prove
def test_a_small_run_prints_the_whole_table(tmp_path: Path) -> None:
    """Every figure that is asked for has its row, and a run ends well whatever it measured."""
    command = [sys.executable, "-m", "tests.bench", *SMALL, "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    rows = (
        "command, answered", "command, form", "submission", "click", "callback", "start to ready",
        "resident memory", "5 payouts told", "Slack calls of an ordinary payout", "one fsync", "at 2,000 payouts",
        "command with duplicates and limits", "click, answered",
    )  # fmt: skip
    assert [] == [row for row in rows if row not in done.stdout]
    assert [] == list(tmp_path.iterdir())
