"""The real process is killed between every two steps of the money path, at named points that exist only for this."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.crashpoints import SWITCH, Point
from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import Message, SlackStandIn
from tests.process import HURRIED, eventually, serving
from tests.stage import AMINATA, AUDIT, CLARISSE, SUPPORT, Stage, free_port

pytestmark = pytest.mark.prove

# The program as it is elsewhere, but what its lost process was telling is taken up soon.
SOON = HURRIED.replace(
    "outbox.BETWEEN_POSTS",
    "from bot.desk import evidence\nevidence._ASKING_LEASE = outbox.LEASE = 2_000\noutbox.BETWEEN_POSTS",
)


@asynccontextmanager
async def scene_in(folder: Path) -> AsyncIterator[Stage]:
    """Both stand-ins; the bot is a process of its own."""
    async with SlackStandIn.running() as slack, LigdicashSandbox.running(callback_delay=0.3) as ligdicash:
        made = Stage(slack, ligdicash, folder, free_port())
        slack.request_url = f"{made.url}/slack/events"
        yield made


@asynccontextmanager
async def dying_once(scene: Stage, point: Point) -> AsyncIterator[asyncio.Event]:
    """A bot that is killed at that point, and then started again as a service manager would."""
    died, up, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def keep() -> None:
        async with serving({**scene.environment(), SWITCH: point}, scene.folder, code=SOON) as running:
            up.set()
            await running.ended(seconds=60)
        died.set()
        async with serving(scene.environment(), scene.folder, code=SOON):
            await over.wait()

    keeping = asyncio.create_task(keep())
    async with asyncio.timeout(20):
        await up.wait()
    try:
        yield died
    finally:
        over.set()
        await keeping


async def _play(scene: Stage) -> Message:
    """Ask and approve; an answer that was lost with the process is not given twice."""
    slack = scene.slack
    await slack.command(user=AMINATA, channel=SUPPORT, text="22670000000 5000 refund")
    await slack.submit(await slack.wait_for_modal(AMINATA))
    # Killed right after a post, the bot posts the card once more: the one that has a thread is the one that counts.
    card, question = await slack.wait_for(_asked, timeout=20, what="the question")
    await slack.click(CLARISSE, question, "approve", confirm=True)
    return card


def _asked(slack: SlackStandIn) -> tuple[Message, Message] | None:
    threads = [(card, slack.messages(SUPPORT, card.ts)) for card in slack.messages(SUPPORT)]
    return next(((card, replies[0]) for card, replies in threads if replies), None)


def _ends(scene: Stage, card: Message) -> list[str]:
    """What the thread says of the end."""
    words = [message.words for message in scene.slack.messages(SUPPORT, card.ts)]
    return [text for text in words if "is *completed*" in text or "is *unconfirmed*" in text]


async def test_killed_at_every_point(tmp_path: Path) -> None:
    """Crash points covered / total = 1: at each it is sent once, paid once, and nothing waits for ever.

    One test for all of them, so that the count is the same however tests are spread over processes.
    """
    covered: set[Point] = set()
    for point in Point:
        folder = tmp_path / point
        folder.mkdir()
        async with scene_in(folder) as scene:
            await _killed_at(scene, point)
        covered.add(point)
    print(f"crash points covered / total: {len(covered)} / {len(Point)}")  # noqa: T201 - the figure is asked for
    assert set(Point) == covered


async def _killed_at(scene: Stage, point: Point) -> None:
    async with dying_once(scene, point) as died:
        card = await _play(scene)
        async with asyncio.timeout(30):
            await died.wait()
        await scene.slack.wait_for(lambda _: _ends(scene, card), timeout=25, what=f"the end after {point}")
        await eventually(lambda: not scene.rows("SELECT 1 FROM deliveries WHERE due_at IS NOT NULL"))
        assert (point, []) == (point, scene.rows("SELECT 1 FROM inbox WHERE due_at IS NOT NULL"))
        await scene.slack.wait_for_message(AUDIT, "approved by", timeout=10)
    creates = len(scene.ligdicash.creates)
    paid = [payout.paid for payout in scene.ligdicash.payouts]
    # Killed with the lease in hand, it never asked; everywhere else it asked once, and was paid once.
    expected: tuple[int, list[bool]] = (0, []) if point is Point.LEASED else (1, [True])
    assert (point, expected) == (point, (creates, paid))
    honest = point in {Point.LEASED, Point.ANSWERED}
    assert (point, honest) == (point, any("unconfirmed" in end for end in _ends(scene, card)))
