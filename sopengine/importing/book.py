"""The bytes of a workbook → its sheets, with merged cells, hidden rows and columns, comments and pictures."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string, get_column_letter

from sopengine.diagnostics import Text
from sopengine.errors import SopError
from sopengine.importing.model import Attached, Cell, Page
from sopengine.importing.pictures import pictures_of
from sopengine.language.reading.workbook import Value, shown, too_large, unfit

CELLS = 20_000
_COLUMNS = 500
_PICTURE = re.compile(r"^=(?:_xlfn\.)?(?:DISPIMG|IMAGE)\(", re.I)


def read_book(data: bytes, file: str) -> list[Page]:
    """SopError for what is no workbook, or is larger than a schedule can be."""
    reason = unfit(data) or too_large(data)
    if reason is None:
        try:
            return _pages(data)
        except SopError:
            raise
        except Exception as error:  # noqa: BLE001 - a damaged part makes openpyxl raise anything
            name = type(error).__name__
            reason = Text(f"这个工作簿读不了（{name}）", f"it cannot be read ({name})")
    raise SopError(
        Text(f"导入不了 {file}：{reason.zh}", f"cannot import {file}: {reason.en}"),
        Text("在表格软件里打开，另存为 .xlsx", "open it in your spreadsheet and save it as .xlsx"),
    )


def _pages(data: bytes) -> list[Page]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl leaves out (pictures, extensions) is looked for here
        values = load_workbook(io.BytesIO(data), data_only=True)
        formulas = load_workbook(io.BytesIO(data))
    pictures = pictures_of(data)
    pages = []
    for sheet in values.worksheets:
        pages.append(_page(sheet, formulas[sheet.title], pictures.get(sheet.title, [])))
    for chart in values.chartsheets:
        left = Cell(chart.title, 1, 1, chart.title, (1, 1), Text("图表页，没有读", "a sheet of a chart: not read"))
        pages.append(Page(chart.title, (left,), {}, (), ()))
    return pages


def _page(sheet: Any, formulas: Any, pictures: list[Attached]) -> Page:
    merged = {(r.min_row, r.min_col): (r.max_row, r.max_col) for r in sheet.merged_cells.ranges}
    hidden = _Hidden(sheet)
    own: list[Cell] = []
    comments: list[Attached] = []
    # Only cells that the file has: a format set for a whole column makes rows without end.
    for row, column in sorted(formulas._cells):
        cell, formula = sheet.cell(row, column), formulas.cell(row, column)
        if formula.comment is not None:
            comments.append(Attached(sheet.title, row, column, formula.comment.text.strip()))
        if formula.value is None:
            continue
        last = merged.get((row, column), (row, column))
        text, out = _read(cell, formula)
        if text.strip():
            own.append(Cell(sheet.title, row, column, text.strip(), last, out or hidden.why(row, column)))
        if len(own) > CELLS:
            raise SopError(
                Text(f"工作表“{sheet.title}”超过 {CELLS} 格", f"sheet “{sheet.title}” has more than {CELLS} cells"),
                Text("只留下排期再导入", "keep only the schedule in it and import again"),
            )
    barred = frozenset(place for place, _ in _covered(own, taken=False))
    return Page(sheet.title, tuple(own), dict(_covered(own, taken=True)), tuple(comments), tuple(pictures), barred)


def _covered(own: list[Cell], *, taken: bool) -> Iterator[tuple[tuple[int, int], Cell]]:
    for cell in own:
        if (cell.out is None) == taken:
            for row in range(cell.row, cell.last[0] + 1):
                for column in range(cell.column, cell.last[1] + 1):
                    yield (row, column), cell


def _read(cell: Any, formula: Any) -> tuple[str, Text | None]:
    """The text, and why it is not to be taken."""
    source = str(formula.value)
    if _PICTURE.match(source):
        return source, Text(
            "单元格里的图片，取不出来：另存后写进内容表的“图片”一列",
            "a picture inside the cell cannot be taken out: save it and name it in the content table",
        )
    if formula.data_type == "f" and cell.value is None:
        return source, Text(
            "公式没有存下结果：在表格软件里打开再保存",
            "a formula whose result was not saved: open it in your spreadsheet and save it",
        )
    if cell.data_type == "e":
        return str(cell.value), Text("错误值", "an error value")
    text = shown(Value(cell.value, cell.number_format or "", cell.data_type))
    if cell.font is not None and cell.font.strike:
        return text, Text("划掉了（删除线）", "struck through")
    return text, None


class _Hidden:
    """Why a place cannot be seen by those who open the sheet."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet.sheet_state != "visible"
        self._rows = {number for number, row in sheet.row_dimensions.items() if row.hidden}
        self._columns: set[int] = set()
        for name, column in sheet.column_dimensions.items():
            if column.hidden:
                first = int(column.min or column_index_from_string(name))
                last = min(int(column.max or first), first + _COLUMNS)
                self._columns |= set(range(first, last + 1))

    def why(self, row: int, column: int) -> Text | None:
        if self._sheet:
            return Text("隐藏的工作表", "in a hidden sheet")
        if row in self._rows:
            return Text(f"隐藏的第 {row} 行", f"in the hidden row {row}")
        if column in self._columns:
            name = get_column_letter(column)
            return Text(f"隐藏的 {name} 列", f"in the hidden column {name}")
        return None
