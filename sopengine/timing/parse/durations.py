"""Lengths of time, `1d2h`, `90s`, `10分钟`, to Duration values and back to their one canonical spelling."""

from __future__ import annotations

import re

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError, write
from sopengine.timing.parse.signs import trimmed
from sopengine.timing.words import Duration

SECONDS = {"h": 3600, "m": 60, "s": 1}
UNITS = {
    "d": "d", "天": "d",
    "h": "h", "小时": "h", "个小时": "h",
    "m": "m", "分钟": "m", "分": "m",
    "s": "s", "秒": "s", "秒钟": "s",
}  # fmt: skip
MEANT = {
    **dict.fromkeys(("day", "days", "日"), "d"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "时", "钟头", "个钟头"), "h"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
}
WEEKS = ("w", "wk", "week", "weeks", "周", "星期", "个星期", "礼拜", "个礼拜")
HALVES = {"h": "30m", "m": "30s", "d": "12h"}
PART = re.compile(r"([0-9]+)(\.[0-9]+)?\s*([^\W\d_]*)\s*")
MOST_DAYS = 3660
HELP = Text(
    "时长写数字加单位：d 天、h 小时、m 分钟、s 秒，例如 `1h30m`",
    "A duration is numbers with the units d, h, m, s, such as `1h30m`",
)


@trimmed("SOP-S210")
def parse_duration(text: str) -> Duration:
    """`10m`, `1h30m`, `1d 2h`, `2天`: at most 3660 days; larger units first, each once. Raises SOP-S210."""
    days = seconds = 0
    done: list[str] = []
    at = 0
    while at < len(text):
        part = PART.match(text, at)
        if part is None:
            raise _no_duration(text, at)
        unit = UNITS.get(part[3])
        if unit is None or part[2]:
            raise _wrong_part(text, part)
        if done and "dhms".index(unit) <= "dhms".index(done[-1]):
            message = Text("时长的单位要从大到小，每个只写一次", "Units go from large to small, each once")
            raise TimeTextError("SOP-S210", message, HELP, offset=part.start(3), length=len(part[3]))
        done.append(unit)
        amount = int(part[1][-12:]) if len(part[1].lstrip("0")) <= 12 else 10**12
        days, seconds = (days + amount, seconds) if unit == "d" else (days, seconds + amount * SECONDS[unit])
        at = part.end()
    if days + seconds / 86400 > MOST_DAYS:
        message = Text(f"时长超过 {MOST_DAYS} 天", f"Longer than {MOST_DAYS} days")
        raise TimeTextError("SOP-S210", message, length=len(text))
    return Duration(days, seconds)


def _no_duration(text: str, at: int) -> TimeTextError:
    if text[at] in "+-":
        message = Text("时长前面不能有正负号", "A duration has no sign")
    else:
        message = Text("读不懂这个时长", "This duration cannot be read")
    return TimeTextError("SOP-S210", message, HELP, offset=at, length=len(text) - at)


def _wrong_part(text: str, part: re.Match[str]) -> TimeTextError:
    amount, fraction, unit = part[1], part[2], part[3]
    right = _unit_meant(unit)
    correct = None
    if unit.lower() in WEEKS and not fraction and len(amount) <= 4:
        correct = f"{int(amount) * 7}d"
    elif right and not fraction:
        correct = f"{amount}{right}"
    elif right and fraction == ".5":
        correct = (f"{amount}{right}" if int(amount[:9]) else "") + HALVES.get(right, "")
    whole = correct if correct and part[0] == text else None
    help = write(correct) if correct else HELP
    if not unit:
        message = Text("时长缺少单位", "The duration has no unit")
        return TimeTextError("SOP-S210", message, help, offset=part.start(1), length=len(part[0].strip()))
    if fraction:
        message = Text("时长用整数", "A duration is written in whole numbers")
        offset, length = part.start(1), len(amount + fraction)
        return TimeTextError("SOP-S210", message, help, offset=offset, length=length, correct=whole)
    message = Text(f"时长没有单位 `{unit[:20]}`", f"Durations have no unit `{unit[:20]}`")
    return TimeTextError("SOP-S210", message, help, offset=part.start(3), length=len(unit), correct=whole)


def _unit_meant(unit: str) -> str | None:
    lower = unit.lower()
    return UNITS.get(lower) or MEANT.get(lower)


def duration_text(duration: Duration) -> str:
    """The one spelling of a duration: `1d2h`, `1h30m`, `0s`; equal values are spelt alike."""
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(duration.days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0s"
