"""Both languages fit into Slack: everything that can be drawn, with the longest values that can stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from slack_sdk.models.views import View

from bot.language import Language, speaking
from bot.sandbox.slack.limits import Surface, check_blocks, check_view
from bot.speech.blocks import Message
from tests.speech.drawings import LONGEST, USUAL, Drawings, Values

# A modal's title and buttons, by Slack; one more on a button in a message is cut on a phone.
LONGEST_TITLE = 24
LONGEST_BUTTON = 24
# By Slack: how much text it shows of a message without cutting, and what it takes beside a field.
LONGEST_TEXT = 4_000
LONGEST_PROBLEM = 300


def drawn(language: Language, values: Values) -> Iterator[tuple[str, object]]:
    """Everything, with its name."""
    with speaking(language):
        for drawing in Drawings(values):
            yield f"{drawing.chapter}: {drawing.name}", drawing.draw()


def elements(value: object) -> Iterator[Mapping[str, Any]]:
    """Every object within a message or view."""
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from elements(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from elements(each)


@pytest.mark.parametrize("values", [USUAL, LONGEST], ids=["usual", "longest"])
@pytest.mark.parametrize("language", Language)
def test_slack_takes_everything(language: Language, values: Values) -> None:
    """By the SDK's own models, which are checked while it is drawn, and by the stand-in's."""
    for name, what in drawn(language, values):
        if isinstance(what, Message):
            check_blocks([dict(block) for block in what.blocks])
            assert what.text, name
        elif isinstance(what, View):
            view = what.to_dict()
            check_view(view, Surface(view["type"]))


@pytest.mark.parametrize("language", Language)
def test_what_names_things_is_short(language: Language) -> None:
    """Titles and buttons of forms, and the buttons of messages, are whole on a phone."""
    for name, what in drawn(language, USUAL):
        if isinstance(what, View) and what.type == "modal":
            view = what.to_dict()
            labels = [view[part]["text"] for part in ("title", "submit", "close")]
            assert [] == [label for label in labels if len(label) > LONGEST_TITLE], name
        if isinstance(what, Message):
            buttons = [each["text"]["text"] for each in elements(list(what.blocks)) if each.get("type") == "button"]
            assert [] == [label for label in buttons if len(label) > LONGEST_BUTTON], name


@pytest.mark.parametrize("language", Language)
def test_what_is_said_beside_a_field_is_short(language: Language) -> None:
    """Whoever reads it stands in the form."""
    with speaking(language):
        problems = {each.name: each.draw() for each in Drawings() if each.chapter == "Beside the fields"}
    assert {} == {name: said for name, said in problems.items() if len(str(said)) > LONGEST_PROBLEM}
    assert len(problems) > 20


@pytest.mark.parametrize("language", Language)
def test_the_line_of_a_lock_screen_is_taken_whole(language: Language) -> None:
    """The text beside the blocks is what `chat.update` refuses when it is too long."""
    for name, what in drawn(language, USUAL):
        if isinstance(what, Message):
            assert len(what.text) <= LONGEST_TEXT, name
