"""A dry run in, its strip of days out as inline SVG: a row per phase, weekends, holidays and make-up workdays marked.

Days lie at percentages, rows at pixels: the strip takes the width there is, and its letters keep their shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup
from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.review.html.links import day_id
from sopengine.review.html.markup import NOTHING, tag
from sopengine.review.model import GOES_OUT, DayMark, DryRun, Item
from sopengine.review.words import SECTIONS, WEEKDAYS, count_of, day_name, month

_HEAD, _ROW, _MARK = 72, 40, 6.5  # pixels; a mark is a circle's radius
_EACH, _MONDAYS = 24, 7  # pixels a day takes at least, where each is numbered, and where only Mondays are
_MOST_EACH, _MOST_MONDAYS = 62, 190  # days


class _Row(Struct, frozen=True):
    name: str
    first: date | None  # of the bar
    last: date | None
    items: Sequence[Item]


class _Strip(Struct, frozen=True):
    first: date
    days: int

    def at(self, day: date, part: float = 0.0) -> str:
        return self.percent((day - self.first).days + part)

    def percent(self, days: float) -> str:
        return f"{100 * days / self.days:.3f}%"

    @property
    def every_day(self) -> bool:
        return self.days <= _MOST_EACH


def least_width(run: DryRun) -> int:
    """Pixels below which the strip is scrolled rather than squeezed."""
    strip = _strip(run)
    if strip is None:
        return 0
    each = _EACH if strip.every_day else _MONDAYS if strip.days <= _MOST_MONDAYS else 3
    return each * strip.days


def gantt(run: DryRun, shown: Collection[date], lang: str) -> Markup:
    """`shown` are the days that the page has a section for."""
    strip = _strip(run)
    if strip is None:
        return NOTHING
    rows = _rows(run, lang)
    height = _HEAD + _ROW * len(rows) + 6
    drawn = [
        *_backgrounds(strip, run.days, height),
        *_ruler(strip, run.days, shown, lang),
        *(part for n, row in enumerate(rows) for part in _row(strip, n, row, shown, lang)),
        *_now(run, strip, height, lang),
    ]
    name = Text("各阶段的日子", "The days of each phase").get(lang)
    svg = tag("svg", *drawn, height=height, width="100%", role="group", aria_label=name)
    names = (tag("li", tag("bdi", row.name)) for row in rows)
    strip_of_days = tag("div", svg, class_="days", tabindex=0, role="region", aria_label=name)
    return tag("figure", tag("ul", *names, aria_hidden="true"), strip_of_days, _legend(run, lang), class_="gantt")


def _strip(run: DryRun) -> _Strip | None:
    if run.first_day is None or run.last_day is None:
        return None
    return _Strip(run.first_day, (run.last_day - run.first_day).days + 1)


def _rows(run: DryRun, lang: str) -> list[_Row]:
    """Each phase in written order, then the weekly schedule."""
    rows = []
    for phase in run.phases:
        mine = [item for item in run.items if item.section == "phases" and item.phase == phase.name]
        rows.append(_Row(phase.title or phase.name, phase.first, phase.last or run.last_day, mine))
    weekly = [item for item in run.items if item.section == "weekly" and item.at]
    return [*rows, _Row(SECTIONS["weekly"].get(lang), None, None, weekly)] if weekly else rows


def _backgrounds(strip: _Strip, days: Mapping[date, DayMark], height: int) -> Iterable[Markup]:
    for day, mark in days.items():
        kind = "holiday" if mark.holiday else "makeup" if mark.makeup else "weekend" if mark.weekend else ""
        if kind:
            top = 20
            yield tag("rect", class_=kind, x=strip.at(day), width=strip.percent(1), y=top, height=height - top)


def _ruler(strip: _Strip, days: Mapping[date, DayMark], shown: Collection[date], lang: str) -> Iterable[Markup]:
    for day in (strip.first + timedelta(days=n) for n in range(strip.days)):
        mark = days.get(day, DayMark())
        if day == strip.first or day.day == 1:
            year = f"{day.year}{'年' if lang == 'zh' else ' '}" if day == strip.first or day.month == 1 else ""
            yield tag("text", f"{year}{month(day, lang)}", class_="month", x=strip.at(day), y=13)
        if not (strip.every_day or (day.weekday() == 0 and strip.days <= _MOST_MONDAYS)):
            continue
        middle = strip.at(day, 0.5)
        number = tag("text", str(day.day), class_="number", x=middle, y=36)
        label = day_name(day, lang)
        yield tag("a", number, href=f"#{day_id(day)}", aria_label=label) if day in shown else number
        if strip.every_day:
            yield tag("text", WEEKDAYS.get(lang)[day.weekday()], class_="weekday", x=middle, y=51)
        if sign := _sign(mark, lang):
            yield tag("text", sign, class_="sign off" if mark.holiday else "sign", x=middle, y=65)


def _sign(mark: DayMark, lang: str) -> str:
    if not (mark.holiday or mark.makeup):
        return ""
    sign = Text("休", "H") if mark.holiday else Text("班", "W")
    return sign.get(lang) + ("?" if mark.estimated else "")


def _row(strip: _Strip, n: int, row: _Row, shown: Collection[date], lang: str) -> Iterable[Markup]:
    top = _HEAD + n * _ROW
    if row.first is not None and row.last is not None:
        first, last = max(row.first, strip.first), min(row.last, strip.first + timedelta(days=strip.days - 1))
        if first <= last:
            width = strip.percent((last - first).days + 1)
            title = tag("title", f"{row.name}  {day_name(row.first, lang)} – {day_name(row.last, lang)}")
            yield tag(
                "rect", title, class_=f"bar p{n % 6}", x=strip.at(first), y=top + 6, width=width, height=_ROW - 12, rx=8
            )
    by_day: dict[date, list[Item]] = {}
    for item in row.items:
        if item.at is not None and 0 <= (item.at.date() - strip.first).days < strip.days:
            by_day.setdefault(item.at.date(), []).append(item)
    for day, items in by_day.items():
        marks = _marks(strip, n, day, top + _ROW / 2, items)
        said = tag("title", _said(day, items, lang))
        link = f"#{day_id(day)}" if day in shown else None
        yield tag("a", said, *marks, href=link, tabindex=-1) if link else tag("g", said, *marks)


def _marks(strip: _Strip, n: int, day: date, middle: float, items: Sequence[Item]) -> Iterable[Markup]:
    """A circle for what is sent, beneath it a square for what a person does; hollow where nothing of it goes out."""
    circles = [item for item in items if item.kind != "task"]
    squares = [item for item in items if item.kind == "task"]
    both, small = bool(circles and squares), not strip.every_day
    radius = 3.0 if small else _MARK - 2 if both else _MARK
    x = strip.at(day, 0.5)
    if circles:
        y = middle - radius - 0.5 if both else middle
        yield tag("circle", class_=_kind(n, circles), cx=x, cy=f"{y:g}", r=f"{radius:g}")
    if squares:
        y = middle + radius + 0.5 if both else middle
        side = radius * 1.8
        size, moved = f"{side:g}", f"translate({-side / 2:g})"
        top = f"{y - side / 2:g}"
        yield tag("rect", class_=_kind(n, squares), x=x, y=top, width=size, height=size, rx=2, transform=moved)


def _kind(n: int, items: Sequence[Item]) -> str:
    return f"mark p{n % 6}" if any(item.state in GOES_OUT for item in items) else f"mark out p{n % 6}"


def _said(day: date, items: Sequence[Item], lang: str) -> str:
    kinds: Counter[str] = Counter(item.kind for item in items)
    nouns = (("send", Text("条消息", "message")), ("task", Text("项任务", "task")), ("act", Text("个动作", "action")))
    said = " · ".join(count_of(kinds[kind], noun, lang) for kind, noun in nouns if kinds[kind])
    return f"{day_name(day, lang)}{'：' if lang == 'zh' else ': '}{said}"


def _now(run: DryRun, strip: _Strip, height: int, lang: str) -> Iterable[Markup]:
    passed = (run.as_of.date() - strip.first).days + (run.as_of.hour + run.as_of.minute / 60) / 24
    if 0 <= passed <= strip.days:
        x = strip.percent(passed)
        yield tag("line", class_="now", x1=x, x2=x, y1=_HEAD - 2, y2=height)
        yield tag("text", Text("现在", "now").get(lang), class_="now", x=x, y=height - 2, dx=4)


def _legend(run: DryRun, lang: str) -> Markup:
    marks = run.days.values()
    signs = (
        ("send", Text("消息", "message"), True),
        ("task", Text("任务", "task"), any(item.kind == "task" and item.at for item in run.items)),
        ("out", Text("已过期或跳过", "past due or skipped"), any(i.at and i.state not in GOES_OUT for i in run.items)),
        ("weekend", Text("周末", "weekend"), any(mark.weekend for mark in marks)),
        ("holiday", Text("休 放假", "H holiday"), any(mark.holiday for mark in marks)),
        ("makeup", Text("班 调休上班", "W make-up workday"), any(mark.makeup for mark in marks)),
        ("", Text("? 估算", "? estimated"), any(m.estimated and (m.holiday or m.makeup) for m in marks)),
    )
    return tag(
        "figcaption",
        *(tag("span", tag("i", class_=kind) if kind else "", text.get(lang)) for kind, text, used in signs if used),
    )
