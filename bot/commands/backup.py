"""`payout-bot backup PATH`: a consistent copy of a live ledger, checked and stamped."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot.clock import SystemClock
from bot.commands.settings_or_exit import settings_or_exit
from storage.connection import LedgerError
from storage.copying import copy_ledger


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Copy the ledger to PATH while the bot runs. `serve` on the copy starts paused and says how to go on."""
    settings = settings_or_exit()
    try:
        payouts, events = copy_ledger(settings.database_path, path, SystemClock().now())
    except LedgerError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(f"{path}: {payouts} payouts, {events} events, integrity checked")
