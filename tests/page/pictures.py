"""Draws docs/pictures from a real run: the bot as a process, the page in Chromium, at a desk and on a phone.

`make pictures`. Nothing in it is retouched; ids, tokens and times are those of the run.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import async_playwright

from tests.page.conftest import CHROMIUM
from tests.page.palette import with_palette
from tests.page.scene import Scene, staffed
from tests.page.screen import SWITCHES, Device, Screen, on_screen
from tests.page.tongues import ENGLISH

PICTURES = Path(__file__).resolve().parents[2] / "docs/pictures"
DEVICES = {"desk": Device(1280, 720), "phone": Device(390, 760)}
WORDS = ENGLISH


class Painter:
    """The same workspace on a desk and on a phone; each moment is drawn from both, by day and by night."""

    def __init__(self, screens: dict[str, Screen]) -> None:
        self.screens = screens

    async def draw(self, name: str) -> None:
        """What both show now."""
        for device, screen in self.screens.items():
            # A card that has just changed is marked for two seconds: the pictures show it as it stays.
            await screen.page.evaluate("document.getAnimations().forEach((each) => each.finish())")
            if screen.device.is_narrow:
                await screen.put_notices_away()
            for scheme in ("light", "dark"):
                await screen.page.emulate_media(color_scheme=scheme)
                shot = await with_palette(screen.page, await screen.page.screenshot())
                (PICTURES / f"{name}-{device}-{scheme}.png").write_bytes(shot)

    async def everywhere(self, who: str, place: str, words: str = "") -> None:
        """Both look there as this person, at the thread of the message with these words, if any."""
        for screen in self.screens.values():
            await screen.be(who)
            await screen.go(WORDS.home if place != WORDS.home else WORDS.support)
            await screen.go(place)
            if words:
                await screen.open_thread(words)

    async def see(self, words: str) -> None:
        """Wait until both threads show it."""
        for screen in self.screens.values():
            await screen.sees(screen.thread, words)

    @property
    def desk(self) -> Screen:
        """Where things are done."""
        return self.screens["desk"]


async def play(paint: Painter) -> None:
    """The story, as far as it is drawn."""
    desk = paint.desk
    await desk.type("/payout 22670124578 5000 Refund for order 1234")
    for screen in paint.screens.values():
        await screen.dialog.wait_for()
    await paint.draw("form")
    await desk.submit(WORDS.ask)
    await desk.sees(desk.channel, WORDS.waiting)

    await paint.everywhere("Clarisse", WORDS.support, "order 1234")
    await paint.see("Nothing is paid before")
    await paint.draw("question")
    await desk.approve()
    await paint.see(WORDS.token)
    await desk.at_ligdicash(WORDS.complete)
    await paint.see(WORDS.completed)
    await paint.see(WORDS.completed_card)
    await paint.draw("paid")

    await desk.trouble(WORDS.no_answer)
    await paint.everywhere("Aminata", WORDS.support)
    await desk.ask("/payout 22676451200 12500 Advance for the field team")
    await paint.everywhere("Daouda", WORDS.support, "field team")
    await desk.approve()
    await paint.see(WORDS.unconfirmed)
    await paint.draw("uncertain")
    await desk.trouble(WORDS.well)
    await desk.page.get_by_text(WORDS.troubles).click()

    await paint.everywhere("Boukary", WORDS.support)
    await desk.ask("/payout 22678903311 7500 Refund for order 1251")
    await paint.everywhere("Clarisse", WORDS.home)
    for screen in paint.screens.values():
        await screen.sees(screen.page.locator("#home"), "order 1251")
    await paint.draw("home")
    await paint.everywhere("Clarisse", "payout-audit")
    await paint.draw("audit")


@asynccontextmanager
async def painter(scene: Scene) -> AsyncIterator[Painter]:
    """Both screens, with the guide closed."""
    async with async_playwright() as driver, AsyncExitStack() as stack:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        screens = {
            name: await stack.enter_async_context(on_screen(browser, scene, WORDS, device))
            for name, device in DEVICES.items()
        }
        for screen in screens.values():
            await screen.page.locator("#open-guide").click()
        yield Painter(screens)


async def main() -> None:
    """Draw them all anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="payout-bot-pictures-") as folder:
        async with staffed(Path(folder), hurried=False, STATUS_POLL_SECONDS="3600") as scene, painter(scene) as paint:
            await play(paint)


if __name__ == "__main__":
    asyncio.run(main())
