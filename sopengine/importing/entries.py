"""A table → one entry for each cell of text, with the cells that say when, to whom and by whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from sopengine.importing.days import Hints, read_day
from sopengine.importing.headings import Role, is_plain, role_of
from sopengine.importing.model import Attached, Cell, Entry, Page
from sopengine.importing.plain import split_circled
from sopengine.importing.tables import Table
from sopengine.importing.times import leading_time, read_times


class Carried(Struct):
    """What rows further up said for those below."""

    day: Cell | None = None
    stage: Cell | None = None


def entries_of(page: Page, table: Table, hints: Hints) -> Iterator[Entry]:
    if table.shape == "list":
        yield from _of_list(page, table, hints)
    else:
        yield from _of_matrix(page, table)


def sections_of(page: Page, table: Table) -> dict[int, Cell]:
    """Rows of a list with one cell only, as wide as half the table: the day or stage of the rows below."""
    found = {}
    for row in range(table.head + 1, table.last + 1):
        cells = {
            cell.at: cell for column in range(table.left, table.right + 1) if (cell := page.cells.get((row, column)))
        }
        only = next(iter(cells.values())) if len(cells) == 1 else None
        if only is None or not only.merged or not only.row == row == only.last[0]:
            continue
        if (only.last[1] - only.column + 1) * 2 >= table.right - table.left + 1:
            found[row] = only
    return found


def _of_list(page: Page, table: Table, hints: Hints) -> Iterator[Entry]:
    carried, sections = Carried(), sections_of(page, table)
    texts = [column for column, role in table.roles.items() if role in ("text", "task")]
    heads = {column: page.cells.get((table.head, column)) for column in range(table.left, table.right + 1)}
    for row in range(table.head + 1, table.last + 1):
        cells = {
            column: cell for column in range(table.left, table.right + 1) if (cell := page.cells.get((row, column)))
        }
        if not cells:
            carried.day = None
            continue
        if row in sections:
            section = read_day(sections[row].text, hints)
            if section is not None and not section.rest:
                carried.day = sections[row]
            else:
                carried.stage, carried.day = sections[row], None
            continue
        by = _by_role(table, cells)
        days = [one for role in ("day", "weekday") if (one := by.get(role))]
        if any((row, c) in page.barred for c, role in table.roles.items() if role in ("day", "weekday")):
            carried.day = None  # what it said is struck through, hidden or an error: not the day of the row above
        stated = days[0] if days else _dated_time(by.get("time"), hints)
        carried.day = stated or carried.day
        carried.stage = by.get("stage") or carried.stage
        words = " ".join(dict.fromkeys(one.text for one in days)) or (carried.day.text if carried.day else "")
        named = {c for c, role in table.roles.items() if role != "other" and role != "weekday"}
        rest = tuple(
            (heads[c].text if heads[c] is not None else "", cell)  # type: ignore[union-attr]
            for c, cell in cells.items()
            if c not in named and cell not in days[:1]
        )
        around = tuple(
            one for one in (*page.comments, *page.pictures) if one.row == row and one.column <= table.right + 1
        )
        for index, column in enumerate(texts):
            text = cells.get(column)
            if text is None:
                continue
            task = table.roles[column] == "task"
            head = heads[column]
            own = head is not None and not task and not is_plain(head.text)
            group = by.get("audience") or (head if own else None)
            time = by.get("time")
            attached = around if index == 0 else ()
            yield from _timed(
                Entry(
                    text, text.text, carried.day, time, words, time.text if time else "", group, by.get("person"),
                    carried.stage, task, stated is None and time is not carried.day, rest, attached,
                ),
            )  # fmt: skip


def _dated_time(time: Cell | None, hints: Hints) -> Cell | None:
    """The column of times, where its cell begins with the day."""
    return time if time is not None and read_times(time.text) is None and read_day(time.text, hints) else None


def _by_role(table: Table, cells: dict[int, Cell]) -> dict[Role, Cell]:
    found: dict[Role, Cell] = {}
    for column, cell in cells.items():
        if role := table.roles.get(column):
            found.setdefault(role, cell)
    return found


def _of_matrix(page: Page, table: Table) -> Iterator[Entry]:
    across = sorted(table.roles)
    for row in range(table.head + 1, table.last + 1):
        beside = [(column, cell) for column in range(table.left, across[0]) if (cell := page.cells.get((row, column)))]
        roles = {_heading_role(page, table, column): cell for column, cell in beside}
        side = next((cell for _, cell in beside if _fits(table, cell)), None)
        audience, person, stage = (None if roles.get(role) is side else roles.get(role) for role in _WHO)
        rest = tuple(("", cell) for _, cell in beside if cell not in (side, audience, person, stage))
        for column in across:
            text, top = page.cells.get((row, column)), page.cells.get((table.head, column))
            if text is None or text.row != row:  # merged downwards: at its first time only
                continue
            when = side or (rest[0][1] if rest and leading_time(_unnumbered(text.text)) is None else None)
            others = tuple(one for one in rest if one[1] is not when)
            day, time = (top, when) if table.shape == "days" else (when, top)
            attached = tuple(_at(page.comments, row, column) + _at(page.pictures, row, column))
            words = (day.text if day else "", time.text if time else "")
            entry = Entry(text, text.text, day, time, *words, audience, person, stage, rest=others, attached=attached)
            yield from _timed(entry)


_WHO: tuple[Role, ...] = ("audience", "person", "stage")


def _heading_role(page: Page, table: Table, column: int) -> Role | None:
    head = page.cells.get((table.head, column))
    return role_of(head.text) if head is not None else None


def _fits(table: Table, cell: Cell) -> bool:
    return table.shape == "times" or read_times(cell.text) is not None


def _at(things: Sequence[Attached], row: int, column: int) -> list[Attached]:
    return [one for one in things if (one.row, one.column) == (row, column)]


def _timed(entry: Entry) -> Iterator[Entry]:
    """Split where one cell says several messages: as many circled numbers as the time has, or a time on each line."""
    times, texts = split_circled(entry.time_words), split_circled(entry.words)
    if len(times) == len(texts) > 1 and all(map(read_times, times)) and all(texts):
        for time, words in zip(times, texts, strict=True):
            yield replace(entry, words=words, time_words=time)
        return
    if entry.time is not None and read_times(entry.time_words) is not None:
        yield entry
        return
    pieces: list[str] = []
    for line in entry.words.split("\n"):
        if pieces and leading_time(_unnumbered(line)) is None:
            pieces[-1] += "\n" + line
        else:
            pieces.append(line)
    found = [leading_time(_unnumbered(piece)) for piece in pieces]
    if entry.time is None and all(found):
        for one in found:
            assert one is not None
            yield replace(entry, time=entry.text, time_words=one[0], words=one[1])
        return
    yield entry


def _unnumbered(line: str) -> str:
    pieces = split_circled(line)
    return pieces[0] if len(pieces) == 1 else line
