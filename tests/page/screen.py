"""The page in a real browser: what hands do there, and a watch over what it asks and complains of."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from tests.page.scene import COMMAND, Scene
from tests.page.tongues import Tongue

if TYPE_CHECKING:
    # Only where a browser is: the tests that need one are skipped elsewhere.
    from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request

Scheme = Literal["light", "dark"]

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
# Milliseconds. Nothing takes that long; a machine with other work may.
PATIENCE = 45_000


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody holds or sits at."""

    width: int
    height: int

    @property
    def is_narrow(self) -> bool:
        """Whether it shows one pane at a time."""
        return self.width < 820


DESK = Device(1280, 800)
PHONE = Device(360, 640)


@dataclass
class Screen:
    """An open page."""

    scene: Scene
    page: Page
    tongue: Tongue
    device: Device
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

    def forget(self) -> None:
        """What was asked and said so far is somebody else's."""
        self.complaints.clear()
        self.requests.clear()

    def check(self) -> None:
        """Nothing was asked of another machine, and the console said nothing."""
        assert {urlsplit(self.scene.page.url).netloc} >= {urlsplit(url).netloc for url in self.requests}
        assert [] == self.complaints

    # Hands

    async def begin(self) -> None:
        """Be Aminata, and look at #support; what a failed test left open is closed."""
        while await self.dialog.count():
            await self.page.keyboard.press("Escape")
            await self.dialog.last.wait_for(state="detached")
        await self.be("Aminata")
        await self.go(self.tongue.home)
        await self.go(self.tongue.support)

    async def be(self, name: str) -> None:
        """Become somebody."""
        await self.page.get_by_role("radio", name=name).check()
        await self.is_now(name)

    async def is_now(self, name: str) -> None:
        """Wait until the screen is somebody's."""
        await self.page.locator(f"body[data-who={name}]").wait_for()

    async def go(self, place: str) -> None:
        """Look at a conversation, at Home or, on a phone, at LigdiCash.

        What is drawn anew between the press and the release of a button was not clicked: whoever sees it clicks again.
        """
        button = self.page.locator("#places").get_by_role("button", name=place)
        await button.click()
        while not await self._is_at(place):
            await button.click()

    async def _is_at(self, place: str) -> bool:
        return await self.page.locator("#places [aria-current=page]", has_text=place).count() > 0

    async def type(self, text: str) -> None:
        """Type into the message box, and send it."""
        await self.page.locator("#composer-text").fill(text)
        await self.page.locator("#composer-text").press("Enter")

    async def submit(self, button: str) -> None:
        """Send the form that is open."""
        await self.dialog.get_by_role("button", name=button, exact=True).click()

    async def ask(self, text: str = COMMAND) -> None:
        """Type the command, submit its form as it is, and open the card's thread."""
        before = await self.channel.locator(".replies").count()
        await self.type(text)
        await self.dialog.wait_for()
        await self.submit(self.tongue.ask)
        await self.channel.locator(".replies").nth(before).click()
        await self.page.locator("#thread").wait_for()

    async def open_thread(self, words: str = "") -> None:
        """Open the thread of the newest message with these words."""
        await self.channel.locator(".message", has_text=words).locator(".replies").last.click()
        await self.page.locator("#thread").wait_for()

    async def press(self, name: str) -> None:
        """Press a button in the open thread."""
        await self.thread.get_by_role("button", name=name, exact=True).click()

    async def approve(self) -> None:
        """Press Approve in the open thread, and confirm."""
        await self.press(self.tongue.approve)
        await self.dialog.get_by_role("button", name=self.tongue.yes_pay).click()

    async def confirm(self) -> None:
        """Press Confirm in the open thread, and confirm that."""
        await self.press(self.tongue.confirm)
        await self.dialog.get_by_role("button", name=self.tongue.yes_confirm).click()

    async def to_ligdicash(self) -> None:
        """Look there: it stands beside the conversation, on a phone in a place of its own."""
        if self.device.is_narrow:
            await self.go(self.tongue.ligdicash)

    async def back_from_ligdicash(self, words: str) -> None:
        """And back to the thread of the message with these words."""
        if self.device.is_narrow:
            await self.go(self.tongue.support)
            await self.open_thread(words)

    async def at_ligdicash(self, button: str) -> None:
        """Press a button of the newest request there."""
        await self.panel.locator(".create").first.get_by_role("button", name=button).click()

    async def put_notices_away(self) -> None:
        """Dismiss whatever lights up."""
        while await self.page.locator(".toast").count():
            await self.page.locator(".toast .quiet").first.click()

    async def trouble(self, mood: str) -> None:
        """Change LigdiCash's mood."""
        radio = self.panel.locator(".weather").first.get_by_role("radio", name=mood)
        if not await radio.is_visible():
            await self.panel.get_by_text(self.tongue.troubles).click()
        await radio.check()
        await self.sees(self.panel.locator("summary").first, mood)

    # Eyes

    @property
    def dialog(self) -> Locator:
        """The form or question that is open."""
        return self.page.locator("dialog[open]")

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

    @property
    def whisper(self) -> Locator:
        """What only this person sees."""
        return self.page.locator(".only-you")

    async def sees(self, where: Locator, words: str) -> None:
        """Wait until these words are there, whatever stands out in them and whatever kind of space parts them."""
        pattern = re.compile(r"\s+".join(re.escape(word) for word in words.split()))
        await where.filter(has_text=pattern).first.wait_for()

    async def wear(self, scheme: Scheme) -> None:
        """Light colours or dark ones."""
        await self.page.emulate_media(color_scheme=scheme)


@asynccontextmanager
async def used(screen: Screen) -> AsyncIterator[None]:
    """A test's turn at a window that others had before; what they were told by the console is not its own."""
    screen.forget()
    await screen.begin()
    yield
    screen.check()


@asynccontextmanager
async def on_screen(browser: Browser, scene: Scene, tongue: Tongue, device: Device) -> AsyncIterator[Screen]:
    """The page, open; at the end nothing was asked of another machine, and the console said nothing."""
    context = await browser.new_context(
        viewport={"width": device.width, "height": device.height}, color_scheme="light", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    screen = Screen(scene, await context.new_page(), tongue, device)
    screen.watch()
    await screen.page.goto(scene.page.url)
    await screen.page.locator("#places button").first.wait_for()
    try:
        yield screen
    finally:
        await context.close()
    screen.check()
