"""What answers for Slack may be no JSON, or cut short: nobody is taken for who they may not be, and all is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.slack import garbled
from storage.payout import State
from tests.paying import state_of
from tests.stage import CLARISSE, Stage, hurried, stage

pytestmark = pytest.mark.thorough

NO_ANSWERS = ("{oops", "[1]", '"ok"', "null", "")


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Stage]:
    """One bot, without the pauses."""
    with hurried():
        async with stage(tmp_path) as started:
            yield started


@pytest.mark.parametrize("body", NO_ANSWERS)
async def test_who_clicked_is_not_learnt_from_it(office: Stage, body: str) -> None:
    """The answer is no, kindly and in this person's own message; once Slack answers, a click decides."""
    card = await office.ask("22670000000 5000 refund")
    office.slack.api.weather = lambda method, _args: garbled(body) if method == "users.info" else None
    await office.approve(card)
    await office.whispered(CLARISSE, "Slack did not say who you are just now")
    assert State.REQUESTED is state_of(office, card)
    office.slack.api.weather = lambda _method, _args: None
    await office.approve(card)
    await office.card_says(card, "Completed")


@pytest.mark.parametrize("body", NO_ANSWERS)
async def test_what_was_told_is_told_until_slack_says_so(office: Stage, body: str) -> None:
    """A post with such an answer counts as an answer that was lost: it is made again, and everything is told."""
    spoiled: list[str] = []

    def weather(method: str, _args: object) -> object:
        if method != "chat.postMessage" or spoiled:
            return None
        spoiled.append(method)
        return garbled(body)

    office.slack.api.weather = weather  # type: ignore[assignment]  # as the stand-in takes it
    card = await office.ask("22670000000 5000 refund")
    await office.settled(seconds=20)
    assert [] == office.rows("SELECT id FROM deliveries WHERE state <> 'sent'")
    assert ["chat.postMessage"] == spoiled
    assert card.text
