"""Two texts → the lines of both, in which the words that differ are marked; what stays the same stands once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal, NamedTuple

Side = Literal["both", "old", "new"]
Edit = tuple[tuple[str, str], ...]
"""The words that were cut and those that are new, each with its side."""

MOST_WORDS = 2_000
"""Longer stretches are taken for rewritten as a whole: looking for what is alike costs their square."""
_IN_WORD = re.compile(r"[A-Za-z0-9_.:,/-]")
_WORD = re.compile(r"[A-Za-z0-9_]+(?:[.:,/-][A-Za-z0-9_]+)*|\s|.", re.DOTALL)


class Part(NamedTuple):
    text: str
    touched: bool


class Line(NamedTuple):
    side: Side
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@lru_cache(maxsize=4096)
def edits(before: str, after: str) -> tuple[Line, ...]:
    """Old lines stand before the new ones that took their place. Words are Latin ones, numbers, dates and times as a
    whole, and single Chinese characters."""
    return tuple(_lines(before.split("\n"), after.split("\n")))


def whole(text: str, side: Side) -> tuple[Line, ...]:
    """A text that is new or gone altogether: none of its words stands out."""
    return tuple(Line(side, (Part(line, False),)) for line in text.split("\n"))


def stretch(before: str, after: str) -> tuple[str, str]:
    """From the first word that differs to the last, in both."""
    if before == after:
        return "", ""
    begin = _alike(before, after)
    while begin and _IN_WORD.match(before[begin - 1]):
        begin -= 1
    old, new = before[begin:], after[begin:]
    end = _alike(old[::-1], new[::-1])
    while end and _IN_WORD.match(old[-end]):
        end -= 1
    return old[: len(old) - end], new[: len(new) - end]


def _alike(before: str, after: str) -> int:
    """How many signs both begin with."""
    shorter = min(len(before), len(after))
    return next((n for n in range(shorter) if before[n] != after[n]), shorter)


def touched(before: str, after: str) -> Edit:
    """Equal for texts to several people that were edited in the same way, whoever is named between two edits."""
    return tuple((line.side, part.text) for line in edits(before, after) for part in line.parts if part.touched)


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Line("both", (Part(line, False),)) for line in old[a:b])
        elif kind == "replace":
            cut, put = _words("\n".join(old[a:b]), "\n".join(new[c:d]))
            yield from _split(cut, "old")
            yield from _split(put, "new")
        else:
            yield from (Line("old", (Part(line, True),)) for line in old[a:b])
            yield from (Line("new", (Part(line, True),)) for line in new[c:d])


def _words(before: str, after: str) -> tuple[list[Part], list[Part]]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return [Part(before, True)], [Part(after, True)]
    cut: list[Part] = []
    put: list[Part] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (kind, a, b, c, d) in enumerate(codes):
        between = 0 < number < len(codes) - 1
        alike = kind == "equal" and not (between and b - a == 1)  # one sign in common is chance
        _add(cut, "".join(old[a:b]), not alike)
        _add(put, "".join(new[c:d]), not alike)
    return cut, put


def _add(parts: list[Part], text: str, is_touched: bool) -> None:
    if parts and parts[-1].touched is is_touched:
        parts[-1] = Part(parts[-1].text + text, is_touched)
    elif text:
        parts.append(Part(text, is_touched))


def _split(parts: list[Part], side: Side) -> Iterator[Line]:
    line: list[Part] = []
    for text, is_touched in parts:
        first, *rest = text.split("\n")
        line += [Part(first, is_touched)] if first else []
        for piece in rest:
            yield Line(side, tuple(line))
            line = [Part(piece, is_touched)] if piece else []
    yield Line(side, tuple(line))


def near(lines: tuple[Line, ...]) -> Iterator[Line | None]:
    """The lines that differ, each with the line before and after it; None stands for those left out, blank ones too."""
    left_out = False
    for number, line in enumerate(lines):
        beside = lines[max(0, number - 1) : number + 2]
        differs = any(one.side != "both" for one in beside)
        if differs and (line.side != "both" or line.text.strip()):
            if left_out:
                yield None
            yield line
            left_out = False
        else:
            left_out = True
    if left_out:
        yield None
