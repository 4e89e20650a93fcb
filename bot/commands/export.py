"""`payout-bot export`: what was asked for, approved and paid in some days, or the audit trail, as CSV or JSON."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import IO
from zoneinfo import ZoneInfo

import click

from bot.commands.settings_or_exit import settings_or_exit
from storage.connection import LedgerError, look_at_ledger
from storage.exporting import FOREVER, attempts_between, events_between

PAYOUTS = (
    *("payout", "attempt", "asked_at", "requester", "asked_by", "number", "amount", "order", "reason", "way", "state"),
    *("outcome", "approvers", "approved_at", "sent_at", "transaction_id", "token_end", "ended_at", "found_by"),
    *("found_reason", "contradiction", "may_repeat", "decided_by", "decision_reason"),
)
EVENTS = ("id", "at", "kind", "payout", "attempt", "actor", "data", "hash")
# A spreadsheet takes a cell that begins like this for a formula, and carries it out.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | list[str] | dict[str, object] | None
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", help="csv unless said otherwise.")
@click.option("--from", "first", type=_DAY, metavar="YYYY-MM-DD", help="First day, in TIMEZONE.")
@click.option("--to", "last", type=_DAY, metavar="YYYY-MM-DD", help="Last day, included.")
@click.option("--events", is_flag=True, help="The audit trail instead: every event with its hash.")
def export(form: str, first: datetime | None, last: datetime | None, *, events: bool) -> None:
    """Write payouts, or events, as CSV or JSON."""
    if first is not None and last is not None and first > last:
        raise click.UsageError("--from is after --to")
    settings = settings_or_exit()
    zone = settings.timezone
    since = 0 if first is None else _begin(first.date(), zone)
    until = FOREVER if last is None or last.date() == date.max else _begin(last.date() + timedelta(days=1), zone)
    out = sys.stdout.buffer
    try:
        with closing(look_at_ledger(settings.database_path)) as connection:
            connection.row_factory = sqlite3.Row
            rows = (
                (_event(row, zone) for row in events_between(connection, since, until))
                if events
                else (_payout(row, zone) for row in attempts_between(connection, since, until))
            )
            if form == "csv":
                _write_csv(out, EVENTS if events else PAYOUTS, rows)
            else:
                _write_json(out, rows)
    except (LedgerError, sqlite3.Error) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _begin(day: date, zone: ZoneInfo) -> int:
    """When that day begins there, in milliseconds since 1970; nothing here is older than that."""
    begin = datetime(day.year, day.month, day.day, tzinfo=zone) - datetime(1970, 1, 1, tzinfo=UTC)
    return max(0, begin // timedelta(milliseconds=1))


def _payout(row: sqlite3.Row, zone: ZoneInfo) -> dict[str, Cell]:
    found: dict[str, Cell] = {name: row["order_reference" if name == "order" else name] for name in PAYOUTS}
    for name in ("asked_at", "approved_at", "sent_at", "ended_at"):
        found[name] = _time(row[name], zone)
    for name in ("approvers", "found_by", "may_repeat"):
        found[name] = (row[name] or "").split()
    return found


def _event(row: sqlite3.Row, zone: ZoneInfo) -> dict[str, Cell]:
    found: dict[str, Cell] = {name: row[name] for name in EVENTS}
    return found | {"at": _time(row["at"], zone), "data": _data(row["data"])}


def _data(text: str) -> Cell:
    """As the object that it is; as its text where somebody made it none: `verify` says so, an export goes on."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict) else text


def _time(moment: int | None, zone: ZoneInfo) -> str | None:
    """As RFC 3339 has it, to the millisecond, since that is what the chain's hashes are made of."""
    if moment is None:
        return None
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)
    return at.astimezone(zone).isoformat(timespec="milliseconds")


class _Utf8:
    """What a csv writer writes to, whatever this terminal's encoding."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """To the stream, in UTF-8."""
        return self._out.write(text.encode("utf-8"))


def _write_csv(out: IO[bytes], names: Iterable[str], rows: Iterator[Mapping[str, Cell]]) -> None:
    writer = csv.writer(_Utf8(out))
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])
    out.flush()


def _cell(value: Cell) -> str | int | None:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = " ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text


def _write_json(out: IO[bytes], rows: Iterator[Mapping[str, Cell]]) -> None:
    """One array, an object a line."""
    before = "["
    for row in rows:
        out.write(f"{before}\n{json.dumps(row, ensure_ascii=False)}".encode())
        before = ","
    out.write(b"[]\n" if before == "[" else b"\n]\n")
    out.flush()
