"""The stream that tells a tab what changed."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox.page import page as served
from tests.page.scene import Scene
from tests.stage import AMINATA, CLARISSE, SUPPORT


async def test_a_stream_begins_with_everything(shown: Scene) -> None:
    """The first event is the whole picture, the same that `/state` gives."""
    async with shown.events() as events:
        first = await anext(events)
    assert (True, []) == (first["whole"], first["gone"])
    assert await shown.state() == first["set"]


async def test_then_only_what_changed_is_told(shown: Scene) -> None:
    """A message is told once, with nothing else that stayed the same."""
    async with shown.events() as events:
        await anext(events)
        await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="good morning")
        change = await anext(events)
    (message,) = shown.slack.messages(SUPPORT)
    assert not change["whole"]
    assert [f"message:{SUPPORT}:{message.ts}"] == list(change["set"])


async def test_what_is_gone_is_told(shown: Scene) -> None:
    """A form that was closed leaves the screen."""
    await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="/payout")
    modal = await shown.slack.wait_for_modal(AMINATA)
    async with shown.events() as events:
        await anext(events)
        await shown.do(do="close", who=AMINATA, view=modal.id)
        change = await anext(events)
    assert [f"view:{modal.id}"] == change["gone"]


async def test_ligdicash_is_followed_too(shown: Scene) -> None:
    """A payout that arrives at LigdiCash appears in the panel."""
    card = await shown.ask()
    async with shown.events() as events:
        await shown.decide(card, CLARISSE, "approve", confirm=True)
        async with asyncio.timeout(5):
            async for change in events:
                if change["set"].get("create:0", {}).get("outcome") == "00":
                    break


async def test_a_quiet_stream_says_that_it_is_alive(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment now and then finds out that a tab was closed."""
    monkeypatch.setattr(served, "HEARTBEAT", 0.01)
    async with shown.client.get(f"{shown.page.url}/events", params={"as": AMINATA}) as response:
        async with asyncio.timeout(5):
            while await response.content.readline() != b": still here\n":
                pass


async def test_a_closed_tab_is_forgotten(shown: Scene) -> None:
    """Nothing is kept for a stream whose reader left."""
    async with shown.events() as events:
        await anext(events)
        assert 1 == len(shown.page._tabs)
    async with asyncio.timeout(5):
        while shown.page._tabs:
            await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="anybody there?")
