"""LigdiCash's answers in Slack at their longest and oddest, and what happens if one cannot be shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import Message
from bot.speech.blocks import sections
from bot.speech.notices import Notices
from tests.paying import Puppet, audit_lines, call_back, paying, puppet, thread_of
from tests.stage import CLARISSE, Stage

LONGEST = "eyJ" + "".join(chr(ord("a") + number % 26) for number in range(4_093))


@pytest.fixture
async def ligdicash() -> AsyncIterator[Puppet]:
    """A LigdiCash that says what the test wants."""
    async with puppet() as made:
        yield made


@pytest.fixture
async def scene(tmp_path: Path, ligdicash: Puppet) -> AsyncIterator[Stage]:
    """The bot with that LigdiCash."""
    async with paying(tmp_path, LIGDICASH_API_URL=ligdicash.url) as started:
        yield started


async def _asked(scene: Stage, words: str, text: str = "22670000000 5000 refund") -> Message:
    card = await scene.ask(text)
    await scene.approve(card)
    await scene.card_says(card, words)
    await scene.settled()
    return card


def _paragraphs(message: Message) -> list[str]:
    return [str(block["text"]["text"]) for block in message.blocks if block["type"] == "section"]


@pytest.mark.parametrize("length", [2_700, 2_900, 3_000, 3_001, len(LONGEST)])
async def test_a_long_token_is_shown_whole(scene: Stage, ligdicash: Puppet, length: int) -> None:
    """Slack takes 3,000 characters a paragraph: it goes over several, as code in each; nothing is lost."""
    token = LONGEST[:length]
    ligdicash.creation = {"response_code": "00", "token": token}
    card = await _asked(scene, "Initiated")
    _, message = thread_of(scene, card)
    paragraphs = _paragraphs(message)
    assert token in "".join(paragraphs).replace("`", "")
    assert token == "".join(re.findall(r"`([^`]*)`", "".join(paragraphs)))
    assert all(len(paragraph) <= 3_000 for paragraph in paragraphs)
    assert not any(paragraph.count("`") % 2 for paragraph in paragraphs)
    assert [card.ts] == [one.thread_ts for one in scene.slack.all_messages() if token in one.text]
    assert any(token[-8:] in line for line in audit_lines(scene, card))


async def test_a_token_too_long_to_be_one(scene: Stage, ligdicash: Puppet) -> None:
    """It is no handle: said to be none, and the payout is uncertain."""
    ligdicash.creation = {"response_code": "00", "token": LONGEST + "x"}
    card = await _asked(scene, "Unconfirmed")
    assert "gave no token" in thread_of(scene, card)[1].text


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "line\n" * 2_000,
        "&amp;" * 2_000,
        "a" * 2_898 + "&lt;" * 500,
        "`" + "x" * 9_000 + "` and more",
        "short",
        "\n" * 5_000 + "x",
    ],
    ids=range(7),
)
def test_paragraphs_lose_nothing(text: str) -> None:
    """Whatever is cut is whole again when it is put together, and no escaped character is cut in two."""
    found = [section.to_dict()["text"]["text"] for section in sections(text)]
    assert all(0 < len(paragraph) <= 3_000 for paragraph in found)
    plain = str.maketrans("", "", "`\n ")
    assert text.translate(plain) == "".join(found).translate(plain)
    assert not any(re.search(r"&[a-z]*$", paragraph) for paragraph in found)


async def test_a_message_that_cannot_be_drawn(scene: Stage, ligdicash: Puppet, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of ours in one message is said in its place, and holds up no other."""

    def broken(*_: object) -> str:
        raise KeyError("reason")

    with monkeypatch.context() as patched:
        patched.setattr(Notices, "_thread", broken)
        card = await _asked(scene, "Initiated")
    _, message = thread_of(scene, card)
    assert f"Something happened with {card.text.split()[0]} that the bot cannot show" in message.text
    ligdicash.statuses["test-token-of-a-payout"] = {"response_code": "00", "status": "completed"}
    assert 200 == await call_back(scene, ligdicash.path, {"status": "completed"})
    await scene.thread_says(card, "is *completed*")


async def test_more_approvers_than_a_paragraph_holds(tmp_path: Path, ligdicash: Puppet) -> None:
    """All of them are paged, and the question still has its buttons."""
    many = [f"U0{number:09}" for number in range(400)]
    approvers = ",".join([CLARISSE, *many])
    async with paying(tmp_path, LIGDICASH_API_URL=ligdicash.url, APPROVERS=approvers) as scene:
        card = await scene.ask("22670000000 5000 refund")
        question = await scene.question(card)
        assert all(f"<@{person}>" in question.words for person in many)
        await scene.approve(card)
        await scene.card_says(card, "Initiated")
        await scene.settled()
