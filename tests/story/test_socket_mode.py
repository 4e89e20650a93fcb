"""The whole story over Socket Mode: nothing of Slack comes in over HTTP, the relay still does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot import app
from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import SlackStandIn, outage
from tests.paying import creates_of, finals, impatient, paid
from tests.stage import AMINATA, Stage, free_port, hurried, stage


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot, connected by a socket."""
    with hurried(), impatient():
        async with stage(tmp_path, SLACK_APP_TOKEN="xapp-test") as started:
            started.slack.request_url = None
            yield started


async def _readyz(scene: Stage) -> tuple[int, str]:
    async with aiohttp.ClientSession(scene.url) as http, http.get("/readyz") as answer:
        return answer.status, await answer.text()


async def test_the_whole_story_over_a_socket(scene: Stage) -> None:
    """Command, form, click and callback: completed once, paid once."""
    assert 1 == scene.slack.sockets.count
    card = await scene.ask("22670000000 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, "Completed")
    await scene.settled()
    assert (1, 1, 1) == (
        len(creates_of(scene, card)),
        paid(scene, card),
        len(finals(scene, card, "completed")),
    )


async def test_a_rejection_over_a_socket(scene: Stage) -> None:
    """The reason's form opens and is heard."""
    card = await scene.ask("22670000000 5000 refund")
    await scene.reject(card, "already refunded")
    told = await scene.thread_says(card, "was *rejected*")
    assert f"<@{AMINATA}>" in told.text
    assert [] == scene.ligdicash.creates


async def test_what_comes_twice_over_a_socket(scene: Stage) -> None:
    """Slack delivers envelopes again: one request, one decision, one payment."""
    card = await scene.ask("22670000000 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, "Completed")
    for earlier in list(scene.slack.deliveries):
        again = await scene.slack.replay(earlier)
        assert again.error is None
    await scene.settled()
    cards = [one for one in scene.slack.messages(card.channel) if one.text.startswith("P-")]
    assert (1, 1) == (len(cards), len(creates_of(scene, card)))


async def test_slack_events_are_not_taken_over_http(scene: Stage) -> None:
    """HTTP serves only the relay and health then."""
    async with aiohttp.ClientSession(scene.url) as http:
        async with http.post("/slack/events", data=b"command=/payout") as answer:
            assert 404 == answer.status
        async with http.get("/healthz") as answer:
            assert 200 == answer.status


async def test_no_signing_secret_is_needed(tmp_path: Path) -> None:
    """Nothing is signed on a socket."""
    async with stage(tmp_path, SLACK_APP_TOKEN="xapp-test", SLACK_SIGNING_SECRET="") as scene:
        assert (200, "ready\n") == await _readyz(scene)


async def test_a_refreshed_socket(scene: Stage) -> None:
    """Slack asks for a new connection now and then: the story goes on."""
    card = await scene.ask("22670000000 5000 refund")
    await scene.slack.sockets.refresh()
    await scene.slack.wait_for(lambda slack: slack.sockets.count, what="the new socket")
    await scene.approve(card)
    await scene.card_says(card, "Completed")


async def test_slack_is_down_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot listens, says that it is not ready, and connects as soon as Slack is there."""
    monkeypatch.setattr(app, "INTRODUCE_AGAIN", 0.05)
    # Slack's client tries again after as long as it waits between two pings.
    monkeypatch.setattr(app, "AsyncSocketModeHandler", partial(AsyncSocketModeHandler, ping_interval=0.2))
    async with SlackStandIn.running() as slack, LigdicashSandbox.running() as ligdicash:
        slack.api.weather = lambda _method, _args: outage()
        scene = Stage(slack, ligdicash, tmp_path, free_port(), {"SLACK_APP_TOKEN": "xapp-test"})
        try:
            await scene.start()
            status, why = await _readyz(scene)
            assert (503, True) == (status, "Slack" in why)
            slack.api.weather = lambda _method, _args: None
            await slack.wait_for(lambda one: one.sockets.count, what="a socket", timeout=8)
            assert (200, "ready\n") == await _readyz(scene)
        finally:
            await scene.stop()
