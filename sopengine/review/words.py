"""The fixed words of the views, in both languages, and how dates, sizes and values are written in each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless
from sopengine.review.model import Item
from sopengine.timing.words import Duration

WEEKDAYS = Text("一二三四五六日", "MTWTFSS")
_WEEKDAY_NAMES = (
    ("周一", "Mon"),
    ("周二", "Tue"),
    ("周三", "Wed"),
    ("周四", "Thu"),
    ("周五", "Fri"),
    ("周六", "Sat"),
    ("周日", "Sun"),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

MODES = {
    "auto": Text("自动", "auto"),
    "confirm": Text("待确认", "confirm"),
    "manual": Text("人工", "manual"),
    "task": Text("任务", "task"),
}
STATES = {
    "planned": Text("计划中", "planned"),
    "held": Text("等事件", "held"),
    "depends": Text("看情况", "depends"),
    "past-due": Text("已过期", "past due"),
    "skipped": Text("跳过", "skipped"),
    "unrendered": Text("无法生成", "no text"),
}
AUDIENCES = {"target": Text("所在的群", "its own group"), "member": Text("本人", "the member")}
"""What a step is sent to where it names no audience of the playbook: words of the language, not names."""
SECTIONS = {
    "phases": Text("阶段", "Phases"),
    "weekly": Text("每周固定", "Weekly"),
    "welcome": Text("入群欢迎", "Welcome"),
    "journeys": Text("旅程", "Journeys"),
    "watch": Text("监视", "Watches"),
    "during": Text("代替别的剧本", "Instead of other playbooks"),
}


def weekday(day: date, lang: str) -> str:
    return _WEEKDAY_NAMES[day.weekday()][lang != "zh"]


def month(day: date, lang: str) -> str:
    return f"{day.month}月" if lang == "zh" else _MONTHS[day.month - 1]


def day_name(day: date, lang: str) -> str:
    """`6月18日 周四`, `Thu 18 Jun`: inside a range whose year is known."""
    if lang == "zh":
        return f"{day.month}月{day.day}日 {weekday(day, lang)}"
    return f"{weekday(day, lang)} {day.day} {month(day, lang)}"


def day_list(days: Sequence[date], lang: str) -> str:
    """`1月1日–3日、2月6日`: runs of days are drawn together."""
    runs: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if runs and (day - runs[-1][1]).days == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    written = [
        first.isoformat() if first == last else f"{first.isoformat()}…{last.isoformat()}" for first, last in runs
    ]
    return ("、" if lang == "zh" else ", ").join(written)


def reach(item: Item, lang: str) -> str:
    """`member-groups × 12`; a dash for what is for nobody in particular."""
    if not item.audience:
        return "—"
    named = AUDIENCES.get(item.audience)
    return f"{named.get(lang) if named else harmless(item.audience)} × {item.targets:,}"


def clock(moment: datetime) -> str:
    """`20:00`, with seconds only where there are any."""
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def moment_name(moment: datetime, lang: str) -> str:
    return f"{day_name(moment.date(), lang)} {clock(moment)}"


def stays(sent: int) -> Text:
    """What a change of a running campaign leaves alone."""
    return Text(
        f"已发出的 {sent} 条保持原样，不会再发", f"{sent} that went out stay as they are and never go out again"
    )


def dated(moment: datetime, lang: str) -> str:
    """With its year, where another one would mislead: `2026-06-18 周四 10:00`."""
    return f"{moment.date().isoformat()} {weekday(moment.date(), lang)} {clock(moment)}"


def count_of(number: int, noun: Text, lang: str) -> str:
    """`12 条消息`; in English the noun is given in the singular and takes an s."""
    if lang == "zh":
        return f"{number:,} {noun.zh}"
    return f"{number:,} {noun.en}{'' if number == 1 else 's'}"


def size_of(item: Item, lang: str) -> str:
    """How long a message is; for a task by when it has to be done."""
    if item.kind == "task":
        if item.due is None:
            return ""
        due = f"{item.due:%m-%d} {clock(item.due)}"
        return Text(f"{due} 前完成", f"due {due}").get(lang)
    if not item.bytes:
        return ""
    return Text(f"{item.chars:,} 字 {item.bytes:,} 字节", f"{item.chars:,} ch {item.bytes:,} B").get(lang)


def value(given: Any, lang: str) -> str:
    """An input's value as an operator would write it."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, Decimal):
        return f"{given:f}"
    if isinstance(given, datetime):
        return given.isoformat(" ", "minutes")
    if isinstance(given, time):
        return given.isoformat("auto" if given.second else "minutes")
    if isinstance(given, Duration):
        return duration(given)
    if isinstance(given, (list, tuple)):
        return ("、" if lang == "zh" else ", ").join(value(v, lang) for v in given)
    return str(given)


def duration(given: Duration) -> str:
    """`2d 1h 30m`, in the units of the language."""
    hours, rest = divmod(abs(given.seconds), 3600)
    minutes, seconds = divmod(rest, 60)
    units = ((abs(given.days), "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    sign = "-" if given.days < 0 or given.seconds < 0 else ""
    return sign + (" ".join(f"{n}{unit}" for n, unit in units if n) or "0s")
