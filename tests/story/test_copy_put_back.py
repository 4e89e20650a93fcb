"""A copy put in the place of a ledger whose process died: what that one left beside it is never laid over the copy."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import SlackStandIn
from tests.process import program, serving
from tests.stage import Stage, free_port

pytestmark = pytest.mark.thorough

ASK = "22670000000 5000 refund"


@dataclass(frozen=True, slots=True)
class Wreck:
    """What is on the disk after a kill -9 and a careless `cp`, and how to start the bot there."""

    scene: Stage

    @property
    def database(self) -> Path:
        """The copy, where the ledger was."""
        return self.scene.database

    @property
    def log(self) -> Path:
        """What the lost ledger left beside it."""
        return self.database.with_name("payouts.db-wal")

    def on_disk(self) -> tuple[bytes, bytes]:
        """Both files."""
        return self.database.read_bytes(), self.log.read_bytes()

    async def run(self, *args: str) -> tuple[int, str]:
        """Exit status of a command, and everything it said but log lines."""
        async with program(self.scene.environment(), self.scene.folder, *args) as running:
            status = await running.ended()
            assert "Traceback" not in running.everything
            return status, "".join(line for line in (*running.out, *running.err) if not line.startswith("{"))


@asynccontextmanager
async def _wrecked(folder: Path) -> AsyncIterator[Wreck]:
    """One payout is in the copy, two were in the ledger that was killed."""
    async with SlackStandIn.running() as slack, LigdicashSandbox.running() as ligdicash:
        scene = Stage(slack, ligdicash, folder, free_port())
        slack.request_url = f"{scene.url}/slack/events"
        wreck, copy = Wreck(scene), folder / "monday.db"
        async with serving(scene.environment(), folder) as running:
            await scene.ask(ASK)
            assert 0 == (await wreck.run("backup", str(copy)))[0]
            await scene.ask(ASK.replace("00000 ", "00100 "))
            await running.kill()
        shutil.copy(copy, wreck.database)
        yield wreck


@pytest.fixture
async def wreck(tmp_path: Path) -> AsyncIterator[Wreck]:
    """The copy lies where the ledger was, and the ledger's log is still there."""
    async with _wrecked(tmp_path) as found:
        yield found


async def test_nothing_starts_on_two_ledgers_mixed(wreck: Wreck) -> None:
    """`serve`, `resolve` and `backup` say what lies there and what to do; `doctor` too; both files stay as they are."""
    before = wreck.on_disk()
    for status, args in (
        (2, ("serve",)),
        (1, ("doctor",)),
        (1, ("resolve", "P-7K3F9")),
        (1, ("backup", "another.db")),
    ):
        ended, said = await wreck.run(*args)
        assert (status, 1) == (ended, said.count("payouts.db-wal, which belongs to the ledger that was there before"))
        assert "Keep payouts.db-wal and payouts.db-shm elsewhere, remove them here, and start again." in said
        assert before == wreck.on_disk()
    assert not (wreck.scene.folder / "another.db").exists()


async def test_once_the_log_is_elsewhere_the_copy_is_served_as_one(wreck: Wreck) -> None:
    """Paused, with what it holds and nothing of the other; started a second time, its own log is no stranger."""
    for name in ("payouts.db-wal", "payouts.db-shm"):
        (wreck.scene.folder / name).rename(wreck.scene.folder / f"lost-{name}")
    async with program(wreck.scene.environment(), wreck.scene.folder, "serve") as running:
        await running.says("This ledger is a copy made at")
        assert [(1,)] == wreck.scene.rows("SELECT count(*) FROM payouts")
        assert [("all",)] == wreck.scene.rows("SELECT hold FROM brakes")
        await running.kill()
    assert wreck.log.stat().st_size
    async with serving(wreck.scene.environment(), wreck.scene.folder):
        assert [("ok",)] == wreck.scene.rows("PRAGMA integrity_check")
