"""The message of a proposal: what is confirmed by it, what it says once it is over, and what an old click is told."""

from __future__ import annotations

import pytest

from bot.clock import HOUR, MINUTE
from bot.sandbox.ligdicash.answers import CRASHED
from bot.sandbox.slack import Message, outage
from bot.sandbox.slack.hands import find_button
from storage.payout import State
from tests.stage import CLARISSE, DAOUDA, Stage, payout_of
from tests.story.office import (
    NO_CALLBACK,
    PENDING,
    approved,
    becomes,
    buttons_of,
    changed,
    doubtful,
    held_back,
    ligdicash_says,
    press,
    press_as_shown,
    propose,
    state_of,
    status_answers,
    transaction_of,
    unconfirmed,
)

VOID = "↩️ Void: something new came from LigdiCash at "


def shown(scene: Stage, message: Message) -> Message:
    """A message as it stands now."""
    current = scene.slack.workspace.current(message)
    assert isinstance(current, Message)
    return current


@pytest.mark.parametrize(("finding", "marked"), [("paid", "marked paid"), ("unpaid", "marked not paid")])
async def test_what_was_confirmed_says_so_and_loses_its_button(timed: Stage, finding: str, marked: str) -> None:
    """In place, with who and when; whoever clicks it on an old screen reads that it is resolved, and by whom."""
    card = await unconfirmed(timed)
    await timed.later(HOUR)
    proposal = await propose(timed, CLARISSE, card, finding)
    await press(timed, DAOUDA, proposal, "confirm")
    await timed.at_rest()
    now = shown(timed, proposal)
    assert f"<@{CLARISSE}> proposed for {payout_of(card)}: " in now.words
    assert f"\n✅ Confirmed by <@{DAOUDA}> at " in now.words
    assert ([], ["confirm"]) == (buttons_of(now), buttons_of(proposal))
    await press_as_shown(timed, DAOUDA, proposal, "confirm")
    await timed.whispered(DAOUDA, f"{payout_of(card)} is already resolved: {marked} by <@{CLARISSE}> and <@{DAOUDA}>.")


async def test_what_another_proposal_replaced_says_so(timed: Stage) -> None:
    """Only the newer one can be confirmed."""
    card = await unconfirmed(timed)
    first = await propose(timed, CLARISSE, card, "paid")
    second = await propose(timed, DAOUDA, card, "paid", "seen on my phone")
    await timed.at_rest()
    assert f"\n↩️ Void: <@{DAOUDA}> proposed anew at " in shown(timed, first).words
    assert ([], ["confirm"]) == (buttons_of(shown(timed, first)), buttons_of(shown(timed, second)))


@pytest.mark.parametrize("word", ["pending", "completed", "notcompleted"])
async def test_what_evidence_overtook_says_so(timed: Stage, word: str) -> None:
    """Whether it ended the payout or was only something new."""
    card = await doubtful(timed)
    proposal = await propose(timed, CLARISSE, card, "paid")
    await ligdicash_says(timed, transaction_of(timed, card), word)
    await timed.at_rest()
    assert f"\n{VOID}" in shown(timed, proposal).words
    assert [] == buttons_of(shown(timed, proposal))


async def test_what_a_status_answer_overtook_says_so(timed: Stage) -> None:
    """No callback came before it: the status call alone ends the payout."""
    with status_answers(timed, lambda _token: CRASHED):
        card = await approved(timed, NO_CALLBACK)
        await becomes(timed, card, State.INITIATED)
        await timed.later(HOUR)
        await changed(timed, lambda: timed.rows("SELECT 1 FROM attempts WHERE silent_since IS NOT NULL"))
        await timed.at_rest()
        await timed.later(7 * HOUR)
        await timed.at_rest()
        proposal = await propose(timed, CLARISSE, card, "unpaid")
    await timed.later(2 * HOUR)
    await becomes(timed, card, State.COMPLETED)
    await timed.at_rest()
    assert f"\n{VOID}" in shown(timed, proposal).words
    assert [] == buttons_of(shown(timed, proposal))


async def test_what_was_over_before_slack_took_it_has_no_button(timed: Stage) -> None:
    """Slack takes no message of it while it may be confirmed; nobody is called to it afterwards."""
    timed.slack.api.weather = lambda _method, args: outage() if "please confirm just this" in str(args) else None
    card = await doubtful(timed)
    await press(timed, CLARISSE, card, "resolve")
    form = await timed.slack.wait_for_modal(CLARISSE, "Resolve")
    await timed.slack.submit(form, {"finding": "paid", "reason": "seen"})
    await changed(timed, lambda: timed.rows("SELECT 1 FROM proposals"))
    await timed.ligdicash.settle(transaction_of(timed, card), "pending")
    await changed(timed, lambda: not timed.rows("SELECT 1 FROM proposals"))
    await timed.later(MINUTE)
    said = await timed.thread_says(card, VOID)
    assert (True, []) == (f"<@{CLARISSE}> proposed for" in said.words, buttons_of(said))
    posted = [str(call.args) for call in timed.slack.calls if call.ok and "proposes for" in str(call.args)]
    assert posted
    assert not any("[Confirm]" in each or "'confirm'" in each for each in posted)


async def test_a_token_told_late_is_not_edited_away(timed: Stage) -> None:
    """Slack took nothing for a day: the token and the proposal are told at once, and not in one message."""
    down = {"is": True}
    timed.slack.api.weather = lambda method, args: (
        outage() if down["is"] and method == "chat.postMessage" and "LigdiCash accepted" in str(args) else None
    )
    card = await approved(timed, PENDING)
    await becomes(timed, card, State.INITIATED)
    async with held_back(timed, "GET"):
        await timed.later(25 * HOUR)
        await timed.card_says(card, "Initiated")
        await press(timed, CLARISSE, card, "resolve")
        form = await timed.slack.wait_for_modal(CLARISSE, "Resolve")
        await timed.slack.submit(form, {"finding": "paid", "reason": "seen"})
        await changed(timed, lambda: timed.rows("SELECT 1 FROM proposals"))
        down["is"] = False
        await timed.later(2 * MINUTE)
        proposal = await timed.thread_says(card, "proposes for")
        await press(timed, DAOUDA, proposal, "confirm")
        await timed.thread_says(card, "✅ Confirmed by")
    assert State.COMPLETED is state_of(timed, card)
    assert "proposed for" not in (await timed.thread_says(card, "Token:")).words


@pytest.mark.parametrize(
    ("finding", "title", "then"),
    [
        ("paid", "Confirm: it was paid?", "It is then recorded as paid."),
        ("unpaid", "Confirm: it was not paid?", "The same can then be asked for, and paid, again."),
    ],
)
async def test_slack_asks_before_it_is_confirmed(timed: Stage, finding: str, title: str, then: str) -> None:
    """What, of which payout, and what follows from it."""
    card = await unconfirmed(timed, amount=7500)
    await timed.later(HOUR)
    asks = find_button((await propose(timed, CLARISSE, card, finding)).buttons, "confirm").dialog
    assert asks is not None
    assert (title, "Yes, confirm") == (asks.title, asks.confirm)
    assert f"{payout_of(card)}: 7 500 XOF to +226" in asks.text
    assert then in asks.text
