"""A file's text and a place in; the lines around it out, with carets under the place at display width."""

from __future__ import annotations

from sopengine.diagnostics import Place
from sopengine.review.colour import Ink
from sopengine.review.columns import cut, harmless, width

_TAB = "→   "
_BEFORE = 30  # columns kept in front of the caret when a long line has to be cut


def excerpt(text: str, place: Place, columns: int, ink: Ink) -> list[str]:
    """The line before and the line of `place`, each behind its number, then the carets; [] for a place outside."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    if not 1 <= place.line <= len(lines):
        return []
    margin = max(4, len(str(place.line)) + 2)
    room = max(20, columns - margin - 3)
    line = lines[place.line - 1]
    start = min(place.col - 1, len(line))
    end = min(place.end_col - 1, len(line)) if place.end_line == place.line else len(line)
    before, marked, after = (_shown(part) for part in (line[:start], line[start:end], line[end:]))
    before, clipped = _clip_left(before, room)
    carets = "^" * max(1, min(width(marked), room - width(before)))

    def numbered(number: int, shown: str) -> str:
        return f"{ink(str(number).rjust(margin) + ' |', 'blue')} {cut(shown, room)}".rstrip()

    bar = ink(" " * margin + " |", "blue")
    result = [bar]
    if place.line > 1 and lines[place.line - 2].strip():
        result.append(numbered(place.line - 1, _shown(lines[place.line - 2])[clipped:]))
    result.append(numbered(place.line, before + marked + after))
    result.append(f"{bar} {' ' * width(before)}{ink(carets, 'red')}")
    return [*result, bar]


def _shown(part: str) -> str:
    return harmless(part.replace("\t", _TAB))


def _clip_left(before: str, room: int) -> tuple[str, int]:
    """`before` without its first characters when the caret would stand too far right, and how many were taken."""
    if width(before) + 10 <= room:
        return before, 0
    taken = len(before)
    used = 0
    while taken and used + width(before[taken - 1]) <= min(_BEFORE, room // 2):
        taken -= 1
        used += width(before[taken])
    return "…" + before[taken:], taken
