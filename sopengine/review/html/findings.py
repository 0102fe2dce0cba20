"""The findings of a dry run in, a list out in which each leads to the messages it is about; errors first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from sopengine.diagnostics import Diagnostic, Severity, Text
from sopengine.review.guarding import in_chinese
from sopengine.review.html.links import Links, entry_id, finding_id
from sopengine.review.html.markup import NOTHING, joined, tag
from sopengine.review.html.timeline import SIGNS
from sopengine.review.model import DryRun, Item
from sopengine.review.reporter import where
from sopengine.review.words import moment_name

_MOST_OPEN = 12
"""More than these are folded: they would push the messages out of sight."""
_MOST_LINKS = 6


def findings(run: DryRun, items: Sequence[Item], links: Links, lang: str) -> Markup:
    if not run.diagnostics:
        return tag("p", Text("没有要留意的。", "Nothing to look at.").get(lang), class_="empty good")
    order = sorted(enumerate(run.diagnostics), key=lambda one: list(SIGNS).index(one[1].severity))
    shown = [_finding(n, d, items, links.items_of(n), lang) for n, d in order]
    first, rest = tag("ol", *shown[:_MOST_OPEN], class_="findings"), shown[_MOST_OPEN:]
    if not rest:
        return first
    more = tag("summary", Text(f"还有 {len(rest)} 处", f"{len(rest)} more").get(lang))
    return joined("", first, tag("details", more, tag("ol", *rest, class_="findings"), class_="more"))


def _finding(number: int, d: Diagnostic, items: Sequence[Item], about: Sequence[int], lang: str) -> Markup:
    sign = tag("span", SIGNS[d.severity], class_="sign", aria_hidden="true")
    said = tag("p", sign, tag("strong", d.message.get(lang)), " ", tag("code", d.code))
    advice = tag("p", d.help.get(lang), class_="help") if d.help else NOTHING
    place = tag("code", where(d), class_="where") if d.place else NOTHING
    below = joined(" ", place, *_places(items, about, lang))
    kind = "error" if d.severity is Severity.ERROR else d.severity.value
    return tag(
        "li", said, advice, tag("p", below, class_="places") if below else NOTHING, class_=kind, id=finding_id(number)
    )


def _places(items: Sequence[Item], about: Sequence[int], lang: str) -> Iterator[Markup]:
    for n in about[:_MOST_LINKS]:
        at, after = items[n].at, items[n].after
        when = moment_name(at, lang) if at else after.get(lang) if after else ""
        yield tag("a", joined(" ", "→", when, items[n].id), href=f"#{entry_id(n)}")
    if len(about) > _MOST_LINKS:
        more = len(about) - _MOST_LINKS
        yield tag("span", Text(f"等 {len(about)} 处", f"and {more} more").get(lang))


def guards(run: DryRun, lang: str) -> Markup:
    """How full each cap becomes: what it moves and leaves out."""
    heads = (Text("规则", "Rule"), Text("挪到别的时间", "Moved"), Text("发不出去", "Left out"))
    rows = (
        tag(
            "tr",
            tag("th", Text(in_chinese(q.rule), q.rule).get(lang), scope="row"),
            tag("td", f"{q.moved:,}"),
            tag("td", f"{q.left_out:,}"),
        )
        for q in run.quotas
    )
    head = tag("thead", tag("tr", *(tag("th", text.get(lang), scope="col") for text in heads)))
    return tag("table", head, tag("tbody", *rows)) if run.quotas else NOTHING
