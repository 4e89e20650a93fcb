"""`payout-bot verify [PATH]`: whether the audit trail is what it was when it was written."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot.commands.settings_or_exit import settings_or_exit
from storage.connection import LedgerError, look_at_ledger
from storage.exporting import Chain, look_at_chain, unapproved

MOST_SHOWN = 20


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
def verify(path: Path | None) -> None:
    """Check that nothing in the audit trail was altered.

    PATH is a ledger or a copy of one; without it, the ledger of DATABASE_URL. With PATH no setting is needed.
    """
    ledger = settings_or_exit().database_path if path is None else path
    try:
        with closing(look_at_ledger(ledger)) as connection:
            connection.row_factory = sqlite3.Row
            found = look_at_chain(connection)
            differing = [] if found.altered is not None else list(unapproved(connection))
    except (LedgerError, sqlite3.Error) as error:
        click.echo(str(error), err=True)
        # 1 is what whoever watches takes for tampering.
        sys.exit(2)
    click.echo(_says(found))
    for payout, attempt in differing[:MOST_SHOWN]:
        click.echo(f"{payout}, attempt {attempt}: sent, but its row is not what was approved by the events")
    if len(differing) > MOST_SHOWN:
        click.echo(f"and {len(differing) - MOST_SHOWN} more")
    if found.altered is not None or differing:
        sys.exit(1)
    click.echo(
        f"Every payout that was sent is as it was approved. Newest hash, of event {found.last}; note it elsewhere:"
    )
    click.echo(found.newest_hash)


def _says(found: Chain) -> str:
    if found.altered is not None:
        return f"event {found.altered} was altered or removed; the {found.events} before it are unbroken"
    if found.first_at is None or found.last_at is None:
        return "0 events, unbroken"
    return f"{found.events} events from {_time(found.first_at)} to {_time(found.last_at)}, unbroken"


def _time(moment: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
