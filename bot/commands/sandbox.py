"""`payout-bot sandbox`: the LigdiCash sandbox alone, for anybody's client."""

from __future__ import annotations

import asyncio
import signal
import sys

import click

from bot.sandbox.ligdicash import LigdicashSandbox, behaviours


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8460, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def sandbox(port: int, host: str) -> None:
    """Run a LigdiCash to test against.

    Payouts, status and callbacks, but no money.
    """
    try:
        asyncio.run(_serve(host, port))
    except OSError as error:
        click.echo(f"cannot listen on {host}:{port}: {error.strerror or error}; try another --port", err=True)
        sys.exit(2)


async def _serve(host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with LigdicashSandbox.running(host=host, port=port) as running:
        click.echo(f"LigdiCash sandbox ready at {running.url} (Ctrl-C stops it)")
        click.echo(f"\nThe last two digits of the number choose what happens:\n\n{behaviours.as_text()}")
        await stop.wait()
