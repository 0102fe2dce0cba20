"""One spoilt playbook: what was done to it, where, what its author meant, and why it may still be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from sopengine.diagnostics import Place
from tests.mutation.book import WORD, Book


@dataclass(frozen=True)
class Mutant:
    """`line`: the first spoilt one, in the new text, from 1. `right`: the lines at which a finding helps. `meant`: what
    a suggestion should name; empty where the rest of the file does not tell. `legal`: why it may be right all the same,
    empty where it must not be."""

    book: Book
    operator: str
    text: str
    line: int
    before: str
    after: str
    right: frozenset[int]
    meant: str = ""
    legal: str = ""


def spoil(
    book: Book,
    operator: str,
    rows: list[str],
    line: int,
    *,
    was: int | None = None,
    words: Iterable[str] = (),
    right: Iterable[int] = (),
    meant: str = "",
    legal: str = "",
) -> Mutant:
    """`rows` are the new text's; `was`: the spoilt line in the old text; a finding may also stand at the lines that
    hold one of `words`, or at `right`."""
    before = book.rows[(was or line) - 1]
    after = rows[line - 1] if line <= len(rows) else ""
    places = {line, *right} | {n for word in words for n in lines_with(word, rows)}
    return Mutant(book, operator, "\n".join(rows), line, before, after, frozenset(places), meant, legal)


def lines_with(word: str, rows: list[str]) -> set[int]:
    """Lines, from 1, that hold `word` as a word; names with `-` are written with `_` in conditions."""
    if WORD.fullmatch(word) is None:
        return {n for n, row in enumerate(rows, 1) if word in row}
    sought = {word, word.replace("-", "_")}
    return {n for n, row in enumerate(rows, 1) if sought & set(WORD.findall(row))}


def replaced(rows: list[str], place: Place, text: str) -> list[str]:
    """The rows with the stretch at `place`, of one line or several, replaced by `text`."""
    first, last = rows[place.line - 1], rows[place.end_line - 1]
    middle = (first[: place.col - 1] + text + last[place.end_col - 1 :]).split("\n")
    return [*rows[: place.line - 1], *middle, *rows[place.end_line :]]


def one_edit(word: str, dice: Random, taken: Iterable[str] = ()) -> str:
    """`word` with one letter lost, doubled, changed or swapped with its neighbour, and no other word of `taken`."""
    taken = {word, *taken}
    while True:
        at = dice.randrange(len(word))
        letter = word[at]
        swapped = word[:at] + word[at + 1 : at + 2] + letter + word[at + 2 :]
        other = dice.choice("abcdefghijklmnopqrstuvwxyz")
        made = dice.choice(
            [
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                swapped,
                word[:at] + other + word[at + 1 :],
                word[:at] + other + word[at:],
            ]
        )
        if made not in taken and WORD.fullmatch(made) and not made.endswith(("-", "_")):
            return made
