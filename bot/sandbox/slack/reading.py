"""Reading Block Kit that was found valid: the words in it, its buttons and its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Blocks, views and payloads are JSON from end to end and stay as they came: this package is about them.
Json = dict[str, Any]

_NO_BREAK = str.maketrans(dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}", " "))
BUTTONS = frozenset({"button", "workflow_button"})


class Refused(Exception):  # noqa: N818 - reads as what Slack did, and is no fault of this program
    """Slack's answer `{"ok": false, "error": …}`; `messages` go into `response_metadata`."""

    def __init__(self, error: str, messages: Sequence[str] = (), **more: str) -> None:
        super().__init__(error, *messages)
        self.error = error
        self.messages = tuple(messages)
        self.more = more


@dataclass(frozen=True, slots=True)
class Dialog:
    """What Slack asks before it delivers a click."""

    title: str
    text: str
    confirm: str
    deny: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button, or another element that can be clicked, and the block it is in."""

    block_id: str
    element: Json

    @property
    def action_id(self) -> str:
        """As given or as generated."""
        return str(self.element["action_id"])

    @property
    def text(self) -> str:
        """What is written on it."""
        return plain(self.element.get("text"))

    @property
    def value(self) -> str | None:
        """What it carries to the bot."""
        return self.element.get("value")

    @property
    def url(self) -> str | None:
        """Where it leads, if anywhere."""
        return self.element.get("url")

    @property
    def dialog(self) -> Dialog | None:
        """The dialog that comes before the click, if it has one."""
        confirm = self.element.get("confirm")
        if not confirm:
            return None
        return Dialog(
            title=plain(confirm.get("title")),
            text=plain(confirm.get("text")),
            confirm=plain(confirm.get("confirm")) or "Yes",
            deny=plain(confirm.get("deny")) or "Cancel",
        )


@dataclass(frozen=True, slots=True)
class Input:
    """An input block."""

    block: Json

    @property
    def block_id(self) -> str:
        """As given or as generated."""
        return str(self.block["block_id"])

    @property
    def element(self) -> Json:
        """What is filled in."""
        element: Json = self.block["element"]
        return element

    @property
    def action_id(self) -> str:
        """As given or as generated."""
        return str(self.element["action_id"])

    @property
    def label(self) -> str:
        """What is written above it."""
        return plain(self.block.get("label"))

    @property
    def hint(self) -> str:
        """What is written below it."""
        return plain(self.block.get("hint"))

    @property
    def optional(self) -> bool:
        """Whether it may stay empty."""
        return bool(self.block.get("optional", False))


def plain(text: Json | str | None) -> str:
    """The words of a text object, as a person reads them."""
    if isinstance(text, dict):
        text = str(text.get("text", ""))
    return as_read(text or "")


def as_read(text: str) -> str:
    """As a person reads it: one blank looks like another, whether or not a line may break there."""
    return text.translate(_NO_BREAK)


def words_of(blocks: Sequence[Json]) -> list[str]:
    """Everything a person reads in these blocks, a line an item; buttons stand in brackets."""
    return [line for block in blocks for line in _words_of_block(block) if line]


def _words_of_block(block: Json) -> Iterator[str]:
    kind = block.get("type")
    if kind == "input":
        yield from _words_of_input(Input(block))
        return
    yield plain(block.get("title"))
    yield plain(block.get("text"))
    yield from (plain(field) for field in block.get("fields", ()))
    for element in (*block.get("elements", ()), block.get("accessory")):
        if element:
            yield from _words_of_element(element)
    if kind == "image":
        yield str(block.get("alt_text", ""))


def _words_of_input(field: Input) -> Iterator[str]:
    yield field.label
    yield from _words_of_element(field.element)
    yield field.hint


def _words_of_element(element: Json) -> Iterator[str]:
    kind = element.get("type", "")
    if kind in BUTTONS:
        yield f"[{plain(element.get('text'))}]"
        return
    if kind == "image":
        yield str(element.get("alt_text", ""))
        return
    yield plain(element.get("text"))
    yield str(element.get("initial_value", ""))
    yield plain(element.get("placeholder"))
    for option in options_of(element):
        yield plain(option.get("text"))
        yield plain(option.get("description"))
    # Rich text nests elements in elements.
    for inner in element.get("elements", ()):
        yield from _words_of_element(inner)


def options_of(element: Json) -> list[Json]:
    """What can be chosen, groups taken apart."""
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def clickables(blocks: Sequence[Json]) -> list[Button]:
    """Every element that sends a click, in reading order; inputs do not, unless they dispatch actions."""
    return [Button(block["block_id"], element) for block in blocks for element in _clickable_in(block)]


def _clickable_in(block: Json) -> list[Json]:
    if block.get("type") == "input":
        return []
    found = [*block.get("elements", ()), block.get("accessory")]
    return [element for element in found if element and "action_id" in element]


def inputs_of(blocks: Sequence[Json]) -> list[Input]:
    """The input blocks, in reading order."""
    return [Input(block) for block in blocks if block.get("type") == "input"]


def initial_state(element: Json) -> Json:  # noqa: PLR0911 - a table, one line for each kind of input
    """What `state.values` holds for an input nobody has touched yet."""
    kind = element["type"]
    match kind:
        case "plain_text_input" | "number_input" | "email_text_input" | "url_text_input":
            return {"type": kind, "value": element.get("initial_value")}
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": element.get("initial_option")}
        case "checkboxes" | "multi_static_select":
            return {"type": kind, "selected_options": element.get("initial_options", [])}
        case "users_select":
            return {"type": kind, "selected_user": element.get("initial_user")}
        case "datepicker":
            return {"type": kind, "selected_date": element.get("initial_date")}
        case "timepicker":
            return {"type": kind, "selected_time": element.get("initial_time")}
        case _:
            return {"type": kind}


def shown_value(state: Json) -> str | list[str] | None:
    """The value in a piece of `state.values`: text, a chosen option's value, or a list of them."""
    if "selected_options" in state:
        return [str(option["value"]) for option in state["selected_options"]]
    if "selected_option" in state:
        chosen = state["selected_option"]
        return str(chosen["value"]) if chosen else None
    for key in ("value", "selected_user", "selected_date", "selected_time"):
        if key in state:
            value: str | None = state[key]
            return value
    return None


def shown_words(state: Json) -> str:
    """The same as a person reads it: of a chosen option its text."""
    chosen = state.get("selected_options", [state.get("selected_option")])
    words = [plain(option["text"]) for option in chosen if option]
    return ", ".join(words) or str(shown_value(state) or "")


def filled_state(element: Json, value: str | Sequence[str] | None) -> Json:
    """What `state.values` holds once a person has put `value` in; options go by value or by their text."""
    kind = element["type"]
    untouched = initial_state(element)
    if "selected_options" in untouched:
        wanted = [value] if isinstance(value, str) else list(value or ())
        return {"type": kind, "selected_options": [_option(element, each) for each in wanted]}
    if "selected_option" in untouched:
        return {"type": kind, "selected_option": None if value is None else _option(element, str(value))}
    key = next(key for key in untouched if key != "type")
    return {"type": kind, key: value or None}


def _option(element: Json, wanted: str) -> Json:
    options = options_of(element)
    for option in options:
        if wanted in (option.get("value"), plain(option["text"])):
            return option
    choices = ", ".join(f"{option.get('value')!r} ({plain(option['text'])})" for option in options)
    raise LookupError(f"no option {wanted!r}; there are {choices}")
