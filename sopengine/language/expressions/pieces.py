"""A template → the stretches of code in it, in one pass over the text, however it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}


def code_spans(text: str) -> Iterator[tuple[int, int]]:
    """From an opening sign to the end of the first closing one of its kind; what is never closed is no code."""
    unclosed: set[str] = set()
    at = 0
    while found := _OPENING.search(text, at):
        end = -1 if found[0] in unclosed else text.find(_CLOSING[found[0]], found.end())
        if end < 0:
            unclosed.add(found[0])
            at = found.start() + 1
        else:
            at = end + 2
            yield found.start(), at
