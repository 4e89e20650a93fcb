"""A scene for each test; where a browser is installed, one for all, and one scene for each file that needs it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.page.scene import Scene, scene
from tests.page.screen import DESK, PHONE, SWITCHES, Screen, on_screen, used
from tests.page.tongues import ENGLISH
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
        pytest.skip("no Chromium on this machine (Debian: apt install chromium libatomic1)")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:  # noqa: ARG001 - without a browser nothing is set up
    """One scene for all tests of a file: what one of them did is there for the next, as in any workspace."""
    with hurried():
        async with scene(tmp_path_factory.mktemp("shared")) as running:
            yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(browser: Browser, shared: Scene) -> AsyncIterator[Screen]:
    """The page in one window for all tests of a file: opening it takes longer than most of them."""
    async with on_screen(browser, shared, ENGLISH, DESK) as open_page:
        yield open_page


@pytest_asyncio.fixture(loop_scope="session")
async def screen(desk: Screen) -> AsyncIterator[Screen]:
    """The page at a desk: Aminata looks at #support."""
    async with used(desk):
        yield desk


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, shared: Scene) -> AsyncIterator[Screen]:
    """The same on the narrowest of phones, in a window of its own."""
    async with on_screen(browser, shared, ENGLISH, PHONE) as open_page:
        yield open_page
