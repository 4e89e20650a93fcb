"""LigdiCash contradicts one payout: approvals of others to the same person, or for the same order, do not count."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest

from bot.clock import HOUR, SECOND
from bot.ligdicash.client import LigdicashClient
from bot.sandbox.slack import Delivery, Kind, Message
from storage.payout import State
from tests.stage import BOUKARY, CLARISSE, DAOUDA, Stage, payout_of
from tests.story.authority import click_on
from tests.story.office import (
    PENDING,
    answers_lost,
    approved,
    audit,
    becomes,
    both_resume,
    changed,
    creates_of,
    decided,
    doubtful,
    kinds,
    ligdicash_says,
    pause,
    press,
    propose,
    state_of,
    told,
    transaction_of,
    whisper_count,
)

ORDER = "ORD-7"
WHY = (
    "LigdiCash contradicts what is recorded of another payout to this person, or for this order, so that one may have "
    "been paid"
)


async def _found_unpaid(scene: Stage, order: str | None = None) -> Message:
    """LigdiCash has it, pending, and two people say that it was not paid."""
    if order is None:
        card = await doubtful(scene)
    else:
        with answers_lost(scene):
            card = await approved(scene, PENDING, values={"order": order})
            await scene.card_says(card, "*Unconfirmed*")
    await scene.later(HOUR)
    await press(scene, DAOUDA, await propose(scene, CLARISSE, card, "unpaid"), "confirm")
    return await scene.card_says(card, "*Marked not paid*")


async def _asked_for(scene: Stage, order: str | None = None) -> Message:
    """Somebody else asks for the same person with the command, or for the same order with another number."""
    if order is not None:
        return await scene.ask("22670999900 5000 refund", user=BOUKARY, values={"order": order})
    (number,) = scene.rows("SELECT number FROM beneficiaries")[0]
    return await scene.ask(f"{number} 5000 refund", user=BOUKARY)


async def _never_leaves(scene: Stage, first: Message, second: Message) -> None:
    """However long one waits: it ended with its reason, which its thread, card and the audit channel say."""
    shown = await scene.card_says(second, f"*Expired* · {WHY}")
    assert "Before anybody asks for it anew, finance looks it up" in shown.words
    await scene.thread_says(second, f"LigdiCash contradicts what is recorded of {payout_of(first)}")
    await scene.later(HOUR)
    await scene.at_rest()
    assert (State.EXPIRED, []) == (state_of(scene, second), creates_of(scene, second))
    assert 1 == kinds(scene, second).count("expired")
    line = f"⌛ {payout_of(second)} expired before it left: {payout_of(first)}, to the same person or for the same"
    assert any(line in each for each in audit(scene))


@pytest.mark.parametrize("order", [None, ORDER])
async def test_one_that_is_approved_and_held_ends(timed: Stage, order: str | None) -> None:
    """It was approved by one person who did not know; the release of the brake does not send it."""
    first = await _found_unpaid(timed, order)
    second = await _asked_for(timed, order)
    await pause(timed)
    await press(timed, CLARISSE, await timed.question(second), "approve", confirm=True)
    await timed.at_rest()
    assert State.APPROVED is state_of(timed, second)
    await ligdicash_says(timed, transaction_of(timed, first), "completed")
    assert State.EXPIRED is state_of(timed, second)
    await both_resume(timed)
    await _never_leaves(timed, first, second)


async def test_one_that_is_on_its_way_out_ends(timed: Stage) -> None:
    """LigdiCash's word came between the commit and the first byte: not a byte leaves, and it is not sent again."""
    first = await _found_unpaid(timed)
    second = await _asked_for(timed)
    gate, create = asyncio.Event(), LigdicashClient.create

    async def waits(*args: object, **kwargs: object) -> object:
        await gate.wait()
        return await create(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    with patch.object(LigdicashClient, "create", waits):
        await press(timed, CLARISSE, await timed.question(second), "approve", confirm=True)
        await becomes(timed, second, State.SENDING)
        await timed.ligdicash.settle(transaction_of(timed, first), "completed")
        await changed(timed, lambda: "callback_received" in kinds(timed, first))
        await timed.later(4 * SECOND)
        await changed(timed, lambda: "contradiction" in kinds(timed, first))
        gate.set()
        await changed(timed, lambda: "not_sent" in kinds(timed, second))
    await timed.later(10 * SECOND)
    await _never_leaves(timed, first, second)


async def test_what_two_people_approve_after_it_leaves(timed: Stage) -> None:
    """They were told on its question; so the look before it leaves lets it pass."""
    first = await _found_unpaid(timed)
    await ligdicash_says(timed, transaction_of(timed, first), "completed")
    second = await _asked_for(timed)
    for user in (CLARISSE, DAOUDA):
        await timed.later(SECOND)
        await press(timed, user, await timed.question(second), "approve", confirm=True)
    await becomes(timed, second, State.INITIATED)


async def test_a_payout_to_somebody_else_goes_on(timed: Stage) -> None:
    """Another person, and no order: it is approved and held, and leaves when sending goes on."""
    first = await _found_unpaid(timed)
    await pause(timed)
    second = await approved(timed)
    await ligdicash_says(timed, transaction_of(timed, first), "completed")
    await both_resume(timed)
    await becomes(timed, second, State.COMPLETED)


# Clicks from before


async def _click_unheard(scene: Stage, second: Message, *users: str) -> None:
    """Clicks that are stored while the worker does nothing."""
    assert scene.bot is not None
    await scene.bot._house.worker.stop(1)
    for user in users:
        await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, click_on(scene, user, payout_of(second), "approve")))
    await scene.later(4 * SECOND)


async def _heard_of(scene: Stage, first: Message, word: str) -> None:
    """LigdiCash's word on the first is heard before those clicks are."""
    await scene.ligdicash.settle(transaction_of(scene, first), word)
    await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) >= 2)
    assert scene.bot is not None
    await scene.later(4 * SECOND)
    await scene.bot._house.worker._evidence.look(payout_of(first), 1)
    await scene.stop()
    await scene.start()
    await decided(scene)
    await told(scene)


async def _did_not_count(scene: Stage, second: Message) -> None:
    """Both are told; clicked again, they do count."""
    for user in (CLARISSE, DAOUDA):
        assert 1 == await whisper_count(scene, user, f"Your approval of {payout_of(second)} was not counted: when you")
    assert State.REQUESTED is state_of(scene, second)
    assert ["requested"] == [kind for kind in kinds(scene, second) if kind in {"requested", "approved", "sending"}]
    for user in (CLARISSE, DAOUDA):
        await press(scene, user, await scene.question(second), "approve", confirm=True)
    await becomes(scene, second, State.INITIATED)


async def test_approvals_from_before_another_was_paid_do_not_count(timed: Stage) -> None:
    """Both were clicked while the first was on its way; by the time they are heard it is paid."""
    first = await approved(timed, PENDING)
    await becomes(timed, first, State.INITIATED)
    second = await _asked_for(timed)
    await timed.at_rest()
    await _click_unheard(timed, second, CLARISSE, DAOUDA)
    await _heard_of(timed, first, "completed")
    assert State.COMPLETED is state_of(timed, first)
    await _did_not_count(timed, second)


async def test_approvals_from_before_a_contradiction_do_not_count(timed: Stage) -> None:
    """Both were clicked when two people's word was all that was known."""
    first = await _found_unpaid(timed)
    second = await _asked_for(timed)
    await timed.at_rest()
    await _click_unheard(timed, second, CLARISSE, DAOUDA)
    await _heard_of(timed, first, "completed")
    assert "contradiction" in kinds(timed, first)
    await _did_not_count(timed, second)
