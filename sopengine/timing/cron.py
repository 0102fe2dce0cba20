"""A cron line of five fields → the days it falls on and its times of day; numbers and names as in crontab(5)."""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime, time

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError

FIELDS = (
    Text("分", "minute"),
    Text("时", "hour"),
    Text("日", "day of the month"),
    Text("月", "month"),
    Text("周", "weekday"),
)
RANGES = ("0–59", "0–23", "1–31", "1–12", "0–7")
SIGNS = re.compile(r"[0-9A-Za-z*,/-]+")
HELP = Text(
    '五段是 分 时 日 月 周，例如 `cron "0 9 * * 1-5"`：周一到周五 9:00',
    'The fields are minute hour day month weekday: `cron "0 9 * * 1-5"` is Monday to Friday at nine',
)


class Cron:
    """One line, read once. A day counts if month fits and, as cron has it, the day of the month or the weekday does;
    both have to where either field begins with `*`."""

    def __init__(self, expression: str) -> None:
        from cronsim import CronSim

        # only its reading of the fields is used: times across clock changes are ours
        self._fields = CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC))
        self.clocks = tuple(time(h, m) for h in sorted(self._fields.hours) for m in sorted(self._fields.minutes))

    def falls_on(self, day: date) -> bool:
        return day.month in self._fields.months and bool(self._fields.match_day(day))


@functools.lru_cache(maxsize=256)
def cron(expression: str) -> Cron:
    return Cron(expression)


def check_cron(line: str) -> str:
    """The line with single spaces. Raises SOP-S207 at the field that is wrong, or where no such day ever comes."""
    from cronsim import CronSimError

    fields = [(part.start(), part[0]) for part in re.finditer(r"\S+", line)]
    if len(fields) != len(FIELDS):
        message = Text("cron 要有五段：分 时 日 月 周", "A cron line has five fields: minute hour day month weekday")
        raise TimeTextError("SOP-S207", message, HELP, length=len(line))
    for number, (start, field) in enumerate(fields):
        alone = " ".join(field if n == number else "*" for n in range(len(FIELDS)))
        if not _readable(field) or not _accepted(alone):
            name, range_ = FIELDS[number], RANGES[number]
            message = Text(
                f"cron 的第 {number + 1} 段（{name.zh}）读不懂：`{field[:20]}`",
                f"Field {number + 1} of the cron line ({name.en}) cannot be read: `{field[:20]}`",
            )
            help = Text(f"{name.zh}的范围是 {range_}", f"The {name.en} goes from {range_.replace('–', ' to ')}")
            raise TimeTextError("SOP-S207", message, help, offset=start, length=len(field))
    expression = " ".join(field for _, field in fields)
    try:
        cron(expression)
    except CronSimError as error:
        day = fields[2]
        message = Text(f"这几个月里没有 {day[1]} 日，永远不会到", f"These months never have a day {day[1]}")
        raise TimeTextError("SOP-W506", message, offset=day[0], length=len(day[1])) from error
    return expression


def _readable(field: str) -> bool:
    """Digits, names and the signs of crontab(5); none of the letters that other programs add (`L`, `W`, `#`)."""
    letters = re.findall(r"[A-Za-z]+", field)
    return SIGNS.fullmatch(field) is not None and all(len(word) == 3 for word in letters)


def _accepted(expression: str) -> bool:
    from cronsim import CronSimError

    try:
        cron(expression)
    except CronSimError:
        return False
    return True
