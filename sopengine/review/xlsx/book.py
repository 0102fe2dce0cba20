"""A dry run in, the bytes of its Excel workbook out: schedule, texts, warnings, changes, overview; a reviewer chooses a
decision and writes beside each message, `comments import` reads it back.

Equal inputs give equal bytes: the workbook is dated by `as_of`. A text is written as text, so what looks like a formula
or an address stays one; cells to write in are formatted as text for the same reason.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless
from sopengine.review.comments.model import ABOUT, DECISIONS, Decision
from sopengine.review.model import DryRun, Item
from sopengine.review.xlsx.rows import Row, changes, overview, scheduled, texts, warnings

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST = 32_767
"""UTF-16 units in a cell; what is longer would be left out without a word."""
DECISION, COMMENT, AUTHOR = Text("结论", "Decision"), Text("意见", "Comment"), Text("审阅人", "Reviewer")

Columns = Sequence[tuple[Text, int]]
"""Titles and widths in characters."""
_TIME, _STEP, _AUDIENCE = (Text("时间", "Time"), 17), (Text("步骤", "Step"), 18), (Text("给谁", "Audience"), 18)
_SCHEDULE: Columns = (
    _TIME,
    (Text("星期", "Day"), 6),
    _AUDIENCE,
    _STEP,
    (Text("方式", "Mode"), 8),
    (Text("状态", "State"), 9),
    (Text("文字", "Text"), 54),
)
_REVIEW: Columns = ((DECISION, 9), (COMMENT, 36), (AUTHOR, 10))
_REST: Columns = (
    (Text("说明", "Remarks"), 36),
    (Text("阶段", "Part"), 14),
    (Text("渠道", "Channel"), 12),
)
_TEXTS: Columns = (
    _STEP,
    _AUDIENCE,
    (Text("次数", "Times"), 7),
    (Text("第一次", "First"), 17),
    (Text("文字", "Text"), 70),
    (Text("字数", "Characters"), 11),
    (Text("字节", "Bytes"), 8),
    (Text("说明", "Remarks"), 40),
)
_WARNINGS: Columns = (
    (Text("级别", "Kind"), 9),
    (Text("问题", "Finding"), 70),
    (Text("建议", "Help"), 50),
    (Text("代码", "Code"), 12),
    (Text("位置", "Place"), 34),
)
_CHANGES: Columns = (
    _STEP,
    (Text("写的是", "As written"), 24),
    (Text("实际", "As it will be"), 24),
    (Text("怎样", "What happens"), 14),
    (Text("原因", "Reason"), 60),
)
_OVERVIEW: Columns = ((Text("项目", "About"), 14), (Text("内容", "What"), 90))

_TINTS: dict[Decision, str] = {"approve": "#E2F0D9", "change": "#FFF2CC", "reject": "#F8CBAD"}
_PAPER_A4 = 9


def workbook(run: DryRun, items: Sequence[Item], lang: str) -> bytes:
    """`items` are those to be listed; `lang` is zh or en."""
    from xlsxwriter import Workbook

    made = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with Workbook(made, settings) as book:
        created = run.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": harmless(run.title), "created": created})
        sheets = _Sheets(book, lang)
        _schedule(sheets, run, items, lang)
        sheets.add(Text("文字", "Texts"), _TEXTS, texts(run, items, lang))
        sheets.add(Text("留意", "Warnings"), _WARNINGS, warnings(run, lang))
        sheets.add(Text("变动", "Changes"), _CHANGES, changes(run, items, lang))
        sheets.add(Text("概要", "Overview"), _OVERVIEW, overview(run, lang))
    return made.getvalue()


def _schedule(sheets: _Sheets, run: DryRun, items: Sequence[Item], lang: str) -> None:
    """The columns to write in stand beside the text; what a row is about in hidden ones, which are sorted along."""
    zone = Text(f"时间（{run.timezone}）", f"Time ({run.timezone})")
    columns = [(zone, _TIME[1]), *_SCHEDULE[1:], *_REVIEW, *_REST, *((Text(name, name), 0) for name in ABOUT)]
    first = len(_SCHEDULE)
    rows = []
    for item in items:
        row = scheduled(run, item, lang)
        slot = item.planned_at.isoformat() if item.planned_at else ""
        rows.append([*row[:first], *[""] * len(_REVIEW), *row[first:], run.hash, item.id, slot])
    page = sheets.add(Text("日程", "Schedule"), columns, rows)
    page.set_column(len(columns) - len(ABOUT), len(columns) - 1, None, None, {"hidden": True})
    if rows:
        words = {code: word.get(lang) for code, word in DECISIONS.items()}
        choices: dict[str, Any] = {"validate": "list", "source": list(words.values())}
        page.data_validation(1, first, len(rows), first, choices)
        for code, word in words.items():
            tint = sheets.book.add_format({"bg_color": _TINTS[code]})
            page.conditional_format(
                1, first, len(rows), first, {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": tint}
            )


class _Sheets:
    """The pages of a workbook, all of one make: a head that stays in sight, a filter, wrapped texts, A4 across."""

    def __init__(self, book: Workbook, lang: str) -> None:
        self.book, self._lang = book, lang
        top = {"valign": "top"}
        self._text: Format = book.add_format({**top, "text_wrap": True, "num_format": "@"})
        self._number: Format = book.add_format({**top, "num_format": "#,##0"})
        self._time: Format = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        self._second: Format = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self._head: Format = book.add_format(
            {**top, "text_wrap": True, "bold": True, "bottom": 1, "bg_color": "#F2F2F2", "num_format": "@"}
        )

    def add(self, name: Text, columns: Columns, rows: Iterable[Row]) -> Worksheet:
        page = self.book.add_worksheet(name.get(self._lang))
        for column, (title, width) in enumerate(columns):
            page.set_column(column, column, width, self._text)
            page.write_string(0, column, title.get(self._lang), self._head)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                self._write(page, last, column, value)
        page.autofilter(0, 0, last, len(columns) - 1)
        page.freeze_panes(1, 0)
        page.set_landscape()
        page.set_paper(_PAPER_A4)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        return page

    def _write(self, page: Worksheet, row: int, column: int, value: str | int | datetime) -> None:
        if isinstance(value, datetime):
            page.write_datetime(row, column, value, self._second if value.second else self._time)
        elif isinstance(value, int):
            page.write_number(row, column, value, self._number)
        elif value:
            page.write_string(row, column, _fitting(harmless(value), self._lang), self._text)
        else:
            page.write_blank(row, column, None, self._text)


def _fitting(text: str, lang: str) -> str:
    if len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text
    told = Text("……（太长，全文见 --show）", "… (too long for a cell, see --show)").get(lang)
    return text[: (LONGEST - len(told)) // 2] + told
