"""Slack without a network: a workspace, its Web API and people's hands, driven by an injected clock."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Self, TypedDict, TypeVar, Unpack

from bot.clock import SystemClock
from bot.sandbox import PATIENCE
from bot.sandbox.slack.answers import receive_response
from bot.sandbox.slack.api import WebApi
from bot.sandbox.slack.delivery import ACK_SECONDS, Post
from bot.sandbox.slack.hands import Hands
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.people import BOT_USER
from bot.sandbox.slack.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.clock import Clock
    from bot.sandbox.slack.api import Call
    from bot.sandbox.slack.channels import Message
    from bot.sandbox.slack.delivery import Carrier, Delivered
    from bot.sandbox.slack.hands import ClickResult, CommandAnswer, SubmissionResult
    from bot.sandbox.slack.reading import Json
    from bot.sandbox.slack.views import View

S = TypeVar("S")
T = TypeVar("T")


class Parts(TypedDict, total=False):
    """What a test or a simulator may want to own; everything has a default."""

    clock: Clock
    chance: random.Random
    bot_token: str
    app_token: str
    signing_secret: str
    ack_seconds: float


class Slack:
    """The whole of it; a simulator sets `carrier` and calls `call`, a server puts both on the wire."""

    def __init__(self, **parts: Unpack[Parts]) -> None:
        self.clock = parts.get("clock") or SystemClock()
        self.chance = parts.get("chance") or random.Random()  # noqa: S311 - a stand-in has nothing to guess at
        self.signing_secret = parts.get("signing_secret", "test-signing-secret")
        self.workspace = Workspace(self.clock, self.chance)
        bot_token, app_token = parts.get("bot_token", "xoxb-test"), parts.get("app_token", "xapp-test")
        self.api = WebApi(self.workspace, bot_token, app_token)
        self.post = Post(self.clock, self.workspace.changed, parts.get("ack_seconds", ACK_SECONDS))
        self.payloads = Payloads(self.workspace, "http://slack.example")
        self.hands = Hands(self.workspace, self.payloads, self.post)

    # The bot's side

    @property
    def carrier(self) -> Carrier:
        """What brings deliveries to the bot."""
        return self.post.carrier

    @carrier.setter
    def carrier(self, carrier: Carrier) -> None:
        self.post.carrier = carrier

    def call(self, method: str, token: str | None, args: Json) -> Json:
        """One call of the Web API."""
        return self.api.call(method, token, args)

    def respond(self, path: str, body: Json) -> tuple[int, Json]:
        """One post to a response URL."""
        return receive_response(self.workspace, path, body)

    # The people's side

    async def command(self, user: str, channel: str, text: str, name: str = "/payout") -> CommandAnswer:
        """Type a slash command."""
        return await self.hands.command(user, channel, text, name)

    async def shortcut(self, user: str, message: Message, callback_id: str = "refund") -> ClickResult:
        """Choose a shortcut of the app in a message's menu."""
        return await self.hands.shortcut(user, message, callback_id)

    async def submit(
        self, modal: View, values: Mapping[str, str | Sequence[str] | None] | None = None
    ) -> SubmissionResult:
        """Fill a modal in, by block_id, action_id or label, and submit it; other fields stay as they are."""
        return await self.hands.submit(modal, values or {})

    async def close(self, modal: View) -> ClickResult | None:
        """Leave a modal without submitting it."""
        return await self.hands.close(modal)

    async def click(
        self, user: str, place: Message | View, name: str, *, confirm: bool = False, choose: str | None = None
    ) -> ClickResult:
        """Click a button by action_id, text or the beginning of either; `confirm` goes through the dialog."""
        return await self.hands.click(user, place, name, confirm=confirm, choose=choose)

    async def open_home(self, user: str) -> ClickResult:
        """Look at the app's Home tab."""
        return await self.hands.open_home(user)

    async def replay(self, earlier: Delivered, *, retry_num: int | None = 1) -> Delivered:
        """Deliver an earlier payload once more; `retry_num=None` leaves the retry headers out."""
        return await self.post.replay(earlier, retry_num=retry_num)

    # What is to be seen

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API, in order."""
        return self.api.calls

    @property
    def deliveries(self) -> list[Delivered]:
        """Everything that was delivered to the bot, in order of its end."""
        return self.post.delivered

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """A channel's messages in their current version: replies of one thread, or all outside threads."""
        found = self.workspace.channel(channel).messages.values()
        if thread_ts is None:
            return [each for each in found if each.thread_ts in (None, each.ts)]
        return [each for each in found if each.thread_ts == thread_ts and each.ts != thread_ts]

    def all_messages(self) -> list[Message]:
        """All messages everywhere, ephemeral ones too, oldest first."""
        posted = [each for channel in self.workspace.channels.values() for each in channel.messages.values()]
        return sorted([*posted, *self.workspace.ephemerals], key=lambda each: each.ts)

    def ephemerals(self, user: str) -> list[Message]:
        """What only this person sees, in any channel."""
        return [each for each in self.workspace.ephemerals if each.to == user]

    def direct_messages(self, user: str) -> list[Message]:
        """What the bot wrote to this person directly."""
        found = self.workspace.channel(self.workspace.dm(user)).messages.values()
        return [each for each in found if each.author == BOT_USER]

    def modals(self, user: str) -> list[View]:
        """The modals on this person's screen, the one on top last."""
        return list(self.workspace.open_views(user))

    def home(self, user: str) -> View | None:
        """This person's Home tab."""
        return self.workspace.homes.get(user)

    def transcript(self) -> str:
        """What everyone saw, in order."""
        return str(self.workspace.journal)

    # Waiting

    async def wait_for(
        self,
        condition: Callable[[Self], T | None],
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the failure must tell the story
        what: str = "the condition",
    ) -> T:
        """What `condition` gives once it is true, asked again at each change; a LookupError means not yet."""
        happened = asyncio.Event()
        self.workspace.watch(happened.set)
        try:
            async with asyncio.timeout(timeout):
                while not (found := _or_none(condition, self)):
                    happened.clear()
                    await happened.wait()
        except TimeoutError:
            # Half a character may have been posted, and no report could be written of it.
            seen = self.transcript().encode(errors="backslashreplace").decode()
            raise AssertionError(f"waited {timeout} s in vain for {what}; this is what was seen:\n{seen}") from None
        finally:
            self.workspace.unwatch(happened.set)
        return found

    async def wait_for_modal(self, user: str, title: str = "", timeout: float = PATIENCE) -> View:  # noqa: ASYNC109 - as above
        """The modal on top of this person's screen, once there is one whose title begins so."""

        def on_top(slack: Self) -> View | None:
            found = slack.modals(user)
            return found[-1] if found and found[-1].title.startswith(title) else None

        return await self.wait_for(on_top, timeout, f"a modal {title!r} for {user}")

    async def wait_for_message(
        self,
        channel: str,
        words: str,
        *,
        thread_ts: str | None = None,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - as above
    ) -> Message:
        """The newest message of a channel or thread with these words in its current version."""

        def with_words(slack: Self) -> Message | None:
            found = [each for each in slack.messages(channel, thread_ts) if words in each.words]
            return found[-1] if found else None

        return await self.wait_for(with_words, timeout, f"a message with {words!r} in {channel}")


def _or_none(condition: Callable[[S], T | None], slack: S) -> T | None:
    try:
        return condition(slack)
    except LookupError:
        return None
