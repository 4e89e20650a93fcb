"""What is said of a second attempt, or against LigdiCash's word, is no more than what is known."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

from bot.clock import HOUR, MINUTE, SECOND
from bot.ligdicash.client import LigdicashClient
from storage.payout import State
from tests.stage import AMINATA, CLARISSE, DAOUDA, SkippingClock, Stage, payout_of
from tests.story.office import (
    HANGS_UP,
    NO_ACCOUNT,
    approved,
    audit,
    becomes,
    press,
    propose,
    question_of,
    unconfirmed,
)


async def test_a_second_refusal_speaks_of_itself(timed: Stage) -> None:
    """The first attempt has its own end; of it the second says nothing."""
    card = await timed.card_says(await approved(timed, NO_ACCOUNT), "*Refused* by LigdiCash, nothing was paid · ")
    await press(timed, AMINATA, card, "ask_again")
    question = await question_of(timed, card, 2)
    assert "the earlier attempt came to nothing" in question.words
    await press(timed, CLARISSE, question, "approve", confirm=True)
    await timed.card_says(card, "*Refused* by LigdiCash, nothing was paid by this attempt · ")
    await timed.thread_says(card, "(code 02), nothing was paid by this attempt.")
    await timed.at_rest()
    lines = [line for line in audit(timed) if line.startswith("⛔")]
    assert "nothing was paid by this attempt" in lines[-1]
    told = timed.slack.direct_messages(AMINATA)[-1].text
    assert "refused by LigdiCash, nothing was paid by this attempt ·" in told


async def test_an_expired_second_attempt_speaks_of_itself(timed: Stage) -> None:
    """In the card and in the thread."""
    card = await timed.card_says(await approved(timed, NO_ACCOUNT), "*Refused*")
    await press(timed, AMINATA, card, "ask_again")
    await question_of(timed, card, 2)
    await timed.later(25 * HOUR)
    await timed.card_says(card, "nobody decided in time; nothing was paid by this attempt.")
    await timed.thread_says(card, "nothing left, nothing was paid by this attempt.")


async def test_what_only_people_said_is_given_as_theirs(timed: Stage) -> None:
    """Whoever approves the next attempt reads that LigdiCash has not said so."""
    card = await unconfirmed(timed)
    await timed.later(HOUR)
    await press(timed, DAOUDA, await propose(timed, CLARISSE, card, "unpaid"), "confirm")
    await press(timed, AMINATA, await timed.card_says(card, "*Marked not paid*"), "ask_again")
    question = await question_of(timed, card, 2)
    assert "two people say that it was not paid; LigdiCash has not said so" in question.words
    assert "came to nothing" not in question.words


async def test_what_was_not_let_go_in_time_is_not_blamed_on_ligdicash(timed: Stage) -> None:
    """The machine slept before the first byte: LigdiCash was never asked, and soon is."""
    gate, create = asyncio.Event(), LigdicashClient.create

    async def waits(*args: object, **kwargs: object) -> object:
        await gate.wait()
        return await create(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    with patch.object(LigdicashClient, "create", waits):
        card = await approved(timed)
        await becomes(timed, card, State.SENDING)
        assert isinstance(timed.clock, SkippingClock)
        timed.clock.skip(45 * SECOND)
        gate.set()
        await becomes(timed, card, State.APPROVED)
    shown = await timed.card_says(card, "it was not let go in time, nothing has left. Trying again at")
    assert "cannot be reached" not in shown.words
    await timed.later(MINUTE)
    await timed.card_says(card, "Completed")


async def test_an_end_without_an_own_token_names_none(timed: Stage) -> None:
    """The connection broke before the token came: the callback's was proven."""
    card = await timed.card_says(await approved(timed, HANGS_UP), "Completed")
    await timed.at_rest()
    assert f"🟢 {payout_of(card)} completed: 5 000 XOF paid (no token)" in audit(timed)
