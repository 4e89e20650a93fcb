"""The environment is read as INTERFACE names it; wrong values are all named, and no secret is shown."""

from __future__ import annotations

import traceback
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.language import Language
from bot.quiet import QuietHours
from bot.settings import Settings, SettingsError, load_settings, variables

NEEDED = {
    "SLACK_BOT_TOKEN": "xoxb-test",
    "SLACK_SIGNING_SECRET": "test-signing-secret",
    "LIGDICASH_API_KEY": "test-key",
    "LIGDICASH_AUTH_TOKEN": "test-auth-token",
    "PUBLIC_URL": "https://payouts.example.com",
    "AUDIT_CHANNEL": "C0AUDIT",
    "APPROVERS": "U0ADA,W0BOB",
}


def load(**changed: str) -> Settings:
    """Settings from what is needed, with changes, and no file."""
    return load_settings(NEEDED | changed, env_file=None)


def problems(environ: dict[str, str], env_file: Path | None = None) -> list[str]:
    """What is said about a wrong environment."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, env_file)
    return caught.value.problems


def names(lines: list[str]) -> list[str]:
    """The variables that the lines begin with."""
    return [line.split(" ", 1)[0] for line in lines]


def test_defaults_are_those_of_the_interface() -> None:
    """With only what is required, everything else has its documented default."""
    settings = load()
    assert "xoxb-test" == settings.slack_bot_token.get_secret_value()
    assert settings.slack_app_token is None
    assert "https://slack.com/api/" == settings.slack_api_url
    assert "https://app.ligdicash.com" == settings.ligdicash_api_url
    assert "https://payouts.example.com" == settings.public_url
    assert Path("payouts.db") == settings.database_path
    assert "C0AUDIT" == settings.audit_channel
    assert () == settings.payout_channels
    assert ("U0ADA", "W0BOB") == settings.approvers
    assert () == settings.requesters
    assert 1_000_000 == settings.max_amount
    assert (None, None) == (settings.daily_limit, settings.daily_limit_per_requester)
    assert settings.second_approval_above is None
    assert (24, QuietHours(20, 7)) == (settings.request_ttl_hours, settings.quiet_hours)
    assert 30 == settings.status_poll_seconds
    assert ("226",) == settings.countries
    assert Language.ENGLISH is settings.locale
    assert settings.audit_full_numbers is False
    assert ZoneInfo("Africa/Ouagadougou") == settings.timezone
    assert ("127.0.0.1", 3000) == (settings.host, settings.port)
    assert "INFO" == settings.log_level


def test_every_variable_can_be_set() -> None:
    """Each variable is read into a plain Python value."""
    settings = load(
        SLACK_APP_TOKEN="xapp-test",
        SLACK_API_URL="http://127.0.0.1:9000/api/",
        LIGDICASH_API_URL="http://localhost:9001/",
        PUBLIC_URL="http://[::1]:3000/base/",
        DATABASE_URL="sqlite:////var/lib/payouts/ledger.db",
        PAYOUT_CHANNELS=" C0PAY , G0PAY,C0PAY,",
        APPROVERS="U0ADA, S0APPROVERS",
        REQUESTERS="U0CAT,S0ASKERS",
        MAX_AMOUNT="250000",
        SECOND_APPROVAL_ABOVE="100000",
        DAILY_LIMIT=" 999999999999 ",
        DAILY_LIMIT_PER_REQUESTER="1",
        REQUEST_TTL_HOURS="48",
        QUIET_HOURS="22-06",
        STATUS_POLL_SECONDS="3",
        COUNTRIES="225, 226",
        LOCALE="fr",
        AUDIT_FULL_NUMBERS="TRUE",
        TIMEZONE="Europe/Paris",
        HOST="0.0.0.0",  # noqa: S104 - a value to read
        PORT="8080",
        LOG_LEVEL="debug",
    )
    assert settings.slack_app_token is not None
    assert "http://127.0.0.1:9000/api/" == settings.slack_api_url
    assert "http://localhost:9001" == settings.ligdicash_api_url
    assert "http://[::1]:3000/base" == settings.public_url
    assert Path("/var/lib/payouts/ledger.db") == settings.database_path
    assert ("C0PAY", "G0PAY") == settings.payout_channels
    assert ("U0ADA", "S0APPROVERS") == settings.approvers
    assert ("U0CAT", "S0ASKERS") == settings.requesters
    assert 100_000 == settings.second_approval_above
    assert (999_999_999_999, 1) == (settings.daily_limit, settings.daily_limit_per_requester)
    assert (48, QuietHours(22, 6)) == (settings.request_ttl_hours, settings.quiet_hours)
    assert (250_000, 3, 8080) == (settings.max_amount, settings.status_poll_seconds, settings.port)
    assert ("225", "226") == settings.countries
    assert settings.audit_full_numbers is True
    assert ZoneInfo("Europe/Paris") == settings.timezone
    assert ("0.0.0.0", "DEBUG") == (settings.host, settings.log_level)  # noqa: S104


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-test"),
        ("SLACK_BOT_TOKEN", "xoxb-te st"),
        ("SLACK_APP_TOKEN", "xoxb-test"),
        ("SLACK_SIGNING_SECRET", "two words that are long"),
        ("SLACK_SIGNING_SECRET", "abc"),
        ("SLACK_SIGNING_SECRET", "0123456789abcde"),
        ("SLACK_SIGNING_SECRET", "xoxb-pasted-by-mistake"),
        ("SLACK_SIGNING_SECRET", "xapp-pasted-by-mistake"),
        ("SLACK_API_URL", "https://slack.com/api"),
        ("SLACK_API_URL", "http://slack.com/api/"),
        ("SLACK_API_URL", "https://slack.com/api/?x=/api/"),
        ("LIGDICASH_API_KEY", "key\nInjected: header"),
        ("LIGDICASH_API_KEY", "clé"),
        ("LIGDICASH_AUTH_TOKEN", "Bearer test-token"),
        ("LIGDICASH_API_URL", "http://app.ligdicash.com"),
        ("LIGDICASH_API_URL", "app.ligdicash.com"),
        ("PUBLIC_URL", "http://payouts.example.com"),
        ("PUBLIC_URL", "http://127.0.0.1.example.com"),
        ("PUBLIC_URL", "http://192.168.1.10"),
        ("PUBLIC_URL", "https://user:password@payouts.example.com"),
        ("PUBLIC_URL", "https://payouts.example.com?x=1"),
        ("PUBLIC_URL", "https://payouts.example.com:99999"),
        ("PUBLIC_URL", "https://payouts.example.com:0"),
        ("PUBLIC_URL", "https://[::1"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "ftp://127.0.0.1"),
        ("DATABASE_URL", "payouts.db"),
        ("DATABASE_URL", "sqlite://payouts.db"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///data/"),
        ("DATABASE_URL", "sqlite:///x.db?mode=ro"),
        ("DATABASE_URL", "mysql://user:password@host/db"),
        ("AUDIT_CHANNEL", "#audit"),
        ("AUDIT_CHANNEL", "C0ONE,C0TWO"),
        ("PAYOUT_CHANNELS", "C0PAY,payouts"),
        ("PAYOUT_CHANNELS", " , "),
        ("APPROVERS", "@ada"),
        ("APPROVERS", "U0ADA;U0BOB"),
        ("APPROVERS", ","),
        ("APPROVERS", "U0ADA,s0group"),
        ("REQUESTERS", "C0PAY"),
        ("MAX_AMOUNT", "0"),
        ("MAX_AMOUNT", "-5"),
        ("MAX_AMOUNT", "1e6"),
        ("MAX_AMOUNT", "1 000 000"),
        ("MAX_AMOUNT", "٥٠٠٠"),
        ("MAX_AMOUNT", "1000000001"),
        ("SECOND_APPROVAL_ABOVE", "0"),
        ("SECOND_APPROVAL_ABOVE", "100,000"),
        ("DAILY_LIMIT", "0"),
        ("DAILY_LIMIT", "1000000000000"),
        ("DAILY_LIMIT", "no limit"),
        ("DAILY_LIMIT_PER_REQUESTER", "-1"),
        ("DAILY_LIMIT_PER_REQUESTER", "5.5"),
        ("REQUEST_TTL_HOURS", "0"),
        ("REQUEST_TTL_HOURS", "721"),
        ("REQUEST_TTL_HOURS", "1d"),
        ("QUIET_HOURS", "20"),
        ("QUIET_HOURS", "20-24"),
        ("QUIET_HOURS", "20:00-7:00"),
        ("QUIET_HOURS", "-"),
        ("COUNTRIES", "+226"),
        ("COUNTRIES", "999"),
        ("COUNTRIES", "870"),
        ("COUNTRIES", "BF"),
        ("STATUS_POLL_SECONDS", "2"),
        ("STATUS_POLL_SECONDS", "3601"),
        ("STATUS_POLL_SECONDS", "2.5"),
        ("LOCALE", "de"),
        ("LOCALE", "fr-FR"),
        ("AUDIT_FULL_NUMBERS", "maybe"),
        ("TIMEZONE", "Ouagadougou"),
        ("TIMEZONE", "../etc/passwd"),
        ("TIMEZONE", "Africa"),
        ("HOST", "not a host"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_malformed_value_is_named_and_no_secret_shown(name: str, value: str) -> None:
    """One clear line: the variable, what it takes with an example, and what was found, where that is no secret."""
    (line,) = problems(NEEDED | {name: value})
    (other,) = problems(NEEDED | {name: "é é"})
    assert line.startswith(f"{name} is malformed: takes ")
    assert " such as " in line
    secret = name.endswith(("_URL", "_TOKEN", "_KEY", "_SECRET"))
    assert ("" if secret else f"; found “{value}”") == line.removeprefix(other.removesuffix("; found “é é”"))


@pytest.mark.parametrize("value", ["xoxb-1-test", " xapp-test", "eyJ0.test", "a" * 33, "C0\nX"])
def test_what_looks_like_a_secret_in_the_wrong_line_is_not_shown(value: str) -> None:
    """A token pasted one line too low stays unseen."""
    (line,) = problems(NEEDED | {"PORT": value})
    assert line.endswith("such as 3000")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("DAILY_LIMT", "DAILY_LIMIT"),
        ("daily_limit", "DAILY_LIMIT"),
        ("APROVERS", "APPROVERS"),
        ("TIME_ZONE", "TIMEZONE"),
    ],
)
def test_a_mistyped_name_in_the_file_is_pointed_out(tmp_path: Path, typed: str, meant: str) -> None:
    """It would be no limit at all; beside whatever else is wrong. Names that resemble none are others' business."""
    env_file = tmp_path / ".env"
    env_file.write_text(f"{typed}=5000\nSOMETHING_ELSE=1\nPORT=x\n", "utf-8")
    line = f"{typed} is not a setting; did you mean {meant}?"
    assert [line, "PORT"] == [line if each == line else each.split(" ", 1)[0] for each in problems(NEEDED, env_file)]
    env_file.write_text(f"{typed}=5000\n", "utf-8")
    assert [line] == problems(NEEDED, env_file)


def test_a_mistyped_name_in_the_environment_is_not(tmp_path: Path) -> None:
    """Other programs' variables are there, too."""
    assert load() == load_settings(NEEDED | {"DAILY_LIMT": "5000"}, tmp_path / ".env")


def test_every_wrong_value_is_reported_in_one_go() -> None:
    """Missing and malformed ones together, in the order of the interface."""
    environ = NEEDED | {"SLACK_BOT_TOKEN": "x", "PORT": "x", "MAX_AMOUNT": "x", "APPROVERS": ""}
    lines = problems(environ)
    assert ["SLACK_BOT_TOKEN", "APPROVERS", "MAX_AMOUNT", "PORT"] == names(lines)
    assert lines[1].startswith("APPROVERS is missing: takes Slack user ids and user group ids by commas, such as U0")


def test_nothing_set_names_all_that_is_required() -> None:
    """An empty environment lists exactly the required variables."""
    assert list(NEEDED) == names(problems({}))
    assert all(" is missing: " in line for line in problems({}))


def test_socket_mode_needs_no_signing_secret() -> None:
    """With SLACK_APP_TOKEN nothing comes in over HTTP that Slack would have signed."""
    without = {name: value for name, value in NEEDED.items() if name != "SLACK_SIGNING_SECRET"}
    settings = load_settings(without | {"SLACK_APP_TOKEN": "xapp-test"}, env_file=None)
    assert settings.slack_signing_secret is None
    assert ["SLACK_SIGNING_SECRET"] == names(problems(without))


def test_a_malformed_app_token_is_one_problem() -> None:
    """It was meant for Socket Mode: the signing secret is not asked for on top."""
    environ = NEEDED | {"SLACK_APP_TOKEN": "nonsense", "SLACK_SIGNING_SECRET": ""}
    assert ["SLACK_APP_TOKEN"] == names(problems(environ))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://user:test-password@host/db"),
    ],
)
def test_what_is_not_built_is_refused(name: str, value: str) -> None:
    """A rule that is not built yet is refused and never ignored."""
    (line,) = problems(NEEDED | {name: value})
    assert line.startswith(f"{name} ")
    assert "not available yet" in line
    assert value not in line


def test_empty_is_not_set() -> None:
    """An empty value counts as none, for a default as for what is refused when set."""
    settings = load(**dict.fromkeys(variables().keys() - NEEDED.keys(), ""))
    assert load() == settings


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    """`.env` fills in what the environment leaves unset or empty."""
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=4000\nHOST='::1'\n# a note\nexport LOG_LEVEL=ERROR\nMAX_AMOUNT=\nOTHER=x\n", "utf-8")
    settings = load_settings(NEEDED | {"PORT": "5000", "LOG_LEVEL": ""}, env_file)
    assert (5000, "::1", "ERROR") == (settings.port, settings.host, settings.log_level)
    assert 1_000_000 == settings.max_amount


def test_a_wrong_value_in_the_file_is_named_too(tmp_path: Path) -> None:
    """What is wrong in `.env` is reported as from the environment."""
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=test-wrong-port\n", "utf-8")
    (line,) = problems(NEEDED, env_file)
    assert line.startswith("PORT is malformed")
    assert line.endswith("; found “test-wrong-port”")


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are no traceback."""
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"SLACK_BOT_TOKEN=xoxb-\xff\xfe\n")
    (line,) = problems(NEEDED, env_file)
    assert f"{env_file} cannot be read: takes a UTF-8 text file of NAME=value lines" == line


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without arguments the process's own environment and `.env` in the working directory are read."""
    monkeypatch.chdir(tmp_path)
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text("PORT=4000\n", "utf-8")
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    assert 4000 == load_settings().port


def test_no_secret_is_shown() -> None:
    """Neither the settings' text nor an error's whole traceback holds a secret."""
    settings = load(SLACK_APP_TOKEN="xapp-test")
    assert {"xoxb-test", "xapp-test", "test-signing-secret", "test-key", "test-auth-token"} == set(settings.secrets())
    shown = f"{settings!r} {settings}"
    wrong = {"SLACK_BOT_TOKEN": "x" * 20, "DATABASE_URL": "y" * 20, "PORT": "xoxb-test"}
    with pytest.raises(SettingsError) as caught:
        load(**wrong)
    shown += "".join(traceback.format_exception(caught.value))
    assert not [value for value in (*settings.secrets(), *wrong.values()) if value in shown]


def test_settings_do_not_change() -> None:
    """Settings are frozen: what was checked is what is used."""
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1  # type: ignore[misc]  # what the test is about
