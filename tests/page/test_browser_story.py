"""The story in a real browser, with the bot as a process of its own: everything through the page, as people would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.page.looking import look, stands_in
from tests.page.scene import staffed
from tests.page.screen import DESK, PHONE, Device, Screen, on_screen, used
from tests.page.tongues import ENGLISH, FRENCH, Tongue

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True, slots=True)
class Telling:
    """In which language the story is told, and on what."""

    tongue: Tongue
    device: Device


TELLINGS = [
    pytest.param(Telling(ENGLISH, DESK), id="English, at a desk"),
    pytest.param(Telling(FRENCH, PHONE), id="French, on a phone"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=TELLINGS)
async def window(
    browser: Browser, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Screen]:
    """A workspace whose people speak that language, with the bot at work in it, on a screen."""
    telling: Telling = request.param
    folder = tmp_path_factory.mktemp("team")
    # Nothing but a callback tells the bot what became of a payout.
    async with staffed(folder, STATUS_POLL_SECONDS="3600", LOCALE=telling.tongue.code) as scene:
        assert (await scene.do(do="speak", locale=telling.tongue.locale))["ok"]
        async with on_screen(browser, scene, telling.tongue, telling.device) as screen:
            yield screen


@pytest_asyncio.fixture(loop_scope="session")
async def at(window: Screen) -> AsyncIterator[Screen]:
    """The same screen for the whole story, as people have it; each chapter begins in #support."""
    async with used(window):
        yield window


async def test_from_the_command_to_the_final_status(at: Screen) -> None:
    """An error first, then the form; approval in the thread; completion: token and final status are seen."""
    words = at.tongue
    await at.page.locator("#composer-text").press_sequentially("/pay")
    await look(at)
    await at.type("/payout 22670000000 5000 order 1234")
    amount = at.page.get_by_label(words.amount_field)
    await amount.fill("5k")
    await at.submit(words.ask)
    await at.sees(at.dialog, words.abbreviated)
    assert await amount.evaluate("each => each === document.activeElement && each.ariaInvalid === 'true'")
    await look(at, "dialog[open]")
    await amount.fill("5 000")
    await amount.press("Enter")
    await at.sees(at.channel, words.waiting)

    await at.be("Clarisse")
    await at.open_thread("order 1234")
    await at.press(words.approve)
    await at.sees(at.dialog, words.amount)
    await look(at, "dialog[open]")
    await at.dialog.get_by_role("button", name=words.yes_pay).click()
    await at.sees(at.thread, words.token)
    assert 0 == at.scene.ligdicash.paid_total.times
    (payout,) = at.scene.ligdicash.payouts

    await at.to_ligdicash()
    await at.at_ligdicash(words.complete)
    await at.sees(at.panel, words.paid)
    await at.back_from_ligdicash("order 1234")
    await at.sees(at.thread, words.completed)
    await at.sees(at.thread, words.completed_card)
    assert payout.token == await at.thread.locator("code").inner_text()
    assert (1, 5000) == at.scene.ligdicash.paid_total
    await look(at, "#thread")


async def test_who_asked_does_not_approve(at: Screen) -> None:
    """Clarisse is an approver, but it is her own request; she alone is told so."""
    await at.be("Clarisse")
    await at.ask("/payout 22670000020 12500 field team")
    await at.approve()
    await at.sees(at.whisper, at.tongue.own_request)

    await at.be("Daouda")
    await at.thread.get_by_role("button", name=at.tongue.approve, exact=True).wait_for()
    assert 0 == await at.whisper.count()


async def test_a_guest_is_refused(at: Screen) -> None:
    """Told to the guest alone; nothing was asked for."""
    received = len(at.scene.ligdicash.creates)
    await at.be("Gisele")
    await at.type("/payout 22670000021 500 lunch")
    await at.sees(at.whisper, at.tongue.guest)
    await at.sees(at.whisper, at.tongue.only_you)
    await look(at, ".only-you")
    assert 0 == await at.channel.get_by_text("lunch").count()
    assert received == len(at.scene.ligdicash.creates)


async def test_a_rejection_is_corrected_and_asked_again(at: Screen) -> None:
    """With a reason, without which it is not taken; the card then opens the form anew, as it was filled in."""
    words = at.tongue
    await at.ask("/payout 22670000022 15000 order 1240")
    await at.be("Daouda")
    await at.press(words.reject)
    await at.submit(words.reject)
    await at.sees(at.dialog, words.required)
    await look(at, "dialog[open]")
    await at.page.get_by_label(words.reject_field).fill("Too much <!channel>")
    await at.page.get_by_label(words.reject_field).press("Control+Enter")
    await at.sees(at.thread, words.rejected)
    await at.sees(at.thread, "Too much <!channel>")

    await at.be("Aminata")
    await at.press(words.correct)
    assert "order 1240" == await at.page.get_by_label(words.reason_field).input_value()
    await at.page.get_by_label(words.amount_field).fill("1 500")
    await at.submit(words.ask)
    await at.dialog.wait_for(state="detached")
    await at.page.keyboard.press("Escape")
    await at.channel.locator(".message", has_text="order 1240").nth(1).wait_for()
    await at.open_thread("1 500")
    await at.thread.get_by_role("button", name=words.approve, exact=True).wait_for()


async def test_an_uncertain_payout_is_resolved_by_two(at: Screen) -> None:
    """LigdiCash takes it and does not answer: one proposes, another confirms; "not paid" cannot be said so early."""
    words = at.tongue
    await at.to_ligdicash()
    await at.trouble(words.no_answer)
    await at.back_from_ligdicash("")
    await at.page.keyboard.press("Escape")
    await at.ask("/payout 22670000023 6500 order 1271")
    await at.be("Clarisse")
    await at.approve()
    await at.sees(at.thread, words.unconfirmed)
    await at.to_ligdicash()
    await at.trouble(words.well)
    await at.at_ligdicash(words.stay_silent)
    newest = at.panel.locator(".create").first
    await at.sees(newest, words.paid)
    await newest.get_by_text(words.say_else).click()
    await stands_in(at, newest.get_by_text(words.say_else), newest)
    await stands_in(at, newest.get_by_role("button", name=words.fail), newest)
    await look(at, "#panel")
    await at.back_from_ligdicash("order 1271")

    await at.press(words.resolve)
    await _find(at, words.it_was_not_paid)
    await at.sees(at.dialog, words.too_early)
    await _find(at, words.it_was_paid)
    await at.dialog.wait_for(state="detached")
    await at.be("Daouda")
    await at.confirm()
    await at.sees(at.thread, words.marked_paid)
    await at.sees(at.thread, words.confirmed)
    assert 0 == await at.thread.get_by_role("button", name=words.confirm, exact=True).count()


async def _find(at: Screen, finding: str) -> None:
    await at.page.get_by_role("radio", name=finding).check()
    await at.page.get_by_label(at.tongue.how_known).fill("Seen on the dashboard")
    await at.submit(at.tongue.propose)


async def test_one_pauses_and_two_resume(at: Screen) -> None:
    """While sending is paused nothing leaves; the second approver who says so lets it go on."""
    words = at.tongue
    received = len(at.scene.ligdicash.creates)
    await at.be("Clarisse")
    await at.type("/payout pause the balance looks wrong")
    await at.sees(at.whisper, words.paused)
    await at.be("Aminata")
    await at.ask("/payout 22670000024 4000 order 1280")
    await at.be("Daouda")
    await at.approve()
    await at.sees(at.thread, words.paused_card)
    await at.page.keyboard.press("Escape")
    await at.type("/payout resume")
    await at.sees(at.whisper, words.wants_resume)
    assert received == len(at.scene.ligdicash.creates)

    await at.be("Clarisse")
    await at.type("/payout resume")
    await at.sees(at.whisper, words.goes_on)
    await at.open_thread("order 1280")
    await at.sees(at.thread, words.token)


async def test_the_menu_of_the_last_message_has_room(at: Screen) -> None:
    """It opens upwards where below it there is only the message box."""
    await at.put_notices_away()
    await at.type("thank you")
    message = at.channel.locator(".message", has_text="thank you")
    await message.locator(".dots summary").click()
    await stands_in(at, message.locator(".dots > div"), at.page.locator("#messages-scroll"))
    await at.page.keyboard.press("Escape")
    await message.locator(".dots[open]").wait_for(state="detached")


async def test_a_forged_callback_changes_nothing(at: Screen) -> None:
    """The bot notes it and asks LigdiCash: the payout stays initiated, and is completed by the true one alone."""
    words = at.tongue
    paid = at.scene.ligdicash.paid_total.times
    await at.ask("/payout 22670000025 7000 order 1290")
    await at.be("Clarisse")
    await at.approve()
    await at.sees(at.thread, words.token)
    await at.to_ligdicash()
    await at.at_ligdicash(words.forge)
    await at.sees(at.panel, words.forged)
    await at.sees(at.panel.locator(".create").first, words.said_pending)
    assert paid == at.scene.ligdicash.paid_total.times
    await at.back_from_ligdicash("order 1290")
    await at.sees(at.thread, words.initiated)

    await at.to_ligdicash()
    await at.at_ligdicash(words.complete)
    await at.back_from_ligdicash("order 1290")
    await at.sees(at.thread, words.completed)
    assert 1 == await at.thread.locator(".message", has_text=words.completed).count()
    await at.go("payout-audit")
    await at.sees(at.channel, words.callback_received)
    await look(at, "#messages > :last-child")


async def test_home_shows_what_waits(at: Screen) -> None:
    """An approver sees there what to decide, with the way to it; whoever asked does not."""
    words = at.tongue
    await at.ask("/payout 22670000026 9000 order 1300")
    await at.be("Daouda")
    await at.go(words.home)
    home = at.page.locator("#home")
    await at.sees(home, words.waits_for_you)
    await at.sees(home, "order 1300")
    await look(at, "#home")
    await home.get_by_role("button", name=words.decide_there).last.click()
    await at.thread.get_by_role("button", name=words.approve, exact=True).wait_for()
    await at.sees(at.thread, "order 1300")

    await at.be("Aminata")
    await at.go(words.home)
    await at.sees(home, words.nothing_waits)
