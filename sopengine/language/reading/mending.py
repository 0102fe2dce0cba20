"""A text and edits to it in; the edited text out, which still knows the author's own columns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sopengine.diagnostics import Edit, Fix, Place, Text


class Replacement(NamedTuple):
    """Offsets into the whole text; never over a line end."""

    start: int
    end: int
    text: str


class Trap(NamedTuple):
    """A mistake seen in the raw text, and the replacements with which the author's meaning can be read on."""

    code: str
    message: Text
    help: Text | None
    start: int
    end: int
    edits: tuple[Replacement, ...] = ()
    safe: bool = False
    silent: bool = False  # YAML may accept it and mean something else
    reads_on: bool = True  # whether reading goes on as if the edits were made


class Lines:
    """Offsets of one text as places."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset, hi=len(self._starts) - 1)
        return line, offset - self._starts[line - 1] + 1

    def place(self, start: int, end: int) -> Place:
        return Place(self.file, *self.position(start), *self.position(end))

    def fix(self, edits: Iterable[Replacement], *, safe: bool) -> Fix | None:
        found = tuple(Edit(self.place(e.start, e.end), e.text) for e in edits)
        return Fix(found, safe) if found else None


class Shift(NamedTuple):
    """One replacement inside one line, in the columns (from 0) of the author's line."""

    col: int
    removed: int
    text: str


class LineEdit(NamedTuple):
    """Replace `col` … `end` of one line of a mended text; all from 0."""

    line: int
    col: int
    end: int
    text: str


class Mended(NamedTuple):
    """Text with the author's line numbers. `shifts` holds, by line from 0, what was replaced, from left to right."""

    text: str
    shifts: Mapping[int, tuple[Shift, ...]]

    def column(self, line: int, col: int) -> int:
        """The author's column for a column of the mended line; all from 0."""
        gained = 0
        for shift in self.shifts.get(line, ()):
            inside = col - gained - shift.col
            if inside < 0:
                break
            if inside <= len(shift.text):
                return shift.col + min(inside, shift.removed)
            gained += len(shift.text) - shift.removed
        return col - gained

    def added_quote(self, line: int, col: int) -> bool:
        """Whether the quote at this column of the mended line is ours and not the author's."""
        gained = 0
        for shift in self.shifts.get(line, ()):
            if col - gained == shift.col:
                return shift.text[:1] in ("'", '"')
            gained += len(shift.text) - shift.removed
        return False


def mend_further(mended: Mended, edits: Iterable[LineEdit]) -> tuple[Mended, tuple[tuple[int, Shift], ...]]:
    """The text with the edits made, and what each of them replaces, by line, in the author's columns."""
    lines = mended.text.split("\n")
    shifts = dict(mended.shifts)
    made = []
    for line, col, end, text in edits:
        first, last = mended.column(line, col), mended.column(line, end)
        shift = Shift(first, last - first, text)
        kept = (s for s in shifts.get(line, ()) if not first <= s.col <= last or (s.col == last > first and s.removed))
        shifts[line] = tuple(sorted((*kept, shift)))
        lines[line] = lines[line][:col] + text + lines[line][end:]
        made.append((line, shift))
    return Mended("\n".join(lines), shifts), tuple(made)


def mend(lines: Lines, edits: Iterable[Replacement]) -> Mended:
    """Applies the edits; one that overlaps an earlier one is left out."""
    pieces: list[str] = []
    shifts: dict[int, tuple[Shift, ...]] = {}
    done = 0
    for edit in sorted(edits):
        if edit.start < done:
            continue
        pieces += (lines.text[done : edit.start], edit.text)
        done = edit.end
        line, col = lines.position(edit.start)
        shift = Shift(col - 1, edit.end - edit.start, edit.text)
        shifts[line - 1] = (*shifts.get(line - 1, ()), shift)
    return Mended("".join(pieces) + lines.text[done:], shifts)


def quoted(text: str) -> str:
    """`text` as a quoted scalar of one line."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
