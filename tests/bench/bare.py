"""`python -m tests.bench.bare bolt|aiohttp LEDGER PORT SLACK`: the least there could be, for comparison.

Bolt as its documentation shows it, and one aiohttp route; each writes, where it writes at all, one row with
one commit. `SLACK` is the base of the Web API.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import signal
import sqlite3
import sys
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.sandbox.slack.people import BOT_ID, BOT_USER, TEAM

SIGNING_SECRET = "test-signing-secret"
# A command with this text is answered, and opens no form.
ANSWERED = "help"

_ANY = re.compile(".+")

_FORM = {
    "type": "modal",
    "callback_id": "request",
    "title": {"type": "plain_text", "text": "Payout"},
    "submit": {"type": "plain_text", "text": "Ask"},
    "blocks": [
        {
            "type": "input",
            "block_id": name,
            "label": {"type": "plain_text", "text": name},
            "element": {"type": "plain_text_input", "action_id": name, "initial_value": "5000"},
        }
        for name in ("beneficiary", "amount", "reason", "order", "way")
    ],
}

_TABLES = """
    CREATE TABLE inbox (
        id INTEGER PRIMARY KEY, sort TEXT NOT NULL, person TEXT NOT NULL, occasion TEXT NOT NULL,
        payload TEXT, received_at INTEGER NOT NULL, due_at INTEGER, UNIQUE (person, occasion)
    ) STRICT;
    CREATE INDEX inbox_due ON inbox (due_at) WHERE due_at IS NOT NULL;
    CREATE TABLE callbacks (
        id INTEGER PRIMARY KEY, payout TEXT NOT NULL, attempt INTEGER NOT NULL, content_type TEXT NOT NULL,
        body TEXT NOT NULL, body_hash TEXT NOT NULL, token TEXT, status TEXT, received_at INTEGER NOT NULL,
        UNIQUE (payout, attempt, body_hash)
    ) STRICT
"""


class Bare:
    """Listeners that do nothing but store and acknowledge."""

    def __init__(self, path: str, slack: str) -> None:
        self._slack = AsyncWebClient(token="xoxb-test", base_url=slack)
        self._opening: set[asyncio.Task[AsyncSlackResponse]] = set()
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_TABLES)

    def bolt(self) -> AsyncApp:
        """A Bolt app with a command that only answers, a form and a button that are stored first."""
        app = AsyncApp(
            client=self._slack,
            signing_secret=SIGNING_SECRET,
            authorize=_authorize,
            process_before_response=True,
        )
        app.command("/payout")(self._command)
        app.view(_ANY)(self._form)
        app.action(_ANY)(self._click)
        return app

    async def _command(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await ack()
        if body["text"] != ANSWERED:
            opening = asyncio.create_task(self._slack.views_open(trigger_id=body["trigger_id"], view=_FORM))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    async def _form(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        values = body["view"]["state"]["values"]
        self._store("request", body["user"]["id"], body["view"]["id"], json.dumps(values))
        await ack()

    async def _click(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        action = body["actions"][0]
        self._store("approve", body["user"]["id"], action["action_ts"], json.dumps({"value": action["value"]}))
        await ack()

    def _store(self, sort: str, person: str, occasion: str, payload: str) -> None:
        now = time.time_ns() // 1_000_000
        self._connection.execute(
            """
            INSERT INTO inbox (sort, person, occasion, payload, received_at, due_at)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            (sort, person, occasion, payload, now, now),
        )

    async def callback(self, request: web.Request) -> web.Response:
        """Store what was called back."""
        body = await request.text()
        self._connection.execute(
            """
            INSERT INTO callbacks (payout, attempt, content_type, body, body_hash, token, status, received_at)
            VALUES (?, 1, ?, ?, ?, NULL, 'completed', ?)
            """,
            (
                request.match_info["payout"], request.content_type, body,
                hashlib.sha256(body.encode()).hexdigest(), time.time_ns() // 1_000_000,
            ),
        )  # fmt: skip
        return web.Response()


async def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id=BOT_USER, bot_id=BOT_ID, bot_token="xoxb-test")


def _web(kind: str, bare: Bare) -> web.Application:
    app = web.Application()
    if kind == "bolt":
        bolt = bare.bolt()

        async def hear(request: web.Request) -> web.Response:
            return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

        app.router.add_post("/slack/events", hear)
    else:
        app.router.add_post("/callbacks/ligdicash/{payout}/{secret}", bare.callback)
    return app


async def _serve(kind: str, path: str, port: int, slack: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(_web(kind, Bare(path, slack)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    sys.stdout.write(f"bare {kind} is ready\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
