"""The bar that stays in sight: the parts of the page, and with script what to show of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.html.markup import tag
from sopengine.review.model import DryRun
from sopengine.review.words import MODES, SECTIONS

KEYS = (
    ("j k", Text("下一条、上一条", "next, previous")),
    ("n p", Text("后一天、前一天", "next day, day before")),
    ("w", Text("下一处提醒", "next warning")),
    ("1 2 3 0", Text("通过、需改、驳回、不选", "approve, change, reject, none")),
    ("c", Text("写意见", "comment")),
    ("/", Text("查找", "search")),
)


def toolbar(run: DryRun, parts: Mapping[str, str], lang: str) -> Markup:
    """`parts`: the title of each, by its id."""
    links = (tag("li", tag("a", title, href=f"#{id}")) for id, title in parts.items())
    nav = tag("nav", tag("ul", *links), aria_label=Text("本页", "This page").get(lang))
    return tag("div", nav, _filters(run, lang), class_="toolbar")


def _filters(run: DryRun, lang: str) -> Markup:
    search = Text("查找文字、步骤、人群", "Search texts, steps, audiences").get(lang)
    phases = {phase.name: phase.title or phase.name for phase in run.phases}
    used = {item.section for item in run.items} - {"phases"}
    phases |= {name: text.get(lang) for name, text in SECTIONS.items() if name in used}
    modes = {mode: MODES[mode].get(lang) for mode in MODES if any(item.mode == mode for item in run.items)}
    return tag(
        "form",
        tag("input", type="search", id="search", placeholder=search, aria_label=search),
        _choice("phase", Text("全部阶段", "All phases").get(lang), phases),
        _choice("mode", Text("全部方式", "All modes").get(lang), modes),
        _check("warned", Text("有提醒的", "With findings").get(lang)),
        _check("open", Text("没审的", "Not reviewed").get(lang)),
        tag("button", Text("收起 / 展开", "Fold / unfold").get(lang), type="button", id="fold"),
        tag("output", "", id="count", data_said=Text("显示 {} / {}", "{} of {} shown").get(lang)),
        tag("details", tag("summary", Text("快捷键", "Keys").get(lang)), tag("dl", *_keys(lang)), class_="keys"),
        class_="filters with-script",
        role="search",
        hidden=True,
    )


def _choice(id: str, all_of_them: str, names: Mapping[str, str]) -> Markup:
    options = (tag("option", title, value=name) for name, title in {"": all_of_them, **names}.items())
    return tag("select", *options, id=id, aria_label=all_of_them)


def _check(id: str, label: str) -> Markup:
    return tag("label", tag("input", type="checkbox", id=id), label)


def _keys(lang: str) -> Iterable[Markup]:
    for keys, text in KEYS:
        yield tag("div", tag("dt", *(tag("kbd", key) for key in keys.split())), tag("dd", text.get(lang)))
