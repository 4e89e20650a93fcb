"""The program: one verb a file in `bot.commands`; a verb that is not built yet is refused, never ignored."""

from __future__ import annotations

import sys

import click

from bot.commands.backup import backup
from bot.commands.demo import demo
from bot.commands.doctor import doctor
from bot.commands.resolve import resolve
from bot.commands.sandbox import sandbox
from bot.commands.serve import serve

NOT_BUILT_YET = ("relay", "export", "verify", "reconcile", "report", "forget")


@click.group()
def main() -> None:
    """Payouts through LigdiCash, asked for and approved in Slack."""


main.add_command(serve)
main.add_command(demo)
main.add_command(sandbox)
main.add_command(backup)
main.add_command(resolve)
main.add_command(doctor)


def _refused(name: str) -> click.Command:
    def refuse(_rest: tuple[str, ...]) -> None:
        click.echo(f"payout-bot {name}: not available yet", err=True)
        sys.exit(2)

    return click.Command(
        name,
        callback=refuse,
        help="Not available yet.",
        hidden=True,
        params=[click.Argument(["_rest"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
    )


for _name in NOT_BUILT_YET:
    main.add_command(_refused(_name))
