"""Uncertain outcomes: never sent again; evidence ends them, or two people who did not ask."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.clock import DAY, HOUR, MINUTE
from bot.sandbox.ligdicash.answers import CRASHED
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import (
    AMINATA,
    AUDIT,
    BOUKARY,
    CLARISSE,
    DAOUDA,
    GUEST,
    SkippingClock,
    Stage,
    hurried,
    payout_of,
    stage,
)
from tests.story.office import (
    PENDING,
    answers_lost,
    approved,
    audit,
    becomes,
    buttons_of,
    creates_of,
    decided,
    doubtful,
    held_back,
    kinds,
    lease_ran_out,
    ligdicash_says,
    press,
    press_as_shown,
    propose,
    seen,
    state_of,
    status_answers,
    transaction_of,
    unconfirmed,
    whisper_count,
)

PAID_BY_BOTH = f"🟢 *Marked paid* by <@{CLARISSE}> and <@{DAOUDA}> · seen on the dashboard"


@asynccontextmanager
async def scene_of(folder: Path, **extra: str) -> AsyncIterator[Stage]:
    """A scene whose time is skipped, with other settings."""
    with hurried():
        async with stage(folder, clock=SkippingClock(), **extra) as scene:
            yield scene


async def test_the_card_says_who_looks_it_up(timed: Stage) -> None:
    """Whoever asked has no access to LigdiCash's dashboard, and is told what not to do; an approver, what to do."""
    card = await unconfirmed(timed)
    assert "*What to do:* do not ask for the same payout again. An approver looks this transaction up" in card.words


async def test_the_card_says_what_is_known_and_what_to_do(timed: Stage) -> None:
    """Transaction, amount, number, time to look up; that nothing is sent again; and it is not, for days."""
    card = await unconfirmed(timed, amount=7500)
    words = card.words
    for known in (transaction_of(timed, card), "7 500 XOF", "+226 70 00 00 14", "sent at"):
        assert known in words
    assert "it will not be sent again" in words
    assert ["resolve"] == buttons_of(card)
    for _ in range(30):
        await timed.later(2 * HOUR)
    await timed.at_rest()
    assert (State.UNCONFIRMED, 1) == (state_of(timed, card), len(creates_of(timed, card)))


# Two people's word


async def test_two_approvers_end_it(timed: Stage) -> None:
    """One proposes, the other confirms; everywhere it reads as their word, and never as LigdiCash's."""
    card = await unconfirmed(timed)
    proposal = await propose(timed, CLARISSE, card, "paid")
    assert f"<@{CLARISSE}> proposes for {payout_of(card)}: *it was paid* – seen on the dashboard" in proposal.words
    await timed.card_says(card, f"🗳️ <@{CLARISSE}> proposes: *it was paid*")
    await press(timed, DAOUDA, proposal, "confirm")
    shown = await timed.card_says(card, PAID_BY_BOTH)
    assert "LigdiCash says" not in shown.words
    assert [] == buttons_of(shown)
    assert "marked paid by two people" in shown.text
    await timed.thread_says(card, f"was *marked paid* by <@{CLARISSE}> and <@{DAOUDA}>: seen on the dashboard")
    await timed.slack.wait_for_message(AUDIT, f"marked paid by <@{CLARISSE}> and <@{DAOUDA}>")
    await timed.at_rest()
    assert State.COMPLETED is state_of(timed, card)
    assert not any("LigdiCash says" in line and "paid" in line for line in audit(timed))
    assert ["proposed", "marked_paid"] == kinds(timed, card)[-2:]
    assert [(f"{CLARISSE},{DAOUDA}",)] == timed.rows("SELECT found_by FROM attempts")


async def test_one_alone_does_not_end_it(timed: Stage) -> None:
    """Whoever proposed cannot confirm, by this proposal or by making it again."""
    card = await unconfirmed(timed)
    proposal = await propose(timed, CLARISSE, card, "paid")
    await press(timed, CLARISSE, proposal, "confirm")
    await timed.whispered(CLARISSE, "You made this proposal yourself")
    await press(timed, CLARISSE, await propose(timed, CLARISSE, card, "paid"), "confirm")
    await timed.at_rest()
    assert State.UNCONFIRMED is state_of(timed, card)


async def test_whoever_asked_neither_proposes_nor_confirms(tmp_path: Path) -> None:
    """Though that person is an approver of other payouts."""
    async with scene_of(tmp_path, APPROVERS=f"{AMINATA},{CLARISSE},{DAOUDA}") as scene:
        card = await unconfirmed(scene)
        await press(scene, AMINATA, card, "resolve")
        await scene.whispered(AMINATA, "You asked for this payout yourself")
        assert [] == scene.slack.modals(AMINATA)
        proposal = await propose(scene, CLARISSE, card, "paid")
        await scene.later(MINUTE)
        await press(scene, AMINATA, proposal, "confirm")
        await scene.at_rest()
        assert State.UNCONFIRMED is state_of(scene, card)
        assert 2 == kinds(scene, card).count("decision_refused")


async def test_whoever_asked_again_neither_proposes_nor_confirms(tmp_path: Path) -> None:
    """Both who asked are barred: the requester, and an approver who asked again."""
    async with scene_of(tmp_path, APPROVERS=f"{BOUKARY},{CLARISSE},{DAOUDA}") as scene:
        card = await unconfirmed(scene)
        await scene.later(HOUR)
        await press(scene, DAOUDA, await propose(scene, CLARISSE, card, "unpaid"), "confirm")
        await scene.card_says(card, "*Marked not paid*")
        await press(scene, BOUKARY, card, "ask_again")
        question = await scene.thread_says(card, "*Attempt 2*")
        await press(scene, CLARISSE, question, "approve", confirm=True)
        await becomes(scene, card, State.UNCONFIRMED)
        await scene.card_says(card, "*Unconfirmed*")
        await press(scene, BOUKARY, card, "resolve")
        proposal = await propose(scene, CLARISSE, card, "paid")
        await scene.later(MINUTE)
        await press(scene, BOUKARY, proposal, "confirm")
        await scene.at_rest()
        assert State.UNCONFIRMED is state_of(scene, card)
        assert 2 == kinds(scene, card).count("decision_refused")


@pytest.mark.parametrize("user", [AMINATA, BOUKARY, GUEST])
async def test_nobody_else_resolves(timed: Stage, user: str) -> None:
    """No form opens; that person is told why, and it is written down; nor can they confirm."""
    card = await unconfirmed(timed)
    await press(timed, user, card, "resolve")
    await timed.whispered(user, "changed nothing. ")
    proposal = await propose(timed, CLARISSE, card, "paid")
    await timed.later(MINUTE)
    await press(timed, user, proposal, "confirm")
    await timed.at_rest()
    assert [] == timed.slack.modals(user)
    assert State.UNCONFIRMED is state_of(timed, card)
    assert 2 == kinds(timed, card).count("decision_refused")
    assert 2 == sum(line.startswith(f"🚷 <@{user}> may not") for line in audit(timed))


async def test_who_became_a_guest_since_confirms_nothing(timed: Stage) -> None:
    """Who somebody is, is asked when the click is decided on."""
    card = await unconfirmed(timed)
    proposal = await propose(timed, CLARISSE, card, "paid")
    timed.slack.workspace.people.make_guest(DAOUDA)
    await press(timed, DAOUDA, proposal, "confirm")
    await timed.whispered(DAOUDA, "Guests of this workspace")
    assert State.UNCONFIRMED is state_of(timed, card)


async def test_a_proposer_who_became_a_guest_since_does_not_count(tmp_path: Path) -> None:
    """Two who may, at the same time: else one person and somebody who left would end it."""
    async with scene_of(tmp_path, APPROVERS=f"{BOUKARY},{CLARISSE},{DAOUDA}") as scene:
        card = await unconfirmed(scene)
        proposal = await propose(scene, CLARISSE, card, "paid")
        scene.slack.workspace.people.make_guest(CLARISSE)
        await press(scene, DAOUDA, proposal, "confirm")
        await scene.whispered(DAOUDA, "Whoever proposed this may not decide any more")
        assert State.UNCONFIRMED is state_of(scene, card)
        await press(scene, BOUKARY, await propose(scene, DAOUDA, card, "paid"), "confirm")
        await scene.card_says(card, "*Marked paid*")


async def test_two_who_confirm_at_once_end_it_once(tmp_path: Path) -> None:
    """The later one is told; there is one finding with the two people who made it."""
    async with scene_of(tmp_path, APPROVERS=f"{BOUKARY},{CLARISSE},{DAOUDA}") as scene:
        card = await unconfirmed(scene)
        proposal = await propose(scene, CLARISSE, card, "paid")
        await asyncio.gather(*(press(scene, user, proposal, "confirm") for user in (BOUKARY, DAOUDA)))
        await scene.at_rest()
        assert State.COMPLETED is state_of(scene, card)
        assert (1, 1) == (kinds(scene, card).count("marked_paid"), kinds(scene, card).count("answered"))


async def test_a_finding_needs_its_reason(timed: Stage) -> None:
    """What is invisible is no reason; it is said beside the field, and nothing is stored."""
    card = await unconfirmed(timed)
    await press(timed, CLARISSE, card, "resolve")
    form = await timed.slack.wait_for_modal(CLARISSE, "Resolve")
    assert transaction_of(timed, card) in form.text
    result = await timed.slack.submit(form, {"finding": "paid", "reason": "\u200b"})
    assert ["reason"] == list(result.errors)
    assert "proposed" not in kinds(timed, card)


async def test_replays_of_finding_and_confirmation_change_nothing(timed: Stage) -> None:
    """Redelivered in any order, they neither propose nor confirm again."""
    card = await unconfirmed(timed)
    before = len(timed.slack.deliveries)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "paid"), "confirm")
    await timed.card_says(card, "Marked paid")
    await timed.at_rest()
    events, messages = timed.rows("SELECT * FROM events"), len(timed.slack.all_messages())
    for delivered in [*timed.slack.deliveries[before:], *reversed(timed.slack.deliveries[before:])]:
        assert (await timed.slack.replay(delivered)).error is None
    await timed.at_rest()
    assert (events, messages) == (timed.rows("SELECT * FROM events"), len(timed.slack.all_messages()))


# What voids a proposal


async def test_another_proposal_voids_the_first(timed: Stage) -> None:
    """Confirmed is just what was read; who clicks the older button is told that it no longer counts."""
    card = await unconfirmed(timed)
    first = await propose(timed, CLARISSE, card, "paid")
    await timed.later(HOUR)
    second = await propose(timed, DAOUDA, card, "unpaid", "not on the dashboard")
    await press_as_shown(timed, DAOUDA, first, "confirm")
    await timed.whispered(DAOUDA, "That proposal no longer counts")
    assert State.UNCONFIRMED is state_of(timed, card)
    await press(timed, CLARISSE, second, "confirm")
    await timed.card_says(card, f"*Marked not paid* by <@{DAOUDA}> and <@{CLARISSE}> · not on the dashboard")
    assert State.FAILED is state_of(timed, card)


async def test_a_callback_voids_the_proposal(timed: Stage) -> None:
    """Something new came: said in the thread, gone from the card, and the old button ends nothing."""
    card = await doubtful(timed)
    proposal = await propose(timed, CLARISSE, card, "paid")
    await ligdicash_says(timed, transaction_of(timed, card), "pending")
    await timed.thread_says(card, "the proposal no longer counts")
    await press_as_shown(timed, DAOUDA, proposal, "confirm")
    await timed.whispered(DAOUDA, "That proposal no longer counts")
    await timed.at_rest()
    assert State.UNCONFIRMED is state_of(timed, card)
    assert "proposes" not in seen(timed, card).words
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "paid"), "confirm")
    await timed.card_says(card, "Marked paid")


async def test_a_late_create_answer_voids_the_proposal(timed: Stage) -> None:
    """Though it tells nothing for sure: people proposed without knowing of it."""
    with answers_lost(timed):
        async with held_back(timed, "POST") as gate:
            card = await approved(timed, PENDING)
            await lease_ran_out(timed, card)
            await timed.card_says(card, "*Unconfirmed*")
            proposal = await propose(timed, CLARISSE, card, "paid")
            gate.set()
            await timed.thread_says(card, "the proposal no longer counts")
    await press_as_shown(timed, DAOUDA, proposal, "confirm")
    await timed.whispered(DAOUDA, "That proposal no longer counts")
    await timed.at_rest()
    assert State.UNCONFIRMED is state_of(timed, card)
    assert ["proposed", "answer_recorded", "proposal_voided"] == kinds(timed, card)[-4:-1]


async def test_a_late_token_ends_the_doubt_and_the_proposal(timed: Stage) -> None:
    """The owner's answer came after all: initiated, asked about, and nothing is left to confirm."""
    async with held_back(timed, "POST") as gate:
        card = await approved(timed, PENDING)
        await lease_ran_out(timed, card)
        await timed.card_says(card, "*Unconfirmed*")
        proposal = await propose(timed, CLARISSE, card, "paid")
        gate.set()
        await timed.card_says(card, "*Initiated, not yet paid*")
    await press_as_shown(timed, DAOUDA, proposal, "confirm")
    await timed.whispered(DAOUDA, "cannot be resolved by people now")
    assert (State.INITIATED, []) == (state_of(timed, card), timed.rows("SELECT * FROM proposals"))
    await ligdicash_says(timed, transaction_of(timed, card), "completed")
    await timed.card_says(card, "LigdiCash says it was paid")


async def test_evidence_ends_it_before_the_second_person(timed: Stage) -> None:
    """LigdiCash's word comes first: a confirmation and an open form are told that nothing is left."""
    card = await doubtful(timed)
    proposal = await propose(timed, CLARISSE, card, "paid")
    await press(timed, DAOUDA, card, "resolve")
    form = await timed.slack.wait_for_modal(DAOUDA, "Resolve")
    await ligdicash_says(timed, transaction_of(timed, card), "notcompleted")
    await timed.card_says(card, "LigdiCash says that it was not paid")
    await press_as_shown(timed, DAOUDA, proposal, "confirm")
    assert 1 == await whisper_count(timed, DAOUDA, "cannot be resolved by people now")
    await timed.slack.submit(form, {"finding": "paid", "reason": "seen"})
    await decided(timed)
    assert 2 == await whisper_count(timed, DAOUDA, "cannot be resolved by people now")
    assert State.FAILED is state_of(timed, card)
    assert 2 == kinds(timed, card).count("answered")


# When it may be said


async def test_not_paid_is_not_said_before_an_hour(timed: Stage) -> None:
    """LigdiCash's word may still come: told so, nothing changed; from the sixtieth minute on it may be."""
    card = await unconfirmed(timed)
    await timed.later(59 * MINUTE)
    sent_at = timed.rows("SELECT sent_at FROM attempts")[0][0]
    await press(timed, CLARISSE, card, "resolve")
    form = await timed.slack.wait_for_modal(CLARISSE, "Resolve")
    refused = await timed.slack.submit(form, {"finding": "unpaid", "reason": "seen"})
    earliest = f"{datetime.fromtimestamp((int(sent_at or 0) + HOUR + MINUTE - 1) / 1000, UTC):%H:%M}"
    says = f"“It was not paid” can be said from {earliest} on: LigdiCash's word may still come."
    assert ({"finding": says}, False) == (refused.errors, refused.closed)
    assert "proposed" not in kinds(timed, card)
    timed.slack.workspace.close(form)
    await timed.later(MINUTE)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "unpaid"), "confirm")
    shown = await timed.card_says(card, f"🔴 *Marked not paid* by <@{CLARISSE}> and <@{DAOUDA}>")
    assert "LigdiCash says" not in shown.words
    await timed.thread_says(card, "If LigdiCash says otherwise later, it is told here.")
    assert State.FAILED is state_of(timed, card)


async def test_an_initiated_payout_is_resolved_after_a_day(timed: Stage) -> None:
    """Before that LigdiCash has its time; then it is pointed out, and two people may."""
    card = await approved(timed, PENDING)
    await becomes(timed, card, State.INITIATED)
    for _ in range(23):
        await timed.later(HOUR)
        await timed.at_rest()
    assert "resolve" not in buttons_of(seen(timed, card))
    await timed.later(HOUR + MINUTE)
    shown = await timed.slack.wait_for(lambda _: seen(timed, card) if buttons_of(seen(timed, card)) else None)
    assert ["resolve"] == buttons_of(shown)
    await timed.thread_says(card, "has been open for 24 hours")
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "paid"), "confirm")
    await timed.card_says(card, PAID_BY_BOTH)


async def test_an_initiated_payout_is_resolved_after_six_hours_of_errors(timed: Stage) -> None:
    """Its token may have expired: when the status call told nothing for so long, people may."""
    with status_answers(timed, lambda _token: CRASHED):
        card = await approved(timed, PENDING)
        await becomes(timed, card, State.INITIATED)
        for _ in range(11):
            await timed.later(30 * MINUTE)
            await timed.at_rest()
        assert [] == buttons_of(seen(timed, card))
        await timed.later(HOUR)
        await timed.at_rest()
        assert ["resolve"] == buttons_of(seen(timed, card))
        await timed.thread_says(card, "an approver can click *Resolve*")
        proposal = await propose(timed, CLARISSE, card, "paid")
    await timed.later(HOUR)
    await timed.at_rest()
    # LigdiCash answers again, so the proposal is void; a slow screen shows its button still.
    await press_as_shown(timed, DAOUDA, proposal, "confirm")
    await timed.whispered(DAOUDA, "cannot be resolved by people now")
    assert State.INITIATED is state_of(timed, card)


async def test_one_answer_among_the_errors_begins_the_six_hours_anew(timed: Stage) -> None:
    """Nothing but errors means nothing but errors."""
    answers: dict[str, Any] = {"now": CRASHED}
    with status_answers(timed, lambda _token: answers["now"]):
        card = await approved(timed, PENDING)
        await becomes(timed, card, State.INITIATED)
        for hours in range(10):
            answers["now"] = None if hours == 5 else CRASHED
            await timed.later(HOUR)
            await timed.at_rest()
        assert [] == buttons_of(seen(timed, card))


# At the console


async def test_where_only_one_is_eligible_the_console_is_the_second(tmp_path: Path) -> None:
    """One approver proposes in Slack, the person who runs the bot ends it; both are named."""
    async with scene_of(tmp_path, APPROVERS=CLARISSE) as scene:
        card = await unconfirmed(scene)
        payout = payout_of(card)
        assert "an approver proposes first" in (await _console(scene, payout)).output
        proposal = await propose(scene, CLARISSE, card, "paid")
        assert f"`payout-bot resolve {payout}`" in proposal.words
        asked = await _console(scene, payout, typed="n\n")
        assert (1, State.UNCONFIRMED) == (asked.exit_code, state_of(scene, card))
        assert "Nothing was changed." in asked.output
        for shown in (CLARISSE, "it was paid", "seen on the dashboard", transaction_of(scene, card)):
            assert shown in asked.output
        assert 0 == (await _console(scene, payout, typed="y\n")).exit_code
        ended = await scene.card_says(card, f"*Marked paid* by <@{CLARISSE}> and ")
        assert "operator at the console" in ended.words
        await scene.slack.wait_for_message(AUDIT, f"marked paid by <@{CLARISSE}> and operator at the console")
        assert "cannot resolve it now" in (await _console(scene, payout)).output


async def test_where_two_are_eligible_the_console_does_not(timed: Stage) -> None:
    """Two people in Slack are two people; the console is for where there are not."""
    card = await unconfirmed(timed)
    await propose(timed, CLARISSE, card, "paid")
    refused = await _console(timed, payout_of(card), "--yes")
    assert (1, True) == (refused.exit_code, "two approvers could resolve it in Slack" in refused.output)
    assert 1 == (await _console(timed, "P-22222", "--yes")).exit_code
    assert State.UNCONFIRMED is state_of(timed, card)


async def test_who_asked_does_not_count_as_eligible(tmp_path: Path) -> None:
    """Of two approvers one asked: then the console is the second person."""
    async with scene_of(tmp_path, APPROVERS=f"{AMINATA},{CLARISSE}") as scene:
        card = await unconfirmed(scene)
        await propose(scene, CLARISSE, card, "paid")
        assert 0 == (await _console(scene, payout_of(card), "--yes")).exit_code
        await scene.card_says(card, "Marked paid")


async def test_the_console_takes_no_word_of_one_who_is_no_approver_any_more(tmp_path: Path) -> None:
    """Whoever proposed was taken out of the settings since: one word is left, and that is not two."""
    async with scene_of(tmp_path, APPROVERS=f"{CLARISSE},{DAOUDA}") as scene:
        card = await unconfirmed(scene)
        await propose(scene, DAOUDA, card, "paid")
        await scene.stop()
        scene.extra = {**scene.extra, "APPROVERS": CLARISSE}
        refused = await _console(scene, payout_of(card), "--yes")
        assert (1, True) == (refused.exit_code, "whoever proposed it is no approver any more" in refused.output)
        assert State.UNCONFIRMED is state_of(scene, card)
        await scene.start()
        await propose(scene, CLARISSE, card, "paid")
        with closing(sqlite3.connect(scene.database)) as ledger, ledger:
            ledger.execute("UPDATE attempts SET word = 'pending'")
        confirmed = await _console(scene, payout_of(card), "--yes")
        assert (0, True) == (confirmed.exit_code, "newest word on it is “pending”: it may still be" in confirmed.output)
        assert [("found_paid",)] == scene.rows("SELECT outcome FROM attempts")


async def test_the_console_keeps_to_the_hour_too(tmp_path: Path) -> None:
    """Its own clock counts: proposed by a bot whose clock runs ahead, it is too early there."""
    async with scene_of(tmp_path, APPROVERS=CLARISSE) as scene:
        card = await unconfirmed(scene)
        await scene.later(2 * HOUR)
        await propose(scene, CLARISSE, card, "unpaid")
        refused = await _console(scene, payout_of(card), "--yes")
        assert (1, True) == (refused.exit_code, "60 minutes after it was sent" in refused.output)
        assert State.UNCONFIRMED is state_of(scene, card)


# What LigdiCash says later


async def test_evidence_that_agrees_is_told_once(timed: Stage) -> None:
    """From then on it is LigdiCash's word; said in the thread and to finance, once."""
    card = await doubtful(timed)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "paid"), "confirm")
    await timed.card_says(card, "Marked paid")
    await ligdicash_says(timed, transaction_of(timed, card), "completed")
    await timed.thread_says(card, "LigdiCash now says")
    await timed.card_says(card, "LigdiCash says it was paid")
    await timed.later(3 * DAY)
    await timed.at_rest()
    assert (1, 0) == (kinds(timed, card).count("evidence_agrees"), kinds(timed, card).count("contradiction"))
    assert State.COMPLETED is state_of(timed, card)


async def test_evidence_that_agrees_keeps_ask_again_possible(timed: Stage) -> None:
    """Not paid, by two people and by LigdiCash: nothing speaks against another attempt."""
    card = await doubtful(timed)
    await timed.later(HOUR)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "unpaid"), "confirm")
    await timed.card_says(card, "Marked not paid")
    await ligdicash_says(timed, transaction_of(timed, card), "notcompleted")
    await timed.card_says(card, "LigdiCash says it was not paid")
    await press(timed, AMINATA, card, "ask_again")
    question = await timed.thread_says(card, "*Attempt 2*")
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await becomes(timed, card, State.INITIATED)


@pytest.mark.parametrize(
    ("finding", "word", "state"),
    [("unpaid", "completed", State.FAILED), ("paid", "notcompleted", State.COMPLETED)],
)
async def test_evidence_that_contradicts_is_said_loudly(timed: Stage, finding: str, word: str, state: State) -> None:
    """An event, a banner that stays, an alert; the state is what it was, and nothing can be asked again."""
    card = await doubtful(timed)
    await timed.later(HOUR)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, finding), "confirm")
    await timed.card_says(card, "*Marked ")
    await ligdicash_says(timed, transaction_of(timed, card), word)
    shown = await timed.card_says(card, "🚨 *LigdiCash contradicts this:*")
    assert f"“{word}” of attempt 1" in shown.seen[0]
    assert [] == buttons_of(shown)
    await timed.thread_says(card, f"LigdiCash now says “{word}”")
    await timed.slack.wait_for_message(AUDIT, f"but LigdiCash now says “{word}”")
    await ligdicash_says(timed, transaction_of(timed, card), word)
    await timed.later(3 * DAY)
    await timed.at_rest()
    assert (state, 1) == (state_of(timed, card), kinds(timed, card).count("contradiction"))


async def _say(scene: Stage, user: str, card: Message, finding: str) -> None:
    await press(scene, user, card, "resolve")
    form = await scene.slack.wait_for_modal(user, "Resolve")
    await scene.slack.submit(form, {"finding": finding, "reason": "seen"})
    await decided(scene)


async def _console(scene: Stage, payout: str, *options: str, typed: str | None = None) -> Result:
    """`payout-bot resolve` at the terminal of the machine, beside the running bot."""
    environment: Mapping[str, str] = {**scene.environment(), "LOGNAME": "operator"}

    def run() -> Result:
        return CliRunner().invoke(main, ["resolve", payout, *options], input=typed, env=environment)

    return await asyncio.to_thread(run)
