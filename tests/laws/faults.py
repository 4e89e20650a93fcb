"""What can go wrong, and when it does: every seed draws some of it, in storms that pass."""

from __future__ import annotations

import enum
import random
from collections import Counter
from dataclasses import dataclass

from tests.laws.virtual import VirtualLoop


class Fault(enum.StrEnum):
    """Everything the simulator can do to the bot; the values are the words of its table."""

    SLACK_OUTAGE = "Slack: down (HTTP 5xx)"
    SLACK_UNREACHABLE = "Slack: no connection"
    SLACK_LIMIT = "Slack: 429 with Retry-After"
    SLACK_ERROR = "Slack: internal_error"
    SLACK_SLOW = "Slack: slow"
    SLACK_LOST = "Slack: answer lost after posting"
    SLACK_SILENT = "Slack: takes no message for long, answers otherwise"
    SLACK_NEVER = "Slack: channel archived, or the bot removed"
    LIGDICASH_NO_CONNECTION = "LigdiCash: no connection"
    LIGDICASH_LOST_REQUEST = "LigdiCash: connection broke while sending"
    CALLBACK_LOST = "callback: lost on the way"
    CALLBACK_AGAIN = "callback: delivered twice"
    DEATH_AT_STEP = "process: killed at any step"
    DEATH_AT_COMMIT = "process: killed before or after a commit"
    STOP = "process: stopped up to an hour"
    SUSPENSION = "machine: suspended up to an hour"
    LEDGER_LOCKED = "ledger: locked or disk full"
    LEDGER_ALTERED = "ledger: an amount or an approval altered by hand"
    PEOPLE_LEAVE = "people: somebody leaves, or becomes a guest"
    SETTINGS_TIGHTENED = "operator: less is allowed, everything is started anew"


# How often each one strikes in a storm, from and to: a chance for each occasion on which it could.
_STRENGTH: dict[Fault, tuple[float, float]] = {
    Fault.SLACK_OUTAGE: (0.3, 1.0),
    Fault.SLACK_UNREACHABLE: (0.2, 1.0),
    Fault.SLACK_LIMIT: (0.1, 0.9),
    Fault.SLACK_ERROR: (0.05, 0.5),
    Fault.SLACK_SLOW: (0.05, 0.6),
    Fault.SLACK_LOST: (0.05, 0.5),
    Fault.SLACK_NEVER: (0.01, 0.1),
    Fault.LIGDICASH_NO_CONNECTION: (0.2, 1.0),
    Fault.CALLBACK_LOST: (0.2, 1.0),
    Fault.CALLBACK_AGAIN: (0.3, 1.0),
    Fault.DEATH_AT_STEP: (1.0, 1.0),
    Fault.DEATH_AT_COMMIT: (0.005, 0.06),
    Fault.STOP: (0.003, 0.03),
    Fault.SUSPENSION: (0.001, 0.01),
    Fault.LEDGER_LOCKED: (0.02, 0.5),
    Fault.LEDGER_ALTERED: (0.2, 0.6),
    Fault.PEOPLE_LEAVE: (0.4, 1.0),
}
_USUAL = (0.05, 0.6)

_CALM = 0.05
_SILENT = 0.05
# Seconds. No storm lasts for longer.
_LONGEST = 4_500.0
# A chance of their own, so that with them a seed is otherwise the world that it was before.
_DRAWN_APART = frozenset({Fault.SLACK_SILENT, Fault.SETTINGS_TIGHTENED})
# What is no weather, and happens on any day of those worlds in which it happens at all.
_ALWAYS = frozenset({Fault.PEOPLE_LEAVE})


@dataclass(frozen=True, slots=True)
class Storm:
    """When a fault may strike (seconds), and how likely it then is."""

    windows: tuple[tuple[float, float], ...]
    strength: float


class Fate:
    """Decides for one seed what strikes when; counts what did."""

    def __init__(self, chance: random.Random, loop: VirtualLoop, until: float, *, share: float) -> None:
        """`share` is that of the seeds in which a fault happens at all: many with few faults find more."""
        self._chance = chance
        self._loop = loop
        self.until = until
        self.met: Counter[str] = Counter()
        share = 0.0 if chance.random() < _CALM else share
        drawn = [fault for fault in Fault if fault not in _DRAWN_APART]
        self.storms: dict[Fault, Storm] = {fault: self._storm(fault) for fault in drawn if chance.random() < share}

    def _storm(self, fault: Fault) -> Storm:
        chance = self._chance
        if fault in _ALWAYS:
            return Storm(((0.0, self.until),), chance.uniform(*_STRENGTH[fault]))
        windows = []
        for _ in range(chance.randint(1, 2)):
            begins = chance.uniform(0, self.until)
            lasts = chance.choice([20.0, 120.0, 900.0, min(self.until, _LONGEST)])
            windows.append((0.0 if lasts == self.until else begins, min(begins + lasts, self.until)))
        return Storm(tuple(windows), chance.uniform(*_STRENGTH.get(fault, _USUAL)))

    def silence(self, chance: random.Random) -> None:
        """In a few worlds nothing is told while reminders come due, and people decide all the same."""
        if chance.random() < _SILENT:
            begins = chance.uniform(300.0, 900.0)
            self.storms[Fault.SLACK_SILENT] = Storm(((begins, min(begins + _LONGEST, self.until)),), 1.0)

    def rages(self, fault: Fault) -> bool:
        """Whether a storm of this kind is on."""
        storm = self.storms.get(fault)
        now = self._loop.time()
        return storm is not None and any(begins <= now < ends for begins, ends in storm.windows)

    def strikes(self, fault: Fault, weight: float = 1.0) -> bool:
        """Whether this fault happens on this occasion; counted if so."""
        if not self.rages(fault) or self._chance.random() >= self.storms[fault].strength * weight:
            return False
        self.met[fault] += 1
        return True

    def first(self, *faults: Fault) -> Fault | None:
        """The first of these that strikes."""
        return next((fault for fault in faults if self.strikes(fault)), None)

    def note(self, fault: Fault) -> None:
        """Count one that was decided elsewhere."""
        self.met[fault] += 1
