"""Clicks on Approve and Reject, and the reason of a rejection: stored, acknowledged, decided by the worker."""

from __future__ import annotations

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
from bot.desk.decisions import Click, Decisions
from bot.parsing import clean_text
from bot.speech import words
from bot.speech.cards import APPROVE, REJECT
from bot.speech.modals import LONGEST_REASON, REJECTION, Field, read_rejection, rejection_form
from storage.ledger import Ledger
from storage.payout import Sort

log = structlog.get_logger(__name__)


class DecisionButtons:
    """Hears approvers."""

    def __init__(
        self, slack: AsyncWebClient, ledger: Ledger, *, decisions: Decisions, background: Background
    ) -> None:
        self._slack = slack
        self._ledger = ledger
        self._decisions = decisions
        self._background = background

    def register(self, app: AsyncApp) -> None:
        """Listen for the buttons and for the reason's form."""
        app.action(APPROVE)(self.hear_approve)
        app.action(REJECT)(self.hear_reject)
        app.view(REJECTION)(self.hear_reason)

    async def hear_approve(self, ack: AsyncAck, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        """Store the click, then acknowledge it."""
        await self._store(Sort.APPROVE, body, respond)
        await ack()

    async def hear_reject(self, ack: AsyncAck, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        """Store the click; whoever may reject is asked for the reason."""
        is_new = await self._store(Sort.ASK_TO_REJECT, body, respond)
        await ack()
        if is_new:
            self._background.start(self._ask_why(body, respond), name="ask why")

    async def hear_reason(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Store the rejection with its reason, then close the form."""
        view = body["view"]
        reason = clean_text(read_rejection(view), LONGEST_REASON)
        if not reason:
            problem = words.REASON_MISSING.format(example=words.REJECT_EXAMPLE)
            await ack(response_action="errors", errors={Field.REASON.value: problem})
            return
        asked = Click.from_json(view["private_metadata"])
        click = Click(asked.payout, asked.attempt, asked.channel, reason)
        try:
            await self._decisions.receive(Sort.REJECT, str(body["user"]["id"]), str(view["id"]), click)
        except sqlite3.Error:
            log.exception("rejection_not_stored")
            await ack(response_action="errors", errors={Field.REASON.value: words.COULD_NOT_STORE})
            return
        await ack()

    async def _store(self, sort: Sort, body: Mapping[str, Any], respond: AsyncRespond) -> bool:
        action = body["actions"][0]
        try:
            return await self._decisions.receive(sort, str(body["user"]["id"]), str(action["action_ts"]), _click(body))
        except sqlite3.Error:
            log.exception("click_not_stored")
            # Not before the acknowledgement: most of its 3 s went by waiting for the ledger.
            self._background.start(_tell(respond, words.COULD_NOT_STORE), name="tell")
            return False

    async def _ask_why(self, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        click = _click(body)
        record = self._ledger.record(click.payout)
        if record is None or not await self._decisions.may_open_rejection(str(body["user"]["id"]), click):
            return
        form = rejection_form(record.payout, click.to_json())
        try:
            await self._slack.views_open(trigger_id=str(body["trigger_id"]), view=form)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("form_did_not_open", why=type(error).__name__)
            await _tell(respond, words.REJECTION_DID_NOT_OPEN.format(payout=record.payout.id))


def _click(body: Mapping[str, Any]) -> Click:
    """Which payout and attempt the button was drawn for; a value that is none of ours names no payout."""
    payout, _, attempt = str(body["actions"][0].get("value", "")).partition(":")
    channel = str((body.get("channel") or {}).get("id") or body["container"].get("channel_id", ""))
    return Click(clean_text(payout, 20), int(attempt) if attempt.isdecimal() and len(attempt) < 6 else 0, channel)


async def _tell(respond: AsyncRespond, text: str) -> None:
    await respond(text, response_type="ephemeral", replace_original=False)
