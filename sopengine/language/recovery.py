"""Text that may not be YAML in; what can be read of it out, every unreadable stretch reported once and left blank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import yaml

from sopengine.diagnostics import Findings, Path, Place, Text
from sopengine.language.complaints import complaint
from sopengine.language.composer import Composed, compose
from sopengine.language.mending import Mended
from sopengine.language.spots import RawSpot

ROUNDS = 20
WORK = 500_000
"""Characters parsed over all rounds: some 200 ms, whatever the bytes."""

_ENTRY = re.compile(r"[ \t]*(?:-[ \t]+)*")


class Gap(NamedTuple):
    """A line whose entry, which began at `col`, was left out; both from 0."""

    line: int
    col: int


def compose_through(
    file: str, mended: Mended, findings: Findings, told: set[int]
) -> tuple[Composed, frozenset[Path]]:
    """The composed text and the paths beneath which something was unreadable. Raises TooLarge beyond the limits.

    `told`: lines, from 0, whose mistake has been reported already. Findings go to `findings`, the composer's included.
    """
    gaps: list[Gap] = []
    work = 0
    while True:
        try:
            composed = compose(file, mended)
        except yaml.YAMLError as error:
            lines = mended.text.split("\n")
            trouble = complaint(error, lines)
            mark = getattr(error, "problem_mark", None)
            work += mark.index if mark else len(mended.text)
            if len(gaps) >= ROUNDS or work > WORK:
                _give_up(file, trouble.line, findings)
                gaps.append(Gap(trouble.line, 0))
                lines[trouble.line :] = [""] * (len(lines) - trouble.line)
                work = 0 if any(lines) else work
            else:
                if trouble.line not in told:
                    col = mended.column(trouble.line, trouble.col) + 1
                    place = Place(file, trouble.line + 1, col, trouble.line + 1, col + 1)
                    findings.add(trouble.code, trouble.message, place, help=trouble.help)
                    told.add(trouble.line)
                gaps.append(_blank(lines, trouble.line))
            mended = Mended("\n".join(lines), mended.shifts)
            continue
        findings.extend(f for f in composed.findings if f.place is None or f.place.line - 1 not in told)
        return composed, frozenset(_broken(gap, composed.spots.raw) for gap in gaps)


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


def _broken(gap: Gap, spots: dict[Path, RawSpot]) -> Path:
    """The mapping or list that the entry at `gap` belonged to, as far as what is left shows it."""
    entries = sorted((spot.key or spot.value)[:2] + (path,) for path, spot in spots.items() if path)
    for nearby in (_outward(entries, gap, -1), _outward(entries, gap, 1)):
        if nearby is not None and nearby[1]:
            return nearby[0][:-1]
    above = _outward(entries, gap, -1)
    return above[0] if above else ()


def _outward(
    entries: Sequence[tuple[int, int, Path]], gap: Gap, step: int
) -> tuple[Path, bool] | None:
    """The nearest entry above or below that stands at the gap's column (True), or the first that stands left of it."""
    ordered = [e for e in entries if (e[0] - gap.line) * step > 0 or (e[0] == gap.line and step < 0)]
    for _, col, path in ordered if step > 0 else reversed(ordered):
        if col == gap.col:
            return path, True
        if col < gap.col:
            return path, False
    return None
