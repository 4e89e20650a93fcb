"""Slack in the simulator: the stand-in behind a wire that breaks, and what becomes of every call."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.delivery import Answer, Delivery, Unreachable
from bot.sandbox.slack.people import BOT_USER
from bot.sandbox.slack.standin import Slack
from bot.sandbox.slack.trouble import Trouble, lost_answer, outage, rate_limited, slow
from tests.laws.faults import Fate, Fault
from tests.laws.provider import settle
from tests.laws.virtual import GATE, VirtualClock, VirtualLoop

if TYPE_CHECKING:
    from tests.laws.processes import Life

TOKEN = "xoxb-test"
SUPPORT, AUDIT = "C0SUPPORT", "C0AUDIT"
BEING_ASKED = "is being asked about"

Json = dict[str, Any]

_POSTS = {"chat.postMessage": "ts", "chat.postEphemeral": "message_ts"}
# As the SDK reports a body that is no JSON.
_UNREADABLE = "Received a response in a non-JSON format"


# What each kind of trouble may look like.
_TROUBLES: Mapping[Fault, Sequence[Trouble]] = {
    Fault.SLACK_OUTAGE: [outage(500), outage(502), outage(503)],
    Fault.SLACK_LIMIT: [rate_limited(1), rate_limited(3), rate_limited(30)],
    Fault.SLACK_ERROR: [Trouble(error=error) for error in ("internal_error", "fatal_error", "service_unavailable")],
    Fault.SLACK_SILENT: [outage(503)],
    Fault.SLACK_NEVER: [Trouble(error=error) for error in ("is_archived", "not_in_channel", "channel_not_found")],
    Fault.SLACK_LOST: [lost_answer()],
    Fault.SLACK_SLOW: [slow(1.0), slow(2.5), slow(9.0), slow(11.0), slow(60.0)],
}
_OF_MESSAGES = frozenset({Fault.SLACK_SILENT, Fault.SLACK_NEVER})


@dataclass(slots=True)
class Posting:
    """One call by which a message came to stand in Slack, and whether its sender ever knew."""

    ts: str
    channel: str
    process: Life
    at: int
    method: str
    heard: bool = False
    refused_writes: int = 0
    """How often the ledger had refused this process, when it heard."""


class SlackSide:
    """The stand-in, the weather between it and the bot, and the record of what the bot could know."""

    def __init__(self, loop: VirtualLoop, clock: VirtualClock, chance: random.Random, fate: Fate) -> None:
        self.loop = loop
        self.chance = chance
        self.fate = fate
        self.slack = Slack(clock=clock, chance=chance)
        self.slack.api.weather = self._weather
        self.slack.api.scopes.add("usergroups:read")
        self.postings: dict[str, Posting] = {}
        self.find_process: Any = lambda: None
        # When each click, form or command was first brought to the bot, and whether a form said that it may repeat.
        self.arrivals: dict[tuple[str, str], list[tuple[int, bool]]] = {}

    # What the bot says

    def _weather(self, method: str, _args: Json) -> Trouble | None:
        """The trouble that one call meets on Slack's side."""
        kinds = [kind for kind in _TROUBLES if kind not in _OF_MESSAGES or method.startswith("chat.")]
        met = self.fate.first(*kinds)
        return None if met is None else self.chance.choice(_TROUBLES[met])

    async def call(self, process: Life, method: str, args: Json) -> Json:
        """One call of the Web API, as the SDK's own request would return or raise it."""
        answer: asyncio.Future[Json] = self.loop.create_future()
        if self.fate.strikes(Fault.SLACK_UNREACHABLE):
            error = self.chance.choice([aiohttp.ClientConnectionError("refused"), OSError("no route"), TimeoutError()])
            self.loop.outside(self.chance.choice([0.01, 1.0, 30.0]), self._tell, process, answer, error)
        else:
            self.loop.outside(self.chance.uniform(0.01, 0.2), self._arrive, process, method, args, answer)
        response = await answer
        posting = self.postings.get(str(response["data"].get(_POSTS.get(method, ""), "")))
        if posting is not None:
            posting.heard, posting.refused_writes = True, process.refused_writes
        return response

    def _arrive(self, process: Life, method: str, args: Json, answer: asyncio.Future[Json]) -> None:
        if process.is_dead and self.chance.random() < 0.5:
            return
        exchange = self.slack.api.exchange(method, TOKEN, args)
        if method in _POSTS and exchange.ok:
            ts = str(exchange.answer[_POSTS[method]])
            self.postings[ts] = Posting(ts, str(args["channel"]), process, exchange.at, method)
        trouble = exchange.trouble or Trouble()
        result: Json | Exception
        if trouble.lost:
            result = aiohttp.ServerDisconnectedError()
        elif trouble.status in (200, 429):
            headers = {} if trouble.retry_after is None else {"Retry-After": str(trouble.retry_after)}
            result = {
                "data": json.loads(json.dumps(exchange.answer)),
                "headers": headers,
                "status_code": trouble.status,
            }
        else:
            page: Any = {"data": {}, "headers": {}, "status_code": trouble.status}
            result = page if self.chance.random() < 0.5 else SlackApiError(_UNREADABLE, _Page(trouble.status))  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        self._tell(process, answer, result, self.chance.uniform(0.01, 0.2) + trouble.slow)

    def _tell(self, process: Life, answer: asyncio.Future[Json], result: Json | Exception, after: float = 0.0) -> None:
        self.loop.outside(after, self.loop.inside, process, settle, answer, result)

    async def respond(self, process: Life, url: str, body: Json) -> WebhookResponse:
        """One post to a response URL."""
        done: asyncio.Future[Json] = self.loop.create_future()
        path = url.removeprefix("http://slack.example")
        if self.fate.first(Fault.SLACK_UNREACHABLE, Fault.SLACK_OUTAGE):
            self._tell(process, done, aiohttp.ClientConnectionError("refused"), 0.5)
        else:
            self.loop.outside(0.1, self._arrive_at_url, process, path, body, done)
        answer = await done
        return WebhookResponse(url=url, status_code=int(answer["status"]), body=json.dumps(answer["body"]), headers={})

    def _arrive_at_url(self, process: Life, path: str, body: Json, done: asyncio.Future[Json]) -> None:
        status, answer = self.slack.respond(path, body)
        self._tell(process, done, {"status": status, "body": answer}, 0.1)

    # What people say

    async def carry(self, delivery: Delivery) -> Answer:
        """Bring a payload to some process that listens; whoever waits hears of its death."""
        process: Life | None = self.find_process()
        if process is None:
            raise Unreachable("nobody listens")
        self._note_arrival(delivery.payload)
        answer: asyncio.Future[Answer] = self.loop.create_future()
        process.callers.add(answer)
        self.loop.outside(
            self.chance.uniform(0.01, 0.3), self.loop.inside, process, process.hear_slack, delivery, answer
        )
        try:
            return await answer
        finally:
            process.callers.discard(answer)

    def _note_arrival(self, payload: Json) -> None:
        occasion = occasion_of(payload)
        if occasion is not None:
            self.arrivals.setdefault(occasion, []).append((self.slack.clock.now(), _says_known(payload)))

    def arrived(self, person: str, occasion: str) -> int | None:
        """When a click, form or command was first brought to the bot."""
        found = self.arrivals.get((person, occasion))
        return found[0][0] if found else None

    # What is to be seen

    def messages_of_bot(self) -> dict[str, Message]:
        """Every message of the bot's by its Web API calls, by ts, as it reads now."""
        return {
            message.ts: message
            for message in self.slack.all_messages()
            if message.author == BOT_USER and message.ts in self.postings
        }


class SlackClient(AsyncWebClient):
    """The SDK's client, whose requests go to the stand-in."""

    def __init__(self, side: SlackSide, process: Life) -> None:
        super().__init__(token=TOKEN, base_url="http://slack.example/api/", retry_handlers=[])
        self._side = side
        self._process = process

    async def _request(self, *, http_verb: str, api_url: str, req_args: Mapping[str, Any]) -> Json:  # noqa: ARG002
        given = req_args.get("json") or req_args.get("params") or req_args.get("data") or {}
        args = json.loads(json.dumps({key: value for key, value in given.items() if value is not None}))
        return await self._side.call(self._process, api_url.rsplit("/", 1)[1], args)


class Webhook:
    """In place of the SDK's client for response URLs, which Bolt makes by itself."""

    def __init__(self, url: str, **_: object) -> None:
        self._url = url

    async def send_dict(self, body: Json) -> WebhookResponse:
        """Post it, as the process that says it."""
        process: Any = GATE.get()
        found: WebhookResponse = await process.world.slackside.respond(process, self._url, json.loads(json.dumps(body)))
        return found


def occasion_of(payload: Json) -> tuple[str, str] | None:
    """By which person and occasion the inbox would know a payload."""
    kind = payload.get("type")
    if kind == "block_actions":
        return payload["user"]["id"], payload["actions"][0]["action_ts"]
    if kind == "view_submission":
        return payload["user"]["id"], payload["view"]["id"]
    return (payload["user_id"], payload["trigger_id"]) if "command" in payload else None


def _says_known(payload: Json) -> bool:
    """Whether somebody ticked that they know of an earlier payout."""
    values = payload.get("view", {}).get("state", {}).get("values", {}).get("known", {})
    return any(field.get("selected_options") for field in values.values())


@dataclass(frozen=True, slots=True)
class _Page:
    """A response that is no JSON, as the SDK hands it on with its error: aiohttp's own."""

    status: int

    @property
    def status_code(self) -> int:
        return self.status

    def get(self, _name: str, default: object = None) -> object:
        return default
