"""Four eyes: the first of two sends nothing, nobody counts twice, splitting gains nothing, sending looks once more."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.clock import DAY, HOUR, MINUTE
from bot.sandbox.slack import Message, outage
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, payout_of
from tests.story.authority import approvals, approves, clicks, office, sent, somebody
from tests.story.office import (
    FAILS,
    NO_ACCOUNT,
    PENDING,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    creates_of,
    kinds,
    ligdicash_says,
    pause,
    press,
    press_again,
    state_of,
    transaction_of,
)

ABOVE = 100_000
SOMEBODY = "22670000055"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """Above 100 000 XOF two must agree."""
    async with office(tmp_path, SECOND_APPROVAL_ABOVE=str(ABOVE)) as started:
        yield started


async def says(scene: Stage, card: Message, words: str) -> Message:
    """The question, once it shows these words."""
    return await scene.thread_says(card, words)


async def test_the_dialog_says_that_another_must_agree(scene: Stage) -> None:
    """The first of two clicks sends nothing; the second does, and cannot be taken back."""
    card = await scene.ask(f"{somebody(9)} 200000 refund")
    last, another = (
        "Once sent, this cannot be taken back.",
        "It leaves once two have approved, and cannot be taken back then.",
    )
    first = (await scene.question(card)).buttons[0].dialog
    assert first is not None
    assert (True, False) == (another in first.text, last in first.text)
    await approves(scene, CLARISSE, card)
    await scene.at_rest()
    second = (await scene.question(card)).buttons[0].dialog
    assert second is not None
    assert (False, True) == (another in second.text, last in second.text)


async def test_the_first_of_two_sends_nothing(scene: Stage) -> None:
    """It is shown at once, so that nobody clicks again; the second sends it, once."""
    card = await scene.ask(f"{SOMEBODY} 100001 refund")
    await says(scene, card, "*Two* different approvers are needed.")
    await approves(scene, CLARISSE, card)
    question = await says(scene, card, f"☑️ *1 of 2* approvals, by <@{CLARISSE}>. Another approver is needed.")
    assert ["approve", "reject", "cancel"] == buttons_of(question)
    await scene.later(50 * MINUTE)
    await scene.at_rest()
    assert (State.REQUESTED, False, []) == (state_of(scene, card), sent(scene, card), scene.ligdicash.creates)
    assert f"☑️ {payout_of(card)} approved by <@{CLARISSE}> (1 of 2)" in audit(scene)
    await approves(scene, DAOUDA, card)
    await scene.card_says(card, "Completed")
    assert ([CLARISSE, DAOUDA], 1) == (approvals(scene, card), len(creates_of(scene, card)))
    assert [(2,)] == scene.rows("SELECT needed FROM attempts WHERE payout = ?", payout_of(card))
    await says(scene, card, f"✅ Approved by <@{CLARISSE}>, <@{DAOUDA}>")


async def test_at_the_threshold_one_is_enough(scene: Stage) -> None:
    """Above is above."""
    card = await scene.ask(f"{SOMEBODY} {ABOVE} refund")
    assert "*Two*" not in (await scene.question(card)).words
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "Completed")


async def test_the_same_person_counts_once(scene: Stage) -> None:
    """However often, and whatever Slack delivers again; told that another is needed."""
    card = await scene.ask(f"{SOMEBODY} 100001 refund")
    await asyncio.gather(*(approves(scene, CLARISSE, card) for _ in range(4)))
    await scene.slack.replay(scene.slack.deliveries[-1])
    await approves(scene, CLARISSE, card)
    await scene.whispered(CLARISSE, f"You approved {payout_of(card)} already. Another approver is needed")
    await scene.at_rest()
    assert ([CLARISSE], State.REQUESTED) == (approvals(scene, card), state_of(scene, card))
    assert 1 == kinds(scene, card).count("approved")


async def test_two_at_the_same_instant_are_two(scene: Stage) -> None:
    """Both words count, and it is sent once."""
    card = await scene.ask(f"{SOMEBODY} 100001 refund")
    await scene.question(card)
    await asyncio.gather(approves(scene, CLARISSE, card), approves(scene, DAOUDA, card))
    await scene.card_says(card, "Completed")
    assert (2, 1) == (len(approvals(scene, card)), len(creates_of(scene, card)))


async def test_two_at_the_same_instant_where_one_is_enough(scene: Stage) -> None:
    """One decides; the other is told who did."""
    card = await scene.ask(f"{SOMEBODY} 1000 refund")
    question = await scene.question(card)
    await asyncio.gather(*(clicks(scene, user, question, "approve") for user in (CLARISSE, DAOUDA)))
    await scene.card_says(card, "Completed")
    (decider,) = approvals(scene, card)
    (other,) = {CLARISSE, DAOUDA} - {decider}
    await scene.whispered(other, f"{payout_of(card)} was already approved by <@{decider}>")
    assert 1 == len(creates_of(scene, card))


async def test_a_rejection_after_the_first_of_two_ends_it(scene: Stage) -> None:
    """The one who comes then is told so."""
    card = await scene.ask(f"{SOMEBODY} 100001 refund")
    await approves(scene, CLARISSE, card)
    await scene.reject(card, "not ours", user=CLARISSE)
    await becomes(scene, card, State.REJECTED)
    await press_again(scene, "approve", user=DAOUDA)
    await scene.whispered(DAOUDA, f"was already rejected by <@{CLARISSE}>")
    assert (False, [CLARISSE]) == (sent(scene, card), approvals(scene, card))


async def test_the_first_must_still_be_an_approver_at_the_second(tmp_path: Path) -> None:
    """Deactivated meanwhile, or not learnt at that moment: that word counts for nothing, and a third is needed."""
    async with office(tmp_path, SECOND_APPROVAL_ABOVE=str(ABOVE), APPROVERS=f"{CLARISSE},{DAOUDA},{BOUKARY}") as scene:
        card = await scene.ask(f"{SOMEBODY} 100001 refund")
        await approves(scene, CLARISSE, card)
        scene.slack.workspace.people.deactivate(CLARISSE)
        await approves(scene, DAOUDA, card)
        await scene.later(MINUTE)
        await scene.at_rest()
        assert (State.REQUESTED, []) == (state_of(scene, card), scene.ligdicash.creates)
        assert f"☑️ {payout_of(card)} approved by <@{DAOUDA}> (1 of 2)" in audit(scene)
        await approves(scene, BOUKARY, card)
        await scene.card_says(card, "Completed")


async def test_an_approver_who_could_not_be_learnt_may_click_again(scene: Stage) -> None:
    """Slack did not say who the first is when the second approved: nobody is stuck, either clicks once more."""
    card = await scene.ask(f"{SOMEBODY} 150000 refund")
    await approves(scene, CLARISSE, card)
    scene.slack.api.weather = lambda _method, args: outage() if args.get("user") == CLARISSE else None
    await approves(scene, DAOUDA, card)
    assert State.REQUESTED is state_of(scene, card)
    scene.slack.api.weather = lambda _method, _args: None
    await says(scene, card, "which is not enough by itself now. Another approver is needed, or one of them once more.")
    await approves(scene, DAOUDA, card)
    await scene.card_says(card, "Completed")
    assert [CLARISSE, DAOUDA] == approvals(scene, card)


async def test_a_button_of_an_earlier_attempt_counts_for_nothing(scene: Stage) -> None:
    """Two approved the first attempt; their words and their buttons are worth nothing for the second."""
    card = await scene.ask(f"{NO_ACCOUNT} 100001 refund")
    first = await scene.question(card)
    await approves(scene, CLARISSE, card)
    await approves(scene, DAOUDA, card)
    await scene.card_says(card, "Refused")
    await press(scene, BOUKARY, await scene.card_says(card, "Ask again"), "ask_again")
    second = await says(scene, card, "*Attempt 2*")
    for user in (CLARISSE, DAOUDA):
        await clicks(scene, user, first, "approve")
        await scene.whispered(user, "This button belongs to an earlier version")
    await scene.at_rest()
    assert State.REQUESTED is state_of(scene, card)
    assert [] == scene.rows("SELECT 1 FROM approvals WHERE attempt = 2")
    await clicks(scene, CLARISSE, second, "approve")
    assert (State.REQUESTED, 1) == (state_of(scene, card), len(scene.ligdicash.creates))


# --- splitting


async def test_ten_times_a_little_less_does_not_pass_with_one_approver(scene: Stage) -> None:
    """Ten payouts of 99 000 to one person under a threshold of 100 000: the first passes, and no other."""
    cards = [await scene.ask(f"{SOMEBODY} 99000 part", user=(AMINATA, BOUKARY)[one % 2]) for one in range(10)]
    for card in cards:
        await scene.question(card)
    await pause(scene)
    await asyncio.gather(*(approves(scene, CLARISSE, card) for card in cards))
    other = next(card for card in cards if state_of(scene, card) is State.REQUESTED)
    await says(scene, other, "*1 of 2*")
    await both_resume(scene)
    (passed,) = [card for card in cards if state_of(scene, card) is not State.REQUESTED]
    await scene.card_says(passed, "Completed")
    await scene.at_rest()
    assert [(99_000, 1)] == scene.rows("SELECT amount, needed FROM attempts WHERE approved_at IS NOT NULL")
    assert 1 == len(scene.ligdicash.creates)
    question = await says(scene, other, "approvals from before do not count")
    assert "Approved for this person in the last 24 hours: 1, 99 000 XOF in all." in question.words
    for user in (DAOUDA, CLARISSE):
        await approves(scene, user, other)
    await scene.card_says(other, "Completed")
    assert 2 == len(scene.ligdicash.creates)


async def test_an_order_or_another_way_hides_nothing(scene: Stage) -> None:
    """It is the person who is counted: not the order, nor how the money arrives, nor how the number is written."""
    first = await scene.ask(f"{SOMEBODY} 60000 part", values={"order": "A-1"})
    await approves(scene, CLARISSE, first)
    await scene.card_says(first, "Completed")
    written = f"+{SOMEBODY[:3]} {SOMEBODY[3:5]} {SOMEBODY[5:7]} {SOMEBODY[7:]}"
    other = await scene.ask(
        f"{SOMEBODY} 60000 part",
        user=BOUKARY,
        values={"beneficiary": written, "order": "B-2", "way": "mobile_directly"},
    )
    await approves(scene, CLARISSE, other)
    await says(scene, other, "*1 of 2*")
    assert (State.REQUESTED, False) == (state_of(scene, other), sent(scene, other))


async def test_after_a_day_the_counting_begins_anew(scene: Stage) -> None:
    """24 hours after it was approved, and not before."""
    first = await scene.ask(f"{SOMEBODY} 99000 part")
    await approves(scene, CLARISSE, first)
    await scene.card_says(first, "Completed")
    await scene.later(DAY - HOUR)
    second = await scene.ask(f"{SOMEBODY} 99000 part")
    await approves(scene, CLARISSE, second)
    assert State.REQUESTED is state_of(scene, second)
    await scene.later(2 * HOUR)
    third = await scene.ask(f"{SOMEBODY} 99000 part")
    await approves(scene, CLARISSE, third)
    await scene.card_says(third, "Completed")
    assert State.REQUESTED is state_of(scene, second)


async def test_what_came_to_nothing_is_not_counted(scene: Stage) -> None:
    """A refused payout moved nothing."""
    card = await approved(scene, NO_ACCOUNT, amount=99_000)
    await scene.card_says(card, "Refused")
    again = await approved(scene, NO_ACCOUNT, amount=99_000)
    await scene.card_says(again, "Refused")
    assert [1, 1] == [len(creates_of(scene, one)) for one in (card, again)]


# --- an earlier payout that may still be paid


async def test_while_an_earlier_one_may_still_be_paid_two_are_needed(scene: Stage) -> None:
    """However small; the question leads with it and links to it; once it is over, one is enough again."""
    first = await approved(scene, PENDING, amount=1000)
    await becomes(scene, first, State.INITIATED)
    card = await scene.ask(f"{PENDING} 1000 refund", user=BOUKARY)
    question = await scene.question(card)
    assert question.words.splitlines()[1].startswith("🚨 *An earlier payout to this person, or for this order, may")
    assert (
        f"/archives/{SUPPORT}/p{first.ts.replace('.', '')}|{payout_of(first)}>: 1 000 XOF, initiated" in question.words
    )
    await approves(scene, CLARISSE, card)
    await says(scene, card, "*1 of 2*")
    await scene.later(50 * MINUTE)
    await scene.at_rest()
    assert (State.REQUESTED, []) == (state_of(scene, card), creates_of(scene, card))
    await approves(scene, DAOUDA, card)
    await becomes(scene, card, State.INITIATED)


async def test_the_same_order_for_somebody_else_needs_two_while_it_may_be_paid(scene: Stage) -> None:
    """The order, spelled differently, is paid to another person."""
    first = await scene.ask(f"{PENDING} 1000 refund", values={"order": "ORD-77"})
    await approves(scene, CLARISSE, first)
    await becomes(scene, first, State.INITIATED)
    card = await scene.ask(f"{SOMEBODY} 1000 refund", user=BOUKARY, values={"order": "ord 77"})
    assert "🚨 *An earlier payout" in (await scene.question(card)).words
    await approves(scene, CLARISSE, card)
    await says(scene, card, "*1 of 2*")
    assert State.REQUESTED is state_of(scene, card)


async def test_a_question_that_waited_shows_what_was_approved_meanwhile(scene: Stage) -> None:
    """Two were asked for; when one of them is approved, the question of the other leads with it at once."""
    await pause(scene)
    first = await scene.ask(f"{SOMEBODY} 60000 part")
    second = await scene.ask(f"{SOMEBODY} 50000 part", user=BOUKARY)
    assert "🚨" not in (await scene.question(second)).words
    await approves(scene, CLARISSE, first)
    question = await says(scene, second, "🚨 *An earlier payout to this person, or for this order, may still be paid.*")
    assert "*Two* different approvers are needed." in question.words
    assert "Approved for this person in the last 24 hours: 1, 60 000 XOF in all." in question.words


# --- sending looks once more


async def held(scene: Stage, *users: str) -> Message:
    """A payout that so many agreed to, while all sending is paused."""
    await pause(scene)
    card = await scene.ask(f"{SOMEBODY} 100001 refund")
    for user in users:
        await approves(scene, user, card)
    await scene.at_rest()
    return card


def tamper(scene: Stage, *statements: str) -> None:
    """Change the file as somebody with the disk in hand would."""
    with closing(sqlite3.connect(scene.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def looked_at(scene: Stage) -> None:
    """Let sending go on, and everything that is due be done."""
    await both_resume(scene)
    await scene.later(MINUTE)
    await scene.at_rest()


FORCED = (
    "UPDATE payouts SET state = 'approved', due_at = 0",
    "UPDATE attempts SET approved_at = (SELECT max(at) FROM events), needed = 1",
)
OTHERS_EVENT = (
    "INSERT INTO approvals SELECT payout, attempt, 'U0DAOUDA', digest, event FROM approvals",
    "UPDATE attempts SET needed = 2",
)
OF_ANOTHER_KIND = (
    "INSERT INTO approvals SELECT payout, attempt, 'U0AMINATA', digest, "
    "(SELECT min(id) FROM events WHERE actor = 'U0AMINATA') FROM approvals LIMIT 1"
)


@pytest.mark.parametrize(
    ("agreed", "statements"),
    [
        ((CLARISSE, DAOUDA), ("DELETE FROM approvals WHERE person = 'U0DAOUDA'",)),
        ((CLARISSE, DAOUDA), ("DELETE FROM approvals WHERE person = 'U0DAOUDA'", "UPDATE attempts SET needed = 1")),
        ((CLARISSE, DAOUDA), ("DELETE FROM approvals WHERE person = 'U0DAOUDA'", "UPDATE attempts SET needed = NULL")),
        ((CLARISSE, DAOUDA), ("UPDATE payouts SET amount = 1000000",)),
        ((CLARISSE, DAOUDA), ("UPDATE payouts SET way = 'mobile_directly'",)),
        ((CLARISSE, DAOUDA), ("UPDATE beneficiaries SET number = '22670000066'",)),
        ((CLARISSE, DAOUDA), ("UPDATE approvals SET person = 'U0BOUKARY' WHERE person = 'U0DAOUDA'",)),
        ((CLARISSE, DAOUDA), ("UPDATE approvals SET event = (SELECT min(event) FROM approvals)",)),
        ((CLARISSE,), FORCED),
        ((CLARISSE,), (*FORCED, OTHERS_EVENT[0])),
        ((CLARISSE,), (*FORCED, *OTHERS_EVENT)),
        ((CLARISSE,), (*FORCED, OF_ANOTHER_KIND)),
        ((), FORCED),
        ((), (*FORCED, OF_ANOTHER_KIND)),
    ],
)
async def test_what_is_changed_in_the_file_sends_nothing(
    scene: Stage, agreed: tuple[str, ...], statements: tuple[str, ...]
) -> None:
    """The chained events must say that enough people approved just this; else it ends, and that is told."""
    card = await held(scene, *agreed)
    tamper(scene, *statements)
    await looked_at(scene)
    assert ([], State.EXPIRED) == (scene.ligdicash.creates, state_of(scene, card))
    await scene.thread_says(card, "nothing left, nothing was paid")


async def test_untouched_it_is_sent(scene: Stage) -> None:
    """The same story without a hand on the file."""
    card = await held(scene, CLARISSE, DAOUDA)
    await looked_at(scene)
    await becomes(scene, card, State.COMPLETED)
    assert 1 == len(scene.ligdicash.creates)


async def test_the_requester_made_another_in_the_file_still_does_not_approve(scene: Stage) -> None:
    """Who asked stands in the chained events, too: an approver who asked cannot hide it by changing the row."""
    await pause(scene)
    card = await scene.ask(f"{SOMEBODY} 1000 refund", user=CLARISSE)
    await scene.question(card)
    tamper(scene, "UPDATE payouts SET requester = 'U0ESTHER'", "UPDATE attempts SET asked_by = 'U0ESTHER'")
    await approves(scene, CLARISSE, card)
    await looked_at(scene)
    assert ([], False) == (scene.ligdicash.creates, sent(scene, card))


async def test_a_digest_that_was_changed_along_sends_nothing(scene: Stage) -> None:
    """Amount, and every digest in the tables that may be changed: the events cannot."""
    await held(scene, CLARISSE, DAOUDA)
    with closing(sqlite3.connect(scene.database)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE events SET data = '{}' WHERE kind = 'approved'")
    tamper(
        scene,
        "UPDATE payouts SET amount = 900000",
        "UPDATE attempts SET digest = 'd', amount = 900000",
        "UPDATE approvals SET digest = 'd'",
    )
    await looked_at(scene)
    assert [] == scene.ligdicash.creates


async def test_once_more_is_enough_where_one_is_by_now(scene: Stage) -> None:
    """One of two, and then the doubt is over: the question invites to click once more, and that sends it."""
    pending = await approved(scene, PENDING)
    await becomes(scene, pending, State.INITIATED)
    ((number,),) = scene.rows("SELECT number FROM beneficiaries")
    card = await scene.ask(f"{number} 900 refund", user=BOUKARY)
    await approves(scene, CLARISSE, card)
    await says(scene, card, "*1 of 2*")
    await ligdicash_says(scene, transaction_of(scene, pending), "notcompleted")
    await becomes(scene, pending, State.FAILED)
    await approves(scene, CLARISSE, card)
    await becomes(scene, card, State.INITIATED)
    assert ([CLARISSE], 1) == (approvals(scene, card), len(creates_of(scene, card)))


async def test_the_card_says_why_it_was_not_sent(scene: Stage) -> None:
    """What was approved was changed in the file: no word of an hour that is not over."""
    card = await held(scene, CLARISSE, DAOUDA)
    tamper(scene, "UPDATE payouts SET amount = 1000000")
    await looked_at(scene)
    shown = await scene.card_says(card, "*Expired* · what was approved is not what would have been sent")
    assert "within an hour" not in shown.words


async def test_an_approval_from_before_another_was_paid_does_not_count(tmp_path: Path) -> None:
    """Who gave it could not know; the question says so, and the same person may give it anew, after a restart too."""
    async with office(tmp_path, SECOND_APPROVAL_ABOVE="1000", APPROVERS=f"{CLARISSE},{DAOUDA},{BOUKARY}") as scene:
        older = await scene.ask("22670000100 5000 refund", values={"order": "ORD-7"})
        await approves(scene, CLARISSE, older)
        newer = await scene.ask("22670000200 5000 refund", values={"order": "ORD-7"})
        for user in (DAOUDA, BOUKARY):
            await approves(scene, user, newer)
        await scene.card_says(newer, "Completed")
        question = await says(scene, older, "approvals from before do not count")
        assert "1 of 2" not in question.words
        await scene.thread_says(older, f"<@{CLARISSE}>: your approval of {payout_of(older)} no longer counts")
        await scene.slack.wait_for_message(
            AUDIT, f"the approval of <@{CLARISSE}> no longer counts, since {payout_of(newer)} was paid"
        )
        assert ["requested", "approved", "approvals_voided"] == kinds(scene, older)
        await scene.stop()
        await scene.start()
        await approves(scene, DAOUDA, older)
        assert State.REQUESTED is state_of(scene, older)
        await approves(scene, CLARISSE, older)
        await scene.card_says(older, "Completed")
        assert 2 == scene.ligdicash.paid_total.times


async def test_nor_one_from_before_a_contradiction(scene: Stage) -> None:
    """A payout that was said to have failed may have been paid: two who can know of it must approve the next."""
    older = await approved(scene, FAILS)
    await scene.card_says(older, "*Failed*")
    newer = await scene.ask(f"{FAILS} {ABOVE + 1} refund")
    await approves(scene, CLARISSE, newer)
    await ligdicash_says(scene, transaction_of(scene, older), "completed")
    await scene.card_says(older, "contradict")
    await approves(scene, DAOUDA, newer)
    assert State.REQUESTED is state_of(scene, newer)
    assert 1 == len(approvals(scene, newer))
