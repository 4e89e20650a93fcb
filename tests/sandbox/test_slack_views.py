"""Modals and Home tabs: triggers, updates, the stack."""

from __future__ import annotations

import random

import pytest

from bot.sandbox.slack import Answer, Delivery, Impossible, Slack
from tests.sandbox.slack_app import HandClock, Json, field, modal, plain


@pytest.fixture
def clock() -> HandClock:
    """Moved by hand."""
    return HandClock()


@pytest.fixture
def slack(clock: HandClock) -> Slack:
    """Slack without a network."""
    return Slack(clock=clock, chance=random.Random(1))  # noqa: S311 - for ids only


def call(slack: Slack, method: str, **args: object) -> Json:
    """One call with the bot's token."""
    return slack.call(method, "xoxb-test", args)


def opened(slack: Slack, view: Json) -> Json:
    """A view on Aminata's screen, as Slack answered it."""
    answer = call(slack, "views.open", trigger_id=slack.workspace.new_trigger("U0AMINATA"), view=view)
    assert answer["ok"], answer
    shown: Json = answer["view"]
    return shown


def test_a_trigger_opens_one_view(slack: Slack) -> None:
    """It shows the view to whoever did something; a second use is refused."""
    trigger = slack.workspace.new_trigger("U0AMINATA")
    assert call(slack, "views.open", trigger_id=trigger, view=modal())["ok"]
    assert ["New payout"] == [each.title for each in slack.modals("U0AMINATA")]
    assert "exchanged_trigger_id" == call(slack, "views.open", trigger_id=trigger, view=modal())["error"]


@pytest.mark.parametrize(("seconds", "error"), [(2.9, None), (3.0, "expired_trigger_id")])
def test_a_trigger_dies_after_three_seconds(slack: Slack, clock: HandClock, seconds: float, error: str | None) -> None:
    """Three seconds by the clock that counts suspension, not one more."""
    trigger = slack.workspace.new_trigger("U0AMINATA")
    clock.advance(seconds)
    assert error == call(slack, "views.open", trigger_id=trigger, view=modal()).get("error")


def test_a_made_up_trigger_is_invalid(slack: Slack) -> None:
    """Nobody opens a view without a trigger."""
    assert "invalid_trigger_id" == call(slack, "views.open", trigger_id="1.2.3", view=modal())["error"]
    assert "invalid_trigger_id" == call(slack, "views.open", view=modal())["error"]


def test_a_view_that_is_refused_costs_no_trigger(slack: Slack) -> None:
    """What breaks a limit can be corrected and opened with the same trigger."""
    trigger = slack.workspace.new_trigger("U0AMINATA")
    bad = modal(title=plain("x" * 25))
    assert "invalid_arguments" == call(slack, "views.open", trigger_id=trigger, view=bad)["error"]
    assert call(slack, "views.open", trigger_id=trigger, view=modal())["ok"]


def test_an_update_changes_what_is_on_the_screen(slack: Slack) -> None:
    """With the right hash or without one; each update makes a new hash."""
    view = opened(slack, modal(title=plain("Loading")))
    first = call(slack, "views.update", view_id=view["id"], hash=view["hash"], view=modal())
    assert first["view"]["hash"] != view["hash"]
    assert "New payout" == slack.modals("U0AMINATA")[0].title
    assert "hash_conflict" == call(slack, "views.update", view_id=view["id"], hash=view["hash"], view=modal())["error"]
    assert call(slack, "views.update", view_id=view["id"], view=modal())["ok"]


def test_an_empty_hash_is_an_error(slack: Slack) -> None:
    """It must be left out instead."""
    view = opened(slack, modal())
    error = call(slack, "views.update", view_id=view["id"], hash="", view=modal())["error"]
    assert "invalid_arguments" == error


def test_an_update_by_external_id(slack: Slack) -> None:
    """The bot's own name for a view does as well, and is unique."""
    opened(slack, modal(external_id="P-1"))
    changed = call(slack, "views.update", external_id="P-1", view=modal(title=plain("Done"), external_id="P-1"))
    assert "Done" == changed["view"]["title"]["text"]
    trigger = slack.workspace.new_trigger("U0AMINATA")
    again = call(slack, "views.open", trigger_id=trigger, view=modal(external_id="P-1"))
    assert "duplicate_external_id" == again["error"]


@pytest.mark.parametrize(("args", "error"), [({"view_id": "V0"}, "not_found"), ({}, "invalid_arguments")])
def test_only_an_open_view_is_updated(slack: Slack, args: dict[str, str], error: str) -> None:
    """One that is not on any screen is not found."""
    assert error == call(slack, "views.update", view=modal(), **args)["error"]


async def test_a_closed_view_is_not_found(slack: Slack) -> None:
    """After the person left it, nothing can be put into it."""
    view = opened(slack, modal())
    await slack.close(slack.modals("U0AMINATA")[0])
    assert "not_found" == call(slack, "views.update", view_id=view["id"], view=modal())["error"]


def test_what_was_typed_outlives_an_update(slack: Slack) -> None:
    """A field that keeps both its ids keeps its content; another one begins with its initial value."""
    view = opened(slack, modal(field("amount", initial_value="5000"), field("reason")))
    shown = slack.modals("U0AMINATA")[0]
    shown.fill({"amount": "7000"})
    new = modal(field("amount", initial_value="1"), field("other", initial_value="2"))
    call(slack, "views.update", view_id=view["id"], view=new)
    assert {"amount": "7000", "other": "2"} == shown.values


async def test_pushing_needs_a_trigger_from_a_modal_and_ends_at_three(slack: Slack) -> None:
    """A view is pushed above the one it came from; three is the most."""
    opened(slack, modal())
    outside = slack.workspace.new_trigger("U0AMINATA")
    assert "not_found" == call(slack, "views.push", trigger_id=outside, view=modal())["error"]
    errors = []
    for _ in range(3):
        trigger = slack.workspace.new_trigger("U0AMINATA", slack.modals("U0AMINATA")[-1])
        errors.append(call(slack, "views.push", trigger_id=trigger, view=modal()).get("error"))
    assert [None, None, "push_limit_reached"] == errors
    first, _, top = slack.modals("U0AMINATA")
    assert first.id == top.root_id
    with pytest.raises(Impossible):
        await slack.close(first)


def test_the_home_tab(slack: Slack) -> None:
    """It is published, published anew, and guarded by its hash."""
    home = {"type": "home", "blocks": [{"type": "header", "text": plain("Open payouts")}]}
    first = call(slack, "views.publish", user_id="U0AMINATA", view=home)
    shown = slack.home("U0AMINATA")
    assert shown is not None
    assert "Open payouts" in shown.text
    assert call(slack, "views.publish", user_id="U0AMINATA", view=home)["ok"]
    stale = call(slack, "views.publish", user_id="U0AMINATA", view=home, hash=first["view"]["hash"])
    assert "hash_conflict" == stale["error"]
    assert "user_not_found" == call(slack, "views.publish", user_id="U0NOBODY", view=home)["error"]


async def test_the_app_hears_when_home_is_opened(slack: Slack) -> None:
    """`app_home_opened` carries who, and the view that was there before."""
    heard: list[Json] = []

    async def carrier(delivery: Delivery) -> Answer:
        heard.append(delivery.payload)
        return Answer(200)

    slack.carrier = carrier
    await slack.open_home("U0AMINATA")
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    call(slack, "views.publish", user_id="U0AMINATA", view=home)
    await slack.open_home("U0AMINATA")
    first, second = (payload["event"] for payload in heard)
    assert ("app_home_opened", "U0AMINATA", "home") == (first["type"], first["user"], first["tab"])
    assert "view" not in first
    assert "home" == second["view"]["type"]


def test_a_modal_tells_everything_that_is_read_in_it(slack: Slack) -> None:
    """Title, labels, what stands in the fields, hints, options and buttons."""
    way: Json = {
        "type": "input",
        "block_id": "way",
        "label": plain("How it arrives"),
        "hint": plain("Ask the beneficiary."),
        "element": {
            "type": "static_select",
            "action_id": "chosen",
            "options": [
                {"text": plain("Wallet"), "value": "wallet", "description": plain("stays there")},
                {"text": plain("Mobile money"), "value": "mobile"},
            ],
            "initial_option": {"text": plain("Mobile money"), "value": "mobile"},
        },
    }
    opened(slack, modal(field("amount", initial_value="5000", placeholder=plain("in XOF")), way))
    shown = slack.modals("U0AMINATA")[0]
    for words in ("New payout", "Amount", "5000", "in XOF", "Wallet", "stays there", "Ask the", "[Send]"):
        assert words in shown.text
    assert {"amount": "5000", "way": "mobile"} == shown.values
    assert {"way": "Ask the beneficiary."} == shown.hints
    shown.fill({"How it arrives": "Wallet"})
    assert "wallet" == shown.values["way"]
