"""Conversations and what is posted in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.sandbox.slack.people import APP_ID, BOT_ID, BOT_USER, TEAM
from bot.sandbox.slack.reading import Button, as_read, clickables, words_of

if TYPE_CHECKING:
    from bot.sandbox.slack.reading import Json


class ChannelKind(StrEnum):
    """What sort of conversation it is."""

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Edit:
    """What a message said before it was edited."""

    raw: str
    blocks: tuple[Json, ...]

    @property
    def text(self) -> str:
        """What a phone's lock screen showed."""
        return as_read(self.raw)


@dataclass(frozen=True, slots=True)
class Message:
    """One version of a message; `raw` is its text as the bot sent it."""

    channel: str
    ts: str
    author: str
    raw: str
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None
    edits: tuple[Edit, ...] = ()
    metadata: Json | None = None
    to: str | None = None
    """Who alone sees it, if it is ephemeral."""

    @property
    def text(self) -> str:
        """What a phone's lock screen shows."""
        return as_read(self.raw)

    @property
    def words(self) -> str:
        """Everything a person reads in it: the text, then the blocks, a line each."""
        return "\n".join([self.text, *words_of(self.blocks)])

    @property
    def seen(self) -> list[str]:
        """The lines on the screen: the blocks where there are any, else the text."""
        return words_of(self.blocks) or self.text.splitlines()

    @property
    def buttons(self) -> list[Button]:
        """What can be clicked in it."""
        return clickables(self.blocks)

    def described(self) -> Json:
        """The `message` object in answers and payloads."""
        shown: Json = {"type": "message", "user": self.author, "text": self.raw, "ts": self.ts, "team": TEAM}
        if self.author == BOT_USER:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
        if self.blocks:
            shown["blocks"] = list(self.blocks)
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
            if self.thread_ts != self.ts:
                shown["parent_user_id"] = BOT_USER
        if self.edits:
            shown["edited"] = {"user": self.author, "ts": self.ts}
        if self.metadata:
            shown["metadata"] = self.metadata
        return shown


@dataclass(slots=True)
class Channel:
    """A conversation; `members` holds people and bots, this one too when it was invited."""

    id: str
    name: str
    kind: ChannelKind = ChannelKind.PUBLIC
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    is_ext_shared: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    """By ts, in the order of posting; replies stand among them."""

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message between two."""
        return self.kind is ChannelKind.DIRECT

    @property
    def has_bot(self) -> bool:
        """Whether the bot is a member."""
        return BOT_USER in self.members

    @property
    def is_visible_to_bot(self) -> bool:
        """Whether the Web API admits to the bot that it exists."""
        return self.has_bot or self.kind is ChannelKind.PUBLIC

    @property
    def name_in_payloads(self) -> str:
        """How commands and clicks name it."""
        return {ChannelKind.DIRECT: "directmessage", ChannelKind.PRIVATE: "privategroup"}.get(self.kind, self.name)

    def other(self, user: str) -> str:
        """The one `user` talks to in a direct message."""
        return next(iter(self.members - {user}), user)

    def described(self) -> Json:
        """The `channel` object of `conversations.info`."""
        if self.is_direct:
            return {
                "id": self.id,
                "is_im": True,
                "is_archived": False,
                "user": self.other(BOT_USER),
                "created": 1,
            }
        private = self.kind is ChannelKind.PRIVATE
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not private,
            "is_group": private,
            "is_im": False,
            "is_mpim": False,
            "is_private": private,
            "is_archived": self.is_archived,
            "is_general": False,
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "is_member": self.has_bot,
            "created": 1,
            "creator": "U0CLARISSE",
            "num_members": len(self.members),
        }


def default_channels() -> tuple[Channel, ...]:
    """A support channel, the audit channel, and two in which the bot is not."""
    agents = {"U0AMINATA", "U0BOUKARY"}
    approvers = {"U0CLARISSE", "U0DAOUDA"}
    everyone = {*agents, *approvers, "U0GUEST", "U0SINGLE", "U0STRANGER", "U0ROBOT"}
    return (
        Channel("C0SUPPORT", "support", members={*everyone, BOT_USER}),
        Channel("C0AUDIT", "payout-audit", members={*approvers, BOT_USER}),
        Channel("C0QUIET", "quiet", members={*agents, *approvers}),
        Channel("G0PRIVATE", "managers", ChannelKind.PRIVATE, members={*agents, *approvers}),
    )
