"""Block Kit's limits, each at its last good value and one past it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from bot.sandbox.slack import Slack
from tests.sandbox.slack_app import CONFIRM, HandClock, Json, actions, button, field, modal, plain


def mrkdwn(text: str) -> Json:
    """A mrkdwn text object."""
    return {"type": "mrkdwn", "text": text}


def section(**parts: object) -> Json:
    """A section."""
    return {"type": "section", **parts}


def option(text: str = "Wallet", value: str = "wallet", **more: object) -> Json:
    """Something to choose."""
    return {"text": plain(text), "value": value, **more}


def select(*options: Json, **more: object) -> Json:
    """A menu."""
    return {"type": "static_select", "action_id": "way", "options": list(options) or [option()], **more}


def chosen(element: Json) -> Json:
    """An input block around an element."""
    return {"type": "input", "block_id": "way", "label": plain("Way"), "element": element}


def image(alt: str = "a bar") -> Json:
    """An image."""
    return {"type": "image", "image_url": "https://example.com/bar.png", "alt_text": alt}


def x(count: int) -> str:
    """So many characters."""
    return "x" * count


def error_of(method: str, **args: object) -> tuple[str | None, str]:
    """Slack's error and the complaints, or None and nothing if it was taken."""
    slack = Slack(clock=HandClock(), chance=random.Random(1))  # noqa: S311 - for ids only
    if method == "views.open":
        args["trigger_id"] = slack.workspace.new_trigger("U0AMINATA")
    answer = slack.call(method, "xoxb-test", args)
    return answer.get("error"), "\n".join(answer.get("response_metadata", {}).get("messages", ()))


def posted(*blocks: Json) -> tuple[str | None, str]:
    """The same, for a message of these blocks."""
    return error_of("chat.postMessage", channel="C0SUPPORT", text="text", blocks=list(blocks))


def confirmed(**parts: object) -> Json:
    """A button whose dialog has a part that differs."""
    return actions(button(confirm={**CONFIRM, **parts}))


@pytest.mark.parametrize(
    ("most", "make", "where"),
    [
        (150, lambda n: {"type": "header", "text": plain(x(n))}, "/blocks/0/text/text"),
        (3000, lambda n: section(text=mrkdwn(x(n))), "/blocks/0/text/text"),
        (2000, lambda n: section(fields=[plain("one"), mrkdwn(x(n))]), "/blocks/0/fields/1/text"),
        (10, lambda n: section(fields=[plain("one")] * n), "/blocks/0/fields"),
        (10, lambda n: {"type": "context", "elements": [mrkdwn("one")] * n}, "/blocks/0/elements"),
        (25, lambda n: actions(*(button(f"b{i}") for i in range(n))), "/blocks/0/elements"),
        (75, lambda n: actions(button(text=x(n))), "/blocks/0/elements/0/text/text"),
        (2000, lambda n: actions(button(value=x(n))), "/blocks/0/elements/0/value"),
        (255, lambda n: actions(button(x(n))), "/blocks/0/elements/0/action_id"),
        (255, lambda n: {"type": "divider", "block_id": x(n)}, "/blocks/0/block_id"),
        (100, lambda n: confirmed(title=plain(x(n))), "/blocks/0/elements/0/confirm/title/text"),
        (300, lambda n: confirmed(text=mrkdwn(x(n))), "/blocks/0/elements/0/confirm/text/text"),
        (30, lambda n: confirmed(confirm=plain(x(n))), "/blocks/0/elements/0/confirm/confirm/text"),
        (30, lambda n: confirmed(deny=plain(x(n))), "/blocks/0/elements/0/confirm/deny/text"),
        (75, lambda n: actions(select(option(x(n)))), "/blocks/0/elements/0/options/0/text/text"),
        (150, lambda n: actions(select(option(value=x(n)))), "/blocks/0/elements/0/options/0/value"),
        (
            75,
            lambda n: actions(select(option(description=plain(x(n))))),
            "/blocks/0/elements/0/options/0/description/text",
        ),
        (100, lambda n: actions(select(*([option()] * n))), "/blocks/0/elements/0/options"),
        (150, lambda n: actions(select(placeholder=plain(x(n)))), "/blocks/0/elements/0/placeholder/text"),
        (2000, lambda n: image(x(n)), "/blocks/0/alt_text"),
    ],
)
def test_a_message_is_taken_up_to_each_limit(most: int, make: Callable[[int], Json], where: str) -> None:
    """The last good value is posted; one more is `invalid_blocks`, with a pointer to the place."""
    assert (None, "") == posted(make(most))
    error, complaint = posted(make(most + 1))
    assert "invalid_blocks" == error
    assert f"[json-pointer:{where}]" in complaint


@pytest.mark.parametrize(
    ("most", "make", "where"),
    [
        (24, lambda n: modal(title=plain(x(n))), "/view/title/text"),
        (24, lambda n: modal(submit=plain(x(n))), "/view/submit/text"),
        (24, lambda n: modal(close=plain(x(n))), "/view/close/text"),
        (3000, lambda n: modal(private_metadata=x(n)), "/view/private_metadata"),
        (255, lambda n: modal(callback_id=x(n)), "/view/callback_id"),
        (100, lambda n: modal(*([{"type": "divider"}] * n)), "/view/blocks"),
        (2000, lambda n: modal(field() | {"label": plain(x(n))}), "/view/blocks/0/label/text"),
        (2000, lambda n: modal(field() | {"hint": plain(x(n))}), "/view/blocks/0/hint/text"),
        (3000, lambda n: modal(field(initial_value=x(n))), "/view/blocks/0/element/initial_value"),
        (3000, lambda n: modal(field(max_length=n)), "/view/blocks/0/element/max_length"),
        (150, lambda n: modal(field(placeholder=plain(x(n)))), "/view/blocks/0/element/placeholder/text"),
        (75, lambda n: modal(chosen(select(option(x(n))))), "/view/blocks/0/element/options/0/text/text"),
        (
            10,
            lambda n: modal(chosen({"type": "radio_buttons", "action_id": "a", "options": [option()] * n})),
            "/view/blocks/0/element/options",
        ),
    ],
)
def test_a_view_is_taken_up_to_each_limit(most: int, make: Callable[[int], Json], where: str) -> None:
    """The last good value is shown; one more is `invalid_arguments`, with a pointer to the place."""
    assert (None, "") == error_of("views.open", view=make(most))
    error, complaint = error_of("views.open", view=make(most + 1))
    assert "invalid_arguments" == error
    assert f"[json-pointer:{where}]" in complaint


def test_fifty_blocks_are_a_message() -> None:
    """And fifty-one are none."""
    assert (None, "") == posted(*([{"type": "divider"}] * 50))
    assert "no more than 50 items allowed" in posted(*([{"type": "divider"}] * 51))[1]


def test_all_texts_of_a_message_together_have_a_limit() -> None:
    """Five full sections are too long, though each is good."""
    assert ("msg_blocks_too_long", "") == posted(*([section(text=mrkdwn(x(3000)))] * 5))


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "carousel"}, "unsupported type: carousel [json-pointer:/blocks/0/type]"),
        ({"text": plain("x")}, "missing required field: type [json-pointer:/blocks/0]"),
        ("section", "must provide an object [json-pointer:/blocks/0]"),
        (section(), "missing required field: text [json-pointer:/blocks/0]"),
        (section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        (section(text="words"), "must provide an object [json-pointer:/blocks/0/text]"),
        (section(text=mrkdwn("a"), colour="red"), "invalid additional property: colour"),
        (section(text={"type": "mrkdwn", "text": "a", "emoji": True}), "invalid additional property: emoji"),
        (section(text={"type": "html", "text": "a"}), "unsupported type: html"),
        ({"type": "header", "text": mrkdwn("*a*")}, "unsupported type: mrkdwn"),
        (actions(), "no fewer than 1 items allowed"),
        (actions(button(text="")), "must be more than 0 characters"),
        (actions(button(style="green")), "must be a valid enum value"),
        (actions(button(url="example.com")), "must be a valid URL"),
        (actions({"type": "slider"}), "unsupported type: slider"),
        (actions(button("a"), button("a")), "`action_id` already exists: a"),
        (actions(button(confirm={"title": plain("Sure?")})), "missing required field: text"),
        (actions(select(initial_option=option("No", "no"))), "must match one of the options"),
        (actions({"type": "static_select", "action_id": "a"}), "must provide exactly one of: options"),
        (section(text=mrkdwn("a"), accessory=field()["element"]), "unsupported type: plain_text_input"),
        ({"type": "image", "image_url": "https://example.com/a.png"}, "missing required field: alt_text"),
        ({"type": "context", "elements": [button()]}, "unsupported type: button"),
        (field() | {"optional": "no"}, "must provide a boolean"),
    ],
)
def test_what_slack_does_not_know_in_a_message(block: object, complaint: str) -> None:
    """Unknown types and properties, missing ones and empty texts are refused and named."""
    error, complaints = error_of("chat.postMessage", channel="C0SUPPORT", text="text", blocks=[block])
    assert "invalid_blocks" == error
    assert complaint in complaints


@pytest.mark.parametrize(
    ("view", "complaint"),
    [
        ("view", "must provide an object [json-pointer:/view]"),
        ({"type": "modal", "blocks": [{"type": "divider"}]}, "missing required field: title"),
        ({"type": "home", "blocks": [{"type": "divider"}]}, "unsupported type: home"),
        (modal(title=mrkdwn("a")), "unsupported type: mrkdwn"),
        (modal(submit_disabled=True), "invalid additional property: submit_disabled"),
        (modal(blocks=[]), "no fewer than 1 items allowed"),
        (modal(field(), field()), "`block_id` already exists: amount"),
        (modal(field("a", focus_on_load=True), field("b", focus_on_load=True)), "focus_on_load"),
        (modal(field(min_length=5, max_length=4)), "min_length must not be more than max_length"),
        (modal(field() | {"element": button()}), "unsupported type: button"),
        (modal({"type": "markdown", "text": "a"}), "unsupported type: markdown"),
        (modal(chosen({"type": "number_input", "action_id": "a"})), "field: is_decimal_allowed"),
    ],
)
def test_what_slack_does_not_know_in_a_modal(view: object, complaint: str) -> None:
    """The same for views."""
    error, complaints = error_of("views.open", view=view)
    assert "invalid_arguments" == error
    assert complaint in complaints


def test_a_modal_with_inputs_needs_a_submit_button() -> None:
    """One without inputs does not."""
    bare = {name: value for name, value in modal().items() if name != "submit"}
    assert "missing required field: submit" in error_of("views.open", view=bare)[1]
    assert (None, "") == error_of("views.open", view=bare | {"blocks": [{"type": "divider"}]})


def test_a_home_tab_has_no_title_and_no_submit() -> None:
    """It is not a modal."""
    home = modal() | {"type": "home"}
    error, complaint = error_of("views.publish", user_id="U0AMINATA", view=home)
    assert "invalid_arguments" == error
    assert "invalid additional property: submit" in complaint


def test_a_view_has_at_most_250_kilobytes() -> None:
    """Many full menus are too large, though each is good."""
    menus = [chosen(select(*([option(x(75), x(150))] * 100))) | {"block_id": f"b{i}"} for i in range(12)]
    assert ("view_too_large", "") == error_of("views.open", view=modal(*menus))


def test_every_element_the_stand_in_knows_is_taken() -> None:
    """A modal with one of each, as Slack's reference writes them."""
    elements: list[Json] = [
        {"type": "number_input", "action_id": "a", "is_decimal_allowed": False, "min_value": "1"},
        {"type": "email_text_input", "action_id": "a"},
        {"type": "url_text_input", "action_id": "a"},
        {"type": "multi_static_select", "action_id": "a", "options": [option()]},
        {"type": "checkboxes", "action_id": "a", "options": [option()], "initial_options": [option()]},
        {"type": "radio_buttons", "action_id": "a", "options": [option()], "initial_option": option()},
        {"type": "users_select", "action_id": "a", "initial_user": "U0AMINATA"},
        {"type": "datepicker", "action_id": "a", "initial_date": "2026-11-24"},
        {"type": "timepicker", "action_id": "a", "initial_time": "07:30"},
        {
            "type": "static_select",
            "action_id": "a",
            "option_groups": [{"label": plain("g"), "options": [option()]}],
        },
    ]
    blocks = [chosen(element) | {"block_id": f"b{index}"} for index, element in enumerate(elements)]
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text"}]}]}
    overflow = {"type": "overflow", "action_id": "o", "options": [option()]}
    shown = section(text=mrkdwn("a"), accessory=overflow)
    assert (None, "") == error_of("views.open", view=modal(*blocks, rich, shown, image()))
    assert (None, "") == posted({"type": "markdown", "text": "**a**"}, section(text=mrkdwn("a"), accessory=image()))
