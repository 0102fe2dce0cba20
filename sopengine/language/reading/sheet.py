"""The bytes of a table that holds texts (.csv, .xlsx) → its header and rows as text, every cell with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from sopengine.diagnostics import Findings, Place, Text
from sopengine.language.reading.encoding import UNREADABLE, Guess, decode_utf8, report_not_utf8

SIZE = 4 << 20
ROWS = 20_000
CELL = 64 * 1024
"""Characters of one cell: as much as a message file may have."""


class Cell(Struct, frozen=True):
    """One cell; `name` is how people find it. A workbook has no lines: places in it count rows, and the columns of
    `Sheet.text`, where a text stands in one line (`folded`)."""

    text: str
    name: Text
    place: Place
    folded: bool = False

    @property
    def key(self) -> str:
        return self.text.strip()

    def inside(self, line: int, col: int, length: int) -> Place:
        """A place in the text: `line` and `col` count from 1 inside it."""
        file, first, begin = self.place.file, self.place.line, self.place.col
        if self.folded:
            begin += sum(len(before) + 1 for before in self.text.split("\n")[: line - 1])
            return Place(file, first, begin + col - 1, first, begin + col - 1 + length)
        col += begin - 1 if line == 1 else 0
        return Place(file, first + line - 1, col, first + line - 1, col + length)


class SheetRow(Struct, frozen=True):
    """`number` counts as people do: the row of the sheet, or the line of the file in which it begins."""

    number: int
    cells: Mapping[str, Cell]


class Sheet(Struct, frozen=True):
    """`header`: the columns that have a name, in order. `text` is what findings show: the file itself, or of a workbook
    its rows as lines."""

    file: str
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    text: str

    @property
    def top(self) -> Place:
        return Place(self.file, 1, 1, 1, 2)


def read_sheet(data: bytes, file: str, findings: Findings) -> Sheet | None:
    """None, with a finding, where it cannot be read as a whole; a wrong cell is a finding, and empty. Never raises."""
    if len(data) > SIZE:
        message = Text(f"表格 {file} 超过 4 MiB", f"The table {file} is larger than 4 MiB")
        findings.add("SOP-Y109", message, Place(file, 1, 1, 1, 1))
        return None
    if is_workbook(file):
        from sopengine.language.reading.workbook import read_workbook  # loads openpyxl

        return read_workbook(data, file, findings)
    return _read_csv(data, file, findings)


def is_workbook(file: str) -> bool:
    return file.lower().endswith((".xlsx", ".xlsm"))


def sheet_text(data: bytes, file: str) -> str:
    """What findings in this file point into; "" where it cannot be read."""
    sheet = read_sheet(data, file, Findings())
    return sheet.text if sheet else ""


def assembled(
    file: str, header: list[Cell], records: Iterator[tuple[int, list[Cell]]], text: str, findings: Findings
) -> Sheet | None:
    """Rows by column name; rows without a value are passed over, cells of columns without a name are left out."""
    names = [cell.key for cell in header]
    if not any(names):
        _report(findings, Place(file, 1, 1, 1, 2), Text("表格里没有表头", "The table has no header row"))
        return None
    for index, cell in enumerate(header):
        if names[index] and names[index] in names[:index]:
            message = Text(f"列名“{cell.key}”出现了两次", f"The column name “{cell.key}” appears twice")
            _report(findings, cell.place, message)
            return None
    rows: list[SheetRow] = []
    for number, cells in records:
        found = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        if not any(cell.key for cell in found.values()):
            continue
        if len(rows) == ROWS:
            place = Place(file, number, 1, number, 2)
            _report(findings, place, Text(f"表格超过 {ROWS} 行", f"The table has more than {ROWS} rows"))
            break
        rows.append(SheetRow(number, {name: _sound(cell, findings) for name, cell in found.items()}))
    return Sheet(file, tuple(name for name in names if name), tuple(rows), text)


def _sound(cell: Cell, findings: Findings) -> Cell:
    """The cell, or an empty one in place of a text that cannot go out."""
    name = cell.name
    if len(cell.text) > CELL:
        message = Text(f"{name.zh}超过 {CELL} 个字", f"{name.en} is longer than {CELL} characters")
        findings.add("SOP-Y109", message, cell.place)
    elif found := UNREADABLE.search(cell.text):
        sign = f"U+{ord(found[0]):04X}"
        message = Text(f"{name.zh}里有控制字符 {sign}", f"{name.en} holds the control character {sign}")
        findings.add("SOP-Y110", message, cell.place, help=Text("删掉它", "Delete it"))
    else:
        return cell
    return Cell("", cell.name, cell.place, cell.folded)


# --- CSV

_FIELD = re.compile(r'"([^"]*(?:""[^"]*)*)"|([^",\n]*)')


def _read_csv(data: bytes, file: str, findings: Findings) -> Sheet | None:
    text = decode_utf8(data)
    if isinstance(text, Guess):
        _not_utf8(text, file, findings)
        return None
    records = _records(text, file, findings)
    _, header = next(records, (1, []))
    if len(header) == 1 and (sign := next((s for s in ";\t，" if s in header[0].text), "")):
        message = Text(f"各列之间用了 {sign!r}", f"The columns are separated by {sign!r}")
        _report(findings, header[0].place, message, Text("改用半角逗号", "Separate them by commas"))
        return None
    return assembled(file, header, _named(header, records, findings), text, findings)


def _records(text: str, file: str, findings: Findings) -> Iterator[tuple[int, list[Cell]]]:
    """Records with the line each begins in; ends with a finding where the text is not CSV."""
    at, line, start = 0, 1, 0
    begins, cells = 1, list[Cell]()
    while at <= len(text):
        found = _FIELD.match(text, at)
        assert found is not None  # the second form matches nothing at all
        end = found.end()
        quoted = found[1] is not None
        inner = found.start(1 if quoted else 2)
        height = text.count("\n", at, end)
        value = found[1].replace('""', '"') if quoted else found[2]
        last = text.rfind("\n", at, end)
        place = Place(file, line, inner - start + 1, line + height, max(end - (last + 1 if height else start), 0) + 1)
        if end < len(text) and text[end] not in ",\n":
            message = Text("从这一格起不是合规的 CSV", "From this cell on the table is not proper CSV")
            help = Text(
                "检查双引号是否成对；文字里的双引号要写两个", "Match the double quotes; inside a text write two of them"
            )
            _report(findings, Place(file, line, inner - start + 1, line, inner - start + 2), message, help)
            return
        cells.append(Cell(value, Text("", ""), place))
        if height:
            start = last + 1
            line += height
        at = end + 1
        if end == len(text) or text[end] == "\n":
            yield begins, cells
            line, start = line + 1, at
            begins, cells = line, []


def _named(
    header: list[Cell], records: Iterator[tuple[int, list[Cell]]], findings: Findings
) -> Iterator[tuple[int, list[Cell]]]:
    """Each cell with the name of its column; cells beyond the header are a finding: a comma has split a text."""
    for number, cells in records:
        named = []
        for head, cell in zip(header, cells, strict=False):
            name = Text(f"第 {number} 行的“{head.key}”", f"“{head.key}” in line {number}")
            named.append(Cell(cell.text, name, cell.place))
        if extra := next((cell for cell in cells[len(header) :] if cell.key), None):
            message = Text(
                f"这一行有 {len(cells)} 格，表头有 {len(header)} 格",
                f"This row has {len(cells)} cells, the header {len(header)}",
            )
            help = Text("值里有逗号时给整格加双引号", "Put double quotes round a cell that contains a comma")
            _report(findings, extra.place, message, help)
        yield number, named


def _not_utf8(guess: Guess, file: str, findings: Findings) -> None:
    if guess.encoding != "GB18030":
        report_not_utf8(guess, file, findings)
        return
    findings.add(
        "SOP-Y101",
        Text(
            f"表格不是 UTF-8，看起来像 GB18030（第 {guess.line} 行）",
            f"The table is not UTF-8; it looks like GB18030 (line {guess.line})",
        ),
        Place(file, guess.line, guess.col, guess.line, guess.col + 1),
        help=Text(
            "在表格软件里另存为“CSV UTF-8”，或者直接用 .xlsx",
            "Save it as “CSV UTF-8” in your spreadsheet, or use the .xlsx itself",
        ),
    )


def _report(findings: Findings, place: Place, message: Text, help: Text | None = None) -> None:
    findings.add("SOP-S213", message, place, help=help)
