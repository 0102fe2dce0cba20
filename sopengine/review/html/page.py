"""A dry run in, its page out: one HTML file that asks the network for nothing and runs nothing but its own script."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless
from sopengine.review.html.comments import sign_off
from sopengine.review.html.findings import findings, guards
from sopengine.review.html.gantt import gantt, least_width
from sopengine.review.html.header import header
from sopengine.review.html.links import Links
from sopengine.review.html.markup import NOTHING, tag
from sopengine.review.html.timeline import timeline
from sopengine.review.html.toolbar import toolbar
from sopengine.review.model import DryRun, View

BEGINNING = "<!doctype html>\n<!-- sopengine dry-run -->\n"
"""How a page of ours begins, by which it is known again before it is written over."""
_HERE = Path(__file__).parent


def page(run: DryRun, view: View, *, lang: str) -> str:
    """The whole file; equal inputs give equal bytes. `view` chooses the items that are listed."""
    items = [item for item in run.items if view.takes(item)]
    links = Links(items, run.diagnostics)
    style = _asset("page.css") + f".gantt .days svg{{min-width:{least_width(run)}px}}\n"
    script = _asset("page.js")
    shown = {item.at.date() for item in items if item.at}
    parts = {
        "gantt": (Text("日程总览", "Overview"), gantt(run, shown, lang)),
        "findings": (_counted(run), findings(run, items, links, lang)),
        "guards": (Text("上限与间隔", "Caps and gaps"), guards(run, lang)),
        "timeline": (Text("逐日安排", "Day by day"), timeline(run, items, links, lang)),
        "next": (Text("下一步", "Next"), tag("pre", run.next_command) if run.next_command else NOTHING),
    }
    present = {id: (title.get(lang), body) for id, (title, body) in parts.items() if body}
    sections = [tag("section", tag("h2", title), body, id=id, class_="part") for id, (title, body) in present.items()]
    bar = toolbar(run, {id: title for id, (title, _) in present.items()}, lang)
    main = tag("main", *sections, sign_off(run.hash, lang))
    body = tag("body", header(run, lang), bar, main, Markup(f"<script>{script}</script>"))
    html = tag("html", "\n", _head(run, style, script, lang), "\n", body, lang="zh-CN" if lang == "zh" else "en")
    return f"{BEGINNING}{html}\n"


def _head(run: DryRun, style: str, script: str, lang: str) -> Markup:
    title = f"{harmless(run.title or run.playbook)} · {Text('预演', 'dry run').get(lang)}"
    allowed = f"style-src {_hash(style)}; script-src {_hash(script)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        Markup(f"<style>{style}</style>"),
    )


def _counted(run: DryRun) -> Text:
    number = f" {len(run.diagnostics)}" if run.diagnostics else ""
    return Text(f"要留意的{number}", f"What to look at{number}")


def _asset(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
