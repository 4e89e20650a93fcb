"""`/payout`: acknowledged at once; the form opens while its trigger lives (3 s)."""

from __future__ import annotations

import difflib
import re
import sqlite3
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.background import Background
from bot.desk.brake import BrakeDesk, Pull
from bot.desk.inquiries import Inquiries
from bot.language import Language, speaking, spoken
from bot.message_reader import is_blank, read_typed
from bot.parsing import clean_text
from bot.people import People
from bot.policy import Refusal, Rules, may_brake
from bot.speech import replies, words
from bot.speech.modals import LONGEST_REASON, Carried, Prefill
from handlers.request_door import Knock, Regrets, RequestDoor, is_direct
from handlers.whispering import whisper
from storage.ledger import OtherPayloadError
from storage.payout import Hold, Sort

log = structlog.get_logger(__name__)

_HELP = frozenset({"help", "?"})
_INQUIRIES = frozenset({"status", "list", "policy"})
_BRAKE = {"pause": Sort.PAUSE, "resume": Sort.RESUME}
# The same in French; a word of one language is no word of the other.
FRENCH = {
    "aide": "help",
    "statut": "status",
    "liste": "list",
    "règles": "policy",
    "regles": "policy",
    "suspendre": "pause",
    "reprendre": "resume",
}

# No words of the command's own: there are buttons for them, and whoever types one is told where.
_BUTTONS = {
    **dict.fromkeys(("cancel", "stop", "annuler", "arrêter", "arreter"), words.CANCEL_WHERE),
    **dict.fromkeys(("approve", "reject", "resolve"), words.DECIDE_WHERE),
    **dict.fromkeys(("approuver", "valider", "rejeter", "refuser", "résoudre", "resoudre"), words.DECIDE_WHERE),
}

# What people type alone for one of the words above, in either language.
_OTHER_NAMES = {
    **dict.fromkeys(("history", "payouts", "mine"), "list"),
    **dict.fromkeys(("rules", "limits", "limit", "balance", "whoami"), "policy"),
    **dict.fromkeys(("historique", "paiements"), "liste"),
    **dict.fromkeys(("politique", "limites", "limite", "plafond", "plafonds", "solde"), "règles"),
}

# As alike must a word be to one of these, and as short, to be taken for a slip of the finger and not for a reason.
_ALIKE, _LONGEST_WORD = 0.75, 10
_LONGEST_COMMAND = 2_000
_PAYOUT = re.compile(r"\bP-[0-9A-Z]{5}\b", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A command's first word, in English; what follows it; all of it; and the language that the word belongs to."""

    word: str
    rest: str
    text: str
    typed_in: Language | None


class PayoutCommand:
    """Hears the command."""

    def __init__(
        self,
        door: RequestDoor,
        *,
        people: People,
        brake: BrakeDesk,
        inquiries: Inquiries,
        rules: Rules,
        background: Background,
    ) -> None:
        self._door = door
        self._people = people
        self._brake = brake
        self._inquiries = inquiries
        self._rules = rules
        self._background = background

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
        typed_in = Language.FRENCH if word in FRENCH else None
        with speaking(typed_in or self._people.known_language(str(body["user_id"]))):
            await self._hear(ack, body, _Heard(FRENCH.get(word, word), rest, text, typed_in), respond)

    async def _hear(self, ack: AsyncAck, body: Mapping[str, Any], heard: _Heard, respond: AsyncRespond) -> None:
        word, rest, text = heard.word, heard.rest, heard.text
        if word in _HELP:
            await ack(replies.usage(self._rules.approvers))
        elif word in _INQUIRIES:
            await ack()
            self._background.start(self._answer(heard, body, rest, respond), name="answer inquiry")
        elif word == "pause" and not clean_text(rest, LONGEST_REASON):
            await ack()
            self._background.start(self._ask_why(heard, str(body["user_id"]), respond), name="ask why")
        elif word in _BRAKE:
            await ack(await self._pull(_BRAKE[word], body, rest))
        elif word in _BUTTONS and (not rest.strip() or _PAYOUT.search(text)):
            await ack()
            asked = found[0] if (found := _PAYOUT.search(text)) else ""
            self._background.start(self._answer(heard, body, asked, respond), name="answer inquiry")
        elif (payout := self._asked_about(text)) is not None:
            await ack()
            asking = replace(heard, word="status")
            self._background.start(self._answer(asking, body, payout, respond), name="answer inquiry")
        elif (meant := _meant(text)) is not None:
            await ack(words.DID_YOU_MEAN.format(word=meant))
        elif is_direct(str(body.get("channel_id", "")), str(body.get("channel_name", ""))):
            await ack(words.HERE_NO_PAYOUTS_DIRECT.format(bot=self._people.bot_name))
        else:
            await ack()
            self._open_form(body, text, respond)

    def _asked_about(self, text: str) -> str | None:
        """The payout that is named by whoever names neither a number nor an amount, in whatever words."""
        found = _PAYOUT.search(text)
        if found is None:
            return None
        draft = read_typed(text.replace(found[0], ""), self._rules.countries)
        return found[0] if is_blank(draft) else None

    async def _language(self, heard: _Heard, person: str) -> Language:
        """What this person is answered in: the language of the word that they typed, else their Slack's."""
        return heard.typed_in or await self._people.language(person)

    async def _ask_why(self, heard: _Heard, person: str, respond: AsyncRespond) -> None:
        """A reason is missing; whoever may not pause at all is told that, and not sent to look for one."""
        refused = may_brake(await self._people.who(person))
        with speaking(await self._language(heard, person)):
            if refused is None or refused in {Refusal.NOT_LEARNT, Refusal.GROUP_NOT_LEARNT}:
                await whisper(respond, words.PAUSE_NEEDS_REASON)
                return
            who = words.WHO_MAY_DECIDE.format(approvers=words.mentions(self._rules.approvers))
            why = words.refusal(refused, self._rules.channels)
            await whisper(respond, words.BRAKE_REFUSED.format(why=why, who=who))

    async def _answer(self, heard: _Heard, body: Mapping[str, Any], rest: str, respond: AsyncRespond) -> None:
        """Tell this person alone what they ask."""
        with speaking(await self._language(heard, str(body["user_id"]))):
            await self._answer_in_their_language(heard.word, body, rest.strip(), respond)

    async def _answer_in_their_language(
        self, word: str, body: Mapping[str, Any], asked: str, respond: AsyncRespond
    ) -> None:
        person, channel = str(body["user_id"]), str(body["channel_id"])
        if word == "policy":
            await whisper(respond, await self._inquiries.policy(person, channel))
        elif word == "list":
            await whisper(respond, await self._inquiries.latest(person))
        elif word in _BUTTONS:
            standing = [await self._inquiries.status(person, asked)] if asked else []
            await whisper(respond, "\n".join([*standing, str(_BUTTONS[word])]))
        elif not asked:
            await whisper(respond, words.STATUS_EXAMPLE)
        else:
            await whisper(respond, await self._inquiries.status(person, asked))

    async def _pull(self, sort: Sort, body: Mapping[str, Any], text: str) -> str:
        """Store what is wanted of the brake before it is acknowledged; the worker answers."""
        pull = Pull(str(body["channel_id"]), Hold.ALL, clean_text(text, LONGEST_REASON))
        try:
            await self._brake.receive(sort, str(body["user_id"]), str(body["trigger_id"]), pull)
        except OtherPayloadError:
            # Slack never gives two commands one trigger; what was heard first stands.
            log.warning("command_is_not_what_it_was", person=body["user_id"])
        except sqlite3.Error:
            log.exception("brake_not_stored")
            return str(words.COULD_NOT_STORE)
        return str(words.BRAKE_HEARD)

    def _open_form(self, body: Mapping[str, Any], text: str, respond: AsyncRespond) -> None:
        channel = str(body["channel_id"])

        def fill() -> Prefill:
            return Prefill(read_typed(text, self._rules.countries), Carried(channel))

        def regrets() -> Regrets:
            return Regrets(
                not_in_channel=words.BOT_NOT_IN_CHANNEL.format(bot=self._people.bot_name),
                did_not_open=words.MODAL_DID_NOT_OPEN.format(command=_command(text)),
                not_learnt=words.TYPED_SO_FAR.format(command=_command(text)),
            )

        self._door.open(Knock(str(body["user_id"]), channel, str(body["trigger_id"]), fill, regrets), respond)


def _meant(text: str) -> str | None:
    """The command's word that a single other one means or is most like; None for what may be a request or a reason."""
    word, *rest = unicodedata.normalize("NFC", text).lower().split() or [""]
    if not word.isalpha() or len(word) > _LONGEST_WORD or re.search("[0-9]", text):
        return None
    if not rest and word in _OTHER_NAMES:
        return _OTHER_NAMES[word]
    english, french = ["help", *sorted(_INQUIRIES), *_BRAKE], list(FRENCH)
    if rest:
        # A pause has its reason behind it, and must not become a payout's.
        english, french = list(_BRAKE), [name for name in FRENCH if FRENCH[name] in _BRAKE]
    ways = (french, english) if spoken() is Language.FRENCH else (english, french)
    found = (difflib.get_close_matches(word, way, n=1, cutoff=_ALIKE) for way in ways)
    return next((match for matches in found for match in matches), None)


def _command(text: str) -> str:
    """The command as it was typed, on one line, to be copied and sent again."""
    return words.typed(clean_text(f"/payout {text}", _LONGEST_COMMAND))
