"""Workdays, days off, statutory holidays and make-up workdays of a date, from a calendar's name and local overrides."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError

SATURDAY = 5


class WorkCalendar(Protocol):
    """What the engine asks about a date. Every date has an answer; `estimated` says how far to trust it."""

    @property
    def name(self) -> str: ...

    @property
    def official_until(self) -> int | None:
        """The last year with an official arrangement; None where the calendar needs none."""

    def is_workday(self, day: date) -> bool: ...

    def is_day_off(self, day: date) -> bool:
        """A weekend or a holiday, but not a make-up workday."""

    def is_holiday(self, day: date) -> bool:
        """Part of a statutory holiday arrangement, the weekends inside it included."""

    def is_makeup(self, day: date) -> bool:
        """A Saturday or Sunday that is worked in exchange for a holiday (调休)."""

    def holiday_name(self, day: date) -> Text | None:
        """The name of the holiday if `is_holiday`."""

    def estimated(self, day: date) -> bool:
        """No official arrangement of that year is loaded."""


class Year(NamedTuple):
    """One year's arrangement: the days off with their names, and the weekend days that are worked."""

    holidays: Mapping[date, Text]
    makeup: frozenset[date]


def work_calendar(name: str, overrides: Mapping[date, bool] | None = None) -> WorkCalendar:
    """The calendar `name`: "" = Monday to Friday, "CN" = mainland China. `overrides`: is that date worked?

    Raises TimeTextError SOP-S207 for another name.
    """
    if name == "":
        return _Calendar("", None, dict(overrides or {}))
    if name == "CN":
        return _Calendar("CN", max(_official_china()), dict(overrides or {}))
    shown = name if len(name) <= 40 else name[:40] + "…"
    raise TimeTextError(
        "SOP-S207",
        Text(f"没有叫 `{shown}` 的工作日历", f"There is no work calendar `{shown}`"),
        Text(
            "中国大陆的日历写 `CN`；不写则周一到周五为工作日",
            "Mainland China is `CN`; without one Monday to Friday are worked",
        ),
        length=len(name),
        correct="CN" if name.strip().lower() in {"cn", "china", "prc", "zh", "zh-cn", "chn", "中国", "大陆"} else None,
    )


class _Calendar(Struct, frozen=True):
    name: str
    official_until: int | None
    overrides: Mapping[date, bool] = field(default_factory=dict)

    def _year(self, day: date) -> Year:
        if self.name == "":
            return PLAIN
        return _official_china().get(day.year) or _estimated_china(day.year)

    def is_workday(self, day: date) -> bool:
        worked = self.overrides.get(day)
        if worked is not None:
            return worked
        year = self._year(day)
        return day in year.makeup or (day.weekday() < SATURDAY and day not in year.holidays)

    def is_day_off(self, day: date) -> bool:
        return not self.is_workday(day)

    def is_holiday(self, day: date) -> bool:
        worked = self.overrides.get(day)
        return not worked if worked is not None else day in self._year(day).holidays

    def is_makeup(self, day: date) -> bool:
        return day.weekday() >= SATURDAY and self.is_workday(day)

    def holiday_name(self, day: date) -> Text | None:
        if not self.is_holiday(day):
            return None
        return self._year(day).holidays.get(day) or Text("放假", "Day off")

    def estimated(self, day: date) -> bool:
        return day not in self.overrides and not (self.name == "" or day.year in _official_china())


PLAIN = Year({}, frozenset())


@functools.cache
def _official_china() -> Mapping[int, Year]:
    """By year, the State Council's yearly arrangement as the package chinesecalendar carries it."""
    from chinese_calendar.constants import Holiday, holidays, workdays

    names = {holiday.value: Text(holiday.chinese, holiday.value) for holiday in Holiday}
    years = range(min(holidays).year, max(holidays).year + 1)
    return {
        year: Year(
            {day: names[name] for day, name in holidays.items() if day.year == year},
            frozenset(day for day in workdays if day.year == year),
        )
        for year in years
    }


@functools.cache
def _estimated_china(year: int) -> Year:
    """The statutory days that follow from the law and the moon (package holidays); of exchanged days what it knows."""
    from holidays.countries.china import China

    zh, en = (China(years=year, language=language) for language in ("zh_CN", "en_US"))  # type: ignore[no-untyped-call]
    return Year({day: Text(zh[day], en[day]) for day in zh}, frozenset(zh.weekend_workdays))
