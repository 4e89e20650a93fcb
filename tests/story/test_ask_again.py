"""A new attempt: only after what is known to have paid nothing, and approved anew by all rules."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.clock import HOUR, MINUTE, SECOND
from bot.sandbox.ligdicash import Status
from bot.sandbox.slack import Message, outage
from storage.payout import State
from tests.stage import (
    AMINATA,
    AUDIT,
    BOUKARY,
    CLARISSE,
    DAOUDA,
    GUEST,
    STRANGER,
    SkippingClock,
    Stage,
    hurried,
    payout_of,
    stage,
)
from tests.story.office import (
    FAILS,
    NO_ACCOUNT,
    PENDING,
    approved,
    audit,
    becomes,
    buttons_of,
    changed,
    creates_of,
    decided,
    doubtful,
    kinds,
    ligdicash_says,
    press,
    press_again,
    propose,
    seen,
    state_of,
    transaction_of,
    unconfirmed,
    whisper_count,
)


async def _refused(scene: Stage) -> Message:
    return await scene.card_says(await approved(scene, NO_ACCOUNT), "*Refused*")


async def _failed(scene: Stage) -> Message:
    return await scene.card_says(await approved(scene, FAILS), "*Failed*", seconds=10)


async def _found_unpaid(scene: Stage) -> Message:
    card = await unconfirmed(scene)
    await scene.later(HOUR)
    await press(scene, DAOUDA, await propose(scene, CLARISSE, card, "unpaid"), "confirm")
    return await scene.card_says(card, "*Marked not paid*")


@pytest.mark.parametrize("ended", [_refused, _failed, _found_unpaid])
async def test_what_paid_nothing_is_asked_again(timed: Stage, ended: object) -> None:
    """Back to requested with another transaction id and a question; money only after its own approval."""
    assert callable(ended)
    card = await ended(timed)
    assert "ask_again" in buttons_of(card)
    await press(timed, BOUKARY, card, "ask_again")
    shown = await timed.card_says(card, "attempt 2")
    assert ("Waiting for a decision" in shown.words, []) == (True, buttons_of(shown))
    question = await timed.thread_says(card, "*Attempt 2*")
    assert f"asked again by <@{BOUKARY}>" in question.words
    await timed.at_rest()
    assert f"🔁 {payout_of(card)} asked for again by <@{BOUKARY}>: attempt 2" in audit(timed)
    await timed.later(HOUR)
    await timed.at_rest()
    sent = len(timed.ligdicash.creates)
    assert 1 == sent
    assert transaction_of(timed, card) != transaction_of(timed, card, 2)
    await press(timed, DAOUDA, question, "approve", confirm=True)
    await timed.at_rest()
    assert 2 == len(timed.ligdicash.creates)
    assert 1 == len(creates_of(timed, card, 2))
    assert [(1, CLARISSE), (2, DAOUDA)] == timed.rows("SELECT attempt, person FROM approvals ORDER BY event")


async def test_ligdicash_is_asked_once_more_before_another_attempt(timed: Stage) -> None:
    """It failed, and was paid after all, without a callback: the new attempt is stopped before anybody approves it."""
    card = await _failed(timed)
    await timed.at_rest()
    timed.ligdicash.bank.settle(transaction_of(timed, card), Status.COMPLETED)
    await press(timed, AMINATA, card, "ask_again")
    await timed.later(4 * SECOND)
    await timed.card_says(card, "🚨 *LigdiCash contradicts this:* “completed” of attempt 1")
    await timed.card_says(card, "*Stopped* before it left")
    assert (State.CANCELLED, [], "contradiction" in kinds(timed, card)) == (
        state_of(timed, card), creates_of(timed, card, 2), True
    )  # fmt: skip


async def test_the_approvals_of_the_first_attempt_count_for_nothing(timed: Stage) -> None:
    """Whatever the clock says, the second attempt waits for its own approval; the same person may give it."""
    card = await _refused(timed)
    await press(timed, AMINATA, card, "ask_again")
    await timed.at_rest()
    assert ([(None,)], State.REQUESTED) == (
        timed.rows("SELECT approved_at FROM attempts WHERE number = 2"),
        state_of(timed, card),
    )
    question = await timed.thread_says(card, "*Attempt 2*")
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await becomes(timed, card, State.REFUSED)
    assert 1 == len(creates_of(timed, card, 2))


async def test_who_asked_again_cannot_approve(timed: Stage) -> None:
    """An approver who asks again is barred as the requester is; neither rejects either.

    Each click is answered; what one person may not is written down once a minute for each act.
    """
    card = await _refused(timed)
    await press(timed, CLARISSE, card, "ask_again")
    question = await timed.thread_says(card, "*Attempt 2*")
    assert f"<@{CLARISSE}>, <@{DAOUDA}>" not in question.words
    assert f"<@{DAOUDA}>: please decide" in question.words
    for user in (CLARISSE, AMINATA):
        await press(timed, user, question, "approve", confirm=True)
        await timed.whispered(user, "You asked for this payout yourself")
        await timed.at_rest()
        await press(timed, user, question, "reject")
        assert 2 == await whisper_count(timed, user, "You asked for this payout yourself")
    assert (State.REQUESTED, []) == (state_of(timed, card), timed.slack.modals(CLARISSE))
    assert 4 == kinds(timed, card).count("decision_refused")
    await press(timed, DAOUDA, question, "approve", confirm=True)
    await becomes(timed, card, State.REFUSED)


async def test_old_buttons_are_stale_and_never_a_vote(timed: Stage) -> None:
    """Approve, Stop and Ask again of the first attempt: each is told so, and nothing moves."""
    card = await _refused(timed)
    await press(timed, AMINATA, card, "ask_again")
    await timed.at_rest()
    events = kinds(timed, card)
    await press_again(timed, "approve", user=DAOUDA)
    await timed.whispered(DAOUDA, "This button belongs to an earlier version")
    await press_again(timed, "ask_again", user=BOUKARY)
    await timed.whispered(BOUKARY, "This button belongs to an earlier version")
    await timed.at_rest()
    assert [*events, "decision_too_late", "answered"] == kinds(timed, card)
    assert (State.REQUESTED, [(2,)]) == (state_of(timed, card), timed.rows("SELECT attempt FROM payouts"))
    assert [(1,)] == timed.rows("SELECT count(*) FROM approvals")


async def test_two_late_clicks_on_two_attempts_are_two_answers(timed: Stage) -> None:
    """One was stale and one too slow: the second answer is not the first one repeated."""
    card = await _refused(timed)
    await press(timed, AMINATA, card, "ask_again")
    await press(timed, CLARISSE, await timed.thread_says(card, "*Attempt 2*"), "approve", confirm=True)
    await becomes(timed, card, State.REFUSED)
    await press_again(timed, "approve", user=DAOUDA)
    await timed.whispered(DAOUDA, "This button belongs to an earlier version")
    await press_again(timed, "approve", user=DAOUDA, which=1)
    await timed.whispered(DAOUDA, f"was already approved by <@{CLARISSE}>")
    assert 1 == await whisper_count(timed, DAOUDA, "This button belongs to an earlier version")
    assert 2 == kinds(timed, card).count("decision_too_late")


async def test_two_who_ask_again_at_once_make_one_attempt(timed: Stage) -> None:
    """And a redelivery makes no third."""
    card = await _refused(timed)
    await asyncio.gather(*(press(timed, user, card, "ask_again") for user in (AMINATA, BOUKARY)))
    await timed.slack.replay(timed.slack.deliveries[-1])
    await timed.slack.replay(timed.slack.deliveries[-2])
    await decided(timed)
    await timed.at_rest()
    assert (1, 1) == (kinds(timed, card).count("asked_again"), kinds(timed, card).count("answered"))
    assert [(2,)] == timed.rows("SELECT count(*) FROM attempts")


@pytest.mark.parametrize("user", [GUEST, STRANGER])
async def test_who_may_not_ask_may_not_ask_again(timed: Stage, user: str) -> None:
    """By the rules of a request; told each time, and written down once a minute for each act."""
    card = await _refused(timed)
    for times, button in enumerate(("ask_again", "ask_directly"), start=1):
        await press(timed, user, card, button)
        assert times == await whisper_count(timed, user, "Your payout was not asked for.")
    assert (State.REFUSED, []) == (state_of(timed, card), timed.slack.modals(user))
    assert 2 == kinds(timed, card).count("request_refused")
    await timed.slack.wait_for_message(AUDIT, f"🚷 <@{user}> may not ask for {payout_of(card)} again")


async def test_only_requesters_ask_again(tmp_path: Path) -> None:
    """Where requesters are named, an approver who is none of them does not ask again."""
    with hurried():
        async with stage(tmp_path, clock=SkippingClock(), REQUESTERS=AMINATA) as scene:
            card = await _refused(scene)
            await press(scene, DAOUDA, card, "ask_again")
            await scene.whispered(DAOUDA, "You are not among the people who may ask")
            assert State.REFUSED is state_of(scene, card)


async def test_a_second_attempt_is_cancelled_like_a_request(timed: Stage) -> None:
    """By whoever asked first or again; the first attempt stays what it was."""
    card = await _refused(timed)
    await press(timed, BOUKARY, card, "ask_again")
    question = await timed.thread_says(card, "*Attempt 2*")
    await press(timed, BOUKARY, question, "cancel", confirm=True)
    await timed.card_says(card, "*Cancelled*")
    assert [("refused",), ("never_sent",)] == timed.rows("SELECT outcome FROM attempts ORDER BY number")


async def test_what_is_told_late_speaks_of_its_own_attempt(timed: Stage) -> None:
    """Slack took edits and no messages for a while: the thread still says what became of which attempt, and why."""
    card = await timed.ask(f"{FAILS} 5000 refund")
    question = await timed.question(card)
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.postMessage" else None
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await press(timed, AMINATA, await timed.card_says(card, "*Failed*"), "ask_again")
    assert [(2,)] == timed.rows("SELECT attempt FROM payouts")
    timed.slack.api.weather = lambda _method, _args: None
    token = timed.ligdicash.payouts[0].token
    await timed.later(MINUTE)
    await timed.thread_says(card, f"Token:\n`{token}`")
    await timed.slack.wait_for_message(AUDIT, f"initiated, not yet paid (token …{token[-8:]})")
    await timed.thread_says(card, "*Attempt 2*")


# Where it may have been paid


async def test_what_may_have_been_paid_is_not_offered(timed: Stage) -> None:
    """Unconfirmed, initiated, completed, marked paid: no such button."""
    doubted = await doubtful(timed)
    pending = await approved(timed, PENDING)
    completed = await approved(timed)
    await timed.card_says(completed, "Completed")
    await timed.at_rest()
    for card in (doubted, pending, completed):
        assert "ask_again" not in buttons_of(seen(timed, card))
    await press(timed, DAOUDA, await propose(timed, CLARISSE, doubted, "paid"), "confirm")
    assert [] == buttons_of(await timed.card_says(doubted, "Marked paid"))


async def test_a_failure_by_a_callback_alone_is_not_asked_again(timed: Stage) -> None:
    """The creation's own token never came: LigdiCash was asked by a token that anybody could have sent."""
    card = await doubtful(timed)
    await ligdicash_says(timed, transaction_of(timed, card), "notcompleted")
    shown = await timed.card_says(card, "*Failed*")
    assert [] == buttons_of(shown)


async def test_a_contradiction_takes_the_button_away(timed: Stage) -> None:
    """The click that was a moment slower than LigdiCash's word makes no attempt."""
    card = await doubtful(timed)
    await timed.later(HOUR)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "unpaid"), "confirm")
    shown = await timed.card_says(card, "*Marked not paid*")
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.update" else None
    await timed.ligdicash.settle(transaction_of(timed, card), "completed")
    await changed(timed, lambda: "callback_received" in kinds(timed, card))
    await timed.later(4 * SECOND)
    await changed(timed, lambda: "contradiction" in kinds(timed, card))
    await press(timed, AMINATA, shown, "ask_again")
    timed.slack.api.weather = lambda _method, _args: None
    await timed.whispered(AMINATA, "cannot be asked for again")
    assert (State.FAILED, [(1,)]) == (state_of(timed, card), timed.rows("SELECT count(*) FROM attempts"))


# Straight to mobile money


async def test_without_an_account_it_is_asked_directly(timed: Stage) -> None:
    """The form comes filled in; it makes a new payout that links to the old, approved like any other."""
    card = await timed.ask(f"{NO_ACCOUNT} 7500 refund", values={"order": "ORD-7"})
    await press(timed, CLARISSE, await timed.question(card), "approve", confirm=True)
    card = await timed.card_says(card, "*Refused*")
    assert ["ask_again", "ask_directly"] == buttons_of(card)
    await press(timed, BOUKARY, card, "ask_directly")
    form = await timed.slack.wait_for_modal(BOUKARY)
    assert {
        "beneficiary": "+226 70 00 00 02",
        "amount": "7 500",
        "reason": "refund",
        "order": "ORD-7",
        "way": "mobile_directly",
    } == form.values
    result = await timed.slack.submit(form)
    assert {} == dict(result.errors)
    new = await timed.slack.wait_for(lambda slack: slack.messages(card.channel)[1], what="the new card")
    assert f"follows {payout_of(card)}" in new.words
    assert payout_of(new) != payout_of(card)
    assert State.REQUESTED is state_of(timed, new)
    await press(timed, DAOUDA, await timed.question(new), "approve", confirm=True)
    await timed.card_says(new, "Completed")
    assert (1, 7500) == timed.ligdicash.paid_total
    assert State.REFUSED is state_of(timed, card)


async def test_it_is_offered_for_a_missing_account_only(timed: Stage) -> None:
    """Other failures have other remedies."""
    assert ["ask_again"] == buttons_of(await _failed(timed))


async def test_an_old_button_opens_no_form(timed: Stage) -> None:
    """Asked again meanwhile: the same money is not asked for twice by a button that is out of date."""
    card = await _refused(timed)
    await press(timed, AMINATA, card, "ask_directly")
    form = await timed.slack.wait_for_modal(AMINATA)
    await timed.slack.close(form)
    await press(timed, AMINATA, card, "ask_again")
    await press_again(timed, "ask_directly", user=BOUKARY)
    await timed.whispered(BOUKARY, "This button belongs to an earlier version")
    await timed.at_rest()
    assert [] == timed.slack.modals(BOUKARY)


async def test_a_redelivered_click_opens_no_second_form(timed: Stage) -> None:
    """Nor does it complain that the form did not open."""
    card = await _refused(timed)
    await press(timed, AMINATA, card, "ask_directly")
    await timed.slack.wait_for_modal(AMINATA)
    await timed.slack.replay(timed.slack.deliveries[-1])
    await timed.at_rest()
    assert (1, []) == (len(timed.slack.modals(AMINATA)), timed.slack.ephemerals(AMINATA))


async def test_money_leaves_for_one_attempt_at_a_time(timed: Stage) -> None:
    """The ledger refuses to send beside an attempt of which it is not known that nothing was paid."""
    card = await _refused(timed)
    await press(timed, AMINATA, card, "ask_again")
    question = await timed.thread_says(card, "*Attempt 2*")
    assert timed.bot is not None
    # As a restored or damaged ledger might say.
    await timed.bot._ledger.write(
        lambda tx: tx.connection.execute("UPDATE attempts SET outcome = 'open' WHERE number = 1")
    )
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await becomes(timed, card, State.EXPIRED)
    assert [] == creates_of(timed, card, 2)
