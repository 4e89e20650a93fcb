"""A scene for each test; a browser where one is installed."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.page.scene import Scene, scene
from tests.page.screen import SWITCHES, Screen, on_screen
from tests.stage import hurried

if TYPE_CHECKING:
    from playwright.async_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest_asyncio.fixture
async def shown(tmp_path: Path) -> AsyncIterator[Scene]:
    """Both stand-ins, the bot and the page."""
    with hurried():
        async with scene(tmp_path) as running:
            yield running


@pytest_asyncio.fixture
async def unstaffed(tmp_path: Path) -> AsyncIterator[Scene]:
    """The same without a bot."""
    async with scene(tmp_path, with_bot=False) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One real browser for all tests that need one; where there is none they are skipped."""
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def screen(browser: Browser, tmp_path: Path) -> AsyncIterator[Screen]:
    """The page in a real browser, at a desk."""
    with hurried():
        async with scene(tmp_path) as running, on_screen(browser, running) as open_page:
            yield open_page


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, tmp_path: Path) -> AsyncIterator[Screen]:
    """The same on the narrowest of phones, in the dark."""
    with hurried():
        async with (
            scene(tmp_path) as running,
            on_screen(browser, running, width=360, height=640, scheme="dark") as open_page,
        ):
            yield open_page
