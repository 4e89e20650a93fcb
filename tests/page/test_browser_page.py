"""What the page does beside the story: phones, troubles, its guide, its language."""

from __future__ import annotations

import pytest

from tests.page.screen import Screen
from tests.stage import AMINATA, SUPPORT, free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_guide_follows_and_can_be_closed(screen: Screen) -> None:
    """Each step is done by doing it; a closed guide stays closed, and can be opened again."""
    guide = screen.page.locator("#guide")
    await guide.get_by_role("button", name="Type it for me").click()
    await screen.page.keyboard.press("Enter")
    await screen.dialog.wait_for()
    await screen.submit("Ask for approval")
    await screen.channel.locator(".replies").wait_for()
    await guide.get_by_role("button", name="Be Clarisse").click()
    await guide.get_by_role("button", name="Open the thread").click()
    await screen.approve()
    await screen.sees(guide, "Press Complete there")
    await guide.get_by_role("button", name="Show LigdiCash").click()
    await screen.at_ligdicash("Complete")
    await screen.sees(guide, "See the token and the final status")
    await guide.get_by_role("button", name="Done").click()
    assert not await guide.is_visible()

    await screen.page.reload()
    await screen.page.locator("#places button").first.wait_for()
    assert not await guide.is_visible()
    await screen.page.get_by_role("button", name="Guide").click()
    await screen.sees(guide, "As Aminata, an agent")


async def test_the_guide_does_not_go_on_with_what_was_refused(screen: Screen) -> None:
    """LigdiCash took nothing, so nothing waits to be completed there: the guide says no such thing."""
    guide = screen.page.locator("#guide")
    if not await guide.is_visible():
        await screen.page.get_by_role("button", name="Guide").click()
    await screen.ask("/payout 22670000002 500 refund")
    await screen.be("Clarisse")
    await screen.approve()
    await screen.thread.get_by_text("Refused").first.wait_for()
    await screen.sees(guide, "Open the thread under the request")


async def test_troubles_are_switched(screen: Screen) -> None:
    """LigdiCash goes down and comes back; Slack's outage is said by the page, and nothing breaks."""
    await screen.trouble("Down")
    await screen.trouble("None")

    await screen.page.get_by_text("Slack’s troubles").click()
    await screen.page.get_by_role("radio", name="Outage").check()
    await screen.sees(screen.panel.locator("summary"), "⚠ Outage")
    await screen.type("/payout 22670000020 5000 refund")
    await screen.sees(screen.whisper, "/payout 22670000020 5000 refund")
    await screen.page.locator("#sky-fair").check()
    await screen.sees(screen.panel.locator(".weather summary").last, "· None")


async def test_a_bot_that_is_gone(screen: Screen) -> None:
    """The command's failure stands at the message box, and what was typed is kept."""
    slack = screen.scene.slack
    there, slack.request_url = slack.request_url, f"http://127.0.0.1:{free_port()}/slack/events"
    await screen.type("/payout help")
    await screen.sees(screen.page.locator("#composer"), "/payout failed with the error “dispatch_failed”")
    assert "/payout help" == await screen.page.locator("#composer-text").input_value()
    slack.request_url = there


async def test_phones_light_up(screen: Screen) -> None:
    """Approvers who are paged are shown the sentence of their lock screens, and may be become from there."""
    await screen.ask("/payout 22670000021 5000 order 1400")
    toast = screen.page.locator(".toast", has_text="Please decide")
    await screen.sees(toast, "Clarisse, Daouda · Payout in #support")
    await toast.get_by_role("button", name="Open as Daouda").click()
    await screen.thread.get_by_role("button", name="Approve").wait_for()
    await screen.sees(screen.thread, "order 1400")
    await screen.is_now("Daouda")


async def test_the_page_speaks_french(phone: Screen) -> None:
    """One switch for the page and for everybody's Slack: its own words change where they stand, and back."""
    page = phone.page
    await page.locator("#language").select_option("fr-FR")
    await page.locator("html[lang=fr]").wait_for()
    await page.get_by_role("combobox", name="Message à #support").wait_for()
    await phone.sees(page.locator("#guide"), "Vous êtes Aminata, agent")
    assert "fr-FR" == phone.scene.slack.workspace.people["U0DAOUDA"].locale
    await phone.go("LigdiCash")
    await phone.sees(phone.panel, "Pannes de Slack")
    await page.locator("#language").select_option("en-US")
    await phone.sees(phone.panel, "Slack’s troubles")


async def test_a_phone_has_the_guide_in_one_line(phone: Screen) -> None:
    """So that the channel has the room; a tap shows the step with its buttons, and another puts it away."""
    guide = phone.page.locator("#guide")
    await phone.sees(guide, "type /payout")
    folded = await guide.bounding_box()
    assert folded is not None
    assert folded["height"] < 60
    assert not await guide.get_by_role("button", name="Type it for me").is_visible()
    unfold = guide.get_by_role("button", name="All of this step", expanded=False)
    await unfold.click()
    await guide.get_by_role("button", name="Type it for me").wait_for()
    await guide.get_by_role("button", name="All of this step", expanded=True).click()
    await unfold.wait_for()


async def test_a_message_keeps_its_words_beside_its_menu(phone: Screen) -> None:
    """However long the first line is, the button does not stand on it."""
    await phone.type("/payout help")
    await phone.sees(phone.whisper, "Pay somebody through LigdiCash")
    message = phone.scene.slack.workspace.say(AMINATA, SUPPORT, "a long line of words " * 12)
    shown = phone.channel.locator(".message", has_text="a long line of words").last
    words, menu = await shown.locator(".words").bounding_box(), await shown.locator(".dots summary").bounding_box()
    assert words is not None
    assert menu is not None
    assert words["x"] + words["width"] <= menu["x"], message.ts


async def test_a_token_takes_two_lines_and_copies_whole(phone: Screen) -> None:
    """What follows stays in sight; one click takes all of it."""
    token = "test." + "abcDEF123" * 40
    phone.scene.slack.workspace.say(AMINATA, SUPPORT, f"Token:\n`{token}`")
    code = phone.channel.locator("code.long").last
    box = await code.bounding_box()
    assert box is not None
    assert box["height"] < 45
    await code.click()
    assert token == await phone.page.evaluate("String(getSelection())")
