"""The forms of `on` that have numbers or several words, each a pattern and what it reads as."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from sopengine.diagnostics import Text
from sopengine.timing.cron import check_cron
from sopengine.timing.mistake import TimeTextError, closest, part_at, write
from sopengine.timing.parse.numerals import NUMERAL, number
from sopengine.timing.parse.weekdays import IN_CHINESE, LONG, SHORT, WEEKDAYS, weekday_rule
from sopengine.timing.words import DayRule, OnCron, OnLunar, OnMonthly, OnPhaseDay, OnWeekday

ORDINALS = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "last": -1}
RESERVED = ("day", "monthly", "every", "lunar", "cron", "month", "weekly", "yearly")
NTH = {number: word for word, number in ORDINALS.items()}
FORMS = Text(
    "例如 `2026-06-18`、`周二`、`每天`、`工作日`、`每月22日`、`day 2`、`opening - 7d`",
    "Such as `2026-06-18`, `tue`, `daily`, `workdays`, `monthly 22`, `day 2`, `opening - 7d`",
)


def by_form(text: str) -> DayRule | None:
    """The rule of the first form that fits the whole text; None if none does. Raises TimeTextError."""
    start = text.lower()
    for leads, pattern, read in FORM:
        if start.startswith(leads):
            form = re.fullmatch(pattern, text, re.IGNORECASE)
            if form is not None:
                return read(form)
    return None


def _phase_day(form: re.Match[str]) -> OnPhaseDay:
    first, last = int(form["first"]), None if form["last"] is None else int(form["last"])
    if first == 0 or last == 0:
        message = Text("第一天是 `day 1`，最后一天是 `day -1`", "The first day is `day 1`, the last is `day -1`")
        group = "first" if first == 0 else "last"
        raise TimeTextError("SOP-S207", message, offset=form.start(group), length=len(form[group]))
    if last is not None and (first < 0 < last or (first > last and (first < 0) == (last < 0))):
        message = Text("区间要从前到后", "A range goes from the earlier day to the later")
        start = form.start("first")
        raise TimeTextError("SOP-S207", message, FORMS, offset=start, length=form.end("last") - start)
    if last is None or first == last:
        return OnPhaseDay(f"day {first}", first)
    return OnPhaseDay(f"day {first}..{last}", first, last)


def _phase_day_in_chinese(form: re.Match[str]) -> OnPhaseDay:
    first = number(form["first"]) if form["first"] else 1
    last = number(form["last"]) if form["last"] else None
    if not first or last == 0 or (form["last"] and last is None) or (last is not None and last < first):
        raise _no_number(form)
    if form["back"]:
        return OnPhaseDay(f"day {-first}", -first)
    if last is None or last == first:
        return OnPhaseDay(f"day {first}", first)
    return OnPhaseDay(f"day {first}..{last}", first, last)


def _last_day(form: re.Match[str]) -> OnPhaseDay:
    return OnPhaseDay("day -1", -1)


def _every_weeks(form: re.Match[str]) -> OnWeekday:
    weeks = number(form["weeks"]) if form["weeks"] else 2
    weekday = WEEKDAYS.get(form["weekday"].lower())
    if weekday is None:
        raise _no_weekday(form)
    if not weeks or weeks > 52:
        message = Text("隔几周用 1 到 52", "Every 1 to 52 weeks")
        raise TimeTextError("SOP-S207", message, offset=form.start("weeks"), length=len(form["weeks"]))
    return weekday_rule(weekday, weeks)


def _monthly_day(form: re.Match[str]) -> OnMonthly:
    day = number(form["day"])
    if day is None or not 1 <= day <= 31:
        message = Text("每月的日子是 1 到 31", "Days of a month go from 1 to 31")
        raise TimeTextError("SOP-S207", message, offset=form.start("day"), length=len(form["day"]))
    if day > 28:
        message = Text(f"不是每个月都有 {day} 日", f"Not every month has a day {day}")
        help = Text("月底请写 `monthly last`", "For the last day write `monthly last`")
        at, length = form.start("day"), len(form["day"])
        raise TimeTextError("SOP-W506", message, help, offset=at, length=length, correct="monthly last")
    return OnMonthly(f"monthly {day}", day=day)


def _monthly_last(form: re.Match[str]) -> OnMonthly:
    return OnMonthly("monthly last", day=-1)


def _monthly_nth(form: re.Match[str]) -> OnMonthly:
    word = form["nth"].lower()
    nth = ORDINALS.get(word) or (-1 if word == "最后一" else number(word.removeprefix("第")))
    weekday = WEEKDAYS.get(form["weekday"].lower())
    if weekday is None:
        raise _no_weekday(form)
    if nth is None or nth not in NTH:
        message = Text("一个月里的第几个：1 到 4，或最后一个", "1st to 4th, or last, of a month")
        raise TimeTextError("SOP-S207", message, offset=form.start("nth"), length=len(form["nth"]))
    if nth == 5:
        last = f"monthly last {SHORT[weekday]}"
        message = Text("不是每个月都有第五个", "Not every month has a fifth")
        at, length = form.start("nth"), len(form["nth"])
        raise TimeTextError("SOP-W506", message, write(last), offset=at, length=length, correct=last)
    return OnMonthly(f"monthly {NTH[nth]} {SHORT[weekday]}", nth=nth, weekday=weekday)


def _lunar(form: re.Match[str]) -> OnLunar:
    month = {"正": 1, "冬": 11, "腊": 12}.get(form["month"]) or number(form["month"])
    day = number(form["day"].removeprefix("初"))
    if not month or not day or month > 12 or day > 30:
        message = Text("农历有十二个月，每月最多三十天", "The lunar calendar has twelve months of at most thirty days")
        at = form.start("month")
        raise TimeTextError("SOP-S207", message, offset=at, length=form.end("day") - at)
    return OnLunar(f"lunar {month}-{day}", month, day)


def _cron(form: re.Match[str]) -> OnCron:
    with part_at(*form.span("line")):
        expression = check_cron(form["line"])
    return OnCron(f'cron "{expression}"', expression)


def _wrong(correct: Callable[[re.Match[str]], str | None]) -> Callable[[re.Match[str]], DayRule]:
    """A form that is understood but not written so."""

    def refuse(form: re.Match[str]) -> DayRule:
        right = correct(form)
        message = Text(f"读不懂 `{form[0][:40]}`", f"`{form[0][:40]}` cannot be read")
        help = write(right) if right else FORMS
        raise TimeTextError("SOP-S207", message, help, length=len(form[0]), correct=right)

    return refuse


def _no_number(form: re.Match[str]) -> TimeTextError:
    message = Text(f"`{form[0][:40]}` 里的数字不对", f"A wrong number in `{form[0][:40]}`")
    return TimeTextError("SOP-S207", message, FORMS, length=len(form[0]))


def _no_weekday(form: re.Match[str]) -> TimeTextError:
    word = form["weekday"]
    near = closest(word.lower(), WEEKDAYS, cutoff=0.6)
    message = Text(f"没有叫 `{word[:20]}` 的星期", f"There is no weekday `{word[:20]}`")
    help = write(SHORT[WEEKDAYS[near]]) if near else Text("星期写 mon 到 sun，或周一到周日", "Weekdays are mon … sun")
    return TimeTextError("SOP-S203", message, help, offset=form.start("weekday"), length=len(word))


Reader: TypeAlias = Callable[[re.Match[str]], DayRule]

# how a text of the form begins, the form, and what reads it; a pattern is compiled when a text first begins so
FORM: tuple[tuple[tuple[str, ...], str, Reader], ...] = (
    (("day",), r"day\s+(?P<first>-?[0-9]{1,4})(?:\s*\.\.\s*(?P<last>-?[0-9]{1,4}))?", _phase_day),
    (
        ("第", "倒数"),
        rf"(?P<back>倒数)?第\s*(?P<first>{NUMERAL})\s*(?:天?\s*[到至-]\s*第?\s*(?P<last>{NUMERAL})\s*)?天",
        _phase_day_in_chinese,
    ),
    (("最后",), r"最后一天", _last_day),
    (("every",), r"every\s+(?P<weeks>[0-9]{1,4})\s+weeks?\s+(?P<weekday>\S+)", _every_weeks),
    (("每",), rf"每个?(?P<weekday>{IN_CHINESE})", lambda form: weekday_rule(WEEKDAYS[form["weekday"]])),
    (("每", "隔"), rf"(?:每(?P<weeks>{NUMERAL})周的?|隔(?:周的?)?)(?P<weekday>{IN_CHINESE})", _every_weeks),
    (("monthly", "每"), rf"(?:monthly\s+|每个?月)(?P<day>{NUMERAL})\s*[日号]?", _monthly_day),
    (("monthly", "每", "月"), r"monthly\s+last|每个?月的?最后一[天日]|(?:每个?)?月[底末]", _monthly_last),
    (("monthly",), r"monthly\s+(?P<nth>[0-9]{1,2}(?:st|nd|rd|th)|last)\s+(?P<weekday>\S+)", _monthly_nth),
    (("每",), rf"每个?月的?(?P<nth>第{NUMERAL}|最后一)个?(?P<weekday>{IN_CHINESE})", _monthly_nth),
    (("lunar",), r"lunar\s+(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})", _lunar),
    (("农历", "阴历"), rf"[农阴]历\s*(?P<month>[正冬腊]|{NUMERAL})月(?P<day>初?{NUMERAL})日?", _lunar),
    (("cron",), r"""cron\s+(?P<quote>["'])(?P<line>[^"']*)(?P=quote)""", _cron),
    # forms that are understood but not written so
    (("cron",), r"cron\s+(?P<line>[^\"']+)", _wrong(lambda form: f'cron "{form["line"].strip()}"')),
    (("day",), r"day\s*(?P<first>-?[0-9]{1,4})", _wrong(lambda form: f"day {form['first']}")),
    (
        ("day",),
        r"day\s*(?P<first>[0-9]{1,4})\s*(?:-|~|…|\.{3}|to|到|至)\s*(?P<last>[0-9]{1,4})",
        _wrong(lambda form: f"day {form['first']}..{form['last']}"),
    ),
    (("every",), r"every\s+day", _wrong(lambda form: "daily")),
    (
        ("every",),
        rf"every\s+(?P<weekday>{'|'.join((*LONG, *SHORT))})",
        _wrong(lambda form: SHORT[WEEKDAYS[form["weekday"].lower()]]),
    ),
    (RESERVED, rf"(?:{'|'.join(RESERVED)})(?:\s.*)?", _wrong(lambda form: None)),
)
