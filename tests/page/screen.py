"""The page in a real browser: what hands do there, and a watch over what it asks and complains of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from tests.page.scene import COMMAND, Scene

if TYPE_CHECKING:
    # Only where a browser is: the tests that need one are skipped elsewhere.
    from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request

# A browser asks its maker for this and that at its start; none of it is the page's.
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Screen:
    """An open page."""

    scene: Scene
    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every request, and whatever the console says."""
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{message.type}: {message.text}")

    # Hands

    async def be(self, name: str) -> None:
        """Become somebody."""
        await self.page.get_by_role("radio", name=name).check()
        await self.is_now(name)

    async def is_now(self, name: str) -> None:
        """Wait until the screen is somebody's."""
        await self.page.locator(f"body[data-who={name}]").wait_for()

    async def type(self, text: str) -> None:
        """Type into the message box, and send it."""
        await self.page.locator("#composer-text").fill(text)
        await self.page.locator("#composer-text").press("Enter")

    async def ask(self, text: str = COMMAND) -> None:
        """Type the command, submit its form as it is, and open the card's thread."""
        await self.type(text)
        await self.dialog.wait_for()
        await self.page.get_by_role("button", name="Ask for approval").click()
        await self.open_thread()

    async def open_thread(self) -> None:
        """Open the thread of the newest message that has one."""
        await self.page.locator("#messages .replies").last.click()
        await self.page.locator("#thread").wait_for()

    async def approve(self) -> None:
        """Press Approve in the open thread, and confirm."""
        await self.thread.get_by_role("button", name="Approve").click()
        await self.page.get_by_role("button", name="Yes, pay").click()

    # Eyes

    @property
    def dialog(self) -> Locator:
        """The form or question on top."""
        return self.page.locator("dialog[open]").last

    @property
    def channel(self) -> Locator:
        """The messages in the middle."""
        return self.page.locator("#messages")

    @property
    def thread(self) -> Locator:
        """The messages of the open thread."""
        return self.page.locator("#thread-messages")

    @property
    def panel(self) -> Locator:
        """LigdiCash."""
        return self.page.locator("#panel")

    async def sees(self, where: Locator, words: str) -> None:
        """Wait until these words are there."""
        await where.get_by_text(words).first.wait_for(timeout=8_000)


@asynccontextmanager
async def on_screen(
    browser: Browser,
    scene: Scene,
    *,
    width: int = 1280,
    height: int = 800,
    scheme: Literal["light", "dark"] = "light",
) -> AsyncIterator[Screen]:
    """The page, open; at the end nothing was asked of another machine, and the console said nothing."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(8_000)
    screen = Screen(scene, await context.new_page())
    screen.watch()
    await screen.page.goto(scene.page.url)
    await screen.page.locator("#places button").first.wait_for()
    try:
        yield screen
    finally:
        await context.close()
    assert {urlsplit(scene.page.url).netloc} == {urlsplit(url).netloc for url in screen.requests}
    assert [] == screen.complaints
