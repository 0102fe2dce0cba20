"""The texts of `at`, clock times, anchors and repetitions, to Moment values."""

from __future__ import annotations

import re
from datetime import timedelta

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError, part_at
from sopengine.timing.parse.anchors import anchor_text, anchor_time
from sopengine.timing.parse.clocks import clock_text, looks_like_datetime, parse_clock
from sopengine.timing.parse.durations import duration_text, parse_duration
from sopengine.timing.parse.signs import trimmed
from sopengine.timing.words import AtAnchor, AtClock, AtEvery, Moment

NIGHT = re.compile(r"(?P<clock>[0-9].*?)\s*(?P<sign>[+-])\s*(?P<length>\S.*)", re.DOTALL)
REPEATED = re.compile(r"every\s+(?P<step>.+?)\s+from\s+(?P<begin>.+?)\s+until\s+(?P<end>.+)", re.DOTALL)
MOST_NIGHTS = 31
LEAST_STEP = 60
"""Seconds: cron wakes the engine once a minute."""
EVERY_HELP = Text("例如 `every 1h from 10:00 until 22:00`", "It is written like `every 1h from 10:00 until 22:00`")


@trimmed("SOP-S211")
def parse_at(text: str) -> Moment:
    """`10:00`, `00:30 +1d`, `live - 30m`, `every 1h from 10:00 until 22:00`. Raises SOP-S207, S210, S211."""
    if text == "every" or text.startswith("every "):
        return _every(text)
    return _single(text)


def _single(text: str) -> AtClock | AtAnchor:
    if looks_like_datetime(text):
        message = Text("`at` 是一天里的时间，日期写在 `on`", "`at` is a time of the day; the date goes to `on`")
        raise TimeTextError("SOP-S211", message, length=len(text))
    if text[0].isdigit() or ":" in text or "点" in text:
        return _clock(text)
    anchor = anchor_time(text)
    return AtAnchor(anchor_text(anchor), anchor)


def _clock(text: str) -> AtClock:
    night = NIGHT.fullmatch(text)
    if night is None:
        clock = parse_clock(text)
        return AtClock(clock_text(clock), clock)
    with part_at(0, night.end("clock"), text):
        clock = parse_clock(night["clock"])
    with part_at(*night.span("length"), text):
        later = parse_duration(night["length"])
    if night["sign"] == "-" or later.seconds or later.days > MOST_NIGHTS:
        message = Text("时间后面只能加天数", "Only days can be added to a time")
        help = Text("例如 `00:30 +1d`：当天夜里过了零点", "Such as `00:30 +1d`, in the night after that day")
        at = night.start("sign")
        raise TimeTextError("SOP-S211", message, help, offset=at, length=len(text) - at)
    plus = f" +{later.days}d" if later.days else ""
    return AtClock(clock_text(clock) + plus, clock, later.days)


def _every(text: str) -> AtEvery:
    parts = REPEATED.fullmatch(text)
    if parts is None:
        message = Text("`every` 要写明间隔、从何时、到何时", "`every` needs its step, `from` and `until`")
        raise TimeTextError("SOP-S211", message, EVERY_HELP, length=len(text))
    with part_at(*parts.span("step"), text):
        step = parse_duration(parts["step"])
        if step.days or step.seconds < LEAST_STEP:
            message = Text(
                "间隔是小时或分钟，至少 1m；按天重复写在 `on`",
                "The step is hours or minutes, at least 1m; days repeat in `on`",
            )
            raise TimeTextError("SOP-S210", message, length=len(parts["step"]))
    with part_at(*parts.span("begin"), text):
        begin = _single(parts["begin"])
    with part_at(*parts.span("end"), text):
        end = _single(parts["end"])
    if isinstance(begin, AtClock) and isinstance(end, AtClock):
        _check_order(begin, end, parts)
    return AtEvery(f"every {duration_text(step)} from {begin.text} until {end.text}", step, begin, end)


def _check_order(begin: AtClock, end: AtClock, parts: re.Match[str]) -> None:
    help = Text("过了零点写 `00:30 +1d`", "After midnight write `00:30 +1d`")
    length = _since_midnight(end) - _since_midnight(begin)
    if length <= timedelta(0):
        message = Text("结束时间不晚于开始时间", "It ends before it begins")
    elif length > timedelta(days=1):
        message = Text("一天里的重复最长 24 小时", "A repetition inside the day lasts 24 hours at most")
    else:
        return
    raise TimeTextError("SOP-S211", message, help, offset=parts.start("end"), length=len(parts["end"]))


def _since_midnight(moment: AtClock) -> timedelta:
    clock = moment.clock
    return timedelta(days=moment.plus_days, hours=clock.hour, minutes=clock.minute, seconds=clock.second)
