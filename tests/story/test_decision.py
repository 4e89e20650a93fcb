"""The decision: who may take it, who is told why not, and that it is taken once, whoever clicks when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.clock import MINUTE
from bot.sandbox.slack import Delivered, Delivery, Kind, Message, Trouble, View, outage
from bot.sandbox.slack.hands import find_button
from tests.stage import (
    AMINATA,
    AUDIT,
    BOUKARY,
    CLARISSE,
    DAOUDA,
    GONE,
    GUEST,
    ROBOT,
    STRANGER,
    SkippingClock,
    Stage,
    hurried,
    payout_of,
    stage,
)
from tests.story.office import changed

pytestmark = pytest.mark.asyncio(loop_scope="module")

# All of these are named, and only two of them count.
NAMED = (CLARISSE, DAOUDA, AMINATA, GUEST, GONE, STRANGER, ROBOT)


@pytest.fixture(scope="module")
def clock() -> SkippingClock:
    """Lets the minute be over for which the bot remembers who somebody is."""
    return SkippingClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(clock: SkippingClock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for all decisions of this file; too many people are named as approvers."""
    folder = tmp_path_factory.mktemp("decision")
    with hurried():
        async with stage(folder, clock=clock, APPROVERS=",".join(NAMED)) as started:
            yield started


@pytest_asyncio.fixture(loop_scope="module")
async def card(office: Stage) -> AsyncIterator[Message]:
    """A payout that Aminata asked for; nothing of earlier tests is on anybody's screen."""
    office.slack.workspace.ephemerals.clear()
    for user in (CLARISSE, DAOUDA):
        for modal in list(office.slack.modals(user)):
            office.slack.workspace.close(modal)
    yield await office.ask("22670000000 5000 refund")
    office.slack.api.weather = lambda _method, _args: None


async def clicks(office: Stage, user: str, question: Message, name: str) -> Delivered:
    """Deliver somebody's click on a message, even if no screen of theirs would show its buttons any more."""
    payload = office.slack.payloads.click(user, question, find_button(question.buttons, name))
    return await office.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))


def state_of(office: Stage, card: Message) -> object:
    """What the ledger says."""
    return office.rows("SELECT state FROM payouts WHERE id = ?", payout_of(card))[0][0]


def events_of(office: Stage, card: Message, kind: str) -> list[tuple[Any, ...]]:
    """The events of one kind that a payout has, by who and why."""
    return office.rows(
        "SELECT actor, json_extract(data, '$.why') FROM events WHERE payout = ? AND kind = ?",
        payout_of(card),
        kind,
    )


def creates_of(office: Stage, card: Message) -> int:
    """How often LigdiCash was asked to pay it."""
    return sum(payout_of(card) in str(create.body) for create in office.ligdicash.creates)


# --- who may not


# Where others read it, it does not speak to them.
OTHERS_READ = {
    "own_request": "This person asked for it, so somebody else must decide.",
    "not_an_approver": "This person is not one of the approvers.",
}


@pytest.mark.parametrize(
    ("user", "why", "says"),
    [
        (AMINATA, "own_request", "You asked for this payout yourself, so somebody else must decide."),
        (GUEST, "guest", "Guests of this workspace cannot ask for payouts or decide on them."),
        (STRANGER, "elsewhere", "People of another workspace cannot ask for payouts or decide on them."),
        (ROBOT, "bot", "Bots cannot ask for payouts or decide on them."),
        (BOUKARY, "not_an_approver", "You are not one of the approvers."),
    ],
)
@pytest.mark.parametrize("button", ["approve", "reject"])
async def test_whoever_may_not_decide_is_told_why_and_who_may(
    office: Stage, card: Message, user: str, why: str, says: str, button: str
) -> None:
    """Privately, in the thread; recorded, with a line in the audit channel; the question stays open."""
    question = await office.question(card)
    await office.slack.click(user, question, button, confirm=button == "approve")
    told = await office.whispered(user, "changed nothing. ")
    deciders = ", ".join(f"<@{one}>" for one in NAMED if one != AMINATA)
    assert f"Your click on {payout_of(card)} changed nothing. {says} These people may: {deciders}." == told.text
    assert (user, card.ts) == (told.to, told.thread_ts)
    others_read = OTHERS_READ.get(why, says)
    await office.slack.wait_for_message(AUDIT, f"🚷 <@{user}> may not {button} {payout_of(card)}: {others_read}")
    assert [(user, why)] == events_of(office, card, "decision_refused")
    await office.settled()
    assert [] == office.slack.modals(user)
    assert "requested" == state_of(office, card)
    assert question == office.slack.workspace.current(question)


async def test_somebody_who_was_deactivated_decides_nothing(office: Stage, card: Message) -> None:
    """The click of an account that is closed by the time it is looked at changes nothing and is recorded."""
    await clicks(office, GONE, await office.question(card), "approve")
    await office.slack.wait_for_message(AUDIT, f"🚷 <@{GONE}> may not approve {payout_of(card)}: Deactivated")
    assert [(GONE, "deactivated")] == events_of(office, card, "decision_refused")
    assert "requested" == state_of(office, card)


async def test_who_somebody_is_now_counts_not_who_they_were(office: Stage, card: Message) -> None:
    """An approver who became a guest a moment ago may not approve, though the bot remembers a member."""
    people = office.slack.workspace.people
    other = await office.ask("22670000000 4000 refund")
    await office.approve(other)
    await office.card_says(other, "Completed")
    before = people[CLARISSE]
    people.make_guest(CLARISSE)
    try:
        await office.approve(card)
        await office.whispered(CLARISSE, "Guests of this workspace")
    finally:
        people.add(before)
    assert "requested" == state_of(office, card)


@pytest.mark.parametrize("trouble", [outage(), Trouble(error="fatal_error")])
async def test_not_knowing_who_clicked_means_no(office: Stage, card: Message, trouble: Trouble) -> None:
    """While Slack does not say who it is the answer is no, kindly; a later click works."""
    office.slack.api.weather = lambda method, _args: trouble if method == "users.info" else None
    await office.approve(card)
    await office.whispered(CLARISSE, "Slack did not say who you are just now")
    assert "requested" == state_of(office, card)
    office.slack.api.weather = lambda _method, _args: None
    await office.approve(card)
    await office.card_says(card, "Completed")


async def test_without_another_approver_that_is_said(office: Stage) -> None:
    """An installation whose only approver asks is told so in the question, instead of an empty page."""
    await office.stop()
    office.extra = {"APPROVERS": AMINATA}
    await office.start()
    try:
        card = await office.ask("22670000000 5000 refund")
        question = await office.question(card)
        assert "Nobody but the requester is named as an approver" in question.words
        await office.slack.click(AMINATA, question, "approve", confirm=True)
        await office.whispered(AMINATA, "Nobody else is named as an approver")
    finally:
        await office.stop()
        office.extra = {"APPROVERS": ",".join(NAMED)}
        await office.start()


# --- once


async def test_the_second_click_of_a_double_click_is_told_who_decided(office: Stage, card: Message) -> None:
    """Two clicks of one person, at once: one approval, one request, and no error."""
    question = await office.question(card)
    await asyncio.gather(*(clicks(office, CLARISSE, question, "approve") for _ in range(2)))
    told = await office.whispered(CLARISSE, "was already approved")
    assert f"{payout_of(card)} was already approved by <@{CLARISSE}>. Your click changed nothing." in told.text
    await office.card_says(card, "Completed")
    assert [(CLARISSE, None)] == events_of(office, card, "approved")
    assert 1 == creates_of(office, card)


async def test_the_slower_approver_is_told_who_decided(office: Stage, card: Message) -> None:
    """Whose screen still shows the buttons is told what happened meanwhile, and how it stands now."""
    question = await office.question(card)
    await office.approve(card)
    await office.card_says(card, "Completed")
    await clicks(office, DAOUDA, question, "approve")
    told = await office.whispered(DAOUDA, "already approved")
    expected = f"{payout_of(card)} was already approved by <@{CLARISSE}>. Your click changed nothing."
    assert f"{expected} Now: completed." == told.text
    await clicks(office, DAOUDA, question, "reject")
    await office.settled()
    assert [expected, expected] == [one.text[: len(expected)] for one in office.slack.ephemerals(DAOUDA)]
    assert [] == office.slack.modals(DAOUDA)


@pytest.mark.parametrize("first", [CLARISSE, DAOUDA])
async def test_two_approvers_at_the_same_instant_are_one_approval(office: Stage, card: Message, first: str) -> None:
    """One of them approved, the other is told so; the payout leaves once."""
    question = await office.question(card)
    second = DAOUDA if first == CLARISSE else CLARISSE
    await asyncio.gather(*(clicks(office, user, question, "approve") for user in (first, second)))
    await office.card_says(card, "Completed")
    await office.settled()
    ((winner, _why),) = events_of(office, card, "approved")
    loser = ({CLARISSE, DAOUDA} - {winner}).pop()
    assert [] == office.slack.ephemerals(str(winner))
    (told,) = office.slack.ephemerals(loser)
    assert f"was already approved by <@{winner}>" in told.text
    assert 1 == creates_of(office, card)


async def open_rejection(office: Stage, card: Message, user: str) -> View:
    """Click Reject and wait for the form that asks why."""
    await office.slack.click(user, await office.question(card), "reject")
    return await office.slack.wait_for_modal(user)


@pytest.mark.parametrize("first", ["approval", "rejection"])
async def test_approving_and_rejecting_at_once_is_one_decision(office: Stage, card: Message, first: str) -> None:
    """Paid once, or rejected, or stopped before it left; whoever comes too late is told, and so is what was stopped."""
    form = await open_rejection(office, card, DAOUDA)
    question = await office.question(card)
    both = [clicks(office, CLARISSE, question, "approve"), office.slack.submit(form, {"reason": "no"})]
    await asyncio.gather(*(both if first == "approval" else reversed(both)))
    await changed(office, lambda: state_of(office, card) in {"completed", "rejected", "cancelled"})
    await office.at_rest()
    approved, rejected, stopped = (events_of(office, card, kind) for kind in ("approved", "rejected", "cancelled"))
    assert 1 == len(approved) + len(rejected)
    assert len(approved) - len(stopped) == creates_of(office, card)
    if stopped:
        await office.thread_says(card, f"was *stopped* by <@{DAOUDA}> before it left, nothing was paid: no")
        return
    loser, told = (DAOUDA, f"approved by <@{CLARISSE}>") if approved else (CLARISSE, f"rejected by <@{DAOUDA}>")
    assert told in office.slack.ephemerals(loser)[-1].text


# --- rejecting


async def test_rejecting_asks_for_the_reason(office: Stage, card: Message) -> None:
    """The form names the payout and what it is about; until it is sent nothing changes."""
    form = await open_rejection(office, card, CLARISSE)
    assert f"Reject {payout_of(card)}" == form.title
    about = "5 000 XOF to +226 70 00 00 00, asked by Aminata. The requester reads this in the thread."
    assert about == form.hints["reason"]
    await office.settled()
    assert "requested" == state_of(office, card)
    result = await office.slack.submit(form, {"reason": "The order was\nalready refunded"})
    assert ({}, True) == (result.errors, result.closed)
    told = await office.thread_says(card, "was *rejected*")
    assert (
        f"❌ <@{AMINATA}> {payout_of(card)} was *rejected* by <@{CLARISSE}>: The order was already refunded"
        == told.text
    )
    answered = await office.thread_says(card, f"❌ Rejected by <@{CLARISSE}>")
    assert [] == answered.buttons
    await office.settled()
    assert 0 == creates_of(office, card)


async def test_a_rejection_is_told_directly_with_who_and_why(office: Stage, card: Message) -> None:
    """All that is read on a lock screen."""
    await office.reject(card, "Wrong amount, it is <2 000>")
    await office.thread_says(card, "was *rejected* by")
    await office.at_rest()
    (told,) = [one.text for one in office.slack.direct_messages(AMINATA) if payout_of(card) in one.text]
    assert f": rejected by <@{CLARISSE}>: Wrong amount, it is &lt;2 000&gt; · {payout_of(card)} · <" in told


@pytest.mark.parametrize("reason", [" ", "\n\n", "\u200e\u00a0"])
async def test_a_rejection_without_a_reason_is_none(office: Stage, card: Message, reason: str) -> None:
    """The field says so, with an example; the form stays open and the payout undecided."""
    form = await open_rejection(office, card, CLARISSE)
    result = await office.slack.submit(form, {"reason": reason})
    assert {"reason": "Please say why, for example “The order was already refunded”."} == result.errors
    await office.settled()
    assert "requested" == state_of(office, card)


async def test_a_rejection_that_comes_too_late_is_told_who_decided(office: Stage, card: Message) -> None:
    """While one approver writes the reason another one approves: it is paid, and the writer is told."""
    form = await open_rejection(office, card, DAOUDA)
    await office.approve(card)
    await office.card_says(card, "Completed")
    await office.slack.submit(form, {"reason": "no"})
    told = await office.whispered(DAOUDA, "already approved")
    assert f"by <@{CLARISSE}>" in told.text


async def test_a_reason_form_that_does_not_open_is_said(office: Stage, card: Message) -> None:
    """The approver is told that nothing was rejected, and may click again."""
    office.slack.api.weather = lambda method, _args: outage() if method == "views.open" else None
    await office.slack.click(CLARISSE, await office.question(card), "reject")
    told = await office.whispered(CLARISSE, "The form did not open")
    assert f"{payout_of(card)} was not changed. Please click the button again." in told.text
    office.slack.api.weather = lambda _method, _args: None
    await office.reject(card, "refunded already")
    await office.card_says(card, "Rejected")


async def test_a_look_up_that_fails_once_leaves_nobody_without_an_answer(
    office: Stage, card: Message, clock: SkippingClock
) -> None:
    """The form opens, since who it is counts when the reason comes."""
    clock.skip(2 * MINUTE)
    failed: list[str] = []

    def fails_once(method: str, _args: dict[str, Any]) -> Trouble | None:
        if method != "users.info" or failed:
            return None
        failed.append(method)
        return outage()

    office.slack.api.weather = fails_once
    await office.reject(card, "refunded already")
    await office.card_says(card, "Rejected")
    assert ["users.info"] == failed


async def test_whoever_lost_the_right_while_writing_rejects_nothing(office: Stage, card: Message) -> None:
    """The reason's form is checked like a click: by who it is now."""
    form = await open_rejection(office, card, CLARISSE)
    people = office.slack.workspace.people
    before = people[CLARISSE]
    people.make_guest(CLARISSE)
    try:
        await office.slack.submit(form, {"reason": "no"})
        await office.whispered(CLARISSE, "Guests of this workspace")
    finally:
        people.add(before)
    assert "requested" == state_of(office, card)


# --- in which order


async def test_the_buttons_go_before_the_money_moves(office: Stage, card: Message) -> None:
    """Even when Slack takes the edit only at the second try, LigdiCash was asked for nothing until then."""
    question = await office.question(card)
    edits: list[tuple[int, str]] = []

    def once_busy(method: str, args: dict[str, Any]) -> Trouble | None:
        if method != "chat.update" or args["ts"] != question.ts:
            return None
        edits.append((creates_of(office, card), args["text"]))
        return outage() if len(edits) == 1 else None

    office.slack.api.weather = once_busy
    await office.approve(card)
    await office.card_says(card, "Completed")
    assert [0, 0] == [creates for creates, _text in edits[:2]]
    assert all("What became of it stands on the card" in text for _creates, text in edits[:2])
    assert [] == office.slack.workspace.current(question).buttons
    assert 1 == creates_of(office, card)


async def test_a_slow_slack_does_not_hold_the_money_for_ever(office: Stage, card: Message) -> None:
    """If the buttons cannot be taken away, the approval still stands: the payout leaves soon after, once."""
    office.slack.api.weather = lambda method, _args: outage() if method == "chat.update" else None
    await office.approve(card)
    await office.ligdicash.wait_for(lambda _: creates_of(office, card) == 1)
    office.slack.api.weather = lambda _method, _args: None
    await office.card_says(card, "Completed")
    assert 1 == creates_of(office, card)


async def test_a_button_that_none_of_ours_drew_is_answered(office: Stage, card: Message, clock: SkippingClock) -> None:
    """A value that names no payout, or an attempt that is not, is told apart from a decision."""
    question = await office.question(card)
    payload = office.slack.payloads.click(CLARISSE, question, find_button(question.buttons, "approve"))
    for value, says in [
        ("P-22222:1", "There is no payout P-22222"),
        ("<!channel>:9", "There is no payout &lt;!channel&gt;"),
        (f"{payout_of(card)}:2", "This button belongs to an earlier version"),
        (f"{payout_of(card)}:x", "This button belongs to an earlier version"),
        ("", "There is no payout"),
    ]:
        clock.skip(MINUTE)
        action = payload["actions"][0] | {"value": value, "action_ts": office.slack.workspace.next_ts()}
        office.slack.workspace.ephemerals.clear()
        ended = await office.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload | {"actions": [action]}))
        assert ended.error is None
        await office.whispered(CLARISSE, says)
    assert "requested" == state_of(office, card)
