"""Logs: one JSON line per event on stderr; no secret, callback path or whole phone number is left in it."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
# They log whole URLs, headers or payloads at INFO or DEBUG.
QUIET_LOGGERS = ("aiohttp.access", "asyncio", "httpcore", "httpx", "slack_bolt", "slack_sdk")

# A shorter secret is masked only where it stands as a word of its own: it might be part of many words.
_LONG_SECRET = 8
_NUMBER_DIGITS = 8
_PATTERNS = re.compile(
    r"""
    # Left as they are, although a part of them might be taken for a phone number.
    (?P<keep>
        (?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?(?![0-9])
        | (?<![0-9.])[0-9]{10}\.[0-9]{6}(?![0-9.])  # a message's ts
        | (?<![0-9A-Z])P-[2-9A-Z]{5}(?![0-9A-Z])    # a payout's id
        | (?<![0-9A-Z])(?=[0-9]*[A-F])(?:[0-9A-F]{16}){1,4}(?![0-9A-Z])  # a transaction's, an owner's, a hash
        | 0x[0-9A-F]+
    )
    | (?P<token>
        xox[a-z]?[-.][A-Za-z0-9.-]+
        | xapp-[A-Za-z0-9-]+
        | eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_.-]+
        | (?<=Bearer\ )[^\s"',]+
        | (?<=token=)[^\s"'&]+
        | (?<=ticket=)[^\s"'&]+                     # of a Socket Mode connection
        | (?<![0-9A-Z])[0-9A-F]{40}(?![0-9A-Z])     # a callback's secret
    )
    | (?P<path>(?:/|%2F)callbacks(?:/|%2F)ligdicash(?:/|%2F)[A-Za-z0-9-]*(?:/|%2F))[^\s"'?<>)]*
    | (?P<number>\+?[0-9]+(?:[ \t\u00a0\u2007\u2009\u202f.()/_-]{1,3}[0-9]+)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Redactor:
    """Masks secrets, tokens, callback paths and phone numbers in any text or logged value."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = _secrets_pattern(secrets)

    def text(self, text: str) -> str:
        """`text` with HIDDEN in place of what must not be seen."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return _PATTERNS.sub(_masked, text)

    def value(self, value: object) -> object:
        """`value` as JSON can hold it, redacted throughout; what JSON does not know becomes text."""
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return value if abs(value) < 10 ** (_NUMBER_DIGITS - 1) else self.text(str(value))
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return self.text(value if isinstance(value, str) else repr(value))

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Serve as a processor of structlog."""
        return {self.text(str(key)): self.value(item) for key, item in event.items()}


def _secrets_pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    if not forms:
        return None
    # The longest first: one secret may begin with another one.
    return re.compile("|".join(_exactly(form) for form in sorted(forms, key=len, reverse=True)))


def _forms(secret: str) -> set[str]:
    """As it is, within a URL, and escaped as repr and JSON do."""
    return {secret, quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1]}


def _exactly(form: str) -> str:
    if len(form) >= _LONG_SECRET:
        return re.escape(form)
    return rf"(?<![A-Za-z0-9]){re.escape(form)}(?![A-Za-z0-9])"


def _masked(match: re.Match[str]) -> str:
    if match["keep"]:
        return match[0]
    if match["path"]:
        return match["path"] + HIDDEN
    if match["number"] and sum(character.isdigit() for character in match[0]) < _NUMBER_DIGITS:
        return match[0]
    return HIDDEN


class _Handler(logging.StreamHandler[TextIO]):
    """Standard logging prints message and arguments of a line that it cannot format: unredacted."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Say where the line came from, and nothing that it held."""
        line = {"event": "a log line could not be written", "level": "error", "logger": record.name}
        try:
            self.stream.write(json.dumps(line | {"source": f"{record.module}:{record.lineno}"}) + "\n")
        except (OSError, ValueError):
            return  # stderr itself is gone: nobody is left to be told


def configure_logs(level: str, secrets: Iterable[str], stream: TextIO | None = None) -> None:
    """Send every log, warning and uncaught exception to `stream` (else stderr) as JSON lines.

    May be called again: what is known to be secret changes when the settings are read.
    """
    every: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *every,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(sys.stderr if stream is None else stream)
    handler.setFormatter(_formatter(every, Redactor(secrets)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _formatter(foreign: list[Processor], redactor: Redactor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=foreign,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            # A plain traceback: no local variables.
            structlog.processors.format_exc_info,
            redactor,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("uncaught").critical("uncaught exception", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger of key and value pairs: `get_logger(__name__).info("payout sent", attempt=1)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def about_payout(payout_id: str) -> AbstractContextManager[None]:
    """Within it, every line of this task, of any logger, carries the payout's id."""
    return structlog.contextvars.bound_contextvars(payout=payout_id)
