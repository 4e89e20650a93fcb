"""An amount that LigdiCash does not pay: warned of, never blocked; once refused, only another one is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import Message, View
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, SUPPORT, Stage, payout_of
from tests.story.authority import approves, office, somebody
from tests.story.office import becomes, buttons_of, creates_refused, press, seen, state_of

WARNING = (
    "⚠️ LigdiCash usually pays an amount between 100\N{NO-BREAK SPACE}XOF and "
    "1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}XOF: this is probably refused. "
    "Send it only if it is right all the same."
)
REMEDY = "ask again with an amount between 100 XOF and 1 000 000 XOF: *Correct and ask again* on the card."


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


def beside_the_amount(form: View) -> str:
    """What the form says under that field."""
    (block,) = [each for each in form.blocks if each.get("block_id") == "amount"]
    return str(block["hint"]["text"])


def payouts(scene: Stage) -> int:
    """How many were asked for."""
    return len(scene.rows("SELECT 1 FROM payouts"))


async def refused(scene: Stage, amount: int = 10) -> Message:
    """A payout that was approved and that LigdiCash refuses for its amount."""
    form = await scene.form(f"{somebody(1)} {amount} refund", user=AMINATA)
    assert (await scene.slack.submit(form, {"order": "A-9"})).closed
    card = await scene.slack.wait_for_message(SUPPORT, f"{amount} XOF")
    await approves(scene, CLARISSE, card)
    return await scene.card_says(card, "*Refused*")


async def test_what_was_refused_for_its_amount_is_corrected(scene: Stage) -> None:
    """No button asks for the same once more: the form opens, filled in and warning, and makes a payout that follows."""
    card = await refused(scene)
    assert (["correct"], True) == (buttons_of(card), REMEDY in card.words)
    await scene.thread_says(card, REMEDY)
    await press(scene, BOUKARY, card, "correct")
    form = await scene.slack.wait_for_modal(BOUKARY)
    assert ("10", "refund", "A-9") == tuple(form.values[name] for name in ("amount", "reason", "order"))
    assert ("Is the amount right?", WARNING) == (form.title, beside_the_amount(form))
    assert (await scene.slack.submit(form, {"amount": "5 000"})).closed
    new = await scene.slack.wait_for_message(SUPPORT, "5 000 XOF")
    assert f"follows {payout_of(card)}" in new.words
    await scene.at_rest()
    assert [] == buttons_of(seen(scene, card))
    await approves(scene, CLARISSE, new)
    await scene.card_says(new, "Completed")
    assert (1, 5000) == scene.ligdicash.paid_total


async def test_straight_to_mobile_money_it_is_the_same(scene: Stage) -> None:
    """That endpoint has a code of its own for the amount."""
    with creates_refused(scene, "straight", "02"):
        card = await scene.ask(f"{somebody(1)} 5000 refund", values={"way": "mobile_directly"})
        await approves(scene, CLARISSE, card)
        assert ["correct"] == buttons_of(await scene.card_says(card, REMEDY))


@pytest.mark.parametrize("code", ["01", "04", "09"])
async def test_what_is_mended_elsewhere_is_asked_for_again_as_it_is(scene: Stage, code: str) -> None:
    """Nothing is wrong with the request: the same once more, in one click."""
    with creates_refused(scene, "withdrawal", code):
        card = await scene.ask(f"{somebody(1)} 5000 refund")
        await approves(scene, CLARISSE, card)
        await becomes(scene, card, State.REFUSED)
        await scene.at_rest()
    assert ["ask_again"] == buttons_of(seen(scene, card))


@pytest.mark.parametrize("typed", ["99", "1"])
async def test_a_small_amount_is_warned_of_and_taken(scene: Stage, typed: str) -> None:
    """Typed into the form, it comes back once with the warning beside it; sent once more, it is asked for."""
    form = await scene.form(f"{somebody(1)}", user=AMINATA)
    first = await scene.slack.submit(form, {"amount": typed, "reason": "refund", "order": "A-1"})
    assert (False, {}, 0) == (first.closed, first.errors, payouts(scene))
    assert ("Is the amount right?", WARNING) == (form.title, beside_the_amount(form))
    assert (typed, "refund", "A-1") == tuple(form.values[name] for name in ("amount", "reason", "order"))
    assert (await scene.slack.submit(form)).closed
    card = await scene.slack.wait_for_message(SUPPORT, f"{typed} XOF")
    assert State.REQUESTED is state_of(scene, card)


async def test_a_warning_for_one_amount_is_none_for_another(scene: Stage) -> None:
    """Mistyped a second time, it is warned of a second time."""
    form = await scene.form(f"{somebody(1)} 10 refund")
    assert not (await scene.slack.submit(form, {"amount": "50"})).closed
    assert (await scene.slack.submit(form)).closed


async def test_what_the_command_says_is_warned_of_at_once(scene: Stage) -> None:
    """The form opens with the warning, so it is sent once."""
    form = await scene.form(f"{somebody(1)} 20 refund")
    assert WARNING == beside_the_amount(form)
    assert (await scene.slack.submit(form)).closed


async def test_an_ordinary_amount_is_not_warned_of(scene: Stage) -> None:
    """From 100 on nothing is said, and the form is sent once."""
    form = await scene.form(f"{somebody(1)} 100 refund")
    assert ("Ask for a payout", False) == (form.title, "⚠️" in beside_the_amount(form))
    assert (await scene.slack.submit(form)).closed


async def test_what_is_small_and_repeated_is_looked_at_once(scene: Stage) -> None:
    """One form more, with both to look at."""
    await scene.ask(f"{somebody(1)} 5000 refund", user=BOUKARY)
    form = await scene.form(f"{somebody(1)}", user=AMINATA)
    assert not (await scene.slack.submit(form, {"amount": "60", "reason": "refund"})).closed
    assert ("Asked for already?", WARNING) == (form.title, beside_the_amount(form))
    assert (await scene.slack.submit(form, {"known": "known"})).closed
