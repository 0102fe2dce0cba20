"""Lines, and the one at which YAML gave up in; out the line that was likely mistyped, and how it was meant.

YAML notices a wrong indentation or a missing colon only when the lines around no longer fit, often a line too late.
"""

from __future__ import annotations

import re
from itertools import islice, takewhile
from typing import NamedTuple

from sopengine.diagnostics import Text
from sopengine.language.outline import Entry, outline
from sopengine.language.reading.mending import LineEdit

_STEP = 2
_KEY_WITHOUT_COLON = re.compile(r"([\w-]+)( +(?![:：])|$)")


class Slip(NamedTuple):
    """What to report at `line`, from `col` to `end` (all from 0), and the edits with which reading goes on."""

    line: int
    col: int
    end: int
    message: Text
    help: Text
    edits: tuple[LineEdit, ...]


class _Level(NamedTuple):
    """Entries of one mapping or list that is still open: their column, the first one, how many, the level around."""

    col: int
    dashed: bool
    first: Entry
    entries: int
    parent: int


def find_slip(lines: list[str], line: int) -> Slip | None:
    """None where the entry at `line` stands as well as those before it."""
    entries = outline(lines[: line + 1])
    at = len(entries) - 1
    if at < 0 or entries[at].line != line:
        return None
    if slip := _colon_before(lines, entries, at):
        return slip
    if not entries[at].structural:
        return missing_colon(lines, line, entries[at].inner)
    levels = _open_levels(entries[:at])
    here = entries[at]
    if _is_open(levels, here):
        return None
    move = _moved_out(entries, at, lines) or _moved_first(levels, here) or _moved(levels, here)
    return _move(lines, *move) if move else None


# --- a missing colon


def missing_colon(lines: list[str], line: int, col: int) -> Slip | None:
    """`at 10:00` for `at: 10:00`."""
    text = lines[line]
    found = _KEY_WITHOUT_COLON.match(text, col)
    if found is None or (found.end() == len(text) and not _has_lines_beneath(lines, line, col)):
        return None
    written = f"{found[1]}: {text[found.end() :]}".rstrip()
    edit = LineEdit(line, found.end(1), found.end(), ": " if found.end() < len(text) else ":")
    message = Text("这一行缺少冒号", "A colon is missing in this line")
    return Slip(line, col, len(text), message, Text(f"写成 {written}", f"Write {written}"), (edit,))


def _has_lines_beneath(lines: list[str], line: int, col: int) -> bool:
    below = next((text for text in islice(lines, line + 1, None) if text.strip()), "")
    return _indent(below) > col or (_indent(below) == col and below[col:].startswith("- "))


def _colon_before(lines: list[str], entries: list[Entry], at: int) -> Slip | None:
    """The entry before is a word without a colon, so YAML took it for a text that goes on in this line."""
    here, before = entries[at], entries[at - 1] if at else None
    if before is None or before.keyed or before.inner != here.col:
        return None
    starts = before.dashed or at == 1 or entries[at - 2].opens
    return missing_colon(lines, before.line, before.inner) if starts else None


# --- a wrong indentation


def _open_levels(entries: list[Entry]) -> list[_Level]:
    levels: list[_Level] = []
    for entry in entries:
        if entry.dashed:
            _count(levels, entry, entry.col, dashed=True)
        if entry.keyed:
            _count(levels, entry, entry.inner, dashed=False)
    return levels


def _count(levels: list[_Level], entry: Entry, col: int, *, dashed: bool) -> None:
    while levels and (levels[-1].col > col or (levels[-1].col == col and levels[-1].dashed and not dashed)):
        levels.pop()
    if levels and levels[-1].col == col and levels[-1].dashed == dashed:
        levels[-1] = levels[-1]._replace(entries=levels[-1].entries + 1)
    else:
        levels.append(_Level(col, dashed, entry, 1, levels[-1].col if levels else -_STEP))


def _moved_out(entries: list[Entry], at: int, lines: list[str]) -> tuple[Entry, int] | None:
    """The entry before stands too far left: it ended a level that its neighbours on both sides belong to."""
    if at < 2:
        return None
    here, odd, above = entries[at], entries[at - 1], entries[at - 2]
    if odd.opens or odd.dashed or here.dashed or odd.col >= here.col:
        return None
    emptied = above.opens and above.inner == odd.col == here.col - _STEP
    levels = _open_levels(entries[: at - 1])
    among_openers = any(level.col == odd.col and not level.dashed and level.first.opens for level in levels)
    ended = _is_open(levels, here) and (among_openers or _in_a_row(lines, here) > 1)
    return (odd, here.col) if emptied or ended else None


def _is_open(levels: list[_Level], entry: Entry) -> bool:
    return any(level.col == entry.col and level.dashed == entry.dashed for level in levels)


def _in_a_row(lines: list[str], first: Entry) -> int:
    """How many entries from `first` on stand at its column, before one further left."""
    following = outline(lines[first.line : first.line + 40])
    row = takewhile(lambda entry: entry.col >= first.col, following)
    return sum(entry.col == first.col for entry in row)


def _moved_first(levels: list[_Level], here: Entry) -> tuple[Entry, int] | None:
    """The first entry of a level stands at an odd column, so that the second one, which is right, seems wrong."""
    for level in reversed(levels):
        if level.dashed != here.dashed or level.entries > 1:
            continue
        odd, outer, new = level.first, level, here.col
        if odd.dashed and not level.dashed:  # the key after a dash: the dash is what stands wrong
            outer = next((one for one in levels if one.dashed and one.col == odd.col), level)
            new = odd.col + here.col - level.col
        right = {outer.parent + _STEP, outer.parent} if outer.dashed else {outer.parent + _STEP}
        if outer.entries == 1 and new in right and odd.col not in right:
            return odd, new
    return None


def _moved(levels: list[_Level], here: Entry) -> tuple[Entry, int] | None:
    columns = [level.col for level in levels if level.dashed == here.dashed]
    if not columns:
        return None
    return here, min(columns, key=lambda col: (abs(col - here.col), -col))


def _move(lines: list[str], entry: Entry, new: int) -> Slip:
    """Moves the entry, and what stands beneath it if that was moved along with it."""
    by = new - entry.col
    edits = [LineEdit(entry.line, 0, entry.col, " " * new)]
    along: bool | None = None
    for number in range(entry.line + 1, len(lines)):
        indent = _indent(lines[number])
        if not lines[number].strip():
            continue
        if along is None:
            along = indent == entry.inner if entry.dashed else entry.opens and entry.col < indent <= new
        if not along or indent <= entry.col:
            break
        edits.append(LineEdit(number, 0, indent, " " * max(indent + by, 0)))
    message = Text(
        f"缩进不对：这一行缩进了 {entry.col} 格，和同一层的其他行没有对齐",
        f"Wrong indentation: {entry.col} spaces, which is not in line with the others of its level",
    )
    help = Text(f"缩进 {new} 格", f"Indent it by {new} spaces")
    return Slip(entry.line, entry.col, len(lines[entry.line].rstrip()), message, help, tuple(edits))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
