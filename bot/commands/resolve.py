"""`payout-bot resolve P-…`: the second person for an uncertain payout, where fewer than two approvers could end it."""

from __future__ import annotations

import asyncio
import getpass
import sys

import click

from bot.app import rules_of
from bot.clock import Ids, SystemClock
from bot.commands.settings_or_exit import settings_or_exit
from bot.desk.resolution import conclude_at_console, why_not_at_console
from bot.parsing import read_payout
from bot.settings import Settings
from bot.speech import words
from storage.connection import LedgerError, open_ledger, open_reader
from storage.ledger import Ledger
from storage.payout import Record
from storage.writer import InlineWriter


@click.command()
@click.argument("payout")
@click.option("--yes", is_flag=True, help="Do not ask at the terminal.")
def resolve(payout: str, *, yes: bool) -> None:
    """Confirm what one approver proposed for PAYOUT."""
    settings = settings_or_exit()
    try:
        problem = asyncio.run(_resolve(settings, payout, yes=yes))
    except LedgerError as error:
        problem = str(error)
    if problem is not None:
        click.echo(problem, err=True)
        sys.exit(1)


async def _resolve(settings: Settings, payout: str, *, yes: bool) -> str | None:
    """Ask, then conclude; what stands against it, or None."""
    clock = SystemClock()
    path = settings.database_path
    writer = InlineWriter(open_ledger(path))
    ledger = Ledger(open_reader(path), writer, clock, Ids())
    try:
        record = ledger.record(read_payout(payout))
        problem = why_not_at_console(record, rules_of(settings), ledger.now())
        if record is None or record.proposal is None or problem is not None:
            return problem or f"{payout}: nothing to resolve"
        click.echo(_summary(record))
        if not yes and not click.confirm("Is that right?", default=False):
            return "Nothing was changed."
        person = f"{words.CONSOLE}{getpass.getuser()}"
        return await conclude_at_console(ledger, record, rules_of(settings), person)
    finally:
        await ledger.close()


def _summary(record: Record) -> str:
    payout, proposal = record.payout, record.proposal
    finding = str(words.FINDINGS[proposal.finding]) if proposal else ""
    word = record.attempt.word
    says = "" if word is None else f"\n{words.SAYS_STILL_PLAIN.format(word=word)}"
    return (
        f"{payout.id}: {words.amount(payout.amount)}, transaction {record.attempt.transaction_id}\n"
        f"{proposal.person if proposal else ''} proposes: {finding} ({proposal.reason if proposal else ''}){says}"
    )
