"""Text that may not be YAML in; what can be read of it out, every unreadable stretch reported once and left blank."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from sopengine.diagnostics import Edit, Findings, Fix, Path, Place, Text
from sopengine.language.reading.complaints import Complaint, complaint
from sopengine.language.reading.composed import Composed
from sopengine.language.reading.composer import compose
from sopengine.language.reading.indentation import find_slip
from sopengine.language.reading.mending import Mended, mend_further
from sopengine.language.reading.spots import RawSpot

ROUNDS = 20
WORK = 500_000
"""Characters parsed over all rounds: some 200 ms, whatever the bytes."""

_ENTRY = re.compile(r"[ \t]*(?:-[ \t]+)*")


class Gap(NamedTuple):
    """A line whose entry, which began at `col`, was left out; both from 0."""

    line: int
    col: int


def compose_through(file: str, mended: Mended, findings: Findings, told: set[int]) -> tuple[Composed, frozenset[Path]]:
    """The composed text and the paths beneath which something was unreadable. Raises TooLarge beyond the limits.

    `told`: lines, from 0, whose mistake has been reported already. Findings go to `findings`, the composer's included.
    """
    gaps: list[Gap] = []
    rounds = work = 0
    while True:
        try:
            composed = compose(file, mended)
        except yaml.YAMLError as error:
            lines = mended.text.split("\n")
            trouble = complaint(error, lines)
            mark = getattr(error, "problem_mark", None)
            work += mark.index if mark else len(mended.text)
            rounds += 1
            if rounds > ROUNDS or work > WORK:
                _give_up(file, trouble.line, findings)
                gaps.append(Gap(trouble.line, 0))
                mended = Mended("\n".join(lines[: trouble.line]), mended.shifts)
                rounds = work = 0  # what is left is shorter by at least one line
            else:
                mended = _past(trouble, lines, file, mended, findings, told, gaps)
            continue
        findings.extend(f for f in composed.findings if f.place is None or f.place.line - 1 not in told)
        return composed, frozenset(path for gap in gaps for path in _broken(gap, composed.spots.raw))


def _past(
    trouble: Complaint,
    lines: list[str],
    file: str,
    mended: Mended,
    findings: Findings,
    told: set[int],
    gaps: list[Gap],
) -> Mended:
    """Reports one trouble, and the text with which reading goes on beyond it."""
    line, new = trouble.line, trouble.line not in told
    slip = find_slip(lines, line) if trouble.misplaced else None
    if slip is not None:
        further, made = mend_further(mended, slip.edits)
        if slip.line not in told:
            col, end = mended.column(slip.line, slip.col) + 1, mended.column(slip.line, slip.end) + 1
            edits = tuple(Edit(_place(file, n, s.col + 1, s.col + s.removed + 1), s.text) for n, s in made)
            findings.add("SOP-Y102", slip.message, _place(file, slip.line, col, end), help=slip.help, fix=Fix(edits))
        told.add(slip.line)
        return further
    told.add(line)
    if new:
        col = mended.column(line, trouble.col) + 1
        findings.add(trouble.code, trouble.message, _place(file, line, col, col + 1), help=trouble.help)
    if trouble.leftover:
        lines[line] = lines[line][: trouble.col].rstrip()
    else:
        gaps.append(_blank(lines, line))
    return Mended("\n".join(lines), mended.shifts)


def _place(file: str, line: int, col: int, end: int) -> Place:
    return Place(file, line + 1, col, line + 1, end)


def _give_up(file: str, line: int, findings: Findings) -> None:
    findings.add(
        "SOP-Y102",
        Text("语法错误太多，从这一行起没有再读", "Too many syntax errors; nothing was read from this line on"),
        Place(file, line + 1, 1, line + 1, 2),
        help=Text("先改好上面的错误，再检查一次", "Mend the errors above, then check again"),
    )


def _blank(lines: list[str], line: int) -> Gap:
    """Empties the entry in `line` and what is indented beneath it. A dash stays, so that its item keeps its number."""
    found = _ENTRY.match(lines[line])
    col = found.end() if found else 0
    lines[line] = lines[line][:col].rstrip() if lines[line][col:].strip() else ""
    below = line + 1
    while below < len(lines) and (not lines[below].strip() or _indent(lines[below]) > col):
        lines[below] = ""
        below += 1
    return Gap(line, col)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _broken(gap: Gap, spots: dict[Path, RawSpot]) -> set[Path]:
    """The mapping or list that the entry at `gap` belonged to; and the null that it left behind, if it did."""
    deepest: dict[tuple[int, int], Path] = {}
    for path, spot in sorted(spots.items(), key=lambda item: len(item[0])):
        deepest[(spot.key or spot.value)[:2]] = path
    entries = sorted((line, col, path) for (line, col), path in deepest.items())
    above = [e for e in entries if e[0] < gap.line]
    left = {path for line, _, path in entries if line == gap.line}
    for nearby in (reversed(above), (e for e in entries if e[0] > gap.line)):
        closest = next((e for e in nearby if e[1] <= gap.col), None)
        if closest is not None and closest[1] == gap.col:
            return left | {closest[2][:-1]}
    parent = next((path for _, col, path in reversed(above) if col < gap.col), ())
    return left | {parent}
