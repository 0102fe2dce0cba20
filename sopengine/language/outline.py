"""Lines that may not be YAML in; their entries with columns out, the text of block scalars passed over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_LINE = re.compile(r"( *)((?:- +)*(?:-$)?)((?:[\w.-]+|\"[^\"]*\"|'[^']*'):(?=[ \t]|$))?[ \t]*(.*)")
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?")


class Entry(NamedTuple):
    """`col` is that of its first sign, `inner` that of what follows its dashes; all from 0."""

    line: int
    col: int
    inner: int
    keyed: bool
    opens: bool  # its value stands in the lines below, or is empty

    @property
    def dashed(self) -> bool:
        return self.inner > self.col

    @property
    def structural(self) -> bool:
        return self.keyed or self.dashed


class BlockText:
    """Follows the text of block scalars from line to line."""

    def __init__(self) -> None:
        self._parent = -1  # column of the entry that holds the scalar
        self._indent = 0  # of its first line of text; 0 before that

    def begin(self, parent: int) -> None:
        self._parent, self._indent = max(parent, 0), 0

    def holds(self, indent: int) -> bool:
        """Whether a line that is not blank, with `indent` spaces, belongs to the text."""
        if self._parent < 0:
            return False
        if indent > self._parent and indent >= self._indent:
            self._indent = self._indent or indent
            return True
        self._parent = -1
        return False

    @property
    def parent(self) -> int:
        return self._parent


def outline(lines: Sequence[str]) -> list[Entry]:
    entries: list[Entry] = []
    text = BlockText()
    for number, line in enumerate(lines):
        body = line.lstrip(" ")
        if not body.strip() or text.holds(len(line) - len(body)) or body.startswith("#"):
            continue
        found = _LINE.match(line)
        if found is None:
            continue
        col, inner = len(found[1]), found.start(3) if found[3] else found.start(4)
        if not found[2]:
            inner = col
        block = _HEADER.fullmatch(found[4]) is not None
        entries.append(Entry(number, col, inner, bool(found[3]), not found[4] or found[4].startswith("#") or block))
        if block:
            text.begin(inner if found[3] else col)
    return entries
