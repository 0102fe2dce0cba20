"""The words of `on` to local dates: which days a list of them names inside a window, and which one names each day."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sopengine.timing.cron import cron
from sopengine.timing.frame import Frame, anchor_day
from sopengine.timing.lunar import lunar_day
from sopengine.timing.words import (
    AnchorTime,
    DayRule,
    OnAnchor,
    OnCron,
    OnDate,
    OnLunar,
    OnMonthly,
    OnPhaseDay,
    OnRule,
    OnWeekday,
    OnYearly,
)
from sopengine.timing.zones import Note, day_exists

ONE_DAY = timedelta(days=1)


class NamedDay(NamedTuple):
    """A day, its identity (semantics.md S1), and the cron line that named it, which brings the times."""

    day: date
    identity: str
    cron: OnCron | None = None
    note: Note = ""


def named_days(
    on: tuple[DayRule, ...], except_: tuple[DayRule, ...], frame: Frame, begin: date, end: date
) -> list[NamedDay]:
    """The days of `on` in [begin, end) less those of `except_`, in written order; a day belongs to its first item.

    Rules keep inside the frame's days and leap over dates that the zone leaps over; listed days do neither.
    """
    alone = len(on) == 1
    found: dict[date, NamedDay] = {}
    for rule in on:
        if isinstance(rule, OnDate | OnAnchor | OnPhaseDay):
            for day, text in _listed(rule, frame):
                if begin <= day < end:
                    found.setdefault(day, NamedDay(day, "" if alone and text == rule.text else text))
            continue
        line = rule if isinstance(rule, OnCron) else None
        for day in _ruled(rule, frame, *_inside(frame, begin, end)):
            if day not in found and day_exists(day, frame.zone):
                found[day] = NamedDay(day, day.isoformat(), line, _note(rule, day))
    taken = Taken(except_, frame)
    return [named for named in found.values() if named.day not in taken]


def last_listed(on: tuple[DayRule, ...], frame: Frame) -> date | None:
    """The latest day that is written down: a date, an anchor, a day of the flow."""
    listed = (rule for rule in on if isinstance(rule, OnDate | OnAnchor | OnPhaseDay))
    return max((day for rule in listed for day, _ in _listed(rule, frame)), default=None)


def _inside(frame: Frame, begin: date, end: date) -> tuple[date, date]:
    last = end if frame.last is None else min(end, frame.last + ONE_DAY)
    return max(begin, frame.first), last


def _listed(rule: OnDate | OnAnchor | OnPhaseDay, frame: Frame) -> Iterator[tuple[date, str]]:
    """Days with their texts. A day counted from the end of a flow that has no end does not come."""
    match rule:
        case OnDate(text, day):
            yield day, text
        case OnAnchor(text, anchor):
            yield anchor_day(anchor, frame.anchors, frame.zone), text
        case OnPhaseDay(_, first, last):
            begin = _phase_day(first, frame)
            end = begin if last is None else _phase_day(last, frame)
            if begin is not None and end is not None:
                for step in range((end - begin).days + 1):
                    yield begin + timedelta(days=step), f"day {first + step}"


def _phase_day(number: int, frame: Frame) -> date | None:
    if number > 0:
        return frame.first + timedelta(days=number - 1)
    return None if frame.last is None else frame.last + timedelta(days=number + 1)


def _ruled(rule: DayRule, frame: Frame, begin: date, end: date) -> Iterator[date]:
    match rule:
        case OnWeekday(_, weekday, every_weeks):
            start = _monday(frame.first) + timedelta(days=weekday)
            stride = 7 * every_weeks
            day = start + timedelta(days=-((start - begin).days // stride) * stride)
            while day < end:
                yield day
                day += timedelta(days=stride)
        case OnMonthly():
            year, month = begin.year, begin.month
            while (year, month) <= (end.year, end.month):
                in_month = _monthly_day(rule, year, month)
                if in_month is not None and begin <= in_month < end:
                    yield in_month
                year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        case OnRule():
            day = begin
            while day < end:
                if _obeys(rule.rule, day, frame):
                    yield day
                day += ONE_DAY
        case OnLunar(_, month, number):
            for year in range(begin.year - 1, end.year + 1):
                in_year = lunar_day(year, month, number).day
                if begin <= in_year < end:
                    yield in_year
        case OnYearly(_, anchor):
            born = anchor_day(AnchorTime(anchor.name), frame.anchors, frame.zone)
            for year in range(begin.year - 1, end.year + 2):
                in_year = _birthday(born, year) + timedelta(days=anchor.offset.days)
                if begin <= in_year < end:
                    yield in_year
        case OnCron(_, expression):
            line = cron(expression)
            day = begin
            while day < end:
                if line.falls_on(day):
                    yield day
                day += ONE_DAY
        case _:
            raise TypeError(f"{rule!r} is not a rule")


def _note(rule: DayRule, day: date) -> Note:
    if isinstance(rule, OnLunar) and rule.day == 30:
        return (
            "short month"
            if any(lunar_day(year, rule.month, 30) == (day, True) for year in (day.year - 1, day.year))
            else ""
        )
    return ""


def _birthday(born: date, year: int) -> date:
    """29 February is kept on the 28th where there is none."""
    leap = born.month == 2 and born.day == 29 and not months.isleap(year)
    return date(year, 2, 28) if leap else born.replace(year=year)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _monthly_day(rule: OnMonthly, year: int, month: int) -> date | None:
    first_weekday, length = months.monthrange(year, month)
    if rule.day is not None:
        number = length if rule.day == -1 else rule.day
    elif rule.nth is not None and rule.weekday is not None:
        first = 1 + (rule.weekday - first_weekday) % 7
        number = first + 7 * (rule.nth - 1) if rule.nth > 0 else first + 7 * ((length - first) // 7)
    else:
        raise ValueError(f"{rule} names no day")
    return date(year, month, number) if number <= length else None


def _obeys(rule: str, day: date, frame: Frame) -> bool:
    match rule:
        case "daily":
            return True
        case "workdays":
            return frame.calendar.is_workday(day)
        case "weekends":
            return day.weekday() >= 5 and not frame.calendar.is_makeup(day)
        case "holidays":
            return frame.calendar.is_holiday(day)
    raise ValueError(f"no day rule {rule!r}")


class Taken:
    """The days that `except` takes away; it holds outside the frame too."""

    def __init__(self, rules: tuple[DayRule, ...], frame: Frame) -> None:
        self.frame = frame
        self.rules = [rule for rule in rules if not isinstance(rule, OnDate | OnAnchor | OnPhaseDay)]
        self.listed = {
            day for rule in rules if isinstance(rule, OnDate | OnAnchor | OnPhaseDay) for day, _ in _listed(rule, frame)
        }

    def __contains__(self, day: date) -> bool:
        return day in self.listed or any(_falls_on(rule, day, self.frame) for rule in self.rules)


def _falls_on(rule: DayRule, day: date, frame: Frame) -> bool:
    return any(_ruled(rule, frame, day, day + ONE_DAY))
