"""*Refund* in a message's menu: acknowledged at once; the form opens with what the message surely says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.background import Background
from bot.language import speaking
from bot.message_reader import read_message
from bot.parsing import is_message_ts
from bot.people import People
from bot.policy import Rules
from bot.speech import words
from bot.speech.modals import Carried, Prefill
from handlers.request_door import Knock, Regrets, RequestDoor, is_direct
from handlers.whispering import whisper

CALLBACK = "refund"


class RefundShortcut:
    """Hears the shortcut: a command does not reach into threads, where the customer's case usually is."""

    def __init__(self, door: RequestDoor, *, people: People, rules: Rules, background: Background) -> None:
        self._door = door
        self._people = people
        self._rules = rules
        self._background = background

    def register(self, app: AsyncApp) -> None:
        """Listen for the shortcut."""
        app.message_shortcut(CALLBACK)(self.hear)

    async def hear(self, ack: AsyncAck, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        """Acknowledge, then open the form; of the message only number, amount, order and its place are kept."""
        await ack()
        person, channel, message = str(body["user"]["id"]), body.get("channel") or {}, body.get("message") or {}
        ts, thread_ts = _ts(message.get("ts")), _ts(message.get("thread_ts"))
        where = Carried(str(channel.get("id", "")), source_ts=ts, source_thread_ts=thread_ts)
        if is_direct(where.channel, str(channel.get("name", ""))):
            self._background.start(self._send_away(person, respond, thread_ts), name="answer shortcut")
            return

        def fill() -> Prefill:
            reading = read_message(_seen_text(message), self._rules.countries)
            return Prefill(reading.draft, where, order=reading.order)

        self._door.open(Knock(person, where.channel, str(body["trigger_id"]), fill, self._regrets, thread_ts), respond)

    def _regrets(self) -> Regrets:
        not_in_channel = words.BOT_NOT_IN_CHANNEL_SHORTCUT.format(bot=self._people.bot_name)
        return Regrets(not_in_channel, str(words.SHORTCUT_DID_NOT_OPEN))

    async def _send_away(self, person: str, respond: AsyncRespond, thread_ts: str | None) -> None:
        """Nobody could approve here: say where somebody can."""
        with speaking(await self._people.language(person)):
            direct = words.HERE_NO_PAYOUTS_DIRECT.format(bot=self._people.bot_name)
            await whisper(respond, direct, thread_ts=thread_ts)


def _seen_text(message: Mapping[str, Any]) -> str:
    """What people see of a message; of one that an app drew with blocks, `text` stands on no screen."""
    blocks = message.get("blocks") or ()
    drawn = bool(blocks) and (message.get("bot_id") or message.get("app_id"))
    if drawn or any(block.get("type") != "rich_text" for block in blocks):
        return ""
    return str(message.get("text") or "")


def _ts(given: object) -> str | None:
    """A message's id as Slack writes it; what looks otherwise is dropped."""
    return given if isinstance(given, str) and is_message_ts(given) else None
