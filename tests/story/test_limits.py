"""Limits of a day: never passed by one franc, whoever approves where and when; what is left is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlencode

import pytest

from bot import people
from bot.clock import HOUR, MINUTE
from bot.sandbox.slack import Message, Person
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, Stage, free_port, payout_of
from tests.story.authority import (
    approvals,
    approves,
    click_on,
    clicks,
    clock_at,
    commands,
    file_requests,
    office,
    refusals,
    somebody,
    submits,
    wish,
)
from tests.story.office import (
    CRASHES,
    FAILS,
    NO_ACCOUNT,
    PENDING,
    answers_lost,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    changed,
    ligdicash_says,
    pause,
    press,
    propose,
    seen,
    state_of,
    transaction_of,
)


async def left_today(scene: Stage, user: str = AMINATA) -> str:
    """What the team has left, as that person is told."""
    scene.slack.workspace.ephemerals.clear()
    await commands(scene, user, "policy")
    told = await scene.whispered(user, "left today")
    line = next(line for line in told.text.splitlines() if "The team's limit" in line)
    return line.split("left today: ")[1].rstrip(".")


# --- many at once


async def deliver(scene: Stage, payloads: Sequence[dict[str, object]]) -> None:
    """Post clicks to one bot, all at once."""
    bodies = [urlencode({"payload": json.dumps(payload)}).encode() for payload in payloads]
    answers = await asyncio.gather(*(scene.post_signed(body) for body in bodies))
    assert {200} == {status for status, _ in answers}


async def test_fifty_approvals_at_once_under_a_limit_that_fits_thirty(tmp_path: Path) -> None:
    """Two processes on one ledger, two approvers: exactly thirty pass, and not one franc more."""
    # Fifty look-ups at once, of two bots and of Slack, in one process.
    patient = patch.object(people, "LOOK_UP_DEADLINE", 30)
    async with office(tmp_path, clock_at("2030-05-14T10:00"), DAILY_LIMIT="30999") as one:
        agents = [f"U0AGENT{number}" for number in range(5)]
        for agent in agents:
            one.slack.workspace.people.add(Person(agent, agent))
        asked = await file_requests(
            one, [wish(somebody(number), 1000, user=agents[number % 5]) for number in range(50)]
        )
        # Held, so that what is counted is approvals alone; they are let go at the end.
        await pause(one)
        other = Stage(one.slack, one.ligdicash, tmp_path, free_port(), {**one.extra}, clock=one.clock)
        await other.start()
        try:
            clicks = [
                click_on(one, (CLARISSE, DAOUDA)[index % 2], payout, "approve") for index, payout in enumerate(asked)
            ]
            with patient:
                await asyncio.gather(deliver(one, clicks[::2]), deliver(other, clicks[1::2]))
                await changed(one, lambda: not one.rows("SELECT 1 FROM inbox WHERE due_at IS NOT NULL"), seconds=30)
            assert [("approved", 30), ("requested", 20)] == one.rows(
                "SELECT state, count(*) FROM payouts GROUP BY state ORDER BY state"
            )
            assert [(30_000,)] == one.rows("SELECT sum(amount) FROM attempts WHERE approved_at IS NOT NULL")
            assert [(20,)] == one.rows("SELECT count(*) FROM events WHERE kind = 'limit_refused'")
            await both_resume(one)
            await changed(one, lambda: (30, 30_000) == one.ligdicash.paid_total, seconds=30)
        finally:
            await other.stop()


async def test_one_of_two_never_counts_and_the_second_decides(tmp_path: Path) -> None:
    """Two payouts that need two approvals each, and only one fits: the first words take nothing of the limit."""
    async with office(tmp_path, DAILY_LIMIT="15000", SECOND_APPROVAL_ABOVE="5000") as scene:
        await pause(scene)
        asked = await file_requests(scene, [wish(somebody(1), 10_000), wish(somebody(2), 10_000, user=BOUKARY)])
        await deliver(scene, [click_on(scene, CLARISSE, payout, "approve") for payout in asked])
        await scene.at_rest()
        assert "15 000 XOF" == await left_today(scene)
        await deliver(scene, [click_on(scene, DAOUDA, payout, "approve") for payout in asked])
        await scene.at_rest()
        states = sorted(str(state) for (state,) in scene.rows("SELECT state FROM payouts"))
        assert ["approved", "requested"] == states
        # The word that came too late for the limit is not kept: tomorrow somebody says it again.
        assert [(3,)] == scene.rows("SELECT count(*) FROM approvals")


# --- what people are told


async def test_whoever_approves_past_the_limit_is_told_what_is_left(tmp_path: Path) -> None:
    """The question stays open; written down, with a line in the audit channel; no word is kept."""
    async with office(tmp_path, DAILY_LIMIT="9000") as scene:
        first = await scene.ask(f"{somebody(1)} 5000 refund")
        second = await scene.ask(f"{somebody(2)} 5000 refund", user=BOUKARY)
        await approves(scene, CLARISSE, first)
        await approves(scene, CLARISSE, second)
        told = await scene.whispered(CLARISSE, f"{payout_of(second)} was not approved: it would pass the team's limit")
        assert "Left today: 4 000 XOF." in told.text
        await scene.at_rest()
        assert ("limit_refused", payout_of(second), "team") == refusals(scene, CLARISSE)[-1]
        line = f"🚷 {payout_of(second)} not approved by <@{CLARISSE}>: today's limit (team) leaves 4 000 XOF"
        assert line in audit(scene)
        assert ([], State.REQUESTED) == (approvals(scene, second), state_of(scene, second))
        assert "approve" in buttons_of(await scene.question(second))


async def test_nobody_waits_in_vain(tmp_path: Path) -> None:
    """The form says with the submission what is left; at most that may be asked for."""
    async with office(tmp_path, DAILY_LIMIT="9000") as scene:
        await approved(scene, amount=5000)
        result = await submits(scene, f"{somebody(2)} 4001 refund", user=BOUKARY)
        assert {
            "amount": "That is more than what is left of the team's limit today: 4 000 XOF. "
            "Ask for at most that, like 4 000."
        } == result.errors
        assert [] == scene.rows("SELECT 1 FROM payouts WHERE requester = ?", BOUKARY)
        assert (await submits(scene, f"{somebody(2)} 4000 refund", user=CLARISSE)).closed


async def test_each_requester_has_a_limit_of_their_own(tmp_path: Path) -> None:
    """Whose share is used up asks for nothing more today; another still may."""
    async with office(tmp_path, DAILY_LIMIT_PER_REQUESTER="6000") as scene:
        waits = await scene.ask(f"{somebody(3)} 2000 refund")
        await approved(scene, amount=5000)
        result = await submits(scene, f"{somebody(2)} 2000 refund")
        assert "left of your limit today: 1 000 XOF" in result.errors["amount"]
        await approves(scene, CLARISSE, waits)
        await scene.whispered(CLARISSE, "it would pass the requester's limit for today. Left today: 1 000 XOF")
        assert ("limit_refused", payout_of(waits), "requester") == refusals(scene, CLARISSE)[-1]
        card = await scene.ask(f"{somebody(4)} 5000 refund", user=BOUKARY)
        await approves(scene, CLARISSE, card)
        await scene.card_says(card, "Completed")


async def test_asking_again_uses_the_share_of_whoever_asks_again(tmp_path: Path) -> None:
    """Not a way to spend another's, nor one's own twice."""
    async with office(tmp_path, DAILY_LIMIT_PER_REQUESTER="6000") as scene:
        card = await approved(scene, NO_ACCOUNT, amount=5000)
        await scene.card_says(card, "Refused")
        await approves(scene, CLARISSE, await scene.ask(f"{somebody(2)} 5000 refund", user=BOUKARY))
        await press(scene, BOUKARY, seen(scene, card), "ask_again")
        await clicks(scene, CLARISSE, await scene.thread_says(card, "*Attempt 2*"), "approve")
        assert ("limit_refused", payout_of(card), "requester") == refusals(scene, CLARISSE)[-1]
        assert State.REQUESTED is state_of(scene, card)


# --- what counts


async def test_what_may_be_paid_counts_and_what_came_to_nothing_does_not(tmp_path: Path) -> None:
    """Approved, initiated, unconfirmed and completed count; refused, failed, stopped, rejected and expired do not."""
    async with office(tmp_path, DAILY_LIMIT="100000") as scene:
        await approved(scene, somebody(0), amount=1000)
        assert "99 000 XOF" == await left_today(scene)
        pending = await approved(scene, PENDING, amount=2000)
        unsure = await approved(scene, CRASHES, amount=4000)
        await becomes(scene, unsure, State.UNCONFIRMED)
        await becomes(scene, pending, State.INITIATED)
        assert "93 000 XOF" == await left_today(scene)
        for number in (NO_ACCOUNT, FAILS):
            card = await approved(scene, number, amount=8000)
            await scene.card_says(card, "Refused" if number == NO_ACCOUNT else "Failed")
        rejected = await scene.ask(f"{somebody(31)} 8000 refund")
        await scene.reject(rejected, "no")
        await becomes(scene, rejected, State.REJECTED)
        assert "93 000 XOF" == await left_today(scene)
        await pause(scene)
        stopped = await approved(scene, somebody(32), amount=16_000)
        assert "77 000 XOF" == await left_today(scene)
        await press(scene, AMINATA, await scene.card_says(stopped, "Stop"), "stop", confirm=True)
        assert "93 000 XOF" == await left_today(scene)
        await ligdicash_says(scene, transaction_of(scene, pending), "nocompleted")
        await becomes(scene, pending, State.FAILED)
        assert "95 000 XOF" == await left_today(scene)


async def test_what_ligdicash_contradicts_counts(tmp_path: Path) -> None:
    """Two people said that it was not paid, and LigdiCash says that it was: the day's money went there."""
    async with office(tmp_path, clock_at("2030-05-14T10:00"), DAILY_LIMIT="9000") as scene:
        with answers_lost(scene):
            card = await scene.card_says(await approved(scene, PENDING), "*Unconfirmed*")
        await scene.later(HOUR)
        await press(scene, DAOUDA, await propose(scene, CLARISSE, card, "unpaid"), "confirm")
        await scene.card_says(card, "*Marked not paid*")
        assert "9 000 XOF" == await left_today(scene)
        await ligdicash_says(scene, transaction_of(scene, card), "completed")
        await scene.card_says(card, "contradicts this")
        assert "4 000 XOF" == await left_today(scene)
        other = await scene.ask(f"{somebody(7)} 4000 refund")
        await approves(scene, CLARISSE, other)
        await scene.card_says(other, "Completed")
        assert "0 XOF" == await left_today(scene)


async def test_an_approval_that_expired_is_given_back(tmp_path: Path) -> None:
    """Approved and never sent within the hour: nothing left."""
    async with office(tmp_path, DAILY_LIMIT="10000") as scene:
        await pause(scene)
        card = await approved(scene, somebody(0), amount=9000)
        assert "1 000 XOF" == await left_today(scene)
        await scene.later(HOUR + MINUTE)
        await becomes(scene, card, State.EXPIRED)
        assert "10 000 XOF" == await left_today(scene)


# --- when a day begins


@pytest.mark.parametrize(
    ("zone", "before"), [("Africa/Ouagadougou", "2030-05-14T23:50"), ("Africa/Kinshasa", "2030-05-14T23:50")]
)
async def test_at_midnight_of_the_teams_time_zone_a_new_day_begins(tmp_path: Path, zone: str, before: str) -> None:
    """Not a minute before it, and not at midnight of anybody else's."""
    async with office(tmp_path, clock_at(before, zone), DAILY_LIMIT="5000", TIMEZONE=zone) as scene:
        first = await scene.ask(f"{somebody(1)} 5000 refund")
        waits = await scene.ask(f"{somebody(2)} 5000 refund", user=BOUKARY)
        await approves(scene, CLARISSE, first)
        await approves(scene, CLARISSE, waits)
        await scene.later(9 * MINUTE)
        assert "0 XOF" == await left_today(scene)
        await approves(scene, DAOUDA, waits)
        assert State.REQUESTED is state_of(scene, waits)
        await scene.later(2 * MINUTE)
        assert "5 000 XOF" == await left_today(scene)
        await approves(scene, CLARISSE, waits)
        await scene.card_says(waits, "Completed")
        assert "0 XOF" == await left_today(scene)


async def test_the_day_counts_on_which_it_was_approved(tmp_path: Path) -> None:
    """Asked for yesterday and approved today is of today; approved yesterday and paid today is of yesterday."""
    async with office(tmp_path, clock_at("2030-05-14T23:30"), DAILY_LIMIT="9000") as scene:
        asked = await scene.ask(f"{somebody(1)} 5000 refund")
        await pause(scene)
        await approves(scene, CLARISSE, await scene.ask(f"{somebody(2)} 3000 refund", user=BOUKARY))
        await scene.later(40 * MINUTE)
        assert "9 000 XOF" == await left_today(scene)
        await both_resume(scene)
        await approves(scene, CLARISSE, asked)
        assert "4 000 XOF" == await left_today(scene)


async def test_a_restart_forgets_nothing_of_the_day(tmp_path: Path) -> None:
    """What was approved stands in the ledger."""
    async with office(tmp_path, DAILY_LIMIT="9000") as scene:
        card: Message = await approved(scene, amount=5000)
        await scene.card_says(card, "Completed")
        await scene.stop()
        await scene.start()
        assert "4 000 XOF" == await left_today(scene)
