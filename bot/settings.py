"""The environment, read once: every wrong variable is named in one go, and no secret is ever shown."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers
from dotenv import dotenv_values
from pydantic import AfterValidator, Field, PlainValidator, SecretStr, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.language import Language
from bot.quiet import QuietHours

HIGHEST_LIMIT = 999_999_999_999
LONGEST_TTL_HOURS = 24 * 30
HIGHEST_MAX_AMOUNT = 1_000_000_000
# LigdiCash's own word: never ask faster.
FASTEST_POLL_SECONDS = 3
SLOWEST_POLL_SECONDS = 3600
HIGHEST_PORT = 65535
DEFAULT_ENV_FILE = Path(".env")
# How much alike two names are of which one is surely the other, mistyped; 1 is the same.
_CLOSE = 0.85


class SettingsError(Exception):
    """Variables that are missing or malformed; `problems` has one line for each, without any secret."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _NotAvailableYetError(ValueError):
    """A right value whose rule is not built yet."""


class _MissingError(ValueError):
    """No value where one is required."""


def _matching(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError
        return text

    return check


# Slack's are 32 hexadecimal digits. What is plainly none is refused: cut short, or one of the app's tokens.
_SIGNING = r"(?!xox|xapp)[!-~]{16,}"


def _secret(pattern: str) -> Callable[[str], SecretStr]:
    check = _matching(pattern)
    return lambda text: SecretStr(check(text.strip()))


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    digits = _matching(r"[0-9]{1,12}")

    def check(text: str) -> int:
        number = int(digits(text.strip()))
        if not lowest <= number <= highest:
            raise ValueError
        return number

    return check


def _items(check: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def split(text: str) -> tuple[str, ...]:
        items = dict.fromkeys(check(item) for part in text.split(",") if (item := part.strip()))
        if not items:
            raise ValueError
        return tuple(items)

    return split


_person = _matching(r"[UWS][A-Z0-9]+")


def _quiet_hours(text: str) -> QuietHours:
    begin, end = _matching(r"(?:[01]?[0-9]|2[0-3])-(?:[01]?[0-9]|2[0-3])")(text.strip()).split("-")
    return QuietHours(int(begin), int(end))


def _country(text: str) -> str:
    code = _matching(r"[1-9][0-9]{0,2}")(text)
    # 001 stands for services that are no country's, such as satellite phones.
    if phonenumbers.region_code_for_country_code(int(code)) in {"ZZ", "001"}:
        raise ValueError
    return code


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(text: str) -> str:
    """An http or https URL of host and path; plain http only within this machine."""
    parts = urlsplit(_matching(r"[!-~]+")(text.strip()))
    host = parts.hostname or ""
    if parts.port == 0 or not host or parts.username is not None or parts.query or parts.fragment:
        raise ValueError
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError
    return text.strip()


def _base_url(text: str) -> str:
    return _url(text).rstrip("/")


def _slack_api_url(text: str) -> str:
    return _matching(r".*/api/")(_url(text))


def _database_path(text: str) -> Path:
    text = text.strip()
    if re.match(r"postgres(?:ql)?(?:\+\w+)?://", text):
        raise _NotAvailableYetError("with PostgreSQL is")
    path = _matching(r"sqlite:///[^?#\x00-\x1f]+")(text).removeprefix("sqlite:///")
    if path.startswith(":") or path.endswith("/"):
        raise ValueError
    return Path(path)


def _timezone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text.strip())
    except (LookupError, OSError) as error:
        raise ValueError from error


_BOOLEANS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def _boolean(text: str) -> bool:
    known = _BOOLEANS.get(text.strip().lower())
    if known is None:
        raise ValueError
    return known


def _locale(text: str) -> Language:
    return Language(text.strip())


def _log_level(text: str) -> str:
    return _matching("DEBUG|INFO|WARNING|ERROR")(text.strip().upper())


def _unless_socket_mode(secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    # A malformed SLACK_APP_TOKEN is not in `data`: it was meant, and is reported by itself.
    if secret is None and info.data.get("slack_app_token", ...) is None:
        raise _MissingError
    return secret


_LOCAL = "http only on this machine"
_PEOPLE = "Slack user ids and user group ids by commas, such as U012AB3CD,S045EF6GH"
_XOF = f"whole XOF from 1 to {HIGHEST_LIMIT}, such as 500000"


_Limit = Annotated[int | None, PlainValidator(_whole(1, HIGHEST_LIMIT)), Field(description=_XOF)]


class Settings(BaseSettings):
    """What the environment says, as INTERFACE names it; each field's description says what it takes."""

    model_config = SettingsConfigDict(
        frozen=True,
        alias_generator=str.upper,
        case_sensitive=True,
        enable_decoding=False,
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        validate_default=False,
    )

    slack_bot_token: Annotated[
        SecretStr,
        PlainValidator(_secret(r"xoxb-[!-~]+")),
        Field(description="the bot token of the Slack app, such as xoxb-..."),
    ]
    # Before the signing secret, whose check looks at it.
    slack_app_token: Annotated[
        SecretStr | None,
        PlainValidator(_secret(r"xapp-[!-~]+")),
        Field(description="an app-level token for Socket Mode, such as xapp-..."),
    ] = None
    slack_signing_secret: Annotated[
        SecretStr | None,
        PlainValidator(lambda text: None if text is None else _secret(_SIGNING)(text)),
        AfterValidator(_unless_socket_mode),
        Field(
            description="the signing secret of the Slack app, such as 32 hexadecimal digits, under Basic Information, "
            "App Credentials (only with SLACK_APP_TOKEN it is not needed)",
            validate_default=True,
        ),
    ] = None
    slack_api_url: Annotated[
        str,
        PlainValidator(_slack_api_url),
        Field(description=f"a URL that ends in /api/, such as https://slack.com/api/ ({_LOCAL})"),
    ] = "https://slack.com/api/"
    ligdicash_api_key: Annotated[
        SecretStr,
        PlainValidator(_secret(r"[!-~]+")),
        Field(description="the API key of the LigdiCash project, such as ABCD1234..."),
    ]
    ligdicash_auth_token: Annotated[
        SecretStr,
        PlainValidator(_secret(r"[!-~]+")),
        Field(description="the API token of the LigdiCash project, without the word Bearer, such as eyJ0..."),
    ]
    ligdicash_api_url: Annotated[
        str,
        PlainValidator(_base_url),
        Field(description=f"a URL, such as https://app.ligdicash.com ({_LOCAL})"),
    ] = "https://app.ligdicash.com"
    public_url: Annotated[
        str,
        PlainValidator(_base_url),
        Field(
            description="the https URL at which LigdiCash reaches this bot, such as "
            f"https://payouts.example.com ({_LOCAL})"
        ),
    ]
    database_path: Annotated[
        Path,
        PlainValidator(_database_path),
        Field(alias="DATABASE_URL", description="sqlite:/// and a file's path, such as sqlite:///payouts.db"),
    ] = Path("payouts.db")
    audit_channel: Annotated[
        str,
        PlainValidator(lambda text: _matching(r"[CG][A-Z0-9]+")(text.strip())),
        Field(description="one channel id, such as C012AB3CD"),
    ]
    payout_channels: Annotated[
        tuple[str, ...],
        PlainValidator(_items(_matching(r"[CG][A-Z0-9]+"))),
        Field(description="channel ids by commas, such as C012AB3CD,C045EF6GH"),
    ] = ()
    approvers: Annotated[tuple[str, ...], PlainValidator(_items(_person)), Field(description=_PEOPLE)]
    requesters: Annotated[tuple[str, ...], PlainValidator(_items(_person)), Field(description=_PEOPLE)] = ()
    max_amount: Annotated[
        int,
        PlainValidator(_whole(1, HIGHEST_MAX_AMOUNT)),
        Field(description=f"whole XOF from 1 to {HIGHEST_MAX_AMOUNT}, such as 1000000"),
    ] = 1_000_000
    second_approval_above: _Limit = None
    daily_limit: _Limit = None
    daily_limit_per_requester: _Limit = None
    status_poll_seconds: Annotated[
        int,
        PlainValidator(_whole(FASTEST_POLL_SECONDS, SLOWEST_POLL_SECONDS)),
        Field(description=f"whole seconds from {FASTEST_POLL_SECONDS} to {SLOWEST_POLL_SECONDS}, such as 30"),
    ] = 30
    request_ttl_hours: Annotated[
        int,
        PlainValidator(_whole(1, LONGEST_TTL_HOURS)),
        Field(description=f"whole hours from 1 to {LONGEST_TTL_HOURS}, such as 24"),
    ] = 24
    countries: Annotated[
        tuple[str, ...],
        PlainValidator(_items(_country)),
        Field(description="calling codes by commas, without plus, such as 226,225"),
    ] = ("226",)
    locale: Annotated[Language, PlainValidator(_locale), Field(description="en or fr, such as fr")] = Language.ENGLISH
    quiet_hours: Annotated[
        QuietHours,
        PlainValidator(_quiet_hours),
        Field(description="two hours of the day with a hyphen, such as 20-7"),
    ] = QuietHours(20, 7)
    audit_full_numbers: Annotated[bool, PlainValidator(_boolean), Field(description="true or false, such as false")] = (
        False
    )
    timezone: Annotated[
        ZoneInfo,
        PlainValidator(_timezone),
        Field(description="a name from the time zone database, such as Africa/Ouagadougou"),
    ] = ZoneInfo("Africa/Ouagadougou")
    host: Annotated[
        str,
        PlainValidator(lambda text: _matching(r"[A-Za-z0-9.:_-]+")(text.strip())),
        Field(description="an address or name to listen at, such as 127.0.0.1"),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        PlainValidator(_whole(1, HIGHEST_PORT)),
        Field(description=f"a port from 1 to {HIGHEST_PORT}, such as 3000"),
    ] = 3000
    log_level: Annotated[
        str, PlainValidator(_log_level), Field(description="DEBUG, INFO, WARNING or ERROR, such as INFO")
    ] = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment that `load_settings` hands in, then `.env`."""
        return init_settings, dotenv_settings

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log's redaction and nothing else."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))


def load_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = DEFAULT_ENV_FILE) -> Settings:
    """Read `environ` (else the process's), then `env_file`; an empty value counts as none.

    Raises SettingsError with every missing and malformed variable.
    """
    environ = os.environ if environ is None else environ
    given: dict[str, Any] = {name: environ[name] for name in variables() if environ.get(name)}
    problems: list[str] = []
    try:
        problems += [] if env_file is None else _slips(env_file)
        settings = Settings(_env_file=env_file, **given)
        if not problems:
            return settings
    except ValidationError as error:
        problems += [_line(each) for each in error.errors(include_url=False)]
    except (OSError, UnicodeDecodeError):
        problems = [f"{env_file} cannot be read: takes a UTF-8 text file of NAME=value lines"]
    # Outside of the handlers, so that no traceback leads to pydantic's error and the values in it.
    raise SettingsError(problems)


def _slips(env_file: Path) -> list[str]:
    """A line for each name in the file that was surely meant for a setting: a mistyped limit would be no limit.

    Of the process's environment nothing is said: other programs' variables are there too.
    """
    known = variables()
    found = [name for name in dotenv_values(env_file, encoding="utf-8", interpolate=False) if name not in known]
    close = {name: get_close_matches(name.upper(), known, 1, _CLOSE) for name in found}
    return [f"{name} is not a setting; did you mean {meant[0]}?" for name, meant in close.items() if meant]


def variables() -> dict[str, str]:
    """Each variable's name and what it takes."""
    fields = Settings.model_fields.values()
    return {field.alias or "": field.description or "" for field in fields}


def _line(error: ErrorDetails) -> str:
    # Upper: a default that is found wrong is reported under the field's own name.
    name = str(error["loc"][0]).upper()
    takes = f"takes {variables()[name]}"
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, _NotAvailableYetError):
        return f"{name} {cause} not available yet: {takes}"
    is_missing = error["type"] == "missing" or isinstance(cause, _MissingError)
    if is_missing:
        return f"{name} is missing: {takes}"
    return f"{name} is malformed: {takes}{_found(name, error.get('input'))}"


def _found(name: str, value: object) -> str:
    """What stands there instead, unless it may be a secret, or one that was put into the wrong line."""
    shown = isinstance(value, str) and re.fullmatch(r"[^\x00-\x1f\x7f]{1,32}", value) is not None
    if not shown or name in _NEVER_SHOWN or str(value).lstrip().startswith(("xox", "xapp", "eyJ")):
        return ""
    return f"; found “{value}”"


# Secrets, and addresses in which a password may stand.
_NEVER_SHOWN = frozenset(
    {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "LIGDICASH_API_KEY", "LIGDICASH_AUTH_TOKEN"}
    | {name for name in variables() if name.endswith("_URL")}
)
