"""Time and chance: the two things a simulator must own come in through the objects of this file."""

from __future__ import annotations

import random
import time
from typing import Protocol

# No 0/O, 1/I/L, U/V: an id is read aloud over the phone.
PAYOUT_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# By no more than this is a machine's clock set back when it is only corrected.
CLOCK_CORRECTED = MINUTE


class Clock(Protocol):
    """What time it is."""

    def now(self) -> int:
        """Milliseconds since 1970 in UTC: what is written down and shown."""

    def steady(self) -> float:
        """Seconds that never jump and go on while the machine is suspended: what deadlines are held against."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> int:
        """Milliseconds since 1970 in UTC."""
        return time.time_ns() // 1_000_000

    def steady(self) -> float:
        """Seconds since boot, suspension included (`CLOCK_MONOTONIC` would stand still in it)."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)


class Ids:
    """Every id and secret that the bot makes up; unguessable as long as `source` is."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._source = source or random.SystemRandom()

    def payout_id(self) -> str:
        """Such as `P-7K3F9`: short and speakable. Not unique by itself; the ledger is asked."""
        return "P-" + "".join(self._source.choices(PAYOUT_ALPHABET, k=5))

    def transaction_id(self) -> str:
        """32 hexadecimal digits, the form seen in LigdiCash's own answers."""
        return f"{self._source.getrandbits(128):032x}"

    def secret(self) -> str:
        """The last part of a callback's path: 40 hexadecimal digits."""
        return f"{self._source.getrandbits(160):040x}"

    def salt(self) -> bytes:
        """16 bytes, one for each beneficiary."""
        return self._source.getrandbits(128).to_bytes(16, "big")

    def owner(self) -> str:
        """Names one process for its leases."""
        return f"{self._source.getrandbits(64):016x}"

    def spread(self, seconds: float) -> float:
        """`seconds` give or take a fifth, so that many waits do not end at once."""
        return seconds * self._source.uniform(0.8, 1.2)
