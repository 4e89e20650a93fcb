"""Reading the settings for a command: every wrong one in a line of its own, then exit status 2."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import click

from bot.settings import DEFAULT_ENV_FILE, Settings, SettingsError, load_settings


def settings_or_exit() -> Settings:
    """The settings; ends the program when one is missing or malformed."""
    try:
        return load_settings()
    except SettingsError as error:
        if _is_nothing_there():
            click.echo(f"There is no {DEFAULT_ENV_FILE} in {Path.cwd()}: run this in the folder where it is.", err=True)
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(2)


def env_file_warning() -> str | None:
    """What to do where everybody on this machine can read the secrets."""
    try:
        readable = DEFAULT_ENV_FILE.stat().st_mode & stat.S_IROTH
    except OSError:
        return None
    advice = f"{DEFAULT_ENV_FILE}: everybody on this machine can read it; `chmod 600 {DEFAULT_ENV_FILE}`"
    return advice if readable else None


def _is_nothing_there() -> bool:
    """Whether somebody is in the wrong folder, surely: neither a file nor any variable that is needed."""
    needed = [field.alias for field in Settings.model_fields.values() if field.is_required()]
    return not DEFAULT_ENV_FILE.exists() and not any(os.environ.get(name or "") for name in needed)
