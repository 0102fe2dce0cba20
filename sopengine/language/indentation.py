"""Lines with one that YAML finds at a wrong column in; the column it was likely meant to have out."""

from __future__ import annotations

import re
from typing import NamedTuple

from sopengine.diagnostics import Edit, Findings, Fix, Place, Text
from sopengine.language.mending import Mended, Shift

_ENTRY = re.compile(r"( *)((?:- +)*)([\w-]+:(?=[ \t]|$)|\"|')?")


class Move(NamedTuple):
    """Lines `first` to before `last`, from 0, move from column `old` to `new`."""

    first: int
    last: int
    old: int
    new: int


def wanted_column(lines: list[str], line: int) -> Move | None:
    """None where the line is no entry, or already stands at the column of an open level."""
    here = _ENTRY.match(lines[line])
    if here is None or not (here[2] or here[3]):
        return None
    old = len(here[1])
    levels = _open_columns(lines, line)
    if not levels or old in levels:
        return None
    new = min(levels, key=lambda col: (abs(col - old), -col))
    last = line + 1
    while last < len(lines) and (not lines[last].strip() or _indent(lines[last]) > old):
        last += 1
    return Move(line, last, old, new)


def _open_columns(lines: list[str], line: int) -> list[int]:
    """Columns of the levels that are open before `line`, the deepest first."""
    levels: list[int] = []
    for above in range(line - 1, -1, -1):
        found = _ENTRY.match(lines[above])
        if found is None or not lines[above].strip() or not (found[2] or found[3]):
            continue
        col = len(found[1])
        if levels and col >= levels[-1]:
            continue
        if found[2] and (not levels or col + len(found[2]) < levels[-1]):
            levels.append(col + len(found[2]))
        levels.append(col)
        if col == 0:
            break
    return levels


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def moved(mended: Mended, lines: list[str], move: Move) -> Mended:
    """The text with the lines moved; places still lead to the author's columns."""
    shifts = dict(mended.shifts)
    for line in range(move.first, move.last):
        text = lines[line]
        if not text.strip():
            continue
        indent = _indent(text)
        wanted = max(indent + move.new - move.old, 0)
        lines[line] = " " * wanted + text[indent:]
        shifts[line] = (Shift(0, indent, " " * wanted), *shifts.get(line, ()))
    return Mended("\n".join(lines), shifts)


def report_move(file: str, move: Move, lines: list[str], findings: Findings) -> None:
    text = lines[move.first]
    place = Place(file, move.first + 1, move.old + 1, move.first + 1, len(text.rstrip()) + 1)
    edits = tuple(
        Edit(Place(file, n + 1, 1, n + 1, _indent(lines[n]) + 1), " " * max(_indent(lines[n]) + move.new - move.old, 0))
        for n in range(move.first, move.last)
        if lines[n].strip()
    )
    findings.add(
        "SOP-Y102",
        Text(
            f"缩进不对：这一行缩进了 {move.old} 格，上面没有缩进 {move.old} 格的同层内容",
            f"Wrong indentation: {move.old} spaces, and nothing above stands at that level",
        ),
        place,
        help=Text(f"缩进 {move.new} 格", f"Indent it by {move.new} spaces"),
        fix=Fix(edits),
    )
