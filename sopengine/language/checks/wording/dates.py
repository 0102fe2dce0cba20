"""A text and the days it is about → where it names a day that is none, or a weekday that the day does not have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sopengine.diagnostics import Findings, Text
from sopengine.language.checks.wording.prose import Prose
from sopengine.language.document import Document
from sopengine.language.model import Playbook, Step
from sopengine.language.named import FieldType
from sopengine.timing.words import OnDate

_DAYS = "一二三四五六日"
_WEEKDAY = r"(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
_FULL = r"(?:(?P<year>[0-9]{4})\s{0,9}年\s{0,9})?(?P<month>[0-9]{1,2})\s{0,9}月\s{0,9}(?P<day>[0-9]{1,2})\s{0,9}[日号]"
_ISO = r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_SHORT = r"(?<![0-9.])(?P<m2>[0-9]{1,2})[./](?P<d2>[0-9]{1,2})(?![0-9.])"
_DATE = rf"(?:{_FULL}|{_ISO}|{_SHORT})"
_RELATIVE = {"今": 0, "明": 1, "后": 2, "昨": -1}
_PATTERNS = (
    re.compile(rf"{_DATE}\s{{0,9}}[（(，,]?\s{{0,9}}{_WEEKDAY}"),
    re.compile(rf"(?<![每逢至到、,，~－-]){_WEEKDAY}\s{{0,9}}[（(，,]?\s{{0,9}}{_DATE}"),
)
_TODAY = re.compile(
    rf"(?<![\u4e00-\u9fff])(?P<word>[今明昨][天日晚早]|后天)(?:就?是|[（(，,])?\s{{0,9}}(?:{_WEEKDAY}|{_FULL})"
)
_ANY = re.compile(r"(?<![0-9.])(?:(?P<year>[0-9]{4})\s{0,9}年\s{0,9})?(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})[日号]")
_LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Slip(NamedTuple):
    """A stretch of the text, and what is wrong there."""

    start: int
    end: int
    message: Text


def slips(text: str, nears: Collection[date], today: date | None = None) -> Iterator[Slip]:
    """A day without a year is meant in the year that brings it nearest to one of `nears`; it is a slip if no reading
    makes it right. `today` is when the text will be read, where that is known."""
    for found in _ANY.finditer(text):
        month, day = int(found["month"]), int(found["day"])
        if not 1 <= month <= 12 or not 1 <= day <= _LONGEST[month]:
            yield Slip(*found.span(), Text(f"没有 {month} 月 {day} 日", f"There is no day {day} in month {month}"))
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            days = list(_readings(found, nears))
            weekday = _weekday(found)
            if days and all(day.weekday() != weekday for day in days):
                yield Slip(*found.span(), _wrong_weekday(days[0], weekday))
    if today is not None:
        yield from _relative(text, today)


def _relative(text: str, today: date) -> Iterator[Slip]:
    for found in _TODAY.finditer(text):
        meant = today + timedelta(days=_RELATIVE[found["word"][0]])
        if found["weekday"]:
            if meant.weekday() != _weekday(found):
                yield Slip(*found.span(), _wrong_weekday(meant, _weekday(found)))
        elif (int(found["month"]), int(found["day"])) != (meant.month, meant.day):
            yield Slip(
                *found.span(),
                Text(
                    f"发出时的{found['word']}是 {meant.month} 月 {meant.day} 日",
                    f"When it goes out, that day is {meant.isoformat()}",
                ),
            )


def _weekday(found: re.Match[str]) -> int:
    return _DAYS.index(found["weekday"].replace("天", "日"))


def _wrong_weekday(day: date, said: int) -> Text:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return Text(
        f"{day.year} 年 {day.month} 月 {day.day} 日是周{_DAYS[day.weekday()]}，不是周{_DAYS[said]}",
        f"{day.isoformat()} is a {names[day.weekday()]}, not a {names[said]}",
    )


def _readings(found: re.Match[str], nears: Collection[date]) -> Iterator[date]:
    """The days that may be meant; none for a day that does not exist."""
    if found["iso"]:
        yield from _day(*map(int, found["iso"].split("-")))
        return
    month, day = int(found["month"] or found["m2"]), int(found["day"] or found["d2"])
    if found["year"]:
        yield from _day(int(found["year"]), month, day)
        return
    for near in sorted(set(nears)):
        around = [d for year in (near.year - 1, near.year, near.year + 1) for d in _day(year, month, day)]
        if around:
            yield min(around, key=lambda d: abs(d - near))


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


def known_days(playbook: Playbook, steps: Iterable[Step]) -> set[date]:
    """The days that are written out: they tell in which year the playbook is at home."""
    inputs = (i.default for i in playbook.inputs.values() if i.type in (FieldType.DATE, FieldType.DATETIME))
    bounds = (b.value for b in (*(playbook.runs or ()), *(e for p in playbook.phases for e in (p.begin, p.end))))
    days = {value for value in (*inputs, *bounds) if isinstance(value, date)}
    days |= {rule.day for step in steps for rule in step.when.on if isinstance(rule, OnDate)}
    return {date(day.year, day.month, day.day) for day in days}


def check_dates(document: Document, texts: Iterable[Prose], nears: Collection[date], findings: Findings) -> None:
    """Adds SOP-W523."""
    for text in texts:
        for slip in slips(text.literal, nears):
            place = text.place(document, slip.start, slip.end)
            findings.add("SOP-W523", slip.message, place, help=HELP, path=text.path)


HELP = Text(
    "改日期或星期；模板里可以写 {{ … | date('M月D日 ddd') }}",
    "Mend one of them; in a template, `date('M月D日 ddd')` writes both",
)
