"""What people do at their screens, and what Slack then shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.slack.answers import answer_command
from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.delivery import Delivered, Delivery, Kind, Post
from bot.sandbox.slack.limits import Surface, check_view
from bot.sandbox.slack.reading import Refused
from bot.sandbox.slack.views import View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.sandbox.slack.payloads import Payloads
    from bot.sandbox.slack.reading import Button, Dialog, Json
    from bot.sandbox.slack.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class Impossible(Exception):  # noqa: N818 - reads as what it says
    """Nobody can do that on a real screen: the test or the story is wrong, not the bot."""


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """What came of a command: `text` is what the person alone was told at once, if anything."""

    status: int | None
    text: str
    seconds: float
    error: str | None
    message: Message | None
    delivered: Delivered = field(repr=False)


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """What came of a submission: `errors` stand beside fields, by block_id; `error` is Slack's trouble."""

    errors: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    error: str | None = None
    seconds: float = 0.0
    delivered: Delivered | None = field(default=None, repr=False)
    """None when Slack itself found a field wrong and asked nobody."""


@dataclass(frozen=True, slots=True)
class ClickResult:
    """What came of a click; answers come later, as messages or views."""

    status: int | None
    error: str | None
    seconds: float
    dialog: Dialog | None
    delivered: Delivered = field(repr=False)


class Hands:
    """Everybody's hands."""

    def __init__(self, workspace: Workspace, payloads: Payloads, post: Post) -> None:
        self.workspace = workspace
        self.payloads = payloads
        self.post = post

    async def command(self, user: str, channel: str, text: str, name: str = "/payout") -> CommandAnswer:
        """Type a slash command."""
        space = self.workspace
        self._check_present(user, channel)
        place = space.place(channel)
        space.note(place, f"{space.people.called(user)} types: {name} {text}")
        payload = self.payloads.command(user, channel, name, text)
        ended = await self.post.deliver(Delivery(Kind.COMMAND, payload))
        message, error = None, ended.error
        if not error:
            try:
                message = answer_command(space, user, channel, ended.json or {"text": ended.body})
            except Refused as refused:
                error = refused.error
        if error:
            space.note(place, f"only {space.people.called(user)} sees: {name} failed with the error “{error}”")
        shown = message.text if message else ""
        return CommandAnswer(ended.status, shown, ended.seconds, error, message, ended)

    async def shortcut(self, user: str, message: Message, callback_id: str) -> ClickResult:
        """Choose a shortcut of the app in a message's menu."""
        if message.to:
            raise Impossible("what only one person sees has no shortcuts")
        current = self._what_is_seen(user, message)
        assert isinstance(current, Message)  # noqa: S101 - what a message became is a message
        place, who = self.workspace.place(current.channel), self.workspace.people.called(user)
        self.workspace.note(place, f"{who} chooses the shortcut {callback_id!r} of message {current.ts}")
        payload = self.payloads.shortcut(user, current, callback_id)
        ended = await self.post.deliver(Delivery(Kind.INTERACTIVE, payload))
        if ended.error:
            self.workspace.note(place, f"only {who} sees: {callback_id} failed with the error “{ended.error}”")
        return _clicked(ended, None)

    async def submit(self, view: View, values: Mapping[str, str | Sequence[str] | None]) -> SubmissionResult:
        """Fill a modal in and press its submit button; fields that are not named stay as they are."""
        self._check_on_top(view)
        if not view.spec.get("submit"):
            raise Impossible(f"the modal {view.title!r} has no submit button")
        view.fill(values)
        view.errors = _wrong_fields(view)
        who = self.workspace.people.called(view.user)
        if view.errors:
            self.workspace.note("modal", f"{who} is stopped by Slack:", _beside_fields(view))
            return SubmissionResult(view.problems)
        self.workspace.note("modal", f"{who} submits {view.title!r}:", view.filled)
        ended = await self.post.deliver(Delivery(Kind.INTERACTIVE, self.payloads.submission(view)))
        return self._submitted(view, ended)

    async def close(self, view: View) -> ClickResult | None:
        """Leave a modal without submitting it; None if the bot did not ask to be told."""
        self._check_on_top(view)
        self.workspace.close(view)
        if not view.spec.get("notify_on_close"):
            return None
        payload = self.payloads.closing(view, cleared=False)
        return _clicked(await self.post.deliver(Delivery(Kind.INTERACTIVE, payload)), None)

    async def click(
        self, user: str, place: Message | View, name: str, *, confirm: bool = False, choose: str | None = None
    ) -> ClickResult:
        """Click a button; where a dialog comes first, only `confirm=True` goes through with it."""
        current = self._what_is_seen(user, place)
        button = find_button(current.buttons, name)
        dialog = button.dialog
        if dialog and not confirm:
            raise Impossible(f"Slack asks first: {dialog}; say confirm=True")
        if confirm and not dialog:
            raise Impossible(f"no dialog comes before {button.text!r}")
        who = self.workspace.people.called(user)
        seen = [f"{dialog.title} / {dialog.text} / [{dialog.confirm}] [{dialog.deny}]"] if dialog else []
        where = self.workspace.place(current.channel) if isinstance(current, Message) else "modal"
        self.workspace.note(where, f"{who} clicks [{button.text}]" + (", is asked:" if dialog else ""), seen)
        payload = self.payloads.click(user, current, button, choose)
        ended = await self.post.deliver(Delivery(Kind.INTERACTIVE, payload))
        if ended.error:
            self.workspace.note(where, f"{who} sees a warning sign: {ended.error}")
        return _clicked(ended, dialog)

    async def open_home(self, user: str, tab: str = "home") -> ClickResult:
        """Look at the app's Home tab."""
        self._check_active(user)
        self.workspace.note("home", f"{self.workspace.people.called(user)} opens it")
        payload = self.payloads.home_opened(user, tab)
        return _clicked(await self.post.deliver(Delivery(Kind.EVENT, payload)), None)

    # What can be done at all

    def _check_active(self, user: str) -> None:
        if self.workspace.people[user].deleted:
            raise Impossible(f"{user} is deactivated")

    def _check_present(self, user: str, channel: str) -> None:
        self._check_active(user)
        found = self.workspace.channel(channel)
        if user not in found.members:
            raise Impossible(f"{user} is not in {self.workspace.place(channel)}")
        if found.is_archived:
            raise Impossible(f"{self.workspace.place(channel)} is archived")

    def _check_on_top(self, view: View) -> None:
        self._check_active(view.user)
        if not view.is_open or list(self.workspace.open_views(view.user))[-1] is not view:
            raise Impossible(f"the modal {view.title!r} is not on top of the screen")

    def _what_is_seen(self, user: str, place: Message | View) -> Message | View:
        if isinstance(place, View):
            if place.is_modal:
                self._check_on_top(place)
            return place
        self._check_present(user, place.channel)
        if place.to not in (None, user):
            raise Impossible(f"{user} does not see that message, only {place.to} does")
        try:
            return self.workspace.current(place)
        except LookupError as gone:
            raise Impossible(str(gone)) from None

    # What a submission is answered with

    def _submitted(self, view: View, ended: Delivered) -> SubmissionResult:
        if ended.error:
            return self._trouble(view, ended, ended.error)
        body = ended.json
        if body is None and ended.body.strip():
            return self._trouble(view, ended, "invalid_response")
        try:
            errors = self._respond(view, body or {})
        except Refused as refused:
            return self._trouble(view, ended, refused.error, refused.messages)
        return SubmissionResult(errors, not view.is_open, None, ended.seconds, ended)

    def _trouble(self, view: View, ended: Delivered, error: str, why: Sequence[str] = ()) -> SubmissionResult:
        who = self.workspace.people.called(view.user)
        self.workspace.note("modal", f"{who} sees: {TROUBLE} ({error})", why)
        return SubmissionResult({}, closed=False, error=error, seconds=ended.seconds, delivered=ended)

    def _respond(self, view: View, body: Json) -> dict[str, str]:
        space = self.workspace
        match body.get("response_action"):
            case None:
                space.close(view)
            case "clear":
                for each in list(space.open_views(view.user)):
                    space.close(each)
            case "update":
                space.change(view, check_view(body.get("view"), Surface.MODAL))
            case "push":
                space.show(view.user, check_view(body.get("view"), Surface.MODAL), above=view)
            case "errors":
                view.errors = _checked_errors(view, body.get("errors"))
                space.note("modal", f"{space.people.called(view.user)} sees:", _beside_fields(view))
            case other:
                raise Refused("invalid_response", [f"unknown response_action: {other}"])
        return view.problems


def find_button(buttons: Sequence[Button], name: str) -> Button:
    """The one button whose action_id or text is `name`, or begins with it; Impossible if none or several."""
    for test in (str.__eq__, str.startswith):
        found = [each for each in buttons if test(each.action_id, name) or test(each.text, name)]
        if len(found) == 1:
            return found[0]
    raise Impossible(f"no single button {name!r}; there are {[(each.action_id, each.text) for each in buttons]}")


def _clicked(ended: Delivered, dialog: Dialog | None) -> ClickResult:
    return ClickResult(ended.status, ended.error, ended.seconds, dialog, ended)


def _beside_fields(view: View) -> list[str]:
    return [f"{view.labels[name]}: {message}" for name, message in view.problems.items()]


def _checked_errors(view: View, errors: object) -> dict[str, str]:
    if not isinstance(errors, dict) or not errors:
        raise Refused("invalid_response", ["errors must be a non-empty object"])
    strangers = sorted(errors.keys() - view.labels.keys())
    if strangers:
        raise Refused("invalid_response", [f"errors for blocks that are no inputs: {', '.join(strangers)}"])
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise Refused("invalid_response", ["errors must be texts"])
    return dict(errors)


def _wrong_fields(view: View) -> dict[str, str]:
    """What Slack itself says about fields, before it asks the bot."""
    found = {each.block_id: _wrong(each.element, view.values[each.block_id], each.optional) for each in view.inputs}
    return {name: message for name, message in found.items() if message}


def _wrong(element: Json, value: str | Sequence[str] | None, optional: bool) -> str:  # noqa: FBT001 - a property of the field
    if not value:
        return "" if optional else "Please complete this required field."
    if not isinstance(value, str):
        return ""
    if len(value) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"Please enter no more than {element.get('max_length', 3000)} characters."
    if element["type"] == "number_input":
        return _wrong_number(element, value)
    return ""


def _wrong_number(element: Json, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and not number.is_integer():
        return "Please enter a whole number."
    if not float(element.get("min_value", "-inf")) <= number <= float(element.get("max_value", "inf")):
        return "Please enter a number within the allowed range."
    return ""
