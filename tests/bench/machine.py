"""What this machine gives: cores, the cost of an fsync, and what a process takes of it."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_FSYNCS = 200
_PAGE = b"\0" * 4096
_KIBIBYTE = 1024
_MEGABYTE = 1_000_000
# `clock_getcpuclockid(3)`: the time that all threads of a process ran.
_SCHEDULED = 2


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures were taken; `fsync` and `fsync_p99` in seconds."""

    cores: int
    python: str
    system: str
    load: float
    fsync: float
    fsync_p99: float

    def __str__(self) -> str:
        return (
            f"{self.cores} cores, Python {self.python}, {self.system}; load before the run {self.load:.1f}; "
            f"one fsync beside the ledger {self.fsync * 1000:.2f} ms (p99 {self.fsync_p99 * 1000:.2f} ms)"
        )


def this_machine(folder: Path) -> Machine:
    """Look at it; the fsync is measured in `folder`."""
    costs = _fsyncs(folder / "fsync")
    return Machine(
        cores=len(available_cores()),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        load=os.getloadavg()[0],
        fsync=statistics.median(costs),
        fsync_p99=percentile(costs, 99),
    )


def _fsyncs(path: Path) -> list[float]:
    costs = []
    with path.open("wb") as file:
        for _ in range(_FSYNCS):
            file.write(_PAGE)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            costs.append(time.perf_counter() - begun)
    path.unlink()
    return costs


def available_cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def keep_to(process: int, cores: list[int]) -> None:
    """Bind a process to these cores, where the system knows how to."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process, cores)


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def resident(process: int) -> float | None:
    """Megabytes that a process holds in memory; None where the system does not say."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
    return int(kibibytes) * _KIBIBYTE / _MEGABYTE


def processor_seconds(process: int) -> float:
    """Seconds of a core that a process used so far; 0 where the system does not say.

    The clock of another process, as Linux numbers it: `/proc` counts in hundredths of a second, as long as ten clicks.
    """
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime((~process << 3) | _SCHEDULED)
    except OSError:
        return 0.0
