"""Cron lines against a walk over UTC minute by minute, in every zone that changes its clock in 2026."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_at, parse_on
from sopengine.timing.slots import Frame, Slot, slots
from sopengine.timing.words import When
from sopengine.timing.workcalendar import work_calendar
from sopengine.timing.zones import zone

PLAIN = work_calendar("")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LINES = ("0 9 * * 1-5", "*/15 * * * *", "30 2 * * *", "0 0 * * *", "30 1 * * 0", "5,35 0-3 * * 7", "0 */2 1,15 * 3")


def found(line: str, here: ZoneInfo, begin: date, end: date, except_: str = "") -> list[Slot]:
    when = When((parse_on(f'cron "{line}"'),), except_=(parse_on(except_),) if except_ else ())
    return list(slots(when, Frame(here, PLAIN, begin, end - DAY), begin, end))


@functools.cache
def fields(line: str) -> tuple[list[set[int]], bool]:
    """crontab(5), read anew: day of the month or weekday where both are given, else both."""
    both = line.split()[2].startswith("*") or line.split()[4].startswith("*")
    return [values(f, r) for f, r in zip(line.split(), RANGES, strict=True)], both


def matches(line: str, local: datetime) -> bool:
    (minute, hour, dom, month, dow), both = fields(line)
    if local.minute not in minute or local.hour not in hour or local.month not in month:
        return False
    days = local.day in dom, local.isoweekday() % 7 in {n % 7 for n in dow}
    return all(days) if both else any(days)


RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def values(field: str, limits: tuple[int, int]) -> set[int]:
    result: set[int] = set()
    for part in field.split(","):
        body, _, step = part.partition("/")
        first, _, last = body.partition("-")
        low, high = limits if body == "*" else (int(first), int(last or first))
        result |= set(range(low, high + 1, int(step or 1)))
    return result


@functools.cache
def changes(name: str) -> tuple[tuple[datetime, float, float], ...]:
    """The hours of 2026 after which the zone has another offset, with the offsets before and after."""
    here, day, hour = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)

    def offset(moment: datetime) -> float:
        return (moment.astimezone(here).utcoffset() or timedelta()).total_seconds()

    found = []
    for day in (day + n * DAY for n in range(365)):
        if offset(day) != offset(day + DAY):
            moment = next(day + n * hour for n in range(24) if offset(day + n * hour) != offset(day + (n + 1) * hour))
            found.append((moment, offset(moment), offset(moment + hour)))
    return tuple(found)


def change_days(name: str) -> list[date]:
    return [(moment + timedelta(hours=1)).astimezone(ZoneInfo(name)).date() for moment, _, _ in changes(name)]


def walk(here: ZoneInfo, begin: date, end: date) -> list[tuple[datetime, list[datetime]]]:
    """Every minute of UTC with the local minutes that the wall clock shows or leaps over for the first time."""
    instant = datetime.combine(begin, time(), UTC) - timedelta(hours=15)
    shown = instant.astimezone(here).replace(tzinfo=None)
    minutes = []
    while shown < datetime.combine(end, time()) - MINUTE:
        instant += MINUTE
        wall = instant.astimezone(here).replace(tzinfo=None)
        new = []
        while shown < wall:
            shown += MINUTE
            new.append(shown)
        if new := [m for m in new if begin <= m.date() < end]:
            minutes.append((instant, new))
    return minutes


def due(line: str, minutes: list[tuple[datetime, list[datetime]]]) -> list[datetime]:
    return [instant for instant, new in minutes if any(matches(line, local) for local in new)]


def changing_zones() -> list[str]:
    return sorted(name for name in available_timezones() if changes(name))


def test_every_zone_that_changes_in_a_year() -> None:
    """Zones whose clocks change alike are walked once; each is asked for its slots."""
    names, known = changing_zones(), {}
    assert len(names) > 150
    for name in names:
        here = zone(name)
        for day, change in zip(change_days(name), changes(name), strict=True):
            begin, end = day - DAY, day + DAY
            if change not in known:
                minutes = walk(here, begin, end)
                known[change] = {line: due(line, minutes) for line in LINES}
            for line in LINES:
                assert [slot.instant for slot in found(line, here, begin, end)] == known[change][line], (name, line)


@st.composite
def lines(draw: st.DrawFn) -> str:
    def field(low: int, high: int, step: int) -> str:
        def numbers() -> st.SearchStrategy[str]:
            return st.lists(st.integers(low, high).map(str), min_size=1, max_size=3).map(",".join)

        return draw(st.one_of(st.just("*"), numbers(), st.integers(1, step).map(lambda n: f"*/{n}")))

    return " ".join((field(0, 59, 30), field(0, 23, 12), field(1, 28, 10), field(1, 12, 4), field(0, 7, 4)))


@settings(max_examples=60, deadline=None)
@given(line=lines(), name=st.sampled_from(changing_zones()), data=st.data())
def test_any_line_on_a_day_of_change(line: str, name: str, data: st.DataObject) -> None:
    here, day = zone(name), data.draw(st.sampled_from(change_days(name)))
    begin, end = day - DAY, day + DAY
    listed = found(line, here, begin, end)
    assert [slot.instant for slot in listed] == due(line, walk(here, begin, end))
    assert len({(slot.day, slot.ordinal) for slot in listed}) == len(listed)


def test_identity_is_the_local_date_and_the_place_within_the_day() -> None:
    here = zone("Asia/Shanghai")
    listed = found("0,30 9,17 * * 1", here, date(2026, 6, 1), date(2026, 6, 9))
    assert [(slot.day, slot.ordinal, f"{slot.local:%H:%M}") for slot in listed] == [
        (day, ordinal, clock)
        for day in ("2026-06-01", "2026-06-08")
        for ordinal, clock in enumerate(("09:00", "09:30", "17:00", "17:30"))
    ]


def test_beside_other_days_each_day_has_the_times_of_its_first_item() -> None:
    on = (parse_on("mon"), parse_on('cron "0 8 * * 1,2"'))
    days = date(2026, 6, 1), date(2026, 6, 4)
    frame = Frame(zone("Asia/Shanghai"), PLAIN, *days)
    listed = slots(When(on, (parse_at("10:00"),)), frame, *days)
    assert [f"{slot.local:%a %H:%M}" for slot in listed] == ["Mon 10:00", "Tue 08:00"]


def test_taken_away_are_whole_days() -> None:
    listed = found("0 9 * * *", zone("Asia/Shanghai"), date(2026, 6, 1), date(2026, 6, 4), 'cron "30 17 * * 2"')
    assert [slot.date.day for slot in listed] == [1, 3]


@pytest.mark.parametrize(
    ("line", "code", "marked"),
    [
        ("0 9 * *", "SOP-S207", "0 9 * *"),
        ("60 9 * * *", "SOP-S207", "60"),
        ("0 24 * * *", "SOP-S207", "24"),
        ("0 9 0 * *", "SOP-S207", "0"),
        ("0 9 * 13 *", "SOP-S207", "13"),
        ("0 9 * * 8", "SOP-S207", "8"),
        ("0 9 L * *", "SOP-S207", "L"),
        ("0 9 * * fri#2", "SOP-S207", "fri#2"),
        ("0 9 * * 5-1", "SOP-S207", "5-1"),
        ("0 9 30 2 *", "SOP-W506", "30"),
        ("0  9 31 4,6 *", "SOP-W506", "31"),
    ],
)
def test_a_line_that_cannot_be_read_is_marked_at_its_field(line: str, code: str, marked: str) -> None:
    with pytest.raises(TimeTextError) as caught:
        parse_on(f'cron "{line}"')
    error = caught.value
    assert error.code == code
    assert f'cron "{line}"'[error.offset : error.offset + error.length] == marked
    assert error.offset >= len('cron "')


def test_names_as_in_crontab() -> None:
    rule = parse_on('cron "0 9 * jan-mar MON,wed"')
    assert found("0 9 * jan-mar MON,wed", zone("Asia/Shanghai"), date(2026, 3, 28), date(2026, 4, 9)) == found(
        "0 9 * 1-3 1,3", zone("Asia/Shanghai"), date(2026, 3, 28), date(2026, 4, 9)
    )
    assert rule.text == 'cron "0 9 * jan-mar MON,wed"'
