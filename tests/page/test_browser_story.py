"""The story in a real browser, by mouse and keys."""

from __future__ import annotations

import pytest

from tests.page.screen import Screen
from tests.stage import SUPPORT

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_from_the_command_to_the_final_status(screen: Screen) -> None:
    """An error first, then the form; approval in the thread; completion; token and final status are seen."""
    await screen.type("/payout 22670000000 5000 refund for order 1234")
    amount = screen.page.get_by_label("Amount in XOF")
    assert "5 000" == await amount.input_value()
    await amount.fill("5k")
    await screen.page.get_by_role("button", name="Ask for approval").click()
    await screen.sees(screen.dialog, "“5k” is abbreviated")
    assert "true" == await amount.get_attribute("aria-invalid")
    assert await amount.evaluate("each => each === document.activeElement")

    await amount.fill("5 000")
    await amount.press("Enter")
    await screen.dialog.wait_for(state="detached")
    await screen.sees(screen.channel, "Waiting for a decision")

    await screen.be("Clarisse")
    await screen.open_thread()
    await screen.approve()
    await screen.sees(screen.thread, "Token:")
    assert 0 == screen.scene.ligdicash.paid_total.times

    await screen.panel.get_by_role("button", name="Complete").click()
    await screen.sees(screen.thread, "completed")
    await screen.sees(screen.channel, "Completed")
    await screen.sees(screen.panel, "🟢 completed")
    assert (1, 5000) == screen.scene.ligdicash.paid_total
    (payout,) = screen.scene.ligdicash.payouts
    assert payout.token == await screen.thread.locator("code").inner_text()


async def test_the_own_request_and_a_rejection(screen: Screen) -> None:
    """Clarisse may not approve what she asked for; Daouda rejects it, with a reason."""
    await screen.be("Clarisse")
    await screen.ask()
    await screen.approve()
    await screen.sees(screen.thread.locator(".only-you"), "You asked for this payout yourself")

    await screen.be("Daouda")
    assert 0 == await screen.thread.locator(".only-you").count()
    await screen.thread.get_by_role("button", name="Reject").click()
    await screen.dialog.wait_for()
    await screen.page.get_by_role("button", name="Reject").last.click()
    await screen.sees(screen.dialog, "Please complete this required field.")
    await screen.page.get_by_label("Why is it rejected?").fill("<!channel> Refunded *yesterday*")
    await screen.page.get_by_label("Why is it rejected?").press("Control+Enter")
    await screen.sees(screen.thread, "<!channel> Refunded")
    assert [] == screen.scene.ligdicash.creates


async def test_the_guest_is_refused(screen: Screen) -> None:
    """Told to the guest alone; the message can be dismissed."""
    await screen.be("Gisele")
    await screen.type("/payout 22670000000 500 lunch")
    mine = screen.channel.locator(".only-you")
    await screen.sees(mine, "Guests of this workspace cannot ask for payouts")
    await screen.sees(mine, "Only visible to you")
    await mine.get_by_role("button", name="Dismiss").click()
    await mine.wait_for(state="detached")
    assert [] == screen.scene.slack.messages(SUPPORT)


async def test_a_forged_callback_changes_nothing(screen: Screen) -> None:
    """The bot takes note of it and asks LigdiCash: the payout stays initiated."""
    await screen.ask()
    await screen.be("Clarisse")
    await screen.approve()
    await screen.sees(screen.thread, "Token:")
    await screen.panel.get_by_role("button", name="Forged callback").click()
    await screen.sees(screen.panel, "The bot answered HTTP 200")
    await screen.sees(screen.panel, "said “pending”")
    await screen.scene.stage.settled()
    await screen.sees(screen.channel, "Initiated, not yet paid")
    assert 0 == screen.scene.ligdicash.paid_total.times

    await screen.page.get_by_role("button", name="payout-audit").click()
    await screen.sees(screen.channel, "callback “completed” received")


async def test_troubles_are_switched(screen: Screen) -> None:
    """LigdiCash goes down and comes back; Slack's outage is said by the page, and nothing breaks."""
    await screen.page.get_by_text("LigdiCash’s troubles").click()
    await screen.page.get_by_role("radio", name="Down").check()
    await screen.sees(screen.panel, "⚠ Down")
    await screen.page.get_by_role("radio", name="Well").check()
    await screen.sees(screen.panel, "· Well")

    await screen.page.get_by_text("Slack’s troubles").click()
    await screen.page.get_by_role("radio", name="Outage").check()
    await screen.sees(screen.panel, "⚠ Outage")
    await screen.type("/payout 22670000000 5000 refund")
    await screen.sees(screen.channel.locator(".only-you"), "This is what you typed")


async def test_a_bot_that_is_gone(screen: Screen) -> None:
    """The command's failure stands at the message box, and what was typed is kept."""
    await screen.scene.stage.stop()
    await screen.type("/payout help")
    await screen.sees(screen.page.locator("#composer"), "/payout failed with the error “dispatch_failed”")
    assert "/payout help" == await screen.page.locator("#composer-text").input_value()


async def test_phones_light_up(screen: Screen) -> None:
    """Approvers who are paged are shown the sentence of their lock screens, and may be become from there."""
    await screen.ask()
    toast = screen.page.locator(".toast", has_text="Please decide")
    await screen.sees(toast, "Clarisse, Daouda · Payout in #support")
    await toast.get_by_role("button", name="Open as Daouda").click()
    await screen.thread.get_by_role("button", name="Approve").wait_for()
    await screen.is_now("Daouda")


async def test_the_guide_follows_and_can_be_closed(screen: Screen) -> None:
    """Each step is done by doing it; a closed guide stays closed, and can be opened again."""
    guide = screen.page.locator("#guide")
    await guide.get_by_role("button", name="Type it for me").click()
    await screen.page.keyboard.press("Enter")
    await screen.dialog.wait_for()
    await screen.page.get_by_role("button", name="Ask for approval").click()
    await guide.get_by_role("button", name="Be Clarisse").click()
    await guide.get_by_role("button", name="Open the thread").click()
    await screen.approve()
    await screen.sees(guide, "Press Complete there")
    await screen.panel.get_by_role("button", name="Complete").click()
    await guide.get_by_role("button", name="Done").click()
    assert not await guide.is_visible()

    await screen.page.reload()
    await screen.page.locator("#places button").first.wait_for()
    assert not await guide.is_visible()
    await screen.page.get_by_role("button", name="Guide").click()
    await screen.sees(guide, "As Aminata, an agent")
