"""What tests share: a scene with the bot between its two stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage import Stage, hurried, stage


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot and both stand-ins, started."""
    async with stage(tmp_path) as started:
        yield started


@pytest.fixture
async def quick_scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """The same, with an outbox that does not keep Slack's pace."""
    with hurried():
        async with stage(tmp_path) as started:
            yield started
