"""One call on Slack by which something is told, and what came of it."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slackfailures import NO_ANSWER, status_of, word_of
from storage.payout import Delivery

# Seconds.
CALL_DEADLINE = 10.0

# Slack's word that just this message will never be taken: the next one may be.
OF_THE_MESSAGE = frozenset(
    {
        "msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "invalid_arguments",
        "msg_blocks_too_long",
    }
)  # fmt: skip
# The same of whom or where it was for. Anything that stands in neither may pass later.
_OF_THE_PLACE = frozenset(
    {
        "channel_not_found", "not_in_channel", "is_archived", "message_not_found", "cant_update_message",
        "edit_window_closed", "user_not_in_channel", "user_not_found", "user_disabled", "cannot_dm_bot",
        "no_permission",
        "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
        "thread_not_found", "cannot_reply_to_message", "messages_tab_disabled",
        "as_user_not_supported", "team_access_not_granted",
    }
)  # fmt: skip


class Verb(enum.StrEnum):
    """The three calls by which something is told."""

    POST = "chat.postMessage"
    EDIT = "chat.update"
    WHISPER = "chat.postEphemeral"


@dataclass(frozen=True, slots=True)
class Call:
    """One call on Slack, which tells everything in `deliveries` at once."""

    verb: Verb
    deliveries: Sequence[Delivery]
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """Slack took it; `ts` names the message."""

    ts: str | None


@dataclass(frozen=True, slots=True)
class NotNow:
    """Slack did not take it, or its answer was lost; `seconds` is how long it wants to be left alone, if it said so."""

    why: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Never:
    """Slack's permanent word."""

    why: str


SlackAnswer = Taken | NotNow | Never

# What keeps Slack from making more of a text than stands in it; an edit, unlike a post, is parsed for names and links.
_AS_WRITTEN: Mapping[Verb, Mapping[str, Any]] = {
    Verb.POST: {"unfurl_links": False, "unfurl_media": False},
    Verb.EDIT: {"parse": "none"},
    Verb.WHISPER: {},
}


async def ask_slack(slack: AsyncWebClient, call: Call) -> SlackAnswer:
    """Make one call, once; the outbox decides whether it is made again, not the client."""
    try:
        async with asyncio.timeout(CALL_DEADLINE):
            answer = await slack.api_call(call.verb, json={**call.arguments, **_AS_WRITTEN[call.verb]})
    except SlackApiError as error:
        return _classify(error)
    except NO_ANSWER as error:
        return NotNow(type(error).__name__, None)
    ts = answer.get("ts") or answer.get("message_ts")
    return Taken(None if ts is None else str(ts))


def _classify(error: SlackApiError) -> SlackAnswer:
    why = word_of(error) or str(status_of(error))
    if status_of(error) == 429 or why == "ratelimited":  # noqa: PLR2004 - too many requests
        try:
            seconds = float(error.response.headers.get("Retry-After", 1))
        except ValueError:
            seconds = 1.0
        return NotNow("ratelimited", seconds)
    return Never(why) if why in OF_THE_MESSAGE | _OF_THE_PLACE else NotNow(why, None)
