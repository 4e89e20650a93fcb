"""LigdiCash's word against what is recorded: said loudly, once; what follows and has not left is stopped."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest

from bot.clock import DAY, HOUR, SECOND
from bot.ligdicash.client import LigdicashClient
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import AMINATA, AUDIT, CLARISSE, DAOUDA, SUPPORT, Stage, payout_of
from tests.story.office import (
    FAILS,
    PENDING,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    changed,
    creates_of,
    creates_refused,
    doubtful,
    held_back,
    kinds,
    lease_ran_out,
    ligdicash_says,
    pause,
    press,
    press_again,
    propose,
    seen,
    state_of,
    transaction_of,
)

CONTRADICTED = "contradicted by LigdiCash, may have been paid or not"


async def _found_unpaid(scene: Stage) -> Message:
    """LigdiCash has it, pending, and two people say that it was not paid."""
    card = await doubtful(scene)
    await scene.later(HOUR)
    await press(scene, DAOUDA, await propose(scene, CLARISSE, card, "unpaid"), "confirm")
    return await scene.card_says(card, "*Marked not paid*")


async def _asked_again(scene: Stage) -> tuple[Message, Message]:
    """The same, asked again; the card and the new question."""
    card = await _found_unpaid(scene)
    await press(scene, AMINATA, card, "ask_again")
    return card, await scene.thread_says(card, "*Attempt 2*")


async def _first_was_paid(scene: Stage, card: Message) -> None:
    await ligdicash_says(scene, transaction_of(scene, card), "completed")
    assert "contradiction" in kinds(scene, card)


async def _stopped(scene: Stage, card: Message) -> None:
    """However long one waits and whatever is clicked, the second attempt never leaves."""
    shown = await scene.card_says(
        card, "*Stopped* before it left · LigdiCash says that an earlier attempt may have been paid"
    )
    assert "🚨 *LigdiCash contradicts this:* “completed” of attempt 1. Tell finance now." == shown.seen[0]
    assert [] == buttons_of(shown)
    await scene.thread_says(
        card, "was *stopped* before it left: LigdiCash says that an earlier attempt may have been paid"
    )
    await scene.later(DAY)
    await scene.at_rest()
    assert (State.CANCELLED, []) == (state_of(scene, card), creates_of(scene, card, 2))
    assert (1, 5000) == scene.ligdicash.paid_total
    assert f"🚫 {payout_of(card)} stopped before it left: an earlier attempt may have been paid" in audit(scene)


async def test_a_following_request_is_stopped(timed: Stage) -> None:
    """Before anybody approved it; the question closes, and a click that was too slow is told."""
    card, _ = await _asked_again(timed)
    await _first_was_paid(timed, card)
    question = await timed.slack.wait_for(
        lambda slack: next(
            one for one in slack.messages(card.channel, card.ts) if f"Closed: cancelled; {CONTRADICTED}." in one.words
        )
    )
    assert [] == buttons_of(question)
    await timed.slack.wait_for_message(
        AUDIT, "attempt 1 is recorded as not paid, but LigdiCash now says “completed” of it"
    )
    assert [("found_unpaid", "completed"), ("never_sent", None)] == timed.rows(
        "SELECT outcome, contradicted FROM attempts ORDER BY number"
    )
    await _stopped(timed, card)


async def test_an_approval_after_it_is_told(timed: Stage) -> None:
    """Approved on a slow screen: nothing leaves, and the approver reads what it is now."""
    card, question = await _asked_again(timed)
    await press(timed, AMINATA, question, "approve", confirm=True)
    await _first_was_paid(timed, card)
    second = [one for one in timed.slack.deliveries if "approve" in str(one.delivery.payload.get("actions"))][-1]
    payload = {**second.delivery.payload, "user": {**second.delivery.payload["user"], "id": DAOUDA}}
    payload["actions"] = [{**payload["actions"][0], "action_ts": "9999999999.1"}]
    await timed.slack.replay(type(second)(type(second.delivery)(second.delivery.kind, payload), 0, 0.0))
    await timed.whispered(DAOUDA, f"It is: cancelled; {CONTRADICTED}.")
    await _stopped(timed, card)


async def test_a_following_approved_payout_is_stopped(timed: Stage) -> None:
    """Approved and held: the release of the brake does not send it."""
    card, question = await _asked_again(timed)
    await pause(timed)
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await timed.at_rest()
    assert State.APPROVED is state_of(timed, card)
    await _first_was_paid(timed, card)
    await timed.thread_says(card, "The newest attempt had not left, and does not leave any more.")
    await both_resume(timed)
    await _stopped(timed, card)
    assert [] == [one.words for one in timed.slack.messages(SUPPORT, card.ts) if "money left twice" in one.words]


@pytest.mark.parametrize("paused", [True, False])
async def test_one_that_has_not_left_yet_is_stopped(timed: Stage, paused: bool) -> None:  # noqa: FBT001 - a parameter
    """LigdiCash's word came between the commit and the first byte: it does not leave, and is not sent again."""
    card, question = await _asked_again(timed)
    gate, create = asyncio.Event(), LigdicashClient.create

    async def waits(*args: object, **kwargs: object) -> object:
        await gate.wait()
        return await create(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    with patch.object(LigdicashClient, "create", waits):
        await press(timed, CLARISSE, question, "approve", confirm=True)
        await becomes(timed, card, State.SENDING)
        await timed.ligdicash.settle(transaction_of(timed, card), "completed")
        await changed(timed, lambda: "callback_received" in kinds(timed, card))
        await timed.later(4 * SECOND)
        await changed(timed, lambda: "contradiction" in kinds(timed, card))
        if paused:
            await pause(timed)
        gate.set()
        await changed(timed, lambda: "not_sent" in kinds(timed, card))
    if paused:
        await both_resume(timed)
    await timed.later(HOUR // 2)
    await _stopped(timed, card)


@pytest.mark.parametrize("number_of_days", [0, 20])
async def test_one_that_has_left_is_announced(timed: Stage, number_of_days: int) -> None:
    """It cannot be called back: all read which attempt is meant, and that money may have left twice."""
    card, question = await _asked_again(timed)
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await becomes(timed, card, State.INITIATED)
    await timed.later(number_of_days * DAY)
    await timed.at_rest()
    await _first_was_paid(timed, card)
    told = await timed.thread_says(card, "attempt 1 is recorded as not paid, but LigdiCash now says “completed” of it")
    assert "The newest attempt is: initiated, not yet paid. If that one was paid too, money left twice." in told.words
    assert "🚨" in seen(timed, card).seen[0]
    await ligdicash_says(timed, transaction_of(timed, card, 2), "completed")
    await timed.card_says(card, "LigdiCash says it was paid")
    await ligdicash_says(timed, transaction_of(timed, card), "completed")
    await timed.at_rest()
    assert (State.COMPLETED, (2, 10000)) == (state_of(timed, card), timed.ligdicash.paid_total)
    assert 1 == kinds(timed, card).count("contradiction")
    assert 1 == sum("attempt 1 is recorded as not paid" in line for line in audit(timed))
    assert "🚨" in seen(timed, card).seen[0]


async def test_a_late_token_after_not_paid_stops_what_follows(timed: Stage) -> None:
    """LigdiCash took the first attempt after all, so it may still be paid: nothing may follow it."""
    async with held_back(timed, "POST") as gate:
        card = await approved(timed, PENDING)
        await lease_ran_out(timed, card)
        await timed.card_says(card, "*Unconfirmed*")
        await timed.later(HOUR)
        await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "unpaid"), "confirm")
        await timed.card_says(card, "*Marked not paid*")
        await press(timed, AMINATA, card, "ask_again")
        await timed.thread_says(card, "*Attempt 2*")
        gate.set()
        await timed.card_says(card, "“accepted” of attempt 1")
    await timed.at_rest()
    assert (State.CANCELLED, []) == (state_of(timed, card), creates_of(timed, card, 2))
    await _first_was_paid(timed, card)
    assert 2 == kinds(timed, card).count("contradiction")
    await timed.card_says(card, "“completed” of attempt 1")


async def test_a_late_refusal_after_paid_is_said(timed: Stage) -> None:
    """Two people saw it paid, and then the answer of the request comes: refused."""
    with creates_refused(timed, "withdrawal", "05"):
        async with held_back(timed, "POST") as gate:
            card = await approved(timed)
            await lease_ran_out(timed, card)
            await timed.card_says(card, "*Unconfirmed*")
            await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "paid"), "confirm")
            await timed.card_says(card, "*Marked paid*")
            gate.set()
            await timed.card_says(card, "🚨 *LigdiCash contradicts this:* “refused (code 05)” of attempt 1")
    assert State.COMPLETED is state_of(timed, card)
    await timed.slack.wait_for_message(
        AUDIT, "is recorded as marked paid by two people, but LigdiCash now says “refused (code 05)”"
    )


@pytest.mark.parametrize(
    ("number", "first", "then"),
    [
        (PENDING, "completed", "notcompleted"),
        (PENDING, "notcompleted", "completed"),
        (FAILS, "", "completed"),
    ],
)
async def test_a_final_word_that_is_taken_back_is_said(timed: Stage, number: str, first: str, then: str) -> None:
    """LigdiCash against itself: the state stays, the banner too, nothing can be asked again; told once."""
    card = await approved(timed, number)
    if first:
        await becomes(timed, card, State.INITIATED)
        await ligdicash_says(timed, transaction_of(timed, card), first)
    await changed(timed, lambda: state_of(timed, card) in {State.COMPLETED, State.FAILED})
    state = state_of(timed, card)
    for _ in range(3):
        await ligdicash_says(timed, transaction_of(timed, card), then)
    shown = await timed.card_says(card, f"🚨 *LigdiCash contradicts this:* “{then}” of attempt 1")
    assert [] == buttons_of(shown)
    assert (state, 1) == (state_of(timed, card), kinds(timed, card).count("contradiction"))
    assert 1 == sum("🚨" in line for line in audit(timed))


async def test_a_stopped_attempt_is_not_asked_again(timed: Stage) -> None:
    """Nor is one that failed after LigdiCash said that an earlier one was paid."""
    card, question = await _asked_again(timed)
    with creates_refused(timed, "withdrawal", "05"):
        async with held_back(timed, "POST") as gate:
            await press(timed, CLARISSE, question, "approve", confirm=True)
            await becomes(timed, card, State.SENDING)
            await timed.ligdicash.settle(transaction_of(timed, card), "completed")
            await changed(timed, lambda: "callback_received" in kinds(timed, card))
            await timed.later(4 * SECOND)
            await changed(timed, lambda: "contradiction" in kinds(timed, card))
            gate.set()
            await becomes(timed, card, State.REFUSED)
    await timed.at_rest()
    refused = await timed.card_says(card, "*Refused*")
    assert [] == buttons_of(refused)
    assert refused.words.count("*What to do:* do not ask for it again before finance has looked it up.") == 1
    thread = [one.words for one in timed.slack.messages(SUPPORT, card.ts) if "(code 05)" in one.words]
    assert [True] == ["*What to do:* do not ask for it again before finance" in words for words in thread]
    await press_again(timed, "ask_again")
    await timed.at_rest()
    assert [(2,)] == timed.rows("SELECT count(*) FROM attempts")
