"""Marks of the event parser in; places in the author's file out, made only when somebody asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from sopengine.diagnostics import Path, Place
from sopengine.language.document import Spot
from sopengine.language.reading.mending import Mended

Event: TypeAlias = Any
"""An event of PyYAML. Its type stubs allow events without marks, which the parsers never give."""
Span: TypeAlias = tuple[int, int, int, int]
"""Line, column, end line, end column in the mended text, all from 0, the end exclusive."""

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")


class RawSpot(NamedTuple):
    key: Span | None
    value: Span
    style: str


class Sheet:
    """The text that is being composed, and where its stretches stand in the author's file."""

    def __init__(self, file: str, mended: Mended) -> None:
        self.file = file
        self.mended = mended

    @cached_property
    def lines(self) -> list[str]:
        return self.mended.text.split("\n")

    def place(self, span: Span) -> Place:
        line, col, end_line, end_col = span
        if end_line >= len(self.lines):  # the parser counts a line after the last line end of an unfinished entry
            end_line = len(self.lines) - 1
            end_col = len(self.lines[end_line])
            line, col = min((line, col), (end_line, end_col))
        column = self.mended.column
        return Place(self.file, line + 1, column(line, col) + 1, end_line + 1, column(end_line, end_col) + 1)

    def span(self, event: Event) -> Span:
        """Without the anchor and tag before a scalar, and without the blank lines after a block scalar."""
        start, end = event.start_mark, event.end_mark
        line, col, end_line, end_col = start.line, start.column, end.line, end.column
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            col += len(self.properties(event))
            if line == end_line:
                col = min(col, end_col)
        if getattr(event, "style", None) in ("|", ">"):
            end_line, end_col = self._last_line(line, end_line, end_col)
        return line, col, end_line, end_col

    def properties(self, event: Event) -> str:
        """The anchor and tag as written before a value, with the spaces after them."""
        found = _PROPERTIES.match(self.lines[event.start_mark.line], event.start_mark.column)
        return found[0] if found else ""

    def _last_line(self, first: int, line: int, col: int) -> tuple[int, int]:
        """The end of a block scalar's own text; the parser's mark stands before the next entry."""
        if col == 0:
            line -= 1
        while line > first and not self.lines[line].strip():
            line -= 1
        return line, len(self.lines[line])


class Spots(Mapping[Path, Spot]):
    """Spots by path. Thousands are kept and a few are looked at, so places are made on demand."""

    def __init__(self, sheet: Sheet, raw: dict[Path, RawSpot]) -> None:
        self._sheet = sheet
        self.raw = raw

    def __getitem__(self, path: Path) -> Spot:
        key, value, style = self.raw[path]
        place = self._sheet.place
        if style in ("'", '"') and self._sheet.mended.added_quote(value[0], value[1]):
            style = ""
        return Spot(place(key) if key else None, place(value), style)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)
