"""The team's days and nights: calendar days in its time zone, and the hours in which nobody is reminded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` o'clock until `end` o'clock, over midnight where `begin` is later; equal hours are no quiet."""

    begin: int
    end: int

    def after(self, moment: int, timezone: ZoneInfo) -> int:
        """`moment` itself where it is not quiet, else the end of the quiet hours. Both in milliseconds since 1970."""
        local = _local(moment, timezone)
        if not self._covers(local.hour):
            return moment
        end = local.replace(hour=self.end, minute=0, second=0, microsecond=0)
        if end <= local:
            end += timedelta(days=1)
        return _milliseconds(end)

    def _covers(self, hour: int) -> bool:
        if self.begin <= self.end:
            return self.begin <= hour < self.end
        return hour >= self.begin or hour < self.end


def day_start(moment: int, timezone: ZoneInfo) -> int:
    """When the calendar day of `moment` began in that time zone. Both in milliseconds since 1970."""
    # Where clocks are put back at midnight it is midnight twice; the day began the first time.
    return _milliseconds(_local(moment, timezone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0))


def _local(moment: int, timezone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(timezone)


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
