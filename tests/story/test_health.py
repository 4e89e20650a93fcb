"""Whether the bot lives, and whether it can work: what a service manager and a load balancer are told."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bot import app
from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import SlackStandIn, outage
from handlers import health
from tests.paying import impatient
from tests.stage import Stage, free_port, hurried

pytestmark = pytest.mark.thorough


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Both stand-ins; the test starts the bot."""
    monkeypatch.setattr(app, "INTRODUCE_AGAIN", 0.05)
    monkeypatch.setattr("storage.connection.BUSY_MILLISECONDS", 20)
    with hurried(), impatient():
        async with (
            SlackStandIn.running() as slack,
            LigdicashSandbox.running(callback_delay=0.05) as ligdicash,
        ):
            made = Stage(slack, ligdicash, tmp_path, free_port())
            yield made
            await made.stop()


async def _ask(scene: Stage, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession(scene.url) as http, http.get(path) as answer:
        return answer.status, await answer.text()


async def test_alive_and_ready(scene: Stage) -> None:
    """200 on both while the ledger answers and Slack is connected."""
    await scene.start()
    assert (200, "alive\n") == await _ask(scene, "/healthz")
    assert (200, "ready\n") == await _ask(scene, "/readyz")


async def test_a_locked_ledger(scene: Stage) -> None:
    """Alive, but not ready, with the reason; ready again afterwards."""
    await scene.start()
    with closing(sqlite3.connect(scene.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert (503, "ledger: database is locked\n") == await _ask(scene, "/readyz")
        assert (200, "alive\n") == await _ask(scene, "/healthz")
        other.execute("ROLLBACK")
    assert (200, "ready\n") == await _ask(scene, "/readyz")


async def test_slack_is_down_at_the_start(scene: Stage) -> None:
    """It starts all the same, says why it is not ready, and works as soon as Slack is there."""
    scene.slack.api.weather = lambda _method, _args: outage()
    await scene.start()
    status, why = await _ask(scene, "/readyz")
    assert (503, True) == (status, why.startswith("Slack"))
    assert (200, "alive\n") == await _ask(scene, "/healthz")
    answer = await scene.slack.command(user="U0AMINATA", channel="C0SUPPORT", text="22670000000 5000 refund")
    assert answer.error is not None
    scene.slack.api.weather = lambda _method, _args: None
    assert scene.bot is not None
    introducing = next(loop for loop in scene.bot._loops if loop.get_name() == "introduce")
    await introducing
    assert (200, "ready\n") == await _ask(scene, "/readyz")
    card = await scene.ask("22670000000 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, "Completed")


async def test_nobody_listens_at_slacks_address(scene: Stage) -> None:
    """A closed port is no reason not to start either."""
    scene.extra = {"SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api/"}
    await scene.start()
    status, why = await _ask(scene, "/readyz")
    assert (503, True) == (status, "Slack does not answer: connection refused" in why)


async def test_other_methods_and_paths(scene: Stage) -> None:
    """Nothing else is served."""
    await scene.start()
    async with aiohttp.ClientSession(scene.url) as http:
        for method, path, status in (
            ("POST", "/healthz", 405),
            ("DELETE", "/readyz", 405),
            ("GET", "/", 404),
            ("GET", "/callbacks/ligdicash/P-22222/x", 405),
            ("GET", "/payouts.db", 404),
            ("GET", "/../payouts.db", 404),
        ):
            async with http.request(method, path) as answer:
                assert status == answer.status, path


@pytest.mark.parametrize("name", ["worker", "outbox"])
async def test_a_loop_that_has_ended(scene: Stage, name: str) -> None:
    """Whoever watches hears that nothing is worked on any more, though HTTP still answers."""
    await scene.start()
    assert scene.bot is not None
    (loop,) = (one for one in scene.bot._loops if one.get_name() == name)
    loop.cancel()
    await asyncio.wait([loop])
    assert (503, f"{name}: it has ended; restart the bot\n") == await _ask(scene, "/readyz")
    assert (200, "alive\n") == await _ask(scene, "/healthz")


async def test_a_loop_that_does_not_go_round(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs is as good as none."""
    await scene.start()
    monkeypatch.setattr(app, "SILENT_AFTER", -1.0)
    status, why = await _ask(scene, "/readyz")
    assert (503, True) == (status, why.startswith("worker: it has not looked into the ledger for 0 s"))


async def test_a_ledger_that_never_answers(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that does not come back is a reason, and no hanging answer."""
    await scene.start()
    assert scene.bot is not None
    monkeypatch.setattr(health, "LEDGER_WITHIN", 0.05)
    let_go = threading.Event()
    busy = asyncio.ensure_future(scene.bot._ledger.write(lambda _tx: let_go.wait(5)))
    try:
        status, why = await _ask(scene, "/readyz")
    finally:
        let_go.set()
        await busy
    assert (503, True) == (status, why.startswith("ledger: nothing could be written within"))
