"""Random zones, years and rules against a brute walk over UTC: no slot twice, none missing, none unlisted."""

from datetime import date, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.timing.slots import Frame, slots
from sopengine.timing.words import AtClock, OnRule, OnWeekday, When
from sopengine.timing.workcalendar import work_calendar
from sopengine.timing.zones import zone
from tests.support.zone_walk import NAMES, brute, places

PLAIN = work_calendar("")
NEAR_CHANGES = [time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(23, 30)]


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
