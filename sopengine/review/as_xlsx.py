"""A dry run in, the bytes of an Excel workbook out: schedule, texts, warnings, changes, and columns for a reviewer.

Equal inputs give equal bytes: the workbook is dated by `as_of`. Every cell is written as text, so what looks like a
formula stays text.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sopengine.diagnostics import Text
from sopengine.review.model import DryRun, Item

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

DECISIONS = (Text("通过", "approve"), Text("需改", "change"), Text("驳回", "reject"))
KEYS = ("campaign_hash", "step", "slot")
"""Hidden columns by which a comment finds its step again, as in the CSV that the page makes."""

LONGEST = 32_767
"""UTF-16 units in a cell; what is longer would be left out without a word."""

_REVIEW = ((Text("结论", "Decision"), 10), (Text("意见", "Comment"), 40), (Text("审阅人", "Reviewer"), 14))
_SCHEDULE = (
    (Text("时间", "Time"), 26),
    (Text("步骤", "Step"), 20),
    (Text("阶段", "Phase"), 14),
    (Text("给谁", "Audience"), 16),
    (Text("对象数", "Targets"), 8),
    (Text("渠道", "Channel"), 14),
    (Text("方式", "Mode"), 10),
    (Text("状态", "State"), 12),
)
_TEXTS = ((Text("时间", "Time"), 26), (Text("步骤", "Step"), 20), (Text("文字", "Text"), 70))
_WARNINGS = ((Text("代码", "Code"), 12), (Text("位置", "Place"), 34), (Text("问题", "Finding"), 80))
_CHANGES = (
    (Text("步骤", "Step"), 20),
    (Text("原定", "As written"), 26),
    (Text("实际", "As it will be"), 26),
    (Text("原因", "Reason"), 50),
)


def workbook(run: DryRun, items: Sequence[Item], lang: str) -> bytes:
    """`items` are those to be listed; `lang` is zh or en."""
    from xlsxwriter import Workbook

    made = io.BytesIO()
    book = Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": run.title, "created": run.as_of.replace(tzinfo=None)})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    bold = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})

    def sheet(name: Text, columns: Sequence[tuple[Text, int]], rows: Iterable[Sequence[str]]) -> tuple[Worksheet, int]:
        page = book.add_worksheet(name.get(lang))
        for column, (title, width) in enumerate(columns):
            page.set_column(column, column, width, wrapped)
            page.write_string(0, column, title.get(lang), bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, text in enumerate(row):
                page.write_string(last, column, _fitting(text, lang), wrapped)
        page.freeze_panes(1, 0)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        return page, last

    schedule = [*_SCHEDULE, *_REVIEW]
    page, last = sheet(Text("日程", "Schedule"), schedule, (_scheduled(item, lang) for item in items))
    _review_columns(page, last, len(_SCHEDULE), lang)
    _hidden_keys(page, run, items, len(schedule))
    sheet(Text("文字", "Texts"), _TEXTS, ((_when(item, lang), item.id, item.text) for item in items))
    sheet(Text("留意", "Warnings"), _WARNINGS, _warnings(run, lang))
    sheet(Text("变动", "Changes"), _CHANGES, _changes(items, lang))
    book.close()
    return made.getvalue()


def _fitting(text: str, lang: str) -> str:
    if len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text
    told = Text("……（太长，全文见 --show）", "… (too long for a cell, see --show)").get(lang)
    return text[: (LONGEST - len(told)) // 2] + told


def _when(item: Item, lang: str) -> str:
    return item.at.isoformat() if item.at else item.after.get(lang) if item.after else ""


def _scheduled(item: Item, lang: str) -> Sequence[str]:
    who = (item.id, item.phase, item.audience, str(item.targets), item.channel, item.mode, item.state)
    return (_when(item, lang), *who)


def _review_columns(page: Worksheet, last: int, column: int, lang: str) -> None:
    if last:
        choices: dict[str, Any] = {"validate": "list", "source": [word.get(lang) for word in DECISIONS]}
        page.data_validation(1, column, last, column, choices)


def _hidden_keys(page: Worksheet, run: DryRun, items: Sequence[Item], column: int) -> None:
    for offset, name in enumerate(KEYS):
        page.write_string(0, column + offset, name)
    page.set_column(column, column + len(KEYS) - 1, None, None, {"hidden": True})
    for row, item in enumerate(items, 1):
        slot = item.planned_at.isoformat() if item.planned_at else ""
        for offset, text in enumerate((run.hash, item.id, slot)):
            page.write_string(row, column + offset, text)


def _warnings(run: DryRun, lang: str) -> Iterable[Sequence[str]]:
    return ((d.code, f"{d.place.file}:{d.place.line}" if d.place else "", d.message.get(lang)) for d in run.diagnostics)


def _changes(items: Sequence[Item], lang: str) -> Iterable[Sequence[str]]:
    for item in items:
        moved = item.at and item.planned_at and item.at != item.planned_at
        if moved or item.reason:
            planned = item.planned_at.isoformat() if item.planned_at else ""
            yield item.id, planned, _when(item, lang), item.reason.get(lang) if item.reason else ""
