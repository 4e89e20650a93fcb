"""What a world stands on: its ledger in memory, its settings, and the bot's log, which only the laws hear."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import aiohttp
import structlog
from slack_sdk.models.basic_objects import JsonObject

import bot.outbox
import bot.parsing
import bot.worker
import storage.connection
from bot.settings import Settings, load_settings
from storage.connection import open_ledger
from tests.laws.processes import REFUSALS
from tests.laws.slackside import AUDIT, TOKEN, Webhook

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

    from tests.laws.rulebook import Rulebook

# How often a process looks by itself here: `Life.notice_soon` has it look where there is something to see.
IDLE = 1_800.0

# Where the log's unexpected errors go: the last list is that of the world that is being played.
surprises: list[list[str]] = []


@contextmanager
def simulated() -> Iterator[None]:
    """The few things that reach past what the roof hands in."""
    with (
        patch("slack_bolt.context.respond.async_respond.AsyncWebhookClient", Webhook),
        patch.object(bot.worker, "LONGEST_SLEEP", IDLE),
        patch.object(bot.outbox, "LONGEST_SLEEP", IDLE),
        # No copy is put back in these worlds, and the files that are kept open for that question would be too many.
        patch.object(storage.connection, "check_log_beside", lambda _: None),
        # Only to be faster: pure functions remembered, and blocks checked by the stand-in instead of twice.
        patch.object(bot.parsing, "_parse", _parse),
        patch.object(JsonObject, "validate_json", lambda _: None),
    ):
        yield


_parse = lru_cache(maxsize=10_000)(bot.parsing._parse)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Collected between seeds, and not in the middle, where it would only cost time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def ledger_file() -> Iterator[Path]:
    """A fresh ledger, copied from one that was migrated once."""
    # A fork of this process takes a place of its own.
    folder = _folder(os.getpid())
    path = folder / "ledger.db"
    shutil.copyfile(folder / "template.db", path)
    try:
        yield path
    finally:
        for left in folder.glob("ledger.db*"):
            left.unlink()


@cache
def _folder(process: int) -> Path:
    """A process's own place in memory, with an empty ledger in it."""
    memory = Path("/dev/shm")  # noqa: S108 - memory-backed, and a folder of our own in it
    where = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    for left in where.glob("payout-laws-*-*"):
        # Of a run that was killed.
        if not Path("/proc", left.name.split("-")[2]).exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"payout-laws-{process}-", dir=where))
    connection = open_ledger(folder / "template.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder


def tidy() -> None:
    """Remove what `run_seed` left in memory."""
    if _folder.cache_info().currsize:
        shutil.rmtree(_folder(os.getpid()), ignore_errors=True)
        _folder.cache_clear()


def settings(rules: Rulebook) -> Settings:
    """What the operator of this world wrote into `.env`."""
    return load_settings(
        rules.environment()
        | {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_APP_TOKEN": "xapp-test",
            "LIGDICASH_API_KEY": "test-key",
            "LIGDICASH_AUTH_TOKEN": "test-token",
            "LIGDICASH_API_URL": "https://ligdicash.example",
            "PUBLIC_URL": "https://payouts.example",
            "AUDIT_CHANNEL": AUDIT,
            "STATUS_POLL_SECONDS": "30",
        },
        env_file=None,
    )


# A Slack that was made unreachable: the bot may write it into its log.
_EXPECTED = (aiohttp.ClientError, OSError)


def _hear_log(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """What the bot itself did not expect is a finding; a ledger that was made to refuse is not."""
    if surprises and event.get("exc_info"):
        error = _error_of(event)
        refused = isinstance(error, sqlite3.OperationalError) and str(error) in REFUSALS
        if not refused and not isinstance(error, _EXPECTED):
            surprises[-1].append(f"{event.get('event')}: {error!r}")
    raise structlog.DropEvent


def _error_of(event: EventDict) -> object:
    found = event["exc_info"]
    return sys.exc_info()[1] if found is True else found


def quiet() -> None:
    """Let the bot's log be heard by nobody but the laws."""
    logging.disable(logging.CRITICAL)
    # Of processes that were killed, and of the world's end.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    structlog.configure(
        processors=[_hear_log],
        wrapper_class=structlog.make_filtering_bound_logger(40),
        cache_logger_on_first_use=False,
    )
