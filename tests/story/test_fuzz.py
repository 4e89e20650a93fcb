"""Each entry against thousands of spoiled payloads, really signed: answered, never believed, never shown alive."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import itertools
import json
import logging
import os
import random
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import structlog
from yarl import URL

from bot.logs import configure_logs
from bot.sandbox.slack import Kind, Message
from bot.sandbox.slack.hands import find_button
from bot.sandbox.slack.reading import Json
from tests.chained import unlinked_in
from tests.paying import ordered
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, hurried, stage
from tests.story.fuzzing import PEOPLE, Spoiler, command, interactive, typed

pytestmark = pytest.mark.thorough

SEED = int(os.environ.get("SEED", "20261"))
AT_ONCE = 32
# Slack's own patience, in seconds.
PATIENCE = 3.0
OWN_LINK = re.compile(r"<https://team\.slack\.example/archives/C0SUPPORT/p\d+(\|(open|see it))?>")
# Whoever Slack says it was is named; the victim only ever stands in a text.
ACTOR = re.compile(r"<@(?!\w*VICTIM)[A-Z0-9]+>")


@dataclass(frozen=True, slots=True)
class Input:
    """One request to the bot."""

    body: bytes
    content_type: str
    path: str = "/slack/events"


@dataclass
class Corpus:
    """What people and LigdiCash really sent, to be spoiled."""

    submissions: list[Json] = field(default_factory=list)
    clicks: list[Json] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


# --- the inputs

Make = Callable[[Stage, Corpus, Spoiler], Input]
# Slack's stand-in has no such person, and aiohttp itself logs what is no HTTP.
_SAID_OF_OTHERS = {"slack_never_takes_it"}

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def _commands(scene: Stage, _corpus: Corpus, spoiler: Spoiler) -> Input:
    user, channel, text = typed(spoiler.chance)
    payload = scene.slack.payloads.command(user, channel, "/payout", "")
    return _signed(command(spoiler.payload(payload | {"text": text})), spoiler)


def _submissions(_scene: Stage, corpus: Corpus, spoiler: Spoiler) -> Input:
    chosen = spoiler.chance.choice(corpus.submissions)
    spoiled = spoiler.payload(chosen, corpus.submissions)
    if isinstance(spoiled.get("view"), dict):
        # What a form carries is the bot's own, which Slack brings back with it unread.
        spoiled["view"] |= {name: chosen["view"][name] for name in ("private_metadata", "callback_id")}
    return _signed(interactive(spoiled), spoiler)


def _clicks(_scene: Stage, corpus: Corpus, spoiler: Spoiler) -> Input:
    chosen = spoiler.chance.choice(corpus.clicks)
    return _signed(interactive(spoiler.payload(chosen, corpus.clicks)), spoiler)


def _shortcuts(scene: Stage, _corpus: Corpus, spoiler: Spoiler) -> Input:
    message = spoiler.chance.choice(scene.slack.messages(SUPPORT))
    payload = scene.slack.payloads.shortcut(spoiler.chance.choice(PEOPLE), message, "refund")
    payload["message"]["text"] = typed(spoiler.chance)[2]
    return _signed(interactive(spoiler.payload(payload)), spoiler)


def _signed(body: bytes, spoiler: Spoiler) -> Input:
    if spoiler.is_rare():
        return Input(spoiler.raw(body), spoiler.content_type())
    return Input(body, FORM)


def _callbacks(scene: Stage, corpus: Corpus, spoiler: Spoiler) -> Input:
    payout = spoiler.chance.choice(scene.ligdicash.payouts)
    said = {
        "status": spoiler.chance.choice(("completed", "pending", "nocompleted", "notcompleted")),
        "response_code": "00",
        "token": spoiler.chance.choice((payout.token, "no-token")),
        "montant": "5000",
        "transaction_id": payout.token,
        "custom_data": [{"keyof_customdata": "transaction_id", "valueof_customdata": "x"}],
    }
    path = spoiler.chance.choice(corpus.paths)
    if spoiler.chance.randrange(4) == 0:
        path = "/callbacks/ligdicash/" + spoiler.text(path.removeprefix("/callbacks/ligdicash/"))
    told = spoiler.payload(said)
    body = json.dumps(told).encode() if spoiler.chance.randrange(2) else command(told)
    content_type = JSON if body[:1] == b"{" else FORM
    if spoiler.is_rare():
        body, content_type = spoiler.raw(body), spoiler.content_type()
    return Input(body, content_type, path)


ENTRIES: dict[str, Make] = {
    "commands": _commands,
    "submissions": _submissions,
    "clicks": _clicks,
    "callbacks": _callbacks,
    "shortcuts": _shortcuts,
}


# --- the scene


@contextmanager
def _log() -> Iterator[io.StringIO]:
    """What the bot writes to its log."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    configure_logs("INFO", [], stream)
    try:
        yield stream
    finally:
        root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()


@asynccontextmanager
async def _busy_office(folder: Path) -> AsyncIterator[tuple[Stage, Corpus]]:
    """Payouts in many states, and everything that was sent about them; some of it the bot has not heard yet."""
    with hurried():
        async with stage(folder, STATUS_POLL_SECONDS="3600") as scene:
            corpus = Corpus()
            for number, who in enumerate((AMINATA, BOUKARY, CLARISSE) * 2):
                await _asked(scene, corpus, f"2267000{number:02}10", who)
            await scene.settled(seconds=30)
            for create in scene.ligdicash.creates:
                corpus.paths.append(urlsplit(str(ordered(create)["callback_url"])).path)
            corpus.submissions += _sent(scene, "view_submission")
            corpus.clicks += _sent(scene, "block_actions")
            yield scene, corpus


def _sent(scene: Stage, kind: str) -> list[Json]:
    sent = (one.delivery for one in scene.slack.deliveries if one.delivery.kind is Kind.INTERACTIVE)
    return [one.payload for one in sent if one.payload.get("type") == kind]


async def _asked(scene: Stage, corpus: Corpus, number: str, who: str) -> None:
    card = await scene.ask(f"{number} 5000 refund", user=who)
    question = await scene.question(card)
    approver = DAOUDA if who == CLARISSE else CLARISSE
    for name, user in itertools.product(("approve", "reject", "cancel"), (approver, who)):
        corpus.clicks.append(scene.slack.payloads.click(user, question, find_button(question.buttons, name)))
    await scene.slack.click(approver, question, "reject")
    rejection = await scene.slack.wait_for_modal(approver)
    if number[-3] in "05":
        await scene.slack.submit(rejection, {"reason": "no"})
        await scene.card_says(card, "Rejected")
        return
    corpus.submissions.append(scene.slack.payloads.submission(rejection))
    await scene.slack.close(rejection)
    # An open form of theirs, and a payout that is still undecided.
    form = await scene.form(f"{number[:-1]}5 7000 another", user=who)
    corpus.submissions.append(scene.slack.payloads.submission(form))
    await scene.slack.close(form)
    if number[-3] in "13":
        await scene.slack.click(approver, question, "approve", confirm=True)
        await scene.card_says(card, "Initiated")


# --- throwing


@dataclass
class Thrower:
    """Posts inputs over kept-alive connections, so many at once."""

    scene: Stage
    http: aiohttp.ClientSession
    waiting: Iterator[tuple[int, Input]]
    wrong: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Until there are no more."""
        for number, thrown in self.waiting:
            begun = time.monotonic()
            url = URL(self.scene.url).join(URL(_encoded(thrown.path), encoded=True))
            async with self.http.post(url, data=io.BytesIO(thrown.body), headers=self._headers(thrown)) as answer:
                await answer.read()
            took = time.monotonic() - begun
            if answer.status >= 500 or took > PATIENCE:
                self.wrong.append(f"input {number}: {answer.status} after {took:.1f} s: {thrown!r:.2000}")

    def _headers(self, thrown: Input) -> dict[str, str]:
        timestamp = str(self.scene.slack.clock.now() // 1000)
        secret = self.scene.slack.signing_secret.encode()
        signed = hmac.new(secret, f"v0:{timestamp}:".encode() + thrown.body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": thrown.content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signed}",
        }


def _encoded(path: str) -> str:
    return "".join(one if (one.isascii() and one.isalnum()) or one in "/-_." else _percent(one) for one in path)


def _percent(one: str) -> str:
    return "".join(f"%{byte:02X}" for byte in one.encode(errors="surrogatepass"))


async def _fuzz(folder: Path, entry: str, times: int) -> None:
    print(f"SEED={SEED}, {entry}")  # noqa: T201 - shown when it fails
    spoiler = Spoiler(random.Random(f"{SEED} {entry}"))  # noqa: S311 - the same inputs each time
    make = ENTRIES[entry]
    with _log() as log:
        async with _busy_office(folder) as (scene, corpus), _session() as http:
            begin = log.tell()
            inputs = ((number, make(scene, corpus, spoiler)) for number in range(times))
            throwers = [Thrower(scene, http, inputs) for _ in range(AT_ONCE)]
            await asyncio.gather(*(one.run() for one in throwers))
            await scene.settled(seconds=120)
            # What the log says of it explains a wrong answer, so it is looked at first.
            assert [] == _traces(log.getvalue()[begin:])
            assert [] == [wrong for one in throwers for wrong in one.wrong]
            _check(scene)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE), timeout=aiohttp.ClientTimeout(60))


def _traces(log: str) -> list[Json]:
    lines = [json.loads(line) for line in log.splitlines()]
    return [line for line in lines if _is_trace(line)]


def _is_trace(line: Json) -> bool:
    if line["event"] in _SAID_OF_OTHERS or "LineTooLong" in str(line.get("exception")):
        return False
    return "exception" in line or line["level"] in {"error", "critical"}


# --- what must hold afterwards


def _check(scene: Stage) -> None:
    assert [] == unlinked_in(scene.database)
    assert set() == {part for one in scene.slack.all_messages() for part in _live(one)}
    created = [str(ordered(create)["custom_data"]["transaction_id"]) for create in scene.ligdicash.creates]
    assert len(set(created)) == len(created)
    assert set() == set(created) - _properly_approved(scene)


def _live(message: Message) -> set[str]:
    """What Slack would take for a mention, a page or a link, but for the bot's own."""
    found = set(re.findall(r"<[^<>\n]*>", message.words))
    return {part for part in found if not OWN_LINK.fullmatch(part) and not ACTOR.fullmatch(part)}


def _properly_approved(scene: Stage) -> set[str]:
    """The attempts that somebody approved who may, and who did not ask for them."""
    rows = scene.rows(
        """
        SELECT transaction_id FROM attempts JOIN payouts ON payouts.id = attempts.payout
        JOIN approvals ON approvals.payout = attempts.payout AND approvals.attempt = attempts.number
        WHERE approvals.person IN (?, ?) AND approvals.person NOT IN (payouts.requester, attempts.asked_by)
        """,
        CLARISSE,
        DAOUDA,
    )
    return {str(transaction) for (transaction,) in rows}


@pytest.mark.parametrize("entry", ENTRIES)
async def test_a_hundred_spoiled_inputs(tmp_path: Path, entry: str) -> None:
    """Never a 5xx or a traceback, nothing paid without an approval, nothing of it alive in Slack, the chain holds."""
    await _fuzz(tmp_path, entry, 100)


@pytest.mark.prove
@pytest.mark.parametrize("entry", ENTRIES)
async def test_ten_thousand_spoiled_inputs(tmp_path: Path, entry: str) -> None:
    """The same for many; `SEED=n` throws others."""
    await _fuzz(tmp_path, entry, 10_000)
