"""A dry run in, its page out: one HTML file."""

from __future__ import annotations

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.across.words import TITLE
from sopengine.review.html.across import across
from sopengine.review.html.comments import sign_off
from sopengine.review.html.findings import findings, guards
from sopengine.review.html.frame import asset, beginning, framed
from sopengine.review.html.gantt import gantt, least_width
from sopengine.review.html.goals import goals
from sopengine.review.html.header import header
from sopengine.review.html.links import Links
from sopengine.review.html.markup import NOTHING, tag
from sopengine.review.html.timeline import timeline
from sopengine.review.html.toolbar import toolbar
from sopengine.review.model import DryRun, View

BEGINNING = beginning("dry-run")


def page(run: DryRun, view: View, *, lang: str, live: Markup = NOTHING) -> str:
    """The whole file; equal inputs give equal bytes. `view` chooses the items that are listed. `live`: see `framed`."""
    items = [item for item in run.items if view.takes(item)]
    links = Links(items, run.diagnostics)
    style = asset("page.css") + f".gantt .days svg{{min-width:{least_width(run)}px}}\n"
    script = asset("page.js")
    shown = {item.at.date() for item in items if item.at}
    parts = {
        "gantt": (Text("日程总览", "Overview"), gantt(run, shown, lang)),
        "findings": (_counted(run), findings(run, items, links, lang)),
        "goals": (Text("目标值", "Goals"), goals(run, lang)),
        "guards": (Text("上限与间隔", "Caps and gaps"), guards(run, lang)),
        "across": (TITLE, across(run, lang)),
        "timeline": (Text("逐日安排", "Day by day"), timeline(run, items, links, lang)),
        "next": (Text("下一步", "Next"), tag("pre", run.next_command) if run.next_command else NOTHING),
    }
    present = {id: (title.get(lang), body) for id, (title, body) in parts.items() if body}
    sections = [tag("section", tag("h2", title), body, id=id, class_="part") for id, (title, body) in present.items()]
    bar = toolbar(run, {id: title for id, (title, _) in present.items()}, lang)
    main = tag("main", *sections, sign_off(run.hash, lang))
    title = f"{run.title or run.playbook} · {Text('预演', 'dry run').get(lang)}"
    return framed("dry-run", title, style, [header(run, lang), bar, main], script=script, live=live, lang=lang)


def _counted(run: DryRun) -> Text:
    number = f" {len(run.diagnostics)}" if run.diagnostics else ""
    return Text(f"要留意的{number}", f"What to look at{number}")
