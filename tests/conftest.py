"""What tests share: a scene with the bot between its two stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage import Stage, stage


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot and both stand-ins, started."""
    async with stage(tmp_path) as started:
        yield started
