"""The top of a page that is made anew on save: whether it shows the file as it is; if not, what is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup
from msgspec import Struct, field

from sopengine.diagnostics import Diagnostic, Severity, Text, in_order
from sopengine.review.colour import Ink
from sopengine.review.excerpt import excerpt, lines_of
from sopengine.review.html.frame import asset, framed
from sopengine.review.html.markup import NOTHING, tag
from sopengine.review.html.page import page
from sopengine.review.html.timeline import SIGNS
from sopengine.review.model import DryRun, View
from sopengine.review.reporter import where

_COLUMNS = 110
WHOLE = View()


class Obstacle(Struct, frozen=True):
    """Why the files as they are cannot be planned, or not be started. `sources` are the texts that findings point into,
    by file; `planned` that there is a plan of them all the same."""

    message: str
    help: str = ""
    findings: Sequence[Diagnostic] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    planned: bool = False


def errors_of(run: DryRun, lang: str) -> Obstacle | None:
    errors = [d for d in run.diagnostics if d.severity is Severity.ERROR]
    if not errors:
        return None
    said = Text("这样启动不了，有错误", "it cannot be started like this: there are errors")
    return Obstacle(said.get(lang), "", errors, run.sources, planned=True)


def live_page(run: DryRun | None, name: str, obstacle: Obstacle | None, *, version: int, lang: str) -> str:
    """`run` is the last one that could be made, None before there is one. `name` is what is looked at, `version` by
    what the page knows that there is a newer one."""
    top = _top(run, name, obstacle, version, lang)
    if run is not None:
        return page(run, WHOLE, lang=lang, live=top)
    title = f"{name} · {Text('预演', 'dry run').get(lang)}"
    return framed("dry-run", title, asset("page.css"), [], live=top, lang=lang)


def _top(run: DryRun | None, name: str, obstacle: Obstacle | None, version: int, lang: str) -> Markup:
    stale = obstacle is not None and not obstacle.planned
    fine, bad = Text("和文件一致", "as the files are"), Text("现在的文件排不出来", "the files cannot be planned")
    said = [
        tag("span", Text("预览", "Preview").get(lang), class_="kind"),
        tag("bdi", name),
        tag("strong", (bad if stale else fine).get(lang)),
        tag("span", Text("保存后自动更新", "renewed on save").get(lang), class_="soft"),
        tag("span", Text("预览已停止", "the preview has ended").get(lang), class_="gone", hidden=True),
    ]
    parts = [tag("p", *said), *([] if obstacle is None else _what(obstacle, run, lang))]
    kind = "live bad" if obstacle else "live"
    label = Text("预览", "Preview").get(lang)
    return tag("aside", *parts, class_=kind, id="live", data_version=version, tabindex=0, aria_label=label)


def _what(obstacle: Obstacle, run: DryRun | None, lang: str) -> list[Markup]:
    parts = [tag("h2", obstacle.message)]
    parts += [tag("p", obstacle.help, class_="help")] if obstacle.help else []
    found = in_order(obstacle.findings)
    if found:
        texts = {file: lines_of(text) for file, text in obstacle.sources.items()}
        errors = [d for d in found if d.severity is Severity.ERROR]
        parts.append(tag("ol", *(_finding(d, texts, lang) for d in errors or found), class_="findings"))
    if run is not None and not obstacle.planned:
        said = Text("下面还是上一次排出来的：", "Below is still the last that could be made: ").get(lang)
        parts.append(tag("p", said, _at(run.as_of), class_="older"))
    return parts


def _at(moment: datetime) -> Markup:
    return tag("time", f"{moment:%Y-%m-%d %H:%M}", datetime=moment.isoformat())


def _finding(d: Diagnostic, texts: Mapping[str, Sequence[str]], lang: str) -> Markup:
    sign = tag("span", SIGNS[d.severity], class_="sign", aria_hidden="true")
    parts = [tag("p", sign, tag("strong", d.message.get(lang)), " ", tag("code", d.code))]
    if d.place:
        parts.append(tag("p", tag("code", where(d), class_="where"), class_="places"))
        if d.place.file in texts:
            parts.append(tag("pre", "\n".join(excerpt(texts[d.place.file], d.place, _COLUMNS, Ink(False)))))
    parts.append(tag("p", d.help.get(lang), class_="help") if d.help else NOTHING)
    return tag("li", *parts, class_=d.severity.value)
