"""What is read from a workbook, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from sopengine.diagnostics import Text

Kind = Literal["heading", "assumed", "question", "left"]
"""heading: how a column was read; assumed: how an unclear cell was read; question: decide before starting; left: in no
step of the playbook."""


class Cell(Struct, frozen=True):
    """One cell with a value: where it stands, and the value as text. `last` is the corner opposite of a merged cell."""

    sheet: str
    row: int
    column: int
    text: str
    last: tuple[int, int]
    out: Text | None = None
    """Why it is not to be taken: hidden, struck through, a formula without a result."""

    @property
    def at(self) -> str:
        return f"{letters(self.column)}{self.row}"

    @property
    def merged(self) -> bool:
        return self.last != (self.row, self.column)


class Attached(Struct, frozen=True):
    """A comment or a picture (then with `data`) at a place of a sheet."""

    sheet: str
    row: int
    column: int
    text: str
    data: bytes = b""

    @property
    def at(self) -> str:
        return f"{letters(self.column)}{self.row}"


class Page(Struct, frozen=True):
    """One sheet. `own`: each cell once, in reading order; `cells`: those to be taken, at every place they cover;
    `barred`: the places of the rest."""

    name: str
    own: tuple[Cell, ...]
    cells: Mapping[tuple[int, int], Cell]
    comments: tuple[Attached, ...]
    pictures: tuple[Attached, ...]
    barred: frozenset[tuple[int, int]] = frozenset()


class Note(Struct, frozen=True):
    """One line of the list. `text` is the whole text of the cell."""

    kind: Kind
    sheet: str
    at: str
    text: str
    why: Text


class Entry(Struct, frozen=True):
    """One cell of text with the cells that say when, to whom, by whom; what else stands in its row by heading."""

    text: Cell | None
    words: str
    day: Cell | None
    time: Cell | None
    day_words: str = ""
    time_words: str = ""
    audience: Cell | None = None
    person: Cell | None = None
    stage: Cell | None = None
    task: bool = False
    carried: bool = False
    """The day stands in a row further up."""
    rest: tuple[tuple[str, Cell], ...] = ()
    attached: tuple[Attached, ...] = ()


def letters(column: int) -> str:
    name = ""
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
