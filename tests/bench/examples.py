"""One payout asked for by hand; a whole volley's payloads are copies of its own, with other people, numbers and ids."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.policy import MOST_OPEN_REQUESTS
from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.hands import find_button
from bot.sandbox.slack.people import Person
from bot.sandbox.slack.reading import Json
from bot.sandbox.slack.standin import Slack
from tests.stage import AMINATA, CLARISSE, SUPPORT, payout_of

COMMAND = "22670000000 5000 refund for order 1234"
_NUMBER = "+226 70 00 00 00"


@dataclass(frozen=True, slots=True)
class Examples:
    """The first payout's card and question, and what Slack posted, or would post, about it."""

    card: Message
    question: Message
    _view: str
    _submission: str
    _click: str
    _action_ts: str

    @property
    def payout(self) -> str:
        """The payout's id."""
        return payout_of(self.card)

    def submission(self, number: int) -> Json:
        """The same form, sent by another agent for another beneficiary: nobody asks too often, and nothing repeats."""
        names = {self._view: f"VBENCH{number:06d}", AMINATA: agent(number).id, _NUMBER: _beneficiary(number)}
        return _copy(self._submission, names)

    def click(self, payout: str, number: int) -> Json:
        """The same approval, of another payout, at another moment."""
        return _copy(self._click, {self.payout: payout, self._action_ts: f"1790000000.{number:06d}"})


def agent(number: int) -> Person:
    """Who sends the form of that number: each of them has room for so many undecided requests."""
    which = number // MOST_OPEN_REQUESTS
    return Person(f"U0AGENT{which}", f"Agent {which}")


def _beneficiary(number: int) -> str:
    """A number to which the sandbox pays in the ordinary way, as its last two digits say; no filled ledger has it."""
    return f"22676{number:04d}00"


def _copy(payload: str, names: dict[str, str]) -> Json:
    for old, new in names.items():
        payload = payload.replace(old, new)
    copied: Json = json.loads(payload)
    return copied


async def ask(slack: Slack) -> Examples:
    """Type the command, submit the form, wait for the card and its question; nobody decides yet."""
    await slack.command(AMINATA, SUPPORT, COMMAND)
    view = await slack.wait_for_modal(AMINATA)
    submission = json.dumps(slack.payloads.submission(view))
    await slack.submit(view)
    card = await slack.wait_for(lambda seen: next(iter(seen.messages(SUPPORT)), None), what="the card")
    question = await slack.wait_for(lambda seen: next(iter(seen.messages(SUPPORT, card.ts)), None), what="the question")
    click = slack.payloads.click(CLARISSE, question, find_button(question.buttons, "approve"))
    return Examples(card, question, view.id, submission, json.dumps(click), str(click["actions"][0]["action_ts"]))


async def approve(slack: Slack, examples: Examples) -> None:
    """Let an approver click."""
    await slack.click(CLARISSE, examples.question, "approve", confirm=True)
