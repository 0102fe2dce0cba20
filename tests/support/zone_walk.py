"""Zones and days beside their clock changes, and a brute walk over UTC that says when local times come."""

from __future__ import annotations

import functools
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

NAMES = sorted(zoneinfo.available_timezones() - {"PRC"})
STEP = timedelta(seconds=30)  # every offset since 1970 is a multiple
HALF_DAY = timedelta(hours=12)


@functools.cache
def change_days(name: str) -> tuple[date, ...]:
    """Days from 1970 to 2040 beside a change of the zone's offset, found by looking twice a day."""
    here = ZoneInfo(name)
    day, end = datetime(1970, 1, 2, tzinfo=UTC), datetime(2040, 12, 1, tzinfo=UTC)
    found = []
    before = day.astimezone(here).utcoffset()
    while day < end:
        day += timedelta(days=10)
        offset = day.astimezone(here).utcoffset()
        if offset != before:
            close = day - timedelta(days=10)
            while (close + HALF_DAY).astimezone(here).utcoffset() == before:
                close += HALF_DAY
            found.append((close + HALF_DAY).astimezone(here).date())
        before = offset
    return tuple(found)


def brute(
    here: ZoneInfo, begin: date, end: date, clocks: list[time], weekdays: set[int]
) -> set[tuple[date, time, datetime]]:
    """Walk UTC in small steps: a local time comes at the first step whose wall clock shows it or has leaped over it."""
    days = [begin + timedelta(days=n) for n in range((end - begin).days)]
    waiting = sorted(
        (datetime.combine(day, clock), day, clock) for clock in clocks for day in days if day.weekday() in weekdays
    )
    came: set[tuple[date, time, datetime]] = set()
    shown: set[date] = set()
    instant = datetime.combine(begin, time(), UTC) - timedelta(hours=27)
    while instant < datetime.combine(end, time(), UTC) + timedelta(hours=27):
        instant += STEP
        wall = instant.astimezone(here).replace(tzinfo=None)
        shown.add(wall.date())
        while waiting and waiting[0][0] <= wall:
            _, day, clock = waiting.pop(0)
            came.add((day, clock, instant))
    return {entry for entry in came if entry[0] in shown}


@st.composite
def places(draw: st.DrawFn) -> tuple[str, date]:
    """A zone and a day, in three of four cases beside a clock change."""
    name = draw(st.sampled_from(NAMES))
    changes = change_days(name)
    if changes and draw(st.integers(0, 3)):
        return name, draw(st.sampled_from(changes))
    return name, draw(st.dates(date(1970, 1, 10), date(2040, 12, 1)))
