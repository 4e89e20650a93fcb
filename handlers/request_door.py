"""Where the form opens, however somebody asked for it: the same checks, and whoever is refused is told privately."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.channels import Membership
from bot.desk.requests import Requests
from bot.language import speaking
from bot.people import People
from bot.policy import Refusal, Rules
from bot.speech import words
from bot.speech.modals import Prefill, request_form
from handlers.forms import open_form
from handlers.whispering import whisper
from storage.ledger import OtherPayloadError

log = structlog.get_logger(__name__)

_MOST_HEARD = 1_000


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody who asks for the form, where, and with which leave to open one.

    `fill` reads what it will hold; both are asked for once it is known which language that person speaks.
    """

    person: str
    channel: str
    trigger: str
    fill: Callable[[], Prefill]
    regrets: Callable[[], Regrets]
    # The thread in which that person looks, if it is one.
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Regrets:
    """What is said where no form opens, each with the way to try once more; empty is nothing beside the refusal."""

    not_in_channel: str
    did_not_open: str
    not_learnt: str = ""


class RequestDoor:
    """Opens the form for those who may ask."""

    def __init__(
        self, slack: AsyncWebClient, *, requests: Requests, people: People, rules: Rules, background: Background
    ) -> None:
        self._slack = slack
        self._requests = requests
        self._people = people
        self._rules = rules
        self._background = background
        # Only what is told to one person hangs on it, so it need not survive this process.
        self._heard: dict[str, None] = {}

    def open(self, knock: Knock, respond: AsyncRespond) -> None:
        """Begin to open it; whoever knocked is acknowledged meanwhile."""
        if self._is_new(knock.trigger):
            self._background.start(self._open(knock, respond), name="open form")

    def _is_new(self, trigger: str) -> bool:
        """False for what is delivered once more: it has its form, or its answer."""
        if trigger in self._heard:
            return False
        self._heard[trigger] = None
        if len(self._heard) > _MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        return True

    async def _open(self, knock: Knock, respond: AsyncRespond) -> None:
        try:
            regret = await self._answer(knock)
        except sqlite3.Error:
            log.exception("refusal_not_stored")
            regret = str(words.COULD_NOT_STORE)
        except OtherPayloadError:
            # Slack never gives two commands one trigger; what was heard first stands, and was answered.
            log.warning("command_is_not_what_it_was", person=knock.person)
            regret = ""
        except Exception:
            # Whatever it was: whoever waits for the form is told that none comes.
            log.exception("form_not_made")
            regret = str(words.WENT_WRONG)
        if regret:
            await whisper(respond, regret, thread_ts=knock.thread_ts)

    async def _answer(self, knock: Knock) -> str:
        """Open the form in that person's language, or say why it is not open."""
        standing = await self._requests.standing(knock.person, knock.channel, knock.trigger)
        # The look-up above brought the language along.
        with speaking(await self._people.language(knock.person)):
            return await self._regret(knock, standing.refused, standing.membership)

    async def _regret(self, knock: Knock, refused: Refusal | None, membership: Membership) -> str:
        """Open the form for whoever may ask; the others are told their own reason."""
        if membership is Membership.OUT:
            return knock.regrets().not_in_channel
        if refused is not None:
            # The refusal itself is told with its reason; what was typed must not be lost.
            return knock.regrets().not_learnt if refused in {Refusal.NOT_LEARNT, Refusal.GROUP_NOT_LEARNT} else ""
        form = request_form(knock.fill(), most=self._rules.max_amount, countries=self._rules.countries)
        return "" if await open_form(self._slack, knock.trigger, form) else knock.regrets().did_not_open


def is_direct(channel: str, name: str) -> bool:
    """A direct or group message: nobody there can approve. Some group messages have a channel's id."""
    return not channel.startswith(("C", "G")) or name == "directmessage" or name.startswith("mpdm-")
