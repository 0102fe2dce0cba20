"""Spoils signs: full-width ones where the ASCII sign has a meaning, and quotes that lost their partner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from tests.mutation.book import Book
from tests.mutation.mutant import Mutant, spoil

_WIDE = dict(
    zip(
        ":,[]{}-()'\"|.=<>+*/%!#0123456789 ",
        "：，［］｛｝－（）‘“｜．＝＜＞＋＊／％！＃０１２３４５６７８９\u3000",
        strict=True,
    )
)
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_CONDITIONS = ("if", "when", "where", "stop_if")
_TIMES = ("on", "at", "after", "from", "until", "except", "due", "late_ok", "useful_until", "gap", "again", "for")


def full_width(book: Book, dice: Random) -> Iterator[Mutant]:
    for line, at in sorted(_structural(book)):
        row = book.rows[line - 1]
        rows = [*book.rows]
        rows[line - 1] = row[:at] + _WIDE[row[at]] + row[at + 1 :]
        yield spoil(book, "full-width sign", rows, line, meant=row[at] if row[at] != " " else "space")


def _structural(book: Book) -> set[tuple[int, int]]:
    """Line, from 1, and column, from 0, of signs that mean something to YAML, a time, a condition or a template."""
    found: set[tuple[int, int]] = set()
    for entry in book.entries:
        row = book.rows[entry.place.line - 1]
        found.add((entry.place.line, row.index(":", entry.place.end_col - 1)))
        if entry.dashed:
            found.add((entry.place.line, row[: entry.place.col - 1].rindex("-")))
        value = entry.spot.value
        inside = book.value(entry.path)
        if value.line != value.end_line or value.line != entry.place.line:
            continue
        ends = (value.line, value.col - 1), (value.line, value.end_col - 2)
        if isinstance(inside, (dict, list)) or (entry.spot.style in ("'", '"') and value.end_col - value.col > 1):
            found.update(ends)
        elif isinstance(inside, str):
            key = entry.key
            if key in _TIMES or key in _CONDITIONS:
                found.update((value.line, at) for at in range(value.col - 1, value.end_col - 1) if row[at] in _WIDE)
    for number, row in enumerate(book.rows, 1):
        for code in _CODE.finditer(row):
            found.update((number, at) for at in range(*code.span()) if row[at] in "{}|().'" and row[at] in _WIDE)
    return {(line, at) for line, at in found if book.rows[line - 1][at] in _WIDE and book.rows[line - 1][at] != " "}


def lost_quote(book: Book, dice: Random) -> Iterator[Mutant]:
    for spot in book.document.spots.values():
        if spot.style not in ("'", '"'):
            continue
        value = spot.value
        for line, at in ((value.line, value.col - 1), (value.end_line, value.end_col - 2)):
            yield from _without(book, line, at, spot.style)
    for number, row in enumerate(book.rows, 1):
        if row.lstrip().startswith("#"):
            continue
        pieces = [code.span() for code in _CODE.finditer(row)]
        if re.search(rf"\b({'|'.join(_CONDITIONS)}): ", row):
            pieces.append((0, len(row)))
        for start, end in pieces:
            for found in re.finditer(r"'[^']*'", row[start:end]):
                yield from _without(book, number, start + found.start(), "'")
                yield from _without(book, number, start + found.end() - 1, "'")


def _without(book: Book, line: int, at: int, sign: str) -> Iterator[Mutant]:
    row = book.rows[line - 1]
    if row[at] != sign:
        return
    rows = [*book.rows]
    rows[line - 1] = row[:at] + row[at + 1 :]
    yield spoil(book, "lost quote", rows, line, meant=sign)
