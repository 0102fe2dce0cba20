"""Every full-width sign, blank and lost space, wherever it can stand in real playbooks: a finding on its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import NamedTuple

import pytest

from tests.mutation.__main__ import books
from tests.mutation.book import Book
from tests.mutation.signs import full_width

SHARE = 0.97
MOST = 20
"""Of one kind: taken by seed from all playbooks."""
SEED = 1


class Case(NamedTuple):
    """`at`: the line, from 1."""

    kind: str
    book: Book
    text: str
    at: int
    sign: str


def _signs(book: Book) -> Iterator[Case]:
    for mutant in full_width(book, Random(SEED)):
        before, after = mutant.before, mutant.after
        spot = next(n for n, sign in enumerate(after) if sign != before[n])
        yield Case(f"{after[spot]} for {before[spot]}", book, mutant.text, mutant.line, after[spot])


def _blanks(book: Book) -> Iterator[Case]:
    """Of the lines that begin an entry: their indentation, and the blank behind their colon or dash."""
    lines = sorted({entry.place.line for entry in book.entries if not entry.flow and not entry.dashed})
    dashes = sorted({entry.place.line for entry in book.entries if entry.dashed})
    for line in lines:
        row = book.rows[line - 1]
        indent = len(row) - len(row.lstrip(" "))
        for name, blank in (("NBSP", "\u00a0"), ("U+3000", "\u3000"), ("tab", "\t")):
            if indent:
                yield _case(f"{name} as indentation", book, line, blank + row[indent:], blank)
            if ": " in row:
                yield _case(f"{name} behind a colon", book, line, row.replace(": ", f":{blank}", 1), blank)
        if ": " in row and row.split(": ", 1)[1][:1] not in ("", "#", "|", ">"):
            yield _case("no blank behind a colon", book, line, row.replace(": ", ":", 1), ":")
    for entry in book.entries:
        row, start = book.rows[entry.place.line - 1], entry.place.col - 1
        if entry.flow and row[:start].endswith(", "):
            yield _case("， for ,", book, entry.place.line, f"{row[: start - 2]}，{row[start:]}", "，")
    for line, row in enumerate(book.rows, 1):
        if row.lstrip().startswith("# ") and line > 1:
            yield _case("＃ for #", book, line, row.replace("#", "＃", 1), "＃")
    for line in dashes:
        row = book.rows[line - 1]
        yield _case("no blank behind a dash", book, line, row.replace("- ", "-", 1), "-")


def _case(kind: str, book: Book, line: int, row: str, sign: str) -> Case:
    rows = [*book.rows]
    rows[line - 1] = row
    return Case(kind, book, "\n".join(rows), line, sign)


@cache
def cases() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for book in books():
        for case in (*_signs(book), *_blanks(book)):
            found.setdefault(case.kind, []).append(case)
    dice = Random(SEED)
    return {kind: dice.sample(some, min(len(some), MOST)) for kind, some in sorted(found.items())}


def judged(case: Case) -> str:
    """right, unchanged (it reads as before), or what went wrong."""
    loaded = case.book.load(case.text)
    found = case.book.new(loaded)
    if any(d.place is None or d.place.line == case.at for d in found):
        return "right"
    if loaded.document is not None and loaded.document.data == case.book.document.data and not found:
        return "unchanged"
    where = [f"{d.place.line} {d.code}" for d in found if d.place]
    return f"{case.book}:{case.at} {where[:3]}"


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Counter[str]]:
    return {kind: Counter(map(judged, some)) for kind, some in cases().items()}


def test_there_are_all_the_signs(verdicts: dict[str, Counter[str]]) -> None:
    wanted = {"： for :", "， for ,", '“ for "', "－ for -", "｛ for {", "｝ for }", "［ for [", "］ for ]", "＃ for #"}
    blanks = {f"{name} {where}" for name in ("NBSP", "U+3000", "tab") for where in ("as indentation", "behind a colon")}
    assert wanted | blanks | {"no blank behind a colon", "no blank behind a dash"} <= verdicts.keys()
    print({kind: dict(found) for kind, found in verdicts.items()})


def test_the_finding_stands_on_the_line_of_the_sign(verdicts: dict[str, Counter[str]]) -> None:
    total: Counter[str] = sum(verdicts.values(), Counter())
    judged = total.total() - total["unchanged"]
    wrong = [(kind, found) for kind, found in verdicts.items() if found.keys() - {"right", "unchanged"}]
    assert total["right"] >= SHARE * judged, wrong
    assert total["unchanged"] < judged / 4
