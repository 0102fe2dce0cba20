"""A workbook in; out come the files of a playbook and the list of what was assumed, is to be decided, or was left."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.errors import Refused, SopError
from sopengine.importing.book import read_book
from sopengine.importing.days import Hints
from sopengine.importing.entries import entries_of, sections_of
from sopengine.importing.headings import Role, role_of
from sopengine.importing.model import Cell, Entry, Kind, Note, Page
from sopengine.importing.steps import Built, build
from sopengine.importing.tables import Table, tables_on
from sopengine.importing.writing import (
    Names,
    content_table,
    named,
    picture_name,
    playbook_text,
    used_cells,
)
from sopengine.language.load import load

KINDS: dict[Kind, Text] = {
    "left": Text("没读懂", "left"),
    "question": Text("要你定", "question"),
    "assumed": Text("替你假定", "assumed"),
    "heading": Text("标题", "heading"),
}
"""In the order of the list: what needs a person first."""
_ROLES: dict[Role, Text] = {
    "day": Text("日期", "days"),
    "weekday": Text("星期", "weekdays"),
    "time": Text("时间", "times"),
    "text": Text("文案", "texts"),
    "task": Text("任务", "tasks"),
    "audience": Text("对象", "whom to send to"),
    "person": Text("谁来做", "who does it"),
    "stage": Text("阶段", "stages"),
    "other": Text("注释，写在步骤上面", "comments above the steps"),
}
_YEAR = re.compile(r"(?<!\d)(20[2-9]\d)(?!\d)")


class Imported(Struct, frozen=True):
    """`files` by path beneath the folder of the playbook, the playbook first; `notes` in the order of the list."""

    files: dict[str, bytes]
    notes: list[Note]
    steps: int
    texts: int

    @property
    def counts(self) -> dict[Kind, int]:
        found = Counter(note.kind for note in self.notes)
        return {kind: found[kind] for kind in KINDS}


def import_book(data: bytes, file: str, name: str, lang: str, today: date) -> Imported:
    """SopError for what is no workbook or holds no schedule, Refused where no sound playbook can be made of it.

    `name`: the playbook's id; `today` (in the place of the campaign) decides the year of dates that name none."""
    pages = read_book(data, file)
    built = Built()
    titles: list[Cell] = []
    tables: list[tuple[str, Table]] = []
    for page in pages:
        hints = _hints(page, file, today)
        found = tables_on(page, hints)
        tables += [(page.name, table) for table in found]
        _sheet(page, found, hints, built, titles)
    if not built.steps:
        raise _nothing_found(file, pages, built)
    title = titles[0].text if titles else file.rpartition(".")[0]
    names = named(built.steps, name, title, file, lang)
    _ask_whom(names, built)
    _account(pages, built, tables)
    files = _files(built, names)
    notes = sorted(built.notes, key=lambda note: list(KINDS).index(note.kind))
    files[f"{name}-import.csv"] = listing(notes, lang)
    _prove(files, name)
    texts = sum(not step.entry.task for step in built.steps)
    return Imported(files, notes, len(built.steps), texts)


def listing(notes: list[Note], lang: str) -> bytes:
    """The list as CSV with the mark that spreadsheets want."""
    packed = io.StringIO()
    sheet = csv.writer(packed, lineterminator="\n")
    heads = (
        Text("怎么了", "what"),
        Text("工作表", "sheet"),
        Text("单元格", "cell"),
        Text("原文", "text"),
        Text("说明", "why"),
    )
    sheet.writerow(head.get(lang) for head in heads)
    for note in notes:
        sheet.writerow((KINDS[note.kind].get(lang), note.sheet, note.at, _inert(note.text), note.why.get(lang)))
    return ("\ufeff" + packed.getvalue()).encode()


def _inert(text: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as a text."""
    return "'" + text if text[:1] in tuple("=+-@") else text


def _hints(page: Page, file: str, today: date) -> Hints:
    """A year that stands in the sheet's name, near its top, or in the name of the file."""
    top = [cell.text for cell in page.own[:6] if len(cell.text) < 60]
    for text in (page.name, *top, file):
        if found := _YEAR.search(text):
            return Hints(today, int(found[1]))
    return Hints(today)


def _sheet(page: Page, tables: list[Table], hints: Hints, built: Built, titles: list[Cell]) -> None:
    for table in tables:
        above = _title(page, table)
        if above is not None:
            titles.append(above)
            built.note("heading", above, Text("表的标题", "the title of a table"))
        for cell, role in _headings(page, table):
            built.note("heading", cell, Text(f"读作：{role.zh}", f"read as {role.en}"))
        for section in sections_of(page, table).values() if table.shape == "list" else ():
            built.note("heading", section, Text("小标题：以下各行的阶段或日期", "stage or day of the rows below"))
        entries = list(entries_of(page, table, hints))
        build((_staged(entry, above) for entry in entries), hints, built)


def _staged(entry: Entry, title: Cell | None) -> Entry:
    return entry if entry.stage is not None or title is None else replace(entry, stage=title)


def _title(page: Page, table: Table) -> Cell | None:
    """The only cell of the row above the headings, within the table's columns."""
    for row in range(table.head - 1, max(table.head - 3, 0), -1):
        cells = {c.at: c for column in range(table.left, table.right + 1) if (c := page.cells.get((row, column)))}
        if len(cells) == 1:
            return next(iter(cells.values()))
        if cells:
            return None
    return None


def _headings(page: Page, table: Table) -> Iterator[tuple[Cell, Text]]:
    for column in range(table.left, table.right + 1):
        cell = page.cells.get((table.head, column))
        if cell is None:
            continue
        if table.shape == "list":
            yield cell, _ROLES[table.roles.get(column, "other")]
        elif column in table.roles:
            yield cell, _ROLES["day" if table.shape == "days" else "time"]
        else:
            side: Role = "time" if table.shape == "days" else "day"
            yield cell, _ROLES[role_of(cell.text) or side]


def _ask_whom(names: Names, built: Built) -> None:
    """Nothing is sent before somebody has said which groups are meant."""
    asked: set[str] = set()
    for step in built.steps:
        text, group = step.entry.text, step.entry.audience
        assert text is not None
        if step.entry.task:
            if step.entry.person is None:
                built.note("question", text, Text("没有写谁来做", "who does it is not given"))
            continue
        words = " ".join(group.text.split()) if group is not None else ""
        if words in asked:
            continue
        asked.add(words)
        source = f"{names.name}-{names.audiences[words]}"
        if group is None:
            why = Text(f"没有写发给谁：在 sopengine.toml 里写 [sources.{source}]，给出名单",
                       f"no audience is given: list one under [sources.{source}] in sopengine.toml")  # fmt: skip
        else:
            why = Text(f"“{words}”是哪些群：在 sopengine.toml 里写 [sources.{source}]，给出名单",
                       f"which groups are “{words}”? list them under [sources.{source}] in sopengine.toml")  # fmt: skip
        built.note("question", group or text, why)


def _why(cell: Cell, tables: list[tuple[str, Table]]) -> Text:
    inside = any(
        sheet == cell.sheet and t.head < cell.row <= t.last and t.left <= cell.column <= t.right for sheet, t in tables
    )
    if inside:
        return Text("在表里，但没有和它对上的文案", "in a table, but with no text of its own")
    return Text("不在读得懂的表里", "in no table that was understood")


def _account(pages: list[Page], built: Built, tables: list[tuple[str, Table]]) -> None:
    """Every cell, comment and picture that is nowhere yet goes onto the list."""
    built.used |= {cell for step in built.steps for cell in used_cells(step)}
    listed = built.used | {(note.sheet, note.at) for note in built.notes}
    attached = {(one.sheet, one.at, one.text) for step in built.steps for one in step.entry.attached}
    for page in pages:
        for cell in page.own:
            if cell.out is not None:
                built.note("left", cell, cell.out)
            elif (cell.sheet, cell.at) not in listed:
                built.note("left", cell, _why(cell, tables))
        for one in (*page.comments, *page.pictures):
            if (one.sheet, one.at, one.text) in attached:
                continue
            if one.data and one not in built.unplaced:
                built.unplaced.append(one)
            elif not one.data:
                built.note("left", one, Text("批注或文本框，旁边没有步骤", "a comment or text box beside no step"))


def _files(built: Built, names: Names) -> dict[str, bytes]:
    files = {f"{names.name}.yaml": playbook_text(built.steps, names).encode()}
    if any(not step.entry.task for step in built.steps):
        files[f"content/{names.name}.csv"] = content_table(built.steps, names)
    for step in built.steps:
        if step.picture is not None:
            files[picture_name(step, names)] = step.picture.data
    for number, one in enumerate(built.unplaced, 1):
        ending = re.sub(r"[^a-z0-9]", "", one.text.rpartition(".")[2].lower())[:5] or "bin"
        path = f"assets/{names.name}-picture-{number}.{ending}"
        files[path] = one.data
        built.note("left", one, Text(f"这张图没有对上一条消息，存为 {path}；要用就写进内容表的图片一列",
                                     f"of no message, saved as {path}: name it in the table"))  # fmt: skip
    return files


def _nothing_found(file: str, pages: list[Page], built: Built) -> SopError:
    cells = sum(len(page.own) for page in pages)
    first = next((note for note in built.notes if note.kind == "left"), None)
    reason = f"：{first.sheet}!{first.at} {first.why.zh}" if first else ""
    reason_en = f": {first.sheet}!{first.at} {first.why.en}" if first else ""
    return SopError(
        Text(
            f"{file} 里没有读出一个步骤（{len(pages)} 张表，{cells} 个有内容的格子）{reason}",
            f"no step was found in {file} ({len(pages)} sheets, {cells} cells with content){reason_en}",
        ),
        Text(
            "表要有一行标题，如 日期、时间、内容；或者上面一行是星期或日期、左边一列是时间",
            "a table needs a row of headings such as date, time, content; or weekdays or dates across and times down",
        ),
    )


def _prove(files: dict[str, bytes], name: str) -> None:
    """The playbook is checked before it is written."""
    loaded = load(files[f"{name}.yaml"], f"{name}.yaml", files.get)
    errors = tuple(found for found in loaded.diagnostics if found.severity == "error")
    if errors:
        raise Refused(
            Text("从这张表做出的剧本有错误，没有写任何文件", "the playbook made of it has errors; nothing was written"),
            errors,
        )
