"""What Slack accepts as blocks and views: the numbers of its reference, checked before anything is shown.

The numbers are those of docs.slack.dev/reference/block-kit, which `slack_sdk.models.blocks` repeats.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.sandbox.slack.reading import Refused, options_of
from bot.sandbox.slack.schema import (
    Check,
    Report,
    any_of,
    anything,
    boolean,
    integer,
    just_one_of,
    listing,
    matching,
    one_of,
    shape,
    string,
    typed,
    unique,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.slack.reading import Json

BLOCKS_IN_A_MESSAGE = 50
BLOCKS_IN_A_VIEW = 100
VIEW_BYTES = 250_000
TEXT_TRUNCATED_AT = 40_000
TEXT_OF_AN_UPDATE = 4_000
# Undocumented, measured by people who ran into it (slackapi/bolt-js#2509).
TEXT_IN_ALL_BLOCKS = 13_200

IDENTIFIER = string(255)


class Surface(StrEnum):
    """Where blocks are shown; not every block may stand everywhere."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


def plain_text(most: int) -> Check:
    """A `plain_text` object."""
    return typed({"plain_text": shape({"type": anything, "text": string(most)}, {"emoji": boolean})})


def any_text(most: int) -> Check:
    """A `plain_text` or a `mrkdwn` object."""
    return typed(
        {
            "plain_text": shape({"type": anything, "text": string(most)}, {"emoji": boolean}),
            "mrkdwn": shape({"type": anything, "text": string(most)}, {"verbatim": boolean}),
        }
    )


def _initial_is_an_option(report: Report, at: str, element: object) -> None:
    if not isinstance(element, dict):
        return
    options = options_of(element)
    initial = element.get("initial_options", [])
    if "initial_option" in element:
        initial = [element["initial_option"]]
    if any(each not in options for each in initial):
        report.add(at, "initial option must match one of the options")


def _lengths_in_order(report: Report, at: str, element: object) -> None:
    if isinstance(element, dict) and element.get("min_length", 0) > element.get("max_length", 3000):
        report.add(at, "min_length must not be more than max_length")


CONFIRM = shape(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": one_of("primary", "danger")},
)
URL = matching(re.compile(r"https?://.").match, "a valid URL")
IMAGE_PARTS: dict[str, Check] = {"type": anything, "alt_text": string(2000)}
IMAGE_SOURCE: dict[str, Check] = {"image_url": URL, "slack_file": anything}


def _option(text: Check, description: Check) -> Check:
    return shape({"text": text, "value": string(150)}, {"description": description, "url": URL})


MENU_OPTION = _option(plain_text(75), plain_text(75))
LISTED_OPTION = _option(any_text(75), any_text(75))
OPTION_GROUP = shape({"label": plain_text(75), "options": listing(MENU_OPTION, 100)}, {})


def _element(required: dict[str, Check], optional: dict[str, Check], *more: Check) -> Check:
    common: dict[str, Check] = {"action_id": IDENTIFIER, "confirm": CONFIRM}
    return shape({"type": anything, **required}, {**common, **optional}, *more)


def _filled(optional: dict[str, Check], *more: Check) -> Check:
    common: dict[str, Check] = {"placeholder": plain_text(150), "focus_on_load": boolean}
    return _element({}, {**common, **optional}, *more)


def _menu(**initial: Check) -> Check:
    choices: dict[str, Check] = {
        "options": listing(MENU_OPTION, 100),
        "option_groups": listing(OPTION_GROUP, 100),
        "max_selected_items": integer(1, 100),
    }
    return _filled({**choices, **initial}, just_one_of("options", "option_groups"), _initial_is_an_option)


BUTTON = _element(
    {"text": plain_text(75)},
    {
        "value": string(2000, 0),
        "url": URL,
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)
IMAGE = shape(IMAGE_PARTS, IMAGE_SOURCE, just_one_of("image_url", "slack_file"))
OVERFLOW = _element({"options": listing(MENU_OPTION, 5)}, {})
CHOICES: dict[str, Check] = {
    "static_select": _menu(initial_option=MENU_OPTION),
    "multi_static_select": _menu(initial_options=listing(MENU_OPTION, 100)),
    "users_select": _filled({"initial_user": string(255)}),
    "radio_buttons": _element(
        {"options": listing(LISTED_OPTION, 10)},
        {"initial_option": LISTED_OPTION, "focus_on_load": boolean},
        _initial_is_an_option,
    ),
    "checkboxes": _element(
        {"options": listing(LISTED_OPTION, 10)},
        {"initial_options": listing(LISTED_OPTION, 10), "focus_on_load": boolean},
        _initial_is_an_option,
    ),
    "datepicker": _filled({"initial_date": matching(re.compile(r"\d{4}-\d\d-\d\d\Z").match, "a date")}),
    "timepicker": _filled({"initial_time": matching(re.compile(r"\d\d:\d\d\Z").match, "a time")}),
}
DISPATCH = shape({}, {"trigger_actions_on": listing(one_of("on_enter_pressed", "on_character_entered"), 2)})
TYPED: dict[str, Check] = {
    "plain_text_input": _filled(
        {
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
            "dispatch_action_config": DISPATCH,
        },
        _lengths_in_order,
    ),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {
            "placeholder": plain_text(150),
            "focus_on_load": boolean,
            "initial_value": string(255),
            "min_value": string(255),
            "max_value": string(255),
            "dispatch_action_config": DISPATCH,
        },
    ),
    "email_text_input": _filled({"initial_value": string(255), "dispatch_action_config": DISPATCH}),
    "url_text_input": _filled({"initial_value": string(3000), "dispatch_action_config": DISPATCH}),
}
IN_CONTEXT = {"plain_text": any_text(3000), "mrkdwn": any_text(3000), "image": IMAGE}
RICH_TEXT_PARTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
RICH_TEXT = shape(
    {"type": one_of(*RICH_TEXT_PARTS), "elements": listing(anything, 1000)},
    {"style": anything, "indent": anything, "offset": anything, "border": anything},
)


def _block(required: dict[str, Check], optional: dict[str, Check], *more: Check) -> Check:
    return shape({"type": anything, **required}, {"block_id": IDENTIFIER, **optional}, *more)


BLOCKS: dict[str, Check] = {
    "actions": _block({"elements": listing(typed({"button": BUTTON, "overflow": OVERFLOW, **CHOICES}), 25)}, {}),
    "context": _block({"elements": listing(typed(IN_CONTEXT), 10)}, {}),
    "divider": _block({}, {}),
    "header": _block({"text": plain_text(150)}, {}),
    "image": _block(IMAGE_PARTS, {**IMAGE_SOURCE, "title": plain_text(2000)}, just_one_of("image_url", "slack_file")),
    "input": _block(
        {"label": plain_text(2000), "element": typed({**TYPED, **CHOICES})},
        {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _block({"elements": listing(RICH_TEXT, 1000)}, {}),
    "section": _block(
        {},
        {
            "text": any_text(3000),
            "fields": listing(any_text(2000), 10),
            "accessory": typed({"button": BUTTON, "overflow": OVERFLOW, "image": IMAGE, **CHOICES}),
            "expand": boolean,
        },
        any_of("text", "fields"),
    ),
}
# Modals and Home tabs do not know it.
MARKDOWN = _block({"text": string(12_000)}, {})
BLOCKS_ON: dict[Surface, Check] = {
    Surface.MESSAGE: listing(typed({**BLOCKS, "markdown": MARKDOWN}), BLOCKS_IN_A_MESSAGE),
    Surface.MODAL: listing(typed(BLOCKS), BLOCKS_IN_A_VIEW),
    Surface.HOME: listing(typed(BLOCKS), BLOCKS_IN_A_VIEW),
}
VIEW_PARTS: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
}
VIEWS: dict[str, Check] = {
    "modal": shape(
        {"type": anything, "title": plain_text(24), "blocks": BLOCKS_ON[Surface.MODAL]},
        {"submit": plain_text(24), "close": plain_text(24), **VIEW_PARTS},
    ),
    "home": shape({"type": anything, "blocks": BLOCKS_ON[Surface.HOME]}, VIEW_PARTS),
}


def check_blocks(blocks: object) -> list[Json]:
    """The blocks of a message, if Slack would take them; else `invalid_blocks` or `msg_blocks_too_long`."""
    report = Report()
    BLOCKS_ON[Surface.MESSAGE](report, "/blocks", blocks)
    if not isinstance(blocks, list) or report.messages:
        raise Refused("invalid_blocks", report.messages)
    _check_ids(report, "/blocks", blocks)
    if report.messages:
        raise Refused("invalid_blocks", report.messages)
    if sum(map(len, _texts_in(blocks))) > TEXT_IN_ALL_BLOCKS:
        raise Refused("msg_blocks_too_long")
    return blocks


def check_view(view: object, surface: Surface) -> Json:
    """A view, if Slack would take it there; else `invalid_arguments` or `view_too_large`."""
    report = Report()
    typed({surface.value: VIEWS[surface.value]})(report, "/view", view)
    if not isinstance(view, dict) or report.messages:
        raise Refused("invalid_arguments", report.messages)
    _check_ids(report, "/view/blocks", view["blocks"])
    has_inputs = any(block["type"] == "input" for block in view["blocks"])
    if surface is Surface.MODAL and has_inputs and "submit" not in view:
        report.add("/view", "missing required field: submit")
    if sum(bool(element.get("focus_on_load")) for _, element in _elements_in("", view["blocks"])) > 1:
        report.add("/view", "focus_on_load may be true for one element only")
    if report.messages:
        raise Refused("invalid_arguments", report.messages)
    if len(json.dumps(view)) > VIEW_BYTES:
        raise Refused("view_too_large")
    return view


def _check_ids(report: Report, at: str, blocks: list[Json]) -> None:
    unique(report, "block_id", ((f"{at}/{index}", block) for index, block in enumerate(blocks)))
    for index, block in enumerate(blocks):
        unique(report, "action_id", _elements_in(f"{at}/{index}", [block]))


def _elements_in(at: str, blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    for block in blocks:
        if block["type"] == "actions":
            yield from ((f"{at}/elements/{index}", each) for index, each in enumerate(block["elements"]))
        for name in ("accessory", "element"):
            if name in block:
                yield f"{at}/{name}", block[name]


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _texts_in(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "text" and isinstance(each, str):
                yield each
            else:
                yield from _texts_in(each)
