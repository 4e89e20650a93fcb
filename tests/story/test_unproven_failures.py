"""LigdiCash says that it failed, but its own token does not confirm that: such a payout may have been paid."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import DAY, HOUR
from bot.sandbox.ligdicash import Answer
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, payout_of
from tests.story.authority import approves, office, somebody
from tests.story.office import PENDING, audit, becomes, changed, seen, state_of, status_answers

LEADS = "🚨 *An earlier payout to this person, or for this order, may still be paid.*"
OF_ANOTHER = {"response_code": "00", "transaction_id": "0" * 32, "status": "notcompleted"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


async def failed(scene: Stage, answer: dict[str, str]) -> Message:
    """A payout for an order of which its own token gives that answer."""
    card = await scene.ask(f"{PENDING} 5000 refund", values={"order": "ORD-9"})
    await approves(scene, CLARISSE, card)
    await becomes(scene, card, State.INITIATED)
    with status_answers(scene, lambda _token: Answer(200, json.dumps(answer))):
        await scene.later(2 * HOUR)
        await becomes(scene, card, State.FAILED)
    await scene.at_rest()
    return card


async def test_nobody_is_told_to_ask_for_it_anew(scene: Stage) -> None:
    """Everywhere it says that this is not proven, and what to do first."""
    card = await failed(scene, OF_ANOTHER)
    assert "its own token does not confirm it" in (await scene.thread_says(card, "is said to have *failed*")).words
    assert "*Failed*, not proven" in seen(scene, card).words
    assert any("said to have failed" in line for line in audit(scene))
    shown = [one.words for one in scene.slack.all_messages()]
    assert [] == [words for words in shown if "Ask for it anew" in words or "says it was not paid" in words]


@pytest.mark.parametrize("age", [HOUR, 30 * DAY])
@pytest.mark.parametrize(("number", "order"), [(PENDING, ""), (somebody(7), "ord 9")])
async def test_another_one_is_warned_of_and_two_must_agree(scene: Stage, number: str, order: str, age: int) -> None:
    """For the same person, or the same order of somebody else, whatever its age."""
    first = await failed(scene, OF_ANOTHER)
    await scene.later(age)
    form = await scene.form(f"{number} 5000 refund", user=BOUKARY)
    assert not (await scene.slack.submit(form, {"order": order})).closed
    assert f"{payout_of(first)}>: 5 000 XOF, said to have failed, which is not proven" in form.text
    assert (await scene.slack.submit(form, {"known": "known"})).closed
    await scene.at_rest()
    card = scene.slack.messages(SUPPORT)[-1]
    assert LEADS in (await scene.question(card)).words
    await approves(scene, CLARISSE, card)
    await scene.thread_says(card, "*1 of 2*")
    assert State.REQUESTED is state_of(scene, card)
    await approves(scene, DAOUDA, card)
    await becomes(scene, card, State.INITIATED)


async def test_one_that_the_own_token_tells_is_proven(scene: Stage) -> None:
    """Then it came to nothing: whoever asks for it anew is warned of nothing."""
    card = await failed(scene, {"response_code": "00", "status": "notcompleted"})
    await scene.thread_says(card, "Ask for it anew")
    form = await scene.form(f"{PENDING} 5000 refund", user=BOUKARY)
    assert (await scene.slack.submit(form, {"order": "ORD-9"})).closed


async def test_once_the_own_token_says_so_too_it_is_proven(scene: Stage) -> None:
    """What was doubted is not doubted for ever."""
    await failed(scene, OF_ANOTHER)
    own = json.dumps({"response_code": "00", "status": "notcompleted"})
    with status_answers(scene, lambda _token: Answer(200, own)):
        await scene.later(2 * HOUR)
        await changed(scene, lambda: scene.rows("SELECT 1 FROM payouts WHERE NOT unproven"))
    await scene.at_rest()
    form = await scene.form(f"{PENDING} 5000 refund", user=BOUKARY)
    assert (await scene.slack.submit(form, {"order": "ORD-9"})).closed
