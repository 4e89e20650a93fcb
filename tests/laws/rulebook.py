"""What the operator of a world allows: limits, second approvals, hours and people, drawn anew for each seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.laws.virtual import EPOCH

AMINATA, BOUKARY, CLARISSE, DAOUDA, ESTHER = "U0AMINATA", "U0BOUKARY", "U0CLARISSE", "U0DAOUDA", "U0ESTHER"
AGENTS = (AMINATA, BOUKARY)
APPROVERS = (CLARISSE, DAOUDA, ESTHER)
STRANGERS = ("U0GUEST", "U0STRANGER", "U0SINGLE")
GROUP_OF_APPROVERS, GROUP_OF_AGENTS = "S0APPROVERS", "S0AGENTS"

# Far from each other, so that a day in UTC is hardly ever the team's.
_ZONES = ("Africa/Ouagadougou", "Africa/Ouagadougou", "Pacific/Kiritimati", "America/New_York", "Asia/Kolkata")
_USUAL_AMOUNTS = (500, 5_000, 12_500)
_USUAL_EDGE = 100_000
_DAYS = 30


@dataclass(frozen=True, slots=True)
class Rulebook:
    """One world's settings; amounts in XOF, None is no limit. `begins` is when its time starts, since 1970 in ms."""

    max_amount: int
    second_approval_above: int | None
    daily_limit: int | None
    daily_limit_per_requester: int | None
    timezone: ZoneInfo
    quiet: tuple[int, int]
    ttl_hours: int
    approvers: tuple[str, ...]
    requesters: tuple[str, ...]
    begins: int
    is_tight: bool

    @classmethod
    def draw(cls, chance: random.Random, active: float, *, is_tight: bool) -> Rulebook:
        """Settings for a world whose people act for so many seconds; in a tight one everything is close to a limit."""
        timezone = ZoneInfo(chance.choice(_ZONES))
        begins = _begin(chance, timezone, active)
        no_limit = () if is_tight else (None, None)
        return cls(
            max_amount=chance.choice([1_000_000, 1_000_000, 25_000]),
            second_approval_above=chance.choice([*no_limit, 5_000, 20_000, 20_000]),
            daily_limit=chance.choice([*no_limit, 20_000, 30_000, 60_000]),
            daily_limit_per_requester=chance.choice([None, *no_limit, 15_000, 40_000]),
            timezone=timezone,
            quiet=_quiet(chance, datetime.fromtimestamp(begins / 1000, timezone).hour),
            ttl_hours=chance.choice([1, 1, 2, 6, 30]),
            approvers=chance.choice([APPROVERS, APPROVERS, (CLARISSE, GROUP_OF_APPROVERS)]),
            requesters=chance.choice([(), (), (GROUP_OF_AGENTS, *APPROVERS)]),
            begins=begins,
            is_tight=is_tight,
        )

    def tightened(self, chance: random.Random) -> Rulebook:
        """The same with limits that are lower, or new; in a few of them nothing becomes tighter."""
        return replace(
            self,
            max_amount=min(self.max_amount, chance.choice([self.max_amount, 12_500, 5_000])),
            second_approval_above=_lower(self.second_approval_above, chance.choice([None, 10_000, 1_000])),
            daily_limit=_lower(self.daily_limit, chance.choice([None, 20_000, 10_000])),
            daily_limit_per_requester=_lower(self.daily_limit_per_requester, chance.choice([None, None, 10_000])),
        )

    def amount(self, chance: random.Random) -> int:
        """Something to ask for: ordinary, or as close to one of the limits as can be."""
        edges = [self.second_approval_above, self.daily_limit, self.daily_limit_per_requester, self.max_amount]
        edge = chance.choice(edges)
        if edge is None or edge > _USUAL_EDGE or chance.random() < (0.1 if self.is_tight else 0.5):
            return chance.choice(_USUAL_AMOUNTS)
        return chance.choice([edge, edge + 1, edge - 1, edge // 2, edge // 2 + 1, edge // 3])

    def day(self, moment: int) -> date:
        """The team's calendar day of that moment."""
        return datetime.fromtimestamp(moment / 1000, UTC).astimezone(self.timezone).date()

    def is_quiet(self, moment: int) -> bool:
        """Whether nobody is reminded at that moment."""
        begin, end = self.quiet
        hour = datetime.fromtimestamp(moment / 1000, UTC).astimezone(self.timezone).hour
        return (hour - begin) % 24 < (end - begin) % 24

    def environment(self) -> dict[str, str]:
        """The same, as it stands in `.env`."""
        optional = {
            "SECOND_APPROVAL_ABOVE": self.second_approval_above,
            "DAILY_LIMIT": self.daily_limit,
            "DAILY_LIMIT_PER_REQUESTER": self.daily_limit_per_requester,
            "REQUESTERS": ",".join(self.requesters) or None,
        }
        return {
            "MAX_AMOUNT": str(self.max_amount),
            "TIMEZONE": self.timezone.key,
            "QUIET_HOURS": f"{self.quiet[0]}-{self.quiet[1]}",
            "REQUEST_TTL_HOURS": str(self.ttl_hours),
            "APPROVERS": ",".join(self.approvers),
        } | {name: str(value) for name, value in optional.items() if value is not None}


def _begin(chance: random.Random, timezone: ZoneInfo, active: float) -> int:
    """At any hour of any day; in every second world so that midnight comes while people act."""
    moment = datetime.fromtimestamp(EPOCH / 1000, UTC) + timedelta(minutes=chance.randrange(_DAYS * 24 * 60))
    if chance.random() < 0.5:
        midnight = moment.astimezone(timezone).replace(hour=0, minute=0, second=0, microsecond=0)
        moment = midnight.astimezone(UTC) - timedelta(seconds=round(active * chance.uniform(0.1, 0.9)))
    return int(moment.timestamp()) * 1000


def _lower(limit: int | None, other: int | None) -> int | None:
    """Of two limits the one that allows less."""
    return min((each for each in (limit, other) if each is not None), default=None)


def _quiet(chance: random.Random, hour: int) -> tuple[int, int]:
    """None, or hours that begin soon, or began already."""
    if chance.random() < 0.5:
        return 0, 0
    begin = (hour + chance.choice([-1, 0, 0, 1, 2])) % 24
    return begin, (begin + chance.choice([1, 3, 11])) % 24
