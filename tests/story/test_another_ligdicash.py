"""A payout belongs to the LigdiCash for which it was approved: no other is asked to pay it, or what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.clock import HOUR, MINUTE
from bot.sandbox.ligdicash import Answer
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.ligdicash.wire import Outcome
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import Stage, payout_of
from tests.story.office import (
    PENDING,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    kinds,
    ligdicash_says,
    pause,
    seen,
    state_of,
    status_answers,
    told,
    transaction_of,
)

OPEN_ELSEWHERE = "Payouts that another LigdiCash ("


@asynccontextmanager
async def _switched(scene: Stage) -> AsyncIterator[LigdicashSandbox]:
    """Started again with the address of another LigdiCash; afterwards with the one from before."""
    await scene.stop()
    before = scene.ligdicash
    async with LigdicashSandbox.running(host="127.0.0.1", port=0, callback_delay=0.05) as other:
        scene.ligdicash = other
        await scene.start()
        try:
            yield other
        finally:
            await scene.stop()
            scene.ligdicash = before
    await scene.start()


async def _initiated(scene: Stage) -> Message:
    card = await approved(scene, PENDING)
    await becomes(scene, card, State.INITIATED)
    await scene.at_rest()
    return card


def _alerts(scene: Stage) -> Sequence[str]:
    return [line for line in audit(scene) if OPEN_ELSEWHERE in line]


def _anything_is_paid(_token: str) -> Outcome:
    return Answer(200, '{"response_code": "00", "status": "completed"}')


async def test_what_was_approved_for_another_is_not_sent(timed: Stage) -> None:
    """Tried out with a test account, held, and started with the real one: no test is paid in earnest."""
    await pause(timed)
    card = await approved(timed)
    await timed.at_rest()
    async with _switched(timed) as other:
        await both_resume(timed)
        why = "the settings were changed since it was approved, and another LigdiCash would pay it now"
        await timed.card_says(card, why)
        await timed.thread_says(card, "*What to do:* if it is still needed, click *Correct and ask again*")
        await timed.at_rest()
        await told(timed)
        assert any(f"{payout_of(card)} expired before it left" in line and why in line for line in audit(timed))
        assert (State.EXPIRED, ["correct"]) == (state_of(timed, card), buttons_of(seen(timed, card)))
        assert [] == other.creates
    assert [] == timed.ligdicash.creates


async def test_another_is_not_asked_what_became_of_it(timed: Stage) -> None:
    """It would speak of something else; said once for all of them, and asked when the address is back."""
    cards = [await _initiated(timed) for _ in range(2)]
    first = timed.ligdicash
    async with _switched(timed) as other:
        with status_answers(timed, _anything_is_paid) as asked:
            for _ in range(5):
                await timed.later(2 * HOUR)
                await timed.at_rest()
        await told(timed)
        assert [] == asked
        assert [State.INITIATED] * 2 == [state_of(timed, card) for card in cards]
        # Nobody learns anything here, so two people may look at that account's dashboard.
        assert [["resolve"]] * 2 == [buttons_of(seen(timed, card)) for card in cards]
        ((alert,)) = _alerts(timed)
        assert f"Payouts that another LigdiCash ({first.url.split('//')[1]}) may still pay: 2." in alert
        assert other.url.split("//")[1] in alert
    for card in cards:
        await ligdicash_says(timed, transaction_of(timed, card), "completed")
        await timed.card_says(card, "Completed")
    assert 1 == len(_alerts(timed))


async def test_a_callback_does_not_make_another_be_asked(timed: Stage) -> None:
    """The one that pays it still calls back: recorded, and believed when that one can be asked."""
    card = await _initiated(timed)
    first = timed.ligdicash
    async with _switched(timed):
        with status_answers(timed, _anything_is_paid) as asked:
            await first.settle(transaction_of(timed, card), "completed")
            await first.wait_for(lambda ligdicash: len(ligdicash.deliveries) >= 2)
            await timed.later(MINUTE)
            await timed.at_rest()
        assert ([], State.INITIATED) == (asked, state_of(timed, card))
        assert "callback_received" in kinds(timed, card)
    await timed.later(2 * HOUR)
    await timed.card_says(card, "Completed")


async def test_of_an_older_ledger_everybody_is_asked(timed: Stage) -> None:
    """Where nobody wrote down whose it is, it goes on as it did."""
    card = await _initiated(timed)
    assert timed.bot is not None
    await timed.bot._ledger.write(lambda tx: tx.connection.execute("UPDATE attempts SET host = NULL"))
    async with _switched(timed):
        with status_answers(timed, _anything_is_paid) as asked:
            await timed.later(2 * HOUR)
            await becomes(timed, card, State.COMPLETED)
        assert asked
        assert [] == _alerts(timed)


async def test_the_same_address_spelt_otherwise_is_the_same(timed: Stage) -> None:
    """Its host counts, not how the address is written."""
    await pause(timed)
    card = await approved(timed)
    await timed.at_rest()
    await timed.stop()
    timed.extra = {**timed.extra, "LIGDICASH_API_URL": timed.ligdicash.url + "/"}
    await timed.start()
    await both_resume(timed)
    await timed.card_says(card, "Completed")
