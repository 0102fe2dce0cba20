"""The bytes of a CSV file in; its rows as text by column out, and a finding with its place for each mistake."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from difflib import get_close_matches

from sopengine.diagnostics import Findings, Place, Text
from sopengine.language.reading.encoding import Guess, decode_utf8, plain_line_ends, report_not_utf8

SIZE = 16 << 20
ROWS = 200_000
MOST_FINDINGS = 20
"""Findings about single rows that are listed; the rest are counted."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_IDS_BY_ANOTHER_NAME = ("编号", "序号", "标识", "ID", "Id", "门店编号", "群编号", "key", "code", "no")


def read_table(
    data: bytes, file: str, findings: Findings, encoding: str = "utf-8", id_column: str = "id"
) -> tuple[dict[str, str], ...]:
    """Rows in written order, values stripped; a row with a mistake is left out. Lines without a value are passed over.

    `encoding`: utf-8 or gb18030. Never raises; an unreadable table is empty and has a finding.
    """
    text = _decoded(data, file, findings, encoding)
    return _Table(text, file, findings).rows(id_column) if text is not None else ()


def _decoded(data: bytes, file: str, findings: Findings, encoding: str) -> str | None:
    start = Place(file, 1, 1, 1, 1)
    if len(data) > SIZE:
        findings.add("SOP-S213", Text("数据表超过 16 MiB", "The table is larger than 16 MiB"), start)
        return None
    name = encoding.lower()
    if name not in ("utf-8", "utf8", "gb18030"):
        findings.add(
            "SOP-S213",
            Text(f"不认识编码 {encoding!r}", f"Unknown encoding {encoding!r}"),
            start,
            help=Text('写 encoding = "utf-8" 或 "gb18030"', 'Write encoding = "utf-8" or "gb18030"'),
        )
        return None
    text = _gb18030(data, file, findings) if name == "gb18030" else _utf8(data, file, findings)
    if text is not None and (control := _CONTROL.search(text)):
        before = text[: control.start()].split("\n")
        place = Place(file, len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
        sign = f"U+{ord(control[0]):04X}"
        message = Text(f"有看不见的控制字符 {sign}", f"An invisible control character {sign}")
        findings.add("SOP-Y110", message, place, help=Text("删掉它", "Delete it"))
        return None
    return text


def _utf8(data: bytes, file: str, findings: Findings) -> str | None:
    text = decode_utf8(data)
    if isinstance(text, str):
        return text
    if text.encoding != "GB18030":
        report_not_utf8(text, file, findings)
        return None
    findings.add(
        "SOP-Y101",
        Text(
            f"数据表不是 UTF-8，看起来像 GB18030（第 {text.line} 行）",
            f"The table is not UTF-8; it looks like GB18030 (line {text.line})",
        ),
        Place(file, text.line, text.col, text.line, text.col + 1),
        help=Text(
            '在 sopengine.toml 里给这个数据源加一行：encoding = "gb18030"',
            'Add to this source in sopengine.toml: encoding = "gb18030"',
        ),
    )
    return None


def _gb18030(data: bytes, file: str, findings: Findings) -> str | None:
    utf8 = decode_utf8(data)
    # Chinese in UTF-8 takes three bytes; GB18030 text almost never forms such sequences from end to end.
    if isinstance(utf8, str) and any(c > "\u07ff" for c in utf8):
        findings.add(
            "SOP-Y101",
            Text("数据表是 UTF-8，不是 GB18030", "The table is UTF-8, not GB18030"),
            Place(file, 1, 1, 1, 2),
            help=Text("在 sopengine.toml 里删掉 encoding 这一行", "Delete the line `encoding` in sopengine.toml"),
        )
        return None
    if isinstance(utf8, Guess) and utf8.encoding.startswith("UTF-"):
        report_not_utf8(utf8, file, findings)
        return None
    try:
        return plain_line_ends(data.decode("gb18030"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = Text(f"第 {line} 行的字节不是 GB18030", f"The bytes in line {line} are not GB18030")
        findings.add("SOP-Y101", message, Place(file, line, 1, line, 2))
        return None


class _Table:
    def __init__(self, text: str, file: str, findings: Findings) -> None:
        self.text = text
        self.file = file
        self.findings = findings
        self.told = 0
        self.read = csv.reader(io.StringIO(text, newline=""), strict=True)
        self.line = 1  # where the record being judged begins

    def rows(self, id_column: str) -> tuple[dict[str, str], ...]:
        records = self.records()
        header = [name.strip() for name in next(records, [])]
        if not any(header):
            self.report("SOP-S213", Text("数据表里没有表头", "The table has no header line"), 0)
            return ()
        if not self.header_holds(header, id_column):
            return ()
        found: list[dict[str, str]] = []
        width, seen = len(header), dict[str, int]()
        for record in records:
            if len(record) != width:
                self.wrong_width(record, header)
                continue
            row = dict(zip(header, map(str.strip, record), strict=True))
            key = row[id_column]
            if not key:
                if any(row.values()):
                    column = header.index(id_column)
                    self.report("SOP-S213", Text(f"这一行没有 {id_column}", f"This row has no {id_column}"), column)
            elif (first := seen.setdefault(key, self.line)) != self.line:
                self.duplicate(key, first, header.index(id_column))
            elif len(found) >= ROWS:
                self.report("SOP-S213", Text(f"数据表超过 {ROWS} 行", f"The table has more than {ROWS} rows"), 0)
                break
            else:
                found.append(row)
        self.count_the_rest()
        return tuple(found)

    def records(self) -> Iterator[list[str]]:
        """Records that hold anything; ends with a finding where the text is not CSV. Keeps `line` in step."""
        after = 0
        try:
            for record in self.read:
                self.line, after = after + 1, self.read.line_num
                if record:
                    yield record
        except csv.Error as error:
            self.line = after + 1
            self.not_csv(str(error))

    # --- findings

    def report(self, code: str, message: Text, column: int, help: Text | None = None) -> None:
        self.told += 1
        if self.told <= MOST_FINDINGS:
            start, end = self.cell(column)
            self.findings.add(code, message, Place(self.file, self.line, start, self.line, end), help=help)

    def count_the_rest(self) -> None:
        if (more := self.told - MOST_FINDINGS) > 0:
            message = Text(f"这张表还有 {more} 处错误没有列出", f"{more} more mistakes in this table are not listed")
            self.findings.add("SOP-S213", message, Place(self.file, self.line, 1, self.line, 1))

    def cell(self, column: int) -> tuple[int, int]:
        """Columns, from 1, of a cell in the first line of the record."""
        line = self.text.split("\n", self.line)[self.line - 1 : self.line]
        cells = list(re.finditer(r'(?:^|(?<=,))(?:"(?:[^"]|"")*"?|[^,]*)', line[0] if line else ""))
        if not cells:
            return 1, 1
        found = cells[min(column, len(cells) - 1)]
        return found.start() + 1, max(found.end(), found.start() + 1) + 1

    def not_csv(self, reason: str) -> None:
        message = Text("从这一行起不是合规的 CSV", "From this line on the table is not proper CSV")
        help = Text(
            "检查双引号是否成对；文字里的双引号要写两个", "Match the double quotes; inside a text write two of them"
        )
        if "field larger" in reason:
            message = Text("这一行有一格长得不像数据", "A cell of this line is too long to be data")
        self.report("SOP-S213", message, 0, help)

    def header_holds(self, header: list[str], id_column: str) -> bool:
        for column, name in enumerate(header):
            if not name:
                self.report("SOP-S213", Text(f"第 {column + 1} 列没有列名", f"Column {column + 1} has no name"), column)
            elif name in header[:column]:
                message = Text(f'列名 "{name}" 出现了两次', f'The column name "{name}" appears twice')
                self.report("SOP-S213", message, column)
        if id_column not in header:
            near = [name for name in header if name in _IDS_BY_ANOTHER_NAME or name.lower() == id_column.lower()]
            near += get_close_matches(id_column, header, 1, 0.6)
            help = Text(
                f"表头里要有一列叫 {id_column}，每行一个不重复的编号",
                f"Name one column {id_column}; its values are unique",
            )
            if len(header) == 1 and (sign := next((c for c in ";\t，" if c in header[0]), "")):
                help = Text(f"各列要用半角逗号隔开，不是 {sign!r}", f"Separate the columns by commas, not by {sign!r}")
            elif near:
                help = Text(f'把列名 "{near[0]}" 改成 {id_column}', f'Rename the column "{near[0]}" to {id_column}')
            column = header.index(near[0]) if near else 0
            self.report(
                "SOP-S213", Text(f"表头里没有 {id_column} 列", f"The header has no column {id_column}"), column, help
            )
        return not self.told

    def wrong_width(self, record: list[str], header: list[str]) -> None:
        if not any(cell.strip() for cell in record):
            return
        got, wanted = len(record), len(header)
        help = Text("值里有逗号时给整格加双引号", "Put double quotes round a cell that contains a comma")
        if got < wanted:
            help = Text(f"缺少：{'、'.join(header[got:])}", f"Missing: {', '.join(header[got:])}")
        message = Text(f"这一行有 {got} 格，表头有 {wanted} 格", f"This row has {got} cells, the header {wanted}")
        self.report("SOP-S213", message, min(got, wanted), help)

    def duplicate(self, key: str, first: int, column: int) -> None:
        message = Text(
            f'编号 "{key}" 重复：第 {first} 行已经用过',
            f'The id "{key}" is used twice: line {first} has it already',
        )
        self.report(
            "SOP-S214", message, column, Text("改成不同的编号，或者删掉一行", "Give it another id, or delete one row")
        )
