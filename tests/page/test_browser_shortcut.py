"""*Refund* in a message's menu, by keyboard, in the channel and in a thread."""

from __future__ import annotations

import pytest

from tests.page.screen import Screen
from tests.stage import AMINATA

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_refund_from_a_thread_by_keyboard(screen: Screen) -> None:
    """Reply in a thread, open the reply's menu, choose Refund: the form holds what the reply says."""
    await screen.type("a customer writes")
    menu = screen.channel.get_by_text("More actions")
    await menu.locator("..").press("Enter")
    await screen.page.get_by_role("button", name="Reply in thread").press("Enter")
    await screen.page.locator("#thread-composer-text").fill("70 00 00 00, 5 000 F, commande 1234")
    await screen.page.keyboard.press("Enter")
    await screen.sees(screen.thread, "commande 1234")

    more = screen.thread.get_by_text("More actions").last.locator("..")
    await more.press("Enter")
    await screen.page.keyboard.press("Escape")
    assert not await screen.thread.get_by_role("button", name="Refund").is_visible()
    await more.press("Enter")
    await screen.page.keyboard.press("Tab")
    await screen.page.keyboard.press("Enter")

    await screen.dialog.wait_for()
    form = await screen.scene.slack.wait_for_modal(AMINATA)
    assert ("+226 70 00 00 00", "5 000") == (form.values["beneficiary"], form.values["amount"])
