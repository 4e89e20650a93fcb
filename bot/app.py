"""The roof: builds the parts, ties them together, starts and stops them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import cast

import aiohttp
import httpx
import structlog
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.channels import Channels
from bot.clock import Clock, Ids, SystemClock
from bot.composing import Composer
from bot.desk.brake import BrakeDesk
from bot.desk.decisions import Decisions
from bot.desk.evidence import Evidence
from bot.desk.inquiries import Inquiries
from bot.desk.payments import Payments
from bot.desk.reminders import Reminders
from bot.desk.requests import Requests
from bot.desk.resolution import Resolution
from bot.desk.restoring import take_over_copy
from bot.language import speaking
from bot.ligdicash.client import CREATE_DEADLINE, LigdicashClient, make_http_client
from bot.outbox import Outbox
from bot.people import Named, People
from bot.policy import Rules
from bot.settings import Settings
from bot.slackfailures import NO_ANSWER, plainly, word_of
from bot.speech.notices import Notices
from bot.unanswered import Unanswered
from bot.worker import Desk, Worker
from handlers.buttons import Buttons
from handlers.health import Health
from handlers.home import Home
from handlers.payout_command import PayoutCommand
from handlers.refund_shortcut import RefundShortcut
from handlers.relay import LARGEST_BODY, Relay
from handlers.request_door import RequestDoor
from handlers.request_modal import RequestModal
from handlers.slack_events import SlackEvents
from storage.connection import open_ledger, open_reader
from storage.ledger import Ledger
from storage.payout import Sort
from storage.writer import ThreadWriter

log = structlog.get_logger(__name__)

# Seconds. What runs when the bot is told to stop may finish: the longest is a payment on its way.
STOP_PAYMENTS_AFTER = CREATE_DEADLINE + 5.0
STOP_ANSWERS_AFTER = 3.0
STOP_TELLING_AFTER = 5.0
# Turns of the loop, from a connection that the system took to a handler that listens to it.
TURNS_TO_BE_HEARD = 3
# Seconds. What is asked of Slack in a hurry has a shorter deadline of its own.
SLACK_DEADLINE = 30.0
# Seconds between two tries to learn from Slack who the bot is.
INTRODUCE_AGAIN = 5.0

# Seconds. Worker and outbox look once a second even where nothing happens.
SILENT_AFTER = 30.0

# Slack's word that the token itself is wrong: waiting mends none of these.
_TOKEN_REFUSED = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})


class StartError(Exception):
    """The bot cannot start as it is set up; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in Slack, learnt at start."""

    team: str
    bot: str
    user: str
    name: str
    workspace_url: str


def _bolt_logger() -> logging.Logger:
    """Bolt warns at each start that a token was given along with `authorize`: both are meant."""
    logger = logging.getLogger("slack_bolt.payout")
    logger.setLevel(logging.ERROR)
    return logger


class House:
    """Every part tied together, but nothing that listens: what the bot and a simulator have in common.

    Time, chance, the ledger's writer and both ways out are handed in, so that whoever builds it can own them.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        ledger: Ledger,
        slack: AsyncWebClient,
        http: httpx.AsyncClient,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._settings = settings
        self.ledger = ledger
        self.slack = slack
        self.identity: Identity | None = None
        self.background = Background()
        self.unanswered = Unanswered()
        self._rules = rules_of(settings)
        self._people = People(slack, clock, Named(settings.approvers, settings.requesters), settings.locale)
        self._channels = Channels(slack, clock)
        self._requests = Requests(ledger, self._people, self._channels, self._rules)
        self._inquiries = Inquiries(ledger, self._people, self._channels, self._rules)
        self._reminders = Reminders(ledger, self._rules)
        ligdicash = _ligdicash(settings, http)
        self._decisions = Decisions(ledger, self._people, self._rules, host=ligdicash.host)
        self._resolution = Resolution(ledger, self._people, self._channels, self._rules)
        self._brake = BrakeDesk(ledger, self._people)
        self.worker = self._make_worker(ligdicash, clock, ids)
        notices = Notices(self._rules, lambda: self._people.workspace_url)
        composer = Composer(ledger, notices, self._people, settings.audit_channel)
        self.outbox = Outbox(ledger, slack, composer, clock, self.unanswered)
        self.bolt = self._make_bolt()

    def introduce(self, identity: Identity) -> None:
        """Tell every part who the bot is in Slack."""
        self.identity = identity
        self._people.team = identity.team
        self._people.bot_name = identity.name
        self._people.workspace_url = identity.workspace_url

    def _make_worker(self, ligdicash: LigdicashClient, clock: Clock, ids: Ids) -> Worker:
        settings = self._settings
        poll = settings.status_poll_seconds
        return Worker(
            self.ledger,
            clock,
            desks=self._desks(),
            payments=Payments(
                self.ledger,
                ligdicash,
                clock,
                ids,
                rules=self._rules,
                public_url=settings.public_url,
                first_poll=poll,
            ),
            evidence=Evidence(self.ledger, ligdicash, first_poll=poll),
            reminders=self._reminders,
            unanswered=self.unanswered,
        )

    def _desks(self) -> dict[Sort, Desk]:
        """Who decides on what waits in the inbox."""
        return {
            Sort.REQUEST: self._requests.decide,
            Sort.APPROVE: self._decisions.decide,
            Sort.ASK_TO_REJECT: self._decisions.decide,
            Sort.REJECT: self._decisions.decide,
            Sort.CANCEL: self._decisions.decide,
            Sort.STOP: self._decisions.decide,
            Sort.ASK_AGAIN: self._resolution.decide,
            Sort.ASK_DIRECTLY: self._resolution.decide,
            Sort.ASK_TO_RESOLVE: self._resolution.decide,
            Sort.PROPOSE: self._resolution.decide,
            Sort.CONFIRM: self._resolution.decide,
            Sort.PAUSE: self._brake.decide,
            Sort.RESUME: self._brake.decide,
            Sort.TRY_NOW: self._brake.decide,
        }

    def _make_bolt(self) -> AsyncApp:
        secret = self._settings.slack_signing_secret
        bolt = AsyncApp(
            # Without a name Bolt reads the source of everything that runs, to find one.
            name="payout-bot",
            logger=_bolt_logger(),
            client=self.slack,
            signing_secret=secret.get_secret_value() if secret else "",
            # Bolt reads the names of its arguments and takes a method's `self` for one of them.
            authorize=lambda: self._authorize(),  # noqa: PLW0108 - as said
            # Without it Bolt polls for the acknowledgement each 10 ms; our listeners return fast.
            process_before_response=True,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        self._register(bolt)
        return bolt

    def _register(self, bolt: AsyncApp) -> None:
        """Have Bolt hand each of Slack's deliveries to its handler; it tries them in this order, the busiest first."""
        door = RequestDoor(
            self.slack,
            requests=self._requests,
            people=self._people,
            rules=self._rules,
            background=self.background,
        )
        PayoutCommand(
            door,
            people=self._people,
            brake=self._brake,
            inquiries=self._inquiries,
            rules=self._rules,
            background=self.background,
        ).register(bolt)
        Buttons(
            self.slack,
            self.ledger,
            decisions=self._decisions,
            resolution=self._resolution,
            brake=self._brake,
            people=self._people,
            rules=self._rules,
            background=self.background,
            timezone=self._settings.timezone,
        ).register(bolt)
        RequestModal(self._requests, self._people, self._rules).register(bolt)
        RefundShortcut(door, people=self._people, rules=self._rules, background=self.background).register(bolt)
        Home(
            self.slack,
            inquiries=self._inquiries,
            people=self._people,
            background=self.background,
        ).register(bolt)

    async def _authorize(self) -> AuthorizeResult:
        if self.identity is None:
            raise BoltError("Slack has not said yet who the bot is")
        return AuthorizeResult(
            enterprise_id=None,
            team_id=self.identity.team,
            bot_user_id=self.identity.user,
            bot_id=self.identity.bot,
            bot_token=self._settings.slack_bot_token.get_secret_value(),
        )


class Bot:
    """The whole bot in one process: the house, and its doors to the network."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        self._settings = settings
        clock, ids = clock or SystemClock(), ids or Ids()
        self._clock = clock
        writer = ThreadWriter(open_ledger(settings.database_path))
        self._http = make_http_client()
        # Without a session of its own the SDK connects anew for each call.
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SLACK_DEADLINE))
        # Without retry handlers: the SDK's own would post a second time after a dropped connection.
        self._slack = AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            session=self._session,
            retry_handlers=[],
        )
        self._ledger = Ledger(open_reader(settings.database_path), writer, clock, ids)
        self._house = House(settings, ledger=self._ledger, slack=self._slack, http=self._http, clock=clock, ids=ids)
        # When this ledger was copied, if this is the first start on a copy.
        self.copied_at: int | None = None
        self._slack_problem: str | None = "Slack has not said yet who the bot is"
        self._socket: AsyncSocketModeHandler | None = None
        # Nobody who has something to say to the bot compresses it; decoding would only add ways to fail.
        self._runner = web.AppRunner(
            self._make_web(),
            access_log=None,
            handle_signals=False,
            auto_decompress=False,
            shutdown_timeout=STOP_ANSWERS_AFTER,
        )
        self._listening: asyncio.Server | None = None
        self._loops: list[asyncio.Task[None]] = []

    def _make_web(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        Relay(self._ledger, self._house.unanswered).register(app)
        Health(self._ledger, (self.work_problem, self.slack_problem)).register(app)
        if self._settings.slack_app_token is None:
            SlackEvents(self._house.bolt, lambda: self._house.identity is not None, self._house.unanswered).register(
                app
            )
        return app

    # Running

    async def start(self) -> str:
        """Listen, learn who the bot is, begin to work; the address listened on.

        Raises `StartError` when the port is taken or Slack refuses the token.
        """
        # Whatever begins here, and whatever those tasks begin, speaks it to channels.
        with speaking(self._settings.locale):
            return await self._start()

    async def _start(self) -> str:
        self.copied_at = await take_over_copy(self._ledger)
        address = await self._listen()
        await self._introduce()
        self._loops = [
            asyncio.create_task(self._house.worker.run(), name="worker"),
            asyncio.create_task(self._house.outbox.run(), name="outbox"),
        ]
        if self._house.identity is None:
            self._loops.append(asyncio.create_task(self._introduce_later(), name="introduce"))
        if self._settings.slack_app_token is not None:
            await self._open_socket(self._settings.slack_app_token.get_secret_value())
        return address

    def work_problem(self) -> str | None:
        """Why what is stored is not worked on, or not told; None while both loops go round."""
        looked_at = {"worker": self._house.worker.looked_at, "outbox": self._house.outbox.looked_at}
        for loop in self._loops:
            if loop.get_name() not in looked_at:
                continue
            if loop.done():
                return f"{loop.get_name()}: it has ended; restart the bot"
            silent = self._clock.steady() - looked_at[loop.get_name()]
            if silent > SILENT_AFTER:
                return f"{loop.get_name()}: it has not looked into the ledger for {silent:.0f} s"
        return None

    def slack_problem(self) -> str | None:
        """Why Slack cannot be reached now; None when it can."""
        if self._slack_problem is not None:
            return self._slack_problem
        session = self._socket.client.current_session if self._socket else None
        if self._socket is not None and (session is None or session.closed):
            return "Slack: no Socket Mode connection is open"
        return None

    async def stop(self) -> None:
        """Take nothing more in, finish what is in flight, leave the rest to the next start."""
        if self._socket is not None:
            await self._socket.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        await self._stop_listening()
        await self._house.background.drain(STOP_ANSWERS_AFTER)
        await self._house.worker.stop(STOP_PAYMENTS_AFTER)
        await self._house.outbox.stop(STOP_TELLING_AFTER)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._http.aclose()
        await self._session.close()
        await self._ledger.close()

    async def _stop_listening(self) -> None:
        """Take no more connections, and answer what came in by those there are."""
        if self._listening is not None:
            loop = asyncio.get_running_loop()
            for each in self._listening.sockets:
                loop.remove_reader(each.fileno())
            # asyncio loses a connection that it took just before its server is closed: nobody answers it or closes it.
            for _ in range(TURNS_TO_BE_HEARD):
                await asyncio.sleep(0)
            self._listening.close()
        await self._runner.cleanup()

    async def _listen(self) -> str:
        settings = self._settings
        await self._runner.setup()
        try:
            # Not aiohttp's `TCPSite`: it shows nobody its sockets, which a stop has to close by itself.
            self._listening = await asyncio.get_running_loop().create_server(
                cast("web.Server", self._runner.server), settings.host, settings.port
            )
        except OSError as error:
            raise StartError(
                f"HOST, PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}"
            ) from error
        return f"http://{settings.host}:{settings.port}"

    async def _introduce(self) -> None:
        try:
            answer = await self._slack.auth_test()
        except SlackApiError as error:
            why = str(word_of(error))
            if why in _TOKEN_REFUSED:
                raise StartError(f"SLACK_BOT_TOKEN: Slack refuses it ({why}). Take it from the app's page.") from error
            self._slack_problem = f"Slack: auth.test says {why}"
            return
        except NO_ANSWER as error:
            self._slack_problem = f"Slack does not answer: {plainly(error)}"
            return
        self._house.introduce(
            Identity(answer["team_id"], answer["bot_id"], answer["user_id"], answer["user"], answer["url"])
        )
        self._slack_problem = None

    async def _introduce_later(self) -> None:
        """Slack was down at start: payouts go on meanwhile, and it is asked until it answers."""
        while self._house.identity is None:
            await asyncio.sleep(INTRODUCE_AGAIN)
            try:
                await self._introduce()
            except StartError as error:
                log.error("slack_refuses_the_bot", why=str(error))  # noqa: TRY400 - the sentence says it all
                self._slack_problem = str(error)

    async def _open_socket(self, app_token: str) -> None:
        self._socket = AsyncSocketModeHandler(self._house.bolt, app_token, web_client=self._slack)
        connect = self._socket.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        connecting: asyncio.Task[None] = asyncio.create_task(connect, name="socket")
        self._loops.append(connecting)
        await asyncio.wait([connecting], timeout=INTRODUCE_AGAIN)


def _ligdicash(settings: Settings, http: httpx.AsyncClient) -> LigdicashClient:
    return LigdicashClient(
        http,
        base_url=settings.ligdicash_api_url,
        api_key=settings.ligdicash_api_key.get_secret_value(),
        auth_token=settings.ligdicash_auth_token.get_secret_value(),
    )


def rules_of(settings: Settings) -> Rules:
    """What this installation allows, as the policy reads it."""
    return Rules(
        approvers=settings.approvers,
        requesters=settings.requesters,
        channels=settings.payout_channels,
        countries=settings.countries,
        max_amount=settings.max_amount,
        second_approval_above=settings.second_approval_above,
        daily_limit=settings.daily_limit,
        daily_limit_per_requester=settings.daily_limit_per_requester,
        request_ttl_hours=settings.request_ttl_hours,
        quiet_hours=settings.quiet_hours,
        timezone=settings.timezone,
        audit_channel=settings.audit_channel,
        audit_full_numbers=settings.audit_full_numbers,
    )
