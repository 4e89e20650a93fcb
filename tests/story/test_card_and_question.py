"""The card in the channel and the question in its thread: what they say, whom they page, how they change."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.slack import Message
from tests.stage import (
    AMINATA,
    AUDIT,
    CLARISSE,
    DAOUDA,
    SUPPORT,
    Stage,
    hurried,
    payout_of,
    stage,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

# All the characters that Slack would take for something else; five times as long once they are escaped.
HOSTILE_REASON = ("<&>" * 100)[:300]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for all cards of this file."""
    with hurried():
        async with stage(tmp_path_factory.mktemp("card")) as started:
            yield started


def lines(message: Message) -> list[str]:
    """What the channel shows of a message, a line each."""
    return "\n".join(message.seen).splitlines()


# --- the card


async def test_the_card_shows_the_payout_and_its_state(office: Stage) -> None:
    """Amount and number first, then the state; reason and who asked; what is looked for in small letters."""
    card = await office.ask("22670000000 5000 refund", values={"order": "ORD-7"})
    payout = payout_of(card)
    head, state, about, details = lines(card)
    assert "*5 000 XOF* to *+226 70 00 00 00*" == head
    assert "⏳ *Waiting for a decision* – in the thread of this message" == state
    assert f"*For:* refund · asked by <@{AMINATA}>" == about
    when = r"asked at \d\d:\d\d on \d+ \w{3} \d{4}"
    assert re.fullmatch(rf"{payout} · order ORD-7 · LigdiCash wallet · {when}", details)
    assert [] == card.buttons


async def test_a_lock_screen_shows_a_whole_sentence(office: Stage) -> None:
    """Without the blocks the card's text says which payout, how much, to whom, and how it stands."""
    card = await office.ask("22670000000 5000 refund")
    assert f"{payout_of(card)} · 5 000 XOF to +226 70 00 00 00 · waiting for a decision" == card.text


async def test_the_card_is_edited_in_place_through_every_state(office: Stage) -> None:
    """One message from the question to the end: its text and its line of state change together."""
    card = await office.ask("22676000000 5000 refund")
    await office.approve(card)
    done = await office.card_says(card, "Completed")
    assert card.ts == done.ts
    assert done.text.endswith("· completed")
    assert done.edits[0].text == card.text
    assert lines(card)[0] == lines(done)[0]
    assert len(done.edits) <= 4


async def test_a_rejected_card_says_by_whom_and_why(office: Stage) -> None:
    """The card ends with the decision; the lock screen says so too."""
    card = await office.ask("22670000000 5000 refund")
    await office.reject(card, "refunded already")
    done = await office.card_says(card, f"❌ *Rejected* by <@{CLARISSE}> · refunded already")
    assert done.text.endswith("· rejected")


# --- the question


async def test_the_question_is_the_first_message_of_the_thread(office: Stage) -> None:
    """It says what is to be decided and mentions who asked; right above the buttons it pages the approvers."""
    card = await office.ask("22671000000 5000 refund", values={"order": "ORD-8"})
    question = await office.question(card)
    assert card.ts == question.thread_ts
    paged = f"<@{CLARISSE}>, <@{DAOUDA}>"
    assert [
        f"*5 000 XOF* to *+226 71 00 00 00*, asked by <@{AMINATA}>",
        "*Reason:* refund",
        "*Order:* ORD-8",
        "*Arrives:* LigdiCash wallet",
        f"{paged}: please decide.",
        "[Approve]",
        "[Reject]",
        "[Cancel request]",
        "The person who asked cannot approve. Nothing is paid before somebody approves.",
    ] == lines(question)


async def test_the_questions_lock_screen_asks_for_the_decision(office: Stage) -> None:
    """An approver's phone shows amount, number, who asked and why, before anything is opened."""
    question = await office.question(await office.ask("22670000000 5000 refund"))
    assert "Please decide: 5 000 XOF to +226 70 00 00 00, asked by Aminata – refund" == question.text


async def test_an_approver_who_asks_is_not_paged(office: Stage) -> None:
    """Only those who may decide are called."""
    question = await office.question(await office.ask("22672000000 5000 refund", user=CLARISSE))
    assert f"<@{DAOUDA}>: please decide." in lines(question)


async def test_approving_is_confirmed_with_amount_number_and_requester(office: Stage) -> None:
    """Slack's own dialog comes before the click, in plain words; Reject asks for a reason and has none.

    Cancel request says who can, before it is clicked by somebody who cannot.
    """
    question = await office.question(await office.ask("22670000900 5000 refund"))
    approve, reject, cancel = question.buttons
    dialog = approve.dialog
    assert dialog is not None
    assert "Pay 5 000 XOF?" == dialog.title
    assert [
        "5 000 XOF to +226 70 00 09 00",
        "asked by Aminata",
        "LigdiCash wallet",
        "",
        "Once sent, this cannot be taken back.",
    ] == dialog.text.splitlines()
    assert ("Yes, pay", "Not now") == (dialog.confirm, dialog.deny)
    assert "plain_text" == approve.element["confirm"]["text"]["type"]
    assert reject.dialog is None
    assert cancel.dialog is not None
    assert ("Cancel this request?", "Only the person who asked can. Nothing is paid then.", "Cancel request") == (
        cancel.dialog.title,
        cancel.dialog.text,
        cancel.dialog.confirm,
    )


async def test_buttons_carry_the_payout_and_the_attempt_and_nothing_else(office: Stage) -> None:
    """What a button was drawn for is all it says; the rest is looked up when it is clicked."""
    card = await office.ask("22670000000 5000 refund")
    question = await office.question(card)
    assert [f"{payout_of(card)}:1"] * 3 == [button.value for button in question.buttons]


async def test_the_answered_question_keeps_its_words_and_loses_its_buttons(office: Stage) -> None:
    """It is edited in place: what was asked, who approved, and how it stands; nobody is paged once more."""
    card = await office.ask("22673000000 5000 refund")
    await office.approve(card)
    answered = await office.thread_says(card, "Approved by")
    assert (await office.question(card)).ts == answered.ts
    assert [] == answered.buttons
    assert "*5 000 XOF* to *+226 73 00 00 00*" in answered.words
    assert re.match(rf"✅ Approved by <@{CLARISSE}> at \d\d:\d\d", answered.text)


# --- what people typed


async def test_what_was_typed_is_escaped_wherever_it_is_shown(office: Stage) -> None:
    """Texts of nothing but `&`, `<` and `>` are shown as such, within every limit."""
    typed = {"reason": HOSTILE_REASON, "order": "<!channel>" * 6}
    card = await office.ask("22670000000 5000", values=typed)
    question = await office.question(card)
    escaped = HOSTILE_REASON.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"*For:* {escaped} · asked by <@{AMINATA}>" in lines(card)
    assert f"*Reason:* {escaped}" in lines(question)
    assert f"*Order:* {'&lt;!channel&gt;' * 6}" in lines(question)
    await office.reject(card, HOSTILE_REASON)
    await office.card_says(card, f"❌ *Rejected* by <@{CLARISSE}> · {escaped}")
    await office.thread_says(card, f"was *rejected* by <@{CLARISSE}>: {escaped}")
    await office.slack.wait_for_message(AUDIT, f"{payout_of(card)} rejected by <@{CLARISSE}>: {escaped}")
    await office.settled()
    refused_by_slack = [call.answer for call in office.slack.calls if not call.ok]
    assert [] == refused_by_slack


async def test_a_long_hostile_reason_stands_through_to_the_end(office: Stage) -> None:
    """Each edit of the longest card is one that Slack takes."""
    card = await office.ask("22674000000 5000", values={"reason": HOSTILE_REASON, "order": "&" * 60})
    await office.approve(card)
    done = await office.card_says(card, "Completed")
    assert lines(card)[0] == lines(done)[0]
    await office.settled()
    assert [] == [call.answer for call in office.slack.calls if not call.ok]


async def test_nothing_that_was_typed_becomes_a_link(office: Stage) -> None:
    """Slack is told to leave plain text alone: no address, channel or name in a reason comes alive."""
    card = await office.ask("22675000000 5000", values={"reason": "see https://example.com #general @here"})
    await office.approve(card)
    await office.card_says(card, "Completed")
    told = [call for call in office.slack.calls if call.method in {"chat.postMessage", "chat.update"}]
    texts = [text for call in told for text in mrkdwn_in(call.args["blocks"])]
    assert texts
    assert all(text.get("verbatim") is True for text in texts)
    assert {"none"} == {call.args.get("parse") for call in told if call.method == "chat.update"}
    posted = [call for call in told if call.method == "chat.postMessage"]
    assert all(call.args["unfurl_links"] is False and "link_names" not in call.args for call in posted)


def mrkdwn_in(value: object) -> list[dict[str, Any]]:
    """Every text object of these blocks that Slack formats."""
    if isinstance(value, list):
        return [found for each in value for found in mrkdwn_in(each)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.get("type") == "mrkdwn" else []
    return own + [found for each in value.values() for found in mrkdwn_in(each)]


async def test_the_audit_channel_sees_the_request_without_the_whole_number(office: Stage) -> None:
    """Finance reads who asked for what and why; the number is masked."""
    card = await office.ask("22670001000 5000 refund", values={"order": "ORD-71"})
    payout = payout_of(card)
    line = (await office.slack.wait_for_message(AUDIT, f"{payout} requested")).words
    assert f"📝 {payout} requested by <@{AMINATA}>: 5 000 XOF to +226 ·· ·· ·· 00" in line
    assert "LigdiCash wallet · order ORD-71 · refund" in line
    assert all("70 00 10 00" not in one.words for one in office.slack.messages(AUDIT))
    assert SUPPORT == card.channel


async def test_a_number_in_a_reason_is_masked_for_the_audit_channel(office: Stage) -> None:
    """However it is written; the card shows the reason as it was typed."""
    card = await office.ask("22670001100 5000 refund Awa at 70 12 45 78 or +22676112233, order 4711")
    line = (await office.slack.wait_for_message(AUDIT, f"{payout_of(card)} requested")).words
    assert "refund Awa at +226 ·· ·· ·· 78 or +226 ·· ·· ·· 33, order 4711" in line
    assert "70 12 45 78 or +22676112233" in card.words


@pytest.mark.parametrize(
    "reason",
    [
        "for 70 00 00 00 5000", "Awa 70 00 00 00 76 00 00 00", "OM70000000", "tel70000000", "70000000F",
        "70/00/00/00", "12/11/2026 70000000", "70000000-5000", "+225 07 00 00 00 00",
    ],
)  # fmt: skip
async def test_whatever_stands_beside_a_number_it_is_masked(office: Stage, reason: str) -> None:
    """Copied commands, words without a blank, numbers of other countries: as many figures as a number has."""
    card = await office.ask("22670001100 5000 refund", values={"reason": reason})
    line = (await office.slack.wait_for_message(AUDIT, f"{payout_of(card)} requested")).words
    assert "00000" not in "".join(sign for sign in line.split(" · ")[-1] if sign.isdecimal())


async def test_a_date_and_an_order_stay_to_be_read(office: Stage) -> None:
    """Only what may be somebody's number is masked; an order's reference that is one, too."""
    card = await office.ask("22670001100 5000 refund", values={"reason": "since 12/11/2026", "order": "2026-1104711"})
    line = (await office.slack.wait_for_message(AUDIT, f"{payout_of(card)} requested")).words
    assert "order 2026-1104711" in line
    assert "since 12/11/2026" in line
    card = await office.ask("22670001200 6000 refund", values={"order": "70124578"})
    line = (await office.slack.wait_for_message(AUDIT, f"{payout_of(card)} requested")).words
    assert "order +226 ·· ·· ·· 78" in line


async def test_the_answered_question_stays_true(office: Stage) -> None:
    """It is not edited again when the payout ends, so it must not go on saying that it is being paid."""
    card = await office.ask("22677000000 5000 refund")
    await office.approve(card)
    await office.card_says(card, "Completed")
    (answered,) = [one for one in office.slack.messages(SUPPORT, card.ts) if "✅ Approved by" in one.words]
    assert re.search(
        rf"✅ Approved by <@{CLARISSE}> at \d\d:\d\d\. What became of it stands on the card above\.", answered.words
    )
    assert "paying" not in answered.words
