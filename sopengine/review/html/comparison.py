"""A comparison in, its page out: one HTML file in the style of the dry run's, without script."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.comparison.edits import Line
from sopengine.review.comparison.model import Change, Comparison, StepChange, Version
from sopengine.review.comparison.spoken import SIGNS, about, headline, named, times, totals
from sopengine.review.facts import UNTOUCHED
from sopengine.review.html.frame import asset, beginning, framed
from sopengine.review.html.markup import NOTHING, joined, tag
from sopengine.review.words import stays

BEGINNING = beginning("diff")
_MOST_TIMES = 8
"""More than these are folded."""


def page(found: Comparison, *, lang: str) -> str:
    """The whole file; equal inputs give equal bytes. It lists every difference."""
    differing = [step for step in found.steps if step.what != "same"]
    parts = (
        (Text("改动", "Differences"), [_step(step, lang) for step in differing]),
        (Text("另外", "Besides"), [_list([said.get(lang) for said in found.others])] if found.others else []),
        (Text("不变", "The same"), _same(found)),
    )
    sections = [tag("section", tag("h2", title.get(lang)), *body, class_="part") for title, body in parts if body]
    title = f"{found.title} · {Text('对比', 'differences').get(lang)}"
    style = asset("page.css") + asset("comparison.css")
    return framed("diff", title, style, [_header(found, lang), tag("main", *sections)], lang=lang)


def _header(found: Comparison, lang: str) -> Markup:
    now = f"{found.as_of:%Y-%m-%d %H:%M} · {found.timezone}"
    rows = (
        (Text("旧", "Old"), _named(found.before, lang)),
        (Text("新", "New"), _named(found.after, lang)),
        (Text("现在", "Now"), tag("dd", now)),
    )
    stay = [tag("span", stays(found.sent).get(lang))] if found.sent else []
    return tag(
        "header",
        tag("p", Text("对比", "Differences").get(lang), class_="kind"),
        tag("h1", found.title),
        tag("ul", *(tag("li", text.get(lang)) for text in UNTOUCHED), class_="untouched"),
        tag("p", tag("strong", totals(found, lang)), *stay, class_="totals"),
        tag("dl", *(tag("div", tag("dt", label.get(lang)), value) for label, value in rows)),
    )


def _named(version: Version, lang: str) -> Markup:
    return tag("dd", tag("bdi", named(version, lang)), tag("code", version.hash[:12]))


def _step(step: StepChange, lang: str) -> Markup:
    said = [tag("span", part) for part in headline(step, lang)]
    summary = tag("summary", tag("b", SIGNS[step.what], class_="sign"), tag("strong", tag("bdi", step.step)), *said)
    changes = [tag("li", *_change(change, lang), class_=change.what) for change in step.changes]
    body = tag("ul", *changes, class_="changes") if changes else NOTHING
    return tag("details", summary, body, class_=f"step-change {step.what}", open=True)


def _change(change: Change, lang: str) -> Iterator[Markup]:
    slots = [tag("li", one) for one in dict.fromkeys(times(slot, lang) for slot in change.slots)]
    yield tag("ul", *slots[:_MOST_TIMES], class_="slots")
    if len(slots) > _MOST_TIMES:
        more = Text(f"等 {len(slots)} 次", f"and {len(slots) - _MOST_TIMES} more").get(lang)
        rest = tag("ul", *slots[_MOST_TIMES:], class_="slots")
        yield tag("details", tag("summary", more), rest, class_="more")
    yield tag("p", joined(" · ", *(tag("bdi", part) for part in about(change, lang))), class_="about")
    if change.fields:
        colon = Text("：", ": ").get(lang)
        fields = (
            tag(
                "li", f"{f.name.get(lang)}{colon}", tag("del", f.before.get(lang)), " → ", tag("ins", f.after.get(lang))
            )
            for f in change.fields
        )
        yield tag("ul", *fields, class_="fields")
    if lines := change.lines:
        yield tag("div", *map(_line, lines), class_="edited")


def _line(line: Line) -> Markup:
    word = {"old": "del", "new": "ins", "both": "span"}[line.side]
    parts = [tag(word, part.text) if part.touched else part.text for part in line.parts]
    sign = {"old": "-", "new": "+", "both": ""}[line.side]
    return tag("div", tag("span", sign), tag("span", *parts), class_=line.side)


def _same(found: Comparison) -> list[Markup]:
    names = [step.step for step in found.steps if step.what == "same"]
    return [tag("ul", *(tag("li", tag("bdi", name)) for name in names), class_="list names")] if names else []


def _list(said: list[str]) -> Markup:
    return tag("ul", *(tag("li", one) for one in said))
