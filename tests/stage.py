"""A whole scene for tests: the bot on a real port, between the two stand-ins, with hands for everybody."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import random
import re
import socket
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import aiohttp

from bot import outbox
from bot.app import Bot
from bot.clock import MINUTE, Clock, SystemClock
from bot.desk import evidence
from bot.sandbox import PATIENCE
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.server import SlackStandIn
from bot.sandbox.slack.views import View
from bot.settings import Settings, load_settings
from storage.connection import open_ledger

AMINATA, BOUKARY = "U0AMINATA", "U0BOUKARY"
CLARISSE, DAOUDA = "U0CLARISSE", "U0DAOUDA"
GUEST, GONE, STRANGER, ROBOT = "U0GUEST", "U0GONE", "U0STRANGER", "U0ROBOT"
SUPPORT, AUDIT, QUIET = "C0SUPPORT", "C0AUDIT", "C0QUIET"
FORM = "application/x-www-form-urlencoded"


def free_port() -> int:
    """A port nobody listens on at this moment, from below those that connections take by themselves."""
    for _ in range(200):
        port = random.randrange(15_000, 32_000)  # noqa: S311 - nothing to guess at
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port")


# The bots of this process: what one waits for, another on the same ledger may commit.
_running: list[Bot] = []


def commits() -> asyncio.Event:
    """Set after each commit of any bot that runs now."""
    changed = asyncio.Event()
    for bot in _running:
        bot._ledger.on_change(changed.set)
    return changed


@functools.cache
def _unused_ledger() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payouts.db"
        open_ledger(path).close()
        return path.read_bytes()


@dataclass
class Stage:
    """The scene; `start` and `stop` may be called again to play a restart."""

    slack: SlackStandIn
    ligdicash: LigdicashSandbox
    folder: Path
    port: int
    extra: Mapping[str, str] = field(default_factory=dict)
    bot: Bot | None = None
    clock: Clock | None = None

    @property
    def url(self) -> str:
        """Where the bot listens."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What a person would write into `.env`."""
        return {
            "SLACK_BOT_TOKEN": "xoxb-test",
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_API_URL": self.slack.api_url,
            "LIGDICASH_API_KEY": "test-key",
            "LIGDICASH_AUTH_TOKEN": "test-token",
            "LIGDICASH_API_URL": self.ligdicash.url,
            "PUBLIC_URL": self.url,
            "DATABASE_URL": f"sqlite:///{self.folder / 'payouts.db'}",
            "AUDIT_CHANNEL": AUDIT,
            "APPROVERS": f"{CLARISSE},{DAOUDA}",
            "STATUS_POLL_SECONDS": "3",
            "PORT": str(self.port),
            **self.extra,
        }

    def settings(self) -> Settings:
        """The same, as the bot reads it."""
        return load_settings(self.environment(), env_file=None)

    async def start(self) -> None:
        """Start the bot in this process."""
        self.slack.request_url = f"{self.url}/slack/events"
        if not self.database.exists():
            # Making its tables takes longer than a third of a bot's start.
            self.database.write_bytes(_unused_ledger())
        self.bot = Bot(self.settings(), clock=self.clock)
        await self.bot.start()
        _running.append(self.bot)

    async def stop(self) -> None:
        """Stop it as SIGTERM would."""
        if self.bot is not None:
            if self.bot in _running:
                _running.remove(self.bot)
            await self.bot.stop()
            self.bot = None

    # What people do

    async def form(self, text: str, *, user: str = AMINATA, channel: str = SUPPORT) -> View:
        """Type the command and wait for the form."""
        await self.slack.command(user=user, channel=channel, text=text)
        return await self.slack.wait_for_modal(user)

    async def ask(
        self,
        text: str,
        *,
        user: str = AMINATA,
        values: Mapping[str, str] | None = None,
        channel: str = SUPPORT,
    ) -> Message:
        """Type the command, submit the form, and wait for the card."""
        before = {message.ts for message in self.slack.messages(channel)}
        modal = await self.form(text, user=user, channel=channel)
        result = await self.slack.submit(modal, dict(values or {}))
        assert {} == dict(result.errors)
        if not result.closed:
            # It may repeat an earlier payout: whoever asks knows.
            result = await self.slack.submit(await self.slack.wait_for_modal(user), {"known": "known"})
            assert result.closed, result
        return await self.slack.wait_for(
            lambda slack: next((one for one in slack.messages(channel) if one.ts not in before), None),
            what="the card",
        )

    async def question(self, card: Message, *, channel: str = SUPPORT) -> Message:
        """The question in a card's thread, once it has its buttons."""
        return await self.slack.wait_for(
            lambda slack: next(iter(slack.messages(channel, card.ts)), None), what="the question"
        )

    async def approve(self, card: Message, *, user: str = CLARISSE) -> None:
        """Click Approve and confirm."""
        await self.slack.click(user, await self.question(card), "approve", confirm=True)

    async def reject(self, card: Message, reason: str, *, user: str = CLARISSE) -> None:
        """Click Reject and give the reason."""
        await self.slack.click(user, await self.question(card), "reject")
        modal = await self.slack.wait_for_modal(user)
        await self.slack.submit(modal, {"reason": reason})

    async def card_says(self, card: Message, words: str, *, seconds: float = PATIENCE) -> Message:
        """Wait until the card shows these words."""
        return await self.slack.wait_for(
            lambda slack: next(
                (one for one in slack.messages(SUPPORT) if one.ts == card.ts and words in one.words), None
            ),
            timeout=seconds,
            what=f"a card that says {words!r}",
        )

    async def thread_says(self, card: Message, words: str, *, seconds: float = PATIENCE) -> Message:
        """Wait until the card's thread shows these words."""
        return await self.slack.wait_for_message(SUPPORT, words, thread_ts=card.ts, timeout=seconds)

    async def whispered(self, user: str, words: str) -> Message:
        """Wait until this person alone is told these words."""
        return await self.slack.wait_for(
            lambda slack: next((one for one in slack.ephemerals(user) if words in one.words), None),
            what=f"a whisper {words!r} to {user}",
        )

    async def post_signed(self, body: bytes, *, content_type: str = FORM) -> tuple[int, str]:
        """Post any bytes to the bot as if Slack had sent them; status and body of the answer."""
        timestamp = str(self.slack.clock.now() // 1000)
        secret = self.slack.signing_secret.encode()
        signed = hmac.new(secret, f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signed}",
        }
        url = f"{self.url}/slack/events"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as response,
        ):
            return response.status, await response.text()

    def tidy_up(self, clock: SkippingClock) -> None:
        """Good weather, empty screens, and nothing remembered of what Slack said: for the next test on the same bot."""
        self.slack.api.weather = lambda _method, _args: None
        clock.skip(2 * MINUTE)
        for user in (AMINATA, GUEST):
            for modal in list(self.slack.modals(user)):
                self.slack.workspace.close(modal)
        self.slack.workspace.ephemerals.clear()

    async def later(self, milliseconds: int) -> None:
        """Let that much time be over on the bot's own clock, and have it look."""
        assert isinstance(self.clock, SkippingClock)
        assert self.bot is not None
        self.clock.skip(milliseconds)
        await self.bot._ledger.write(lambda _tx: None)

    async def readiness(self) -> tuple[int, str]:
        """What `/readyz` answers: status and text."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/readyz") as answer:
            return answer.status, await answer.text()

    # What is remembered

    @property
    def database(self) -> Path:
        """The ledger's file."""
        return self.folder / "payouts.db"

    def rows(self, query: str, *values: str | int) -> list[tuple[str | int | None, ...]]:
        """What the ledger holds, read from outside the bot."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return list(connection.execute(query, values))

    async def settled(self, *, seconds: float = PATIENCE) -> None:
        """Wait until everything that came in is decided, and everything that must be told is told."""
        assert self.bot is not None
        changed = commits()
        async with asyncio.timeout(seconds):
            while (tasks := set(self.bot._house.background._tasks)) or self.rows(_UNSETTLED):
                changed.clear()
                if tasks:
                    await asyncio.wait(tasks)
                elif self.rows(_UNSETTLED):
                    await changed.wait()

    async def at_rest(self, *, seconds: float = PATIENCE) -> None:
        """Wait until the bot has nothing to do at this moment; what is held, or due later, may wait."""
        assert self.bot is not None
        house, changed = self.bot._house, commits()
        async with asyncio.timeout(seconds):
            while True:
                changed.clear()
                now = (self.clock or SystemClock()).now()
                if tasks := house.background._tasks | house.worker._background._tasks:
                    await asyncio.wait(tasks)
                elif self.rows(_DUE, *[now] * 5):
                    await changed.wait()
                else:
                    return


_DUE = """
    SELECT 'inbox' FROM inbox WHERE due_at <= ?
    UNION ALL SELECT 'posting' FROM deliveries WHERE state = 'posting'
    UNION ALL SELECT 'deliveries' FROM deliveries AS one WHERE due_at <= ? AND NOT EXISTS (
        SELECT 1 FROM deliveries AS first
        WHERE one.channel = 'audit' AND first.channel = 'audit' AND first.id < one.id AND first.due_at > ?
    )
    UNION ALL SELECT 'payouts' FROM payouts WHERE due_at <= ?
    UNION ALL SELECT 'attempts' FROM attempts WHERE ask_at <= ?
"""
_UNSETTLED = """
    SELECT 'inbox' FROM inbox WHERE due_at IS NOT NULL
    UNION ALL SELECT 'deliveries' FROM deliveries WHERE due_at IS NOT NULL
    UNION ALL SELECT 'payouts' FROM payouts WHERE state IN ('approved', 'sending')
"""


def payout_of(card: Message) -> str:
    """The payout's id, as its card shows it."""
    found = re.search(r"\bP-[0-9A-Z]{5}\b", card.text)
    assert found is not None
    return found[0]


class SkippingClock(SystemClock):
    """The machine's time, and as much more as was skipped."""

    def __init__(self) -> None:
        self._skipped = 0
        self._passed = 0.0

    def now(self) -> int:
        """Milliseconds since 1970 in UTC, with what was skipped."""
        return super().now() + self._skipped

    def steady(self) -> float:
        """Seconds that never jump back, with what was skipped."""
        return super().steady() + self._passed

    def skip(self, milliseconds: int) -> None:
        """Let that much time be over at once."""
        self._skipped += milliseconds
        self._passed += milliseconds / 1000

    def set_back(self, milliseconds: int) -> None:
        """Somebody sets the machine's time back, while no time passes."""
        self._skipped -= milliseconds


@contextmanager
def hurried() -> Iterator[None]:
    """Without the pauses of outbox and evidence, which are tested elsewhere: a second a message makes tests slow."""
    with (
        patch.multiple(outbox, BETWEEN_POSTS=0, BETWEEN_EDITS=0, GATHER_FOR=0),
        patch.object(evidence, "_TWINS_WITHIN", 0),
    ):
        yield


@asynccontextmanager
async def stage(folder: Path, *, clock: Clock | None = None, **extra: str) -> AsyncIterator[Stage]:
    """Both stand-ins and the bot, started; everything is stopped at the end."""
    async with (
        SlackStandIn.running(host="127.0.0.1", port=0) as slack,
        LigdicashSandbox.running(host="127.0.0.1", port=0, callback_delay=0.05) as ligdicash,
    ):
        scene = Stage(slack, ligdicash, folder, free_port(), extra, clock=clock)
        try:
            await scene.start()
            yield scene
        finally:
            async with asyncio.timeout(60):
                await scene.stop()
