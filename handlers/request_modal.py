"""The submitted form: errors go back beside their fields; a right one is stored before it is acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk.requests import Requests
from bot.speech import words
from bot.speech.modals import REQUEST, Field, read_form

log = structlog.get_logger(__name__)


class RequestModal:
    """Hears the form."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def register(self, app: AsyncApp) -> None:
        """Listen for submissions of the form."""
        app.view(REQUEST)(self.hear)

    async def hear(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Check, store, acknowledge."""
        view = body["view"]
        try:
            problems = await self._requests.receive(
                str(body["user"]["id"]), str(view["private_metadata"]), str(view["id"]), read_form(view)
            )
        except sqlite3.Error:
            log.exception("submission_not_stored")
            problems = {Field.BENEFICIARY: words.COULD_NOT_STORE}
        if problems:
            await ack(response_action="errors", errors={str(field): why for field, why in problems.items()})
        else:
            await ack()
