"""The program: one verb a file in `bot.commands`; a verb that is not built yet is refused, never ignored."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType

import click

BUILT = ("serve", "demo", "sandbox", "backup", "resolve", "doctor", "export", "verify")
NOT_BUILT_YET = ("relay", "reconcile", "report", "forget")


class _Verbs(click.Group):
    """Imports only the verb that is asked for: a bot that starts needs no stand-in, and no page."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Every verb there is, or will be."""
        return sorted(BUILT + NOT_BUILT_YET)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The verb of that name."""
        if name in NOT_BUILT_YET:
            return _refused(name)
        if name not in BUILT:
            return None
        verb: click.Command = getattr(_imported(f"bot.commands.{name}"), name)
        return verb


@click.group(cls=_Verbs)
@click.version_option(package_name="payout-bot", prog_name="payout-bot", message="%(prog)s %(version)s")
def main() -> None:
    """Payouts through LigdiCash, asked for and approved in Slack."""


def _imported(name: str) -> ModuleType:
    """The module. What it brings along stays: nobody looks for garbage in it, neither now nor with each collection."""
    gc.disable()
    module = import_module(name)
    gc.freeze()
    gc.enable()
    return module


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
