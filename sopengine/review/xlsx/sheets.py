"""Titles and rows in, a page of a workbook out: a head that stays in sight, a filter, wrapped texts, A4 across."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless, width
from sopengine.review.xlsx.columns import Columns
from sopengine.review.xlsx.rows import Row, Value

LONGEST = 32_767
"""UTF-16 units in a cell; what is longer would be left out without a word."""

_PAPER_A4 = 9
_LINE = 15  # points
_TALLEST = 405
_SHORT = 255  # signs: more of them in a cell of the format “text” show as ##### in older programs
_FULL = 0.9  # of a line's characters, as fonts differ


class Sheets:
    def __init__(self, book: Workbook, lang: str) -> None:
        self.book, self._lang = book, lang
        top = {"valign": "top", "bottom": 1, "bottom_color": "#D9D9D9"}
        self._text = book.add_format({**top, "text_wrap": True, "num_format": "@"})
        self._long = book.add_format({**top, "text_wrap": True})
        self._number = book.add_format({**top, "num_format": "#,##0"})
        self._time = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        self._second = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        head = {**top, "text_wrap": True, "bold": True, "bg_color": "#F2F2F2", "num_format": "@"}
        self._head = book.add_format(head)

    def add(self, name: Text, columns: Columns, rows: Iterable[Row]) -> Worksheet:
        page = self.book.add_worksheet(name.get(self._lang), _Page)
        titles, widths = [title.get(self._lang) for title, _ in columns], [width for _, width in columns]
        for column, title in enumerate(titles):
            page.set_column(column, column, widths[column], self._text)
            page.write_string(0, column, title, self._head)
        page.set_row(0, _height(titles, widths))
        last = 0
        for last, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                self._write(page, last, column, value)
            page.set_row(last, _height(row, widths))
        page.autofilter(0, 0, last, len(columns) - 1)
        page.freeze_panes(1, 0)
        page.set_landscape()
        page.set_paper(_PAPER_A4)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        return page

    def _write(self, page: Worksheet, row: int, column: int, value: Value) -> None:
        if isinstance(value, datetime):
            page.write_datetime(row, column, value, self._second if value.second else self._time)
        elif isinstance(value, int):
            page.write_number(row, column, value, self._number)
        elif value:
            text = in_cell(value, self._lang)
            page.write_string(row, column, text, self._text if len(text) <= _SHORT else self._long)
        else:
            page.write_blank(row, column, None, self._text)


class _Page(Worksheet):  # type: ignore[misc]
    """Rows have a height, as LibreOffice and phones fit none to its text; it is not called the author's own, so that
    Excel fits it anew when somebody writes there."""

    def _xml_start_tag_unencoded(self, tag: str, attributes: list[tuple[str, Any]]) -> None:
        super()._xml_start_tag_unencoded(tag, [one for one in attributes if one[0] != "customHeight"])


def _height(row: Row, widths: Sequence[int]) -> int:
    """Points."""
    lines = (
        sum(-(-width(harmless(line)) // max(1, int(wide * _FULL))) or 1 for line in value.rstrip("\n").split("\n"))
        for value, wide in zip(row, widths, strict=True)
        if isinstance(value, str) and wide
    )
    return min(_TALLEST, _LINE * max(lines, default=1))


def in_cell(text: str, lang: str) -> str:
    """As it stands in a cell: no sign that steers, no more than a cell holds."""
    text = harmless(text)
    if len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text
    told = Text("……（太长，全文见 --show）", "… (too long for a cell, see --show)").get(lang)
    return text[: (LONGEST - len(told)) // 2] + told
