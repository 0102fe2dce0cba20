"""A dry run in, the head of its page out: what it is, that nothing was touched, what it comes to."""

from __future__ import annotations

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.facts import UNTOUCHED, facts, names, totals
from sopengine.review.html.markup import joined, tag
from sopengine.review.model import DryRun


def header(run: DryRun, lang: str) -> Markup:
    said = facts(run, lang)
    rows = [tag("div", tag("dt", label), tag("dd", *(tag("span", part) for part in parts))) for label, parts in said]
    items, parts = totals(run, lang)
    return tag(
        "header",
        tag("p", Text("预演", "Dry run").get(lang), class_="kind"),
        tag("h1", run.title or run.playbook),
        tag("p", joined(" · ", *names(run)), class_="names"),
        tag("ul", *(tag("li", text.get(lang)) for text in UNTOUCHED), class_="untouched"),
        tag("p", tag("strong", items), *(tag("span", part) for part in parts), class_="totals"),
        tag("dl", *rows),
    )
