"""A dry run in, its strip of days out: one row per phase, weekends, holidays and make-up workdays marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.review.colour import Ink
from sopengine.review.columns import flow, harmless, pad, width
from sopengine.review.model import GOES_OUT, DayMark, DryRun, Item
from sopengine.review.words import SECTIONS, WEEKDAYS, month

_LABEL_LIMIT = 18
_BUSY, _LEFT_OUT, _QUIET = "●", "○", "─"

Cells = Sequence[Sequence[date]]
"""The days that each cell of the strip stands for: one, or whole weeks when a campaign is long."""


class _Row(Struct, frozen=True):
    """What is on each day of one row; `solid` draws its days as a bar."""

    name: str
    states: Mapping[date, str]
    solid: bool


def gantt(run: DryRun, lang: str, columns: int, ink: Ink) -> list[str]:
    if run.first_day is None or run.last_day is None:
        return []
    rows = _rows(run, lang)
    label = min(_LABEL_LIMIT, max((width(row.name) for row in rows), default=4))
    cells, size = _cells(run.first_day, run.last_day, columns - label - 4)
    marks, used = _marks(cells, size, run.days, lang)
    ruler = [_months(cells, size, lang), _numbers(cells, size), _weekdays(cells, size, lang), marks]
    margin = " " * (label + 4)
    lines = [ink(margin + line.rstrip(), "dim") for line in ruler if line.strip()]
    lines += [f"  {pad(row.name, label)}  {ink(_bar(cells, size, row), 'cyan')}" for row in rows]
    states_used = {state for row in rows for state in row.states.values()}
    legend = flow(_legend(used, states_used, len(cells[0]), lang), "   ", columns - len(margin))
    return [*lines, *(ink(margin + line, "dim") for line in legend)]


def _cells(first: date, last: date, room: int) -> tuple[Cells, int]:
    """Cells of 3, 2 or 1 columns a day; when even that is too wide, 1 column for as many weeks as it takes."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for size in (3, 2, 1):
        if size * len(days) <= room:
            return [[day] for day in days], size
    weeks = 1
    while -(-len(days) // (7 * weeks)) > room:
        weeks += 1
    return [days[n : n + 7 * weeks] for n in range(0, len(days), 7 * weeks)], 1


def _rows(run: DryRun, lang: str) -> list[_Row]:
    """Each phase in written order, then the weekly schedule."""
    rows = []
    for phase in run.phases:
        last = phase.last or run.last_day or phase.first
        days = (phase.first + timedelta(days=n) for n in range((last - phase.first).days + 1))
        busy = _busy(item for item in run.items if item.section == "phases" and item.phase == phase.name)
        rows.append(_Row(harmless(phase.title or phase.name), dict.fromkeys(days, _QUIET) | busy, solid=True))
    if weekly := _busy(item for item in run.items if item.section == "weekly"):
        rows.append(_Row(SECTIONS["weekly"].get(lang), weekly, solid=False))
    return rows


def _busy(items: Iterable[Item]) -> dict[date, str]:
    states: dict[date, str] = {}
    for item in items:
        if item.at is not None:
            goes_out = item.state in GOES_OUT or states.get(item.at.date()) == _BUSY
            states[item.at.date()] = _BUSY if goes_out else _LEFT_OUT
    return states


def _bar(cells: Cells, size: int, row: _Row) -> str:
    signs = [_strongest([row.states[day] for day in days if day in row.states]) for days in cells]
    line = ""
    for sign, following in zip(signs, [*signs[1:], " "], strict=True):
        goes_on = row.solid and " " not in (sign, following)
        line += sign + (_QUIET if goes_on else " ") * (size - 1)
    return line.rstrip()


def _strongest(found: Sequence[str]) -> str:
    return next((sign for sign in (_BUSY, _LEFT_OUT, _QUIET) if sign in found), " ")


def _ruler(labels: Mapping[int, str], size: int) -> str:
    """Labels at the columns of their cells; one that would touch the one before it is left out."""
    line = ""
    for position, label in sorted(labels.items()):
        start = position * size
        if not line or width(line) < start:
            line += " " * (start - width(line)) + label
    return line


def _months(cells: Cells, size: int, lang: str) -> str:
    labels: dict[int, str] = {}
    for position, days in enumerate(cells):
        begins = next((day for day in days if day.day == 1), days[0] if position == 0 else None)
        if begins is not None:
            year = f"{begins.year}{'年' if lang == 'zh' else ' '}" if position == 0 or begins.month == 1 else ""
            labels[position] = year + month(begins, lang)
    return _ruler(labels, size)


def _numbers(cells: Cells, size: int) -> str:
    if len(cells[0]) > 1:
        return ""
    every = size == 3
    return _ruler({n: str(d[0].day) for n, d in enumerate(cells) if every or n == 0 or d[0].weekday() == 0}, size)


def _weekdays(cells: Cells, size: int, lang: str) -> str:
    if len(cells[0]) > 1 or size == 1:
        return ""
    return "".join(pad(WEEKDAYS.get(lang)[days[0].weekday()], size) for days in cells)


def _marks(cells: Cells, size: int, days: Mapping[date, DayMark], lang: str) -> tuple[str, set[str]]:
    """The calendar's row, and the marks it uses."""
    if len(cells[0]) > 1:
        return "", set()
    wide = lang == "zh" and size > 1
    line, used = "", set()
    for (day,) in cells:
        mark = days.get(day, DayMark())
        sign = ("休" if wide else "H") if mark.holiday else ("班" if wide else "W") if mark.makeup else ""
        sign = sign or ("·" if mark.weekend else "")
        used |= {sign} if sign else set()
        if mark.estimated and mark.holiday and size == 3:
            sign += "?"
            used.add("?")
        line += pad(sign, size)
    return line, used


def _legend(marks: set[str], states: set[str], cell_days: int, lang: str) -> list[str]:
    meanings = {
        _BUSY: Text("有安排", "something is due"),
        _LEFT_OUT: Text("已过期或跳过", "past due or skipped"),
        _QUIET: Text("阶段内", "in the phase"),
        "休": Text("放假", "holiday"),
        "H": Text("放假", "holiday"),
        "班": Text("调休上班", "make-up workday"),
        "W": Text("调休上班", "make-up workday"),
        "·": Text("周末", "weekend"),
        "?": Text("估算", "estimated"),
    }
    said = [f"{sign} {text.get(lang)}" for sign, text in meanings.items() if sign in marks | states]
    if cell_days > 1:
        weeks = cell_days // 7
        said.append(Text(f"每格 {weeks} 周", f"one column = {weeks} week{'s' if weeks > 1 else ''}").get(lang))
    return said
