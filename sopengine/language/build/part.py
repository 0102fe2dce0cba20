"""One value of a document in the builder's hands: what it is, where it stands, where its mistakes are reported.

Readers here answer the default for a value of the wrong type and say nothing: the shape check has reported it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from unicodedata import normalize

from msgspec import Struct

from sopengine.diagnostics import Edit, Findings, Fix, Path, Text
from sopengine.language.document import Document
from sopengine.timing.mistake import TimeTextError

T = TypeVar("T")


class Desk(Struct, frozen=True):
    """What all parts of one document share. `meant` are the paths at which a misspelt key was meant to stand."""

    document: Document
    findings: Findings
    meant: frozenset[Path] = frozenset()


class Part(Struct, frozen=True):
    data: Any
    path: Path
    desk: Desk

    def __contains__(self, key: str) -> bool:
        return isinstance(self.data, dict) and self.data.get(key) is not None

    def lacks(self, key: str) -> bool:
        """Whether the author left `key` out: not if it is misspelt, empty, or lost in text that cannot be read."""
        written = isinstance(self.data, dict) and key in self.data
        return not written and (*self.path, key) not in self.desk.meant and self.path not in self.desk.document.broken

    def get(self, key: str) -> Part:
        """The value under `key`; its data is None where there is none."""
        data = self.data.get(key) if isinstance(self.data, dict) else None
        return Part(data, (*self.path, key), self.desk)

    def entries(self) -> Iterator[tuple[str, Part]]:
        """Name and value of each entry of a mapping."""
        if isinstance(self.data, dict):
            for key in self.data:
                yield key, Part(self.data[key], (*self.path, key), self.desk)

    def each(self) -> list[Part]:
        """The items of a list; a single value is a list of one, nothing is none."""
        if self.data is None:
            return []
        if not isinstance(self.data, list):
            return [self]
        return [Part(item, (*self.path, i), self.desk) for i, item in enumerate(self.data)]

    def text(self, default: str = "") -> str:
        return self.data if isinstance(self.data, str) else default

    def number(self, default: int = 0) -> int:
        return self.data if isinstance(self.data, int) and not isinstance(self.data, bool) else default

    def flag(self) -> bool:
        return self.data is True

    def parsed(self, parse: Callable[[str], T]) -> T | None:
        """The text read by one of timing's parsers; a mistake becomes a finding at its exact columns."""
        if not isinstance(self.data, str):
            return None
        try:
            return parse(self.data)
        except TimeTextError as error:
            self.misread(error)
            return None

    def misread(self, error: TimeTextError) -> None:
        before = self.text()[: error.offset]
        line = before.count("\n") + 1
        column = error.offset - (before.rfind("\n") + 1) + 1
        fix = None
        if error.correct is not None and isinstance(self.data, str):
            safe = normalize("NFKC", self.data).strip() == error.correct
            fix = Fix((Edit(self.desk.document.place(self.path), error.correct),), safe=safe)
        self.desk.findings.add(
            error.code,
            error.message,
            self.desk.document.inside(self.path, line, column, error.length),
            help=error.help,
            path=self.path,
            fix=fix,
        )

    def wrong(self, code: str, message: Text, help: Text | None = None, *, of_key: bool = False) -> None:
        """A finding at this value, or at its key."""
        place = self.desk.document.place(self.path, of_key=of_key)
        self.desk.findings.add(code, message, place, help=help, path=self.path)
