"""Opening a form while its trigger lives."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slackfailures import NO_ANSWER, word_of

log = structlog.get_logger(__name__)

# Seconds. A trigger dies after 3: an answer that takes longer than this is not worth waiting for.
OPEN_DEADLINE = 5.0

# Slack's word that this trigger opened a form before: the payload came twice, perhaps to two processes.
_OPENED_ALREADY = "exchanged_trigger_id"


async def open_form(slack: AsyncWebClient, trigger: str, form: dict[str, Any]) -> bool:
    """Whether that person has the form on the screen, as far as Slack said so."""
    try:
        async with asyncio.timeout(OPEN_DEADLINE):
            await slack.views_open(trigger_id=trigger, view=form)
    except (SlackApiError, *NO_ANSWER) as error:
        if isinstance(error, SlackApiError) and word_of(error) == _OPENED_ALREADY:
            return True
        log.warning("form_did_not_open", why=type(error).__name__)
        return False
    return True
