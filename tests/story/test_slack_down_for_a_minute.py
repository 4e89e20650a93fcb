"""Slack answers 500 for a minute while 50 payouts finish: what it did not take is told afterwards, once."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.clock import MINUTE, SECOND
from bot.sandbox.slack import Message, outage
from tests.stage import AUDIT, CLARISSE, SUPPORT, SkippingClock, Stage, payout_of
from tests.story.office import changed, press

PAYOUTS = 50
PENDING = "10"
_TRIED = """
    SELECT 1 FROM deliveries JOIN events ON events.id = event
    WHERE kind = 'completed' AND place IN ('thread', 'card') AND tries > ?
"""


async def _asked_and_approved(scene: Stage) -> list[Message]:
    """Fifty, each with LigdiCash and pending there."""
    cards = []
    for number in range(PAYOUTS):
        card = await scene.ask(f"22670{number:04d}{PENDING} {1000 + number} refund")
        await press(scene, CLARISSE, await scene.question(card), "approve", confirm=True)
        cards.append(card)
    await _all_are(scene, "initiated")
    await scene.at_rest(seconds=60)
    return cards


async def _all_are(scene: Stage, state: str) -> None:
    await changed(
        scene,
        lambda: scene.rows("SELECT count(*) FROM payouts WHERE state = ?", state) == [(PAYOUTS,)],
        seconds=60,
    )


async def _down_for_a_minute(scene: Stage) -> None:
    """All of them are paid at its beginning; the bot tries again and again, and is told nothing but 500."""
    clock = scene.clock
    assert isinstance(clock, SkippingClock)
    up_at = clock.now() + MINUTE
    scene.slack.api.weather = lambda _method, _args: outage(500) if clock.now() < up_at else None
    for (transaction,) in scene.rows("SELECT transaction_id FROM attempts"):
        await scene.ligdicash.settle(str(transaction), "completed")
    await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) == 2 * PAYOUTS, timeout=60)
    await scene.later(4 * SECOND)
    await _all_are(scene, "completed")
    for tries in range(3):
        await changed(scene, lambda least=tries: scene.rows(_TRIED, least), seconds=60)  # type: ignore[misc]
        assert [] == _told(scene)
        await scene.later(15 * SECOND)
    # Whatever pause the last refusal of all left behind.
    await scene.later(3 * MINUTE)
    await scene.at_rest(seconds=60)
    await scene.later(MINUTE)


def _told(scene: Stage) -> list[str]:
    return [one.words for one in scene.slack.all_messages() if "is *completed*" in one.words]


@pytest.mark.prove
async def test_slack_answers_500_for_a_minute(timed: Stage) -> None:
    """Each thread hears its end and each card shows it, finance reads each line, and nothing stands anywhere twice."""
    cards = await _asked_and_approved(timed)
    before = len(timed.slack.all_messages())
    await _down_for_a_minute(timed)
    await timed.at_rest(seconds=60)
    assert [1] * PAYOUTS == [_ends(timed, card) for card in cards]
    shown = {one.ts: one.words for one in timed.slack.messages(SUPPORT)}
    assert [] == [card.ts for card in cards if "*Completed*" not in shown[card.ts]]
    lines = Counter(line for one in timed.slack.messages(AUDIT) for text in one.seen for line in text.splitlines())
    assert {1} == set(lines.values())
    finished = [line for line in lines if line.startswith("🟢")]
    assert [1] * PAYOUTS == [sum(payout_of(card) in line for line in finished) for card in cards]
    assert before + PAYOUTS <= len(timed.slack.all_messages())
    assert [] == timed.rows("SELECT 1 FROM deliveries WHERE state <> 'sent'")
    assert (PAYOUTS, sum(range(1000, 1000 + PAYOUTS))) == timed.ligdicash.paid_total


def _ends(scene: Stage, card: Message) -> int:
    return sum("is *completed*" in one.words for one in scene.slack.messages(SUPPORT, card.ts))
