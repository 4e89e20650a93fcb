"""`payout-bot sandbox` as a real process."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

COMMAND = (sys.executable, "-c", "from bot.commands.sandbox import sandbox; sandbox()")


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command as a process of its own, gone when the block ends."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """One line says where, then the table; a signal ends it with status 0 and nothing on stderr."""
    async with started("--port", "0") as process:
        assert process.stdout
        ready = (await process.stdout.readline()).decode()
        assert ready.startswith("LigdiCash sandbox ready at http://127.0.0.1:")
        async with httpx.AsyncClient() as client:
            assert 200 == (await client.get(ready.split()[4])).status_code
        process.send_signal(number)
        output, errors = await process.communicate()
        assert (0, b"") == (process.returncode, errors)
        assert b"\n12      no answer " in output


async def test_a_busy_port_is_one_clear_line() -> None:
    """Exit status 2, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with started("--port", str(port)) as process:
            output, errors = await process.communicate()
            line = f"cannot listen on 127.0.0.1:{port}: "
            assert (2, b"", 1) == (process.returncode, output, len(errors.splitlines()))
            assert errors.decode().startswith(line)
            assert "in use" in errors.decode()
