"""The page for everybody: at each step no serious finding of axe, and nothing beyond the screen's edge."""

from __future__ import annotations

import pytest

from tests.page.screen import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERIOUS = {"serious", "critical"}


async def test_axe_finds_nothing_serious_at_a_desk(screen: Screen) -> None:
    """In light colours: the whole page, a thread, a form with an error, a question."""
    await _walk(screen)


async def test_axe_finds_nothing_serious_on_a_phone(phone: Screen) -> None:
    """In dark colours, 360 pixels wide, one pane at a time."""
    await _walk(phone)


async def _walk(screen: Screen) -> None:
    await _look(screen, "start")
    await screen.page.locator("#composer-text").fill("/p")
    await screen.page.locator("#composer-text").press("a")
    await _look(screen, "completion")
    await screen.type("/payout 22670000000 5k refund")
    await screen.dialog.wait_for()
    await screen.page.get_by_role("button", name="Ask for approval").click()
    await screen.page.locator(".error:not(:empty)").wait_for()
    await _look(screen, "form")
    await screen.page.get_by_label("Amount in XOF").fill("5000")
    await screen.page.keyboard.press("Enter")
    await screen.open_thread()
    await screen.thread.get_by_role("button", name="Approve").wait_for()
    await _look(screen, "thread")
    await screen.approve()
    await screen.sees(screen.thread, "You asked for this payout yourself")
    await screen.be("Clarisse")
    await screen.thread.get_by_role("button", name="Approve").click()
    await _look(screen, "question")
    await screen.page.get_by_role("button", name="Yes, pay").click()
    await screen.sees(screen.thread, "Token:")
    await _look(screen, "token")
    if await screen.page.evaluate("document.body.dataset.narrow") == "yes":
        await screen.page.locator("#places").get_by_role("button", name="LigdiCash").click()
    await screen.page.get_by_text("LigdiCash’s troubles").click()
    await screen.panel.get_by_role("button", name="Forged callback").click()
    await screen.sees(screen.panel, "The bot answered")
    await _look(screen, "panel")
    await screen.panel.get_by_role("button", name="Fail").click()
    await screen.sees(screen.panel, "notcompleted")
    await _look(screen, "panel, at the end")
    await screen.page.locator("#places").get_by_role("button", name="Home").click()
    await _look(screen, "Home")


async def _look(screen: Screen, where: str) -> None:
    await _axe(screen, where)
    await _nothing_over_the_edge(screen, where)


async def _axe(screen: Screen, where: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.async_playwright", reason="axe is not installed")
    found = (await axe.Axe().run(screen.page)).response["violations"]
    serious = [
        (each["id"], node["target"], node["failureSummary"])
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
    assert [] == serious, where


async def _nothing_over_the_edge(screen: Screen, where: str) -> None:
    wide = await screen.page.evaluate("""
        () => [...document.querySelectorAll("body, body *")]
            .filter((each) => each.checkVisibility() && !each.closest(".hidden, .skip"))
            .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
            .map((each) => `${each.tagName}.${each.className}`)
    """)
    assert [] == wide, where
