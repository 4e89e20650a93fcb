"""Who somebody is, by Slack's word at that moment. What cannot be learnt is `UNKNOWN`, and unknown people may nothing."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import MINUTE, Clock

log = structlog.get_logger(__name__)

# Seconds: half of what Slack leaves for a whole answer.
LOOK_UP_DEADLINE = 1.5
CACHED_FOR = MINUTE
MOST_CACHED = 5_000


class Kind(enum.StrEnum):
    """What somebody is in this workspace."""

    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as Slack described them."""

    id: str
    kind: Kind
    name: str


class People:
    """Looks people up in Slack and remembers the answer for a minute."""

    def __init__(self, slack: AsyncWebClient, clock: Clock) -> None:
        self._slack = slack
        self._clock = clock
        self._known: dict[str, tuple[int, Person]] = {}
        # Both are learnt from Slack at start.
        self.team = ""
        self.bot_name = "payout"

    async def who(self, person: str, *, fresh: bool = False) -> Person:
        """Who this is now; `fresh` asks Slack even when the answer is remembered. Never raises."""
        remembered = self._known.get(person)
        if not fresh and remembered and self._clock.now() - remembered[0] < CACHED_FOR:
            return remembered[1]
        found = await self._look_up(person)
        if found.kind is not Kind.UNKNOWN:
            self._remember(found)
        return found

    def _remember(self, person: Person) -> None:
        if len(self._known) >= MOST_CACHED:
            self._known.clear()
        self._known[person.id] = (self._clock.now(), person)

    async def _look_up(self, person: str) -> Person:
        try:
            async with asyncio.timeout(LOOK_UP_DEADLINE):
                answer = await self._slack.users_info(user=person)
        except SlackApiError as error:
            # Slack knows nobody of that id here: somebody of another workspace.
            kind = Kind.ELSEWHERE if error.response.get("error") == "user_not_found" else Kind.UNKNOWN
            return self._not_found(person, kind, str(error.response.get("error")))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return self._not_found(person, Kind.UNKNOWN, type(error).__name__)
        user: Mapping[str, Any] = answer.get("user") or {}
        return Person(person, self._kind(user), _name(user) or person)

    def _not_found(self, person: str, kind: Kind, why: str) -> Person:
        log.warning("person_not_learnt", person=person, kind=kind, why=why)
        return Person(person, kind, person)

    def _kind(self, user: Mapping[str, Any]) -> Kind:
        if not self.team or not user.get("team_id"):
            return Kind.UNKNOWN
        if user["team_id"] != self.team or user.get("is_stranger"):
            return Kind.ELSEWHERE
        if user.get("deleted"):
            return Kind.DEACTIVATED
        if user.get("is_bot") or user.get("is_workflow_bot"):
            return Kind.BOT
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return Kind.GUEST
        return Kind.MEMBER


def _name(user: Mapping[str, Any]) -> str:
    profile: Mapping[str, Any] = user.get("profile") or {}
    return str(profile.get("display_name") or profile.get("real_name") or user.get("name") or "")[:80]
