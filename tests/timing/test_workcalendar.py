"""Mainland China's official days 2024 to 2026 as published, estimates after them, and local overrides."""

import subprocess
import sys
from datetime import date, timedelta

import pytest

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.workcalendar import work_calendar

CN = work_calendar("CN")

# General Office of the State Council: 国办发明电〔2023〕7号, 〔2024〕12号 and 〔2025〕7号.
HOLIDAYS = [
    ("2024-01-01", "2024-01-01"), ("2024-02-10", "2024-02-17"), ("2024-04-04", "2024-04-06"),
    ("2024-05-01", "2024-05-05"), ("2024-06-10", "2024-06-10"), ("2024-09-15", "2024-09-17"),
    ("2024-10-01", "2024-10-07"),
    ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"),
    ("2025-05-01", "2025-05-05"), ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08"),
    ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"),
    ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
    ("2026-10-01", "2026-10-07"),
]  # fmt: skip
MAKEUP = [
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12",
    "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
]  # fmt: skip


def days(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=step) for step in range((end - begin).days + 1)]


def test_every_day_of_the_official_years() -> None:
    holidays = {day for span in HOLIDAYS for day in days(*span)}
    makeup = {date.fromisoformat(text) for text in MAKEUP}
    for day in days("2024-01-01", "2026-12-31"):
        worked = day in makeup or (day.weekday() < 5 and day not in holidays)
        assert CN.is_workday(day) is worked, day
        assert CN.is_day_off(day) is not worked, day
        assert CN.is_makeup(day) is (day in makeup), day
        assert not CN.estimated(day), day
        if day in holidays:
            assert CN.is_holiday(day), day
            assert CN.holiday_name(day) is not None, day


def test_holidays_have_names_and_other_days_have_none() -> None:
    assert CN.holiday_name(date(2026, 2, 17)) == Text("春节", "Spring Festival")
    assert CN.holiday_name(date(2026, 2, 14)) is None
    assert CN.holiday_name(date(2026, 6, 13)) is None  # a plain Saturday


def test_the_last_official_year_comes_from_the_data() -> None:
    from chinese_calendar.constants import holidays

    assert CN.official_until == max(holidays).year
    assert not CN.estimated(date(CN.official_until, 12, 31))
    assert CN.estimated(date(CN.official_until + 1, 1, 1))


def test_a_year_without_an_arrangement_is_a_marked_estimate() -> None:
    assert CN.official_until == 2026, "2027 is published: move this test on"
    for day in days("2027-01-01", "2027-12-31"):
        assert CN.estimated(day)
        assert not CN.is_makeup(day)
    assert not CN.is_workday(date(2027, 2, 8))  # Spring Festival
    assert CN.is_holiday(date(2027, 10, 1))
    assert CN.is_workday(date(2027, 10, 8))


@pytest.mark.parametrize("year", [1, 1900, 1999, 2003, 2101, 9999])
def test_any_year_has_an_answer(year: int) -> None:
    day = date(year, 6, 1)
    assert CN.estimated(day)
    assert CN.is_workday(day) in (True, False)


def test_overrides_win_and_are_official() -> None:
    monday, sunday = date(2027, 10, 4), date(2027, 10, 10)
    calendar = work_calendar("CN", {monday: True, sunday: True, date(2027, 10, 6): False})
    assert calendar.is_workday(monday)
    assert not calendar.is_holiday(monday)
    assert not calendar.is_makeup(monday)
    assert calendar.is_makeup(sunday)
    assert calendar.is_holiday(date(2027, 10, 6))
    assert calendar.holiday_name(date(2027, 10, 6)) == Text("放假", "Day off")
    assert not any(calendar.estimated(day) for day in (monday, sunday, date(2027, 10, 6)))
    assert calendar.estimated(date(2027, 10, 7))


def test_without_a_calendar_monday_to_friday_are_worked() -> None:
    plain = work_calendar("")
    spring_festival = days("2026-02-16", "2026-02-22")
    assert [plain.is_workday(day) for day in spring_festival] == [True] * 5 + [False] * 2
    assert [plain.is_day_off(day) for day in spring_festival] == [False] * 5 + [True] * 2
    assert not any(plain.is_holiday(day) or plain.is_makeup(day) or plain.estimated(day) for day in spring_festival)
    assert plain.official_until is None


@pytest.mark.parametrize(("name", "correct"), [("cn", "CN"), ("中国", "CN"), ("US", None), ("x" * 1000, None)])
def test_an_unknown_calendar_is_refused(name: str, correct: str | None) -> None:
    with pytest.raises(TimeTextError) as caught:
        work_calendar(name)
    assert (caught.value.code, caught.value.correct) == ("SOP-S207", correct)


def test_the_calendar_packages_are_loaded_only_when_asked() -> None:
    program = (
        "import sys, datetime\n"
        "from sopengine.timing.workcalendar import work_calendar\n"
        "work_calendar('').is_workday(datetime.date(2026, 1, 1))\n"
        "assert not {'chinese_calendar', 'holidays'} & set(sys.modules)\n"
        "work_calendar('CN').is_workday(datetime.date(2026, 1, 1))\n"
        "assert 'holidays' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
