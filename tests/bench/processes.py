"""The processes of a run: started on the cores that are theirs, waited for, and ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.load import HOST
from tests.bench.machine import available_cores, keep_to

ROOT = Path(__file__).resolve().parents[2]

# Those of the whole run: this process itself gives one of them away.
CORES = available_cores()

# Path, headers and body of one post.
Request = tuple[str, Mapping[str, str], str]

# Seconds.
_START_WITHIN = 30.0
_STOP_WITHIN = 30.0
_LONGEST_LINE = 1 << 24


class BenchError(Exception):
    """The run cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is ready; `ready_after` in seconds from its start."""

    process: int
    port: int
    ready_after: float


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_core() -> Iterator[None]:
    """Whatever is started inside gets a core without the load and the stand-ins, where there are two."""
    if len(CORES) == 1:
        yield
        return
    keep_to(0, CORES[-1:])
    try:
        yield
    finally:
        keep_to(0, CORES[:-1])


@asynccontextmanager
async def server(
    module: Sequence[str], port: int, folder: Path, environment: Mapping[str, str], ready: str
) -> AsyncIterator[Running]:
    """A module as a server, from its line that says `ready` to the block's end, where it gets SIGTERM."""
    begun = time.perf_counter()
    log_path = folder / f"{module[0]}.log"
    with own_core(), log_path.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *module,
            cwd=folder, env=_environment() | dict(environment), stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_START_WITHIN):
            line = (await process.stdout.readline()).decode()
        ready_after = time.perf_counter() - begun
        if ready not in line:
            raise BenchError(f"{module[0]} did not start: {line}\n{_end_of(log_path)}")
        yield Running(process.pid, port, ready_after)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_STOP_WITHIN):
            await process.wait()


def _end_of(log: Path) -> str:
    return log.read_text()[-2000:]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "SYSTEMROOT") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True)
class Volley:
    """What came of a number of requests: all took `seconds`, each its own of `latencies`."""

    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


class Load:
    """The load generator, a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Load]:
        """From its start until the block ends."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.load",
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE,
        )  # fmt: skip
        try:
            yield cls(process)
        finally:
            process.terminate()
            await process.wait()

    async def post(self, port: int, requests: Sequence[Request], at_once: int) -> Volley:
        """Post them all. Raises `BenchError` when one is not answered with 200."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        job = {"port": port, "at_once": at_once, "requests": requests}
        stdin.write(json.dumps(job).encode() + b"\n")
        await stdin.drain()
        line = await stdout.readline()
        if not line:
            raise BenchError("the load generator fell over")
        done = json.loads(line)
        statuses = Counter(done["statuses"])
        if set(statuses) != {"200"}:
            raise BenchError(f"not everything was answered with 200: {dict(statuses)}")
        return Volley(done["seconds"], done["latencies"])
