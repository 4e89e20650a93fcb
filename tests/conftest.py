"""What tests share: a scene with the bot between its two stand-ins."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from httpx._config import create_ssl_context

from tests.stage import Stage, hurried, stage

_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
_ROOM = 4 << 30  # bytes


def pytest_configure() -> None:
    """Keep the ledgers of tests in memory where there is room: waiting for a disk proves nothing here."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture(scope="session", autouse=True)
def _authorities_read_once() -> Iterator[None]:
    """Half of the time that a bot takes to start goes into reading the system's certificate authorities."""
    with patch("httpx._transports.default.create_ssl_context", functools.cache(create_ssl_context)):
        yield


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
