"""The text of a quoted scalar in; the characters it may not hold out, and where the escape that writes one stands."""

from __future__ import annotations

import re

from sopengine.language.reading.encoding import UNREADABLE
from sopengine.language.reading.spots import Span

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_SHORT = dict(zip("0abvfreNLP", "\0\a\b\v\f\r\x1b\x85\u2028\u2029", strict=True))


def forbidden(text: str) -> str:
    """The control characters and odd line ends in `text`, in order of appearance."""
    if text.isprintable():
        return ""
    return "".join(c for c in text if c == "\r" or UNREADABLE.match(c))


def written_escape(char: str, lines: list[str], span: Span) -> Span:
    """Where inside `span` the escape for `char` stands; the whole span if it cannot be told."""
    first, col, last, end = span
    for line in range(first, last + 1):
        begin, stop = col if line == first else 0, end if line == last else len(lines[line])
        for found in _ESCAPE.finditer(lines[line], begin, stop):
            if _meaning(found[0]) == char:
                return line, found.start(), line, found.end()
    return span


def _meaning(escape: str) -> str:
    if len(escape) > 2:
        code = int(escape[2:], 16)
        return chr(code) if code < 0x110000 else ""
    return _SHORT.get(escape[1], "")
