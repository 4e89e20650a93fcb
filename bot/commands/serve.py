"""`payout-bot serve`: Slack listeners, callback relay and background work in one process."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime

import click
import structlog

from bot.app import Bot, StartError
from bot.commands.settings_or_exit import env_file_warning, settings_or_exit
from bot.logs import configure_logs
from bot.settings import Settings
from storage.connection import LedgerError

log = structlog.get_logger(__name__)


@click.command()
def serve() -> None:
    """Run the bot until SIGTERM or SIGINT."""
    settings = settings_or_exit()
    configure_logs(settings.log_level, settings.secrets())
    warning = env_file_warning()
    if warning is not None:
        log.warning("secrets_are_readable", why=warning)
    try:
        asyncio.run(_serve(settings))
    except (StartError, LedgerError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    bot = Bot(settings)
    try:
        address = await bot.start()
        way = "HTTP" if settings.slack_app_token is None else "Socket Mode"
        problem = bot.slack_problem()
        state = f"payout-bot is ready on {address}, Slack over {way}"
        click.echo(state if problem is None else f"payout-bot listens on {address}, but is not ready: {problem}")
        if bot.copied_at is not None:
            click.echo(_copy_notice(bot.copied_at))
        await stop.wait()
    finally:
        await bot.stop()


def _copy_notice(copied_at: int) -> str:
    made = datetime.fromtimestamp(copied_at / 1000, UTC).isoformat(timespec="seconds")
    return (
        f"This ledger is a copy made at {made}. All sending is paused, and what was approved or being sent is now "
        "unconfirmed. What happened since is not known: what is refused, failed or initiated here may have been asked "
        "for again, paid or ended. Compare it with LigdiCash's dashboard, resolve what is unconfirmed, reject requests "
        "that were paid since, ask for nothing again before you looked, then let two approvers type /payout resume."
    )
