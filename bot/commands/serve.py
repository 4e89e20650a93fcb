"""`payout-bot serve`: Slack listeners, callback relay and background work in one process."""

from __future__ import annotations

import asyncio
import signal
import sys

import click

from bot.app import Bot, StartError
from bot.logs import configure_logs
from bot.settings import Settings, SettingsError, load_settings
from storage.connection import LedgerError


@click.command()
def serve() -> None:
    """Run the bot until SIGTERM or SIGINT."""
    try:
        settings = load_settings()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(2)
    configure_logs(settings.log_level, settings.secrets())
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
        await stop.wait()
    finally:
        await bot.stop()
