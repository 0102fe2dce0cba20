"""The bytes of a file that a reviewer sent back → its tables as texts, whatever program it went through."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.language.reading.encoding import Guess, decode_utf8, plain_line_ends
from sopengine.review.comments.model import SAID

MOST_BYTES = 32 << 20
_SHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_GUARDED = re.compile(r"'+[\s\ufeff]*[=+\-@＝＋－＠]")
_THREAD = re.compile(r"\[[^\]]+\]\s.*?\n\s*(?:Comment|注释|批注)[:：]\s*", re.DOTALL)


class Line(NamedTuple):
    """`where`: as people find it. `notes`: what is pinned to cells of the row, which Excel calls notes or comments, and
    what stands far away in it."""

    where: Text
    cells: list[str]
    notes: tuple[str, ...] = ()


class Table(Struct, frozen=True):
    name: str
    lines: list[Line]
    told: Text | None = None  # how it was read, where that was not plain


class Unreadable(Exception):
    """Nothing of the file can be read; `why`, and the way out."""

    def __init__(self, why: Text, help: Text) -> None:
        super().__init__(why.en)
        self.why, self.help = why, help


def tables_of(data: bytes) -> list[Table]:
    """Raises Unreadable."""
    return _workbook(data) if data.startswith(_SHEET) else [_csv(data)]


# --- CSV


def _csv(data: bytes) -> Table:
    text, told = _decoded(data)
    head = text.lstrip("\n").split("\n", 1)[0]
    sign = max(",;\t，", key=head.count)
    guarded = SAID not in head  # a page's own, not a workbook saved as CSV
    lines = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    begins = 1
    try:
        for record in reader:
            where = Text(f"第 {begins} 行", f"line {begins}")
            cells = [cell[1:] if guarded and _GUARDED.match(cell) else cell for cell in record]
            lines.append(Line(where, cells))
            begins = reader.line_num + 1
    except csv.Error:
        raise Unreadable(
            Text(f"从第 {begins} 行起不是合规的 CSV", f"from line {begins} on it is not proper CSV"),
            Text("检查双引号是否成对", "match the double quotes"),
        ) from None
    return Table("", lines, told)


def _decoded(data: bytes) -> tuple[str, Text | None]:
    """Here a guess does no harm: what it yields is shown, and sent to nobody."""
    text = decode_utf8(data)
    if not isinstance(text, Guess):
        return text, None
    name = text.encoding
    try:
        if not name:
            raise UnicodeError
        decoded = plain_line_ends(data.decode(name).removeprefix("\ufeff"))
    except UnicodeError:
        raise Unreadable(
            Text(
                f"第 {text.line} 行不是 UTF-8，也看不出是什么编码", f"line {text.line} is not UTF-8, nor anything known"
            ),
            Text("另存为“CSV UTF-8”或 .xlsx", "save it as “CSV UTF-8” or .xlsx"),
        ) from None
    return decoded, Text(f"不是 UTF-8，按 {name} 读的", f"not UTF-8, read as {name}")


# --- Excel


def _workbook(data: bytes) -> list[Table]:
    from openpyxl import load_workbook

    from sopengine.language.reading.workbook import too_large, unfit

    why = unfit(data) or too_large(data)
    if why is None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what openpyxl leaves out, such as pictures
                book = load_workbook(io.BytesIO(data))
            return [Table(sheet.title, list(_lines(sheet))) for sheet in book.worksheets]
        except Exception as error:  # noqa: BLE001 - a damaged part makes openpyxl raise anything
            name = type(error).__name__
            why = Text(f"这个工作簿读不了（{name}）", f"this workbook cannot be read ({name})")
    raise Unreadable(why, Text("在表格软件里打开，另存为 .xlsx", "open it in your spreadsheet and save it as .xlsx"))


def _lines(sheet: Any) -> Iterator[Line]:
    """Only cells that the file has are looked at: one that somebody set far away makes rows without end."""
    from sopengine.language.reading.workbook import COLUMNS

    rows: dict[int, dict[int, Any]] = {}
    for (row, column), cell in sheet._cells.items():
        rows.setdefault(row, {})[column] = cell
    for span in sheet.merged_cells.ranges:  # one comment for several rows
        for row in range(span.min_row, span.max_row + 1):
            rows.setdefault(row, {})[span.min_col] = sheet.cell(span.min_row, span.min_col)
    for row, found in sorted(rows.items()):
        cells = [_text(found.get(column)) for column in range(1, min(max(found), COLUMNS) + 1)]
        far = [_text(cell) for column, cell in sorted(found.items()) if column > COLUMNS]
        pinned = [_THREAD.sub("", cell.comment.text) for cell in found.values() if cell.row == row and cell.comment]
        notes = tuple(text.strip() for text in (*far, *pinned) if text.strip())
        if any(cells) or notes:
            yield Line(Text(f"{sheet.title} 第 {row} 行", f"{sheet.title} row {row}"), cells, notes)


def _text(cell: Any) -> str:
    """What was typed: of a formula the formula, as `=好` is one to a spreadsheet."""
    from sopengine.language.reading.workbook import Value, shown

    if cell is None:
        return ""
    value = getattr(cell.value, "text", cell.value)  # of an array formula
    return shown(Value(value, cell.number_format or "", cell.data_type))
