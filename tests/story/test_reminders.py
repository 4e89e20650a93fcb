"""Requests that nobody decides: reminders, none at night, an end; over midnight and over a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.clock import HOUR, MINUTE
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, SUPPORT, SkippingClock, Stage, payout_of
from tests.story.authority import approves, clicks, clock_at, office, silent, somebody
from tests.story.office import (
    NO_ACCOUNT,
    approved,
    audit,
    becomes,
    buttons_of,
    changed,
    kinds,
    press,
    question_of,
    seen,
    state_of,
)

SHE = f"{somebody(1)} 5000 refund"


def reminders(scene: Stage, card: Message) -> list[str]:
    """Every reminder in the thread, the first one first."""
    return [one.text for one in scene.slack.messages(SUPPORT, card.ts) if one.text.startswith("⏰")]


async def after(scene: Stage, milliseconds: int) -> None:
    """Let that much time be over, and everything be done that is due then."""
    await scene.later(milliseconds)
    await scene.at_rest()


async def to(scene: Stage, text: str, zone: str = "Africa/Ouagadougou") -> None:
    """Let it be that local time."""
    assert isinstance(scene.clock, SkippingClock)
    await after(scene, clock_at(text, zone).now() - scene.clock.now())


async def down_until(scene: Stage, text: str) -> None:
    """Let the bot be stopped until that local time, and everything be done that was due by then."""
    await scene.stop()
    assert isinstance(scene.clock, SkippingClock)
    scene.clock.skip(clock_at(text).now() - scene.clock.now())
    await scene.start()
    await scene.at_rest()


async def test_three_reminders_page_the_approvers(tmp_path: Path) -> None:
    """After 15 minutes, an hour and four hours; each once, and none to whoever asked."""
    async with office(tmp_path, clock_at("2030-05-14T09:00"), APPROVERS=f"{AMINATA},{CLARISSE},{DAOUDA}") as scene:
        card = await scene.ask(SHE)
        await scene.at_rest()
        counts = []
        for minutes in (14, 2, 43, 2, 178, 3, 60, 600):
            await after(scene, minutes * MINUTE)
            counts.append(len(reminders(scene, card)))
        assert [0, 1, 1, 2, 2, 3, 3, 3] == counts
        waited = [text.rsplit("for ", 1)[1] for text in reminders(scene, card)]
        assert ["16 minutes.", "61 minutes.", "242 minutes."] == waited
        assert (
            f"⏰ <@{CLARISSE}>, <@{DAOUDA}>: {payout_of(card)}, 5 000 XOF to +226 70 00 01 00, "
            "has waited for a decision for 16 minutes." == reminders(scene, card)[0]
        )


async def test_two_who_look_at_once_remind_once(tmp_path: Path) -> None:
    """Two processes on one ledger find the same request due."""
    async with office(tmp_path, clock_at("2030-05-14T09:00")) as scene:
        card = await scene.ask(SHE)
        await after(scene, 16 * MINUTE)
        assert scene.bot is not None
        looks = (scene.bot._house._reminders.look(payout_of(card)) for _ in range(2))
        await asyncio.gather(*looks)
        await scene.at_rest()
        assert 1 == len(reminders(scene, card))


async def test_what_is_decided_is_not_reminded_of(tmp_path: Path) -> None:
    """Approved, rejected or cancelled: nobody is paged any more."""
    async with office(tmp_path, clock_at("2030-05-14T09:00")) as scene:
        cards = [await scene.ask(f"{somebody(number)} 5000 refund") for number in range(3)]
        await approves(scene, CLARISSE, cards[0])
        await scene.reject(cards[1], "no")
        await press(scene, AMINATA, await scene.question(cards[2]), "cancel", confirm=True)
        await scene.card_says(cards[0], "Completed")
        await after(scene, 5 * HOUR)
        assert [[], [], []] == [reminders(scene, card) for card in cards]


async def test_the_first_of_two_approvals_ends_no_reminders(tmp_path: Path) -> None:
    """It still waits for somebody."""
    async with office(tmp_path, clock_at("2030-05-14T09:00"), SECOND_APPROVAL_ABOVE="1000") as scene:
        card = await scene.ask(SHE)
        await approves(scene, CLARISSE, card)
        await after(scene, 16 * MINUTE)
        assert 1 == len(reminders(scene, card))


def tries_of_reminder(scene: Stage) -> int:
    """How often Slack was asked to take it, and the answer is known."""
    ended = scene.rows(
        "SELECT tries FROM deliveries JOIN events ON events.id = event WHERE kind = 'reminded' AND state <> 'posting'"
    )
    return int(ended[0][0] or 0) if ended else 0


async def test_a_reminder_that_slack_takes_after_the_decision_pages_nobody(tmp_path: Path) -> None:
    """Slack took no posts when it was due: by now it only says how it stands."""
    async with office(tmp_path, clock_at("2030-05-14T09:00")) as scene:
        card = await scene.ask(SHE)
        question = await scene.question(card)
        with silent(scene, "chat.postMessage"):
            await scene.later(16 * MINUTE)
            await changed(scene, lambda: "reminded" in kinds(scene, card))
            await press(scene, AMINATA, question, "cancel", confirm=True)
            await changed(scene, lambda: "cancelled" in kinds(scene, card))
            # What was drawn before the decision must have come to nothing too: one more try ends first.
            before = tries_of_reminder(scene)
            await scene.later(MINUTE)
            await changed(scene, lambda: tries_of_reminder(scene) > before)
        await after(scene, MINUTE)
        assert ["had waited for a decision for 16 minutes."] == [
            text.rpartition(", ")[2].partition(" Now:")[0] for text in reminders(scene, card)
        ]
        assert "<@" not in reminders(scene, card)[0]


async def test_a_reminder_that_slack_takes_at_night_pages_nobody(tmp_path: Path) -> None:
    """It was due before the quiet hours, and is posted in them."""
    async with office(tmp_path, clock_at("2030-05-14T19:40")) as scene:
        card = await scene.ask(SHE)
        await scene.question(card)
        with silent(scene, "chat.postMessage"):
            await scene.later(16 * MINUTE)
            await changed(scene, lambda: "reminded" in kinds(scene, card))
            await scene.later(10 * MINUTE)
        await after(scene, MINUTE)
        assert [False] == ["<@" in text for text in reminders(scene, card)]


# --- quiet hours


async def test_the_night_is_quiet_and_the_morning_brings_one(tmp_path: Path) -> None:
    """Three would have come at night: at its end there is one, and then no more."""
    async with office(tmp_path, clock_at("2030-05-14T19:50")) as scene:
        card = await scene.ask(SHE)
        for hour in ("2030-05-14T20:06", "2030-05-14T21:00", "2030-05-15T00:10", "2030-05-15T06:59"):
            await to(scene, hour)
            assert [] == reminders(scene, card)
        await to(scene, "2030-05-15T07:01")
        assert 1 == len(reminders(scene, card))
        assert "has waited for a decision for 67" in reminders(scene, card)[0]
        await to(scene, "2030-05-15T19:00")
        assert 1 == len(reminders(scene, card))


async def test_one_before_the_night_and_the_rest_after_it(tmp_path: Path) -> None:
    """15 minutes are over before it begins; an hour and four hours fall into it."""
    async with office(tmp_path, clock_at("2030-05-14T19:30")) as scene:
        card = await scene.ask(SHE)
        await to(scene, "2030-05-14T19:46")
        assert 1 == len(reminders(scene, card))
        await to(scene, "2030-05-15T06:30")
        assert 1 == len(reminders(scene, card))
        await to(scene, "2030-05-15T07:01")
        assert 2 == len(reminders(scene, card))


async def test_the_night_is_the_teams_own(tmp_path: Path) -> None:
    """By `TIMEZONE` and `QUIET_HOURS`: where the team is, it is noon."""
    zone = "Pacific/Auckland"
    async with office(tmp_path, clock_at("2030-05-14T12:00", zone), TIMEZONE=zone, QUIET_HOURS="13-14") as scene:
        card = await scene.ask(SHE)
        await to(scene, "2030-05-14T12:16", zone)
        assert 1 == len(reminders(scene, card))
        await to(scene, "2030-05-14T13:30", zone)
        assert 1 == len(reminders(scene, card))
        await to(scene, "2030-05-14T14:01", zone)
        assert 2 == len(reminders(scene, card))


@pytest.mark.parametrize("down_from", ["2030-05-14T19:55", "2030-05-15T03:00"])
async def test_a_night_that_the_bot_slept_through_brings_one(tmp_path: Path, down_from: str) -> None:
    """Stopped before or during the night and started in the morning: one reminder, not three, not none."""
    async with office(tmp_path, clock_at("2030-05-14T19:50")) as scene:
        card = await scene.ask(SHE)
        await to(scene, down_from)
        await down_until(scene, "2030-05-15T09:00")
        assert 1 == len(reminders(scene, card))
        await after(scene, 3 * HOUR)
        assert 1 == len(reminders(scene, card))


async def test_what_was_missed_before_the_night_waits_for_the_morning(tmp_path: Path) -> None:
    """Stopped before a reminder was due, started at night: nobody is paged then."""
    async with office(tmp_path, clock_at("2030-05-14T19:30")) as scene:
        card = await scene.ask(SHE)
        await scene.at_rest()
        await down_until(scene, "2030-05-14T21:00")
        assert [] == reminders(scene, card)
        await to(scene, "2030-05-15T07:01")
        assert 1 == len(reminders(scene, card))


# --- the end


async def test_a_request_that_nobody_decided_expires(tmp_path: Path) -> None:
    """After `REQUEST_TTL_HOURS`, over midnight: told in the thread and to the requester, and it can be asked anew."""
    async with office(tmp_path, clock_at("2030-05-14T15:00"), REQUEST_TTL_HOURS="10") as scene:
        card = await scene.ask(SHE)
        question = await scene.question(card)
        await after(scene, 10 * HOUR - MINUTE)
        assert State.REQUESTED is state_of(scene, card)
        await after(scene, 2 * MINUTE)
        assert (State.EXPIRED, "expired") == (state_of(scene, card), kinds(scene, card)[-1])
        assert [("never_sent",)] == scene.rows("SELECT outcome FROM attempts")
        await scene.thread_says(
            card, f"⌛ <@{AMINATA}> {payout_of(card)} has *expired*; nothing left, nothing was paid."
        )
        assert ([], ["correct"]) == (buttons_of(await scene.question(card)), buttons_of(seen(scene, card)))
        told = [one.text for one in scene.slack.direct_messages(AMINATA)]
        link = f"<https://team.slack.example/archives/{SUPPORT}/p{card.ts.replace('.', '')}|see it>"
        ended = f"⌛ 5 000 XOF to +226 70 00 01 00: expired, nothing was paid · {payout_of(card)} · {link}"
        assert ended in told
        assert f"⌛ {payout_of(card)} expired; nothing left" in audit(scene)
        await press_late(scene, card, question)
        assert ([], State.EXPIRED) == (scene.ligdicash.creates, state_of(scene, card))


async def press_late(scene: Stage, card: Message, question: Message) -> None:
    """An approval from a screen that still shows the button."""
    await clicks(scene, CLARISSE, question, "approve")
    await scene.whispered(CLARISSE, payout_of(card))


async def test_it_expires_while_the_bot_is_down(tmp_path: Path) -> None:
    """Found in the morning: ended once, told once, and nobody is reminded of it first."""
    async with office(tmp_path, clock_at("2030-05-14T19:00")) as scene:
        card = await scene.ask(SHE)
        await scene.at_rest()
        await down_until(scene, "2030-05-15T20:00")
        await becomes(scene, card, State.EXPIRED)
        await scene.at_rest()
        await scene.stop()
        await scene.start()
        await scene.at_rest()
        assert (["requested", "expired"], []) == (kinds(scene, card), reminders(scene, card))
        assert 1 == len([one for one in scene.slack.direct_messages(AMINATA) if "expired" in one.text])


async def test_an_approval_just_before_the_end_counts(tmp_path: Path) -> None:
    """And one of two words that came in time does not keep it open."""
    async with office(
        tmp_path, clock_at("2030-05-14T09:00"), REQUEST_TTL_HOURS="1", SECOND_APPROVAL_ABOVE="5000"
    ) as scene:
        one, two = await scene.ask(SHE), await scene.ask(f"{somebody(2)} 6000 refund", user=BOUKARY)
        await approves(scene, CLARISSE, two)
        await after(scene, 59 * MINUTE)
        await approves(scene, CLARISSE, one)
        await scene.card_says(one, "Completed")
        await after(scene, 2 * MINUTE)
        assert (State.EXPIRED, 1) == (state_of(scene, two), len(scene.ligdicash.creates))


async def test_an_attempt_that_is_asked_again_begins_anew(tmp_path: Path) -> None:
    """Its reminders and its end are counted from when it was asked again."""
    async with office(tmp_path, clock_at("2030-05-14T08:00"), REQUEST_TTL_HOURS="6") as scene:
        card = await approved(scene, NO_ACCOUNT)
        await scene.card_says(card, "Ask again")
        await after(scene, 5 * HOUR)
        await press(scene, BOUKARY, seen(scene, card), "ask_again")
        await question_of(scene, card, 2)
        await after(scene, 16 * MINUTE)
        assert 1 == len(reminders(scene, card))
        await after(scene, 5 * HOUR)
        assert State.REQUESTED is state_of(scene, card)
        await after(scene, HOUR)
        assert State.EXPIRED is state_of(scene, card)
