"""The items of a dry run in, a timeline by day out: one line per item, what is odd about it beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from msgspec import Struct

from sopengine.diagnostics import CODES, Severity, Text
from sopengine.review.colour import Ink
from sopengine.review.columns import cut, harmless, one_line, pad, width
from sopengine.review.model import GOES_OUT, DryRun, Item, WaveShown
from sopengine.review.timers import spoken
from sopengine.review.words import MODES, SECTIONS, STATES, clock, day_name, moment_name, reach, size_of

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
    titles = {phase.name: phase.title or phase.name for phase in run.phases}
    for (section, flow), mine in groupby(triggered, key=lambda item: (item.section, item.phase)):
        title = titles[flow] if section == "phases" else flow
        name = " ".join(filter(None, (SECTIONS[section].get(lang), harmless(title))))
        lines = [line for item in mine for line in _item_lines(run, item, layout, lang, columns, ink)]
        blocks.append([ink(name, "bold"), *lines])
    return [line for block in blocks for line in ["", *block]][1:]


def _day_line(run: DryRun, day: date, lang: str, ink: Ink) -> str:
    one_year = run.first_day is not None and run.last_day is not None and run.first_day.year == run.last_day.year
    said = [ink(day_name(day, lang) if one_year else f"{day.year}  {day_name(day, lang)}", "bold")]
    for phase in run.phases:
        if phase.first <= day and (phase.last is None or day <= phase.last):
            number = (day - phase.first).days + 1
            title = harmless(phase.title or phase.name)
            said.append(f"{title}第 {number} 天" if lang == "zh" else f"{title}, day {number}")
    mark = run.days.get(day)
    if mark and mark.holiday:
        said.append(mark.holiday.get(lang))
    if mark and mark.makeup:
        said.append(Text("调休上班", "make-up workday").get(lang))
    if mark and mark.estimated and (mark.holiday or mark.makeup):
        said.append(Text("放假安排为估算", "estimated").get(lang))
    return said[0] + "".join(ink(f" · {part}", "dim") for part in said[1:])


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
    """What a reader has to know about this line: why it does not go out, its move, its zone, its findings."""
    notes = []
    if item.reason:
        notes.append(
            ink(
                cut(harmless(f"→ {item.reason.get(lang)}"), room),
                "dim" if item.state in GOES_OUT else "red",
            )
        )
    if item.at and item.planned_at and item.at != item.planned_at:
        was = moment_name(item.planned_at, lang)
        notes.append(ink(Text(f"→ 写的是 {was}，移到了这里", f"→ written for {was}, moved here").get(lang), "dim"))
    if item.waves:
        notes.append(ink(_waves(item.waves, lang), "dim"))
    elif item.at and item.last_at and item.last_at != item.at:
        until = clock(item.last_at)
        notes.append(ink(Text(f"→ 各目标错开，到 {until} 为止", f"→ staggered, the last at {until}").get(lang), "dim"))
    if item.at and str(item.at.tzinfo) != run.timezone:
        notes.append(ink(Text(f"→ {item.at.tzinfo} 当地时间", f"→ local time of {item.at.tzinfo}").get(lang), "dim"))
    if item.script:
        notes.append(ink(Text(f"→ 话术 {item.script}", f"→ script {item.script}").get(lang), "dim"))
    if item.approve:
        said = Text(f"→ {item.approve} 批准后才发", f"→ not sent before {item.approve} approves").get(lang)
        notes.append(ink(said, "dim"))
    if item.timers:
        notes.append(ink(cut(harmless(f"→ {spoken(item.timers, lang)}"), room), "dim"))
    for code in item.codes:
        error = CODES[code].severity is Severity.ERROR
        sign = ink("×", "red") if error else ink("▲", "yellow")
        notes.append(f"{sign} {cut(f'{code} {CODES[code].title.get(lang)}', room - 2)}")
    return notes


def _waves(waves: Sequence[WaveShown], lang: str) -> str:
    """How many get it when; the day where it is another than that of the first."""
    first = waves[0].at.date()
    moments = [moment_name(w.at, lang) if w.at.date() != first else clock(w.at) for w in waves]
    zh = "、".join(f"{at} {wave.targets} 个" for at, wave in zip(moments, waves, strict=True))
    en = ", ".join(f"{wave.targets} at {at}" for at, wave in zip(moments, waves, strict=True))
    return Text(f"→ 分批：{zh}", f"→ in waves: {en}").get(lang)
