"""A bot that stops answers what it took, and leaves no connection behind that nobody closes."""

from __future__ import annotations

import asyncio
import gc
import socket
from pathlib import Path
from unittest.mock import patch

from bot import app
from tests.stage import Stage, stage

HALF = f"POST /callbacks/ligdicash/P-AAAAA/{'0' * 40} HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\nhalf".encode()


async def test_connections_that_arrive_as_it_stops_are_not_lost(scene: Stage) -> None:
    """Taken from the system in the very turn in which it begins to stop, they are closed like all others."""
    callers = [socket.create_connection(("127.0.0.1", scene.port)) for _ in range(20)]
    # In the first turn the loop learns of them, in the second it takes them.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await scene.stop()
    # One that was lost is a ResourceWarning here, which is an error.
    gc.collect()
    for caller in callers:
        caller.settimeout(5)
        assert b"" == caller.recv(1)
        caller.close()


async def test_a_caller_that_never_says_the_rest_does_not_hold_it_up(tmp_path: Path) -> None:
    """Anybody can send half a request: it is cut off, and what is in flight is finished."""
    with patch.object(app, "STOP_ANSWERS_AFTER", 0.05):
        async with stage(tmp_path) as scene:
            with socket.create_connection(("127.0.0.1", scene.port)) as caller:
                caller.sendall(HALF)
                assert 200 == (await scene.readiness())[0]
                async with asyncio.timeout(20):
                    await scene.stop()
