"""Every button on a payout's messages, and the forms that some open: stored, acknowledged, decided by the worker."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.clock import MINUTE
from bot.crashpoints import Point, may_die
from bot.desk.brake import BrakeDesk, Pull
from bot.desk.decisions import Click, Decisions
from bot.desk.resolution import Resolution, Resolve
from bot.language import speaking
from bot.parsing import Amount, Draft, Number, clean_text
from bot.people import People
from bot.policy import Rules, is_resolvable, unpaid_sayable_from
from bot.speech import words
from bot.speech.blocks import Button
from bot.speech.modals import (
    LONGEST_REASON,
    REJECTION,
    RESOLUTION,
    Carried,
    Field,
    Prefill,
    carried_by,
    language_of_form,
    read_finding,
    read_rejection,
    rejection_form,
    request_form,
    resolution_form,
)
from bot.speech.sentences import Sentence
from handlers.forms import open_form
from handlers.whispering import whisper
from storage.ledger import Ledger, OtherPayloadError
from storage.payout import Finding, Hold, Record, Sort, Way

log = structlog.get_logger(__name__)

_DECISIONS = {
    Button.APPROVE: Sort.APPROVE,
    Button.REJECT: Sort.ASK_TO_REJECT,
    Button.CANCEL: Sort.CANCEL,
    Button.STOP: Sort.STOP,
}
_RESOLUTIONS = {
    Button.RESOLVE: Sort.ASK_TO_RESOLVE,
    Button.CONFIRM: Sort.CONFIRM,
    Button.ASK_AGAIN: Sort.ASK_AGAIN,
    Button.ASK_DIRECTLY: Sort.ASK_DIRECTLY,
}
# Of the others nothing is said before the worker decides.
_ANSWERED_AT_ONCE = frozenset({Button.REJECT, Button.RESOLVE, Button.ASK_DIRECTLY, Button.CORRECT, Button.TRY_NOW})
# Bolt tries one listener after another, and takes its time for each: a listener for every button would cost more.
_ANY = re.compile(rf"\A(?:{'|'.join(Button)})\Z")


class Buttons:
    """Hears clicks."""

    def __init__(  # noqa: PLR0913 - every desk has a button
        self,
        slack: AsyncWebClient,
        ledger: Ledger,
        *,
        decisions: Decisions,
        resolution: Resolution,
        brake: BrakeDesk,
        people: People,
        rules: Rules,
        background: Background,
        timezone: ZoneInfo,
    ) -> None:
        self._slack = slack
        self._ledger = ledger
        self._decisions = decisions
        self._resolution = resolution
        self._brake = brake
        self._people = people
        self._rules = rules
        self._background = background
        self._timezone = timezone

    def register(self, app: AsyncApp) -> None:
        """Listen for every button and for the forms they open."""
        app.action(_ANY)(self.hear)
        app.view(REJECTION)(self.hear_rejection)
        app.view(RESOLUTION)(self.hear_resolution)

    async def hear(self, ack: AsyncAck, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        """Store the click, acknowledge it, and open a form where one is needed."""
        pressed = _pressed(body)
        try:
            is_new = await self._store(pressed)
            may_die(Point.CLICK_STORED)
        except OtherPayloadError:
            # One click is one button: whatever else claims to be it was not clicked.
            log.warning("click_is_another", person=pressed.person)
            is_new = False
        except sqlite3.Error:
            log.exception("click_not_stored")
            with speaking(self._people.known_language(pressed.person)):
                await whisper(respond, words.COULD_NOT_STORE)
            is_new = False
        await ack()
        if is_new and pressed.button in _ANSWERED_AT_ONCE:
            self._background.start(self._open_form(pressed, str(body["trigger_id"]), respond), name="open form")

    async def _store(self, pressed: _Pressed) -> bool:
        person, occasion = pressed.person, pressed.occasion
        if pressed.button in _DECISIONS:
            return await self._decisions.receive(_DECISIONS[pressed.button], person, occasion, pressed.click())
        if pressed.button in _RESOLUTIONS:
            return await self._resolution.receive(_RESOLUTIONS[pressed.button], person, occasion, pressed.resolve())
        record = self._ledger.record(pressed.payout)
        if pressed.button is Button.TRY_NOW and record is not None:
            pull = Pull(pressed.channel, Hold(record.payout.way.endpoint), payout=pressed.payout)
            return await self._brake.receive(Sort.TRY_NOW, person, occasion, pull)
        # It opens a form and stores nothing: who may not is refused with the form. Or there is no such payout.
        return True

    # Forms

    async def _open_form(self, pressed: _Pressed, trigger: str, respond: AsyncRespond) -> None:
        record = self._ledger.record(pressed.payout)
        if record is None:
            await self._say_unknown(pressed, respond)
            return
        if not await self._may_open(pressed):
            return
        with speaking(await self._people.language(pressed.person)):
            if pressed.button is Button.CORRECT and record.relatives:
                await whisper(respond, words.followed(pressed.payout, record.relatives[0]))
            elif not await open_form(self._slack, trigger, self._form(pressed, record)):
                await whisper(respond, words.BUTTON_FORM_DID_NOT_OPEN.format(payout=pressed.payout))

    async def _say_unknown(self, pressed: _Pressed, respond: AsyncRespond) -> None:
        """The message is from before the ledger was restored; of a click that was stored the worker says so."""
        if pressed.button in _DECISIONS or pressed.button in _RESOLUTIONS:
            return
        with speaking(await self._people.language(pressed.person)):
            await whisper(respond, words.UNKNOWN_PAYOUT.format(payout=pressed.payout))

    async def _may_open(self, pressed: _Pressed) -> bool:
        """Whether this button opens a form for this person; who may not is told why by the worker."""
        if pressed.button is Button.REJECT:
            return await self._decisions.may_open_rejection(pressed.person, pressed.click())
        if pressed.button is Button.RESOLVE:
            return await self._resolution.may_open(pressed.person, pressed.resolve())
        if pressed.button is Button.ASK_DIRECTLY:
            return await self._resolution.may_ask_directly(pressed.person, pressed.resolve())
        return pressed.button is Button.CORRECT

    def _form(self, pressed: _Pressed, record: Record) -> dict[str, Any]:
        if pressed.button is Button.REJECT:
            return rejection_form(record.payout, pressed.click().to_json())
        if pressed.button is Button.RESOLVE:
            return resolution_form(record, pressed.resolve().to_json(), self._timezone)
        return request_form(_prefill(record, pressed), most=self._rules.max_amount, countries=self._rules.countries)

    async def hear_rejection(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Store the rejection with its reason, then close the form."""
        with speaking(language_of_form(body["view"])):
            await self._hear_rejection(ack, body)

    async def _hear_rejection(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        view = body["view"]
        reason = clean_text(read_rejection(view), LONGEST_REASON)
        if not reason:
            await _ack_problem(ack, Field.REASON, words.REASON_MISSING.format(example=words.REJECT_EXAMPLE))
            return
        asked = Click.from_json(carried_by(view))
        click = Click(asked.payout, asked.attempt, asked.channel, reason)
        try:
            await self._decisions.receive(Sort.REJECT, str(body["user"]["id"]), str(view["id"]), click)
        except OtherPayloadError:
            await _ack_problem(ack, Field.REASON, words.SENT_ALREADY_REASON)
            return
        except sqlite3.Error:
            log.exception("rejection_not_stored")
            await _ack_problem(ack, Field.REASON, words.COULD_NOT_STORE)
            return
        await ack()

    async def hear_resolution(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Store the finding with its reason, then close the form."""
        with speaking(language_of_form(body["view"])):
            await self._hear_resolution(ack, body)

    async def _hear_resolution(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        view = body["view"]
        finding, typed = read_finding(view)
        reason = clean_text(typed, LONGEST_REASON)
        if finding is None:
            example = words.FINDING_LABELS[Finding.PAID]
            await _ack_problem(ack, Field.FINDING, words.FINDING_MISSING.format(example=example))
            return
        if not reason:
            await _ack_problem(ack, Field.REASON, words.REASON_MISSING.format(example=words.RESOLVE_EXAMPLE))
            return
        asked = Resolve.from_json(carried_by(view))
        resolve = Resolve(asked.payout, asked.attempt, asked.channel, finding, reason)
        too_early = self._too_early(resolve)
        if too_early is not None:
            await _ack_problem(ack, Field.FINDING, too_early)
            return
        try:
            await self._resolution.receive(Sort.PROPOSE, str(body["user"]["id"]), str(view["id"]), resolve)
        except OtherPayloadError:
            await _ack_problem(ack, Field.REASON, words.SENT_ALREADY_REASON)
            return
        except sqlite3.Error:
            log.exception("finding_not_stored")
            await _ack_problem(ack, Field.REASON, words.COULD_NOT_STORE)
            return
        await ack()

    def _too_early(self, resolve: Resolve) -> str | None:
        """From when on it can be said; None when it can be now, or when there is something else to say about it."""
        record = self._ledger.record(resolve.payout)
        if record is None or resolve.finding is not Finding.UNPAID or record.payout.attempt != resolve.attempt:
            return None
        now, since = self._ledger.now(), unpaid_sayable_from(record)
        if not is_resolvable(record, now) or now >= since:
            return None
        # The first whole minute in which it is true.
        time = words.clock(since + MINUTE - 1, self._timezone)
        return words.FINDING_TOO_EARLY.format(finding=words.FINDING_LABELS[Finding.UNPAID], time=time)


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A button somebody pressed: which payout and attempt it was drawn for, and where it stands."""

    button: Button
    person: str
    occasion: str
    payout: str
    attempt: int
    about: int | None
    channel: str

    def click(self) -> Click:
        """As the desk for decisions takes it."""
        return Click(self.payout, self.attempt, self.channel)

    def resolve(self) -> Resolve:
        """As the desk for uncertain outcomes takes it."""
        return Resolve(self.payout, self.attempt, self.channel, proposal=self.about)


def _pressed(body: Mapping[str, Any]) -> _Pressed:
    """What was pressed; a value that is none of ours names no payout."""
    action = body["actions"][0]
    payout, attempt, about = [*str(action.get("value", "")).split(":"), "", ""][:3]
    return _Pressed(
        button=Button(action["action_id"]),
        person=str(body["user"]["id"]),
        occasion=str(action["action_ts"]),
        payout=clean_text(payout, 20),
        attempt=_number(attempt) or 0,
        about=_number(about),
        channel=str((body.get("channel") or {}).get("id") or body["container"].get("channel_id", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None  # noqa: PLR2004 - an SQLite integer


def _prefill(record: Record, pressed: _Pressed) -> Prefill:
    """The same payout once more, to be corrected or sent straight to mobile money: a new one that links to this."""
    payout = record.payout
    return Prefill(
        Draft(Number(payout.number), Amount(payout.amount), payout.reason),
        Carried(
            pressed.channel,
            follows=payout.id,
            source_ts=payout.source_ts,
            source_thread_ts=payout.source_thread_ts,
        ),
        order=payout.order_reference or "",
        way=Way.MOBILE_DIRECTLY if pressed.button is Button.ASK_DIRECTLY else payout.way,
    )


async def _ack_problem(ack: AsyncAck, field: Field, why: str | Sentence) -> None:
    await ack(response_action="errors", errors={field.value: str(why)})
