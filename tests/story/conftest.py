"""What these stories share: a scene whose time is skipped by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage import SkippingClock, Stage, hurried, stage


@pytest.fixture
async def timed(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot between its stand-ins, in no hurry to wait: `later` lets time be over at once."""
    with hurried():
        async with stage(tmp_path, clock=SkippingClock()) as started:
            yield started
