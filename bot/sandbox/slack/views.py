"""Modals and Home tabs as they stand on somebody's screen, and what was typed into them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.slack.people import APP_ID, BOT_ID, TEAM
from bot.sandbox.slack.reading import (
    Button,
    Input,
    as_read,
    clickables,
    filled_state,
    initial_state,
    inputs_of,
    plain,
    shown_value,
    shown_words,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.sandbox.slack.reading import Json

GIVEN_BY_BOT = (
    "type",
    "title",
    "submit",
    "close",
    "blocks",
    "private_metadata",
    "callback_id",
    "external_id",
)


@dataclass(slots=True, eq=False)
class View:
    """One view on one person's screen: a live object, which changes when the bot updates it."""

    id: str
    user: str
    spec: Json
    """What the bot sent, with the ids that Slack makes up filled in."""
    hash: str
    root_id: str
    previous_id: str | None = None
    is_open: bool = True
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """What the last submission was answered with, by block_id, raw: it stands beside the fields."""

    def __post_init__(self) -> None:
        self._start_state()

    @property
    def blocks(self) -> list[Json]:
        """The blocks as they are now."""
        blocks: list[Json] = self.spec["blocks"]
        return blocks

    @property
    def is_modal(self) -> bool:
        """A modal, not a Home tab."""
        return bool(self.spec["type"] == "modal")

    @property
    def title(self) -> str:
        """The words on top."""
        return plain(self.spec.get("title"))

    @property
    def callback_id(self) -> str:
        """As the bot gave it."""
        return str(self.spec.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        """What the bot hid in it."""
        return str(self.spec.get("private_metadata", ""))

    @property
    def inputs(self) -> list[Input]:
        """The input blocks."""
        return inputs_of(self.blocks)

    @property
    def buttons(self) -> list[Button]:
        """What can be clicked, other than submit and close."""
        return clickables(self.blocks)

    @property
    def values(self) -> dict[str, str | list[str] | None]:
        """What stands in each field now, by block_id."""
        return {each.block_id: shown_value(self.state[each.block_id][each.action_id]) for each in self.inputs}

    @property
    def labels(self) -> dict[str, str]:
        """What is written above each field, by block_id."""
        return {each.block_id: each.label for each in self.inputs}

    @property
    def hints(self) -> dict[str, str]:
        """What is written below the fields that have a hint, by block_id."""
        return {each.block_id: each.hint for each in self.inputs if each.hint}

    @property
    def problems(self) -> dict[str, str]:
        """What a person reads beside the fields, by block_id."""
        return {name: as_read(problem) for name, problem in self.errors.items()}

    @property
    def text(self) -> str:
        """All words a person reads in it, a line each: title, blocks, what was filled in, errors, buttons."""
        values = self.values
        typed = [str(values[each.block_id] or "") for each in self.inputs if self._is_changed(each)]
        return "\n".join([self.title, *words_of(self.blocks), *typed, *self.problems.values(), *self._ends()])

    @property
    def filled(self) -> list[str]:
        """The fields that are not empty, each with its label and what a person reads in it."""
        return [line for each in self.inputs if (line := self._filled(each))]

    @property
    def told(self) -> list[str]:
        """What a story tells of it: as `text`, but of each field no more than `filled` has."""
        blocks = [self._told(block) for block in self.blocks]
        return [self.title, *(line for lines in blocks for line in lines), *self.problems.values(), *self._ends()]

    def _told(self, block: Json) -> list[str]:
        if block["type"] != "input":
            return words_of([block])
        return [line] if (line := self._filled(Input(block))) else []

    def _filled(self, field: Input) -> str:
        words = shown_words(self.state[field.block_id][field.action_id])
        return f"{field.label}: {words}" if words else ""

    def _ends(self) -> list[str]:
        return [f"[{plain(self.spec[key])}]" for key in ("submit", "close") if self.spec.get(key)]

    def _is_changed(self, field: Input) -> bool:
        return self.state[field.block_id][field.action_id] != initial_state(field.element)

    def change(self, spec: Json, new_hash: str) -> None:
        """Put other content in; a field that keeps both its ids keeps what stands in it, as at Slack."""
        self.spec = spec
        self.hash = new_hash
        self.errors = {}
        self._start_state()

    def fill(self, values: Mapping[str, str | Sequence[str] | None]) -> None:
        """Type into fields, named by block_id or by an action_id that is there once."""
        for name, value in values.items():
            found = self.input(name)
            self.state[found.block_id][found.action_id] = filled_state(found.element, value)

    def input(self, name: str) -> Input:
        """The one field that `name` is block_id, action_id or label of; LookupError if none or several."""
        for key in ("block_id", "action_id", "label"):
            found = [each for each in self.inputs if getattr(each, key) == name]
            if len(found) == 1:
                return found[0]
        raise LookupError(
            f"no single field {name!r} in {self.title!r}; there are {[each.block_id for each in self.inputs]}"
        )

    def described(self) -> Json:
        """The `view` object in answers and payloads: a copy, for payloads are kept."""
        given = {key: self.spec[key] for key in GIVEN_BY_BOT if key in self.spec}
        return copy.deepcopy(
            {
                **dict.fromkeys(("private_metadata", "callback_id", "external_id"), ""),
                **dict.fromkeys(("close", "submit")),
                **given,
                "id": self.id,
                "team_id": TEAM,
                "state": {"values": self.state},
                "hash": self.hash,
                "clear_on_close": bool(self.spec.get("clear_on_close", False)),
                "notify_on_close": bool(self.spec.get("notify_on_close", False)),
                "previous_view_id": self.previous_id,
                "root_view_id": self.root_id,
                "app_id": APP_ID,
                "app_installed_team_id": TEAM,
                "bot_id": BOT_ID,
            }
        )

    def _start_state(self) -> None:
        before = self.state
        self.state = {}
        for each in self.inputs:
            kept = before.get(each.block_id, {}).get(each.action_id)
            same_kind = kept is not None and kept["type"] == each.element["type"]
            self.state[each.block_id] = {
                each.action_id: kept if kept is not None and same_kind else initial_state(each.element)
            }
