"""What Slack's payloads look like where they are read: anything else is refused at the door, not by a traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_OBJECTS = frozenset({"user", "channel", "view", "message", "container", "team", "event", "state", "enterprise"})
_TEXTS = frozenset({
    "type", "trigger_id", "callback_id", "response_url", "command", "text", "user_id", "channel_id", "team_id",
    "enterprise_id", "api_app_id", "is_enterprise_install",
})  # fmt: skip
# JSON, whoever made it.
_Json = Any
# People and channels are mentioned by these, as they came.
_ID = re.compile(r"[A-Z0-9]{1,40}")
# Half a character can be written in JSON, but not kept.
_HALF = re.compile("[\ud800-\udfff]")


def has_its_shape(payload: Mapping[str, Any]) -> bool:
    """Whether everything that is read of it is there, and is what Slack makes of it; unknown kinds need nothing."""
    if not all(_is(payload[name], dict) for name in payload.keys() & _OBJECTS):
        return False
    if not all(_is(payload[name], (str, bool)) for name in payload.keys() & _TEXTS):
        return False
    if "command" in payload:
        return _has_texts(payload, "trigger_id") and all(
            _is_id(payload.get(name)) for name in ("user_id", "channel_id")
        )
    channel = payload.get("channel") or {}
    if "id" in channel and not _is_id(channel["id"]):
        return False
    check = _CHECKS.get(payload.get("type") or "")
    return check is None or check(payload)


def _is(value: _Json, kind: type | tuple[type, ...]) -> bool:
    return value is None or isinstance(value, kind)


def _is_id(value: _Json) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_text(value: _Json) -> bool:
    return isinstance(value, str) and _HALF.search(value) is None


def _has_texts(payload: _Json, *names: str) -> bool:
    return isinstance(payload, dict) and all(_is_text(payload.get(name)) for name in names)


def _is_click(payload: Mapping[str, Any]) -> bool:
    actions = payload.get("actions")
    pressed = isinstance(actions, list) and bool(actions)
    return (
        _is_somebodys(payload)
        and pressed
        and all(_has_texts(action, "action_id", "block_id", "action_ts", "type") for action in actions or ())
        and isinstance(payload.get("container"), dict)
    )


def _is_form(payload: Mapping[str, Any]) -> bool:
    view = payload.get("view")
    return (
        _is_id((payload.get("user") or {}).get("id"))
        and _has_texts(view, "id", "type", "callback_id", "private_metadata")
        and _is_state((view or {}).get("state", {}))
    )


def _is_state(state: _Json) -> bool:
    values = state.get("values", {}) if isinstance(state, dict) else None
    if not isinstance(values, dict):
        return False
    elements = [each for block in values.values() for each in (block.values() if isinstance(block, dict) else [None])]
    return all(isinstance(each, dict) and _is(each.get("selected_option"), dict) for each in elements)


def _is_shortcut(payload: Mapping[str, Any]) -> bool:
    return _is_somebodys(payload) and _has_texts(payload, "callback_id")


def _is_somebodys(payload: Mapping[str, Any]) -> bool:
    return _has_texts(payload, "trigger_id") and _is_id((payload.get("user") or {}).get("id"))


_CHECKS = {
    "block_actions": _is_click,
    "view_submission": _is_form,
    "view_closed": _is_form,
    "message_action": _is_shortcut,
    "shortcut": _is_shortcut,
}
