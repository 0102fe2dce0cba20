"""The texts of `on` and `except`, in English and Chinese, to DayRule values with one canonical spelling."""

from __future__ import annotations

import re

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError, closest
from sopengine.timing.parse.anchors import anchor_text, anchor_time
from sopengine.timing.parse.clocks import CLOCK, looks_like_datetime, parse_date
from sopengine.timing.parse.day_forms import FORMS, by_form
from sopengine.timing.parse.signs import trimmed
from sopengine.timing.parse.weekdays import WEEKDAYS, weekday_rule
from sopengine.timing.words import DayRule, OnAnchor, OnDate, OnRule, OnYearly

RULES = {
    **dict.fromkeys(("daily", "每天", "每日"), "daily"),
    **dict.fromkeys(("workdays", "工作日", "每个工作日"), "workdays"),
    **dict.fromkeys(("weekends", "周末", "每个周末"), "weekends"),
    **dict.fromkeys(("holidays", "节假日", "法定节假日", "节日", "假日"), "holidays"),
}
BIRTHDAY = ".birthday"
"""A column of this name comes every year; any other is a date."""
KNOWN = [*WEEKDAYS, *RULES]


@trimmed("SOP-S207")
def parse_on(text: str) -> DayRule:
    """One item of `on` or `except`. Raises SOP-S203, S207, S210, S212, and W506 for a day that some months lack."""
    word = text.lower()
    if word in WEEKDAYS:
        return weekday_rule(WEEKDAYS[word])
    if word in RULES:
        return OnRule(RULES[word], RULES[word])
    rule = by_form(text)
    if rule is not None:
        return rule
    if text[0].isdigit():
        return _date(text)
    _refuse_near_miss(text)
    anchor = anchor_time(text)
    spelt = anchor_text(anchor)
    if not anchor.name.endswith(BIRTHDAY):
        return OnAnchor(spelt, anchor)
    if anchor.offset.seconds:
        message = Text("生日只能加减天数", "Only days can be added to a birthday")
        raise TimeTextError("SOP-S207", message, length=len(text))
    return OnYearly(spelt, anchor)


def _date(text: str) -> OnDate:
    if looks_like_datetime(text) or CLOCK.fullmatch(text):
        message = Text("`on` 是日子，时间写在 `at`", "`on` is a day; the time goes to `at`")
        raise TimeTextError("SOP-S207", message, FORMS, length=len(text))
    day = parse_date(text)
    return OnDate(day.isoformat(), day)


def _refuse_near_miss(text: str) -> None:
    """A single word close to one of ours is a slip, not an anchor: `tuseday`, `holiday`, 周八."""
    if any(sign.isspace() or sign == "." for sign in text):
        return
    near = closest(text.lower(), KNOWN)
    if near is None and not re.match(r"[周每]|星期|礼拜|农历|第[0-9一二三四五六七八九十]", text):
        return
    message = Text(f"没有 `{text[:40]}` 这样的日子", f"There is no day `{text[:40]}`")
    help = FORMS
    if near:
        help = Text(f"是不是 `{near}`？锚点不能叫这样的名字", f"Did you mean `{near}`? An anchor needs another name")
    raise TimeTextError("SOP-S203", message, help, length=len(text), correct=near)
