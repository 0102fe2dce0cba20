"""Edited lines in, lines for a terminal out: what is cut and what is new behind their signs, the words in colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sopengine.review.colour import Ink
from sopengine.review.columns import harmless, wrap
from sopengine.review.comparison.edits import Line, Part, Side

_SIGNS: dict[Side, str] = {"both": " ", "old": "-", "new": "+"}
_TONES: dict[Side, tuple[str, ...]] = {"both": ("dim",), "old": ("red", "bold"), "new": ("green", "bold")}


def shown(lines: Iterable[Line | None], columns: int, ink: Ink) -> Iterator[str]:
    """None stands for lines that are left out."""
    for line in lines:
        if line is None:
            yield ink("  …", "dim")
        else:
            yield from _rows(line, columns, ink)


def _rows(line: Line, columns: int, ink: Ink) -> Iterator[str]:
    parts = [Part(harmless(part.text), part.touched or line.side == "both") for part in line.parts]
    text, begin = "".join(part.text for part in parts), 0
    for number, row in enumerate(wrap(text, columns - 2)):
        begin = text.index(row, begin)
        sign = ink(_SIGNS[line.side], *_TONES[line.side]) if number == 0 else " "
        yield f"{sign} {_painted(parts, begin, begin + len(row), line.side, ink)}"
        begin += len(row)


def _painted(parts: Sequence[Part], begin: int, end: int, side: Side, ink: Ink) -> str:
    """The stretch of a line from `begin` to `end`; touched words in the colour of their side."""
    shown, position = "", 0
    for text, touched in parts:
        piece = text[max(0, begin - position) : max(0, end - position)]
        shown += ink(piece, *_TONES[side]) if touched else piece
        position += len(text)
    return shown
