"""`python -m bot serve` as a real process, with an environment of one's own."""

from __future__ import annotations

import socket
from importlib.metadata import version
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import SlackStandIn
from tests.process import Running, command, program, serving
from tests.stage import AMINATA, AUDIT, CLARISSE, Stage, free_port

pytestmark = pytest.mark.thorough

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-test-1-secret",
    "SLACK_SIGNING_SECRET": "test-signing-secret",
    "LIGDICASH_API_KEY": "test-api-key-secret",
    "LIGDICASH_AUTH_TOKEN": "test-auth-token-secret",
}
# Nobody answers at these addresses; a bot that never gets so far does not ask.
GOOD = {
    **SECRETS,
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "LIGDICASH_API_URL": "http://127.0.0.1:9",
    "PUBLIC_URL": "https://payouts.example.com",
    "AUDIT_CHANNEL": AUDIT,
    "APPROVERS": CLARISSE,
}


def _check_no_secret(running: Running) -> None:
    assert not [value for value in SECRETS.values() if value in running.everything]


async def _refused(environment: dict[str, str], folder: Path) -> list[str]:
    async with program(environment, folder, "serve") as running:
        assert 2 == await running.ended()
        _check_no_secret(running)
        assert [] == running.out
        assert "Traceback" not in running.everything
        # Bolt logs, as JSON, that it was given what it did not ask for.
        return [line.rstrip("\n") for line in running.err if not line.startswith("{")]


async def test_one_missing_and_three_malformed_settings(tmp_path: Path) -> None:
    """Four clear lines, each naming its variable and what it takes; exit status 2; no secret shown."""
    environment = GOOD | {
        "SLACK_BOT_TOKEN": "test-bot-token-secret",
        "PUBLIC_URL": "http://user:test-secret@payouts.example.com",
        "MAX_AMOUNT": "a lot",
    }
    del environment["APPROVERS"]
    lines = await _refused(environment, tmp_path)
    assert [
        ("APPROVERS", "is missing: takes"),
        ("MAX_AMOUNT", "is malformed: takes"),
        ("PUBLIC_URL", "is malformed: takes"),
        ("SLACK_BOT_TOKEN", "is malformed: takes"),
    ] == sorted((line.split()[0], " ".join(line.split()[1:4])) for line in lines)
    assert not [line for line in lines if "secret" in line.replace("signing secret", "")]
    assert ["found “a lot”"] == [line.partition("; ")[2] for line in lines if line.startswith("MAX_AMOUNT")]
    assert not (tmp_path / "payouts.db").exists()


async def test_a_file_of_settings_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    """`.env` stands beside the process; what is wrong in it is said likewise; an unbuilt rule is refused."""
    env_file = "\n".join(f"{name}={value}" for name, value in GOOD.items())
    (tmp_path / ".env").write_text(
        f"{env_file}\nDATABASE_URL=postgresql://host/db\nLOCALE=fr\nDAILY_LIMIT=5\nPORT=none\nMAX_AMOUNT=none\n"
    )
    lines = await _refused({"MAX_AMOUNT": "5000"}, tmp_path)
    assert ["DATABASE_URL with PostgreSQL is not available yet", "PORT is malformed"] == sorted(
        line.split(":")[0] for line in lines
    )


async def test_the_wrong_folder_is_named_first(tmp_path: Path) -> None:
    """Where there is neither `.env` nor a variable that is needed; with either of them it is no wrong folder."""
    here = f"There is no .env in {tmp_path}: run this in the folder where it is."
    result = await command({"PORT": "3000"}, tmp_path, "verify")
    first, *others = result.stderr.splitlines()
    assert (2, here) == (result.exit_code, first)
    assert others
    assert all(" is missing: " in line for line in others)
    assert "There is no" not in (await command({"APPROVERS": "U0CLARISSE"}, tmp_path, "verify")).stderr
    (tmp_path / ".env").touch()
    assert "There is no" not in (await command({}, tmp_path, "verify")).stderr


async def test_the_version_is_told_and_no_summary_is_cut(tmp_path: Path) -> None:
    """By `--version`, and by `--help` with a whole line for each command."""
    assert f"payout-bot {version('payout-bot')}\n" == (await command({}, tmp_path, "--version")).stdout
    assert "..." not in (await command({}, tmp_path, "--help")).stdout.partition("Commands:")[2]


async def test_secrets_that_everybody_can_read_are_warned_of(tmp_path: Path) -> None:
    """A line in the log, as `doctor` has it; the bot goes on."""
    env_file = tmp_path / ".env"
    env_file.touch()
    told = "everybody on this machine can read it"
    async with SlackStandIn.running() as slack:
        environment = GOOD | {"SLACK_API_URL": slack.api_url}
        for mode, times in ((0o644, 1), (0o600, 0)):
            env_file.chmod(mode)
            async with program(environment | {"PORT": str(free_port())}, tmp_path, "serve") as running:
                assert 2 == await running.ended()
            assert times == running.everything.count(told)


async def test_a_busy_port(tmp_path: Path) -> None:
    """One line that names the setting and the address; exit status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (line,) = await _refused(GOOD | {"PORT": str(port)}, tmp_path)
    assert line.startswith("HOST, PORT")
    assert f"127.0.0.1:{port}" in line
    assert "in use" in line


async def test_a_token_that_slack_refuses(tmp_path: Path) -> None:
    """Waiting would mend nothing: one line, exit status 2."""
    async with SlackStandIn.running() as slack:
        environment = GOOD | {"SLACK_API_URL": slack.api_url, "PORT": str(free_port())}
        (line,) = await _refused(environment, tmp_path)
    assert line.startswith("SLACK_BOT_TOKEN: Slack refuses it (invalid_auth)")


async def test_a_ledger_that_is_none(tmp_path: Path) -> None:
    """A file that holds something else is not touched; one line, exit status 2."""
    (tmp_path / "payouts.db").write_text("this is somebody's diary, and not a ledger at all" * 50)
    before = (tmp_path / "payouts.db").read_bytes()
    (line,) = await _refused(GOOD | {"PORT": str(free_port())}, tmp_path)
    assert "payouts.db" in line
    assert before == (tmp_path / "payouts.db").read_bytes()


async def test_it_serves_and_stops(tmp_path: Path) -> None:
    """One line when it is ready, another's servers by the two addresses alone, a clean stop."""
    async with SlackStandIn.running() as slack, LigdicashSandbox.running(callback_delay=0.05) as ligdicash:
        scene = Stage(slack, ligdicash, tmp_path, free_port())
        environment = scene.environment() | {"DATABASE_URL": "sqlite:///deep/down/payouts.db"}
        slack.request_url = f"{scene.url}/slack/events"
        async with serving(environment, tmp_path) as running:
            assert [f"payout-bot is ready on {scene.url}, Slack over HTTP\n"] == running.out
            async with aiohttp.ClientSession(scene.url) as http, http.get("/readyz") as answer:
                assert (200, "ready\n") == (answer.status, await answer.text())
            card = await scene.ask("22670000000 5000 refund")
            await scene.approve(card)
            await scene.thread_says(card, f"<@{AMINATA}> {card.text.split()[0]} is *completed*")
            assert 0 == await running.terminate()
        assert 1 == len(running.out)
        assert "Traceback" not in running.everything
        assert 0o600 == (tmp_path / "deep/down/payouts.db").stat().st_mode & 0o777
