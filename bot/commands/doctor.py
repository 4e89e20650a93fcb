"""`payout-bot doctor`: looks at a real installation, one line a check; a check that fails says what to do."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import click
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels import Channels, Membership
from bot.clock import SystemClock
from bot.commands.settings_or_exit import env_file_warning, settings_or_exit
from bot.ligdicash.client import LigdicashClient, make_http_client
from bot.ligdicash.readers import NoStatus
from bot.people import Kind, Named, People, is_group
from bot.settings import Settings
from bot.slackfailures import NO_ANSWER, plainly, word_of
from storage.connection import LedgerError, integrity, look_at_ledger
from storage.payout import Endpoint

SCOPES = frozenset({"commands", "chat:write", "users:read", "channels:read", "groups:read"})
GROUP_SCOPE = "usergroups:read"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is well, and what to do where it is not."""

    ok: bool
    what: str
    # Instead of the usual word for what is well or not.
    sign: str = ""

    def line(self) -> str:
        """As it is printed."""
        return f"{self.sign or ('ok  ' if self.ok else 'FAIL')}  {self.what}"


@click.command()
def doctor() -> None:
    """Check this installation.

    Settings, ledger, Slack, approvers, channels, LigdiCash.
    """
    settings = settings_or_exit()
    findings = asyncio.run(_examine(settings, lambda found: click.echo(found.line())))
    sys.exit(0 if all(found.ok for found in findings) else 1)


async def _examine(settings: Settings, say: Callable[[Finding], None]) -> list[Finding]:
    findings = []
    async for found in _all(settings):
        say(found)
        findings.append(found)
    return findings


async def _all(settings: Settings) -> AsyncIterator[Finding]:
    yield Finding(ok=True, what="settings: every variable is well formed")
    for found in _env_file():
        yield found
    yield _ledger(settings)
    slack = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, retry_handlers=[]
    )
    clock = SystemClock()
    people = People(slack, clock, Named(settings.approvers, settings.requesters), settings.locale)
    introduced = await _slack(slack, people, settings)
    for found in introduced:
        yield found
    if introduced[0].ok:
        for found in await _approvers(people, settings):
            yield found
        for found in await _channels(Channels(slack, clock), settings):
            yield found
    else:
        what = "scopes, approvers, requesters, channels: not looked at, because Slack did not answer the bot"
        yield Finding(ok=False, what=what, sign="skip")
    yield await _ligdicash(settings)


def _env_file() -> list[Finding]:
    what = env_file_warning()
    return [] if what is None else [Finding(ok=True, what=what, sign="warn")]


def _ledger(settings: Settings) -> Finding:
    path = settings.database_path
    if not path.exists() and os.access(path.parent, os.W_OK):
        return Finding(ok=True, what=f"ledger: {path} is not there yet; `payout-bot serve` makes it")
    try:
        connection = look_at_ledger(path)
        try:
            sound = integrity(connection)
        finally:
            connection.close()
    except (LedgerError, sqlite3.Error) as error:
        return Finding(ok=False, what=f"DATABASE_URL: {error}")
    if sound is None:
        return Finding(ok=True, what=f"ledger: {path} is sound")
    return Finding(ok=False, what=f"ledger: {path} is damaged ({sound}); restore a backup")


async def _slack(slack: AsyncWebClient, people: People, settings: Settings) -> list[Finding]:
    try:
        answer = await slack.auth_test()
    except SlackApiError as error:
        why = word_of(error)
        what = f"SLACK_BOT_TOKEN: auth.test fails ({why}); take the token from the app's page"
        return [Finding(ok=False, what=what)]
    except NO_ANSWER as error:
        host = urlsplit(settings.slack_api_url).netloc
        what = f"Slack: {host} cannot be reached: {plainly(error)}; look at this machine's network"
        return [Finding(ok=False, what=what)]
    people.team = answer["team_id"]
    found = [Finding(ok=True, what=f"Slack: the bot is {answer['user']} in {answer['team']}")]
    return [*found, *_scopes(answer.headers.get("x-oauth-scopes", ""), settings)]


def _scopes(header: str, settings: Settings) -> list[Finding]:
    granted = {scope.strip() for scope in header.split(",") if scope.strip()}
    if not granted:
        return []
    groups = any(is_group(name) for name in (*settings.approvers, *settings.requesters))
    missing = (SCOPES | ({GROUP_SCOPE} if groups else set())) - granted
    if missing:
        names = ", ".join(sorted(missing))
        return [Finding(ok=False, what=f"scopes: {names} missing; add them in manifest.yml and reinstall the app")]
    return [Finding(ok=True, what="scopes: all there")]


async def _approvers(people: People, settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    active: set[str] = set()
    for name in settings.approvers:
        members = await people.members(name) if is_group(name) else frozenset({name})
        if members is None:
            found.append(_unreadable("APPROVERS", name))
            continue
        well, others = await _active(people, members)
        active |= well
        if not is_group(name) and others:
            found.append(Finding(ok=False, what=f"APPROVERS: {name} is no active full member; take the id out"))
    asking, unreadable = await _may_ask(people, settings)
    found += [_unreadable("REQUESTERS", group) for group in unreadable]
    return [*found, *_enough(active, settings, may_ask_too=asking is None or not asking.isdisjoint(active))]


async def _may_ask(people: People, settings: Settings) -> tuple[set[str] | None, list[str]]:
    """Who may ask, None for everybody, and the groups of which that could not be learnt."""
    if not settings.requesters:
        return None, []
    asking: set[str] = set()
    unreadable = []
    for name in settings.requesters:
        members = await people.members(name) if is_group(name) else frozenset({name})
        if members is None:
            unreadable.append(name)
        asking |= members or set()
    return (None if unreadable else asking), unreadable


def _unreadable(variable: str, group: str) -> Finding:
    return Finding(ok=False, what=f"{variable}: group {group} cannot be read; is {GROUP_SCOPE} granted?")


async def _active(people: People, members: Iterable[str]) -> tuple[set[str], set[str]]:
    known = {person: (await people.who(person)).kind for person in members}
    well = {person for person, kind in known.items() if kind is Kind.MEMBER}
    return well, set(known) - well


def _enough(active: set[str], settings: Settings, *, may_ask_too: bool) -> list[Finding]:
    """Whoever asks, somebody else must be there to approve, and two others to resolve what is uncertain."""
    needed = 2 if settings.second_approval_above is not None else 1
    names = f"{len(active)} active approvers"
    left = len(active) - (1 if may_ask_too else 0)
    found = [
        Finding(ok=True, what=f"APPROVERS: {names}, enough to approve whoever asks")
        if left >= needed
        else Finding(
            ok=False, what=f"APPROVERS: {names}; where one of them asks, {needed} others are needed to approve"
        )
    ]
    if left < 2:  # noqa: PLR2004 - one proposes, another confirms
        found.append(
            Finding(
                ok=False,
                what=f"APPROVERS: {names}; two who did not ask are needed to resolve an uncertain payout in Slack "
                "(else one of them and `payout-bot resolve`)",
            )
        )
    return found


async def _channels(channels: Channels, settings: Settings) -> list[Finding]:
    found = []
    for name, channel in [
        ("AUDIT_CHANNEL", settings.audit_channel),
        *(("PAYOUT_CHANNELS", one) for one in settings.payout_channels),
    ]:
        membership = await channels.membership(channel)
        say = {
            Membership.IN: Finding(ok=True, what=f"{name}: the bot is in {channel}"),
            Membership.OUT: Finding(ok=False, what=f"{name}: the bot is not in {channel}; type /invite there"),
            Membership.SHARED: Finding(
                ok=False, what=f"{name}: {channel} is shared with another workspace; use another"
            ),
            Membership.UNKNOWN: Finding(ok=False, what=f"{name}: Slack does not say whether the bot is in {channel}"),
        }
        found.append(say[membership])
    return found


# What the payment client says by the name of an exception alone; a name not found and a refusal are one to it.
_NO_STATUS = {
    "ConnectError": "name not found, or connection refused",
    "ConnectTimeout": "timed out",
    "ReadTimeout": "timed out",
    "TimeoutError": "timed out",
    "ReadError": "the connection broke",
    "RemoteProtocolError": "the connection broke",
}


def _without_class(why: str) -> str:
    words = _NO_STATUS.get(why)
    return why if words is None else f"{words} ({why})"


async def _ligdicash(settings: Settings) -> Finding:
    """Asks about a token that does not exist: nothing is created, and the keys are looked at."""
    async with make_http_client() as http:
        client = LigdicashClient(
            http,
            base_url=settings.ligdicash_api_url,
            api_key=settings.ligdicash_api_key.get_secret_value(),
            auth_token=settings.ligdicash_auth_token.get_secret_value(),
        )
        answer = await client.status(Endpoint.CUSTOMER, "payout-bot-doctor")
    host = urlsplit(settings.ligdicash_api_url).netloc
    if isinstance(answer, NoStatus) and answer.why == "code 00":
        return Finding(ok=False, what=f"LIGDICASH_API_KEY, LIGDICASH_AUTH_TOKEN: {host} refuses them")
    if isinstance(answer, NoStatus) and not answer.why.startswith("code"):
        return Finding(ok=False, what=f"LIGDICASH_API_URL: no usable answer from {host}: {_without_class(answer.why)}")
    return Finding(ok=True, what=f"LigdiCash: {host} answers")
