"""The state of one workspace: people, conversations, messages, views, triggers and response URLs."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.sandbox.slack.channels import Channel, ChannelKind, Edit, Message, default_channels
from bot.sandbox.slack.journal import Entry, Journal
from bot.sandbox.slack.people import BOT_USER, TEAM, People, default_cast
from bot.sandbox.slack.reading import Refused
from bot.sandbox.slack.views import View

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from bot.clock import Clock
    from bot.sandbox.slack.reading import Json

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5
VIEWS_IN_A_STACK = 3
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(slots=True)
class Trigger:
    """Leave to open one view for one person, soon after that person did something."""

    id: str
    user: str
    until: float
    view: View | None = None
    """The view it came from, which alone makes `views.push` possible."""
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Leave to answer one person five times within thirty minutes."""

    path: str
    user: str
    channel: str
    until: float
    message: Message | None = None
    thread_ts: str | None = None
    uses: int = 0


class Workspace:
    """Everything Slack remembers; changed by the Web API on one side and by people's hands on the other."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self.clock = clock
        self.chance = chance
        self.domain = "team"
        self.people = People(default_cast())
        self.channels = {channel.id: channel for channel in default_channels()}
        self.ephemerals: list[Message] = []
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.journal = Journal()
        self._watchers: list[Callable[[], None]] = []
        self._last_ts = 0

    # Watching

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called at each change."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Stop that."""
        self._watchers.remove(watcher)

    def changed(self) -> None:
        """Tell those who watch."""
        for watcher in list(self._watchers):
            watcher()

    def note(self, where: str, what: str, seen: Sequence[str] = ()) -> None:
        """Write down what people see, and tell those who watch."""
        self.journal.note(Entry(self.clock.now(), where, what, tuple(seen)))
        self.changed()

    # Ids

    def random_id(self, prefix: str, length: int = 9) -> str:
        """Such as `V7K3F9A2B1`."""
        return prefix + "".join(self.chance.choices(LETTERS, k=length))

    def next_ts(self) -> str:
        """A message's ts: the time to a microsecond, never the same twice."""
        self._last_ts = max(self._last_ts + 1, self.clock.now() * 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def with_ids(self, blocks: Sequence[Json]) -> list[Json]:
        """A copy in which each block has a block_id and each element an action_id, made up where missing."""
        copied = copy.deepcopy(list(blocks))
        for block in copied:
            block.setdefault("block_id", self.random_id("", 5))
            inner = block.get("elements", ()) if block["type"] == "actions" else ()
            for element in (*inner, block.get("accessory"), block.get("element")):
                if element and element["type"] != "image":
                    element.setdefault("action_id", self.random_id("", 5))
        return copied

    # Conversations

    def channel(self, channel_id: str) -> Channel:
        """The conversation, whoever asks; LookupError if there is none."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise LookupError(f"no channel {channel_id!r}; there are {sorted(self.channels)}") from None

    def add_channel(self, channel: Channel) -> Channel:
        """Create a conversation."""
        self.channels[channel.id] = channel
        return channel

    def dm(self, user: str, other: str = BOT_USER) -> str:
        """The id of the direct message between two, opened if need be; with the bot if no other is named."""
        members = {user, other}
        for channel in self.channels.values():
            if channel.is_direct and channel.members == members:
                return channel.id
        name = "-".join(sorted(members))
        opened = Channel(self.random_id("D"), f"dm-{name}", ChannelKind.DIRECT, members=members)
        return self.add_channel(opened).id

    def place(self, channel_id: str) -> str:
        """How the transcript names a conversation."""
        channel = self.channel(channel_id)
        if not channel.is_direct:
            return f"#{channel.name}"
        return "DM " + " & ".join(self.people.called(member) for member in sorted(channel.members - {BOT_USER}))

    def permalink(self, message: Message) -> str:
        """The web address of a message."""
        link = f"https://{self.domain}.slack.example/archives/{message.channel}/p{message.ts.replace('.', '')}"
        return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if message.thread_ts else link

    # Messages

    def post(self, message: Message) -> Message:
        """Put a message into its channel."""
        self.channel(message.channel).messages[message.ts] = message
        thread = f", in the thread of {message.thread_ts}" if message.thread_ts else ""
        head = f"{self.people.called(message.author)} ({message.ts}{thread}):"
        self.note(self.place(message.channel), head, message.seen)
        return message

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Let a person write something."""
        return self.post(Message(channel, self.next_ts(), user, text, thread_ts=thread_ts))

    def edit(self, message: Message, text: str, blocks: Sequence[Json], metadata: Json | None = None) -> Message:
        """Give a message, ephemeral or not, other content."""
        before = Edit(message.raw, message.blocks)
        after = replace(
            message,
            raw=text,
            blocks=tuple(blocks),
            edits=(*message.edits, before),
            metadata=metadata or message.metadata,
        )
        if message.to:
            self.ephemerals[self._ephemeral_index(message)] = after
        else:
            self.channel(message.channel).messages[message.ts] = after
        self.note(
            self.place(message.channel),
            f"{self.people.called(message.author)} ({message.ts}) now reads:",
            after.seen,
        )
        return after

    def delete(self, message: Message) -> None:
        """Take a message, ephemeral or not, away."""
        if message.to:
            del self.ephemerals[self._ephemeral_index(message)]
        else:
            del self.channel(message.channel).messages[message.ts]
        self.note(self.place(message.channel), f"message {message.ts} is gone")

    def whisper(self, message: Message) -> Message:
        """Show a message to one person only."""
        self.ephemerals.append(message)
        self.note(self.place(message.channel), f"only {self.people.called(message.to or '')} sees:", message.seen)
        return message

    def current(self, message: Message) -> Message:
        """The newest version of a message; LookupError if it is gone."""
        if message.to:
            return self.ephemerals[self._ephemeral_index(message)]
        try:
            return self.channel(message.channel).messages[message.ts]
        except KeyError:
            raise LookupError(f"message {message.ts} is not in {self.place(message.channel)} any more") from None

    def _ephemeral_index(self, message: Message) -> int:
        for index, each in enumerate(self.ephemerals):
            if (each.channel, each.ts) == (message.channel, message.ts):
                return index
        raise LookupError(f"ephemeral message {message.ts} is gone")

    # Triggers and response URLs

    def new_trigger(self, user: str, view: View | None = None) -> str:
        """A trigger id for `user`, good for three seconds and one use."""
        number = self.chance.randrange(10**12, 10**13)
        trigger_id = f"{number}.{self.chance.randrange(10**12, 10**13)}.{self.chance.getrandbits(128):032x}"
        until = self.clock.steady() + TRIGGER_SECONDS
        self.triggers[trigger_id] = Trigger(trigger_id, user, until, view)
        return trigger_id

    def exchange_trigger(self, trigger_id: str) -> Trigger:
        """Use a trigger up, or Slack's error about it."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self.clock.steady() >= trigger.until:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_response_url(self, kind: str, user: str, channel: str, message: Message | None = None) -> str:
        """The path of a response URL, to be put behind the server's address."""
        number = self.chance.randrange(10**12, 10**13)
        path = f"/{kind}/{TEAM}/{number}/{self.random_id('', 24)}"
        until = self.clock.steady() + RESPONSE_URL_SECONDS
        thread_ts = message.thread_ts if message else None
        self.response_urls[path] = ResponseUrl(path, user, channel, until, message, thread_ts)
        return path

    # Views

    def open_views(self, user: str) -> Iterator[View]:
        """The modals on somebody's screen, the one on top last."""
        return (view for view in self.views.values() if view.user == user and view.is_open)

    def new_hash(self) -> str:
        """Names one version of a view."""
        return f"{self.clock.now() // 1000}.{self.random_id('', 8)}"

    def show(self, user: str, spec: Json, above: View | None = None) -> View:
        """Open a modal, or push one above another."""
        view_id = self.random_id("V")
        root = above.root_id if above else view_id
        if above and sum(view.root_id == root for view in self.open_views(user)) >= VIEWS_IN_A_STACK:
            raise Refused("push_limit_reached")
        spec = spec | {"blocks": self.with_ids(spec["blocks"])}
        view = View(view_id, user, spec, self.new_hash(), root, above.id if above else None)
        self.views[view_id] = view
        self.note("modal", f"{self.people.called(user)} sees:", view.told)
        return view

    def change(self, view: View, spec: Json) -> View:
        """Give an open view, or a Home tab, other content."""
        view.change(spec | {"blocks": self.with_ids(spec["blocks"])}, self.new_hash())
        where = "modal" if view.is_modal else "home"
        self.note(where, f"{self.people.called(view.user)} now sees:", view.told)
        return view

    def close(self, view: View) -> None:
        """Take a modal off the screen; the one below it is seen again."""
        view.is_open = False
        self.note("modal", f"{view.title!r} of {self.people.called(view.user)} is closed")

    def publish(self, user: str, spec: Json) -> View:
        """Show somebody's Home tab."""
        view = self.homes.get(user)
        if view:
            return self.change(view, spec)
        view_id = self.random_id("V")
        spec = spec | {"blocks": self.with_ids(spec["blocks"])}
        self.homes[user] = view = View(view_id, user, spec, self.new_hash(), view_id)
        self.note("home", f"{self.people.called(user)} sees:", view.told)
        return view
