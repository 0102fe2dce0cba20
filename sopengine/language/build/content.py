"""A written `table:` with its `where:` → a ContentTable; every row that cannot be used is a finding at its cell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sopengine.diagnostics import Text
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.part import Part
from sopengine.language.content import ContentRow, ContentTable
from sopengine.language.reading.sheet import Cell, Sheet, SheetRow
from sopengine.language.suggest import closest

TEXT, IMAGE, FORMAT, MENTION = ("text", "文案"), ("image", "图片"), ("format", "格式"), ("mention", "提醒")
"""What the columns may be called; only the text is required."""
_FORMATS = {"": "", "text": "text", "文本": "text", "markdown": "markdown"}
_EVERYBODY = ("all", "所有人", "@all", "@所有人")
_MOST = 20
"""Findings of one kind about the rows of one table: the rest says nothing new."""


def build_table(part: Part, files: MessageFiles) -> ContentTable | None:
    """`part` is the message; None, with findings, where the table or one of its columns is not there."""
    named = part.get("table")
    sheet = files.sheet(named) if named.text() else None
    if sheet is None:
        return None
    column = _column(sheet, TEXT)
    where = {name: value for name, value in part.get("where").entries() if not isinstance(value.data, dict | list)}
    lacking = [value for name, value in where.items() if name not in sheet.header]
    for value in lacking:
        _no_column(value, sheet)
    if column is None:
        _no_text_column(sheet, files)
    if column is None or lacking or not where:
        return None
    reader = _Rows(sheet, column, tuple(where), part, files)
    values = {name: value.data for name, value in where.items()}
    return ContentTable(sheet.file, values, tuple(reader.rows()))


def _column(sheet: Sheet, names: Sequence[str]) -> str | None:
    return next((name for name in sheet.header if name.lower() in names), None)


def _no_column(part: Part, sheet: Sheet) -> None:
    name = str(part.path[-1])
    guess = closest(name, sheet.header)
    zh, en = (f"，是不是“{guess}”？", f"; did you mean “{guess}”?") if guess else ("", "")
    listed = [f"“{column}”" for column in sheet.header]
    part.wrong(
        "SOP-R314",
        Text(f"表格 {sheet.file} 里没有“{name}”列{zh}", f"The table {sheet.file} has no column “{name}”{en}"),
        Text(f"表头里有：{'、'.join(listed)}", f"Its header has: {', '.join(listed)}"),
        of_key=True,
    )


def _no_text_column(sheet: Sheet, files: MessageFiles) -> None:
    guess = next((near for name in TEXT if (near := closest(name, sheet.header))), None)
    help = Text("给放文字的那一列取名 text 或“文案”", "Name the column that holds the texts `text` or `文案`")
    if guess:
        help = Text(f"把“{guess}”改成 text 或“文案”", f"Rename “{guess}” to `text` or `文案`")
    files.findings.add(
        "SOP-R314",
        Text("表格里没有放文字的列（text 或“文案”）", "The table has no column of texts (`text` or `文案`)"),
        sheet.top,
        help=help,
    )


class _Rows:
    """The rows of one sheet as one message uses them."""

    def __init__(self, sheet: Sheet, column: str, keys: tuple[str, ...], part: Part, files: MessageFiles) -> None:
        self._sheet, self._column, self._keys, self._part, self._files = sheet, column, keys, part, files
        self._told: dict[str, int] = {}

    def rows(self) -> list[ContentRow]:
        """Those that can be used; a row that is wrong is a finding and is kept where only its extras are wrong."""
        found: list[ContentRow] = []
        first: dict[tuple[str, ...], ContentRow] = {}
        twice: list[tuple[ContentRow, ContentRow]] = []
        extras = {names: _column(self._sheet, names) for names in (IMAGE, FORMAT, MENTION)}
        for row in self._sheet.rows:
            text = self._cell(row, self._column)
            keys = tuple(self._cell(row, name) for name in self._keys)
            if not self._filled(text, keys):
                continue
            built = ContentRow(
                row.number,
                keys,
                text,
                format=self._format(row, extras[FORMAT]),
                image=self._image(row, extras[IMAGE]),
                mention=_mention(self._extra(row, extras[MENTION])),
            )
            before = first.setdefault(tuple(cell.key for cell in keys), built)
            if before is built:
                found.append(built)
            else:
                twice.append((before, built))
        self._report_twice(twice)
        return found

    def _cell(self, row: SheetRow, column: str) -> Cell:
        """An absent cell is an empty one, at the row's last cell."""
        cell = row.cells.get(column)
        if cell is not None:
            return cell
        last = list(row.cells.values())[-1]
        name = Text(f"第 {row.number} 行的“{column}”", f"“{column}” in row {row.number}")
        return Cell("", name, last.place, last.folded)

    def _filled(self, text: Cell, keys: tuple[Cell, ...]) -> bool:
        if not text.key:
            message = Text(f"{text.name.zh}是空的", f"{text.name.en} is empty")
            help = Text("写上文字，或者删掉这一行", "Write the text, or delete the row")
            self._report("SOP-T404", message, text, help)
            return False
        empty = next((cell for cell in keys if not cell.key), None)
        if empty is not None:
            message = Text(
                f"{empty.name.zh}是空的，这一行不知道用在哪里",
                f"{empty.name.en} is empty: nothing says where this row is used",
            )
            help = Text("每一行都要写全；合并的单元格要拆开", "Every row says it in full; take merged cells apart")
            self._report("SOP-S213", message, empty, help)
        return empty is None

    def _report_twice(self, twice: list[tuple[ContentRow, ContentRow]]) -> None:
        """Each pair of rows; or, where most rows have one and one more column would tell all apart, that it lacks."""
        lacking = self._lacking() if 2 * len(twice) >= len(self._sheet.rows) else None
        if lacking is None:
            for first, second in twice:
                self._twice(first, second)
            return
        first, second = twice[0]
        listed = ", ".join(self._keys)
        self._part.get("where").wrong(
            "SOP-S214",
            Text(
                f"只看 {listed}，{self._sheet.file} 里有 {len(twice)} 行和前面的一样：第 {second.number} 行同第 "
                f"{first.number} 行",
                f"By {listed} alone, {len(twice)} rows of {self._sheet.file} are like one before: row {second.number} "
                f"is like row {first.number}",
            ),
            Text(f"在 where 里写上 `{lacking}` 列要等于什么", f"Add `{lacking}` to `where`, with what it has to be"),
            of_key=True,
        )

    def _lacking(self) -> str | None:
        """A column beside the keys with which no row is like another."""
        rows = self._sheet.rows
        for column in self._sheet.header:
            if column not in self._keys and column.lower() not in (*TEXT, *IMAGE, *FORMAT, *MENTION):
                names = (*self._keys, column)
                if len({tuple(self._cell(row, name).key for name in names) for row in rows}) == len(rows):
                    return column
        return None

    def _twice(self, first: ContentRow, second: ContentRow) -> None:
        what = ", ".join(f"{name} = {cell.key}" for name, cell in zip(self._keys, second.keys, strict=True))
        cell = second.keys[0]
        message = Text(
            f"{cell.name.zh}：{what} 的行，第 {first.number} 行已经有了",
            f"{cell.name.en}: row {first.number} already is the row of {what}",
        )
        help = Text("每个时点正好一行：改一处，或者删一行", "Exactly one row for each slot: change one, or delete one")
        self._report("SOP-S214", message, cell, help)

    def _extra(self, row: SheetRow, column: str | None) -> str:
        return row.cells[column].key if column is not None and column in row.cells else ""

    def _format(self, row: SheetRow, column: str | None) -> str:
        written = self._extra(row, column)
        if written.lower() in _FORMATS:
            return _FORMATS[written.lower()]
        cell = row.cells[column or ""]
        message = Text(f"{cell.name.zh}不能写 {written}", f"{cell.name.en} cannot be {written}")
        self._report("SOP-S203", message, cell, Text("可以写：text、markdown", "One of: text, markdown"))
        return ""

    def _image(self, row: SheetRow, column: str | None) -> str:
        written = self._extra(row, column)
        fine = written and self._files.image(written, row.cells[column or ""].place, self._part.path)
        return self._files.kept(written) if fine else ""

    def _report(self, code: str, message: Text, cell: Cell, help: Text) -> None:
        self._told[code] = told = self._told.get(code, 0) + 1
        if told <= _MOST:
            self._files.findings.add(code, message, cell.place, help=help, path=self._part.path)


def _mention(written: str) -> tuple[str, ...]:
    people = [word for word in re.split(r"[,，、;；\s]+", written) if word]
    return tuple("all" if person in _EVERYBODY else person for person in people)
