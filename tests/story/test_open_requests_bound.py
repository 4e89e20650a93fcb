"""Twenty open requests a person: nobody fills the ledger or the approvers' day, and nobody else is kept waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import Delivery, Kind
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, Stage, payout_of
from tests.story.authority import approves, commands, file_requests, office, refusals, somebody, wish
from tests.story.office import NO_ACCOUNT, approved, becomes, press, question_of, seen, state_of

MOST = 20
SAYS = "You have 20 undecided requests open, which is the most one person may have."


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


def undecided(scene: Stage, user: str = AMINATA) -> int:
    """How many of this person wait."""
    return len(scene.rows("SELECT 1 FROM payouts WHERE requester = ? AND state = 'requested'", user))


async def many(scene: Stage, number: int, *, user: str = AMINATA) -> list[str]:
    """So many of one person's, each to another."""
    return await file_requests(scene, [wish(somebody(100 + one), 1000, user=user) for one in range(number)])


async def test_the_twenty_first_is_refused_kindly(scene: Stage) -> None:
    """At the command: told, written down, no form. Somebody else asks and is served."""
    await many(scene, MOST)
    await commands(scene, AMINATA, f"{somebody(1)} 1000 refund")
    await scene.whispered(AMINATA, SAYS)
    assert ([], MOST) == (scene.slack.modals(AMINATA), undecided(scene))
    assert [("request_refused", None, "too_many_open")] == refusals(scene, AMINATA)
    await scene.slack.wait_for_message(AUDIT, f"🚷 <@{AMINATA}> may not ask for a payout: This person has 20")
    card = await scene.ask(f"{somebody(1)} 1000 refund", user=BOUKARY)
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "Completed")


async def test_a_form_that_was_opened_before_is_refused_with_the_reason(scene: Stage) -> None:
    """And is taken as soon as one is decided."""
    asked = await many(scene, MOST - 1)
    form = await scene.form(f"{somebody(1)} 1000 refund")
    await file_requests(scene, [wish(somebody(2), 1000)])
    assert SAYS in (await scene.slack.submit(form)).errors["beneficiary"]
    assert MOST == undecided(scene)
    card = next(one for one in scene.slack.messages("C0SUPPORT") if asked[0] in one.text)
    await approves(scene, CLARISSE, card)
    await becomes(scene, card, State.COMPLETED)
    assert (await scene.slack.submit(form)).closed


async def test_forms_that_were_sent_at_once_pass_no_more_than_twenty(scene: Stage) -> None:
    """Each was right by itself; the ledger takes as many as fit, and whoever sent the others is told."""
    await many(scene, MOST - 2)
    forms = [await scene.form(f"{somebody(number)} 1000 refund") for number in range(5)]
    deliveries = [scene.slack.payloads.submission(form) for form in forms]
    await asyncio.gather(*(scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, one)) for one in deliveries))
    await scene.at_rest()
    assert MOST == undecided(scene)
    await scene.whispered(AMINATA, SAYS)
    assert {("request_refused", None, "too_many_open")} == set(refusals(scene, AMINATA))


async def test_asking_again_is_no_way_around_it(scene: Stage) -> None:
    """It counts for who asks again: not for somebody who has twenty open, nor against somebody who has none."""
    refused = await approved(scene, NO_ACCOUNT)
    await scene.card_says(refused, "Ask again")
    await many(scene, MOST)
    await press(scene, AMINATA, seen(scene, refused), "ask_again")
    assert (State.REFUSED, MOST) == (state_of(scene, refused), undecided(scene))
    assert ("request_refused", payout_of(refused), "too_many_open") == refusals(scene, AMINATA)[-1]
    await scene.slack.wait_for_message(
        AUDIT, f"🚷 <@{AMINATA}> may not ask for {payout_of(refused)} again: This person has"
    )
    await press(scene, BOUKARY, seen(scene, refused), "ask_again")
    await question_of(scene, refused, 2)
    await many(scene, MOST - 1, user=BOUKARY)
    await commands(scene, BOUKARY, f"{somebody(1)} 1000 refund")
    await scene.whispered(BOUKARY, SAYS)
