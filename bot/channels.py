"""Where the bot is: whether Slack lets it speak in a channel."""

from __future__ import annotations

import asyncio
import enum

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.lookups import LookUps
from bot.slackfailures import LOOK_UP_DEADLINE, NO_ANSWER, word_of

log = structlog.get_logger(__name__)

# Seconds, on a clock that never jumps.
CACHED_FOR = 60.0
MOST_CACHED = 5_000


class Membership(enum.StrEnum):
    """Whether the bot is a member."""

    IN = "in"
    OUT = "out"
    # Shared with another workspace: its people would see, and could be taken for ours.
    SHARED = "shared"
    UNKNOWN = "unknown"


class Channels:
    """Asks Slack about channels and remembers for a minute where the bot is in."""

    def __init__(self, slack: AsyncWebClient, clock: Clock) -> None:
        self._slack = slack
        self._clock = clock
        self._looked_up = LookUps(self._look_up)
        self._joined: dict[str, float] = {}

    async def membership(self, channel: str) -> Membership:
        """Whether the bot may post there. Never raises; what cannot be learnt in time is `UNKNOWN`."""
        if self.is_known(channel):
            return Membership.IN
        found = await self._looked_up.of(channel)
        if found is Membership.IN:
            if len(self._joined) >= MOST_CACHED:
                self._joined.clear()
            self._joined[channel] = self._clock.steady()
        return found

    def is_known(self, channel: str) -> bool:
        """Whether Slack said within the last minute that the bot is in it: then nobody waits for `membership`."""
        joined = self._joined.get(channel)
        return joined is not None and self._clock.steady() - joined < CACHED_FOR

    async def _look_up(self, channel: str) -> Membership:
        try:
            async with asyncio.timeout(LOOK_UP_DEADLINE):
                answer = await self._slack.conversations_info(channel=channel)
        except SlackApiError as error:
            # A private channel that the bot is not in does not exist for it.
            return Membership.OUT if word_of(error) == "channel_not_found" else Membership.UNKNOWN
        except NO_ANSWER as error:
            log.warning("channel_not_learnt", channel=channel, why=type(error).__name__)
            return Membership.UNKNOWN
        found = answer.get("channel") or {}
        if not found.get("is_member"):
            return Membership.OUT
        shared = found.get("is_ext_shared") or found.get("is_pending_ext_shared")
        return Membership.SHARED if shared else Membership.IN
