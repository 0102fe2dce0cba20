"""A table of texts: the values of one planned slot in, the rows whose cells are equal to them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from sopengine.language.expressions.decimals import as_decimal, is_number
from sopengine.language.reading.sheet import Cell

_TIDY = str.maketrans({"/": "-", ".": "-", "：": ":"})


class ContentRow(Struct, frozen=True):
    """`keys` are the cells under the table's `where` columns, `text` is a template; the rest stands in for what the
    message itself says, where it is not empty."""

    number: int
    keys: tuple[Cell, ...]
    text: Cell
    format: str = ""
    image: str = ""
    mention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentTable:
    """`where`: column → what its cell has to equal, an expression or a plain value. `file` as findings name it."""

    file: str
    where: Mapping[str, str | int | bool | Decimal]
    rows: tuple[ContentRow, ...]
    _found: dict[tuple[str, ...], dict[tuple[Any, ...], list[ContentRow]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def find(self, values: tuple[Any, ...]) -> list[ContentRow]:
        """Every row whose cells equal `values`, one for each column of `where`: one row, if the table is right.

        A number equals a cell that is this number (7 and 07), a day or clock time one that is written as such, a text
        the same text. Nothing equals a value that is not known.
        """
        kinds = tuple(map(_kind, values))
        if "" in kinds:
            return []
        if kinds not in self._found:
            self._found[kinds] = self._by(kinds)
        return self._found[kinds].get(tuple(map(_plain, values)), [])

    def _by(self, kinds: tuple[str, ...]) -> dict[tuple[Any, ...], list[ContentRow]]:
        found: dict[tuple[Any, ...], list[ContentRow]] = {}
        for row in self.rows:
            found.setdefault(tuple(_READ[k](cell.key) for k, cell in zip(kinds, row.keys, strict=True)), []).append(row)
        return found


def can_equal(kind: str, cell: str) -> bool:
    """Whether a cell can equal any value of this kind: `number`, `date`, `time`, `bool` or `text`."""
    return _READ[kind](cell) is not None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if is_number(value):
        return "number"
    if isinstance(value, datetime):
        return "datetime"
    if isinstance(value, date):
        return "date"
    if isinstance(value, time):
        return "time"
    return "text" if isinstance(value, str) else ""


def _plain(value: Any) -> Any:
    if is_number(value):
        return as_decimal(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    return value


def _number(cell: str) -> Decimal | None:
    try:
        number = Decimal(cell)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date(cell: str) -> date | None:
    parts = cell.translate(_TIDY).split("-")
    try:
        return date(*map(int, parts)) if len(parts) == 3 else None
    except ValueError:
        return None


def _time(cell: str) -> time | None:
    parts = cell.translate(_TIDY).split(":")
    try:
        return time(int(parts[0]), int(parts[1])) if len(parts) in (2, 3) else None
    except ValueError:
        return None


def _datetime(cell: str) -> str | None:
    day, _, clock = cell.replace("T", " ").partition(" ")
    when, at = _date(day), _time(clock)
    return f"{when} {at:%H:%M}" if when and at else None


_READ: dict[str, Callable[[str], Any]] = {
    "text": lambda cell: cell,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "bool": lambda cell: {"true": True, "false": False, "是": True, "否": False}.get(cell.lower()),
}
"""A cell as each kind of value; None where it is none, which equals nothing."""
