"""Who somebody is, by Slack's word at that moment. What cannot be learnt is unknown, and unknown people may nothing."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.language import Language, language_of
from bot.lookups import LookUps
from bot.slackfailures import LOOK_UP_DEADLINE, NO_ANSWER, word_of

log = structlog.get_logger(__name__)

# Seconds, on a clock that never jumps: a machine whose time is set back must not believe in old answers.
CACHED_FOR = 60.0
# A language decides on nothing, and seldom changes.
LANGUAGE_CACHED_FOR = 3600.0
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
    """Somebody, as Slack described them; for approver and requester None is "it could not be learnt"."""

    id: str
    kind: Kind
    name: str
    is_approver: bool | None
    is_requester: bool | None


def is_group(name: str) -> bool:
    """Whether a name in the settings is a user group's id."""
    return name.startswith("S")


@dataclass(frozen=True, slots=True)
class Named:
    """The user ids and user group ids that the settings name; no requesters named is every full member."""

    approvers: tuple[str, ...]
    requesters: tuple[str, ...]

    @property
    def has_groups(self) -> bool:
        """Whether Slack must be asked who is meant."""
        return any(map(is_group, (*self.approvers, *self.requesters)))


class People:
    """Looks people and groups up in Slack and remembers the answers for a minute."""

    def __init__(self, slack: AsyncWebClient, clock: Clock, named: Named, locale: Language) -> None:
        self._slack = slack
        self._clock = clock
        self._named = named
        self._asks_of_groups = named.has_groups
        self._locale = locale
        self._looked_up = LookUps(self._look_up)
        self._known: dict[str, tuple[float, Kind, str]] = {}
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        # Each with the time until which it need not be asked for again.
        self._languages: dict[str, tuple[float, Language]] = {}
        # All three are learnt from Slack at start.
        self.team = ""
        self.bot_name = "payout"
        self.workspace_url = ""

    async def who(self, person: str, *, fresh: bool = False, may_ask: bool = False) -> Person:
        """Who this is now. Never raises.

        `fresh` asks Slack even for what is remembered; `may_ask` does so only for what the groups of requesters say.
        """
        if self._asks_of_groups:
            (kind, name), approver, requester = await asyncio.gather(
                self._described(person, fresh=fresh),
                self._is_named(person, self._named.approvers, fresh=fresh),
                self._is_requester(person, fresh=fresh or may_ask),
            )
        else:
            # Only one of them can wait then, and a task for each would cost more than all that they do.
            kind, name = await self._described(person, fresh=fresh)
            approver = person in self._named.approvers
            requester = not self._named.requesters or person in self._named.requesters
        return Person(person, kind, name, approver, requester)

    async def _is_requester(self, person: str, *, fresh: bool) -> bool | None:
        return not self._named.requesters or await self._is_named(person, self._named.requesters, fresh=fresh)

    async def _is_named(self, person: str, named: tuple[str, ...], *, fresh: bool) -> bool | None:
        """Whether the settings name this person, itself or by a group; None when a group could not be read."""
        if person in named:
            return True
        groups = [name for name in named if is_group(name)]
        found = await asyncio.gather(*(self.members(group, fresh=fresh) for group in groups))
        if any(members is not None and person in members for members in found):
            return True
        return None if None in found else False

    # People

    async def _described(self, person: str, *, fresh: bool) -> tuple[Kind, str]:
        remembered = self._known.get(person)
        if not fresh and remembered and self._clock.steady() - remembered[0] < CACHED_FOR:
            return remembered[1:]
        kind, name = await (self._look_up(person) if fresh else self._looked_up.of(person))
        if kind is not Kind.UNKNOWN:
            if len(self._known) >= MOST_CACHED:
                self._known.clear()
            self._known[person] = (self._clock.steady(), kind, name)
        return kind, name

    async def _look_up(self, person: str) -> tuple[Kind, str]:
        try:
            async with asyncio.timeout(LOOK_UP_DEADLINE):
                answer = await self._slack.users_info(user=person, include_locale=True)
        except SlackApiError as error:
            # Slack knows nobody of that id here: somebody of another workspace.
            word = word_of(error)
            kind = Kind.ELSEWHERE if word == "user_not_found" else Kind.UNKNOWN
            return _not_learnt(person, kind, str(word))
        except NO_ANSWER as error:
            return _not_learnt(person, Kind.UNKNOWN, type(error).__name__)
        user: Mapping[str, Any] = answer.get("user") or {}
        self._remember_language(person, language_of(user.get("locale"), self._locale), LANGUAGE_CACHED_FOR)
        return self._kind(user), _name(user) or person

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

    # Languages

    async def language(self, person: str) -> Language:
        """What to speak to this person: that of their Slack, if the bot speaks it, else `LOCALE`. Never raises."""
        until, _ = self._languages.get(person, (0.0, None))
        if self._clock.steady() >= until:
            await self._looked_up.of(person)
            until, _ = self._languages.get(person, (0.0, None))
        if self._clock.steady() >= until:
            # Who waits for an answer does not wait for this each time.
            self._remember_language(person, self.known_language(person), CACHED_FOR)
        return self.known_language(person)

    def known_language(self, person: str) -> Language:
        """The same without asking Slack: what it said last."""
        return self._languages[person][1] if person in self._languages else self._locale

    def _remember_language(self, person: str, language: Language, seconds: float) -> None:
        if len(self._languages) >= MOST_CACHED:
            self._languages.clear()
        self._languages[person] = (self._clock.steady() + seconds, language)

    # Groups

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str] | None:
        """Who is in a user group, the deactivated perhaps among them; None when it could not be read. Never raises."""
        remembered = self._groups.get(group)
        if not fresh and remembered and self._clock.steady() - remembered[0] < CACHED_FOR:
            return remembered[1]
        try:
            async with asyncio.timeout(LOOK_UP_DEADLINE):
                answer = await self._slack.usergroups_users_list(usergroup=group)
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("group_not_learnt", group=group, why=type(error).__name__)
            return None
        members = frozenset(str(person) for person in answer.get("users") or ())
        self._groups[group] = (self._clock.steady(), members)
        return members


def _not_learnt(person: str, kind: Kind, why: str) -> tuple[Kind, str]:
    log.warning("person_not_learnt", person=person, kind=kind, why=why)
    return kind, person


def _name(user: Mapping[str, Any]) -> str:
    profile: Mapping[str, Any] = user.get("profile") or {}
    return str(profile.get("display_name") or profile.get("real_name") or user.get("name") or "")[:80]
