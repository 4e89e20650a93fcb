"""The page by keyboard alone."""

from __future__ import annotations

import pytest

from tests.page.screen import Screen
from tests.stage import AMINATA

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_command_is_completed(screen: Screen) -> None:
    """`/p`, Tab, the rest, Enter: arrows choose, Escape puts the offers away."""
    box = screen.page.get_by_role("combobox", name="Message #support")
    await box.focus()
    await screen.page.keyboard.type("/p")
    assert "true" == await box.get_attribute("aria-expanded")
    await screen.page.keyboard.press("Tab")
    assert "/payout " == await box.input_value()
    await screen.page.keyboard.press("Escape")
    assert "false" == await box.get_attribute("aria-expanded")

    await box.fill("")
    await screen.page.keyboard.type("/payout")
    await screen.page.keyboard.press("ArrowUp")
    await screen.page.keyboard.press("Enter")
    assert "/payout help" == await box.input_value()
    await screen.page.keyboard.press("Enter")
    await screen.sees(screen.channel, "Pay somebody through LigdiCash")
    assert "" == await box.input_value()


async def test_a_form_keeps_the_focus_until_escape(screen: Screen) -> None:
    """Tab goes round inside; the stand-in knows that it was left, and the message box has the focus again."""
    await screen.page.locator("#composer-text").focus()
    await screen.page.keyboard.type("/payout")
    await screen.page.keyboard.press("Enter")
    await screen.dialog.wait_for()
    assert "Beneficiary's number" == await _focused(screen)
    for _ in range(14):
        await screen.page.keyboard.press("Tab")
        assert await screen.page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    await screen.page.keyboard.press("Escape")
    await screen.dialog.wait_for(state="detached")
    await screen.scene.slack.wait_for(lambda slack: not slack.modals(AMINATA))
    assert "Message #support" == await _focused(screen)


async def test_approving_takes_two_deliberate_keys(screen: Screen) -> None:
    """A dialog begins at its harmless end; Escape and Enter there pay nothing."""
    await screen.ask("/payout 22670000020 5000 keys")
    await screen.be("Clarisse")
    button = screen.thread.get_by_role("button", name="Approve")
    await button.focus()
    await screen.page.keyboard.press("Enter")
    assert "Not now" == await _focused(screen)
    await screen.page.keyboard.press("Enter")
    await screen.dialog.wait_for(state="detached")
    await screen.page.keyboard.press("Enter")
    await screen.page.keyboard.press("Escape")
    await screen.dialog.wait_for(state="detached")
    assert "Approve" == await _focused(screen)

    await screen.page.keyboard.press("Enter")
    await screen.page.keyboard.press("Tab")
    assert "Yes, pay" == await _focused(screen)
    await screen.page.keyboard.press("Enter")
    await screen.sees(screen.thread, "Token:")


async def test_a_thread_is_closed_by_escape(screen: Screen) -> None:
    """The focus goes back to where it was opened."""
    await screen.ask("/payout 22670000021 5000 keys")
    assert "Thread in #support" == await _focused(screen)
    await screen.page.keyboard.press("Escape")
    await screen.page.locator("#thread").wait_for(state="hidden")
    assert (await _focused(screen)).startswith("1 reply")


async def test_people_are_chosen_by_arrows(screen: Screen) -> None:
    """One stop of Tab for all of them."""
    await screen.page.get_by_role("radio", name="Aminata").focus()
    await screen.page.keyboard.press("ArrowRight")
    await screen.is_now("Boukary")
    await screen.page.keyboard.press("ArrowRight")
    await screen.is_now("Clarisse")
    await screen.page.get_by_role("button", name="payout-audit").wait_for()


async def test_the_focus_is_seen(screen: Screen) -> None:
    """Whatever Tab reaches has a frame."""
    for _ in range(12):
        await screen.page.keyboard.press("Tab")
        assert await screen.page.evaluate("""
            () => [document.activeElement, document.activeElement.closest("label")]
                .some((each) => each && getComputedStyle(each).outlineStyle !== "none")
        """)


async def test_refund_from_a_thread(screen: Screen) -> None:
    """Reply in a thread, open the reply's menu, choose Refund: the form holds what the reply says."""
    await screen.type("a customer writes")
    message = screen.channel.locator(".message", has_text="a customer writes")
    await message.locator(".dots summary").press("Enter")
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


async def _focused(screen: Screen) -> str:
    name = await screen.page.evaluate("""
        () => {
            const element = document.activeElement;
            return element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText ?? element.innerText;
        }
    """)
    return str(name).replace("\n", " ")
