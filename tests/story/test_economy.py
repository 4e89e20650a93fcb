"""What a payout costs in calls of Slack's Web API, at Slack's pace."""

from __future__ import annotations

from tests.stage import Stage


async def test_an_ordinary_payout_costs_at_most_twelve_calls(scene: Stage) -> None:
    """Form, card, question and its answer, token, final status, edits of the card, gathered audit lines."""
    card = await scene.ask("22670000000 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, "Completed")
    await scene.settled()
    told = [call.method for call in scene.slack.calls if call.method.startswith(("chat.", "views."))]
    assert len(told) <= 12, told
