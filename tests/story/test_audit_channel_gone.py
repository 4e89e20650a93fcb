"""Without its audit channel the bot sends nothing new and says so; once it is back all is told and sent."""

from __future__ import annotations

import pytest

from bot.clock import HOUR, MINUTE
from bot.sandbox.slack import outage
from storage.payout import State
from tests.stage import AUDIT, CLARISSE, Stage
from tests.story.office import (
    PENDING,
    approved,
    audit,
    becomes,
    changed,
    creates_of,
    kinds,
    ligdicash_says,
    seen,
    state_of,
    transaction_of,
)


async def _gone(scene: Stage) -> None:
    """Archived; the bot learns it as it tells something."""
    scene.slack.workspace.channel(AUDIT).is_archived = True
    await scene.ask("22670000001 50 first")
    await _known(scene)


async def _known(scene: Stage) -> None:
    await changed(scene, lambda: scene.rows("SELECT 1 FROM deliveries WHERE error LIKE 'never: %'"))


async def _back(scene: Stage) -> None:
    scene.slack.workspace.channel(AUDIT).is_archived = False
    await scene.later(2 * MINUTE)
    await changed(scene, lambda: not scene.rows("SELECT 1 FROM deliveries WHERE error LIKE 'never: %'"))


async def test_nothing_new_is_sent(timed: Stage) -> None:
    """Approved, and it waits, though sending is not paused; readiness is 503 with the reason."""
    assert (200, "ready\n") == await timed.readiness()
    await _gone(timed)
    assert (503, "audit channel: Slack says is_archived; nothing new is sent\n") == await timed.readiness()
    card = await approved(timed)
    for _ in range(20):
        await timed.later(2 * MINUTE)
        await timed.at_rest()
    assert (State.APPROVED, []) == (state_of(timed, card), timed.ligdicash.creates)


async def test_once_it_is_back_all_is_told_and_sent(timed: Stage) -> None:
    """In the order in which it happened, each line once; the payout goes on once; readiness is 200 again."""
    await _gone(timed)
    card = await approved(timed)
    await timed.later(10 * MINUTE)
    await timed.at_rest()
    assert [] == audit(timed)
    await _back(timed)
    await timed.later(2 * MINUTE)
    await timed.card_says(card, "Completed")
    await timed.at_rest()
    assert (1, 1) == (len(creates_of(timed, card)), timed.ligdicash.paid(transaction_of(timed, card)))
    assert (200, "ready\n") == await timed.readiness()
    marks = [line.split()[0] for line in audit(timed)]
    assert ["📝", "📝", "✅", "📤", "📨", "📥", "🟢"] == marks


async def test_what_is_under_way_goes_on(timed: Stage) -> None:
    """A payout that left before is asked about, ends, and is shown in its channel; finance reads it later."""
    card = await approved(timed, PENDING)
    await becomes(timed, card, State.INITIATED)
    await timed.at_rest()
    await _gone(timed)
    await ligdicash_says(timed, transaction_of(timed, card), "completed")
    await timed.card_says(card, "Completed")
    assert not any("completed" in line for line in audit(timed))
    await _back(timed)
    await timed.at_rest()
    assert 1 == sum("completed: 5 000 XOF paid" in line for line in audit(timed))


async def test_an_outage_beside_it_does_not_hide_it(timed: Stage) -> None:
    """Slack's permanent word stands until it takes a line again, whatever else goes wrong meanwhile."""
    await _gone(timed)
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.postMessage" else None
    await timed.later(2 * MINUTE)
    await changed(timed, lambda: timed.rows("SELECT 1 FROM deliveries WHERE channel = 'audit' AND tries > 1"))
    await changed(timed, lambda: not timed.rows("SELECT 1 FROM deliveries WHERE state = 'posting'"))
    assert (503, "audit channel: Slack says is_archived; nothing new is sent\n") == await timed.readiness()


async def test_decisions_go_on(timed: Stage) -> None:
    """People may still ask, approve and reject: nothing of it is lost, nothing of it moves money."""
    await _gone(timed)
    card = await timed.ask("22670000000 100 other")
    await timed.reject(card, "not now")
    await timed.card_says(card, f"*Rejected* by <@{CLARISSE}>")
    assert "rejected" in kinds(timed, card)


async def test_after_an_hour_what_waited_has_expired(timed: Stage) -> None:
    """No approval older than an hour sends anything, for whatever reason it waited."""
    await _gone(timed)
    card = await approved(timed)
    await timed.later(HOUR + 2000)
    await timed.card_says(card, "Expired")
    await _back(timed)
    await timed.later(HOUR)
    await timed.at_rest()
    assert (State.EXPIRED, []) == (state_of(timed, card), timed.ligdicash.creates)
    assert "nothing was paid" in seen(timed, card).words


@pytest.mark.parametrize("trouble", ["removed", "deleted"])
async def test_it_is_gone_in_other_ways_too(timed: Stage, trouble: str) -> None:
    """The bot was removed from it, or it is no more: the same."""
    channels = timed.slack.workspace.channels
    if trouble == "deleted":
        del channels[AUDIT]
    else:
        channels[AUDIT].members.remove("U0PAYOUT")
    await timed.ask("22670000001 50 first")
    await _known(timed)
    assert 503 == (await timed.readiness())[0]
    card = await approved(timed)
    await timed.later(5 * MINUTE)
    assert (State.APPROVED, []) == (state_of(timed, card), timed.ligdicash.creates)


async def test_a_restart_does_not_forget_it(timed: Stage) -> None:
    """What Slack said stands until Slack takes a line again."""
    await _gone(timed)
    card = await approved(timed)
    await timed.stop()
    await timed.start()
    assert 503 == (await timed.readiness())[0]
    await timed.later(5 * MINUTE)
    await timed.at_rest()
    assert (State.APPROVED, []) == (state_of(timed, card), timed.ligdicash.creates)
