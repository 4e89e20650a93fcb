"""`/payout`: acknowledged at once; the form opens while its trigger lives (3 s)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.channels import Channels, Membership
from bot.desk.requests import Requests
from bot.parsing import clean_text, read_command
from bot.people import People
from bot.policy import Refusal, Rules
from bot.speech import words
from bot.speech.modals import request_form

log = structlog.get_logger(__name__)

_HELP = frozenset({"help", "aide", "?"})
_NOT_BUILT_YET = frozenset({"status", "list", "pause", "resume", "policy"})

# Slack's word that this trigger opened a form before: the command came twice, perhaps to two processes.
_OPENED_ALREADY = "exchanged_trigger_id"
_MOST_HEARD = 1_000
_LONGEST_COMMAND = 2_000


class PayoutCommand:
    """Hears the command."""

    def __init__(
        self,
        slack: AsyncWebClient,
        *,
        requests: Requests,
        people: People,
        channels: Channels,
        rules: Rules,
        background: Background,
    ) -> None:
        self._slack = slack
        self._requests = requests
        self._people = people
        self._channels = channels
        self._rules = rules
        self._background = background
        # Only what is told to one person hangs on it, so it need not survive this process.
        self._heard: dict[str, None] = {}

    def register(self, app: AsyncApp) -> None:
        """Listen for `/payout`."""
        app.command("/payout")(self.hear)

    async def hear(self, ack: AsyncAck, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        """Answer what needs no asking; open the form for the rest."""
        text = str(body.get("text") or "").strip()
        word = text.split(maxsplit=1)[0].lower() if text else ""
        if word in _HELP:
            await ack(words.HELP.format(approvers=words.mentions(self._rules.approvers)))
        elif word in _NOT_BUILT_YET:
            await ack(words.NOT_BUILT_YET.format(word=word))
        elif not str(body.get("channel_id", "")).startswith(("C", "G")) or _is_direct(body):
            await ack(words.HERE_NO_PAYOUTS_DIRECT.format(bot=self._people.bot_name))
        else:
            await ack()
            if self._is_new(str(body["trigger_id"])):
                self._background.start(self._open_form(body, text, respond), name="open form")

    def _is_new(self, trigger: str) -> bool:
        """False for a command that is delivered once more: it has its form, or its answer."""
        if trigger in self._heard:
            return False
        self._heard[trigger] = None
        if len(self._heard) > _MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        return True

    async def _open_form(self, body: Mapping[str, Any], text: str, respond: AsyncRespond) -> None:
        person, channel, trigger = str(body["user_id"]), str(body["channel_id"]), str(body["trigger_id"])
        try:
            membership, refused = await asyncio.gather(
                self._channels.membership(channel), self._requests.refusal(person, channel, trigger)
            )
        except sqlite3.Error:
            log.exception("refusal_not_stored")
            await respond(words.COULD_NOT_STORE)
            return
        if membership is Membership.OUT:
            await respond(words.BOT_NOT_IN_CHANNEL.format(bot=self._people.bot_name))
        elif refused is None:
            await self._open(trigger, text, channel, respond)
        elif refused is Refusal.NOT_LEARNT:
            # The refusal itself is told with its reason; what was typed must not be lost.
            await respond(words.TYPED_SO_FAR.format(command=_command(text)))

    async def _open(self, trigger: str, text: str, channel: str, respond: AsyncRespond) -> None:
        draft = read_command(text, self._rules.countries)
        form = request_form(draft, channel, most=self._rules.max_amount, countries=self._rules.countries)
        try:
            await self._slack.views_open(trigger_id=trigger, view=form)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(error, SlackApiError) and error.response.get("error") == _OPENED_ALREADY:
                return
            log.warning("form_did_not_open", why=type(error).__name__)
            await respond(words.MODAL_DID_NOT_OPEN.format(command=_command(text)))


def _command(text: str) -> str:
    """The command as it was typed, on one line, to be copied and sent again."""
    return words.typed(clean_text(f"/payout {text}", _LONGEST_COMMAND))


def _is_direct(body: Mapping[str, Any]) -> bool:
    """A direct or group message: nobody there can approve."""
    name = str(body.get("channel_name", ""))
    return name == "directmessage" or name.startswith("mpdm-")
