"""What may be a repetition: pointed out to who asks and to who decides, never blocked in silence, never silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clock import DAY, HOUR
from bot.sandbox.slack import Delivery, Kind, Message, SubmissionResult, View
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, payout_of
from tests.story.authority import approves, office, somebody
from tests.story.office import (
    CRASHES,
    NO_ACCOUNT,
    PENDING,
    answers_lost,
    approved,
    audit,
    becomes,
    ligdicash_says,
    press,
    propose,
    question_of,
    seen,
    state_of,
    told,
    transaction_of,
)

WARNING = "⚠️ *Please look first:* this may have been asked for already."
CONFIRMED = "⚠️ *This may repeat an earlier payout.* Look at it before you approve:"
LEADS = "🚨 *An earlier payout to this person, or for this order, may still be paid.*"
UNTICKED = "Please look at what is named above, and tick this if you ask for it all the same."
SHE = somebody(1)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


async def submit(scene: Stage, text: str, *, user: str = AMINATA, **values: str) -> tuple[View, SubmissionResult]:
    """Fill the form in and send it once."""
    form = await scene.form(text, user=user)
    return form, await scene.slack.submit(form, values)


async def paid(scene: Stage, number: str = SHE, **values: str) -> Message:
    """A payout that was paid."""
    card = await scene.ask(f"{number} 5000 refund", values=values)
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "Completed")
    return card


def payouts(scene: Stage) -> int:
    """How many there are."""
    return len(scene.rows("SELECT 1 FROM payouts"))


def link_to(card: Message) -> str:
    """As a person would click it."""
    return f"/archives/{SUPPORT}/p{card.ts.replace('.', '')}|{payout_of(card)}>"


async def test_the_same_person_within_a_day_is_pointed_out(scene: Stage) -> None:
    """In the form, with a link; sent only when that is ticked knowingly; then the approvers see it, too."""
    first = await paid(scene)
    form, result = await submit(scene, f"{SHE} 7000 another reason", user=BOUKARY, order="A-1")
    assert (False, {}, 1) == (result.closed, result.errors, payouts(scene))
    # It does not look like the same form: another title, and what is to be ticked before anything else.
    assert "Asked for already?" == form.title
    assert WARNING in str(form.blocks[0])
    assert "known" == form.blocks[1]["block_id"]
    assert WARNING in form.text
    assert link_to(first) in str(form.blocks)
    assert f"{payout_of(first)}>: 5 000 XOF, completed" in form.text
    # What was typed is still there.
    assert ("7 000", "another reason", "A-1") == tuple(form.values[name] for name in ("amount", "reason", "order"))
    refused = await scene.slack.submit(form)
    assert ({"known": UNTICKED}, 1) == (refused.errors, payouts(scene))
    assert (await scene.slack.submit(form, {"known": "known"})).closed
    await scene.at_rest()
    second = scene.slack.messages(SUPPORT)[-1]
    question = await scene.question(second)
    assert CONFIRMED in question.words
    assert link_to(first) in str(question.blocks)
    ((known,),) = scene.rows("SELECT json_extract(data, '$.knows_of') FROM events WHERE kind = 'requested' AND id > 1")
    assert payout_of(first) == known


async def test_what_was_known_stays_to_be_read(scene: Stage) -> None:
    """In the dialog behind Approve, in both audit lines, and in question and card when all is decided and paid."""
    first = await paid(scene)
    form, _ = await submit(scene, f"{SHE} 7000 another reason", user=BOUKARY)
    await scene.slack.submit(form, {"known": "known"})
    await scene.at_rest()
    second = scene.slack.messages(SUPPORT)[-1]
    repeats = f"⚠️ may repeat {payout_of(first)}"
    assert repeats in seen(scene, second).words
    question = await scene.question(second)
    dialog = question.buttons[0].dialog
    assert dialog is not None
    assert dialog.text.startswith("⚠️ It may repeat an earlier payout: see above.")
    await approves(scene, CLARISSE, second)
    await scene.card_says(second, "Completed")
    await told(scene)
    assert repeats in seen(scene, second).words
    link = f"<https://team.slack.example{link_to(first)}"
    known = f"⚠️ Before it was decided it was said that this may repeat {link}."
    answered = next(one for one in scene.slack.messages(SUPPORT, second.ts) if one.ts == question.ts)
    assert known in answered.words
    assert 2 == sum(repeats in line for line in audit(scene))


async def test_an_own_screen_that_ticks_nothing_is_not_trusted(scene: Stage) -> None:
    """A payload without the field is told so beside it, whatever the screen let through."""
    await paid(scene)
    form, _ = await submit(scene, f"{SHE} 7000 refund")
    form.fill({"known": None})
    payload: dict[str, Any] = scene.slack.payloads.submission(form)
    payload["view"]["state"]["values"].pop("known")
    body = await _deliver(scene, payload)
    assert ({"known": UNTICKED}, 1) == (body["errors"], payouts(scene))


async def _deliver(scene: Stage, payload: dict[str, Any]) -> dict[str, Any]:
    ended = await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.json is not None
    return ended.json


async def test_a_day_later_it_is_nothing_to_speak_of(scene: Stage) -> None:
    """A person may be paid again tomorrow."""
    await paid(scene)
    await scene.later(DAY - HOUR)
    form, result = await submit(scene, f"{SHE} 7000 refund")
    assert not result.closed
    scene.slack.workspace.close(form)
    await scene.later(2 * HOUR)
    assert (await submit(scene, f"{SHE} 7000 refund"))[1].closed
    await scene.at_rest()
    assert CONFIRMED not in (await scene.question(scene.slack.messages(SUPPORT)[-1])).words


@pytest.mark.parametrize("spelled", ["ORD-2024-007", "ord 2024 007", "  Ord/2024/007 ", "ORD2024007", "#ord_2024.007"])
async def test_the_same_order_is_pointed_out_for_ever(scene: Stage, spelled: str) -> None:
    """Another person, months later, spelled differently."""
    first = await paid(scene, order="ORD-2024-007")
    await scene.later(200 * DAY)
    form, result = await submit(scene, f"{somebody(2)} 900 refund", order=spelled)
    assert (False, 1) == (result.closed, payouts(scene))
    assert "(same order)" in form.text
    assert link_to(first) in str(form.blocks)


@pytest.mark.parametrize(
    ("first", "second"),
    [("ORD-7 ﬁnal", "ord 7 FINAL"), ("ＯＲＤ７", "ord-7"), ("cafe\u0301 7", "CAFÉ 7"), ("STRASSE 7", "Straße-7")],
)
async def test_one_order_written_with_other_signs(scene: Stage, first: str, second: str) -> None:
    """A keyboard's wide letters, its ligatures and its way of writing accents make no other order."""
    await paid(scene, order=first)
    form, result = await submit(scene, f"{somebody(2)} 900 refund", order=second)
    assert (False, True) == (result.closed, "(same order)" in form.text)


@pytest.mark.parametrize("word", ["none", "N/A", "-", "Néant", "NEANT", "aucune", "n.a.", "None."])
async def test_a_word_for_no_order_is_none(scene: Stage, word: str) -> None:
    """People fill in what may stay empty: thousands of payouts for “none” are not for the same order."""
    await paid(scene, order=word)
    assert (await submit(scene, f"{somebody(2)} 900 refund", order=word))[1].closed
    await scene.at_rest()
    card = scene.slack.messages(SUPPORT)[-1]
    assert CONFIRMED not in (await scene.question(card)).words
    # What was typed is shown all the same.
    assert f"order {word}" in card.words


@pytest.mark.parametrize(("number", "order"), [(2, "ORD-8"), (2, ""), (2, "..."), (2, "ORD-20")])
async def test_another_person_for_another_order_is_no_repetition(scene: Stage, number: int, order: str) -> None:
    """No order at all is not the same order."""
    await paid(scene, order="ORD-2")
    assert (await submit(scene, f"{somebody(number)} 900 refund", order=order))[1].closed


async def test_two_without_an_order_have_not_the_same(scene: Stage) -> None:
    """Nor two whose order is nothing but points."""
    await paid(scene, order="...")
    assert (await submit(scene, f"{somebody(2)} 900 refund", order="---"))[1].closed


async def test_what_came_to_nothing_is_no_repetition(scene: Stage) -> None:
    """Cancelled or refused: nothing was paid and nothing will be. What an approver rejected is another story."""
    cancelled = await scene.ask(f"{SHE} 5000 refund")
    await press(scene, AMINATA, await scene.question(cancelled), "cancel", confirm=True)
    refused = await approved(scene, NO_ACCOUNT)
    await scene.card_says(refused, "Refused")
    for number in (SHE, NO_ACCOUNT):
        assert (await submit(scene, f"{number} 5000 refund"))[1].closed


async def test_two_forms_at_once_are_never_silent(scene: Stage) -> None:
    """Neither form could know of the other; whoever decides on the second sees the first."""
    forms = [await scene.form(f"{SHE} 5000 refund", user=user) for user in (AMINATA, BOUKARY)]
    results = await asyncio.gather(*(scene.slack.submit(form) for form in forms))
    for form, result in zip(forms, results, strict=True):
        if not result.closed:
            await scene.slack.submit(form, {"known": "known"})
    await scene.slack.wait_for(lambda slack: len(slack.messages(SUPPORT)) == 2)
    await scene.at_rest()
    first, second = scene.slack.messages(SUPPORT)
    assert link_to(first) in str((await scene.question(second)).blocks)
    await approves(scene, CLARISSE, first)
    await scene.card_says(first, "Completed")


async def test_one_that_may_still_be_paid_is_led_with_whatever_its_age(scene: Stage) -> None:
    """Pending for three days: the form and the question name it, and one approver is not enough."""
    pending = await approved(scene, "22670000010")
    await becomes(scene, pending, State.INITIATED)
    await scene.later(3 * DAY)
    form, result = await submit(scene, "22670000010 900 refund", user=BOUKARY)
    assert not result.closed
    assert link_to(pending) in str(form.blocks)
    await scene.slack.submit(form, {"known": "known"})
    await scene.at_rest()
    card = scene.slack.messages(SUPPORT)[-1]
    question = await scene.question(card)
    assert LEADS in question.words.splitlines()[1]
    assert link_to(pending) in str(question.blocks)
    await approves(scene, CLARISSE, card)
    assert State.REQUESTED is state_of(scene, card)


async def test_what_ligdicash_contradicts_is_pointed_out(scene: Stage) -> None:
    """Two people found it unpaid, LigdiCash says that it was paid: named for ever, as that, and two must agree."""
    with answers_lost(scene):
        first = await scene.ask("22670000010 5000 refund", values={"order": "ORD-77"})
        await approves(scene, CLARISSE, first)
        await scene.card_says(first, "*Unconfirmed*")
    await scene.later(HOUR)
    await press(scene, DAOUDA, await propose(scene, CLARISSE, first, "unpaid"), "confirm")
    await ligdicash_says(scene, transaction_of(scene, first), "completed")
    for number, order in (("22670000010", ""), (somebody(2), "ord 77")):
        card = await scene.ask(f"{number} 900 refund", user=BOUKARY, values={"order": order})
        question = await scene.question(card)
        assert LEADS in question.words
        assert link_to(first) in str(question.blocks)
        assert (
            f"{payout_of(first)}>: 5 000 XOF, 🚨 contradicted by LigdiCash, may have been paid or not, asked at"
            in question.words
        )
        await approves(scene, CLARISSE, card)
        await scene.thread_says(card, "*1 of 2*")
        assert State.REQUESTED is state_of(scene, card)
    _, to_the_same_person, _ = scene.slack.messages(SUPPORT)
    await scene.thread_says(to_the_same_person, "Approved for this person in the last 24 hours: 1, 5 000 XOF in all.")
    assert (1, 5000) == scene.ligdicash.paid_total


async def test_what_was_rejected_at_last_and_may_have_been_paid_stays_to_be_read(scene: Stage) -> None:
    """Its second attempt was rejected, and then LigdiCash says that the first was paid: it may be repeated."""
    with answers_lost(scene):
        first = await scene.ask("22670000010 5000 refund")
        await approves(scene, CLARISSE, first)
        await scene.card_says(first, "*Unconfirmed*")
    await scene.later(HOUR)
    await press(scene, DAOUDA, await propose(scene, CLARISSE, first, "unpaid"), "confirm")
    await becomes(scene, first, State.FAILED)
    await scene.at_rest()
    await press(scene, AMINATA, seen(scene, first), "ask_again")
    await scene.slack.click(CLARISSE, await question_of(scene, first, 2), "reject")
    await scene.slack.submit(await scene.slack.wait_for_modal(CLARISSE), {"reason": "not now"})
    await becomes(scene, first, State.REJECTED)
    ((transaction,),) = scene.rows("SELECT transaction_id FROM attempts WHERE number = 1")
    await ligdicash_says(scene, str(transaction), "completed")
    await scene.at_rest()
    second = await scene.ask("22670000010 900 refund", user=BOUKARY)
    assert f"⚠️ may repeat {payout_of(first)}" in seen(scene, second).words


async def test_two_peoples_word_is_not_given_as_ligdicashs(scene: Stage) -> None:
    """In the form, and in the audit channel when LigdiCash contradicts it: LigdiCash never said that it was paid."""
    with answers_lost(scene):
        card = await scene.ask("22670000010 5000 refund")
        await approves(scene, CLARISSE, card)
        await scene.card_says(card, "*Unconfirmed*")
    await press(scene, DAOUDA, await propose(scene, CLARISSE, card, "paid"), "confirm")
    await becomes(scene, card, State.COMPLETED)
    form, _ = await submit(scene, "22670000010 900 refund", user=BOUKARY)
    assert f"{payout_of(card)}>: 5 000 XOF, marked paid by two people" in form.text
    await ligdicash_says(scene, transaction_of(scene, card), "notcompleted")
    assert any(f"{payout_of(card)} is recorded as marked paid by two people, but" in line for line in audit(scene))


async def test_the_older_question_names_what_was_approved_first(scene: Stage) -> None:
    """Whichever of two was asked for first: the one that waits shows the other."""
    await scene.slack.command(CLARISSE, SUPPORT, "pause to see both")
    older = await scene.ask(f"{SHE} 5000 refund")
    newer = await scene.ask(f"{SHE} 6000 refund", user=BOUKARY)
    await approves(scene, CLARISSE, newer)
    question = await scene.thread_says(older, LEADS)
    assert link_to(newer) in str(question.blocks)


@pytest.mark.parametrize(
    ("number", "stands"), [(PENDING, "initiated, not yet paid"), (CRASHES, "unconfirmed, may have been paid or not")]
)
async def test_a_question_says_how_the_other_one_stands_now(scene: Stage, number: str, stands: str) -> None:
    """Whoever decides is not told that something has not left that has."""
    older = await scene.ask(f"{number} 5000 refund")
    newer = await scene.ask(f"{number} 6000 refund", user=BOUKARY)
    await approves(scene, CLARISSE, newer)
    question = await scene.thread_says(older, stands)
    assert link_to(newer) in str(question.blocks)


async def test_what_came_meanwhile_is_shown_before_it_is_known(scene: Stage) -> None:
    """Ticked on a form that showed one, when there are two: asked again, to be ticked anew; both are then known."""
    first = await scene.ask(f"{SHE} 5000 refund", user=BOUKARY)
    form, _ = await submit(scene, f"{SHE} 7000 refund")
    second = await scene.ask(f"{SHE} 6000 refund", user=BOUKARY)
    await scene.at_rest()
    result = await scene.slack.submit(form, {"known": "known"})
    assert (False, {}, 2) == (result.closed, result.errors, payouts(scene))
    assert all(link_to(card) in str(form.blocks) for card in (first, second))
    unticked = await scene.slack.submit(form)
    assert ({"known": UNTICKED}, 2) == (unticked.errors, payouts(scene))
    assert (await scene.slack.submit(form, {"known": "known"})).closed
    await scene.at_rest()
    assert {payout_of(first), payout_of(second)} == _known_of(scene)


async def test_another_number_in_the_same_form_is_another_question(scene: Stage) -> None:
    """The tick was for the first person: for whoever is put in their place it says nothing."""
    await paid(scene)
    other = await paid(scene, somebody(2))
    form, _ = await submit(scene, f"{SHE} 7000 refund")
    result = await scene.slack.submit(form, {"known": "known", "beneficiary": somebody(2)})
    assert (False, 2) == (result.closed, payouts(scene))
    assert link_to(other) in str(form.blocks)
    assert (await scene.slack.submit(form, {"known": "known"})).closed
    await scene.at_rest()
    assert {payout_of(other)} == _known_of(scene)


async def test_a_number_that_was_mistyped_needs_no_tick(scene: Stage) -> None:
    """Corrected to somebody of whom there is nothing to know: sent as it is, and the approvers are told of nothing."""
    await paid(scene)
    form, _ = await submit(scene, f"{SHE} 7000 refund")
    assert (await scene.slack.submit(form, {"beneficiary": somebody(2)})).closed
    await scene.at_rest()
    card = scene.slack.messages(SUPPORT)[-1]
    assert CONFIRMED not in (await scene.question(card)).words


async def test_what_does_not_concern_it_any_more_is_not_ticked(scene: Stage) -> None:
    """Person and order had a payout each; with another number only the order's is shown, and asks for its own tick."""
    person, order = await paid(scene), await paid(scene, somebody(2), order="ORD-9")
    form, _ = await submit(scene, f"{SHE} 7000 refund", order="ORD-9")
    assert all(link_to(card) in str(form.blocks) for card in (person, order))
    assert not (await scene.slack.submit(form, {"beneficiary": somebody(3)})).closed
    assert [False, True] == [link_to(card) in str(form.blocks) for card in (person, order)]
    assert {"known": UNTICKED} == (await scene.slack.submit(form)).errors
    assert (await scene.slack.submit(form, {"order": ""})).closed


def _known_of(scene: Stage) -> set[str]:
    """What whoever asked for the newest said to know."""
    ((known,),) = scene.rows(
        "SELECT json_extract(data, '$.knows_of') FROM events WHERE kind = 'requested' ORDER BY id DESC LIMIT 1"
    )
    return set(str(known).split(","))


# --- the same form again


async def test_a_form_that_slack_delivers_twice_is_one_request(scene: Stage) -> None:
    """Also after its payout exists: it is not its own repetition, and the screen closes as if for the first time."""
    form = await scene.form(f"{SHE} 5000 refund")
    assert (await scene.slack.submit(form)).closed
    delivered = scene.slack.deliveries[-1]
    await scene.at_rest()
    again = await scene.slack.replay(delivered)
    await scene.at_rest()
    assert (200, "", 1) == (again.status, again.body, payouts(scene))


async def test_a_form_whose_answer_was_lost_is_sent_once_more(scene: Stage) -> None:
    """The person sees an error and presses again: one request, and no word of a repetition of itself."""
    await paid(scene)
    form, _ = await submit(scene, f"{SHE} 7000 refund")
    assert (await scene.slack.submit(form, {"known": "known"})).closed
    form.is_open = True
    await scene.at_rest()
    again = await scene.slack.submit(form, {"known": "known"})
    assert (True, {}, None, 2) == (again.closed, again.errors, again.error, payouts(scene))


async def test_the_last_one_that_fits_is_not_refused_when_it_comes_twice(tmp_path: Path) -> None:
    """It used the limit up itself."""
    async with office(tmp_path, DAILY_LIMIT="5000") as scene:
        form = await scene.form(f"{SHE} 5000 refund")
        await scene.slack.submit(form)
        delivered = scene.slack.deliveries[-1]
        await scene.at_rest()
        await approves(scene, CLARISSE, scene.slack.messages(SUPPORT)[-1])
        again = await scene.slack.replay(delivered)
        assert (200, "") == (again.status, again.body)


async def test_other_words_in_the_same_form_are_told_apart(scene: Stage) -> None:
    """Somebody whose first answer was lost corrects the amount: what was sent first stands, and that is said."""
    form = await scene.form(f"{SHE} 5000 refund")
    await scene.slack.submit(form)
    form.is_open = True
    await scene.at_rest()
    again = await scene.slack.submit(form, {"amount": "6000"})
    assert "This form was sent before, with other contents" in again.errors["beneficiary"]
    assert [(5000,)] == scene.rows("SELECT amount FROM payouts")


async def test_correct_and_ask_again_is_a_new_request_that_links_to_the_old(scene: Stage) -> None:
    """Prefilled; who presses it asks in their own name."""
    card = await scene.ask(f"{SHE} 5000 refund", values={"order": "A-9"})
    await scene.reject(card, "wrong amount")
    await scene.card_says(card, "Rejected")
    await scene.slack.click(BOUKARY, seen(scene, card), "correct")
    form = await scene.slack.wait_for_modal(BOUKARY)
    assert ("5 000", "refund", "A-9") == tuple(form.values[name] for name in ("amount", "reason", "order"))
    assert (await scene.slack.submit(form, {"amount": "4000"})).closed
    await scene.at_rest()
    new = scene.slack.messages(SUPPORT)[-1]
    assert f"follows {payout_of(card)}" in new.words
    assert [(BOUKARY, payout_of(card), 4000)] == scene.rows(
        "SELECT requester, follows, amount FROM payouts WHERE id = ?", payout_of(new)
    )
