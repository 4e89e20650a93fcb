"""What LigdiCash contradicts is told as that wherever a state is put into words; nobody reads that it was not paid."""

from __future__ import annotations

import pytest

from bot.clock import HOUR, MINUTE
from bot.sandbox.slack import Message, outage
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, payout_of
from tests.story.authority import commands
from tests.story.office import (
    FAILS,
    approved,
    becomes,
    changed,
    doubtful,
    home,
    kinds,
    ligdicash_says,
    press,
    press_again,
    propose,
    seen,
    told,
    transaction_of,
)
from tests.story.test_repeats import submit

CONTRADICTED = "contradicted by LigdiCash, may have been paid or not"


async def _failed(scene: Stage) -> Message:
    """LigdiCash itself said that it was not paid."""
    return await scene.card_says(await approved(scene, FAILS), "*Failed*")


async def _found_unpaid(scene: Stage) -> Message:
    """Two people said so."""
    card = await doubtful(scene)
    await scene.later(HOUR)
    await press(scene, DAOUDA, await propose(scene, CLARISSE, card, "unpaid"), "confirm")
    return await scene.card_says(card, "*Marked not paid*")


@pytest.fixture(params=[_failed, _found_unpaid])
async def card(timed: Stage, request: pytest.FixtureRequest) -> Message:
    """A payout that is recorded as not paid, of which LigdiCash now says “completed”."""
    found: Message = await request.param(timed)
    await timed.at_rest()
    await ligdicash_says(timed, transaction_of(timed, found), "completed")
    await timed.card_says(found, "LigdiCash contradicts this")
    await told(timed)
    return found


def _is_told(text: str, *, sign: str = "") -> None:
    assert f"{sign}{CONTRADICTED}" in text
    assert "not paid" not in text


async def test_whoever_asked_reads_it(timed: Stage, card: Message) -> None:
    """By status, by list, in Home, each with a sign of its own; and on the lock screen, the card's words there."""
    for command in (f"status {payout_of(card)}", "list"):
        answer = await commands(timed, AMINATA, command)
        text = answer + "".join(message.words for message in timed.slack.ephemerals(AMINATA))
        _is_told(text)
        assert "🚨 *5 000 XOF*" in text
    _is_told((await home(timed, AMINATA)).text)
    _is_told(seen(timed, card).text)


@pytest.mark.usefixtures("card")
async def test_a_late_click_reads_it(timed: Stage) -> None:
    """Whoever still sees the old question, and clicks on it."""
    await press_again(timed, "approve", user=DAOUDA)
    await timed.whispered(DAOUDA, f"Now: {CONTRADICTED}.")


async def test_whoever_asks_for_the_like_reads_it(timed: Stage, card: Message) -> None:
    """In the form and in the question, of two people's word and of LigdiCash's own."""
    ((number,),) = timed.rows("SELECT number FROM beneficiaries")
    form, _ = await submit(timed, f"{number} 5000 refund", user=BOUKARY)
    line = f"{payout_of(card)}>: 5 000 XOF, 🚨 {CONTRADICTED}, asked at"
    assert line in form.text
    _is_told(form.text)


async def test_a_direct_message_that_comes_late_tells_it(timed: Stage) -> None:
    """Slack takes it only after LigdiCash contradicted what it was to say."""
    up = False
    timed.slack.api.weather = lambda method, args: (
        outage(500) if method == "chat.postMessage" and args["channel"] not in {SUPPORT, AUDIT} and not up else None
    )
    card = await approved(timed, FAILS)
    await becomes(timed, card, State.FAILED)
    await timed.at_rest()
    await ligdicash_says(timed, transaction_of(timed, card), "completed")
    await changed(timed, lambda: "contradiction" in kinds(timed, card))
    assert [] == timed.slack.direct_messages(AMINATA)
    up = True
    await timed.later(3 * MINUTE)
    await told(timed)
    (direct,) = timed.slack.direct_messages(AMINATA)
    _is_told(direct.words)
    assert direct.text.startswith("🚨 5 000 XOF")


async def test_one_that_was_paid_keeps_that_word(timed: Stage) -> None:
    """Two people found it paid, LigdiCash says failed: both are said, neither as sure."""
    card = await doubtful(timed)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "paid"), "confirm")
    await timed.card_says(card, "*Marked paid*")
    await ligdicash_says(timed, transaction_of(timed, card), "nocompleted")
    await timed.card_says(card, "LigdiCash contradicts this")
    await told(timed)
    standing = "recorded as marked paid by two people; LigdiCash contradicts something about it, see its card"
    for command in (f"status {payout_of(card)}", "list"):
        answer = await commands(timed, AMINATA, command)
        assert standing in answer + "".join(message.words for message in timed.slack.ephemerals(AMINATA))
