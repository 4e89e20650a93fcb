"""The bot as a process of its own: started, listened to, killed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, chdir
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result

from bot.cli import main
from bot.sandbox import PATIENCE
from bot.settings import variables

ROOT = Path(__file__).resolve().parents[1]

# The same program, with less patience: whole seconds of waiting are tested elsewhere.
HURRIED = """
import httpx
from bot.ligdicash import client
client.CREATE_DEADLINE = 1.0
client._TIMEOUTS = httpx.Timeout(0.8)
from bot import outbox, slackcalls
outbox.BETWEEN_POSTS = outbox.BETWEEN_EDITS = outbox.GATHER_FOR = 0
slackcalls.CALL_DEADLINE, outbox.LEASE = 0.5, 1_500
from bot.cli import main
main(["serve"])
"""


async def eventually(holds: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Wait until it holds; for what another process does, which gives no sign of it."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)


@dataclass
class Running:
    """A running bot and everything it has said so far."""

    process: asyncio.subprocess.Process
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    _pumps: list[asyncio.Task[None]] = field(default_factory=list)
    _said: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self) -> None:
        """Take down what it says, line by line."""
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            assert stream is not None
            self._pumps.append(asyncio.ensure_future(self._pump(stream, lines)))

    async def _pump(self, stream: asyncio.StreamReader, lines: list[str]) -> None:
        while line := await stream.readline():
            lines.append(line.decode())
            self._said.set()
        self._said.set()

    async def says(self, words: str, *, seconds: float = PATIENCE) -> str:
        """Wait for a line on stdout with these words."""
        async with asyncio.timeout(seconds):
            while not (found := [line for line in self.out if words in line]):
                assert not all(pump.done() for pump in self._pumps), self.everything
                self._said.clear()
                await self._said.wait()
        return found[0]

    async def ended(self, *, seconds: float = PATIENCE) -> int:
        """Its exit status, once everything it said has been taken down."""
        async with asyncio.timeout(seconds):
            await asyncio.gather(*self._pumps)
            return await self.process.wait()

    async def kill(self) -> None:
        """As the kernel does, or a power cut: it hears nothing of it."""
        self.process.kill()
        await self.ended()

    async def terminate(self) -> int:
        """As a service manager does; the exit status."""
        self.process.terminate()
        return await self.ended()

    @property
    def everything(self) -> str:
        """Both streams."""
        return "".join([*self.out, *self.err])


@asynccontextmanager
async def program(
    environment: Mapping[str, str], folder: Path, *args: str, code: str | None = None
) -> AsyncIterator[Running]:
    """`python -m bot ARGS` in that folder, with these variables and none of this shell's own."""
    ours = variables()
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    command = ["-m", "bot", *args] if code is None else ["-c", code]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    running = Running(process)
    running.listen()
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await running.ended()


@asynccontextmanager
async def serving(environment: Mapping[str, str], folder: Path, *, code: str | None = None) -> AsyncIterator[Running]:
    """`python -m bot serve`, ready."""
    async with program(environment, folder, "serve", code=code) as running:
        await running.says("payout-bot is ready on")
        yield running


async def command(environment: Mapping[str, str], folder: Path, *args: str) -> Result:
    """`payout-bot ARGS` likewise, but in a thread of this process: a process takes a second to import everything."""

    def run() -> Result:
        with chdir(folder):
            return CliRunner().invoke(main, args, env={**dict.fromkeys(variables()), **environment})

    return await asyncio.to_thread(run)
