"""`/payout`: acknowledged at once; the form opens while its trigger lives (3 s)."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.channels import Membership
from bot.desk.brake import BrakeDesk, Pull
from bot.desk.inquiries import Inquiries
from bot.desk.requests import Requests
from bot.language import Language, speaking
from bot.parsing import clean_text, read_command
from bot.people import People
from bot.policy import Refusal, Rules
from bot.speech import words
from bot.speech.modals import LONGEST_REASON, Prefill, request_form
from handlers.forms import open_form
from handlers.whispering import whisper
from storage.payout import Hold, Sort

log = structlog.get_logger(__name__)

_HELP = frozenset({"help", "?"})
_INQUIRIES = frozenset({"status", "list", "policy"})
_BRAKE = {"pause": Sort.PAUSE, "resume": Sort.RESUME}
# The same in French; a word of one language is no word of the other.
_FRENCH = {
    "aide": "help",
    "statut": "status",
    "liste": "list",
    "règles": "policy",
    "regles": "policy",
    "suspendre": "pause",
    "reprendre": "resume",
}

_MOST_HEARD = 1_000
_LONGEST_COMMAND = 2_000


class PayoutCommand:
    """Hears the command."""

    def __init__(  # noqa: PLR0913 - the command leads to every desk
        self,
        slack: AsyncWebClient,
        *,
        requests: Requests,
        people: People,
        brake: BrakeDesk,
        inquiries: Inquiries,
        rules: Rules,
        background: Background,
    ) -> None:
        self._slack = slack
        self._requests = requests
        self._people = people
        self._brake = brake
        self._inquiries = inquiries
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
        typed = text.split(maxsplit=1)[0] if text else ""
        rest = text[len(typed) :]
        word = unicodedata.normalize("NFC", typed).lower()
        # Slack is not asked before it has its answer: the word says what is spoken, else what was learnt before.
        language = Language.FRENCH if word in _FRENCH else self._people.known_language(str(body["user_id"]))
        with speaking(language):
            await self._hear(ack, body, (_FRENCH.get(word, word), rest, text), respond)

    async def _hear(
        self, ack: AsyncAck, body: Mapping[str, Any], heard: tuple[str, str, str], respond: AsyncRespond
    ) -> None:
        word, rest, text = heard
        if word in _HELP:
            await ack(words.HELP.format(approvers=words.mentions(self._rules.approvers)))
        elif word in _INQUIRIES:
            await ack()
            self._background.start(self._answer(word, body, rest, respond), name="answer inquiry")
        elif word in _BRAKE:
            await ack(await self._pull(_BRAKE[word], body, rest))
        elif not str(body.get("channel_id", "")).startswith(("C", "G")) or _is_direct(body):
            await ack(words.HERE_NO_PAYOUTS_DIRECT.format(bot=self._people.bot_name))
        else:
            await ack()
            if self._is_new(str(body["trigger_id"])):
                self._background.start(self._open_form(body, text, respond), name="open form")

    async def _answer(self, word: str, body: Mapping[str, Any], rest: str, respond: AsyncRespond) -> None:
        """Tell this person alone what they ask."""
        with speaking(await self._people.language(str(body["user_id"]))):
            await self._answer_in_their_language(word, body, rest.strip(), respond)

    async def _answer_in_their_language(
        self, word: str, body: Mapping[str, Any], asked: str, respond: AsyncRespond
    ) -> None:
        person, channel = str(body["user_id"]), str(body["channel_id"])
        if word == "policy":
            await whisper(respond, await self._inquiries.policy(person, channel))
        elif word == "list":
            await whisper(respond, await self._inquiries.latest(person))
        elif not asked:
            await whisper(respond, words.STATUS_EXAMPLE)
        else:
            await whisper(respond, await self._inquiries.status(person, asked))

    async def _pull(self, sort: Sort, body: Mapping[str, Any], text: str) -> str:
        """Store what is wanted of the brake before it is acknowledged; the worker answers."""
        reason = clean_text(text, LONGEST_REASON)
        if sort is Sort.PAUSE and not reason:
            return str(words.PAUSE_NEEDS_REASON)
        pull = Pull(str(body["channel_id"]), Hold.ALL, reason)
        try:
            await self._brake.receive(sort, str(body["user_id"]), str(body["trigger_id"]), pull)
        except sqlite3.Error:
            log.exception("brake_not_stored")
            return str(words.COULD_NOT_STORE)
        return str(words.BRAKE_HEARD)

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
            refused, membership = await self._requests.refusal(person, channel, trigger)
        except sqlite3.Error:
            log.exception("refusal_not_stored")
            await whisper(respond, words.COULD_NOT_STORE)
            return
        # The look-up above brought it along.
        with speaking(await self._people.language(person)):
            if membership is Membership.OUT:
                await whisper(respond, words.BOT_NOT_IN_CHANNEL.format(bot=self._people.bot_name))
            elif refused is None:
                await self._open(trigger, text, channel, respond)
            elif refused in {Refusal.NOT_LEARNT, Refusal.GROUP_NOT_LEARNT}:
                # The refusal itself is told with its reason; what was typed must not be lost.
                await whisper(respond, words.TYPED_SO_FAR.format(command=_command(text)))

    async def _open(self, trigger: str, text: str, channel: str, respond: AsyncRespond) -> None:
        draft = read_command(text, self._rules.countries)
        form = request_form(Prefill(draft, channel), most=self._rules.max_amount, countries=self._rules.countries)
        if not await open_form(self._slack, trigger, form):
            await whisper(respond, words.MODAL_DID_NOT_OPEN.format(command=_command(text)))


def _command(text: str) -> str:
    """The command as it was typed, on one line, to be copied and sent again."""
    return words.typed(clean_text(f"/payout {text}", _LONGEST_COMMAND))


def _is_direct(body: Mapping[str, Any]) -> bool:
    """A direct or group message: nobody there can approve."""
    name = str(body.get("channel_name", ""))
    return name == "directmessage" or name.startswith("mpdm-")
