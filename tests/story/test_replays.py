"""Slack delivers things again: by retries, down another socket, out of order. Only the first time counts."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from bot.sandbox.slack import Delivered, Delivery, Kind
from bot.sandbox.slack.hands import find_button
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, QUIET, SUPPORT, Stage

TABLES = (
    "payouts",
    "attempts",
    "approvals",
    "events",
    "inbox",
    "deliveries",
    "callbacks",
    "beneficiaries",
)


def everything(scene: Stage) -> dict[str, Any]:
    """All that is remembered, all that anybody sees, and all that LigdiCash was asked."""
    seen = scene.slack.workspace
    return {table: scene.rows(f"SELECT * FROM {table}") for table in TABLES} | {  # noqa: S608 - names from above
        "messages": [(one.ts, one.words) for one in scene.slack.all_messages()],
        "forms": [(view.id, view.is_open, view.text) for view in seen.views.values()],
        "creates": len(scene.ligdicash.creates),
    }


async def play(scene: Stage) -> list[Delivered]:
    """A day at the office: everything that people can send, in the order in which they sent it."""
    await scene.slack.command(AMINATA, SUPPORT, "help")
    await scene.slack.command(AMINATA, QUIET, "22670000000 5000 refund")
    paid = await scene.ask("22670000000 5000 refund")
    rejected = await scene.ask("22670000001 7000 refund", user=BOUKARY)
    form = await scene.form("22670000000 5.000 refund")
    await scene.slack.submit(form, {"amount": "5,00"})
    await scene.slack.click(BOUKARY, await scene.question(paid), "approve", confirm=True)
    await scene.approve(paid)
    await scene.reject(rejected, "refunded already", user=DAOUDA)
    await scene.card_says(paid, "Completed")
    await scene.card_says(rejected, "Rejected")
    await scene.settled()
    return list(scene.slack.deliveries)


@pytest.mark.parametrize("seed", range(3))
async def test_everything_three_times_more_changes_nothing(quick_scene: Stage, seed: int) -> None:
    """In any order, with retry headers and without, several at once: nothing is seen or done again."""
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    delivered = await play(quick_scene)
    assert 12 == len(delivered)
    before = everything(quick_scene)
    again = delivered * 3
    chance.shuffle(again)
    for three in zip(*[iter(again)] * 3, strict=True):
        retries = [chance.choice([None, 1, 2, 3]) for _ in three]
        answers = await asyncio.gather(
            *(quick_scene.slack.replay(one, retry_num=retry) for one, retry in zip(three, retries, strict=True))
        )
        assert [None] * 3 == [answer.error for answer in answers]
    await quick_scene.settled()
    assert before == everything(quick_scene)


async def test_a_bot_that_was_started_anew_knows_what_it_heard(quick_scene: Stage) -> None:
    """What counts once is remembered by the ledger, not by the process."""
    card = await quick_scene.ask("22670000000 5000 refund")
    await quick_scene.approve(card)
    await quick_scene.card_says(card, "Completed")
    await quick_scene.settled()
    delivered = list(quick_scene.slack.deliveries)
    await quick_scene.stop()
    await quick_scene.start()
    before = everything(quick_scene)
    for one in reversed(delivered):
        assert (await quick_scene.slack.replay(one)).error is None
    await quick_scene.settled()
    assert before == everything(quick_scene)


@pytest.mark.parametrize("retry_num", [None, 1])
async def test_the_first_delivery_to_arrive_may_be_the_retry(quick_scene: Stage, retry_num: int | None) -> None:
    """A payload counts by what it says, whichever of its deliveries comes first, even three at once."""
    scene = quick_scene
    form = await scene.form("22670000000 5000 refund")
    submission = scene.slack.payloads.submission(form)
    await three_times(scene, submission, retry_num)
    card = await scene.slack.wait_for(lambda slack: next(iter(slack.messages(SUPPORT)), None))
    question = await scene.question(card)
    click = scene.slack.payloads.click(CLARISSE, question, find_button(question.buttons, "approve"))
    await three_times(scene, click, retry_num)
    await scene.card_says(card, "Completed")
    await scene.settled()
    assert 1 == len(scene.slack.messages(SUPPORT))
    assert [("approved", 1), ("requested", 1)] == scene.rows(
        "SELECT kind, count(*) FROM events WHERE kind IN ('requested', 'approved') GROUP BY kind"
    )
    assert [] == scene.slack.ephemerals(CLARISSE)
    assert 1 == len(scene.ligdicash.creates)


async def three_times(scene: Stage, payload: dict[str, Any], retry_num: int | None) -> None:
    """Deliver the same payload three times at once."""
    same = Delivery(Kind.INTERACTIVE, payload, retry_num)
    answers = await asyncio.gather(*(scene.slack.post.deliver(same) for _ in range(3)))
    assert [None] * 3 == [answer.error for answer in answers]


async def test_two_requests_of_the_same_words_are_two(quick_scene: Stage) -> None:
    """Only a redelivery is the same: whoever asks twice is asked about twice."""
    first = await quick_scene.ask("22670000000 5000 refund")
    second = await quick_scene.ask("22670000000 5000 refund")
    assert first.ts != second.ts
    assert [(2,)] == quick_scene.rows("SELECT count(*) FROM payouts")
