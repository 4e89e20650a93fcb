"""Quiet hours and the start of a day, over midnight and where the clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.clock import DAY, HOUR, MINUTE
from bot.quiet import QuietHours, day_start

OUAGADOUGOU, PARIS = ZoneInfo("Africa/Ouagadougou"), ZoneInfo("Europe/Paris")
# Here the clocks are changed at midnight, by half an hour, or a whole day was left out.
AZORES, HAVANA, CAIRO = ZoneInfo("Atlantic/Azores"), ZoneInfo("America/Havana"), ZoneInfo("Africa/Cairo")
LORD_HOWE, APIA, KATHMANDU = (
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Pacific/Apia"),
    ZoneInfo("Asia/Kathmandu"),
)
ZONES = (OUAGADOUGOU, PARIS, AZORES, HAVANA, CAIRO, LORD_HOWE, APIA, KATHMANDU)

hours = st.builds(QuietHours, st.integers(0, 23), st.integers(0, 23))
moments = st.integers(1_262_304_000_000, 2_524_608_000_000)  # the years 2010 to 2049
zones = st.sampled_from(ZONES)


def at(text: str, zone: ZoneInfo = OUAGADOUGOU, *, fold: int = 0) -> int:
    """A local time as milliseconds since 1970."""
    local = datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
    return int(local.astimezone(UTC).timestamp() * 1000)


def local(moment: int, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows there."""
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone)


def is_quiet(moment: int, quiet: QuietHours, zone: ZoneInfo) -> bool:
    """Said in other words than the code's: walk the hours from begin to end."""
    hour, covered = quiet.begin, set()
    while hour != quiet.end:
        covered.add(hour)
        hour = (hour + 1) % 24
    return local(moment, zone).hour in covered


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-24T19:59:59.999", "2026-11-24T19:59:59.999"),
        ("2026-11-24T20:00", "2026-11-25T07:00"),
        ("2026-11-24T23:59", "2026-11-25T07:00"),
        ("2026-11-25T00:00", "2026-11-25T07:00"),
        ("2026-11-25T06:59:59.999", "2026-11-25T07:00"),
        ("2026-11-25T07:00", "2026-11-25T07:00"),
        ("2026-11-25T12:34", "2026-11-25T12:34"),
        ("2026-12-31T22:00", "2027-01-01T07:00"),
    ],
)
def test_quiet_over_midnight(moment: str, expected: str) -> None:
    """What falls into the night waits for the morning; the first and the last moment are where people expect them."""
    assert at(expected) == QuietHours(20, 7).after(at(moment), OUAGADOUGOU)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-24T11:59", "2026-11-24T11:59"),
        ("2026-11-24T12:00", "2026-11-24T14:00"),
        ("2026-11-24T13:59", "2026-11-24T14:00"),
        ("2026-11-24T14:00", "2026-11-24T14:00"),
        ("2026-11-25T00:00", "2026-11-25T00:00"),
    ],
)
def test_quiet_within_a_day(moment: str, expected: str) -> None:
    """A siesta."""
    assert at(expected) == QuietHours(12, 14).after(at(moment), OUAGADOUGOU)


def test_equal_hours_are_no_quiet_at_all() -> None:
    """Not a whole day of it."""
    assert [at("2026-11-24T03:00")] * 24 == [
        QuietHours(hour, hour).after(at("2026-11-24T03:00"), OUAGADOUGOU) for hour in range(24)
    ]


def test_the_hour_that_is_left_out_in_spring() -> None:
    """Paris, 29 March 2026: 02:00 becomes 03:00; a quiet that would end at 02:00 ends there."""
    assert at("2026-03-29T03:00", PARIS) == QuietHours(20, 2).after(at("2026-03-29T01:30", PARIS), PARIS)
    assert at("2026-03-29T07:00", PARIS) == QuietHours(20, 7).after(at("2026-03-28T20:30", PARIS), PARIS)
    assert 9.5 * HOUR == at("2026-03-29T07:00", PARIS) - at("2026-03-28T20:30", PARIS)


def test_the_hour_that_comes_twice_in_autumn() -> None:
    """Paris, 25 October 2026: 03:00 becomes 02:00; both hours from two to three are quiet, if one is."""
    first, second = at("2026-10-25T02:30", PARIS), at("2026-10-25T02:30", PARIS, fold=1)
    assert HOUR == second - first
    assert [at("2026-10-25T03:00", PARIS)] * 2 == [QuietHours(20, 3).after(one, PARIS) for one in (first, second)]
    assert [first, second] == [QuietHours(20, 2).after(one, PARIS) for one in (first, second)]


@given(moment=moments, quiet=hours, zone=zones)
@example(moment=at("2011-12-29T21:00", APIA), quiet=QuietHours(20, 7), zone=APIA)
def test_what_comes_out_is_never_quiet(moment: int, quiet: QuietHours, zone: ZoneInfo) -> None:
    """Never before it was due, never in quiet hours, and without need not later: all between is quiet."""
    after = quiet.after(moment, zone)
    assert moment <= after <= moment + 2 * DAY
    assert not is_quiet(after, quiet, zone)
    assert all(is_quiet(between, quiet, zone) for between in range(moment, after, 15 * MINUTE))
    assert after == quiet.after(after, zone)


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        (at("2026-11-24T00:00"), OUAGADOUGOU, at("2026-11-24T00:00")),
        (at("2026-11-24T23:59:59.999"), OUAGADOUGOU, at("2026-11-24T00:00")),
        (at("2026-11-25T00:30", PARIS), PARIS, at("2026-11-24T23:00")),
        (at("2026-03-29T12:00", PARIS), PARIS, at("2026-03-29T00:00", PARIS)),
        # At one o'clock it was midnight again: the day began the first time.
        (at("2026-10-25T00:30", AZORES), AZORES, at("2026-10-25T00:00", AZORES)),
        (at("2026-10-25T00:30", AZORES, fold=1), AZORES, at("2026-10-25T00:00", AZORES)),
        (at("2026-10-25T15:00", AZORES), AZORES, at("2026-10-25T00:00", AZORES)),
        # There was no midnight: the day began at one.
        (at("2026-03-08T15:00", HAVANA), HAVANA, at("2026-03-08T01:00", HAVANA)),
    ],
)
def test_a_day_begins_once(moment: int, zone: ZoneInfo, expected: int) -> None:
    """Also on the days on which the clocks are changed at midnight: nothing that was approved today is left out."""
    assert expected == day_start(moment, zone)


@given(moment=moments, zone=zones)
@example(moment=at("2026-10-25T00:30", AZORES, fold=1), zone=AZORES)
@example(moment=at("2011-12-31T12:00", APIA), zone=APIA)
def test_all_of_a_day_has_one_beginning(moment: int, zone: ZoneInfo) -> None:
    """It is of the same date, and just before it is not; every moment between has the same."""
    begin = day_start(moment, zone)
    assert begin <= moment
    assert moment - begin < DAY + 2 * HOUR
    assert local(moment, zone).date() == local(begin, zone).date()
    assert local(begin - 1, zone).date() < local(begin, zone).date()
    assert {begin} == {day_start(between, zone) for between in (begin, (begin + moment) // 2, moment)}


def test_a_year_of_days_has_a_beginning_each() -> None:
    """Walked by the hour, a day's start never goes back, and comes 365 times."""
    for zone in ZONES:
        first = at("2026-01-01T00:00", zone)
        moments = [first + number * HOUR for number in range(365 * 24)]
        starts = [day_start(moment, zone) for moment in moments]
        assert starts == sorted(starts)
        assert 365 == len(set(starts)), zone
