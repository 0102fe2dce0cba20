"""A day of the Chinese lunar calendar in a year → its date. The calendar is China's wherever the campaign runs."""

from __future__ import annotations

import functools
from datetime import date
from typing import NamedTuple


class LunarDay(NamedTuple):
    """`short`: that month had 29 days only, so its day 30 is its last day, the 29th."""

    day: date
    short: bool


@functools.lru_cache(maxsize=1024)
def lunar_day(year: int, month: int, day: int) -> LunarDay:
    """`year` is the lunar year that begins in January or February of that number; `month` is never the leap month,
    as festivals are kept in the month before it."""
    from lunar_python import Lunar, LunarMonth  # half the time of a small check, for the few who need it

    length = LunarMonth.fromYm(year, month).getDayCount()
    solar = Lunar.fromYmd(year, month, min(day, length)).getSolar()
    return LunarDay(date(solar.getYear(), solar.getMonth(), solar.getDay()), day > length)
