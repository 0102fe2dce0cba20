"""The bytes of an Excel workbook → its first visible sheet as text; values as they were last calculated."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from sopengine.diagnostics import Findings, Place, Text
from sopengine.language.expressions.decimals import plain
from sopengine.language.reading.sheet import Cell, Sheet, assembled

UNPACKED = 64 << 20
"""Bytes of all parts of a workbook together: a few KB can pack gigabytes."""
COLUMNS = 200
SHEET_BYTES = 24 << 20
"""Of the sheets' own parts, unpacked; a schedule has some hundred KB."""
MERGED = 50_000
"""Places that merged cells cover: one reference of a few bytes can cover a whole sheet."""
_BETWEEN = " | "
_FOLD = "⏎"
_OLD = b"\xd0\xcf\x11\xe0"
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?)"')
_ZEROS = re.compile(r"(0+)(?:\.(0+))?(?:_\W)?")


def read_workbook(data: bytes, file: str, findings: Findings) -> Sheet | None:
    """None, with a finding, for what is no workbook. A formula whose result was not kept is a finding at its cell."""
    reason = unfit(data)
    if reason is None:
        try:
            grid, letters = _values(data), _formulas(data)
        except Exception as error:  # noqa: BLE001 - a damaged part makes openpyxl raise anything
            reason = Text(f"这个工作簿读不了（{type(error).__name__}）", f"It cannot be read ({type(error).__name__})")
    if reason is not None:
        help = Text("在表格软件里打开，另存为 .xlsx", "Open it in your spreadsheet and save it as .xlsx")
        findings.add("SOP-S213", reason, Place(file, 1, 1, 1, 1), help=help)
        return None
    lines, placed = _placed(file, grid, letters, findings)
    header = placed[0][1] if placed else []
    return assembled(file, header, iter(placed[1:]), "\n".join(lines), findings)


def unfit(data: bytes) -> Text | None:
    if data.startswith(_OLD):
        return Text("这是旧式 .xls 或加了密码的工作簿", "This is an old .xls, or a workbook with a password")
    try:
        with ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > UNPACKED:
                return Text("工作簿展开后超过 64 MiB", "The workbook is larger than 64 MiB when unpacked")
    except BadZipFile:
        return Text("这不是 Excel 工作簿", "This is no Excel workbook")
    return None


def too_large(data: bytes) -> Text | None:
    """For reading it with all that belongs to its cells, which takes far more memory than its values."""
    with ZipFile(io.BytesIO(data)) as parts:
        sheets = [part for part in parts.infolist() if part.filename.endswith(".xml")]
        if sum(part.file_size for part in sheets) > SHEET_BYTES:
            return Text("表格展开后超过 24 MiB", "its sheets are larger than 24 MiB when unpacked")
        covered = 0
        for part in sheets:
            if part.filename.startswith("xl/worksheets/"):
                covered += sum(_area(found.decode()) for found in _MERGE.findall(parts.read(part)))
    if covered > MERGED:
        return Text(
            f"合并单元格盖住了 {covered} 格，最多 {MERGED}", f"merged cells cover {covered} places, at most {MERGED}"
        )
    return None


def _area(reference: str) -> int:
    left, top, right, bottom = range_boundaries(reference)
    return (right - left + 1) * (bottom - top + 1)  # type: ignore[operator]


class Value(NamedTuple):
    """What a cell holds, how it is shown, and openpyxl's word for its type."""

    value: Any
    form: str
    type: str


Grid = list[tuple[int, list[Value]]]
"""Rows that hold anything, each with its number."""


def _first_sheet(book: Any) -> Any:
    return next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), book.worksheets[0])


def _values(data: bytes) -> Grid:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    sheet = _first_sheet(book)
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    grid = []
    for number, row in enumerate(sheet.iter_rows(), 1):
        values = [Value(cell.value, cell.number_format or "", cell.data_type) for cell in row[:COLUMNS]]
        if any(cell.value is not None for cell in values):
            grid.append((number, values))
    book.close()
    return grid


def _formulas(data: bytes) -> set[tuple[int, int]]:
    """Row and column (from 1) of cells that hold a formula; looked for only where there is one at all."""
    with ZipFile(io.BytesIO(data)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        if not any(_FORMULA.search(parts.read(name)) for name in sheets):
            return set()
    book = load_workbook(io.BytesIO(data), read_only=True)
    rows = _first_sheet(book).iter_rows()
    found = {(cell.row, cell.column) for row in rows for cell in row[:COLUMNS] if cell.data_type == "f"}
    book.close()
    return found


def _placed(
    file: str, grid: Grid, formulas: set[tuple[int, int]], findings: Findings
) -> tuple[list[str], list[tuple[int, list[Cell]]]]:
    """The sheet as lines, and its rows as cells placed in them."""
    header = [shown(cell).strip() for cell in grid[0][1]] if grid else []
    lines: list[str] = []
    placed: list[tuple[int, list[Cell]]] = []
    for row, values in grid:
        lines += [""] * (row - 1 - len(lines))
        line, cells = "", []
        for column, value in enumerate(values, 1):
            name = _name(row, column, header if placed else [])
            text = shown(value)
            begin = len(line) + 1
            line += text.replace("\n", _FOLD)
            place = Place(file, row, begin, row, max(len(line), begin) + 1)
            line += _BETWEEN
            wrong = _wrong(value, (row, column) in formulas)
            if wrong is not None and column <= len(header) and header[column - 1]:
                _report(findings, place, name, wrong)
            cells.append(Cell("" if wrong else text, name, place, folded=True))
        lines.append(line.removesuffix(_BETWEEN))
        placed.append((row, cells))
    return lines, placed


def _report(findings: Findings, place: Place, name: Text, wrong: Text) -> None:
    help = Text(
        "在表格软件里打开，看到结果后保存；或者把公式换成值",
        "Open it in your spreadsheet and save it once the result shows, or put a value there",
    )
    findings.add("SOP-S213", Text(f"{name.zh}{wrong.zh}", f"{name.en} {wrong.en}"), place, help=help)


def _name(row: int, column: int, header: list[str]) -> Text:
    where = f"{get_column_letter(column)}{row}"
    title = header[column - 1] if column <= len(header) else ""
    if not title:
        return Text(f"单元格 {where}", f"cell {where}")
    return Text(f"单元格 {where}（{title}）", f"cell {where} (“{title}”)")


def _wrong(cell: Value, formula: bool) -> Text | None:
    if cell.value is None and formula:
        return Text("是公式，但没有存下计算结果", "is a formula whose result was not saved")
    if cell.type == "e":
        return Text(f"是错误值 {cell.value}", f"holds the error {cell.value}")
    return None


def shown(cell: Value) -> str:
    """As the cell shows it, as far as that matters: codes keep their zeros, numbers have no exponent."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(value, cell.form)
        case datetime():
            day = f"{value:%Y-%m-%d}"
            return day if value.time() == time(0) else f"{day} {_clock(value.time())}"
        case date():
            return value.isoformat()
        case time():
            return _clock(value)
        case timedelta():
            return str(value)
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _clock(value: time) -> str:
    return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"


def _number(value: int | float, form: str) -> str:
    zeros = _ZEROS.fullmatch(form)
    if zeros is None or (zeros[1] == "0" and not zeros[2]):
        return plain(Decimal(repr(value)) if isinstance(value, float) else value)
    places = len(zeros[2] or "")
    width = len(zeros[1]) + (places + 1 if places else 0)
    sign, size = ("-", -value) if value < 0 else ("", value)
    return sign + f"{Decimal(repr(size)):.{places}f}".zfill(width)
