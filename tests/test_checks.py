"""The SDK's checks are found faster, and are the same."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models import blocks, views
from slack_sdk.models.basic_objects import JsonObject

from bot.speech.checks import checks_of, find_checks_once

_AS_IT_WAS = JsonObject.validate_json


@pytest.fixture(autouse=True)
def _found_once() -> Iterator[None]:
    """As `bot.app` has it; whatever it was before is put back."""
    with patch.object(JsonObject, "validate_json", _AS_IT_WAS):
        find_checks_once()
        yield


def kinds(kind: type[JsonObject] = JsonObject) -> Iterator[type[JsonObject]]:
    """Every class of the SDK's objects."""
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


def test_every_check_is_found() -> None:
    """On each class, those that the SDK would find; there are many."""
    found = {kind: checks_of(kind) for kind in kinds()}
    assert found == {
        kind: tuple(
            name
            for name in dir(kind)
            if not name.startswith("__") and callable(getattr(kind, name)) and hasattr(getattr(kind, name), "validator")
        )
        for kind in found
    }
    assert sum(len(checks) for checks in found.values()) > 100


@pytest.mark.parametrize(
    "wrong",
    [
        blocks.SectionBlock(text="x" * 3_001),
        blocks.SectionBlock(block_id="x"),
        blocks.ActionsBlock(elements=[blocks.ButtonElement(text="x" * 76, action_id="a")]),
        views.View(type="modal", title="x" * 25, blocks=[]),
        blocks.InputBlock(label="x", element=blocks.PlainTextInputElement(action_id="x" * 256)),
    ],
    ids=range(5),
)
def test_what_slack_would_refuse_is_not_drawn(wrong: JsonObject) -> None:
    """However deep it stands."""
    with pytest.raises(SlackObjectFormationError):
        wrong.to_dict()


def test_what_is_right_is_drawn_as_ever() -> None:
    """To the letter."""
    right = blocks.SectionBlock(text=blocks.MarkdownTextObject(text="*Hello*", verbatim=True))
    with patch.object(JsonObject, "validate_json", _AS_IT_WAS):
        before = right.to_dict()
    assert before == right.to_dict()
