"""Where somebody is told that a click changed nothing: where the button stands, which they see, and nowhere else."""

from __future__ import annotations

from tests.stage import AMINATA, AUDIT, BOUKARY, GUEST, Stage, payout_of
from tests.story.office import approved, pause, press, unconfirmed


async def test_a_click_on_the_card_is_answered_in_the_channel(timed: Stage) -> None:
    """Its thread may be closed, and nobody would see what is whispered there; the audit channel says what it was."""
    await pause(timed)
    card = await approved(timed)
    await timed.at_rest()
    await press(timed, BOUKARY, card, "stop", confirm=True)
    told = await timed.whispered(BOUKARY, "changed nothing. ")
    assert None is told.thread_ts
    await timed.slack.wait_for_message(AUDIT, f"🚷 <@{BOUKARY}> may not stop {payout_of(card)}")


async def test_a_finding_of_the_wrong_person_is_answered_in_the_channel(timed: Stage) -> None:
    """The form of *Resolve* does not open; its button is the card's."""
    card = await unconfirmed(timed)
    await press(timed, AMINATA, card, "resolve")
    told = await timed.whispered(AMINATA, "changed nothing. ")
    assert None is told.thread_ts
    await timed.slack.wait_for_message(AUDIT, f"🚷 <@{AMINATA}> may not resolve {payout_of(card)}")


async def test_a_stop_after_a_click_in_the_thread_is_answered_in_the_channel(timed: Stage) -> None:
    """Refused for the same reason a moment before, elsewhere: it is another act, and nobody takes the stop for done."""
    await pause(timed)
    card = await timed.ask("22670000000 5000 refund")
    await press(timed, GUEST, await timed.question(card), "approve", confirm=True)
    await timed.whispered(GUEST, "changed nothing. ")
    await timed.approve(card)
    await press(timed, GUEST, await timed.card_says(card, "Approved"), "stop", confirm=True)
    await timed.at_rest()
    assert [card.ts, None] == [told.thread_ts for told in timed.slack.ephemerals(GUEST)]


async def test_the_audit_channel_names_each_act(timed: Stage) -> None:
    """Who rejects their own request and then approves it tried both."""
    card = await timed.ask("22670000000 5000 refund")
    asking = await timed.question(card)
    for button in ("reject", "approve"):
        await press(timed, AMINATA, asking, button, confirm=button == "approve")
        await timed.slack.wait_for_message(AUDIT, f"🚷 <@{AMINATA}> may not {button} {payout_of(card)}")


async def test_a_click_on_the_question_is_answered_in_its_thread(timed: Stage) -> None:
    """Whoever clicked there has the thread open."""
    card = await timed.ask("22670000000 5000 refund")
    await press(timed, AMINATA, await timed.question(card), "approve", confirm=True)
    told = await timed.whispered(AMINATA, "changed nothing. ")
    assert card.ts == told.thread_ts
    await timed.slack.wait_for_message(AUDIT, f"🚷 <@{AMINATA}> may not approve {payout_of(card)}")
