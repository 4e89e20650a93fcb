"""Small checks that are put together into Block Kit's rules, and complain in the words that Slack uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.slack.reading import Json


class Report:
    """What is wrong, each with a pointer to where."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, at: str, message: str) -> None:
        """Complain about what is at a JSON pointer."""
        self.messages.append(f"[ERROR] {message} [json-pointer:{at}]")


Check = Callable[[Report, str, object], None]


def string(most: int, least: int = 1) -> Check:
    """Between `least` and `most` characters."""

    def check(report: Report, at: str, value: object) -> None:
        if not isinstance(value, str):
            report.add(at, "must provide a string")
        elif len(value) < least:
            report.add(at, f"must be more than {least - 1} characters")
        elif len(value) > most:
            report.add(at, f"must be less than {most + 1} characters")

    return check


def matching(test: Callable[[str], object], what: str, most: int = 3000) -> Check:
    """A string that passes a test."""
    fits = string(most)

    def check(report: Report, at: str, value: object) -> None:
        fits(report, at, value)
        if isinstance(value, str) and value and not test(value):
            report.add(at, f"must be {what}")

    return check


def boolean(report: Report, at: str, value: object) -> None:
    """True or false."""
    if not isinstance(value, bool):
        report.add(at, "must provide a boolean")


def integer(least: int, most: int) -> Check:
    """A whole number between two others."""

    def check(report: Report, at: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            report.add(at, "must provide an integer")
        elif not least <= value <= most:
            report.add(at, f"must be between {least} and {most}")

    return check


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(report: Report, at: str, value: object) -> None:
        if value not in allowed:
            report.add(at, "must be a valid enum value")

    return check


def anything(_report: Report, _at: str, _value: object) -> None:
    """No rule."""


def listing(item: Check, most: int, least: int = 1) -> Check:
    """A list of so many items, each checked."""

    def check(report: Report, at: str, value: object) -> None:
        if not isinstance(value, list):
            report.add(at, "must provide an array")
            return
        if len(value) < least:
            report.add(at, f"no fewer than {least} items allowed")
        if len(value) > most:
            report.add(at, f"no more than {most} items allowed")
        for index, each in enumerate(value):
            item(report, f"{at}/{index}", each)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check], *more: Check) -> Check:
    """An object with just these properties; `more` looks at it as a whole, once each property is right."""
    known = {**required, **optional}

    def check(report: Report, at: str, value: object) -> None:
        if not isinstance(value, dict):
            report.add(at, "must provide an object")
            return
        before = len(report.messages)
        for name in [name for name in required if name not in value]:
            report.add(at, f"missing required field: {name}")
        for name, inner in value.items():
            if name in known:
                known[name](report, f"{at}/{name}", inner)
            else:
                report.add(at, f"invalid additional property: {name}")
        if len(report.messages) == before:
            for each in more:
                each(report, at, value)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which rules it is under."""

    def check(report: Report, at: str, value: object) -> None:
        if not isinstance(value, dict):
            report.add(at, "must provide an object")
        elif "type" not in value:
            report.add(at, "missing required field: type")
        elif value["type"] not in kinds:
            report.add(f"{at}/type", f"unsupported type: {value['type']}")
        else:
            kinds[value["type"]](report, at, value)

    return check


def any_of(*names: str) -> Check:
    """At least one of these properties."""

    def check(report: Report, at: str, value: object) -> None:
        if isinstance(value, dict) and not value.keys() & set(names):
            report.add(at, f"missing required field: {names[0]}")

    return check


def just_one_of(*names: str) -> Check:
    """One of these properties and no other of them."""

    def check(report: Report, at: str, value: object) -> None:
        if isinstance(value, dict) and len(value.keys() & set(names)) != 1:
            report.add(at, f"must provide exactly one of: {', '.join(names)}")

    return check


def unique(report: Report, name: str, found: Iterable[tuple[str, Json]]) -> None:
    """No value of a property twice among the objects found, each given with its pointer."""
    seen: set[str] = set()
    for at, each in found:
        value = each.get(name)
        if isinstance(value, str) and value in seen:
            report.add(f"{at}/{name}", f"`{name}` already exists: {value}")
        elif isinstance(value, str):
            seen.add(value)
