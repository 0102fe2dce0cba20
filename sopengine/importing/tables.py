"""The tables that stand on a sheet: below or beside one another, each as a list or as a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from sopengine.importing.days import Hints, read_day
from sopengine.importing.headings import Role, role_of
from sopengine.importing.model import Cell, Page
from sopengine.importing.times import read_times

Shape = Literal["list", "days", "times"]
"""list: a row for each message; days, times: a matrix with days, or times, across."""


class Table(Struct, frozen=True):
    """`head` is the row of headings; rows `head + 1 … last`, columns `left … right`."""

    shape: Shape
    head: int
    left: int
    right: int
    last: int
    roles: dict[int, Role] = {}


def tables_on(page: Page, hints: Hints) -> list[Table]:
    """In reading order; none overlaps another."""
    rows = sorted({row for row, _ in page.cells})
    heads: list[Table] = []
    for row in rows:
        for left, right in _runs(page, row):
            head = _head(page, row, left, right, hints)
            inside = [other for other in heads if _overlap(other, left, right)]
            if head is not None and not (inside and _is_data(page, inside[-1], head)):
                heads.append(head)
    bottom = rows[-1] if rows else 0
    return [replace(head, last=_last(head, heads, bottom)) for head in heads]


def _is_data(page: Page, above: Table, head: Table) -> bool:
    """Days or times in a row of a list are no headings, unless an empty row stands above them."""
    filled = any((head.head - 1, column) in page.cells for column in range(above.left, above.right + 1))
    return head.shape != "list" and above.shape == "list" and filled


def _overlap(table: Table, left: int, right: int) -> bool:
    return table.left <= right and left <= table.right


def _last(table: Table, heads: list[Table], bottom: int) -> int:
    below = [other.head for other in heads if other.head > table.head and _overlap(other, table.left, table.right)]
    return min(below) - 1 if below else bottom


def _runs(page: Page, row: int) -> Iterator[tuple[int, int]]:
    """Columns side by side that are filled in this row; a heading that comes again begins a new run."""
    columns = sorted(column for at, column in page.cells if at == row)
    begin = 0
    for index in range(1, len(columns) + 1):
        ended = index == len(columns) or columns[index] > columns[index - 1] + 1
        if ended or _comes_again(page, row, columns[begin:index], columns[index]):
            yield columns[begin], columns[index - 1]
            begin = index


def _comes_again(page: Page, row: int, before: list[int], column: int) -> bool:
    role = role_of(page.cells[row, column].text)
    first = role_of(page.cells[row, before[0]].text)
    return role is not None and role == first and page.cells[row, column] != page.cells[row, before[0]]


def _head(page: Page, row: int, left: int, right: int, hints: Hints) -> Table | None:
    cells = {column: page.cells[row, column] for column in range(left, right + 1)}
    roles = {column: role for column, cell in cells.items() if (role := role_of(cell.text)) is not None}
    kinds = set(roles.values())
    if kinds & {"day", "weekday", "time", "stage"} and kinds & {"text", "task"} and len(roles) * 2 >= len(cells):
        return Table("list", row, left, right, 0, roles)
    for shape, told in (("days", _is_day), ("times", _is_time)):
        across = [column for column, cell in cells.items() if told(cell, hints)]
        distinct = {cells[column].at for column in across}
        if len(distinct) >= 2 and all(b == a + 1 for a, b in pairwise(across)) and _frames(cells, across):
            side = left if left < across[0] else max(across[0] - 1, 1)
            marked: dict[int, Role] = dict.fromkeys(across, "text")
            return Table(shape, row, side, right, 0, marked)  # type: ignore[arg-type]
    return None


def _frames(cells: dict[int, Cell], across: list[int]) -> bool:
    """At most two cells before the row of days or times, and behind it only headings of remarks."""
    behind = [cell for column, cell in cells.items() if column > across[-1]]
    return across[0] - min(cells) <= 2 and all(role_of(cell.text) is not None for cell in behind)


def _is_day(cell: Cell, hints: Hints) -> bool:
    day = read_day(cell.text, hints) if len(cell.text) < 24 else None
    return day is not None and not day.rest


def _is_time(cell: Cell, hints: Hints) -> bool:
    return len(cell.text) < 24 and not cell.text.isdigit() and read_times(cell.text) is not None
