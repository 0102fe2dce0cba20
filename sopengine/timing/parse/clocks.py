"""Clock times, dates and both together, to `time`, `date` and `datetime` values."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError, part_at, write
from sopengine.timing.parse.numerals import NUMERAL, number
from sopengine.timing.parse.signs import trimmed

CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
CLOCK_LIKE = (
    rf"(?i)(凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里)?\s*({NUMERAL})"
    r"\s*(?:[:.点时h]\s*(半|[0-9]{1,2})?分?)?\s*(am|pm|a\.m\.|p\.m\.)?"
)
AFTERNOON = {"下午", "傍晚", "晚上", "pm", "p.m."}
TWELVE_IS_NOON = {"", "上午", "中午", "下午", "pm", "p.m."}
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
DATE_LIKE = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*[日号]?")
YEARLESS = re.compile(r"[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}\s*[日号]?")
COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
DATE_IN_CHINESE = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})[日号]")
DATE_TIME = re.compile(r"(\S+?)(?:T|\s+)([0-9]{1,2}:\S*?)(?:\s*(Z|[+-][0-9]{2}:?[0-9]{2}))?")
FIRST_YEAR, LAST_YEAR = 1970, 2199
FIRST_BIRTH_YEAR = 1900
CLOCK_HELP = Text("时间写 24 小时制的 时:分，例如 `09:30`", "A time is hours:minutes of 24 hours, such as `09:30`")
DATE_HELP = Text("日期写 年-月-日，例如 `2026-06-18`", "A date is year-month-day, such as `2026-06-18`")


@trimmed("SOP-S211")
def parse_clock(text: str) -> time:
    """`9:30`, `09:30`, `20:30:15`. Raises SOP-S211."""
    clock = CLOCK.fullmatch(text)
    if clock is None:
        raise _clock_like(text)
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if minute > 59 or second > 59:
        group = 2 if minute > 59 else 3
        message = Text("分和秒最大是 59", "Minutes and seconds go up to 59")
        raise TimeTextError("SOP-S211", message, offset=clock.start(group), length=2)
    if hour > 23:
        message = Text("一天的时间到 23:59 为止", "The times of a day end at 23:59")
        raise TimeTextError("SOP-S211", message, _next_night(hour, minute), length=len(text))
    return time(hour, minute, second)


def clock_text(clock: time) -> str:
    """`09:30`, with seconds only where there are some."""
    return clock.isoformat("seconds") if clock.second else clock.isoformat("minutes")


def _next_night(hour: int, minute: int) -> Text:
    if hour >= 48:
        return CLOCK_HELP
    night = f"{hour - 24:02}:{minute:02} +1d"
    return Text(f"当天夜里过了零点，请写成 `{night}`", f"In the night after that day it is `{night}`")


def _clock_like(text: str) -> TimeTextError:
    """The error for a time in another notation, with the right one if it is plain."""
    message = Text("读不懂这个时间", "This time cannot be read")
    like = re.fullmatch(CLOCK_LIKE, text)
    correct = None
    if like is not None and like[0] != like[2]:
        hour, minute = number(like[2]), 30 if like[3] == "半" else int(like[3] or 0)
        part = like[1] or (like[4] or "").lower()
        if hour is not None and hour < 24 and minute < 60 and (hour != 12 or part in TWELVE_IS_NOON):
            correct = f"{hour + 12 if part in AFTERNOON and hour < 12 else hour:02}:{minute:02}"
    elif len(text) == 4 and text.isascii() and text.isdigit() and int(text[:2]) < 24 and int(text[2:]) < 60:
        correct = f"{text[:2]}:{text[2:]}"
    help = write(correct) if correct else CLOCK_HELP
    return TimeTextError("SOP-S211", message, help, length=len(text), correct=correct)


@trimmed("SOP-S212")
def parse_date(text: str) -> date:
    """`2026-06-18` or `2026年6月18日`, years 1970 to 2199. Raises SOP-S212."""
    return _date(text, FIRST_YEAR)


@trimmed("SOP-S212")
def parse_date_of_data(text: str) -> date:
    """The same for data, which holds birthdays too: years 1900 to 2199. Raises SOP-S212."""
    return _date(text, FIRST_BIRTH_YEAR)


def _date(text: str, first_year: int) -> date:
    written = DATE.fullmatch(text) or DATE_IN_CHINESE.fullmatch(text)
    like = written or DATE_LIKE.fullmatch(text) or COMPACT_DATE.fullmatch(text)
    if YEARLESS.fullmatch(text):
        message = Text("日期缺少年份", "The date has no year")
        raise TimeTextError("SOP-S212", message, DATE_HELP, length=len(text))
    if like is None:
        message = Text("读不懂这个日期", "This date cannot be read")
        raise TimeTextError("SOP-S212", message, DATE_HELP, length=len(text))
    day = _existing(int(like[1]), int(like[2]), int(like[3]), like, first_year)
    if written is None:
        message = Text("日期的写法不对", "The date is not written year-month-day")
        correct = day.isoformat()
        raise TimeTextError("SOP-S212", message, write(correct), length=len(text), correct=correct)
    return day


def _existing(year: int, month: int, day: int, text: re.Match[str], first_year: int) -> date:
    if not first_year <= year <= LAST_YEAR:
        message = Text(f"年份要在 {first_year} 到 {LAST_YEAR} 之间", f"Years go from {first_year} to {LAST_YEAR}")
        raise TimeTextError("SOP-S212", message, offset=text.start(1), length=4)
    if not 1 <= month <= 12:
        message = Text(f"没有 {month} 月", f"There is no month {month}")
        raise TimeTextError("SOP-S212", message, DATE_HELP, offset=text.start(2), length=len(text[2]))
    length = calendar.monthrange(year, month)[1]
    if not 1 <= day <= length:
        name = calendar.month_name[month]
        message = Text(f"{year} 年 {month} 月只有 {length} 天", f"{name} {year} has {length} days")
        raise TimeTextError("SOP-S212", message, offset=text.start(3), length=len(text[3]))
    return date(year, month, day)


def looks_like_datetime(text: str) -> bool:
    """Worth reading by `parse_datetime`: it begins with a digit and has a clock time after something."""
    return text[:1].isdigit() and DATE_TIME.fullmatch(text) is not None


@trimmed("SOP-S211")
def parse_datetime(text: str) -> datetime:
    """`2026-06-18T20:00` or with a space: naive, local. With `Z` or `+08:00` at its end: aware. SOP-S211 or S212."""
    both = DATE_TIME.fullmatch(text)
    if both is None:
        message = Text("读不懂这个日期时间", "This date with time cannot be read")
        help = Text("例如 `2026-06-18T20:00`", "It is written like `2026-06-18T20:00`")
        raise TimeTextError("SOP-S211", message, help, length=len(text))
    with part_at(0, both.end(1), text):
        day = parse_date(both[1])
    with part_at(*both.span(2), text):
        clock = parse_clock(both[2])
    return datetime.combine(day, clock, None if both[3] is None else _offset(both))


def _offset(both: re.Match[str]) -> timezone:
    if both[3] == "Z":
        return UTC
    hours, minutes = int(both[3][1:3]), int(both[3][-2:])
    if hours > 14 or minutes > 59:
        message = Text("与 UTC 的时差最多 14 小时", "An offset from UTC is 14 hours at most")
        raise TimeTextError("SOP-S211", message, offset=both.start(3), length=len(both[3]))
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if both[3][0] == "-" else ahead)
