"""What somebody reads in a message or view, raw as the bot sends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slack_sdk.models.views import View

from bot.speech.blocks import Message

# Keys of Block Kit whose text nobody reads.
_UNSEEN = frozenset({"type", "action_id", "block_id", "value", "callback_id", "private_metadata", "style"})


def seen(value: object) -> Iterator[str]:
    """Every text in it that somebody reads."""
    if isinstance(value, Message):
        yield value.text
        yield from seen(list(value.blocks))
    elif isinstance(value, View):
        yield from seen(value.to_dict())
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key not in _UNSEEN:
                yield from seen(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from seen(each)
    elif isinstance(value, str):
        yield value
