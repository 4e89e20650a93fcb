"""Reading the settings for a command: every wrong one in a line of its own, then exit status 2."""

from __future__ import annotations

import sys

import click

from bot.settings import Settings, SettingsError, load_settings


def settings_or_exit() -> Settings:
    """The settings; ends the program when one is missing or malformed."""
    try:
        return load_settings()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(2)
