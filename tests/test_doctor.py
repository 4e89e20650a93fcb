"""`payout-bot doctor`: one line a check, each failing for its own reason, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.slack import BOT_USER, Channel, SlackStandIn, UserGroup
from storage.connection import open_ledger
from storage.migrations import migrations
from tests.paying import Puppet, puppet
from tests.process import command, program
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, GONE, GUEST, QUIET, SUPPORT, Stage, free_port

WELL = {
    "APPROVERS": f"{CLARISSE},S0APPROVERS",
    "REQUESTERS": "S0AGENTS",
    "PAYOUT_CHANNELS": SUPPORT,
    "SECOND_APPROVAL_ABOVE": "100000",
}


@dataclass(frozen=True, slots=True)
class Clinic:
    """Both stand-ins, and an installation to be looked at."""

    scene: Stage
    ligdicash: Puppet

    async def examine(self, **changes: str) -> tuple[int, list[str]]:
        """Exit status and lines; an empty value takes a variable out."""
        environment = self._environment(changes)
        result = await command(environment, self.scene.folder, "doctor")
        assert result.exception is None or isinstance(result.exception, SystemExit)
        _check(result.output, environment)
        return result.exit_code, result.stdout.splitlines()

    async def examine_by_itself(self, **changes: str) -> tuple[int, list[str]]:
        """The same by a process of its own."""
        environment = self._environment(changes)
        async with program(environment, self.scene.folder, "doctor") as running:
            status = await running.ended()
            _check(running.everything, environment)
            return status, [line.rstrip("\n") for line in running.out]

    def _environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        environment = {**self.scene.environment(), **WELL, "LIGDICASH_API_URL": self.ligdicash.url, **changes}
        return {name: value for name, value in environment.items() if value}


def _check(said: str, environment: Mapping[str, str]) -> None:
    assert "Traceback" not in said
    secrets = {environment[name] for name in ("SLACK_BOT_TOKEN", "LIGDICASH_API_KEY", "LIGDICASH_AUTH_TOKEN")}
    assert not secrets & set(said.split())


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Clinic]:
    """Everything is well."""
    async with _open(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def _open(folder: Path) -> AsyncIterator[Clinic]:
    async with SlackStandIn.running() as slack, LigdicashSandbox.running() as ligdicash, puppet() as ours:
        slack.api.scopes.add("usergroups:read")
        people = slack.workspace.people
        people.add_group(UserGroup("S0APPROVERS", "approvers", (DAOUDA, BOUKARY, GONE)))
        people.add_group(UserGroup("S0AGENTS", "agents", (AMINATA,)))
        yield Clinic(Stage(slack, ligdicash, folder, free_port()), ours)


def failing(lines: list[str]) -> list[str]:
    """What is not well."""
    return [line.removeprefix("FAIL  ") for line in lines if line.startswith("FAIL")]


async def test_a_good_installation(clinic: Clinic) -> None:
    """Every check says what was looked at; exit status 0; nothing is posted, created or asked of anybody."""
    ledger = clinic.scene.database
    open_ledger(ledger).close()
    before = ledger.read_bytes()
    status, lines = await clinic.examine_by_itself()
    assert (
        0,
        [
            "ok    settings: every variable is well formed",
            f"ok    ledger: {ledger} is sound",
            "ok    Slack: the bot is payout in Team",
            "ok    scopes: all there",
            "ok    APPROVERS: 3 active approvers, enough to approve whoever asks",
            f"ok    AUDIT_CHANNEL: the bot is in {AUDIT}",
            f"ok    PAYOUT_CHANNELS: the bot is in {SUPPORT}",
            f"ok    LigdiCash: {clinic.ligdicash.url.removeprefix('http://')} answers",
        ],
    ) == (status, lines)
    assert ([], ["payout-bot-doctor"]) == (clinic.ligdicash.creates, clinic.ligdicash.asked)
    assert before == ledger.read_bytes()
    assert {"auth.test", "users.info", "usergroups.users.list", "conversations.info"} == {
        call.method for call in clinic.scene.slack.calls
    }


async def test_everything_that_is_wrong_is_said_in_one_go(clinic: Clinic) -> None:
    """Scopes, people, groups, channels and keys: each with what to do."""
    slack = clinic.scene.slack
    slack.api.scopes -= {"usergroups:read", "groups:read"}
    slack.workspace.add_channel(Channel("C0PARTNERS", "partners", members={BOT_USER}, is_ext_shared=True))
    clinic.ligdicash.statuses["payout-bot-doctor"] = {"response_code": "01", "response_text": "Echec (Code00)"}
    status, lines = await clinic.examine_by_itself(
        APPROVERS=f"{CLARISSE},S0APPROVERS,{GUEST},{GONE},U0NOBODY",
        AUDIT_CHANNEL=QUIET,
        PAYOUT_CHANNELS=f"{SUPPORT},C0PARTNERS,C0NOWHERE",
        LIGDICASH_API_KEY="test-another-key",
    )
    assert (
        1,
        [
            "scopes: groups:read, usergroups:read missing; add them in manifest.yml and reinstall the app",
            "APPROVERS: group S0APPROVERS cannot be read; is usergroups:read granted?",
            f"APPROVERS: {GUEST} is no active full member; take the id out",
            f"APPROVERS: {GONE} is no active full member; take the id out",
            "APPROVERS: U0NOBODY is no active full member; take the id out",
            "REQUESTERS: group S0AGENTS cannot be read; is usergroups:read granted?",
            "APPROVERS: 1 active approvers; where one of them asks, 2 others are needed to approve",
            (
                "APPROVERS: 1 active approvers; two who did not ask are needed to resolve an uncertain payout in Slack "
                "(else one of them and `payout-bot resolve`)"
            ),
            f"AUDIT_CHANNEL: the bot is not in {QUIET}; type /invite there",
            "PAYOUT_CHANNELS: C0PARTNERS is shared with another workspace; use another",
            "PAYOUT_CHANNELS: the bot is not in C0NOWHERE; type /invite there",
            f"LIGDICASH_API_KEY, LIGDICASH_AUTH_TOKEN: {clinic.ligdicash.url.removeprefix('http://')} refuses them",
        ],
    ) == (status, failing(lines))


async def test_an_approver_who_may_ask_by_a_group_is_one_fewer(clinic: Clinic) -> None:
    """Three approvers, two of whom are needed beside whoever asks: enough only until one of two may ask, too."""
    clinic.scene.slack.workspace.people.add_group(UserGroup("S0AGENTS", "agents", (AMINATA, CLARISSE)))
    two = f"{CLARISSE},{DAOUDA}"
    status, lines = await clinic.examine(APPROVERS=two)
    assert (1, 2) == (status, len(failing(lines)))
    assert failing(lines)[0] == "APPROVERS: 2 active approvers; where one of them asks, 2 others are needed to approve"


async def test_slack_and_ligdicash_out_of_reach(clinic: Clinic) -> None:
    """What can be looked at is looked at all the same; a wrong token is told from no answer."""
    nobody = f"http://127.0.0.1:{free_port()}"
    status, lines = await clinic.examine(SLACK_API_URL=f"{nobody}/api/", LIGDICASH_API_URL=nobody)
    slack, ligdicash = failing(lines)
    assert 1 == status
    host = nobody.removeprefix("http://")
    assert slack == f"Slack: {host} cannot be reached: connection refused; look at this machine's network"
    assert ligdicash.startswith(f"LIGDICASH_API_URL: no usable answer from {host}: name not found, or ")
    skipped = "scopes, approvers, requesters, channels: not looked at, because Slack did not answer the bot"
    assert f"skip  {skipped}" in lines
    assert f"ok    ledger: {clinic.scene.database} is not there yet; `payout-bot serve` makes it" in lines
    assert not clinic.scene.database.exists()


async def test_secrets_that_everybody_can_read_are_pointed_out(clinic: Clinic) -> None:
    """A warning, and no failure: who may read files on that machine is for others to say."""
    env_file = clinic.scene.folder / ".env"
    env_file.touch(mode=0o600)
    env_file.chmod(0o644)
    status, lines = await clinic.examine()
    assert (0, "warn  .env: everybody on this machine can read it; `chmod 600 .env`") == (status, lines[1])
    env_file.chmod(0o600)
    assert not [line for line in (await clinic.examine())[1] if ".env" in line]


async def test_a_ledger_of_an_older_version_is_looked_at_and_left_as_it_is(clinic: Clinic) -> None:
    """Who looks changes nothing: `serve` brings it up to date."""
    with closing(sqlite3.connect(clinic.scene.database)) as connection:
        migrations.apply(Database(connection), stop_before="m003_what_is_not_proven")
    before = clinic.scene.database.read_bytes()
    status, lines = await clinic.examine()
    assert (0, f"ok    ledger: {clinic.scene.database} is sound") == (status, lines[1])
    assert before == clinic.scene.database.read_bytes()


async def test_a_token_that_slack_refuses_and_a_ledger_that_is_none(clinic: Clinic) -> None:
    """Slack's own word, and a file that is left as it was."""
    clinic.scene.database.write_text("somebody's diary, and no ledger at all" * 100)
    before = clinic.scene.database.read_bytes()
    status, lines = await clinic.examine(SLACK_BOT_TOKEN="xoxb-test-refused")
    ledger, slack = failing(lines)
    assert 1 == status
    assert ledger.startswith("DATABASE_URL: ")
    assert slack == "SLACK_BOT_TOKEN: auth.test fails (invalid_auth); take the token from the app's page"
    assert before == clinic.scene.database.read_bytes()


async def test_settings_that_are_wrong_are_status_two(clinic: Clinic) -> None:
    """As with every command: each wrong variable by name, nothing looked at."""
    status, lines = await clinic.examine_by_itself(APPROVERS="", DAILY_LIMIT="lots")
    assert (2, [], []) == (status, lines, clinic.scene.slack.calls)


async def test_a_damaged_ledger_is_named(clinic: Clinic) -> None:
    """Pages that were overwritten are found before money is lost in them."""
    open_ledger(clinic.scene.database).close()
    content = bytearray(clinic.scene.database.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4 * 4096] = b"\xff" * 4 * 4096
    clinic.scene.database.write_bytes(content)
    status, lines = await clinic.examine()
    (found,) = failing(lines)
    assert 1 == status
    assert "ledger" in found.lower() or "DATABASE_URL" in found
