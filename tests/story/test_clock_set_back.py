"""Somebody sets the machine's time back: what was approved before holds no longer than it would have."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest

from bot import app, outbox, worker
from bot.clock import HOUR, MINUTE, SECOND
from bot.desk.brake import Pull
from bot.desk.decisions import Click
from bot.ligdicash.client import LigdicashClient
from bot.sandbox.slack import Message, outage
from storage import connection
from storage.payout import Hold, Sort, State
from tests.stage import AMINATA, CLARISSE, SUPPORT, SkippingClock, Stage, hurried, payout_of, stage
from tests.story.authority import clock_at
from tests.story.office import (
    NO_CALLBACK,
    PENDING,
    approved,
    becomes,
    both_resume,
    changed,
    creates_of,
    held_back,
    kinds,
    pause,
    status_answers,
    told,
)
from tests.story.test_storage_trouble import Lock, failing_once

pytestmark = pytest.mark.thorough


async def _held(scene: Stage) -> Message:
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    return card


async def _set_back(scene: Stage, milliseconds: int) -> None:
    assert isinstance(scene.clock, SkippingClock)
    scene.clock.set_back(milliseconds)
    assert scene.bot is not None
    await scene.bot._ledger.write(lambda _tx: None)


async def test_an_approval_of_an_unknown_age_sends_nothing(timed: Stage) -> None:
    """By the new time it would hold for hours: it ends at once, is told, and nothing leaves."""
    card = await _held(timed)
    await _set_back(timed, 3 * HOUR)
    await becomes(timed, card, State.EXPIRED)
    await both_resume(timed)
    await timed.later(4 * HOUR)
    await timed.at_rest()
    assert (["requested", "approved", "expired"], []) == (kinds(timed, card), timed.ligdicash.creates)
    await timed.card_says(card, "Expired")


async def test_what_was_being_sent_and_never_left_ends_too(timed: Stage) -> None:
    """It comes back as approved after the others ended: of it the age cannot be told either."""
    gate, create = asyncio.Event(), LigdicashClient.create

    async def waits(*args: object, **kwargs: object) -> object:
        await gate.wait()
        return await create(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    with patch.object(LigdicashClient, "create", waits):
        other = await approved(timed)
        await becomes(timed, other, State.SENDING)
        await timed.slack.command(CLARISSE, SUPPORT, "pause looks odd")
        held = await approved(timed)
        # What is on its way to Slack would take the jump for a sleep of the machine.
        await told(timed)
        await timed.later(30 * MINUTE)
        await _set_back(timed, 30 * MINUTE)
        await becomes(timed, held, State.EXPIRED)
        gate.set()
        await becomes(timed, other, State.EXPIRED)
    await both_resume(timed)
    await timed.at_rest()
    assert ["sending", "not_sent", "expired"] == kinds(timed, other)[-3:]
    assert [] == timed.ligdicash.creates


async def test_it_is_remembered_while_all_hands_are_full(timed: Stage) -> None:
    """Requests hang at LigdiCash: what is approved ends all the same."""
    with patch.object(worker, "AT_ONCE", 1):
        async with held_back(timed, "POST"):
            hangs = await approved(timed)
            await becomes(timed, hangs, State.SENDING)
            await timed.ligdicash.wait_for(lambda _: bool(creates_of(timed, hangs)))
            await pause(timed)
            card = await approved(timed)
            await _set_back(timed, 30 * MINUTE)
            await becomes(timed, card, State.EXPIRED)
        await timed.at_rest()
    await both_resume(timed)
    await timed.later(HOUR)
    await timed.at_rest()
    assert (["requested", "approved", "expired"], 1) == (kinds(timed, card), len(timed.ligdicash.creates))


async def test_it_is_remembered_while_the_ledger_is_locked(tmp_path: Path) -> None:
    """Somebody else writes for longer than is waited: it is tried again, and nothing leaves before."""
    shortly, soon = patch.object(connection, "BUSY_MILLISECONDS", 100), patch.object(worker, "REST_AFTER_FAILURE", 0.05)
    with hurried(), shortly, soon:
        async with stage(tmp_path, clock=SkippingClock()) as scene:
            card = await _held(scene)
            assert isinstance(scene.clock, SkippingClock)
            lock = Lock(scene.database)
            async with failing_once(scene):
                lock.take()
                scene.clock.set_back(30 * MINUTE)
            lock.leave()
            await becomes(scene, card, State.EXPIRED)
            await both_resume(scene)
            await scene.later(80 * MINUTE)
            await scene.at_rest()
            assert (["requested", "approved", "expired"], []) == (kinds(scene, card), scene.ligdicash.creates)


async def test_ligdicash_is_asked_by_the_new_time(timed: Stage) -> None:
    """Due within the hour by the old one: not when the clock is there again."""
    card = await approved(timed, PENDING)
    await becomes(timed, card, State.INITIATED)
    await timed.at_rest()
    with status_answers(timed, lambda _token: None) as asked:
        for _ in range(9):
            await timed.later(HOUR)
            await timed.at_rest()
        before = len(asked)
        await _set_back(timed, 8 * HOUR)
        await changed(timed, lambda: len(asked) > before)
        await timed.at_rest()


async def test_a_request_is_reminded_of_by_the_new_time(tmp_path: Path) -> None:
    """How long it waited cannot be told: it is reminded of now, and then in the usual pauses, three times in all."""
    with hurried():
        async with stage(tmp_path, clock=clock_at("2026-11-24 16:00")) as scene:
            card = await scene.ask("22670000000 5000 refund")
            await scene.at_rest()
            await _set_back(scene, 7 * HOUR)
            await changed(scene, lambda: "reminded" in kinds(scene, card))
            for minutes, times in ((40, 1), (6, 2), (170, 2), (12, 3), (500, 3)):
                await scene.later(minutes * MINUTE)
                await scene.at_rest()
                assert times == kinds(scene, card).count("reminded")


async def test_a_lease_ends_by_the_new_time(timed: Stage) -> None:
    """Whoever was sending is gone: that is found after a minute, and not when the clock is there again."""
    async with held_back(timed, "POST"):
        card = await approved(timed, NO_CALLBACK)
        await becomes(timed, card, State.SENDING)
        with patch.object(app, "STOP_PAYMENTS_AFTER", 0):
            await timed.stop()
        await timed.start()
        await _set_back(timed, 3 * HOUR)
        await timed.at_rest()
        await timed.later(2 * MINUTE)
        await becomes(timed, card, State.UNCONFIRMED)
    await timed.at_rest()


async def test_an_approval_that_lies_ahead_sends_nothing(timed: Stage) -> None:
    """Set back while the bot was down, so that it saw nothing of it."""
    card = await _held(timed)
    await timed.stop()
    assert isinstance(timed.clock, SkippingClock)
    timed.clock.set_back(3 * HOUR)
    await timed.start()
    await both_resume(timed)
    await becomes(timed, card, State.EXPIRED)
    assert [] == timed.ligdicash.creates


async def test_a_clock_that_is_corrected_holds_up_nothing(timed: Stage) -> None:
    """A few seconds are what machines correct by themselves."""
    card = await _held(timed)
    await _set_back(timed, 20 * SECOND)
    await both_resume(timed)
    await timed.later(MINUTE)
    await becomes(timed, card, State.COMPLETED)


async def test_what_waits_to_be_told_does_not_wait_for_the_clock(timed: Stage) -> None:
    """Slack refused it by the old time: by the new one it is tried again now, and not half an hour later."""
    card = await timed.ask("22670000000 5000 refund")
    await timed.at_rest()
    timed.slack.api.weather = lambda method, _args: outage() if method.startswith("chat.") else None
    await timed.reject(card, "asked twice")
    await changed(timed, lambda: timed.rows("SELECT 1 FROM deliveries WHERE state = 'waiting' AND tries > 0"))
    await _set_back(timed, 30 * MINUTE)
    timed.slack.api.weather = lambda _method, _args: None
    await timed.card_says(card, "Rejected")
    await timed.settled()


async def test_what_waits_to_be_told_does_not_wait_for_the_clock_at_a_start(timed: Stage) -> None:
    """Set back while the bot was down, so that it saw nothing of it."""
    card = await timed.ask("22670000000 5000 refund")
    await timed.at_rest()
    timed.slack.api.weather = lambda method, _args: outage() if method.startswith("chat.") else None
    await timed.reject(card, "asked twice")
    await changed(timed, lambda: timed.rows("SELECT 1 FROM deliveries WHERE state = 'waiting' AND tries > 0"))
    await timed.stop()
    assert isinstance(timed.clock, SkippingClock)
    timed.clock.set_back(30 * MINUTE)
    timed.slack.api.weather = lambda _method, _args: None
    await timed.start()
    await timed.card_says(card, "Rejected")
    await timed.settled()


async def test_a_channel_that_is_being_told_is_told_on(timed: Stage) -> None:
    """The next message waits for the second that Slack wants, and not until the clock is there again."""
    card = await timed.ask("22670000000 5000 refund")
    await timed.at_rest()
    with patch.multiple(outbox, BETWEEN_POSTS=3 * SECOND, BETWEEN_EDITS=3 * SECOND):
        await timed.reject(card, "asked twice")
        await timed.card_says(card, "Rejected")
        await _set_back(timed, 30 * MINUTE)
        await timed.ask("22670000001 6000 refund")
        await timed.settled()


async def test_who_somebody_was_is_not_believed_for_longer(timed: Stage) -> None:
    """What Slack said holds for a minute that passes, whatever the clock says meanwhile."""
    await timed.slack.close(await timed.form("22670000000 5000 refund"))
    timed.slack.workspace.people.make_guest(AMINATA)
    await _set_back(timed, 3 * HOUR)
    await timed.later(2 * MINUTE)
    await timed.slack.command(AMINATA, SUPPORT, "22670000000 5000 refund")
    await timed.whispered(AMINATA, "Guests of this workspace")
    assert [] == timed.slack.modals(AMINATA)


async def _stored_as_the_machine_goes_down(scene: Stage, sort: Sort, person: str, payload: str) -> None:
    """Somebody's click is in the ledger, and was not decided on; at the next start the clock is hours behind."""
    await scene.stop()
    assert isinstance(scene.clock, SkippingClock)
    now = scene.clock.now()
    with closing(sqlite3.connect(scene.database)) as ledger, ledger:
        ledger.execute(
            "INSERT INTO inbox (sort, person, occasion, payload, payload_hash, received_at, due_at) "
            "VALUES (?, ?, 'stored', ?, 'hash', ?, ?)",
            (sort, person, payload, now, now),
        )
    scene.clock.set_back(3 * HOUR)
    await scene.start()


async def _clicked_as_the_machine_goes_down(scene: Stage, sort: Sort, person: str) -> Message:
    """The same, a click on a request; the request's card."""
    card = await scene.ask("22670000000 5000 refund")
    await scene.at_rest()
    await _stored_as_the_machine_goes_down(scene, sort, person, Click(payout_of(card), 1, SUPPORT).to_json())
    return card


async def test_a_stored_pause_does_not_wait_for_the_clock(timed: Stage) -> None:
    """It would hold everything, and nobody would know why."""
    await _stored_as_the_machine_goes_down(timed, Sort.PAUSE, CLARISSE, Pull(SUPPORT, Hold.ALL, "looks odd").to_json())
    await changed(timed, lambda: timed.rows("SELECT 1 FROM brakes WHERE hold = 'all'"))
    await timed.at_rest()


async def test_a_stored_cancellation_does_not_wait_for_the_clock(timed: Stage) -> None:
    """Whoever asked took it back: nobody may approve it meanwhile."""
    card = await _clicked_as_the_machine_goes_down(timed, Sort.CANCEL, AMINATA)
    await becomes(timed, card, State.CANCELLED)
    await timed.at_rest()


async def test_a_stored_approval_of_an_unknown_age_counts_for_nothing(timed: Stage) -> None:
    """By the new time it was not even given yet: it is asked for again, and never paid hours later."""
    card = await _clicked_as_the_machine_goes_down(timed, Sort.APPROVE, CLARISSE)
    await timed.whispered(CLARISSE, "waited too long to be heard")
    await timed.later(3 * HOUR)
    await timed.at_rest()
    assert ("approved" in kinds(timed, card), timed.ligdicash.creates) == (False, [])


@pytest.mark.parametrize(("hours", "minutes"), [(1, 40), (2, 50), (4, 50)])
async def test_a_request_that_is_open_for_few_hours_is_looked_at_now_and_then(
    tmp_path: Path, hours: int, minutes: int
) -> None:
    """Not as often as the machine can, until the clock is there again; nor is anybody paged more often than usual."""
    with hurried():
        async with stage(tmp_path, clock=clock_at("2026-11-24 09:00"), REQUEST_TTL_HOURS=str(hours)) as scene:
            card = await scene.ask("22670000000 5000 refund")
            for passed in (16, minutes):
                await scene.later(passed * MINUTE)
                await scene.at_rest()
            await _set_back(scene, 3 * HOUR)
            for _ in range(3):
                await scene.later(50 * MINUTE)
                await scene.at_rest()
            assert isinstance(scene.clock, SkippingClock)
            now = scene.clock.now()
            assert [] == scene.rows("SELECT due_at FROM payouts WHERE due_at <= ?", now)
            assert min(hours, 2) == kinds(scene, card).count("reminded")


async def test_a_damaged_record_keeps_no_other_from_being_ended(timed: Stage) -> None:
    """It cannot be ended and is not sent, not even when it is mended; what is approved afterwards leaves."""
    await pause(timed)
    damaged, sound = await approved(timed), await approved(timed)
    await timed.at_rest()
    with closing(sqlite3.connect(timed.database)) as ledger, ledger:
        ledger.execute("UPDATE attempts SET outcome = 'unreadable' WHERE payout = ?", (payout_of(damaged),))
    await _set_back(timed, 30 * MINUTE)
    await becomes(timed, sound, State.EXPIRED)
    await timed.later(40 * MINUTE)
    with closing(sqlite3.connect(timed.database)) as ledger, ledger:
        ledger.execute("UPDATE attempts SET outcome = 'open' WHERE payout = ?", (payout_of(damaged),))
    await both_resume(timed)
    later = await approved(timed)
    await becomes(timed, later, State.COMPLETED)
    await becomes(timed, damaged, State.EXPIRED)
    assert 1 == len(timed.ligdicash.creates) == len(creates_of(timed, later))
