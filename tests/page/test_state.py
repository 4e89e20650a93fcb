"""What each person is shown."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.page.scene import Scene
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, GUEST, SUPPORT


async def test_people_see_their_own_conversations(shown: Scene) -> None:
    """An agent sees #support and the bot's direct messages, an approver #payout-audit too."""
    assert [SUPPORT, shown.slack.workspace.dm(AMINATA)] == _channels(await shown.state(AMINATA))
    assert [SUPPORT, AUDIT, shown.slack.workspace.dm(CLARISSE)] == _channels(await shown.state(CLARISSE))


async def test_a_conversation_without_the_bot_is_not_shown(shown: Scene) -> None:
    """Where the bot is not, there is nothing to see here."""
    assert "channel:C0QUIET" not in await shown.state(AMINATA)


async def test_what_only_one_person_sees_is_shown_to_that_person_alone(shown: Scene) -> None:
    """Ephemeral messages and forms are nobody else's."""
    await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="/payout help")
    await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="/payout")
    await shown.slack.wait_for_modal(AMINATA)

    hers, his = await shown.state(AMINATA), await shown.state(BOUKARY)

    assert [True] == [one["only_you"] for one in _messages(hers)]
    assert ["Ask for a payout"] == [view["title"]["text"] for view in _of(hers, "view")]
    assert [] == _messages(his) + _of(his, "view")


async def test_the_card_and_its_thread_are_shown(shown: Scene) -> None:
    """A message has its blocks, and a reply the message it belongs to."""
    card = await shown.ask()
    await shown.slack.wait_for(lambda slack: slack.messages(SUPPORT, card))

    first, reply = _messages(await shown.state(GUEST))

    assert (card, None) == (first["ts"], first["thread_ts"])
    assert card == reply["thread_ts"]
    assert "refund for order 1234" in json.dumps(first["blocks"])


async def test_those_who_are_mentioned_are_notified_with_the_text_of_the_lock_screen(shown: Scene) -> None:
    """A phone lights up for those whom a message names, with its text and not its blocks."""
    card = await shown.ask()
    question = await shown.slack.wait_for(lambda slack: next(iter(slack.messages(SUPPORT, card)), None))

    notice = (await shown.state(GUEST))[f"notice:{SUPPORT}:{question.ts}"]

    assert question.raw == notice["text"]
    assert {CLARISSE, "U0DAOUDA"} <= set(notice["users"])
    assert GUEST not in notice["users"]


async def test_a_notice_keeps_the_text_with_which_the_phone_lit_up(shown: Scene) -> None:
    """Slack notifies once: an edit changes the message and not the notification."""
    card = await shown.ask()
    question = await shown.slack.wait_for(lambda slack: next(iter(slack.messages(SUPPORT, card)), None))
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.slack.wait_for_message(SUPPORT, "Approved by", thread_ts=card)

    notice = (await shown.state())[f"notice:{SUPPORT}:{question.ts}"]

    assert question.raw == notice["text"]


async def test_what_ligdicash_received_is_shown_without_the_secret_in_its_callback(shown: Scene) -> None:
    """The panel has amount, number and status; the callback's address stays out of the browser."""
    card = await shown.ask()
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.slack.wait_for_message(SUPPORT, "Token:", thread_ts=card)

    state = await shown.state()
    (create,) = _of(state, "create")

    assert ("5000", "22670000000", "00", "pending", False) == tuple(
        create[name] for name in ("amount", "customer", "outcome", "status", "paid")
    )
    assert {"received": 1, "paid": 0, "sum": 0, "waits": True}.items() <= state["ligdicash"].items()
    assert not re.search(r"callbacks/ligdicash", json.dumps(state))


async def test_what_the_bot_hides_in_a_form_is_not_sent_to_the_browser(shown: Scene) -> None:
    """`private_metadata` is on nobody's screen."""
    await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="/payout")
    await shown.slack.wait_for_modal(AMINATA)
    (view,) = _of(await shown.state(), "view")
    assert {"id", "values", "errors", "title", "submit", "close", "blocks", "place"} == view.keys()


def _channels(state: dict[str, Any]) -> list[str]:
    return [str(channel["id"]) for channel in _of(state, "channel")]


def _messages(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in _of(state, "message") if one["channel"] == SUPPORT]


def _of(state: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item for key, item in state.items() if key.startswith(f"{kind}:")]
