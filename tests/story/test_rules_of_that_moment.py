"""What waited is decided by the rules of the moment in which it is heard, not by those of its click."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import DAY, MINUTE, SECOND
from bot.sandbox.slack import Delivery, Kind, Message
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, SUPPORT, SkippingClock, Stage, payout_of
from tests.story.authority import approvals, approves, click_on, clock_at, office
from tests.story.office import (
    NO_ACCOUNT,
    approved,
    audit,
    becomes,
    buttons_of,
    changed,
    pause,
    press,
    propose,
    question_of,
    resume,
    seen,
    state_of,
    told,
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


async def _tightened(scene: Stage, **settings: str) -> None:
    """Started again with other settings."""
    await scene.stop()
    scene.extra = {**scene.extra, **settings}
    await scene.start()


@pytest.mark.parametrize(
    ("tightened", "why"),
    [
        ({"MAX_AMOUNT": "4999"}, "one payout may not be as large now"),
        ({"COUNTRIES": "225"}, "nobody is paid in that country now"),
        ({"APPROVERS": f"{DAOUDA},{BOUKARY}"}, "who approved it may not do so now"),
        ({"SECOND_APPROVAL_ABOVE": "4999"}, "it takes two approvers now"),
        ({"DAILY_LIMIT": "4999"}, "more was approved on that day than the team's limit allows now"),
        ({"DAILY_LIMIT_PER_REQUESTER": "4999"}, "more was approved on that day for its requester than their limit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_was_approved_by_other_rules_is_not_sent(scene: Stage, tightened: dict[str, str], why: str) -> None:
    """Pause, take the wrong approver out, restart, resume: that is what people do in an emergency, and it must hold."""
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    await _tightened(scene, **tightened)
    for user in (DAOUDA, BOUKARY if "APPROVERS" in tightened else CLARISSE):
        await resume(scene, user=user)
    await scene.card_says(card, why)
    await scene.thread_says(card, why)
    await scene.thread_says(card, "*What to do:* if it is still needed, click *Correct and ask again*")
    await scene.at_rest()
    await told(scene)
    assert any(f"{payout_of(card)} expired before it left" in line and why in line for line in audit(scene))
    assert (State.EXPIRED, []) == (state_of(scene, card), scene.ligdicash.creates)
    assert ["correct"] == buttons_of(seen(scene, card))


async def test_what_the_new_rules_allow_is_sent(scene: Stage) -> None:
    """Rules that were changed without concerning it hold nothing up."""
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    await _tightened(
        scene,
        MAX_AMOUNT="5000",
        SECOND_APPROVAL_ABOVE="5000",
        DAILY_LIMIT="5000",
        DAILY_LIMIT_PER_REQUESTER="5000",
        COUNTRIES="225,226",
        APPROVERS=f"{CLARISSE},{BOUKARY}",
    )
    for user in (BOUKARY, CLARISSE):
        await resume(scene, user=user)
    await scene.card_says(card, "Completed")


async def test_a_lower_limit_leaves_what_fits(scene: Stage) -> None:
    """Of several that were approved together as many leave as the day has room for; the others end."""
    await pause(scene)
    cards = [await approved(scene) for _ in range(3)]
    await scene.at_rest()
    await _tightened(scene, DAILY_LIMIT="10000")
    for user in (DAOUDA, CLARISSE):
        await resume(scene, user=user)
    await changed(scene, lambda: len(scene.ligdicash.creates) == 2)
    await scene.at_rest()
    assert 1 == [state_of(scene, card) for card in cards].count(State.EXPIRED)


async def test_a_limit_that_another_day_used_up_is_over(tmp_path: Path) -> None:
    """Approved just before midnight, sent just after: it counts for the day of its approval, as the others do there."""
    async with office(tmp_path, clock_at("2030-05-14T23:58"), DAILY_LIMIT="9000") as scene:
        await pause(scene)
        before = await approved(scene)
        await scene.at_rest()
        assert isinstance(scene.clock, SkippingClock)
        scene.clock.skip(3 * MINUTE)
        after = await approved(scene)
        await scene.at_rest()
        for user in (DAOUDA, CLARISSE):
            await resume(scene, user=user)
        for card in (before, after):
            await scene.card_says(card, "Completed")


async def test_one_of_two_who_approved_is_not_enough(tmp_path: Path) -> None:
    """Two were needed, and one of them was taken out since: nothing leaves on the other's word."""
    async with office(tmp_path, SECOND_APPROVAL_ABOVE="4999") as scene:
        await pause(scene)
        card = await scene.ask(f"{SOMEBODY} 5000 refund")
        for user in (CLARISSE, DAOUDA):
            await approves(scene, user, card)
        await becomes(scene, card, State.APPROVED)
        await scene.at_rest()
        await _tightened(scene, APPROVERS=f"{DAOUDA},{BOUKARY}", SECOND_APPROVAL_ABOVE="10000")
        for user in (DAOUDA, BOUKARY):
            await resume(scene, user=user)
        await scene.card_says(card, "who approved it may not do so now")
        await scene.at_rest()
        assert [] == scene.ligdicash.creates


@pytest.mark.parametrize(
    ("tightened", "why"),
    [
        ({"COUNTRIES": "225"}, "nobody is paid in that country now"),
        ({"PAYOUT_CHANNELS": "C0ELSEWHERE"}, "payouts are not asked for in this channel any more"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_countries_and_channels_of_now_hold_for_an_approval(
    scene: Stage, tightened: dict[str, str], why: str
) -> None:
    """Asked for while it was allowed, and days may pass: not approved, whoever clicks, and told why."""
    card = await scene.ask(f"{SOMEBODY} 5000 refund")
    await scene.question(card)
    await scene.at_rest()
    await _tightened(scene, **tightened)
    await approves(scene, CLARISSE, card)
    await scene.whispered(CLARISSE, why)
    await scene.at_rest()
    assert (State.REQUESTED, [], []) == (state_of(scene, card), approvals(scene, card), scene.ligdicash.creates)


async def test_the_countries_of_now_hold_for_asking_again(scene: Stage) -> None:
    """No question is asked that nobody could say yes to."""
    card = await scene.ask(f"{NO_ACCOUNT} 5000 refund")
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "*Refused*")
    await scene.at_rest()
    await _tightened(scene, COUNTRIES="225")
    await press(scene, AMINATA, seen(scene, card), "ask_again")
    await scene.whispered(AMINATA, f"{payout_of(card)} was not asked for again: nobody is paid in that country now")
    assert [(1,)] == scene.rows("SELECT count(*) FROM attempts")


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
