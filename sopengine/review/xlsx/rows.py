"""The items and findings of a dry run in, the rows of its workbook out, with the words of the other views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from msgspec.structs import replace

from sopengine.diagnostics import CODES, Severity, Text
from sopengine.review.columns import harmless
from sopengine.review.facts import facts, totals
from sopengine.review.model import GOES_OUT, DryRun, Item
from sopengine.review.notes import about_item, about_message, beside_text, flow_title
from sopengine.review.reporter import where
from sopengine.review.words import MODES, STATES, moment_name, reach, weekday

Value = str | int | datetime
"""What a cell holds; a time is the local one of the campaign's zone, without it, as spreadsheets know no zones."""
Row = Sequence[Value]

_SEVERITIES = {
    Severity.ERROR: Text("错误", "error"),
    Severity.WARNING: Text("警告", "warning"),
    Severity.NOTE: Text("提示", "note"),
}


def scheduled(run: DryRun, item: Item, lang: str) -> Row:
    """One item, in the order in which a reviewer needs it."""
    at = _moment(run, item.at)
    return (
        at or _after(item, lang),
        weekday(at.date(), lang) if at else "",
        reach(item, lang),
        item.id,
        MODES[item.mode].get(lang),
        STATES[item.state].get(lang),
        item.text,
        "\n".join(_remarks(run, item, lang)),
        _part(run, item, lang),
        item.channel,
    )


def texts(run: DryRun, items: Sequence[Item], lang: str) -> Iterator[Row]:
    """Each text once, with how often it goes out, and what a reader has to know about it."""
    same: dict[tuple[str, ...], list[Item]] = {}
    for item in (one for one in items if one.kind != "act"):
        same.setdefault(item.alike, []).append(item)
    for (first, *_), times in ((found, len(found)) for found in same.values()):
        about = [*about_message(first, lang), *beside_text(first, lang)]
        when = _moment(run, first.at) or _after(first, lang)
        yield first.id, reach(first, lang), times, when, first.text, "\n".join(about)


def warnings(run: DryRun, lang: str) -> Iterator[Row]:
    """The findings, the grave ones first."""
    for severity, word in _SEVERITIES.items():
        for d in run.diagnostics:
            if d.severity is severity:
                advice = d.help.get(lang) if d.help else ""
                yield word.get(lang), d.message.get(lang), advice, d.code, where(d)


def changes(run: DryRun, items: Sequence[Item], lang: str) -> Iterator[Row]:
    """What does not go out as it is written, moved or left out; what is the same for several targets once."""
    rows: dict[Row, None] = {}
    for item in items:
        moved = item.at and item.planned_at and item.at != item.planned_at
        if moved or item.state in ("past-due", "skipped", "unrendered"):
            was = _moment(run, item.planned_at) or _after(item, lang)
            reason = item.reason.get(lang) if item.reason else ""
            how = Text("改期", "moved").get(lang) if moved and item.state in GOES_OUT else STATES[item.state].get(lang)
            rows[item.id, was, _moment(run, item.at) or _after(item, lang), how, reason] = None
    yield from rows


def overview(run: DryRun, lang: str) -> Iterator[Row]:
    """The head and the foot of the other views."""
    named = [(Text("活动", "Campaign").get(lang), [run.title or run.playbook])]
    for label, parts in [*named, *facts(run, lang)]:
        yield label, "\n".join(parts)
    whole, parts = totals(run, lang)
    yield Text("合计", "Total").get(lang), "\n".join([whole, *parts])
    if run.next_command:
        yield Text("下一步", "Next").get(lang), run.next_command


def zone_of(run: DryRun) -> tzinfo:
    assert run.as_of.tzinfo is not None
    return run.as_of.tzinfo


def _moment(run: DryRun, moment: datetime | None) -> datetime | None:
    return moment.astimezone(zone_of(run)).replace(tzinfo=None) if moment else None


def _after(item: Item, lang: str) -> str:
    return item.after.get(lang) if item.after else ""


def _remarks(run: DryRun, item: Item, lang: str) -> Iterator[str]:
    if item.at and str(item.at.tzinfo) != run.timezone:
        local = f"{moment_name(item.at, lang)} {item.at.tzinfo}"
        yield Text(f"当地 {local}", f"there it is {local}").get(lang)
    if item.kind == "task":
        yield from about_message(item, lang)
    yield from (note.said for note in about_item(run, _here(run, item), lang))
    for code in item.codes:
        yield f"{'×' if CODES[code].severity is Severity.ERROR else '▲'} {code} {CODES[code].title.get(lang)}"


def _here(run: DryRun, item: Item) -> Item:
    """The item with its times in the campaign's zone."""
    zone = zone_of(run)
    at, was, last = (one.astimezone(zone) if one else None for one in (item.at, item.planned_at, item.last_at))
    return replace(item, at=at, planned_at=was, last_at=last)


def _part(run: DryRun, item: Item, lang: str) -> str:
    if item.section == "phases":
        return next((harmless(p.title or p.name) for p in run.phases if p.name == item.phase), item.phase)
    return flow_title(run, item, lang)
