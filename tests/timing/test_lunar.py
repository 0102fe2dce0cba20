"""Lunar dates against the published table that the package `holidays` carries, and against the calendar's own rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from holidays.calendars.chinese import _ChineseLunisolar
from hypothesis import given
from hypothesis import strategies as st

from sopengine.timing.lunar import lunar_day
from sopengine.timing.parse import parse_at, parse_on
from sopengine.timing.slots import Frame, slots
from sopengine.timing.words import When
from sopengine.timing.workcalendar import work_calendar
from sopengine.timing.zones import zone

TABLE = _ChineseLunisolar()
YEARS = range(1970, 2100)  # as far as the table goes


@pytest.mark.parametrize(
    ("festival", "month", "day"),
    [
        ("lunar_new_year", 1, 1),
        ("buddha_birthday", 4, 8),
        ("dragon_boat", 5, 5),
        ("mid_autumn", 8, 15),
        ("double_ninth", 9, 9),
    ],
)
def test_festivals_of_130_years(festival: str, month: int, day: int) -> None:
    published = {year: getattr(TABLE, f"{festival}_date")(year)[0] for year in YEARS}
    assert {year: lunar_day(year, month, day).day for year in YEARS} == published


@pytest.mark.parametrize(
    ("year", "month", "day", "expected"),
    [  # years with a leap month: the festival is kept in the month before it
        (2025, 6, 15, "2025-07-09"),  # leap 6 begins 2025-07-25
        (2020, 4, 15, "2020-05-07"),  # leap 4 begins 2020-05-23
        (2023, 2, 2, "2023-02-21"),  # leap 2 begins 2023-03-22
        (2033, 11, 1, "2033-11-22"),  # leap 11 begins 2033-12-22
        (2034, 1, 1, "2034-02-19"),
    ],
)
def test_a_leap_month_never_counts(year: int, month: int, day: int, expected: str) -> None:
    assert lunar_day(year, month, day).day.isoformat() == expected


def test_new_years_eve_is_the_last_day_of_the_twelfth_month() -> None:
    for year in YEARS[:-1]:
        eve = lunar_day(year, 12, 30)
        assert eve.day == lunar_day(year + 1, 1, 1).day - timedelta(days=1)
        assert eve.short == (lunar_day(year, 12, 29).day == eve.day)
    assert not lunar_day(2023, 12, 30).short  # 2024-02-09
    assert lunar_day(2024, 12, 30).short  # 2025-01-28, the 29th


@given(year=st.integers(1970, 2198), month=st.integers(1, 12), day=st.integers(1, 29))
def test_days_of_a_month_follow_each_other(year: int, month: int, day: int) -> None:
    assert lunar_day(year, month, day).day - lunar_day(year, month, 1).day == timedelta(days=day - 1)
    assert lunar_day(year, month, 1).day.year in (year, year + 1)


def found(on: str, first: str, last: str, except_: str = "", zone_name: str = "Asia/Shanghai") -> list[tuple[str, str]]:
    when = When((parse_on(on),), (parse_at("10:00"),), except_=(parse_on(except_),) if except_ else ())
    days = date.fromisoformat(first), date.fromisoformat(last)
    frame = Frame(zone(zone_name), work_calendar("CN"), *days)
    listed = slots(when, frame, days[0], days[1] + timedelta(days=1))
    return [(slot.date.isoformat(), slot.note) for slot in listed]


def test_slots_of_a_lunar_day() -> None:
    assert found("lunar 8-15", "2024-01-01", "2027-12-31") == [
        ("2024-09-17", ""), ("2025-10-06", ""), ("2026-09-25", ""), ("2027-09-15", ""),
    ]  # fmt: skip
    # the twelfth month of a lunar year lies in the next January or February
    assert found("lunar 12-30", "2025-01-01", "2026-12-31") == [
        ("2025-01-28", "short month"),
        ("2026-02-16", "short month"),
    ]
    assert found("lunar 12-30", "2024-02-01", "2024-02-28") == [("2024-02-09", "")]
    assert found("lunar 8-15", "2026-09-25", "2026-09-25", zone_name="America/New_York") == [("2026-09-25", "")]


def test_a_lunar_day_can_be_taken_away() -> None:
    assert found("daily", "2026-09-24", "2026-09-26", "lunar 8-15") == [("2026-09-24", ""), ("2026-09-26", "")]
