"""What waited is decided by the rules of the moment in which it is heard, not by those of its click."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import DAY, MINUTE, SECOND
from bot.sandbox.slack import Delivery, Kind, Message
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, SUPPORT, SkippingClock, Stage, payout_of
from tests.story.authority import approvals, approves, click_on, office
from tests.story.office import (
    NO_ACCOUNT,
    approved,
    becomes,
    pause,
    press,
    propose,
    question_of,
    resume,
    seen,
    state_of,
    unconfirmed,
)

SOMEBODY = "22670000055"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


async def _clicked_while_nobody_works(scene: Stage, button: str) -> Message:
    """A click that is stored and acknowledged; then the process dies before it looks at it."""
    card = await scene.ask(f"{SOMEBODY} 5000 refund")
    await scene.question(card)
    await scene.at_rest()
    assert scene.bot is not None
    await scene.bot._house.worker.stop(1)
    user = CLARISSE if button == "approve" else AMINATA
    payload = click_on(scene, user, payout_of(card), button)
    assert (await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))).error is None
    assert [(button,)] == scene.rows("SELECT sort FROM inbox WHERE due_at IS NOT NULL")
    await scene.stop()
    return card


async def _started_after(scene: Stage, milliseconds: int) -> None:
    assert isinstance(scene.clock, SkippingClock)
    scene.clock.skip(milliseconds)
    await scene.start()
    await scene.at_rest()


async def test_an_approval_that_waited_for_long_is_asked_for_again(scene: Stage) -> None:
    """Who clicked five minutes ago may think otherwise by now: not counted, told, and a new click counts."""
    card = await _clicked_while_nobody_works(scene, "approve")
    await _started_after(scene, 5 * MINUTE + SECOND)
    assert (State.REQUESTED, []) == (state_of(scene, card), approvals(scene, card))
    await scene.whispered(CLARISSE, f"Your approval of {payout_of(card)} waited too long to be heard")
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "Completed")


async def test_an_approval_that_waited_for_a_moment_counts(scene: Stage) -> None:
    """A restart takes less than that."""
    card = await _clicked_while_nobody_works(scene, "approve")
    await _started_after(scene, 4 * MINUTE)
    await scene.card_says(card, "Completed")
    assert [CLARISSE] == approvals(scene, card)


async def test_what_sends_nothing_may_have_waited(scene: Stage) -> None:
    """Taking a request back is right however late it is heard."""
    card = await _clicked_while_nobody_works(scene, "cancel")
    await _started_after(scene, 60 * MINUTE)
    assert State.CANCELLED is state_of(scene, card)


async def _lowered(scene: Stage, most: str) -> None:
    """The largest payout is less than it was from now on."""
    await scene.stop()
    scene.extra = {**scene.extra, "MAX_AMOUNT": most}
    await scene.start()


async def test_the_largest_amount_of_now_holds_for_an_approval(scene: Stage) -> None:
    """Asked for when more was allowed: not approved, whoever clicks, and told why."""
    card = await scene.ask(f"{SOMEBODY} 900000 refund")
    await scene.question(card)
    await scene.at_rest()
    await _lowered(scene, "899999")
    await approves(scene, CLARISSE, card)
    await scene.whispered(CLARISSE, "it is more than is allowed for one payout now")
    await scene.at_rest()
    assert (State.REQUESTED, [], []) == (state_of(scene, card), approvals(scene, card), scene.ligdicash.creates)


async def test_the_largest_amount_of_now_holds_for_asking_again(scene: Stage) -> None:
    """No question is asked that nobody could say yes to."""
    card = await scene.ask(f"{NO_ACCOUNT} 900000 refund")
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "*Refused*")
    await scene.at_rest()
    await _lowered(scene, "899999")
    await press(scene, AMINATA, seen(scene, card), "ask_again")
    await scene.whispered(AMINATA, f"{payout_of(card)} was not asked for again: it is more than is allowed")
    assert [(1,)] == scene.rows("SELECT count(*) FROM attempts")
    await _lowered(scene, "900000")
    await press(scene, AMINATA, seen(scene, card), "ask_again")
    await question_of(scene, card, 2)
    await becomes(scene, card, State.REQUESTED)


@pytest.mark.parametrize(
    ("tightened", "why"),
    [
        ({"MAX_AMOUNT": "4000"}, "a smaller largest amount"),
        ({"APPROVERS": f"{DAOUDA},{BOUKARY}"}, "whoever approved is no approver any more"),
        ({"SECOND_APPROVAL_ABOVE": "4000"}, "one approval is not enough any more"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_was_approved_by_other_rules_is_not_sent(scene: Stage, tightened: dict[str, str], why: str) -> None:
    """Pause, take the wrong approver out, restart, resume: that is what people do in an emergency, and it must hold."""
    assert why
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    await scene.stop()
    scene.extra = {**scene.extra, **tightened}
    await scene.start()
    for user in (DAOUDA, BOUKARY if "APPROVERS" in tightened else CLARISSE):
        await resume(scene, user=user)
    await scene.card_says(card, "the rules were changed since it was approved")
    await scene.at_rest()
    assert (State.EXPIRED, []) == (state_of(scene, card), scene.ligdicash.creates)


async def test_what_the_new_rules_allow_is_sent(scene: Stage) -> None:
    """Rules that were changed without concerning it hold nothing up."""
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    await scene.stop()
    scene.extra = {**scene.extra, "MAX_AMOUNT": "5000", "SECOND_APPROVAL_ABOVE": "5000"}
    await scene.start()
    for user in (DAOUDA, CLARISSE):
        await resume(scene, user=user)
    await scene.card_says(card, "Completed")


async def test_a_resume_that_waited_for_days_is_typed_again(scene: Stage) -> None:
    """Nobody works for three days; two who wanted to go on before that have seen nothing of what is there now."""
    await pause(scene)
    assert scene.bot is not None
    await scene.bot._house.worker.stop(1)
    for user in (CLARISSE, DAOUDA):
        await scene.slack.command(user, SUPPORT, "resume")
    await scene.stop()
    await _started_after(scene, 3 * DAY)
    for user in (CLARISSE, DAOUDA):
        await scene.whispered(user, "waited too long to be heard, so nothing was changed")
    assert [("all", None)] == scene.rows("SELECT hold, resume_by FROM brakes")


async def test_a_confirmation_that_waited_for_long_is_clicked_again(scene: Stage) -> None:
    """Meanwhile LigdiCash may have spoken, and is asked before anybody's word of then counts."""
    card = await unconfirmed(scene)
    proposal = await propose(scene, DAOUDA, card, "paid")
    await scene.at_rest()
    assert scene.bot is not None
    await scene.bot._house.worker.stop(1)
    await press(scene, CLARISSE, proposal, "confirm", confirm=True, decide=False)
    await scene.stop()
    await _started_after(scene, 5 * MINUTE + SECOND)
    await scene.whispered(CLARISSE, "waited too long to be heard, so nothing was changed")
    assert State.UNCONFIRMED is state_of(scene, card)
