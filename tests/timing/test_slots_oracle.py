"""Random zones, years and rules against a brute walk over UTC: no slot twice, none missing, none unlisted."""

import functools
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.timing.slots import Frame, slots
from sopengine.timing.words import AtClock, OnRule, OnWeekday, When
from sopengine.timing.workcalendar import work_calendar
from sopengine.timing.zones import zone

NAMES = sorted(zoneinfo.available_timezones() - {"PRC"})
STEP = timedelta(seconds=30)  # every offset since 1970 is a multiple
HALF_DAY = timedelta(hours=12)
PLAIN = work_calendar("")
NEAR_CHANGES = [time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(23, 30)]


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


@settings(max_examples=60, deadline=None)
@given(
    place=places(),
    clocks=st.lists(st.times().map(lambda t: t.replace(second=0, microsecond=0)), min_size=1, max_size=3, unique=True),
    near_change=st.lists(st.sampled_from(NEAR_CHANGES), max_size=3),
    rule=st.one_of(st.just(OnRule("daily", "daily")), st.integers(0, 6).map(lambda n: OnWeekday(f"day {n}", n))),
)
def test_slots_equal_a_walk_over_utc(
    place: tuple[str, date], clocks: list[time], near_change: list[time], rule: OnRule | OnWeekday
) -> None:
    name, day = place
    clocks = list(dict.fromkeys(clocks + near_change))
    begin, end = day - timedelta(days=1), day + timedelta(days=2)
    step = When(on=(rule,), at=tuple(AtClock(clock.isoformat(), clock) for clock in clocks))
    listed = list(slots(step, Frame(zone(name), PLAIN, begin), begin, end))
    keys = [(slot.day, slot.ordinal) for slot in listed]
    assert len(set(keys)) == len(keys)
    assert [slot.instant for slot in listed] == sorted(slot.instant for slot in listed)
    weekdays = {rule.weekday} if isinstance(rule, OnWeekday) else set(range(7))
    found = {(slot.date, clocks[slot.ordinal], slot.instant) for slot in listed}
    assert found == brute(zone(name), begin, end, clocks, weekdays)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(NAMES), year=st.integers(1970, 2040), weekday=st.integers(0, 6), clock=st.times())
def test_a_year_of_weeks_has_each_weekday_once(name: str, year: int, weekday: int, clock: time) -> None:
    """Wherever the wall clock shows something else than planned, a clock change says why."""
    here = zone(name)
    clock = clock.replace(microsecond=0)
    step = When(on=(OnWeekday("tue", weekday),), at=(AtClock("x", clock),))
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    listed = list(slots(step, Frame(here, PLAIN, first), first, after))
    days = [first + timedelta(days=n) for n in range((after - first).days)]
    missing = {day for day in days if day.weekday() == weekday} - {slot.date for slot in listed}
    assert len(missing) <= 1  # a date line crossed
    assert len({slot.instant for slot in listed}) == len(listed)
    for slot in listed:
        wall = slot.instant.astimezone(here)
        assert (wall.replace(tzinfo=None, fold=0) == slot.local) or slot.note == "gap"
        assert wall.fold == 0
