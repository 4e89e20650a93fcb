"""What a visitor can do: read strictly, then done by the hands of the stand-ins."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

import aiohttp
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from bot.sandbox.ligdicash.payouts import Status
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.page.picture import CAST, Painter, Switches, commande
from bot.sandbox.page.skies import ByHand, Mood, Sky, slack_weather
from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.delivery import Delivered, Delivery, Kind
from bot.sandbox.slack.hands import Impossible
from bot.sandbox.slack.reading import Button
from bot.sandbox.slack.server import SlackStandIn
from bot.sandbox.slack.views import View

COMMAND = "/payout"
PATIENCE = aiohttp.ClientTimeout(total=10)

Id = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Line = Annotated[str, StringConstraints(max_length=8000)]
Number = Annotated[int, Field(ge=0)]
Values = dict[Id, Line | list[Line] | None]


def _in_the_cast(user: str) -> str:
    if user not in {role.user for role in CAST}:
        raise ValueError("nobody here is called that")
    return user


class _Deed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Somebodys(_Deed):
    who: Annotated[str, AfterValidator(_in_the_cast)]


class Say(_Somebodys):
    """Send what stands in the message box: a command or a message."""

    do: Literal["say"]
    channel: Id
    text: Annotated[str, StringConstraints(min_length=1, max_length=8000, strip_whitespace=True)]
    thread_ts: Id | None = None


class Click(_Somebodys):
    """Click a button, or choose in a menu, of a message (`channel`, `ts`) or of a view."""

    do: Literal["click"]
    channel: Id | None = None
    ts: Id | None = None
    view: Id | None = None
    block_id: Id
    action_id: Id
    confirm: bool = False
    choose: Line | None = None
    values: Values = Field(default_factory=dict)


class Shortcut(_Somebodys):
    """Choose a shortcut of the app in a message's menu."""

    do: Literal["shortcut"]
    channel: Id
    ts: Id
    callback_id: Id


class Submit(_Somebodys):
    """Submit a modal with these values, by block_id."""

    do: Literal["submit"]
    view: Id
    values: Values


class Close(_Somebodys):
    """Leave a modal."""

    do: Literal["close"]
    view: Id


class OpenHome(_Somebodys):
    """Look at the Home tab."""

    do: Literal["home"]


class Speak(_Deed):
    """Change the language of everybody's Slack, and with it the page's."""

    do: Literal["speak"]
    locale: Literal["en-US", "fr-FR"]


class Settle(_Deed):
    """End a payout at LigdiCash; silently without any callback."""

    do: Literal["settle"]
    create: Number
    status: Literal["completed", "notcompleted"]
    silently: bool = False


class Forge(_Deed):
    """Post a callback that claims what is not so."""

    do: Literal["forge"]
    create: Number


class Moody(_Deed):
    """Change LigdiCash's mood."""

    do: Literal["mood"]
    mood: Mood


class Wait(_Deed):
    """Let payouts wait for a hand, or be paid by themselves."""

    do: Literal["wait"]
    waits: bool


class Skies(_Deed):
    """Change Slack's weather."""

    do: Literal["sky"]
    sky: Sky


Deed = Annotated[
    Say | Click | Shortcut | Submit | Close | OpenHome | Speak | Settle | Forge | Moody | Wait | Skies,
    Field(discriminator="do"),
]
DEED: TypeAdapter[Deed] = TypeAdapter(Deed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to tell the visitor: `error` if it could not be done, else `note` if there is something to say.

    Both name a sentence of the page (words.js), with `about` for its places; what no screen allows is said itself.
    """

    error: str = ""
    note: str = ""
    about: dict[str, str] = field(default_factory=dict)


DONE = Outcome()


class Doer:
    """Does what visitors ask for; `changed` is called for what the stand-ins do not announce themselves."""

    def __init__(self, painter: Painter, bot_url: str, changed: Callable[[], None]) -> None:
        self._painter = painter
        self._bot_url = bot_url
        self._changed = changed
        self._forged = 0

    @property
    def _slack(self) -> SlackStandIn:
        return self._painter.slack

    @property
    def _ligdicash(self) -> LigdicashSandbox:
        return self._painter.ligdicash

    @property
    def _switches(self) -> Switches:
        return self._painter.switches

    async def perform(self, deed: Deed) -> Outcome:
        """Do it; what nobody can do on a real screen comes back as an error, with the reason."""
        try:
            return await self._do(deed)
        except Impossible as impossible:
            return Outcome(error=str(impossible))
        except LookupError as missing:
            return Outcome(error="gone", about={"what": str(missing.args[0] if missing.args else missing)})

    async def _do(self, deed: Deed) -> Outcome:  # noqa: C901, PLR0911 - a table, one line for each deed
        match deed:
            case Say():
                return await self._say(deed)
            case Click():
                return await self._click(deed)
            case Shortcut():
                return await self._choose(deed)
            case Submit():
                return await self._submit(deed)
            case Close():
                await self._slack.close(self._view(deed.who, deed.view))
            case OpenHome():
                return _of(await self._open_home(deed.who))
            case Speak():
                self._slack.workspace.people.speak_all(deed.locale)
                self._changed()
            case Settle():
                await self._settle(deed)
            case Forge():
                return await self._forge(deed)
            case Moody():
                self._weather.be(deed.mood)
                self._changed()
            case Wait():
                self._weather.waits = deed.waits
                self._changed()
            case Skies():
                self._switches.sky = deed.sky
                self._slack.api.weather = slack_weather(deed.sky)
                self._changed()
        return DONE

    # Slack

    async def _say(self, deed: Say) -> Outcome:
        if deed.channel not in {channel.id for channel in self._painter.channels(deed.who)}:
            raise Impossible("you are not in that conversation")
        if not deed.text.startswith("/"):
            self._slack.workspace.say(deed.who, deed.channel, _escaped(deed.text), deed.thread_ts)
            return DONE
        name, _, rest = deed.text.partition(" ")
        if name != COMMAND:
            return Outcome(error="no_such_command", about={"name": name, "command": COMMAND})
        if deed.thread_ts:
            return Outcome(error="not_in_threads", about={"name": name})
        answer = await self._slack.command(deed.who, deed.channel, rest)
        return Outcome(error="command_failed", about={"name": name, "error": answer.error}) if answer.error else DONE

    async def _click(self, deed: Click) -> Outcome:
        place = self._place(deed)
        if isinstance(place, View):
            place.fill(deed.values)
        alike = [each for each in place.buttons if deed.action_id in (each.action_id, each.text)]
        found = [each for each in alike if (each.block_id, each.action_id) == (deed.block_id, deed.action_id)]
        if not found:
            raise Impossible("that button is gone")
        if len(alike) > 1:
            return _of(await self._click_one_of_several(deed, place, found[0]))
        clicked = await self._slack.click(deed.who, place, deed.action_id, confirm=deed.confirm, choose=deed.choose)
        return _of(clicked.delivered)

    async def _click_one_of_several(self, deed: Click, place: Message | View, button: Button) -> Delivered:
        """Hands tell buttons apart by action_id or text alone; a list has the same in each of its rows."""
        if button.dialog and not deed.confirm:
            raise Impossible(f"Slack asks first: {button.dialog.title}")
        who = self._slack.workspace.people.called(deed.who)
        self._slack.workspace.note("page", f"{who} clicks [{button.text}]")
        payload = self._slack.payloads.click(deed.who, place, button, deed.choose)
        return await self._slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))

    async def _choose(self, deed: Shortcut) -> Outcome:
        message = self._message(deed.who, deed.channel, deed.ts)
        return _of((await self._slack.shortcut(deed.who, message, deed.callback_id)).delivered)

    def _place(self, deed: Click) -> Message | View:
        if deed.view is not None:
            return self._view(deed.who, deed.view)
        return self._message(deed.who, deed.channel, deed.ts)

    def _message(self, who: str, channel: str | None, ts: str | None) -> Message:
        for message in self._slack.all_messages():
            if (message.channel, message.ts) == (channel, ts) and message.to in (None, who):
                return message
        raise Impossible("that message is gone")

    def _view(self, who: str, view_id: str) -> View:
        home = self._slack.home(who)
        for view in (*self._slack.modals(who), *([home] if home else [])):
            if view.id == view_id:
                return view
        raise Impossible("that form is not open any more")

    async def _submit(self, deed: Submit) -> Outcome:
        result = await self._slack.submit(self._view(deed.who, deed.view), deed.values)
        # Errors beside fields are part of the view, and reach the page with it.
        self._changed()
        return _trouble(result.error) if result.error else DONE

    async def _open_home(self, who: str) -> Delivered:
        return (await self._slack.open_home(who)).delivered

    # LigdiCash

    @property
    def _weather(self) -> ByHand:
        weather = self._ligdicash.weather
        if not isinstance(weather, ByHand):
            raise Impossible("this LigdiCash was not started with a weather to be switched by hand")
        return weather

    async def _settle(self, deed: Settle) -> None:
        payout = self._painter.payout_of(self._ligdicash.creates[deed.create])
        if payout is None:
            raise Impossible("LigdiCash did not accept that one")
        if deed.silently:
            # The callbacks that would tell of it are dropped here.
            self._ligdicash.bank.settle(payout.token, Status(deed.status))
        else:
            await self._ligdicash.settle(payout.token, deed.status)
        self._changed()

    async def _forge(self, deed: Forge) -> Outcome:
        create = self._ligdicash.creates[deed.create]
        url = str(commande(create).get("callback_url", ""))
        if not url.startswith(f"{self._bot_url}/"):
            raise Impossible("that request has no callback address of this bot")
        answer = await self._post_forged(url, create.transaction_id, str(commande(create).get("amount", "")))
        self._switches.forged.setdefault(deed.create, []).append(answer)
        self._changed()
        if answer is None:
            return Outcome(note="forged_unanswered")
        return Outcome(note="forged_answered", about={"status": str(answer)})

    async def _post_forged(self, url: str, transaction_id: str, amount: str) -> int | None:
        """As much as somebody could know who saw the callback's address; the token is made up."""
        claim = {
            "response_code": "00",
            "token": f"forged-{secrets.token_hex(8)}",
            "response_text": "",
            "status": "completed",
            "custom_data": [],
            "operator_name": "ORANGE BURKINA",
            "transaction_id": transaction_id,
            "external_id": transaction_id,
            "amount": amount,
            "montant": amount,
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=PATIENCE) as session,
                session.post(url, json=claim, allow_redirects=False) as response,
            ):
                return response.status
        except (TimeoutError, aiohttp.ClientError):
            return None


def _of(delivered: Delivered) -> Outcome:
    return _trouble(delivered.error) if delivered.error else DONE


def _trouble(error: str) -> Outcome:
    """Slack itself says so: the bot did not answer as it must."""
    return Outcome(error="slack_trouble", about={"error": error})


def _escaped(text: str) -> str:
    """As Slack stores what people type."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
