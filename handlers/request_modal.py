"""The submitted form: errors go back beside their fields; a right one is stored before it is acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk.requests import LookFirst, Problems, Requests
from bot.language import speaking
from bot.people import People
from bot.policy import Rules
from bot.speech import words
from bot.speech.modals import REQUEST, Carried, Field, Known, Prefill, language_of_form, read_form, request_form
from bot.speech.questions import Asking, earlier_lines, rejected_lines
from storage.ledger import OtherPayloadError
from storage.payout import Way

log = structlog.get_logger(__name__)


class RequestModal:
    """Hears the form."""

    def __init__(self, requests: Requests, people: People, rules: Rules) -> None:
        self._requests = requests
        self._people = people
        self._rules = rules

    def register(self, app: AsyncApp) -> None:
        """Listen for submissions of the form."""
        app.view(REQUEST)(self.hear)

    def _look_first(self, view: Mapping[str, Any], asked: LookFirst) -> dict[str, Any]:
        """The same form once more, with what it may repeat and a box to tick, and a warning beside a small amount."""
        carried, form = Carried.from_view(view), asked.form
        prefill = Prefill(asked.draft, replace(carried, shown=asked.shown), form.order, Way(form.way))
        asking = Asking(self._rules, self._people.workspace_url)
        known = Known(earlier_lines(asked.earlier, asking), rejected_lines(asked.rejected, asking, carried.channel))
        return request_form(
            prefill,
            most=self._rules.max_amount,
            countries=self._rules.countries,
            known=known if asked.shown else None,
        )

    async def hear(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Check, store, acknowledge."""
        with speaking(language_of_form(body["view"])):
            await self._hear(ack, body)

    async def _hear(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        view = body["view"]
        problems: Problems | LookFirst
        try:
            problems = await self._requests.receive(
                str(body["user"]["id"]), Carried.from_view(view), str(view["id"]), read_form(view)
            )
        except sqlite3.Error:
            log.exception("submission_not_stored")
            problems = {Field.BENEFICIARY: str(words.COULD_NOT_STORE)}
        except OtherPayloadError:
            # Its first answer was lost, and it was changed since: what was sent first stands.
            problems = {Field.BENEFICIARY: str(words.SENT_ALREADY)}
        if isinstance(problems, LookFirst):
            await ack(response_action="update", view=self._look_first(view, problems))
        elif problems:
            await ack(response_action="errors", errors={str(field): why for field, why in problems.items()})
        else:
            await ack()
