"""The same money under two names: what was paid meanwhile, or in its place, is never paid once more unseen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from bot.clock import DAY, HOUR, SECOND
from bot.sandbox.ligdicash import Answer
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, payout_of
from tests.story.authority import approves, clicks, office, somebody
from tests.story.office import (
    FAILS,
    NO_ACCOUNT,
    answers_lost,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    callback_url,
    changed,
    creates_of,
    kinds,
    pause,
    press,
    propose,
    seen,
    state_of,
    status_answers,
    transaction_of,
)

MEANWHILE = "🚨 *Since this was asked for, another payout to this person, or for this order, was paid.*"
TWO = "*Two* different approvers are needed."


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


async def newest(scene: Stage) -> Message:
    """The card that came last."""
    await scene.at_rest()
    return scene.slack.messages(SUPPORT)[-1]


async def paid(scene: Stage, card: Message) -> None:
    """Approved by one and completed."""
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "Completed")
    await scene.at_rest()


async def refused(scene: Stage) -> Message:
    """A payout whose beneficiary has no account."""
    card = await scene.ask(f"{NO_ACCOUNT} 7500 refund")
    await approves(scene, CLARISSE, card)
    return await scene.card_says(card, "*Refused*")


async def follow(scene: Stage, card: Message, button: str, *, user: str = AMINATA) -> Message:
    """Press a button that opens the form, and send what it is filled with."""
    await press(scene, user, card, button)
    assert (await scene.slack.submit(await scene.slack.wait_for_modal(user))).closed
    return await newest(scene)


async def called_back(scene: Stage, card: Message, status: str) -> None:
    """LigdiCash calls back, and is asked."""
    body = {"token": "abc.def", "status": status}
    async with aiohttp.ClientSession() as http, http.post(callback_url(scene, card), json=body) as answer:
        assert 200 == answer.status
    await scene.later(5 * SECOND)
    await scene.at_rest()


def said_of(scene: Stage, card: Message, status: str) -> Answer:
    """LigdiCash's answer to the status call, about this very payout."""
    facts = {"response_code": "00", "status": status, "transaction_id": transaction_of(scene, card)}
    return Answer(200, json.dumps(facts))


# --- paid while the other waited


@pytest.mark.parametrize("person", [1, 2])
async def test_what_was_paid_meanwhile_is_named_and_needs_two(scene: Stage, person: int) -> None:
    """For the same order or the same person: the screen says two and what was paid; one alone pays nothing."""
    order = {"order": "ORD-7"} if person != 1 else {}
    older = await scene.ask(f"{somebody(1)} 5000 refund", values=order)
    newer = await scene.ask(f"{somebody(person)} 5000 refund", user=BOUKARY, values=order)
    await paid(scene, newer)
    question = await scene.thread_says(older, MEANWHILE)
    assert TWO in question.words
    assert "5 000 XOF, completed" in question.words
    assert f"|{payout_of(newer)}>" in str(question.blocks)
    await scene.later(23 * HOUR)
    await approves(scene, DAOUDA, older)
    await scene.thread_says(older, "*1 of 2*")
    await scene.at_rest()
    assert (State.REQUESTED, (1, 5000)) == (state_of(scene, older), scene.ligdicash.paid_total)
    await approves(scene, CLARISSE, older)
    await scene.card_says(older, "Completed")


async def test_it_is_named_however_long_it_waited(tmp_path: Path) -> None:
    """A request may be open for thirty days; what was paid to the same person since then is no secret after one."""
    async with office(tmp_path, REQUEST_TTL_HOURS="720") as scene:
        older = await scene.ask(f"{somebody(1)} 5000 refund")
        await paid(scene, await scene.ask(f"{somebody(1)} 4000 refund", user=BOUKARY))
        await scene.later(10 * DAY)
        await pause(scene)
        await both_resume(scene)
        await scene.at_rest()
        question = await scene.thread_says(older, MEANWHILE)
        assert "4 000 XOF, completed" in question.words
        await approves(scene, DAOUDA, older)
        assert State.REQUESTED is state_of(scene, older)


# --- asked for in its place


async def test_what_was_corrected_and_paid_is_not_corrected_again(scene: Stage) -> None:
    """The button is gone; one that is still on a screen days later opens no form, and names what was paid."""
    first = await scene.ask(f"{somebody(1)} 5000 refund")
    await scene.reject(first, "wrong way")
    first = await scene.card_says(first, "Rejected")
    second = await follow(scene, first, "correct")
    assert [] == buttons_of(seen(scene, first))
    await paid(scene, second)
    await scene.later(2 * DAY)
    await clicks(scene, BOUKARY, first, "correct")
    await scene.whispered(
        BOUKARY, f"the money of {payout_of(first)} is asked for by {payout_of(second)} already. It is: completed."
    )
    assert ([], 2) == (scene.slack.modals(BOUKARY), len(scene.rows("SELECT 1 FROM payouts")))


async def test_two_forms_of_one_button_make_one_payout(scene: Stage) -> None:
    """Both were open before either was sent: the second is told of the first, and stays where it is."""
    first = await scene.ask(f"{somebody(1)} 5000 refund")
    await scene.reject(first, "wrong way")
    first = await scene.card_says(first, "Rejected")
    forms = []
    for user in (AMINATA, BOUKARY):
        await press(scene, user, first, "correct")
        forms.append(await scene.slack.wait_for_modal(user))
    assert (await scene.slack.submit(forms[0])).closed
    second = await newest(scene)
    result = await scene.slack.submit(forms[1], {"beneficiary": somebody(2)})
    assert f"by {payout_of(second)} already. It is: waiting for a decision." in result.errors["beneficiary"]
    await press(scene, AMINATA, await scene.question(second), "cancel", confirm=True)
    await scene.at_rest()
    assert ["correct"] == buttons_of(seen(scene, first))
    assert (await scene.slack.submit(forms[1])).closed


async def test_what_was_asked_directly_is_not_asked_again(scene: Stage) -> None:
    """No attempt while the payout that followed waits or was paid; no button either, and an old one says why."""
    card = await refused(scene)
    shown = seen(scene, card)
    second = await follow(scene, card, "ask_directly")
    assert [] == buttons_of(seen(scene, card))
    await paid(scene, second)
    await scene.later(2 * DAY)
    await clicks(scene, BOUKARY, shown, "ask_directly")
    await scene.whispered(BOUKARY, f"is asked for by {payout_of(second)} already. It is: completed.")
    assert ([(1,), (1,)], []) == (scene.rows("SELECT attempt FROM payouts"), scene.slack.modals(BOUKARY))


async def test_an_old_ask_again_names_what_followed(scene: Stage) -> None:
    """Pressed on a screen that still showed it."""
    card = await refused(scene)
    shown = seen(scene, card)
    second = await follow(scene, card, "ask_directly")
    await clicks(scene, BOUKARY, shown, "ask_again")
    await scene.whispered(BOUKARY, f"is asked for by {payout_of(second)} already. It is: waiting for a decision.")
    assert State.REFUSED is state_of(scene, card)


# --- LigdiCash takes its word back


async def test_a_contradiction_stops_the_payout_that_follows(scene: Stage) -> None:
    """Refused, asked directly, approved and held; LigdiCash has the first after all: the second never leaves."""
    card = await refused(scene)
    second = await follow(scene, card, "ask_directly")
    await pause(scene)
    await approves(scene, CLARISSE, second)
    with status_answers(scene, lambda _: said_of(scene, card, "completed")):
        await called_back(scene, card, "completed")
    assert "contradiction" in kinds(scene, card)
    shown = await scene.card_says(second, f"contradicts what is recorded of {payout_of(card)}, the same money")
    assert [] == buttons_of(shown)
    await scene.thread_says(
        second, f"was *stopped* before it left: LigdiCash contradicts what is recorded of {payout_of(card)}"
    )
    await both_resume(scene)
    await scene.later(5 * SECOND)
    await scene.at_rest()
    assert (State.CANCELLED, []) == (state_of(scene, second), creates_of(scene, second))
    stopped = f"🚫 {payout_of(second)} stopped before it left: {payout_of(card)}, the same money, may have been paid"
    assert stopped in audit(scene)


@pytest.mark.parametrize("word", ["pending", "hm"])
async def test_a_failure_that_is_taken_back_is_a_contradiction(scene: Stage, word: str) -> None:
    """Failed by its own token, which now says otherwise: nothing may follow, and the last word is waited for."""
    card = await approved(scene, FAILS)
    await scene.card_says(card, "*Failed*", seconds=10)
    await scene.at_rest()
    assert ["ask_again"] == buttons_of(seen(scene, card))
    with status_answers(scene, lambda _: Answer(200, json.dumps({"response_code": "00", "status": word}))):
        await called_back(scene, card, "pending")
    assert "contradiction" in kinds(scene, card)
    await scene.card_says(card, f"“{word}” of attempt 1")
    assert [] == buttons_of(seen(scene, card))
    with status_answers(scene, lambda _: said_of(scene, card, "completed")):
        await scene.later(2 * HOUR)
        await scene.at_rest()
    assert 2 == kinds(scene, card).count("contradiction")


async def test_what_follows_is_looked_at_once_more_at_the_first_byte(scene: Stage) -> None:
    """As a damaged ledger might have it: approved, and the payout it follows contradicted."""
    card = await refused(scene)
    second = await follow(scene, card, "ask_directly")
    assert scene.bot is not None
    await scene.bot._ledger.write(
        lambda tx: tx.connection.execute("UPDATE payouts SET contradiction = '“x” of attempt 1' WHERE follows IS NULL")
    )
    await approves(scene, CLARISSE, second)
    await approves(scene, DAOUDA, second)
    await becomes(scene, second, State.CANCELLED)
    assert [] == creates_of(scene, second)


async def test_a_form_that_comes_after_a_contradiction_does_not_say_that_nothing_was_paid(scene: Stage) -> None:
    """It was opened of a refused payout; by now LigdiCash says that this was paid."""
    card = await refused(scene)
    await press(scene, AMINATA, card, "ask_directly")
    form = await scene.slack.wait_for_modal(AMINATA)
    with status_answers(scene, lambda _: said_of(scene, card, "completed")):
        await called_back(scene, card, "completed")
    (error,) = (await scene.slack.submit(form)).errors.values()
    assert f"{payout_of(card)} cannot be asked for again" in error
    assert "contradicted by LigdiCash, may have been paid or not" in error


async def test_nor_does_a_click_on_a_screen_from_before(scene: Stage) -> None:
    """Ask again, after LigdiCash took its refusal back."""
    card = await refused(scene)
    shown = seen(scene, card)
    with status_answers(scene, lambda _: said_of(scene, card, "completed")):
        await called_back(scene, card, "completed")
    await clicks(scene, BOUKARY, shown, "ask_again")
    await scene.whispered(BOUKARY, "cannot be asked for again")
    await scene.whispered(BOUKARY, "It is: contradicted by LigdiCash, may have been paid or not.")


async def test_what_two_people_found_is_said_as_theirs(scene: Stage) -> None:
    """What followed was marked paid by two: an old Ask again does not call it completed."""
    card = await refused(scene)
    shown = seen(scene, card)
    second = await follow(scene, card, "ask_directly")
    with answers_lost(scene), status_answers(scene, lambda _: Answer(500, "")):
        await approves(scene, CLARISSE, second)
        await becomes(scene, second, State.UNCONFIRMED)
        # What is called back later voids a proposal.
        await changed(scene, lambda: "callback_received" in kinds(scene, second))
        await scene.at_rest()
        await press(scene, DAOUDA, await propose(scene, CLARISSE, second, "paid"), "confirm")
        await becomes(scene, second, State.COMPLETED)
        await clicks(scene, BOUKARY, shown, "ask_again")
        await scene.whispered(BOUKARY, "It is: marked paid by two people.")


def answering(word: str) -> Callable[[str], Answer]:
    """LigdiCash's answer to any status call."""
    return lambda _: Answer(200, json.dumps({"response_code": "00", "status": word}))


async def test_words_that_alternate_are_one_contradiction(scene: Stage) -> None:
    """Neither is final: the second tells nothing that the first did not."""
    card = await approved(scene, FAILS)
    await scene.card_says(card, "*Failed*", seconds=10)
    await scene.at_rest()
    for word in ("pending", "processing", "pending"):
        with status_answers(scene, answering(word)):
            await scene.later(HOUR)
            await called_back(scene, card, word)
    assert 1 == kinds(scene, card).count("contradiction")
