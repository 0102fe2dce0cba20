"""What a sheet writes as a day → `on`, and the days it spans."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.importing.plain import plain, with_digits

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANCHOR = "opening"
_CHINESE = "一二三四五六日"
_WEEKDAY = r"(?:每?(?:周|星期|礼拜)|每周的?)"
_WEEK = re.compile(
    rf"{_WEEKDAY}(?P<days>[一二三四五六日天1-7]"
    rf"(?:[、,，/和及 ]*{_WEEKDAY}[一二三四五六日天1-7]|[、,，/和及]*[一二三四五六日天])*)"
    rf"(?: ?(?:-|~|至|到) ?{_WEEKDAY}?(?P<last>[一二三四五六日天1-7]))?"
)
_ENGLISH = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s)?\b")
_FIXED = {
    **dict.fromkeys(("每天", "每日", "天天", "daily", "every day", "everyday"), "daily"),
    **dict.fromkeys(("工作日", "平日", "workdays", "weekdays"), "workdays"),
    **dict.fromkeys(("周末", "双休日", "weekend", "weekends"), "weekends"),
    **dict.fromkeys(("节假日", "法定节假日", "holidays"), "holidays"),
}
_YEAR = r"(?:(?P<year>20\d\d) ?[-/.年] ?)?"
_DATE = re.compile(rf"{_YEAR}(?P<month>\d{{1,2}}) ?(?:月|[-/.]) ?(?P<day>\d{{1,2}})(?: ?[日号])?")
_UNTIL = re.compile(r" ?(?:-|~|至|到) ?(?:(?P<month>\d{1,2}) ?(?:月|[/.]) ?)?(?P<day>\d{1,2})(?: ?[日号])?")
_RELATIVE = re.compile(
    r"[dt] ?(?P<sign>[-+]) ?(?P<n>\d{1,3})(?:天|d)?|(?P<zero>[dt] ?0|d ?-? ?day|d日|(?:活动|开业|开售)?当[天日])"
)
_NTH = re.compile(r"(?:第 ?(?P<a>\d{1,3}) ?[天日]|day ?(?P<b>\d{1,3})|d(?P<c>[1-9]\d{0,2}))")
_AWAY = re.compile(r"(?:活动|开业|开售|上线)?(?P<way>前|后) ?(?P<n>\d{1,3}) ?[天日]")
_MONTHLY = re.compile(r"每(?:个)?月 ?(?P<day>\d{1,2}) ?[日号]")
_LONGEST = 62
_RECENT = timedelta(31)
"""A sheet may be imported while its campaign is on: so far back a day without a year is of this year."""


class Day(Struct, frozen=True):
    """`on` as the language writes it. `first` and `last`: dates, or days from the anchor. `rest`: what follows."""

    kind: Literal["weekly", "date", "relative"]
    on: tuple[str, ...]
    first: date | int = 0
    last: date | int = 0
    assumed: Text | None = None
    question: Text | None = None
    rest: str = ""


class Hints(Struct, frozen=True):
    """What the sheet says elsewhere: its year, if it names one; the day of today."""

    today: date
    year: int | None = None


def read_day(text: str, hints: Hints) -> Day | None:
    """None for what is no day, or not a day alone (and perhaps a time: `rest`)."""
    bare = plain(text)
    for reader in (_fixed, _dated, _serial):
        if day := reader(bare, hints):
            return day
    if day := _week(bare):
        return day
    digits = with_digits(bare)
    return next((day for reader in (_monthly, _relative, _nth, _away) if (day := reader(digits))), None)


def weekday_of(text: str) -> int | None:
    """The one weekday that is written, from 0."""
    day = _week(plain(text))
    return WEEKDAYS.index(day.on[0]) if day and not day.rest and len(day.on) == 1 else None


def _fixed(text: str, hints: Hints) -> Day | None:
    return Day("weekly", (_FIXED[text],)) if text in _FIXED else None


def _week(text: str) -> Day | None:
    if found := _WEEK.match(text):
        days = [_index(sign) for sign in re.sub(rf"{_WEEKDAY}|[、,，/和及 ]", "", found["days"])]
        if found["last"]:
            days += _through(days[-1], _index(found["last"]))[1:]
        return _ended(Day("weekly", _names(days)), text[found.end() :])
    words = re.split(r" ?(?:,|/|&|and|、) ?", text)
    if found := _ENGLISH.match(text):
        if span := re.fullmatch(r"([a-z]+) ?(?:-|~|to) ?([a-z]+)", text):
            ends = [_ENGLISH.fullmatch(word) for word in span.groups()]
            if ends[0] and ends[1]:
                return Day("weekly", _names(_through(WEEKDAYS.index(ends[0][1]), WEEKDAYS.index(ends[1][1]))))
        every = [_ENGLISH.fullmatch(word) for word in words]
        if all(every):
            return Day("weekly", _names([WEEKDAYS.index(one[1]) for one in every if one]))
        return _ended(Day("weekly", (found[1],)), text[found.end() :])
    return None


def _index(sign: str) -> int:
    return int(sign) - 1 if sign.isdigit() else _CHINESE.index(sign.replace("天", "日"))


def _through(first: int, last: int) -> list[int]:
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def _names(days: list[int]) -> tuple[str, ...]:
    return tuple(WEEKDAYS[day] for day in dict.fromkeys(days))


def _ended(day: Day, rest: str) -> Day | None:
    """With what follows it, if that is set apart."""
    rest = rest.strip(" ()[],、:\n")
    return replace(day, rest=rest)


def _dated(text: str, hints: Hints) -> Day | None:
    lead = re.match(rf"{_WEEKDAY}[一二三四五六日天1-7][ ,()]*", text)
    weekday = weekday_of(lead[0]) if lead else None
    body = text[lead.end() :] if lead else text
    found = _DATE.match(body)
    if found is None:
        return None
    until = _UNTIL.match(body, found.end())
    after = body[until.end() if until else found.end() :]
    if after[:1].isdigit() or (after[:1] == ":" and until is None):
        return None
    if until and after[:1] in (":", "点", "时"):  # `10.1-20:00`: no range of days
        until, after = None, body[found.end() :].lstrip("-~ ")
    rest = after.strip(" ()[],、\n")
    if weekday is None and (behind := re.match(rf"{_WEEKDAY}[一二三四五六日天1-7]", rest)):
        weekday = weekday_of(behind[0])
        rest = rest[behind.end() :].strip(" ()[],、\n")
    first, notes = _dates(found, weekday, hints)
    if first is None:
        return None
    last = first
    if until:
        end = _made(first.year, int(until["month"] or first.month), int(until["day"]))
        if end is not None and end < first:
            end = _made(first.year + 1, end.month, end.day)
        if end is None or (end - first).days > _LONGEST:
            return None
        last = end
    days = tuple((first + timedelta(step)).isoformat() for step in range((last - first).days + 1))
    if until and notes[0] is None:
        notes = (Text(f"这一段的 {len(days)} 天每天都排", f"planned on each of the {len(days)} days"), notes[1])
    return Day("date", days, first, last, *notes, rest)


def _dates(
    found: re.Match[str], weekday: int | None, hints: Hints
) -> tuple[date | None, tuple[Text | None, Text | None]]:
    """The date, and what was assumed or is to be asked about its year and weekday."""
    month, day = int(found["month"]), int(found["day"])
    if given := found["year"] or hints.year:
        at = _made(int(given), month, day)
        if at and weekday is not None and at.weekday() != weekday:
            says, real = _CHINESE[weekday], _CHINESE[at.weekday()]
            return at, (
                None,
                Text(
                    f"写的是周{says}，{at} 是周{real}：按日期排了，请核对",
                    f"the sheet says {WEEKDAYS[weekday]}, {at} is a {WEEKDAYS[at.weekday()]}: the date was taken",
                ),
            )
        return at, (None, None)
    near = sorted(
        (at for year in range(hints.today.year - 1, hints.today.year + 3) if (at := _made(year, month, day))),
        key=lambda at: (at < hints.today - _RECENT, abs((at - hints.today).days)),
    )
    fits = [at for at in near if weekday is None or at.weekday() == weekday]
    if not near:
        return None, (None, None)
    at = (fits or near)[0]
    if not fits:
        return at, (
            None,
            Text(
                f"没有哪一年的 {month}月{day}日 是这个星期几：按 {at} 排了，请核对",
                f"that weekday fits no year near: {at} was taken",
            ),
        )
    return at, (Text(f"没有写年份，按 {at.year} 年", f"no year is given: {at.year} was taken"), None)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _serial(text: str, hints: Hints) -> Day | None:
    """Excel counts days; a date in a column without a date's format shows as that number."""
    if not re.fullmatch(r"[45]\d{4}", text):
        return None
    at = date(1899, 12, 30) + timedelta(int(text))
    return Day("date", (at.isoformat(),), at, at, Text(f"数字按 Excel 的日期读作 {at}", f"read as Excel's date {at}"))


def _monthly(text: str) -> Day | None:
    found = _MONTHLY.match(text)
    if not found or not 1 <= int(found["day"]) <= 28:
        return None
    return _ended(Day("weekly", (f"monthly {int(found['day'])}",)), text[found.end() :])


def _relative(text: str) -> Day | None:
    return _spanned(_RELATIVE, text, lambda f: 0 if f["zero"] else int(f["sign"] + f["n"]))


def _nth(text: str) -> Day | None:
    day = _spanned(_NTH, text, lambda f: int(f["a"] or f["b"] or f["c"]) - 1)
    if day is None or int(day.first) < 0:  # type: ignore[arg-type]
        return None
    return replace(day, assumed=Text("第 1 天按开始日算", "day 1 is taken for the first day"))


def _away(text: str) -> Day | None:
    return _spanned(_AWAY, text, lambda f: int(f["n"]) * (-1 if f["way"] == "前" else 1))


def _spanned(form: re.Pattern[str], text: str, offset: Callable[[re.Match[str]], int]) -> Day | None:
    found = form.match(text)
    if not found:
        return None
    first = last = offset(found)
    end = found.end()
    between = re.match(r" ?(?:~|至|到|-) ?", text[end:])
    then = form.match(text, end + between.end()) if between else None
    if then and offset(then) >= first:
        last, end = offset(then), then.end()
    if last - first > _LONGEST or text[end : end + 1].isdigit():
        return None
    on = tuple(_from_anchor(step) for step in range(first, last + 1))
    return _ended(Day("relative", on, first, last), text[end:])


def _from_anchor(days: int) -> str:
    return ANCHOR if days == 0 else f"{ANCHOR} {'-' if days < 0 else '+'} {abs(days)}d"
