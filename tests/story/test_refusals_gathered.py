"""Refusals are recorded and kind: each is answered, repeats within a minute gathered, and nobody fills the ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlencode

import pytest

from bot.clock import MINUTE
from bot.sandbox.slack import BOT_USER
from storage.payout import State
from tests.stage import BOUKARY, CLARISSE, GUEST, QUIET, SUPPORT, SkippingClock, Stage, payout_of
from tests.story.authority import approves, click_on, clicks, commands, office, refusals, somebody
from tests.story.office import approved, audit, becomes, changed, kinds, pause, state_of

SHE = f"{somebody(1)} 5000 refund"
MANY = 200


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


def told(scene: Stage, user: str) -> int:
    """How often this person alone was told something."""
    return len(scene.slack.ephemerals(user))


def about(scene: Stage, user: str) -> list[str]:
    """What finance reads of this person's tries."""
    return [line for line in audit(scene) if line.startswith(f"🚷 <@{user}>")]


async def test_each_try_is_answered_and_repeats_are_written_down_once(scene: Stage) -> None:
    """Five clicks: five answers, one event, one line; once the minute is over another says how many there were."""
    card = await scene.ask(SHE)
    question = await scene.question(card)
    for number in range(5):
        await clicks(scene, GUEST, question, "approve")
        await scene.at_rest()
        assert number + 1 == told(scene, GUEST)
    assert [("decision_refused", payout_of(card), "guest")] == refusals(scene, GUEST)
    assert 1 == len(about(scene, GUEST))
    await scene.later(MINUTE)
    await changed(scene, lambda: 2 == len(about(scene, GUEST)))
    first, repeats = about(scene, GUEST)
    assert f"{first} (and 4 times more within a minute)" == repeats
    assert (1, 5) == (len(refusals(scene, GUEST)), told(scene, GUEST))
    await clicks(scene, GUEST, question, "approve")
    await scene.later(2 * MINUTE)
    await scene.at_rest()
    assert (2, 6) == (len(refusals(scene, GUEST)), told(scene, GUEST))
    assert [first, repeats, first] == about(scene, GUEST)


async def test_a_refusal_after_the_minute_says_it_too(scene: Stage) -> None:
    """Whichever comes first: the count is told once, by the next refusal or by itself."""
    card = await scene.ask(SHE)
    question = await scene.question(card)
    for _ in range(3):
        await clicks(scene, GUEST, question, "approve")
    await scene.at_rest()
    assert isinstance(scene.clock, SkippingClock)
    with patch("bot.worker.tell_repeats", _nothing):
        await scene.later(MINUTE)
        await clicks(scene, GUEST, question, "approve")
        await scene.at_rest()
    await scene.later(2 * MINUTE)
    await scene.at_rest()
    assert 2 == len(about(scene, GUEST))
    assert about(scene, GUEST)[-1].endswith(" (and 2 times more within a minute)")


async def _nothing(_: object) -> None:
    """Somebody who does not get to it."""


async def test_what_was_told_to_that_person_alone_is_counted_for_nobody(scene: Stage) -> None:
    """An approver who clicks on what is decided is no try: finance reads nothing of it, however often."""
    card = await approved(scene)
    question = await scene.question(card)
    await scene.at_rest()
    payload = click_payload(scene, payout_of(card), question.ts)
    before = len(audit(scene))
    await deliver(scene, [payload(number) for number in range(5)])
    await scene.later(2 * MINUTE)
    await scene.at_rest()
    assert [] == [line for line in audit(scene)[before:] if "times more" in line]
    assert [] == scene.rows("SELECT 1 FROM events WHERE kind = 'refused_again'")


async def test_other_tries_are_written_down_by_themselves(scene: Stage) -> None:
    """Another payout, another door, another person: not the same again."""
    first, second = await scene.ask(SHE), await scene.ask(f"{somebody(2)} 5000 refund")
    for card in (first, second):
        for user in (GUEST, BOUKARY):
            await clicks(scene, user, await scene.question(card), "approve")
    await commands(scene, GUEST, SHE)
    await commands(scene, GUEST, "pause no")
    await scene.at_rest()
    assert [
        ("decision_refused", payout_of(first), "guest"),
        ("decision_refused", payout_of(second), "guest"),
        ("request_refused", None, "guest"),
        ("brake_refused", None, "guest"),
    ] == refusals(scene, GUEST)
    assert 2 == len(refusals(scene, BOUKARY))


async def test_the_answer_comes_where_it_was_tried(scene: Stage) -> None:
    """A second try in another channel within the minute is answered there, not where the first one was."""
    scene.slack.workspace.channel(QUIET).members |= {BOT_USER, GUEST}
    await commands(scene, GUEST, SHE)
    await commands(scene, GUEST, SHE, channel=QUIET)
    await scene.at_rest()
    assert [SUPPORT, QUIET] == [one.channel for one in scene.slack.ephemerals(GUEST)]
    assert 1 == len(refusals(scene, GUEST))


def size(scene: Stage) -> dict[str, int]:
    """Rows of every table that a refused try could grow."""
    tables = ("events", "deliveries", "refusals", "payouts", "attempts", "approvals", "brakes", "proposals")
    return {table: len(scene.rows(f"SELECT 1 FROM {table}")) for table in tables}  # noqa: S608 - names from above


async def deliver(scene: Stage, payloads: list[dict[str, object]]) -> None:
    """Post clicks, twenty at a time."""
    bodies = [urlencode({"payload": json.dumps(payload)}).encode() for payload in payloads]
    for begin in range(0, len(bodies), 20):
        answers = await asyncio.gather(*(scene.post_signed(body) for body in bodies[begin : begin + 20]))
        assert {200} == {status for status, _ in answers}


async def test_two_hundred_clicks_fill_nothing_and_keep_nobody_waiting(scene: Stage) -> None:
    """Of all that clicking one event is kept; an approver in the middle of it is served."""
    card, other = await scene.ask(SHE), await scene.ask(f"{somebody(2)} 5000 refund")
    await scene.question(other)
    await scene.question(card)
    await scene.at_rest()
    before = size(scene)
    storm = [click_on(scene, GUEST, payout_of(card), "approve") for _ in range(MANY)]
    await asyncio.gather(deliver(scene, storm[: MANY // 2]), approves(scene, CLARISSE, other))
    await becomes(scene, other, State.COMPLETED)
    await deliver(scene, storm[MANY // 2 :])
    await scene.at_rest(seconds=30)
    assert [("decision_refused", payout_of(card), "guest")] == refusals(scene, GUEST)
    grown = {table: rows - before[table] for table, rows in size(scene).items()}
    of_the_other = len(kinds(scene, other)) - 1
    assert of_the_other + 1 == grown["events"]
    assert 1 == grown["refusals"]
    assert 1 <= told(scene, GUEST) <= MANY
    assert 1 == len(about(scene, GUEST))
    assert State.REQUESTED is state_of(scene, card)


async def test_two_hundred_commands_fill_nothing_either(scene: Stage) -> None:
    """Of a command that was refused nothing is kept but the one event."""
    before, inbox = size(scene), len(scene.rows("SELECT 1 FROM inbox"))
    bodies = [urlencode(scene.slack.payloads.command(GUEST, SUPPORT, "/payout", SHE)).encode() for _ in range(MANY)]
    for begin in range(0, MANY, 20):
        await asyncio.gather(*(scene.post_signed(body) for body in bodies[begin : begin + 20]))
    await scene.at_rest(seconds=30)
    grown = {table: rows - before[table] for table, rows in size(scene).items() if rows != before[table]}
    assert {"events": 1, "deliveries": 2, "refusals": 1} == grown
    assert len(scene.rows("SELECT 1 FROM inbox")) - inbox <= MANY
    assert [("request_refused", None, "guest")] == refusals(scene, GUEST)


async def test_words_that_change_nothing_are_gathered_too(scene: Stage) -> None:
    """An approver who clicks on what is decided, or pauses what is paused, grows the ledger by one line a minute."""
    await pause(scene)
    card = await approved(scene)
    question = await scene.question(card)
    await scene.at_rest()
    before = size(scene)["events"]
    payload = click_payload(scene, payout_of(card), question.ts)
    await deliver(scene, [payload(number) for number in range(40)])
    for _ in range(5):
        await commands(scene, CLARISSE, "pause again")
    await scene.at_rest()
    assert 2 == size(scene)["events"] - before
    await scene.whispered(CLARISSE, "was already approved by")
    await scene.whispered(CLARISSE, "Sending is paused already.")


def click_payload(scene: Stage, payout: str, ts: str) -> Callable[[int], dict[str, object]]:
    """Makes clicks on a button that is gone by now."""
    earlier = next(
        one.delivery.payload
        for one in scene.slack.deliveries
        if one.delivery.payload.get("actions") and payout in one.delivery.payload["actions"][0]["value"]
    )

    def click(number: int) -> dict[str, object]:
        payload: dict[str, object] = json.loads(json.dumps(earlier))
        payload["actions"][0]["action_ts"] = f"{ts}{number}"  # type: ignore[index]  # Slack's own shape
        return payload

    return click
