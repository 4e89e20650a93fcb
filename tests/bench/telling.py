"""How fast 200 payouts that finish together are told, in time that passes only when nothing is left to do.

Time is virtual, the post interval is the bot's own, and Slack takes `SLACK_TAKES` for each answer. What
virtual time cannot show, the processor's work between two posts, is measured beside it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import House, Identity
from bot.clock import Ids
from bot.desk.evidence import receive_callback
from bot.ligdicash.client import make_http_client
from bot.sandbox.ligdicash import Bank, InProcess, Status
from bot.sandbox.slack import Answer, Delivery, Kind, Slack
from bot.sandbox.slack.people import BOT_ID, BOT_USER, TEAM
from bot.settings import load_settings
from storage.connection import open_ledger, open_reader
from storage.ledger import Ledger
from storage.writer import InlineWriter
from tests.bench.examples import agent, ask
from tests.bench.processes import BenchError
from tests.laws.virtual import VirtualClock, VirtualLoop
from tests.stage import AUDIT, CLARISSE, DAOUDA, SUPPORT

TOKEN = "xoxb-test"

# Seconds.
SLACK_TAKES = 0.2
_NEVER = 1e9
_LOOK = 5.0
_TOLD_WITHIN = 5_000.0

# Slack's own limit, in messages a second and channel.
LIMIT = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: `seconds` from LigdiCash's word to the last final message, `processor` for each."""

    payouts: int
    seconds: float
    processor: float

    @property
    def share(self) -> float:
        """Of what Slack's limit allows."""
        return self.payouts / LIMIT / self.seconds


class _Client(AsyncWebClient):
    """The SDK's client, whose requests go to the stand-in in this process."""

    def __init__(self, slack: Slack) -> None:
        super().__init__(token=TOKEN, base_url="http://slack.example/api/", retry_handlers=[])
        self._slack = slack

    async def _request(self, *, http_verb: str, api_url: str, req_args: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - the SDK's own signature
        given = req_args.get("json") or req_args.get("params") or req_args.get("data") or {}
        args = json.loads(json.dumps({key: value for key, value in given.items() if value is not None}))
        await asyncio.sleep(SLACK_TAKES / 2)
        answer = self._slack.call(api_url.rsplit("/", 1)[1], TOKEN, args)
        await asyncio.sleep(SLACK_TAKES / 2)
        return {"data": answer, "headers": {}, "status_code": 200}


class _Play:
    """The bot's house between stand-ins without a network."""

    def __init__(self, folder: Path, clock: VirtualClock, payouts: int) -> None:
        self._payouts = payouts
        chance = random.Random(1)  # noqa: S311 - the same run each time
        path = folder / "telling.db"
        ids = Ids(random.Random(2))  # noqa: S311 - the same run each time
        writer = open_ledger(path)
        self.ledger = Ledger(open_reader(path), InlineWriter(writer), clock, ids)
        self.clock = clock
        self.slack = Slack(clock=clock, chance=chance)
        self.slack.carrier = self._carry
        self.bank = Bank(clock, chance, _NEVER)
        self.ligdicash = InProcess(self.bank, self._call_back, source=chance)
        self.house = House(
            load_settings(_ENVIRONMENT, env_file=None),
            ledger=self.ledger,
            slack=_Client(self.slack),
            http=make_http_client(self.ligdicash),
            clock=clock,
            ids=ids,
        )
        self.house.introduce(Identity(TEAM, BOT_ID, BOT_USER, "payout", "https://team.slack.example/"))

    async def _carry(self, delivery: Delivery) -> Answer:
        request = AsyncBoltRequest(body=delivery.payload, mode="socket_mode")
        response = await self.house.bolt.async_dispatch(request)
        return Answer(response.status, response.body)

    async def _call_back(self, path: str, content_type: str, body: bytes) -> int:
        payout, secret = path.split("/")[-2:]
        return 200 if await receive_callback(self.ledger, payout, secret, content_type, body.decode()) else 404

    async def run(self) -> Told:
        """All are asked for, approved and sent; once all that is told, LigdiCash pays them at one stroke."""
        parts = (self.house.worker.run(), self.house.outbox.run(), self.ligdicash.run())
        running = [asyncio.create_task(part) for part in parts]
        examples = await ask(self.slack)
        numbers = itertools.count(1)
        for number in itertools.islice(numbers, self._payouts - 1):
            self.slack.workspace.people.add(agent(number))
            await self._hear(examples.submission(number))
        await self._until_told("requested")
        for payout in self._rows("SELECT id FROM payouts"):
            await self._hear(examples.click(payout, next(numbers)))
        await self._until_told("initiated")
        told = await self._finish()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        return told

    async def _finish(self) -> Told:
        begun, worked = self.clock.now(), time.process_time()
        for payout in self.bank.payouts:
            self.ligdicash.send(self.bank.settle(payout.token, Status.COMPLETED))
        await self._until_told("completed")
        posts = [call for call in self.slack.calls if call.method == "chat.postMessage" and call.at >= begun]
        finals = [call for call in posts if call.args["channel"] == SUPPORT]
        seconds = (finals[-1].at - begun) / 1000
        return Told(len(finals), seconds, (time.process_time() - worked) / len(finals))

    async def _hear(self, payload: dict[str, Any]) -> None:
        await self.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))

    async def _until_told(self, state: str) -> None:
        """Wait until every payout is there, and everything that was to be told is told."""
        query = "SELECT id FROM payouts WHERE state = ?"
        for _ in range(math.ceil(_TOLD_WITHIN / _LOOK)):
            if not self._rows(_UNTOLD) and len(self._rows(query, state)) == self._payouts:
                return
            await asyncio.sleep(_LOOK)
        raise BenchError(f"not everything is told as {state} after {_TOLD_WITHIN:.0f} s")

    def _rows(self, query: str, *values: str) -> list[str]:
        return [str(row[0]) for row in self.ledger.reader.execute(query, values)]


_UNTOLD = "SELECT id FROM deliveries WHERE due_at IS NOT NULL LIMIT 1"

_ENVIRONMENT = {
    "SLACK_BOT_TOKEN": TOKEN,
    "SLACK_APP_TOKEN": "xapp-test",
    "LIGDICASH_API_KEY": "test-key",
    "LIGDICASH_AUTH_TOKEN": "test-token",
    "LIGDICASH_API_URL": "https://ligdicash.example",
    "PUBLIC_URL": "https://payouts.example",
    "AUDIT_CHANNEL": AUDIT,
    "APPROVERS": f"{CLARISSE},{DAOUDA}",
    "STATUS_POLL_SECONDS": "3600",
}


def tell(folder: Path, payouts: int) -> Told:
    """Play it."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(_Play(folder, VirtualClock(loop), payouts).run())
    finally:
        asyncio.set_event_loop(None)
        loop.abandon()
