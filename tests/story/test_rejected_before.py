"""What an approver rejected and somebody asks for again: no block, but whoever asks and whoever decides is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import DAY, HOUR
from bot.sandbox.slack import Message, View
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, payout_of
from tests.story.authority import approves, office, somebody
from tests.story.office import audit, becomes, press, seen, state_of, told

WARNING = "❌ *Please look first:* an approver rejected this before, or something like it."
BEFORE = "❌ *An approver rejected this before, or something like it.* Look at it before you approve:"
SHE, WHY = somebody(1), "already refunded at the <counter>"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """An ordinary bot."""
    async with office(tmp_path) as started:
        yield started


async def rejected(scene: Stage, number: str = SHE, **values: str) -> Message:
    """A request that Daouda rejected."""
    card = await scene.ask(f"{number} 7500 refund", values=values)
    await scene.reject(card, WHY, user=DAOUDA)
    await becomes(scene, card, State.REJECTED)
    await scene.at_rest()
    return card


async def asked_for(scene: Stage, form: View, **values: str) -> Message:
    """The card of what is sent with what the form shows known."""
    before = len(scene.slack.messages(SUPPORT))
    assert (await scene.slack.submit(form, {"known": "known", **values})).closed
    await scene.at_rest()
    return scene.slack.messages(SUPPORT)[before]


def line_of(card: Message) -> str:
    """What is said of it, up to the time."""
    return f"{payout_of(card)}>: 7 500 XOF, rejected by <@{DAOUDA}>, "


async def test_whoever_asks_for_it_again_and_whoever_decides_is_told(scene: Stage) -> None:
    """By whom, when and why, with a link; one approver is enough all the same."""
    before = await rejected(scene)
    form = await scene.form(f"{SHE} 7500 refund", user=BOUKARY)
    assert not (await scene.slack.submit(form)).closed
    assert ("Asked for already?", True) == (form.title, WARNING in form.text)
    assert line_of(before) in form.text
    card = await asked_for(scene, form)
    question = await scene.question(card)
    (line,) = [line for line in question.words.splitlines() if line_of(before) in line]
    assert line.endswith(": already refunded at the &lt;counter&gt;")
    assert f"/archives/{SUPPORT}/p{before.ts.replace('.', '')}|" in str(question.blocks)
    assert (BEFORE in question.words, "Two" in question.words) == (True, False)
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "Completed")


async def test_what_was_rejected_is_not_said_to_be_repeated(scene: Stage) -> None:
    """Nothing was paid: neither card, nor answered question, nor audit channel speaks of a repetition; it is kept."""
    before = await rejected(scene)
    card = await asked_for(scene, await shown(scene))
    question = await scene.question(card)
    await approves(scene, CLARISSE, card)
    await scene.card_says(card, "Completed")
    await told(scene)
    answered = next(one for one in scene.slack.messages(SUPPORT, card.ts) if one.ts == question.ts)
    said = [seen(scene, card).words, answered.words, *audit(scene)]
    assert [] == [words for words in said if "may repeat" in words]
    assert [(None, payout_of(before))] == scene.rows(
        """
        SELECT json_extract(data, '$.knows_of'), json_extract(data, '$.knows_rejected') FROM events
        WHERE kind = 'requested' AND payout = ?
        """,
        payout_of(card),
    )


async def shown(scene: Stage) -> View:
    """The form that shows what was rejected."""
    form = await scene.form(f"{SHE} 7500 refund", user=BOUKARY)
    assert not (await scene.slack.submit(form)).closed
    return form


async def test_a_reason_stays_in_its_channel(scene: Stage) -> None:
    """Whoever asks elsewhere learns that it was rejected and by whom, and not what was said of somebody."""
    before = await rejected(scene)
    form = await scene.form(f"{SHE} 7500 refund", user=CLARISSE, channel=AUDIT)
    assert not (await scene.slack.submit(form)).closed
    (line,) = [line for line in form.text.splitlines() if line_of(before) in line]
    assert line.endswith("; the reason stands in its own channel")
    assert "already refunded" not in str(form.blocks)


async def test_what_is_corrected_is_named_to_whoever_decides(scene: Stage) -> None:
    """The form asks nothing: whoever presses the button has read why. The question and the audit channel say it."""
    before = await rejected(scene)
    await scene.later(3 * DAY)
    await press(scene, AMINATA, seen(scene, before), "correct")
    assert (await scene.slack.submit(await scene.slack.wait_for_modal(AMINATA))).closed
    await scene.at_rest()
    card = scene.slack.messages(SUPPORT)[-1]
    question = await scene.question(card)
    (line,) = [line for line in question.words.splitlines() if line_of(before) in line]
    assert (BEFORE in question.words, "(this request follows it): already refunded" in line) == (True, True)
    assert any(
        f"{payout_of(card)} requested" in line and f"follows {payout_of(before)}" in line for line in audit(scene)
    )


async def test_the_same_order_is_told_of_for_ever(scene: Stage) -> None:
    """Months later, for another number, spelled differently."""
    before = await rejected(scene, order="ORD-7")
    await scene.later(200 * DAY)
    form = await scene.form(f"{somebody(2)} 900 refund", user=BOUKARY)
    assert not (await scene.slack.submit(form, {"order": "ord 7"})).closed
    assert (WARNING in form.text, "(same order): already" in form.text) == (True, True)
    assert line_of(before) in (await scene.question(await asked_for(scene, form))).words


async def test_after_a_day_the_same_person_may_be_asked_for_in_silence(scene: Stage) -> None:
    """Without an order it is another matter by then; counted from the rejection, not from the request."""
    card = await scene.ask(f"{SHE} 7500 refund")
    await scene.later(20 * HOUR)
    await scene.reject(card, WHY, user=DAOUDA)
    await becomes(scene, card, State.REJECTED)
    await scene.later(23 * HOUR)
    form = await scene.form(f"{SHE} 900 refund")
    assert not (await scene.slack.submit(form)).closed
    scene.slack.workspace.close(form)
    await scene.later(2 * HOUR)
    assert (await scene.slack.submit(await scene.form(f"{SHE} 900 refund"))).closed


async def test_an_open_question_is_told_of_what_is_rejected_beside_it(scene: Stage) -> None:
    """Two were asked for; whoever decides on the other one sees at once that this one was rejected."""
    first = await scene.ask(f"{SHE} 7500 refund")
    second = await scene.ask(f"{SHE} 7500 refund", user=BOUKARY)
    await scene.reject(first, WHY, user=DAOUDA)
    await scene.thread_says(second, BEFORE)
    assert State.REQUESTED is state_of(scene, second)


async def test_other_people_and_orders_are_nothing_to_speak_of(scene: Stage) -> None:
    """Nor is an order that is none."""
    await rejected(scene, order="none")
    form = await scene.form(f"{somebody(2)} 900 refund", user=BOUKARY)
    assert (await scene.slack.submit(form, {"order": "none"})).closed
    await scene.at_rest()
    assert BEFORE not in (await scene.question(scene.slack.messages(SUPPORT)[-1])).words
