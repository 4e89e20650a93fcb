"""Slack does not take a question for good: whoever asked hears of it, and whoever is reminded gets its buttons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.clock import HOUR, MINUTE
from bot.sandbox.slack import Message, Trouble
from storage.payout import State
from tests.stage import AMINATA, CLARISSE, SUPPORT, Stage, payout_of
from tests.story.authority import approves, clock_at, office, silent, somebody
from tests.story.office import NO_ACCOUNT, approved, becomes, buttons_of, press, seen

ASKED = f"{somebody(1)} 5000 refund"
DECIDES = ["approve", "reject", "cancel"]


def out_of_the_channel(method: str, args: dict[str, Any]) -> Trouble | None:
    """The bot was removed just when the card stood."""
    return Trouble(error="not_in_channel") if method == "chat.postMessage" and args.get("thread_ts") else None


def questions(scene: Stage, card: Message) -> list[Message]:
    """What can be decided on in the card's thread."""
    return [one for one in scene.slack.messages(SUPPORT, card.ts) if buttons_of(one)]


def direct(scene: Stage) -> list[str]:
    """What Aminata was told directly about a message that Slack did not take."""
    return [one.text for one in scene.slack.direct_messages(AMINATA) if "not_in_channel" in one.text]


async def test_the_first_reminder_brings_it(tmp_path: Path) -> None:
    """The requester hears at once; the question is there once, with the reminder, and is decided on."""
    async with office(tmp_path, clock_at("2026-11-24T10:00")) as scene:
        scene.slack.api.weather = out_of_the_channel
        card = await scene.ask(ASKED)
        await scene.at_rest()
        assert ([], 1) == (questions(scene, card), len(direct(scene)))
        assert payout_of(card) in direct(scene)[0]
        scene.slack.api.weather = lambda *_: None
        for minutes in (16, 50, 200):
            await scene.later(minutes * MINUTE)
            await scene.at_rest()
        (question,) = questions(scene, card)
        assert DECIDES == buttons_of(question)
        assert 1 == len(direct(scene))
        await press(scene, CLARISSE, question, "approve", confirm=True)
        await scene.card_says(card, "Completed")


async def test_a_channel_that_stays_closed_tells_the_requester_once_a_reminder(tmp_path: Path) -> None:
    """Reminder and question fail together, and are one thing to hear of."""
    async with office(tmp_path, clock_at("2026-11-24T10:00")) as scene:
        scene.slack.api.weather = out_of_the_channel
        card = await scene.ask(ASKED)
        for number, minutes in enumerate((0, 16, 50), start=1):
            await scene.later(minutes * MINUTE)
            await scene.at_rest()
            assert ([], number) == (questions(scene, card), len(direct(scene)))


async def test_the_question_of_a_later_attempt_comes_again_too(tmp_path: Path) -> None:
    """Asked again while the bot was out: the first attempt's question is another one."""
    async with office(tmp_path, clock_at("2026-11-24T08:00")) as scene:
        card = await approved(scene, NO_ACCOUNT)
        await scene.card_says(card, "*Refused*")
        await scene.at_rest()
        scene.slack.api.weather = out_of_the_channel
        await press(scene, AMINATA, seen(scene, card), "ask_again")
        await becomes(scene, card, State.REQUESTED)
        await scene.at_rest()
        assert ([], 1) == (questions(scene, card), len(direct(scene)))
        scene.slack.api.weather = lambda *_: None
        await scene.later(16 * MINUTE)
        await scene.at_rest()
        (question,) = questions(scene, card)
        assert (True, DECIDES) == ("*Attempt 2*" in question.words, buttons_of(question))


async def test_a_question_that_is_late_is_posted_once(tmp_path: Path) -> None:
    """Slack took no posts for an hour: what waited and what the reminder brings are one message."""
    async with office(tmp_path, clock_at("2026-11-24T10:00")) as scene:
        card = await scene.ask(ASKED)
        await scene.at_rest()
        other = None
        with silent(scene, "chat.postMessage"):
            form = await scene.form(f"{somebody(2)} 700 refund")
            await scene.slack.submit(form)
            await scene.later(HOUR)
        await scene.later(MINUTE)
        await scene.at_rest()
        other = next(one for one in scene.slack.messages(SUPPORT) if one.ts != card.ts)
        assert (1, 1) == (len(questions(scene, card)), len(questions(scene, other)))
        await approves(scene, CLARISSE, other)
        await scene.card_says(other, "Completed")
