"""A file's lines and a place in; the lines around it out, with carets under the place at display width."""

from __future__ import annotations

from collections.abc import Sequence

from sopengine.diagnostics import Place
from sopengine.review.colour import Ink
from sopengine.review.columns import cut, harmless, width

_TAB = "→   "
_BEFORE = 30  # columns kept in front of the caret when a long line has to be cut


def lines_of(text: str) -> list[str]:
    """A text's lines as places count them, whatever its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")


def excerpt(lines: Sequence[str], place: Place, columns: int, ink: Ink) -> list[str]:
    """The line before and the line of `place`, each behind its number, then the carets; [] for a place outside."""
    if not 1 <= place.line <= len(lines):
        return []
    margin = max(4, len(str(place.line)) + 2)
    room = max(20, columns - margin - 3)
    line = lines[place.line - 1]
    start = min(place.col - 1, len(line))
    end = min(place.end_col - 1, len(line)) if place.end_line == place.line else len(line)
    before, marked, after = (_shown(part) for part in (line[:start], line[start:end], line[end:]))
    above = _shown(lines[place.line - 2]) if place.line > 1 else ""
    if width(before) + 10 > room:
        before, above = _last_part(before, min(_BEFORE, room // 2)), ""
    carets = "^" * max(1, min(width(marked), room - width(before)))

    def numbered(number: int, shown: str) -> str:
        return f"{ink(str(number).rjust(margin) + ' |', 'blue')} {cut(shown, room)}".rstrip()

    bar = ink(" " * margin + " |", "blue")
    result = [bar]
    if above.strip():
        result.append(numbered(place.line - 1, above))
    result.append(numbered(place.line, before + marked + after))
    result.append(f"{bar} {' ' * width(before)}{ink(carets, 'red')}")
    return [*result, bar]


def _shown(part: str) -> str:
    return harmless(part.replace("\t", _TAB))


def _last_part(before: str, columns: int) -> str:
    """The end of what stands in front of the caret, where the whole would push the caret off the page."""
    taken, used = len(before), 0
    while taken and used + width(before[taken - 1]) <= columns:
        taken -= 1
        used += width(before[taken])
    return "…" + before[taken:]
