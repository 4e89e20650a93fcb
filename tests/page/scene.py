"""The page between both stand-ins and a bot, and what a browser without a screen would do with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.page import ByHand, Page
from bot.sandbox.slack.server import SlackStandIn
from tests.process import serving
from tests.stage import AMINATA, SUPPORT, Stage, free_port

COMMAND = "/payout 22670000000 5000 refund for order 1234"

# The very program, which waits 2 s for LigdiCash instead of 30, and may take no pauses.
IMPATIENT = """
import httpx
from bot.ligdicash import client
client.CREATE_DEADLINE = 2.0
client._TIMEOUTS = httpx.Timeout(1.8)
"""
HURRIED = """
from bot import outbox
outbox.BETWEEN_POSTS = outbox.BETWEEN_EDITS = outbox.GATHER_FOR = 0
from bot.desk import evidence
evidence._TWINS_WITHIN = evidence._SHORTEST_PAUSE = 0
"""
SERVE = """
from bot.cli import main
main(["serve"])
"""


@dataclass
class Scene:
    """Everything that runs, and a client."""

    stage: Stage
    page: Page
    client: aiohttp.ClientSession
    told: list[str] = field(default_factory=list)

    @property
    def slack(self) -> SlackStandIn:
        """The stand-in of Slack."""
        return self.stage.slack

    @property
    def ligdicash(self) -> LigdicashSandbox:
        """The sandbox of LigdiCash."""
        return self.stage.ligdicash

    async def do(self, **deed: object) -> dict[str, Any]:
        """Do something as the page would; its answer."""
        async with self.client.post(f"{self.page.url}/do", json=deed) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    async def state(self, who: str = AMINATA) -> dict[str, Any]:
        """Everything somebody sees."""
        async with self.client.get(f"{self.page.url}/state", params={"as": who}) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    @asynccontextmanager
    async def events(self, who: str = AMINATA) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The stream of what somebody sees."""
        async with self.client.get(f"{self.page.url}/events", params={"as": who}) as response:
            assert response.content_type == "text/event-stream"
            yield _deltas(response)

    async def ask(self, who: str = AMINATA, text: str = COMMAND) -> str:
        """Type the command and submit its form through the page; the `ts` of the card."""
        before = {message.ts for message in self.slack.messages(SUPPORT)}
        assert (await self.do(do="say", who=who, channel=SUPPORT, text=text))["ok"]
        modal = await self.slack.wait_for_modal(who)
        values = {name: value for name, value in modal.values.items() if value is not None}
        assert (await self.do(do="submit", who=who, view=modal.id, values=values))["ok"]
        card = await self.slack.wait_for(
            lambda slack: next((one for one in slack.messages(SUPPORT) if one.ts not in before), None)
        )
        return card.ts

    async def decide(self, card: str, who: str, action: str, *, confirm: bool = False) -> dict[str, Any]:
        """Click a button of the question through the page."""
        question = await self.slack.wait_for(lambda slack: next(iter(slack.messages(SUPPORT, card)), None))
        return await self.do(
            do="click", who=who, channel=SUPPORT, ts=question.ts,
            block_id="decision", action_id=action, confirm=confirm,
        )  # fmt: skip


async def _deltas(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in response.content:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


@asynccontextmanager
async def scene(folder: Path, *, with_bot: bool = True, **extra: str) -> AsyncIterator[Scene]:
    """Both stand-ins, the page and, unless there is no use for it, the bot; stopped at the end."""
    async with (
        SlackStandIn.running() as slack,
        LigdicashSandbox.running(callback_delay=0.05, weather=ByHand()) as ligdicash,
    ):
        stage = Stage(slack, ligdicash, folder, free_port(), extra)
        try:
            if with_bot:
                await stage.start()
            async with (
                Page.running(slack, ligdicash, stage.url) as page,
                aiohttp.ClientSession() as client,
            ):
                yield Scene(stage, page, client)
        finally:
            await stage.stop()


@asynccontextmanager
async def staffed(folder: Path, *, hurried: bool = True, **extra: str) -> AsyncIterator[Scene]:
    """The same with the bot as a process of its own, as `make demo` has it."""
    async with (
        SlackStandIn.running() as slack,
        LigdicashSandbox.running(callback_delay=0.05, weather=ByHand()) as ligdicash,
    ):
        stage = Stage(slack, ligdicash, folder, free_port(), extra)
        slack.request_url = f"{stage.url}/slack/events"
        code = IMPATIENT + (HURRIED if hurried else "") + SERVE
        async with (
            serving(stage.environment(), folder, code=code) as bot,
            Page.running(slack, ligdicash, stage.url) as page,
            aiohttp.ClientSession() as client,
        ):
            yield Scene(stage, page, client)
            assert 0 == await bot.terminate()
