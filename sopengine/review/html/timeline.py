"""The items of a dry run in, a section for each day out; what an event triggers comes last, by its flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from markupsafe import Markup

from sopengine.diagnostics import Severity, Text
from sopengine.review.columns import cut, one_line
from sopengine.review.html.bubbles import said
from sopengine.review.html.comments import review
from sopengine.review.html.links import Links, Numbered, day_id, entry_id, finding_id
from sopengine.review.html.markup import NOTHING, joined, tag
from sopengine.review.model import GOES_OUT, DryRun, Item
from sopengine.review.notes import about_day, about_item, day_title, flow_title
from sopengine.review.words import MODES, STATES, clock, moment_name, reach, size_of

SIGNS = {Severity.ERROR: "×", Severity.WARNING: "▲", Severity.NOTE: "·"}
_FIRST_WORDS = 60  # columns


def timeline(run: DryRun, items: Sequence[Item], links: Links, lang: str) -> Markup:
    if not items:
        return tag("p", Text("这个范围里没有安排。", "Nothing is planned here.").get(lang), class_="empty")
    return NOTHING.join(_sections(run, items, links, lang))


def _sections(run: DryRun, items: Sequence[Item], links: Links, lang: str) -> Iterator[Markup]:
    """Items that say the same share one message and one review."""
    first: dict[tuple[str, ...], int] = {}
    numbered = list(enumerate(items))
    for n, item in numbered:
        first.setdefault(item.alike, n)

    def entries(group: Iterable[tuple[int, Item]]) -> list[Markup]:
        return [_entry(run, n, item, items, first[item.alike], links, lang) for n, item in group]

    dated = sorted(((n, item) for n, item in numbered if item.at), key=lambda one: _day(one[1]))
    for day, group in groupby(dated, key=lambda one: _day(one[1])):
        heading = tag(
            "h3", tag("span", day_title(run, day, lang)), *(tag("small", s) for s in about_day(run, day, lang))
        )
        yield tag("section", heading, *entries(group), class_="day", id=day_id(day))
    triggered = [(n, item) for n, item in numbered if not item.at]
    for title, group in groupby(triggered, key=lambda one: flow_title(run, one[1], lang)):
        yield tag("section", tag("h3", tag("span", title)), *entries(group), class_="day flow")


def _day(item: Item) -> date:
    assert item.at is not None
    return item.at.date()


def _entry(run: DryRun, n: int, item: Item, items: Sequence[Item], first: int, links: Links, lang: str) -> Markup:
    found = links.findings_of(n)
    notes = [tag("li", note.said, class_="grave" if note.grave else None) for note in about_item(run, item, lang)]
    notes += [tag("li", _chip(one, lang)) for one in found]
    under = tag("ul", *notes, class_="notes") if notes else NOTHING
    shown = said(item, lang) if first == n else _as_before(items[first], first, lang)
    form = review(item, n, lang) if first == n else NOTHING
    return tag(
        "details",
        _line(item, found, lang),
        tag("div", tag("div", under, shown, class_="talk"), form, class_="inside"),
        class_="entry" + (" out" if item.state not in GOES_OUT else "") + (" again" if first != n else ""),
        id=entry_id(n),
        data_phase=item.phase if item.section == "phases" else item.section,
        data_mode=item.mode,
        data_found=len(found) or None,
        open=True,
    )


def _line(item: Item, found: Sequence[Numbered], lang: str) -> Markup:
    """One line of the timeline: all that is to be seen at a glance."""
    at = tag("time", clock(item.at), datetime=item.at.isoformat()) if item.at else tag("span", _after(item, lang))
    state = (
        tag("span", STATES[item.state].get(lang), class_=f"state {item.state}") if item.state != "planned" else NOTHING
    )
    grave = any(d.severity is Severity.ERROR for _, d in found)
    flag = tag(
        "span",
        f"{SIGNS[Severity.ERROR if grave else Severity.WARNING]} {len(found)}",
        class_="flag grave" if grave else "flag",
    )
    return tag(
        "summary",
        tag("span", at, class_="when"),
        tag("span", tag("span", MODES[item.mode].get(lang), class_=f"mode {item.mode}"), state, class_="how"),
        tag("bdi", item.id, class_="step"),
        tag("bdi", reach(item, lang), class_="who"),
        tag("bdi", cut(one_line(item.text), _FIRST_WORDS), class_="words"),
        tag("span", size_of(item, lang), class_="size"),
        flag if found else NOTHING,
    )


def _after(item: Item, lang: str) -> str:
    return item.after.get(lang) if item.after else ""


def _chip(one: Numbered, lang: str) -> Markup:
    number, d = one
    kind = "chip grave" if d.severity is Severity.ERROR else "chip"
    return tag(
        "a", joined(" ", SIGNS[d.severity], d.code, d.message.get(lang)), href=f"#{finding_id(number)}", class_=kind
    )


def _as_before(item: Item, number: int, lang: str) -> Markup:
    when = moment_name(item.at, lang) if item.at else _after(item, lang)
    said = Text(f"文字和 {when} 的一样", f"The same text as on {when}").get(lang)
    return tag("p", tag("a", said, href=f"#{entry_id(number)}"), class_="as-before")
