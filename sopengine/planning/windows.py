"""A window of the past as written, a moment and a zone in; the instants it begins and ends at out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sopengine.language.expressions.history import Window
from sopengine.timing.slots import bound_instant
from sopengine.timing.words import AnchorTime, Duration
from sopengine.timing.zones import add, local_date, resolve

_INSTANT = timedelta(microseconds=1)
_WHOLE_DAY = timedelta(days=1)


class Interval(NamedTuple):
    """Half-open, in UTC; `begin` None is the beginning of everything."""

    begin: datetime | None
    until: datetime


def interval(window: Window, now: datetime, zone: ZoneInfo) -> Interval:
    """A window that lasts until now takes in what happens at that very moment: a step that an event starts at once sees
    the event. Weeks begin on Monday."""
    today = local_date(now, zone)
    until = now + _INSTANT
    match window.kind:
        case "":
            return Interval(None, until)
        case "today":
            return Interval(midnight(today, zone), until)
        case "yesterday":
            return Interval(midnight(today - _WHOLE_DAY, zone), midnight(today, zone))
        case "week":
            return Interval(midnight(monday(today), zone), until)
        case "within" if window.length is not None:
            return Interval(add(now, -window.length, zone), until)
        case "since" if isinstance(window.begin, date):
            return Interval(_since(window.begin, window.length or Duration(), zone), until)
    raise ValueError(window)


def days_of(window: Window, now: datetime, zone: ZoneInfo) -> tuple[date, date] | None:
    """First and last local day that a plan for the window speaks of, None for all of them: the whole of today and of
    this week, and for the other windows the days up to today."""
    today = local_date(now, zone)
    match window.kind:
        case "":
            return None
        case "today":
            return today, today
        case "yesterday":
            return today - _WHOLE_DAY, today - _WHOLE_DAY
        case "week":
            return monday(today), monday(today) + timedelta(days=6)
        case "within" if window.length is not None:
            begin = add(now, -window.length, zone)
            return local_date(begin, zone) + _WHOLE_DAY, today
        case "since" if isinstance(window.begin, date):
            return local_date(_since(window.begin, window.length or Duration(), zone), zone), today
    raise ValueError(window)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time()), zone).instant


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _since(begin: date | datetime, offset: Duration, zone: ZoneInfo) -> datetime:
    return bound_instant(AnchorTime("begin", offset), {"begin": begin}, zone)
