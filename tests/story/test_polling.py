"""Asking LigdiCash: ever more rarely, for days; what the status call suffers says nothing of a payout."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import DAY, HOUR, MINUTE, SECOND
from bot.desk.evidence import pause_after
from bot.sandbox.ligdicash.answers import CRASHED
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import AMINATA, AUDIT, SkippingClock, Stage, payout_of
from tests.story.office import (
    NO_CALLBACK,
    PENDING,
    Outcome,
    approved,
    audit,
    becomes,
    changed,
    held_back,
    kinds,
    seen,
    state_of,
    status_answers,
    transaction_of,
)

SILENT = "📡 LigdiCash's status call tells nothing (HTTP 500); open payouts wait and are asked about again"
BACK = "📡 LigdiCash's status call answers again"


@given(first=st.integers(3, 3600), polls=st.integers(0, 10_000))
def test_pauses_grow_up_to_an_hour(first: int, polls: int) -> None:
    """The first is the setting's; each is longer than the one before, up to an hour; none is under 3 s."""
    pause, following = pause_after(polls, first), pause_after(polls + 1, first)
    assert 3 * SECOND <= pause <= HOUR
    assert pause <= following
    assert pause < following or pause == HOUR
    assert min(first * SECOND, HOUR) == pause_after(0, first)


@given(first=st.integers(3, 3600))
def test_the_hour_is_reached_within_a_day(first: int) -> None:
    """Few questions at first, then one an hour, for ever."""
    spent = itertools.accumulate(pause_after(polls, first) for polls in range(100))
    asked = list(itertools.takewhile(lambda at: at < DAY, spent))
    assert 20 <= len(asked) < 50
    assert HOUR == pause_after(len(asked), first)


async def test_the_bot_asks_at_just_these_times(timed: Stage) -> None:
    """No sooner, and again each time it is due, though nothing else happens."""
    with status_answers(timed, lambda _token: None) as asked:
        card = await _initiated(timed)
        for polls in range(12):
            pause = pause_after(polls, 3)
            await timed.later(max(pause - SECOND, 0))
            await timed.at_rest()
            assert polls == len(asked)
            await timed.later(SECOND)
            await changed(timed, lambda n=polls: len(asked) > n)  # type: ignore[misc]  # bound on purpose
            await timed.at_rest()
    assert State.INITIATED is state_of(timed, card)


async def test_what_no_callback_tells_is_found(timed: Stage) -> None:
    """The answer to the token of the creation is evidence by itself."""
    card = await approved(timed, NO_CALLBACK)
    await becomes(timed, card, State.INITIATED)
    await timed.ligdicash.wait_for(lambda ligdicash: ligdicash.paid_total.times == 1)
    await timed.later(4 * SECOND)
    await timed.card_says(card, "LigdiCash says it was paid")


async def test_pending_for_days_is_pointed_out_once_a_day(timed: Stage) -> None:
    """Never closed, never failed; the requester is called once a day, and the final word is heard."""
    card = await _initiated(timed)
    for hour in range(1, 75):
        await timed.later(HOUR)
        await timed.at_rest()
        days = kinds(timed, card).count("pointed_out")
        assert hour // 24 - 1 <= days <= hour // 24
    thread = [one for one in timed.slack.messages(card.channel, card.ts) if "has been open for" in one.words]
    assert 3 == len(thread)
    assert all(f"<@{AMINATA}>" in one.words and "initiated, not yet paid" in one.words for one in thread)
    assert 3 == sum("🕰️" in line for line in audit(timed))
    assert State.INITIATED is state_of(timed, card)
    await timed.ligdicash.settle(transaction_of(timed, card), "completed")
    await changed(timed, lambda: "callback_received" in kinds(timed, card))
    await timed.later(4 * SECOND)
    await timed.card_says(card, "LigdiCash says it was paid")


@pytest.mark.parametrize("word", ["paid", "failed", "", "PENDING"])
async def test_a_word_that_nobody_documented_is_no_final(timed: Stage, word: str) -> None:
    """Said once, still pending; the known words are read however they are written."""
    said = f'{{"response_code": "00", "token": "t", "status": "{word}"}}'
    with status_answers(timed, lambda _token: type(CRASHED)(200, said)):
        card = await _initiated(timed)
        for _ in range(4):
            await timed.later(MINUTE)
            await timed.at_rest()
    assert State.INITIATED is state_of(timed, card)
    assert (0 if word == "PENDING" else 1) == kinds(timed, card).count("still_pending")


# The status call's own trouble


async def test_the_same_error_for_all_is_one_alert(timed: Stage) -> None:
    """Five open payouts, asked again and again: one line when it is certain, one when it is over."""
    cards = [await _initiated(timed, f"2267{one}000010") for one in range(5)]
    with status_answers(timed, lambda _token: CRASHED) as asked:
        for _ in range(4):
            await timed.later(10 * MINUTE)
            await timed.at_rest()
        assert 20 == len(asked)
        assert (1, 0) == _alerts(timed)
        assert {State.INITIATED} == {state_of(timed, card) for card in cards}
        assert not any("Failed" in seen(timed, card).words for card in cards)
    await timed.later(HOUR)
    await timed.slack.wait_for_message(AUDIT, BACK)
    await timed.later(HOUR)
    await timed.at_rest()
    assert (1, 1) == _alerts(timed)
    assert ["status_silent", "status_back"] == kinds(timed)


async def test_one_hiccup_is_no_alert(timed: Stage) -> None:
    """Nor are two with an answer in between; nothing is said to be over that was not said."""
    await _initiated(timed)
    trouble: list[Outcome | None] = [CRASHED, CRASHED, None, CRASHED, None]
    with status_answers(timed, lambda _token: trouble.pop(0) if trouble else None):
        for _ in range(7):
            await timed.later(HOUR)
            await timed.at_rest()
    assert [] == kinds(timed)


async def test_trouble_that_changes_its_face_is_one_trouble(timed: Stage) -> None:
    """First one error, then another: told once, and its end is told once."""
    await _initiated(timed)
    refused = type(CRASHED)(200, '{"response_code": "01", "response_text": "Echec (Code00)"}')
    faces = itertools.cycle([CRASHED, refused])
    with status_answers(timed, lambda _token: next(faces)):
        for _ in range(7):
            await timed.later(HOUR)
            await timed.at_rest()
    await timed.later(HOUR)
    await timed.slack.wait_for_message(AUDIT, BACK)
    assert ["status_silent", "status_back"] == kinds(timed)


async def test_the_alert_outlives_the_process(timed: Stage) -> None:
    """A restart neither repeats it nor forgets to say that it is over."""
    await _initiated(timed)
    with status_answers(timed, lambda _token: CRASHED):
        for _ in range(4):
            await timed.later(HOUR)
            await timed.at_rest()
        await timed.stop()
        await timed.start()
        await timed.later(HOUR)
        await timed.at_rest()
    await timed.later(2 * HOUR)
    await timed.slack.wait_for_message(AUDIT, BACK)
    assert (1, 1) == _alerts(timed)


# A callback that comes at a bad moment


async def test_a_callback_during_a_look_is_not_lost(timed: Stage) -> None:
    """The look asked before it, so its answer is old: LigdiCash is asked again soon, not in an hour."""
    card = await _initiated(timed)
    for _ in range(5):
        await timed.later(HOUR)
        await timed.at_rest()
    async with held_back(timed, "GET") as gate:
        await timed.later(HOUR)
        await changed(timed, lambda: timed.rows("SELECT 1 FROM attempts WHERE asked_at > ?", _now(timed) - MINUTE))
        # What the look is answered was true before the payout ended.
        with status_answers(timed, _pending):
            await timed.ligdicash.wait_for(lambda ligdicash: bool(ligdicash.payouts))
            await timed.ligdicash.settle(transaction_of(timed, card), "completed")
            await changed(timed, lambda: "callback_received" in kinds(timed, card))
            gate.set()
            await timed.later(4 * SECOND)
    await timed.later(4 * SECOND)
    await timed.card_says(card, "LigdiCash says it was paid")


async def test_a_restart_goes_on_asking(timed: Stage) -> None:
    """Killed in the middle of a look: it is taken up again within a minute or so."""
    card = await _initiated(timed)
    assert timed.bot is not None
    until = timed.rows("SELECT ask_at FROM attempts")[0][0]
    assert until is not None
    await timed.stop()
    await timed.ligdicash.settle(transaction_of(timed, card), "completed")
    await timed.start()
    await timed.later(MINUTE)
    await timed.card_says(card, "LigdiCash says it was paid")


def _pending(_token: str) -> Outcome:
    return type(CRASHED)(200, '{"response_code": "00", "token": "t", "status": "pending"}')


def _now(scene: Stage) -> int:
    assert isinstance(scene.clock, SkippingClock)
    return scene.clock.now()


async def _initiated(scene: Stage, number: str = PENDING) -> Message:
    card = await approved(scene, number)
    await becomes(scene, card, State.INITIATED)
    await scene.at_rest()
    assert payout_of(card)
    return card


def _alerts(scene: Stage) -> tuple[int, int]:
    lines = audit(scene)
    return lines.count(SILENT), lines.count(BACK)
