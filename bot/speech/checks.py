"""The SDK's checks of what is drawn, looked for once for each class of its objects.

The SDK looks through all attributes of each object for them, each time it is drawn: a third of what a form costs.
"""

from __future__ import annotations

from functools import cache

from slack_sdk.models.basic_objects import JsonObject


def find_checks_once() -> None:
    """From now on each object is held against the same checks as ever, without being searched for them."""
    JsonObject.validate_json = _validate  # type: ignore[method-assign,assignment]  # it is not made to be replaced


def _validate(drawn: JsonObject) -> None:
    for name in checks_of(type(drawn)):
        getattr(drawn, name)()


@cache
def checks_of(kind: type[JsonObject]) -> tuple[str, ...]:
    """The names of a class's checks, which raise `SlackObjectFormationError`."""
    return tuple(name for name in dir(kind) if hasattr(getattr(kind, name, None), "validator"))
