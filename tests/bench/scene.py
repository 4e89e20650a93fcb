"""The bot between its two stand-ins, and what Slack and LigdiCash post to it, signed beforehand."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from bot.sandbox.ligdicash import LigdicashSandbox, Status
from bot.sandbox.slack.delivery import Delivery, Kind, http_headers
from bot.sandbox.slack.reading import Json
from bot.sandbox.slack.server import SlackStandIn
from tests.bench.examples import COMMAND, Examples, agent, approve, ask
from tests.bench.load import HOST
from tests.bench.machine import processor_seconds
from tests.bench.processes import BenchError, Request, Running, free_port, server
from tests.stage import AMINATA, AUDIT, CLARISSE, DAOUDA, SUPPORT

SLACK = "/slack/events"

# Seconds.
_NEVER = 1e9
_SETTLED_WITHIN = 60.0
# As the sandbox itself would, which is told here to say nothing by itself.
_PAID_AFTER = 1.0
_LOOK = 0.02
_REST = 0.25
_REST_WITHIN = 15.0

# Share of a core that a server may still use: posting one message a second takes some.
_AT_REST = 0.1


class Scene:
    """Stand-ins that live in this process, and the bot, which lives in its own."""

    def __init__(self, folder: Path, slack: SlackStandIn, ligdicash: LigdicashSandbox) -> None:
        self.folder = folder
        self.slack = slack
        self.ligdicash = ligdicash
        self._count = count(1)
        self._examples: Examples | None = None
        self._clicked: set[str] = set()
        self._settled: set[str] = set()

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path) -> AsyncIterator[Scene]:
        """The stand-ins alone; LigdiCash accepts everything, and says nothing by itself."""
        async with (
            SlackStandIn.running(host=HOST) as slack,
            LigdicashSandbox.running(host=HOST, callback_delay=_NEVER) as ligdicash,
        ):
            yield cls(folder, slack, ligdicash)

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Running]:
        """`payout-bot serve`, ready."""
        port = free_port()
        self.slack.request_url = f"http://{HOST}:{port}{SLACK}"
        async with server(["bot", "serve"], port, self.folder, self._environment(port), "is ready") as running:
            yield running

    def _environment(self, port: int) -> Mapping[str, str]:
        return {
            "SLACK_BOT_TOKEN": "xoxb-test",
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_API_URL": self.slack.api_url,
            "LIGDICASH_API_KEY": "test-key",
            "LIGDICASH_AUTH_TOKEN": "test-token",
            "LIGDICASH_API_URL": self.ligdicash.url,
            "PUBLIC_URL": f"http://{HOST}:{port}",
            "DATABASE_URL": f"sqlite:///{self.folder / 'payouts.db'}",
            "AUDIT_CHANNEL": AUDIT,
            "APPROVERS": f"{CLARISSE},{DAOUDA}",
            "STATUS_POLL_SECONDS": "3600",
            # Every check there is, and none that keeps anything back.
            "SECOND_APPROVAL_ABOVE": "900000",
            "DAILY_LIMIT": "999999999",
            "DAILY_LIMIT_PER_REQUESTER": "999999999",
            "PORT": str(port),
        }

    # One payout by hand

    async def rehearse(self) -> list[str]:
        """One ordinary payout; every Web API call that the bot made for it, in order.

        The approver does not hurry: everything about the request is told by then. LigdiCash pays `_PAID_AFTER`.
        """
        before = len(self.slack.calls)
        self._examples = examples = await ask(self.slack)
        self._clicked.add(examples.payout)
        await self._until_none(_UNTOLD)
        await approve(self.slack, examples)
        await self._until_none(_UNDECIDED)
        await asyncio.sleep(_PAID_AFTER)
        token = self.ligdicash.payouts[0].token
        self._settled.add(token)
        await self.ligdicash.settle(token, Status.COMPLETED)
        await self._until_none("SELECT 1 FROM payouts WHERE state = 'initiated'")
        await self._until_none(_UNTOLD)
        return [call.method for call in self.slack.calls[before:]]

    @property
    def _example(self) -> Examples:
        if self._examples is None:
            raise BenchError("nothing was rehearsed")
        return self._examples

    # What is posted

    def commands(self, number: int, text: str = COMMAND) -> list[Request]:
        """So many times `/payout`, whose triggers do not grow old while others are prepared."""
        made = []
        for _ in range(number):
            payload = self.slack.payloads.command(AMINATA, SUPPORT, "/payout", text)
            self.slack.workspace.triggers[payload["trigger_id"]].until = math.inf
            made.append(self._signed(Kind.COMMAND, payload))
        return made

    def submissions(self, number: int) -> list[Request]:
        """So many forms, each from a view of its own, by as many agents as that takes."""
        numbers = [next(self._count) for _ in range(number)]
        for each in numbers:
            self.slack.workspace.people.add(agent(each))
        return [self._signed(Kind.INTERACTIVE, self._example.submission(each)) for each in numbers]

    def clicks(self, number: int) -> list[Request]:
        """So many approvals, each of another payout that waits for one."""
        rows = self._rows("SELECT id FROM payouts WHERE state = 'requested' ORDER BY created_at, id")
        payouts = [payout for (payout,) in rows if payout not in self._clicked][:number]
        _check_enough(payouts, number)
        self._clicked.update(payouts)
        made = (self._example.click(payout, next(self._count)) for payout in payouts)
        return [self._signed(Kind.INTERACTIVE, payload) for payload in made]

    def callbacks(self, number: int) -> list[Request]:
        """So many callbacks that say `completed`: two of each payout, as LigdiCash sends them."""
        made: list[Request] = []
        for payout in self.ligdicash.payouts:
            if len(made) >= number or payout.token in self._settled:
                continue
            self._settled.add(payout.token)
            path = urlsplit(payout.callback_url).path
            for callback in self.ligdicash.bank.settle(payout.token, Status.COMPLETED):
                made += [(path, {"Content-Type": post.content_type}, post.body.decode()) for post in callback.posts]
        _check_enough(made, number)
        return made[:number]

    def _signed(self, kind: Kind, payload: Json) -> Request:
        headers, body = http_headers(Delivery(kind, payload), self.slack.signing_secret, self.slack.clock)
        return SLACK, headers, body.decode()

    # Whether it is done

    async def until_decided(self) -> None:
        """Wait until everything that came in is decided and sent; telling it goes on at Slack's pace."""
        await self._until_none(_UNDECIDED)

    async def _until_none(self, query: str) -> None:
        """Look until there is no such row: another process writes, so there is nothing to be woken by."""
        for _ in range(math.ceil(_SETTLED_WITHIN / _LOOK)):
            if not self._rows(query):
                return
            await asyncio.sleep(_LOOK)
        raise BenchError(f"still there after {_SETTLED_WITHIN:.0f} s: {query}")

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        """What the ledger holds, read from outside the bot."""
        path = self.folder / "payouts.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return list(connection.execute(query))


_UNTOLD = "SELECT 1 FROM deliveries WHERE due_at IS NOT NULL LIMIT 1"
_UNDECIDED = """
    SELECT 'inbox' FROM inbox WHERE due_at IS NOT NULL
    UNION ALL SELECT id FROM payouts WHERE state IN ('approved', 'sending')
    UNION ALL SELECT payouts.id FROM payouts JOIN callbacks ON callbacks.payout = payouts.id
        WHERE payouts.state = 'initiated'
    LIMIT 1
"""


def _check_enough(found: Sequence[object], number: int) -> None:
    if len(found) < number:
        raise BenchError(f"{number} are needed, and only {len(found)} there")


async def at_rest(process: int) -> None:
    """Wait until a server has done what it took on, so that whoever is next has the machine to itself."""
    for _ in range(math.ceil(_REST_WITHIN / _REST)):
        before = processor_seconds(process)
        await asyncio.sleep(_REST)
        if processor_seconds(process) - before <= _AT_REST * _REST:
            return
