"""Stretches of time in which something is counted, and stretches of the clock in which nothing is to happen."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse.durations import parse_duration
from sopengine.timing.zones import resolve

DAY, WEEK, MONTH = "calendar-day", "calendar-week", "calendar-month"
_ROLLING = re.compile(r"rolling (?P<length>\S+)")


class Period(Struct, frozen=True):
    """`text` as written; `rolling` is the length of a window that moves along, None for a part of the calendar."""

    text: str
    rolling: timedelta | None = None

    def begin(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """When the window that `moment` falls into began; of a rolling one the window that ends at `moment`, whose own
        begin does not count any more."""
        if self.rolling is not None:
            return moment - self.rolling + timedelta(microseconds=1)
        return _midnight(self._first(moment.astimezone(zone).date()), zone)

    def end(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """When the next window begins; of a rolling one, when this moment no longer counts."""
        if self.rolling is not None:
            return moment + self.rolling
        return _midnight(self._next(self._first(moment.astimezone(zone).date())), zone)

    def _first(self, day: date) -> date:
        if self.text == WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self.text == MONTH else day

    def _next(self, first: date) -> date:
        if self.text == MONTH:
            return (first + timedelta(days=31)).replace(day=1)
        return first + timedelta(days=7 if self.text == WEEK else 1)


def parse_period(text: str) -> Period:
    """`calendar-day`, `calendar-week`, `calendar-month` or `rolling 7d`. Raises SOP-S210."""
    if text in (DAY, WEEK, MONTH):
        return Period(text)
    if found := _ROLLING.fullmatch(text):
        return Period(text, parse_duration(found["length"]).length)
    message = Text(f"看不懂的时间窗 {text!r}", f"{text!r} is no window")
    help = Text(f"写 {DAY}、{WEEK}、{MONTH} 或 rolling 7d", f"Write {DAY}, {WEEK}, {MONTH} or rolling 7d")
    raise TimeTextError("SOP-S210", message, help, length=len(text))


def covering(begin: time, until: time, moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The stretch `[begin, until)` of the clock that `moment` lies in, as instants; None where it lies in none. Where
    `until` is not after `begin` it wraps midnight."""
    today = moment.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        last = day if until > begin else day + timedelta(days=1)
        start = resolve(datetime.combine(day, begin), zone).instant
        end = resolve(datetime.combine(last, until), zone).instant
        if start <= moment < end:
            return start, end
    return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time(0)), zone).instant
