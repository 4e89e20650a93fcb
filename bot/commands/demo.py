"""`payout-bot demo`: the bot as a real process between stand-ins of Slack and LigdiCash; no account, no key."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import click
from rich.console import Console

from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.page import LOCALES, ByHand, Page
from bot.sandbox.slack.server import SlackStandIn
from bot.sandbox.story import AUDIT, CLARISSE, DAOUDA, Story

# Seconds.
START_WITHIN = 20.0
STOP_WITHIN = 60.0
CALLBACK_AFTER = 1.0

_DEFAULT_PORT = 3000
_HOST = "127.0.0.1"


@click.command()
@click.option("--story", is_flag=True, help="Play the story and exit with its status.")
@click.option("--socket", "over_socket", is_flag=True, help="Slack comes in over Socket Mode instead of HTTP.")
@click.option("--locale", type=click.Choice(["en", "fr"]), default="en", help="What everybody's Slack speaks.")
def demo(*, story: bool, over_socket: bool, locale: str) -> None:
    """Play the whole story on this machine alone.

    Request, approval, payment, callback, final status.
    """
    console = Console(highlight=False, soft_wrap=True)
    stays = sys.stdout.isatty() and not story
    try:
        asyncio.run(_demo(console, locale, over_socket=over_socket, stays=stays))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("\nThe demo is over.")
    except (AssertionError, OSError) as error:
        console.print(f"\nThe story did not go as it must: {error}", markup=False)
        sys.exit(1)


async def _demo(console: Console, locale: str, *, over_socket: bool, stays: bool) -> None:
    _end_as_at_ctrl_c()
    with tempfile.TemporaryDirectory(prefix="payout-bot-demo-") as folder:
        async with (
            SlackStandIn.running(host=_HOST, port=0) as slack,
            LigdicashSandbox.running(host=_HOST, port=0, callback_delay=CALLBACK_AFTER, weather=ByHand()) as ligdicash,
        ):
            port = _free_port(int(os.environ.get("PORT") or _DEFAULT_PORT))
            url = f"http://{_HOST}:{port}"
            slack.request_url = f"{url}/slack/events"
            slack.workspace.people.speak_all(LOCALES[locale])
            environment = _environment(slack, ligdicash, Path(folder), port, over_socket=over_socket)
            environment["LOCALE"] = locale
            async with _bot(console, environment):
                await _play(console, slack, ligdicash, locale)
                if stays:
                    await _stay(console, slack, ligdicash, url)


def _end_as_at_ctrl_c() -> None:
    """A service manager's TERM, or the HUP of a terminal that is closed: the bot is stopped, no folder is left."""
    loop, ours = asyncio.get_running_loop(), asyncio.current_task()
    if ours is None:
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Once: the second must not cut the cleaning up short.
        loop.add_signal_handler(number, lambda: ours.cancel() if not ours.cancelling() else None)


async def _stay(console: Console, slack: SlackStandIn, ligdicash: LigdicashSandbox, url: str) -> None:
    """Keep the workspace open in the browser until Ctrl-C."""
    async with Page.running(slack, ligdicash, url, host=_HOST, port=0) as page:
        console.print(f"\nOpen this in your browser: {page.url}  (Ctrl-C ends the demo)")
        await asyncio.Event().wait()


async def _play(console: Console, slack: SlackStandIn, ligdicash: LigdicashSandbox, locale: str) -> None:
    def say(line: str) -> None:
        console.print(line, markup=False)

    def heading(title: str) -> None:
        console.print(f"\n── {title}", style="bold", markup=False)

    await Story(slack, ligdicash, say, heading, locale).play()
    console.print("\nThe story went as it must.")


def _environment(
    slack: SlackStandIn, ligdicash: LigdicashSandbox, folder: Path, port: int, *, over_socket: bool
) -> dict[str, str]:
    """What a person would write into `.env`; nothing of this shell's own settings reaches the demo."""
    ours = {
        "SLACK_BOT_TOKEN": "xoxb-test",
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "LIGDICASH_API_KEY": "demo-key",
        "LIGDICASH_AUTH_TOKEN": "demo-token",
        "LIGDICASH_API_URL": ligdicash.url,
        "PUBLIC_URL": f"http://{_HOST}:{port}",
        "DATABASE_URL": f"sqlite:///{folder / 'payouts.db'}",
        "AUDIT_CHANNEL": AUDIT,
        "APPROVERS": f"{CLARISSE},{DAOUDA}",
        "STATUS_POLL_SECONDS": "5",
        "HOST": _HOST,
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }
    return ours | ({"SLACK_APP_TOKEN": "xapp-test"} if over_socket else {})


@asynccontextmanager
async def _bot(console: Console, environment: Mapping[str, str]) -> AsyncIterator[None]:
    """The bot as a process of its own, ready; stopped at the end as a service manager would."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "SYSTEMROOT") if name in os.environ}
    # In an empty folder, so that no `.env` of somebody's is read.
    with tempfile.TemporaryDirectory(prefix="payout-bot-demo-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve",
            cwd=folder, stdout=asyncio.subprocess.PIPE, env=kept | _import_path() | dict(environment),
        )  # fmt: skip
        try:
            console.print(await _ready(process), markup=False)
            yield
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(STOP_WITHIN):
                await process.wait()


def _import_path() -> dict[str, str]:
    """Where this very program is imported from, for a checkout that is not installed."""
    return {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}


async def _ready(process: asyncio.subprocess.Process) -> str:
    if process.stdout is None:
        raise OSError("the bot's output is not connected")
    try:
        async with asyncio.timeout(START_WITHIN):
            line = (await process.stdout.readline()).decode().strip()
    except TimeoutError:
        raise OSError(f"the bot was not ready within {START_WITHIN:.0f} s") from None
    if "is ready" not in line:
        raise OSError(f"the bot did not start: {line or 'see above'}")
    return line


def _free_port(wanted: int) -> int:
    """The wanted port, or the next one that nobody listens on."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {wanted} to {wanted + 99}")
