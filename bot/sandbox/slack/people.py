"""Who is in the workspace: people, bots and user groups, as the Web API tells of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.sandbox.slack.reading import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.slack.reading import Json

TEAM = "T0TEAM"
OTHER_TEAM = "T0OTHER"
BOT_USER = "U0PAYOUT"
BOT_ID = "B0PAYOUT"
APP_ID = "A0PAYOUT"


@dataclass(frozen=True, slots=True)
class Person:
    """A member, a guest, a bot or somebody of another workspace; full member when no flag is set."""

    id: str
    display_name: str
    team_id: str = TEAM
    locale: str = "en-US"
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_app_user: bool = False
    is_visible: bool = True
    """Whether `users.info` finds them; it does not find most people of another workspace."""

    @property
    def name(self) -> str:
        """The handle, as payloads carry it."""
        return self.display_name.lower().replace(" ", ".")

    def described(self, *, with_locale: bool = False) -> Json:
        """The `user` object of `users.info`; the deactivated lose the guest flags there, as at Slack."""
        shown: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.display_name,
            "tz": "Africa/Ouagadougou",
            "profile": {
                "real_name": self.display_name,
                "real_name_normalized": self.display_name,
                "display_name": self.display_name,
                "display_name_normalized": self.display_name,
                "team": self.team_id,
            },
            "is_bot": self.is_bot,
            "is_app_user": self.is_app_user,
            "updated": 1,
        }
        if self.is_stranger:
            shown["is_stranger"] = True
        if not self.deleted:
            shown |= {
                "is_admin": False,
                "is_owner": False,
                "is_primary_owner": False,
                "is_restricted": self.is_restricted or self.is_ultra_restricted,
                "is_ultra_restricted": self.is_ultra_restricted,
                "is_email_confirmed": True,
            }
        if with_locale:
            shown["locale"] = self.locale
        return shown


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group such as `S0APPROVERS`; may still list people who were deactivated."""

    id: str
    handle: str
    users: tuple[str, ...]
    disabled: bool = False


class People:
    """Everybody, by id."""

    def __init__(self, everybody: tuple[Person, ...]) -> None:
        self._by_id = {person.id: person for person in everybody}
        self.groups: dict[str, UserGroup] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_id.values())

    def __contains__(self, user: str) -> bool:
        return user in self._by_id

    def __getitem__(self, user: str) -> Person:
        return self._by_id[user]

    def add(self, person: Person) -> None:
        """Let somebody join, or replace who they were."""
        self._by_id[person.id] = person

    def add_group(self, group: UserGroup) -> None:
        """Create a user group, or replace it."""
        self.groups[group.id] = group

    def deactivate(self, user: str) -> None:
        """Close somebody's account."""
        self.add(replace(self[user], deleted=True))

    def make_guest(self, user: str, *, single_channel: bool = False) -> None:
        """Turn a member into a guest."""
        self.add(replace(self[user], is_restricted=True, is_ultra_restricted=single_channel))

    def speak(self, user: str, locale: str) -> None:
        """Change somebody's language, such as `fr-FR`."""
        self.add(replace(self[user], locale=locale))

    def speak_all(self, locale: str) -> None:
        """Change everybody's."""
        for user in tuple(self._by_id):
            self.speak(user, locale)

    def found(self, user: str) -> Person:
        """The person, if `users.info` would find them; else Slack's `user_not_found`."""
        person = self._by_id.get(user)
        if person is None or not person.is_visible:
            raise Refused("user_not_found")
        return person

    def called(self, user: str) -> str:
        """The name to show, for anybody."""
        person = self._by_id.get(user)
        return person.display_name if person else user


def default_cast() -> tuple[Person, ...]:
    """Two agents, two approvers, and one of each who must never count as either."""
    return (
        Person("U0AMINATA", "Aminata"),
        Person("U0BOUKARY", "Boukary"),
        Person("U0CLARISSE", "Clarisse"),
        Person("U0DAOUDA", "Daouda"),
        Person("U0GUEST", "Gisele", is_restricted=True),
        Person("U0SINGLE", "Salif", is_restricted=True, is_ultra_restricted=True),
        Person("U0GONE", "Gone", deleted=True),
        Person("U0STRANGER", "Seydou", team_id=OTHER_TEAM, is_stranger=True, is_visible=False),
        Person("U0ROBOT", "Robot", is_bot=True),
        Person(BOT_USER, "Payout", is_bot=True),
    )
