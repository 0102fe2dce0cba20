"""A read YAML file: plain data, and beside it the place of every key and value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from sopengine.diagnostics import Path, Place


class Spot(NamedTuple):
    """Where one entry stands. `key` is None for list items and the root; `style` is YAML's: "", "'", '"', "|", ">"."""

    key: Place | None
    value: Place
    style: str = ""


class Document(Struct, frozen=True):
    """`data`: dict, list, str, int, Decimal, bool, None. `broken` lists paths beneath which text was unreadable, so
    that what is missing there is not reported again. `modules` are the documents that a step brings in, by the path of
    its `use`: what stands in them has its paths beneath that one."""

    file: str
    text: str
    data: Any
    spots: Mapping[Path, Spot] = field(default_factory=dict)
    broken: frozenset[Path] = frozenset()
    modules: Mapping[Path, Document] = field(default_factory=dict)

    def whole(self) -> Iterator[Document]:
        """This document and those of its modules, each file once."""
        seen: set[str] = set()
        waiting = [self]
        while waiting:
            document = waiting.pop(0)
            if document.file not in seen:
                seen.add(document.file)
                yield document
            waiting += document.modules.values()

    def home(self, path: Path) -> tuple[Document, Path]:
        """The document in which the value at `path` was written, and its path there."""
        for base, document in self.modules.items():
            if len(path) > len(base) and path[: len(base)] == base:
                return document.home(path[len(base) :])
        return self, path

    def spot(self, path: Path) -> Spot | None:
        """The entry at `path`, or its nearest ancestor that has one."""
        if self.modules:
            document, path = self.home(path)
            if document is not self:
                return document.spot(path)
        while True:
            if (found := self.spots.get(path)) or not path:
                return found
            path = path[:-1]

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Where the value at `path` stands (or its key); falls back to the nearest ancestor, then the file's start."""
        found = self.spot(path)
        if found is None:
            return Place(self.file, 1, 1, 1, 1)
        return found.key if of_key and found.key is not None else found.value

    def inside(self, path: Path, offset_line: int, offset_col: int = 1, length: int = 1) -> Place:
        """A place inside a text value: `offset_line` and `offset_col` count from 1 within the value."""
        document, path = self.home(path)
        if document is not self:
            return document.inside(path, offset_line, offset_col, length)
        found = self.spot(path)
        if found is None:
            return Place(self.file, 1, 1, 1, 1)
        value = found.value
        if found.style == "|":
            line = value.line + offset_line
            body = self.text.split("\n")[value.line : value.end_line]
            indent = min((len(b) - len(b.lstrip(" ")) for b in body if b.strip()), default=0)
            col = indent + offset_col
        elif value.line < value.end_line:
            return self._folded(path, found, offset_line, offset_col, length)
        else:
            line = value.line + offset_line - 1
            col = offset_col + (value.col - 1 + (1 if found.style else 0) if offset_line == 1 else 0)
        return Place(self.file, line, col, line, col + length)

    def _folded(self, path: Path, found: Spot, line: int, col: int, length: int) -> Place:
        """The same in a text that goes over several lines and is folded: its signs, blanks aside, stand in order."""
        text, value = value_at(self, path), found.value
        rows = self.text.split("\n")[value.line - 1 : value.end_line]
        rows[-1] = rows[-1][: value.end_col - 1 - (found.style in ("'", '"'))]
        rows[0] = " " * len(rows[0]) if found.style == ">" else " " * (value.col - 1) + rows[0][value.col - 1 :]
        if found.style in ("'", '"'):
            rows[0] = rows[0].replace(found.style, " ", 1)
        if not isinstance(text, str) or "".join(text.split()) != "".join("\n".join(rows).split()):
            return value
        before = "\n".join(text.split("\n")[: line - 1]) + text.split("\n")[line - 1][: col - 1]
        wanted = len("".join(before.split()))
        for number, row in enumerate(rows):
            signs = len("".join(row.split()))
            if wanted < signs:
                at = [n for n, sign in enumerate(row) if not sign.isspace()][wanted]
                return Place(self.file, value.line + number, at + 1, value.line + number, at + 1 + length)
            wanted -= signs
        return value


def value_at(document: Document, path: Path) -> object:
    """The value at `path`, or None where there is none."""
    document, path = document.home(path)
    value: object = document.data
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value
