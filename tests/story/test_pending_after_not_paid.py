"""LigdiCash says that it still has what two people found unpaid: news contradicts them, what they knew is led with."""

from __future__ import annotations

import json

from bot.clock import DAY, HOUR, MINUTE
from bot.sandbox.ligdicash import Answer
from bot.sandbox.ligdicash.answers import CRASHED
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, Stage
from tests.story.office import (
    NO_CALLBACK,
    PENDING,
    approved,
    becomes,
    buttons_of,
    creates_of,
    doubtful,
    kinds,
    ligdicash_says,
    press,
    press_again,
    press_as_shown,
    propose,
    question_of,
    seen,
    state_of,
    status_answers,
    told,
    transaction_of,
)

STILL = "LigdiCash's newest word on it is “pending”: it may still be paid."
LEADS = "🚨 *LigdiCash's newest word on an earlier attempt is “pending”: it may still be paid,* though two people say"


async def _not_paid(scene: Stage, card: Message) -> Message:
    """Two people say so; both see what the proposal says."""
    proposal = await propose(scene, CLARISSE, seen(scene, card), "unpaid")
    await press(scene, DAOUDA, proposal, "confirm")
    await scene.card_says(card, "*Marked not paid*")
    return proposal


async def _pending_for_long(scene: Stage) -> Message:
    """LigdiCash took it and says `pending` for 30 hours."""
    card = await approved(scene, PENDING)
    await becomes(scene, card, State.INITIATED)
    for _ in range(30):
        await scene.later(HOUR)
        await scene.at_rest()
    return card


async def _asked_again(scene: Stage, card: Message) -> Message:
    """By whoever asked; its question."""
    await press(scene, AMINATA, seen(scene, card), "ask_again")
    return await question_of(scene, card, 2)


async def test_pending_that_nobody_knew_of_contradicts(timed: Stage) -> None:
    """The answer of the request was lost: after "not paid" a callback leads to it, and what follows is stopped."""
    card = await doubtful(timed)
    await timed.later(HOUR)
    proposal = await _not_paid(timed, card)
    assert "newest word" not in proposal.words
    question = await _asked_again(timed, card)
    assert "🚨" not in question.words
    await ligdicash_says(timed, transaction_of(timed, card), "pending")
    shown = await timed.card_says(card, "🚨 *LigdiCash contradicts this:* “pending” of attempt 1. Tell finance now.")
    assert [] == buttons_of(shown)
    await timed.thread_says(card, "attempt 1 is recorded as not paid, but LigdiCash now says “pending” of it")
    await timed.slack.wait_for_message(
        AUDIT, "attempt 1 is recorded as not paid, but LigdiCash now says “pending” of it"
    )
    assert State.CANCELLED is state_of(timed, card)
    await press_again(timed, "approve", user=CLARISSE)
    await timed.later(DAY)
    await timed.at_rest()
    assert [] == creates_of(timed, card, 2)
    # Said once, and the final word is heard all the same.
    await ligdicash_says(timed, transaction_of(timed, card), "pending")
    assert 1 == kinds(timed, card).count("contradiction")
    await ligdicash_says(timed, transaction_of(timed, card), "completed")
    assert 2 == kinds(timed, card).count("contradiction")
    assert (1, 5000) == timed.ligdicash.paid_total


async def test_a_word_that_nobody_documented_contradicts_too(timed: Stage) -> None:
    """It is no final one, so it may still be paid."""
    card = await doubtful(timed)
    await timed.later(HOUR)
    await _not_paid(timed, card)
    await _asked_again(timed, card)
    mine = transaction_of(timed, card)
    body = {"response_code": "00", "status": "waiting", "transaction_id": mine}
    with status_answers(timed, lambda _token: Answer(200, json.dumps(body))):
        await ligdicash_says(timed, mine, "pending")
    await timed.card_says(card, "🚨 *LigdiCash contradicts this:* “waiting” of attempt 1")
    assert State.CANCELLED is state_of(timed, card)


async def test_people_are_told_that_ligdicash_says_pending(timed: Stage) -> None:
    """In the form, on the proposal and in its dialog; they may say "not paid" all the same."""
    card = await _pending_for_long(timed)
    await press(timed, CLARISSE, seen(timed, card), "resolve")
    form = await timed.slack.wait_for_modal(CLARISSE, "Resolve")
    assert STILL in str(form.spec)
    timed.slack.workspace.close(form)
    proposal = await propose(timed, CLARISSE, seen(timed, card), "unpaid")
    assert f"⚠️ *{STILL}*" in proposal.words
    (button,) = proposal.buttons
    assert STILL in str(button)
    await press(timed, DAOUDA, proposal, "confirm")
    await timed.card_says(card, "*Marked not paid*")
    polls = timed.rows("SELECT polls FROM attempts")
    await timed.later(2 * HOUR)
    await timed.at_rest()
    assert polls < timed.rows("SELECT polls FROM attempts"), "LigdiCash is asked on"
    assert "contradiction" not in kinds(timed, card), "what was known is no news"


async def test_what_follows_needs_two_and_leads_with_it(timed: Stage) -> None:
    """One approval is not enough; with two it leaves."""
    card = await _pending_for_long(timed)
    await _not_paid(timed, card)
    question = await _asked_again(timed, card)
    assert question.seen[0].startswith(LEADS)
    assert "*Two* different approvers are needed." in question.words
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await timed.later(MINUTE)
    await timed.at_rest()
    assert (State.REQUESTED, []) == (state_of(timed, card), creates_of(timed, card, 2))
    await press(timed, DAOUDA, await question_of(timed, card, 2), "approve", confirm=True)
    await becomes(timed, card, State.INITIATED)


async def test_another_request_for_the_same_person_needs_two(timed: Stage) -> None:
    """Not asked again by its button, but anew: its question leads with the first."""
    card = await _pending_for_long(timed)
    await _not_paid(timed, card)
    (number,) = timed.rows("SELECT number FROM beneficiaries")[0]
    second = await timed.ask(f"{number} 5000 refund", user=BOUKARY)
    question = await timed.question(second)
    assert "🚨 *An earlier payout to this person, or for this order, may still be paid.* Two" in question.words
    assert "marked not paid by two people" in question.words
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await timed.later(MINUTE)
    await timed.at_rest()
    assert State.REQUESTED is state_of(timed, second)


async def test_once_ligdicash_says_that_it_failed_one_is_enough(timed: Stage) -> None:
    """The open question is drawn anew, without the warning."""
    card = await _pending_for_long(timed)
    await _not_paid(timed, card)
    question = await _asked_again(timed, card)
    await ligdicash_says(timed, transaction_of(timed, card), "notcompleted")
    await told(timed)
    assert "🚨" not in timed.slack.workspace.current(question).words
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await becomes(timed, card, State.INITIATED)


async def test_an_answer_about_something_else_confirms_nothing(timed: Stage) -> None:
    """Its own token says "failed", but names another transaction: what follows still needs two."""
    card = await _pending_for_long(timed)
    await _not_paid(timed, card)
    await _asked_again(timed, card)
    said = {"response_code": "00", "status": "notcompleted", "transaction_id": "0" * 32}
    with status_answers(timed, lambda _: Answer(200, json.dumps(said))):
        for _ in range(3):
            await timed.later(HOUR)
            await timed.at_rest()
    assert ["found_unpaid", "open"] == [row[0] for row in timed.rows("SELECT outcome FROM attempts ORDER BY number")]
    assert 1 == kinds(timed, card).count("evidence_mismatch")
    await press(timed, CLARISSE, await question_of(timed, card, 2), "approve", confirm=True)
    await timed.at_rest()
    assert State.REQUESTED is state_of(timed, card)


async def test_it_is_stopped_once_it_is_paid(timed: Stage) -> None:
    """Asked on after people's word: `completed` contradicts them, and what waits does not leave."""
    card = await _pending_for_long(timed)
    await _not_paid(timed, card)
    await _asked_again(timed, card)
    await ligdicash_says(timed, transaction_of(timed, card), "completed")
    await timed.card_says(card, "🚨 *LigdiCash contradicts this:* “completed” of attempt 1")
    assert (State.CANCELLED, []) == (state_of(timed, card), creates_of(timed, card, 2))


async def test_the_first_pending_voids_a_proposal(timed: Stage) -> None:
    """It was made while the status call told nothing but errors; the next proposal says what LigdiCash says."""
    with status_answers(timed, lambda _token: CRASHED):
        card = await approved(timed, NO_CALLBACK)
        await becomes(timed, card, State.INITIATED)
        for _ in range(8):
            await timed.later(HOUR)
            await timed.at_rest()
        proposal = await propose(timed, CLARISSE, seen(timed, card), "unpaid")
        assert "newest word" not in proposal.words
    with status_answers(timed, lambda _token: _says("pending")):
        for _ in range(24):
            await timed.later(HOUR)
            await timed.at_rest()
        await press_as_shown(timed, DAOUDA, proposal, "confirm")
        await timed.whispered(DAOUDA, "That proposal no longer counts")
        assert "proposal_voided" in kinds(timed, card)
        assert State.INITIATED is state_of(timed, card)
        again = await propose(timed, CLARISSE, seen(timed, card), "unpaid")
        assert f"⚠️ *{STILL}*" in again.words
        await press(timed, DAOUDA, again, "confirm")
        await timed.card_says(card, "*Marked not paid*")
        await timed.later(2 * HOUR)
        await timed.at_rest()
    assert "contradiction" not in kinds(timed, card)


def _says(word: str) -> Answer:
    return Answer(200, json.dumps({"response_code": "00", "status": word}))
