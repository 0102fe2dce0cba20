"""The items of a dry run in, a timeline by day out: one line per item, what is odd about it beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from msgspec import Struct

from sopengine.diagnostics import CODES, Severity, Text
from sopengine.review.colour import Ink
from sopengine.review.columns import cut, harmless, one_line, pad, width, wrap
from sopengine.review.model import GOES_OUT, DryRun, Item
from sopengine.review.notes import about_day, about_item, day_title, flow_title
from sopengine.review.words import MODES, STATES, clock, reach, size_of

_GAP = "  "
_FEWEST_WORDS = 12  # columns


class _Layout(Struct, frozen=True):
    """Columns of each part of a line; the first words take what is left."""

    when: int
    mode: int
    audience: int
    step: int
    size: int
    words: int


def timeline(run: DryRun, items: Sequence[Item], lang: str, columns: int, ink: Ink) -> list[str]:
    if not items:
        return [Text("这个范围里没有安排。", "Nothing is planned here.").get(lang)]
    dated = [item for item in items if item.at is not None]
    triggered = [item for item in items if item.at is None]
    blocks: list[list[str]] = []
    layout = _layout(dated, lang, columns)
    for day in sorted({item.at.date() for item in dated if item.at}):
        lines = [_day_line(run, day, lang, ink)]
        for item in dated:
            if item.at and item.at.date() == day:
                lines += _item_lines(run, item, layout, lang, columns, ink)
        blocks.append(lines)
    layout = _layout(triggered, lang, columns)
    for name, mine in groupby(triggered, key=lambda item: flow_title(run, item, lang)):
        lines = [line for item in mine for line in _item_lines(run, item, layout, lang, columns, ink)]
        blocks.append([ink(name, "bold"), *lines])
    return [line for block in blocks for line in ["", *block]][1:]


def _day_line(run: DryRun, day: date, lang: str, ink: Ink) -> str:
    return ink(day_title(run, day, lang), "bold") + "".join(
        ink(f" · {said}", "dim") for said in about_day(run, day, lang)
    )


def _layout(items: Sequence[Item], lang: str, columns: int) -> _Layout:
    def widest(parts: Sequence[str], limit: int) -> int:
        return min(limit, max((width(part) for part in parts), default=0))

    when = widest([_when(item, lang) for item in items], 30)
    mode = widest([_mode(item, lang) for item in items], 12)
    audience = widest([reach(item, lang) for item in items], 24)
    step = widest([harmless(item.id) for item in items], 20)
    size = widest([size_of(item, lang) for item in items], 20)
    room = columns - sum((when, mode, audience, step)) - 5 * len(_GAP)
    if room - size - len(_GAP) < _FEWEST_WORDS:  # a narrow page shows words rather than sizes
        return _Layout(when, mode, audience, step, 0, max(_FEWEST_WORDS, room))
    return _Layout(when, mode, audience, step, size, room - size - len(_GAP))


def _when(item: Item, lang: str) -> str:
    if item.at is not None:
        return clock(item.at)
    return harmless(item.after.get(lang)) if item.after else ""


def _mode(item: Item, lang: str) -> str:
    return STATES[item.state].get(lang) if item.state != "planned" else MODES[item.mode].get(lang)


def _item_lines(run: DryRun, item: Item, layout: _Layout, lang: str, columns: int, ink: Ink) -> list[str]:
    goes_out = item.state in GOES_OUT
    tone = {"task": "cyan", "manual": "yellow", "confirm": "yellow"}.get(item.mode, "green") if goes_out else "red"
    too_long = bool(item.max_bytes and item.bytes > item.max_bytes)
    size = size_of(item, lang)
    parts = [
        pad(_when(item, lang), layout.when),
        ink(pad(_mode(item, lang), layout.mode), tone),
        pad(reach(item, lang), layout.audience),
        pad(harmless(item.id), layout.step),
        pad(one_line(item.text), layout.words),
    ]
    if layout.size:
        parts.append(" " * (layout.size - width(size)) + ink(size, "red" if too_long else "dim"))
    indent = _GAP * 2 + " " * layout.when
    return [_GAP + _GAP.join(parts), *(indent + line for line in _notes(run, item, lang, columns - width(indent), ink))]


def _notes(run: DryRun, item: Item, lang: str, room: int, ink: Ink) -> list[str]:
    """What a reader has to know about this line, then its findings."""
    notes = [
        ink(f"{'  ' if n else '→ '}{line}", "red" if note.grave else "dim")
        for note in about_item(run, item, lang)
        for n, line in enumerate(wrap(note.said, room - 2))
    ]
    for code in item.codes:
        error = CODES[code].severity is Severity.ERROR
        sign = ink("×", "red") if error else ink("▲", "yellow")
        notes.append(f"{sign} {cut(f'{code} {CODES[code].title.get(lang)}', room - 2)}")
    return notes
