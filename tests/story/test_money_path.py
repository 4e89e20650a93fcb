"""The money path, from the command to the final status, over real HTTP."""

from __future__ import annotations

from tests.stage import AUDIT, SUPPORT, Stage


async def test_a_payout_goes_from_command_to_completed(scene: Stage) -> None:
    """Asked, approved by somebody else, sent once, called back, confirmed by a status call, told once."""
    card = await scene.ask("22670000000 5000 refund for order 1234")
    assert "5 000 XOF" in card.text
    await scene.approve(card)
    await scene.thread_says(card, "completed")
    await scene.card_says(card, "Completed")
    assert [1] == [scene.ligdicash.paid(payout.transaction_id) for payout in scene.ligdicash.payouts]
    token = scene.ligdicash.payouts[0].token
    posted = [message.words for message in scene.slack.messages(SUPPORT, card.ts)]
    assert 1 == sum(token in words for words in posted)
    await scene.slack.wait_for_message(AUDIT, "completed")
