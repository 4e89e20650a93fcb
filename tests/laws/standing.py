"""Who somebody was at which moment: the truth that the bot can only ask Slack for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.clock import MINUTE
from bot.sandbox.slack.people import People, Person, UserGroup
from bot.sandbox.slack.workspace import Workspace
from tests.laws.rulebook import AGENTS, APPROVERS, ESTHER, GROUP_OF_AGENTS, GROUP_OF_APPROVERS, Rulebook
from tests.laws.virtual import VirtualClock

_GROUPS = (GROUP_OF_APPROVERS, GROUP_OF_AGENTS)


@dataclass(frozen=True, slots=True)
class Stand:
    """What somebody is from one moment on."""

    since: int
    is_member: bool
    is_approver: bool
    is_named_requester: bool
    """Whether the settings name them, member or not."""


class Standing:
    """Everybody's history; whoever changes somebody does it here, so that Slack and the laws know the same."""

    def __init__(self, workspace: Workspace, clock: VirtualClock, rules: Rulebook, channel: str) -> None:
        self._people: People = workspace.people
        self._clock = clock
        self._rules = rules
        self._people.add(Person(ESTHER, "Esther"))
        workspace.channel(channel).members.add(ESTHER)
        self._people.add_group(UserGroup(GROUP_OF_APPROVERS, "approvers", APPROVERS[1:]))
        self._people.add_group(UserGroup(GROUP_OF_AGENTS, "agents", AGENTS))
        self._history = {person.id: [self._now(person)] for person in self._people}

    # What happens to people

    def leave_groups(self, user: str) -> None:
        """Out of every user group."""
        for group in _GROUPS:
            found = self._people.groups[group]
            self._people.add_group(replace(found, users=tuple(each for each in found.users if each != user)))
        self._note(user)

    def become_guest(self, user: str) -> None:
        """A full member no more."""
        self._people.make_guest(user)
        self._note(user)

    def deactivate(self, user: str) -> None:
        """The account is closed."""
        self._people.deactivate(user)
        self._note(user)

    def come_back(self, user: str) -> None:
        """A member again, and in the group of before."""
        self._people.add(replace(self._people[user], deleted=False, is_restricted=False, is_ultra_restricted=False))
        for group, members in zip(_GROUPS, (APPROVERS[1:], AGENTS), strict=True):
            found = self._people.groups[group]
            if user in members and user not in found.users:
                self._people.add_group(replace(found, users=(*found.users, user)))
        self._note(user)

    def _note(self, user: str) -> None:
        self._history[user].append(self._now(self._people[user]))

    def _now(self, person: Person) -> Stand:
        member = not (person.deleted or person.is_restricted or person.is_ultra_restricted or person.is_bot)
        member = member and not person.is_stranger
        return Stand(
            self._clock.now(),
            member,
            member and self._is_named(person.id, self._rules.approvers),
            not self._rules.requesters or self._is_named(person.id, self._rules.requesters),
        )

    def _is_named(self, user: str, named: Iterable[str]) -> bool:
        names = set(named)
        return user in names or any(user in self._people.groups[group].users for group in names & set(_GROUPS))

    # What the laws ask

    def has_changed(self, user: str) -> bool:
        """Whether this person ever became somebody else."""
        return len(self._history.get(user, [])) > 1

    def between(self, user: str, begin: int, end: int) -> list[Stand]:
        """Everything that this person was at some moment from `begin` until `end`."""
        history = self._history.get(user, [])
        following = [*(stand.since for stand in history[1:]), end + 1]
        return [stand for stand, until in zip(history, following, strict=True) if stand.since <= end and until >= begin]

    def might_approve(self, user: str, begin: int, end: int) -> bool:
        """Whether this person was an approver at some moment of that time."""
        return any(stand.is_approver for stand in self.between(user, begin, end))

    def might_request(self, user: str, begin: int, end: int) -> bool:
        """Whether this person might ask for payouts at some moment of that time.

        What somebody is may be remembered for a minute while they ask: it is looked at anew when others decide.
        """
        named = any(stand.is_named_requester for stand in self.between(user, begin, end))
        return named and self.was_member(user, begin - MINUTE, end)

    def was_member(self, user: str, begin: int, end: int) -> bool:
        """Whether this person was a full member at some moment of that time."""
        return any(stand.is_member for stand in self.between(user, begin, end))
