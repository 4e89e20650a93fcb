"""Answering one person through the address that Slack sent along: it is good for thirty minutes, and may fail."""

from __future__ import annotations

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError

from bot.slackfailures import NO_ANSWER
from bot.speech.sentences import Sentence

log = structlog.get_logger(__name__)


async def whisper(respond: AsyncRespond, text: str | Sentence, *, thread_ts: str | None = None) -> None:
    """Tell the person alone, in the thread where they look; where Slack does not take it, it can only be noted."""
    try:
        await respond(str(text), response_type="ephemeral", replace_original=False, thread_ts=thread_ts)
    except (SlackApiError, *NO_ANSWER) as error:
        log.warning("whisper_not_delivered", why=type(error).__name__)
