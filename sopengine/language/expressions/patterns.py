"""Dates and times in, text by a pattern of tokens out: `M月D日` of 2026-06-18 is 6月18日."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from jinja2.exceptions import TemplateRuntimeError

_TOKEN = re.compile(r"YYYY|YY|MM|M|DD|D|dddd|ddd|HH|H|mm|ss|[A-Za-z%]+")
_WEEKDAYS = "一二三四五六日"
_WRITE: Mapping[str, Callable[[Any], str]] = {
    "YYYY": lambda d: f"{d.year:04}",
    "YY": lambda d: f"{d.year % 100:02}",
    "MM": lambda d: f"{d.month:02}",
    "M": lambda d: str(d.month),
    "DD": lambda d: f"{d.day:02}",
    "D": lambda d: str(d.day),
    "ddd": lambda d: f"周{_WEEKDAYS[d.weekday()]}",
    "dddd": lambda d: f"星期{_WEEKDAYS[d.weekday()]}",
    "HH": lambda d: f"{d.hour:02}",
    "H": lambda d: str(d.hour),
    "mm": lambda d: f"{d.minute:02}",
    "ss": lambda d: f"{d.second:02}",
}
_OF_DAY, _OF_CLOCK = frozenset(list(_WRITE)[:8]), frozenset(list(_WRITE)[8:])


def bad_token(pattern: str, of_clock_only: bool = False) -> str:
    """The first run of letters in a date or time pattern that means nothing; "" if there is none."""
    known = _OF_CLOCK if of_clock_only else _OF_CLOCK | _OF_DAY
    return next((token for token in _TOKEN.findall(pattern) if token not in known), "")


def written(moment: date | datetime | time, pattern: str) -> str:
    """The moment by its own clock, whatever its zone. TemplateRuntimeError for a pattern it cannot fill."""
    parts, of_day, of_clock = _parts(pattern)
    if of_day and isinstance(moment, time):
        raise TemplateRuntimeError("a time of day has no date")
    if of_clock and not isinstance(moment, (datetime, time)):
        raise TemplateRuntimeError("a date has no time of day")
    return "".join([_WRITE[part](moment) if part in _WRITE else part for part in parts])


@lru_cache(maxsize=256)
def _parts(pattern: str) -> tuple[tuple[str, ...], bool, bool]:
    """The pattern cut into tokens and what stands between, and whether it names parts of the day or of the clock."""
    if unknown := bad_token(pattern):
        raise TemplateRuntimeError(f"unknown letters in a date pattern: {unknown[:20]}")
    used = set(_TOKEN.findall(pattern))
    parts = tuple(part for part in re.split(f"({_TOKEN.pattern})", pattern) if part)
    return parts, bool(used & _OF_DAY), bool(used & _OF_CLOCK)
