"""The bytes of JSON lines or CSV in; records of named values with their lines out, and what cannot be read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple, NoReturn

from msgspec import Struct, field

from sopengine.diagnostics import Findings, Place, Text
from sopengine.language.reading.encoding import decode_utf8, report_not_utf8

Form = Literal["csv", "jsonl"]
SIZE = 64 << 20
LINES = 500_000
MOST_FINDINGS = 20
"""Mistakes of one file that are listed; the rest are counted."""

_BREAKS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control and half characters: they break databases, terminals and platforms."""


class Record(NamedTuple):
    line: int
    values: Mapping[str, Any]


class Feed(Struct):
    """A file that is being fed, and what is wrong with it. `header` holds the columns of a CSV."""

    file: str
    form: Form
    findings: Findings
    lines: Sequence[str] = ()
    header: Sequence[str] = ()
    wrong: set[int] = field(default_factory=set)
    """Lines with a mistake."""
    _told: int = 0

    def report(self, code: str, message: Text, line: int, key: str = "", help: Text | None = None) -> None:
        """A mistake on a line, at the value of `key` where that can be found."""
        self.wrong.add(line)
        self._told += 1
        if self._told <= MOST_FINDINGS:
            self.findings.add(code, message, self._place(line, key), help=help)

    def close(self) -> None:
        """Say how many mistakes were not listed."""
        if (more := self._told - MOST_FINDINGS) > 0:
            message = Text(f"还有 {more} 处错误没有列出", f"{more} more mistakes are not listed")
            last = max(self.wrong)
            self.findings.add("SOP-S213", message, Place(self.file, last, 1, last, 1))

    def _place(self, line: int, key: str) -> Place:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        start, end = _span(text, key, self.header if self.form == "csv" and line > 1 else ())
        return Place(self.file, line, start + 1, line, max(end, start + 1) + 1)


def _span(text: str, key: str, header: Sequence[str]) -> tuple[int, int]:
    """Where a key's value stands in its line: the cell of a CSV; in JSON the key itself."""
    if header and key in header:
        cells = list(re.finditer(r'(?:^|(?<=,))(?:"(?:[^"]|"")*"?|[^,]*)', text))
        if (column := header.index(key)) < len(cells):
            return cells[column].start(), cells[column].end() - 1
    quoted = json.dumps(key, ensure_ascii=False) if key else ""
    at = text.find(quoted) if key and not header else -1
    return (at, at + len(quoted) - 1) if at >= 0 else (0, 0)


def open_feed(data: bytes, file: str, form: Form, findings: Findings) -> Feed:
    """Without lines, and with a finding, where the bytes are no text."""
    feed = Feed(file, form, findings)
    if len(data) > SIZE:
        feed.report("SOP-S213", Text("文件超过 64 MiB，请拆开", "The file is over 64 MiB; split it"), 1)
        return feed
    text = decode_utf8(data)
    if not isinstance(text, str):
        report_not_utf8(text, file, findings)
        feed.wrong.add(1)
        return feed
    feed.lines = text.split("\n")
    return feed


def records(feed: Feed) -> Iterator[Record]:
    """In written order; blank lines are passed over, unreadable ones reported."""
    if len(feed.lines) > LINES + 1:
        message = Text(f"超过 {LINES} 行，请拆开", f"More than {LINES} lines; split the file")
        feed.report("SOP-S213", message, LINES + 1)
        return
    for record in _csv(feed) if feed.form == "csv" else _json(feed):
        if key := next((k for k, v in record.values.items() if isinstance(v, str) and _BREAKS.search(v)), ""):
            message = Text(f"{key} 里有看不见的控制字符", f"An invisible control character in {key}")
            feed.report("SOP-Y110", message, record.line, key)
        else:
            yield record


def _json(feed: Feed) -> Iterator[Record]:
    for number, text in enumerate(feed.lines, 1):
        if not text.strip():
            continue
        try:
            found = _DECODER.decode(text.strip())
        except _Twice as twice:
            message = Text(f"{twice} 写了两次", f"{twice} is written twice")
            feed.report("SOP-Y103", message, number, str(twice))
            continue
        except (ValueError, RecursionError, InvalidOperation):
            message = Text("这一行不是 JSON", "This line is not JSON")
            help = Text('每行写一个 {"event": …, "subject": …}', 'Write one {"event": …, "subject": …} a line')
            feed.report("SOP-S213", message, number, help=help)
            continue
        if isinstance(found, dict):
            yield Record(number, found)
        else:
            message = Text("每行要写一个 { … }", "Each line is one { … }")
            feed.report("SOP-S213", message, number)


class _Twice(Exception):
    """A key of one object that is written twice: which value is meant?"""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=Decimal, parse_constant=_no_number)


def _csv(feed: Feed) -> Iterator[Record]:
    """An empty cell is a value that is not given."""
    reader = csv.reader(io.StringIO("\n".join(feed.lines), newline=""), strict=True)
    after = 0
    try:
        for cells in reader:
            line, after = after + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not feed.header:
                feed.header = [cell.strip() for cell in cells]
                if not _header_holds(feed, line):
                    return
            elif len(cells) != len(feed.header):
                _wrong_width(feed, line, len(cells))
            else:
                values = zip(feed.header, map(str.strip, cells), strict=True)
                yield Record(line, {name: value for name, value in values if value})
    except csv.Error:
        message = Text("从这一行起不是合规的 CSV", "From this line on the table is not proper CSV")
        help = Text("检查双引号是否成对", "Match the double quotes")
        feed.report("SOP-S213", message, after + 1, help=help)


def _header_holds(feed: Feed, line: int) -> bool:
    for column, name in enumerate(feed.header):
        if not name or name in feed.header[:column]:
            said = Text(f"列名「{name}」是空的或写了两次", f"The column name '{name}' is empty or written twice")
            feed.report("SOP-S213", said, line)
            return False
    return True


def _wrong_width(feed: Feed, line: int, got: int) -> None:
    wanted = len(feed.header)
    message = Text(f"这一行有 {got} 格，表头有 {wanted} 格", f"This line has {got} cells, the header {wanted}")
    help = Text("值里有逗号时给整格加双引号", "Put double quotes round a cell that contains a comma")
    feed.report("SOP-S213", message, line, help=help)
