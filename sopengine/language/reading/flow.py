"""Text from an opening bracket on in; where the brackets close out, and the traps between them."""

from __future__ import annotations

import re
from typing import NamedTuple

from msgspec import Struct, field

from sopengine.language.reading import traps
from sopengine.language.reading.mending import Replacement, Trap
from sopengine.language.reading.words import KEYS

_TOKEN = re.compile(
    r"""(?P<template>\{\{[^\n]*?\}\}|\{%[^\n]*?%\})
    |(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)
    |(?P<colon>:(?=[\s,\[\]{}]|$))
    |(?P<comment>(?<=\s)\#(?=[ \t\n]|$)[^\n]*)
    |(?P<line>\n[ \t]*)
    |(?P<space>[ \t]+)
    |(?P<text>[^\s,\[\]{}:]+|[:\{])""",
    re.VERBOSE,
)
_QUOTED = {'"': re.compile(r'"(?:[^"\\\n]|\\.)*"'), "'": re.compile(r"'(?:[^'\n]|'')*'")}
_ENTRY = re.compile(r"(?:- +)*[\w-]+:(?=[ \t\n]|$)|- ")
_GLUED = re.compile(r"([A-Za-z_][\w-]*)(：[ \u3000]*|:(?=[^\s/]))")
_WIDE_COMMA = re.compile(r"，[ \u3000]*(?=[a-z_]+[:：])")
_WORDS = re.compile(r"[A-Za-z0-9:+. -]+(?:，[ ]*[A-Za-z0-9:+. -]+)+")
_PLAIN = re.compile(r"[^,\[\]{}\n]+")
_BRACKETS = {"｛": "{", "［": "["}
_CLOSERS = {"｝": "}", "］": "]"}
_LOOK = 500
"""How far a bracket's partner is looked for: nobody writes longer ones on a line."""
_DEPTH = 60


class Flow(NamedTuple):
    """`end`: after the closing bracket, or the end of the line where it should have stood."""

    end: int
    closed: bool
    traps: list[Trap]


class _Level(Struct):
    """One pair of brackets, and the item between commas that is being read."""

    sign: str
    opened: int
    item: int = -1  # start of the item
    value: int = -1  # start of the value, after its colon
    end: int = -1  # end of the last sign that is no space
    coloned: bool = False
    nested: bool = False  # the item holds a quote or brackets of its own
    template: int = -1  # start of the first {{ or {% in the item
    before: tuple[int, int] = (-1, -1)  # the plain value of the item before this one
    found: list[Trap] = field(default_factory=list)


def walk_flow(text: str, at: int, column: int) -> Flow:
    """`column`: of the entry that holds the brackets; a line that is an entry at or left of it ends them."""
    levels: list[_Level] = []
    found: list[Trap] = []
    while match := _TOKEN.match(text, at):
        kind = match.lastgroup
        stop = match.end()
        if kind == "template" and not levels:
            kind, stop = "open", at + 1
        elif kind == "text" and levels and levels[-1].value < 0 and (trap := wide_bracket(text, at)):
            levels[-1].found.append(trap)
            kind, stop = "open", at + 1
        elif kind == "text" and levels and (wide := _wide_close(text, at, stop, levels)) >= 0:
            kind, stop = ("text", wide) if wide > at else ("close", at + 1)
        if kind == "open":
            if len(levels) > _DEPTH:
                break
            if levels:
                if trap := _glued_before(text, levels[-1], at):
                    levels[-1].found.append(trap)
                    levels[-1].coloned, levels[-1].value = True, -1
                _start(levels[-1], at)
                levels[-1].nested = True
            levels.append(_Level(_BRACKETS.get(text[at], text[at]), at))
        elif kind in ("close", "comma"):
            level = levels[-1]
            if kind == "close" and _CLOSERS.get(text[at], text[at]) != ("]" if level.sign == "[" else "}"):
                break
            _finish(text, level)
            if text[at] in _CLOSERS:
                sign = _CLOSERS[text[at]]
                edit = (Replacement(at, at + 1, sign),)
                level.found.append(traps.full_width(text, at, at + 1, edit, f"…{sign}", safe=True))
            if kind == "close":
                found += level.found
                levels.pop()
                if not levels:
                    return Flow(stop, True, found)
                levels[-1].end = stop
        elif kind == "line":
            stopped = stop >= len(text) or (stop - at - 1 <= column and _ENTRY.match(text, stop) is not None)
            if stopped:
                return Flow(_rstrip(text, at), False, [])
        elif kind not in ("space", "comment"):
            stop = _take(text, at, stop, kind or "", levels[-1])
        at = stop
    return Flow(_line_end(text, at), False, [])


def _glued_before(text: str, level: _Level, at: int) -> Trap | None:
    """`{default： [a, b]}`: the colon before a nested value is full-width."""
    if level.item < 0 or level.coloned or level.sign != "{":
        return None
    glued = _GLUED.fullmatch(text, level.item, at)
    if glued is None or glued[2][0] != "：":
        return None
    edits = (Replacement(glued.start(2), at, ": "),)
    line = f"{glued[1]}: {text[at]}…"
    return traps.full_width(text, glued.start(2), glued.start(2) + 1, edits, line, safe=True)


def wide_bracket(text: str, at: int) -> Trap | None:
    """`｛from: 22:00}`: brackets that open full-width and close as they should."""
    sign = _BRACKETS.get(text[at])
    if sign is None:
        return None
    line = text[at : min(_line_end(text, at), at + _LOOK)]
    if line.count("]" if sign == "[" else "}") <= line.count(sign):
        return None
    edit = (Replacement(at, at + 1, sign),)
    return traps.full_width(text, at, at + 1, edit, f"{sign}{line[1:]}", safe=True)


def _wide_close(text: str, at: int, stop: int, levels: list[_Level]) -> int:
    """Where in a word a full-width bracket closes the last level, because the line lacks an ASCII one; else -1."""
    sign, begin = levels[-1].sign, levels[0].opened
    wide, closer = ("］", "]") if sign == "[" else ("｝", "}")
    found = text.find(wide, at, stop)
    if found < 0 or at - begin > _LOOK or text.find("\n", begin, at) >= 0:
        return -1
    line = text[begin : min(_line_end(text, at), begin + _LOOK)]
    return found if line.count(closer) < line.count(sign) else -1


def _take(text: str, at: int, stop: int, kind: str, level: _Level) -> int:
    """Adds one sign, word, quote or template to the item; returns where it ends."""
    if kind == "colon" and not level.coloned and level.item >= 0:
        level.coloned, level.value, level.end, level.nested = True, -1, stop, False
        return stop
    if _start(level, at) and text[at] in _QUOTED:
        if string := _QUOTED[text[at]].match(text, at):
            level.nested = True
            stop = string.end()
        elif (unclosed := _PLAIN.match(text, at + 1)) and text[unclosed.end() :].startswith((",", "}", "]")):
            level.found.append(traps.never_closed(text, at, _rstrip(text, unclosed.end())))
            level.nested = True
            stop = unclosed.end()
    if kind == "template" and level.template < 0:
        level.template = at
    level.end = stop
    return stop


def _start(level: _Level, at: int) -> bool:
    """Marks the start of an item or value; whether one starts here."""
    first = level.value < 0
    if first:
        level.value = at
    if level.item < 0:
        level.item = at
    return first


def _finish(text: str, level: _Level) -> None:
    """Judges the item that ends here, and gets ready for the next one."""
    start, end = (level.value if level.value >= 0 else level.item), level.end
    plain = level.item >= 0 and not level.nested
    before = (start, end) if plain and level.coloned and level.value >= 0 else (-1, -1)
    if plain and end > level.item and (level.value >= 0 or not level.coloned):
        trap = _judge(text, level, start, end)
        if trap is not None:
            level.found.append(trap)
            before = (trap.edits[0].start, trap.edits[0].end) if trap.code == "SOP-Y113" else (-1, -1)
    found = level.found
    level.item = level.value = level.end = -1
    level.coloned = level.nested = False
    level.template = -1
    level.before, level.found = before, found


def _judge(text: str, level: _Level, start: int, end: int) -> Trap | None:
    value = text[start:end]
    if "\n" in text[level.item : end]:
        return None  # nobody writes a trap over several lines, and edits stay inside one
    if level.template >= start:
        make = traps.unquoted_template if level.template == start else traps.template_in_braces
        return make(text, start, end)
    if wide := _wide_signs(text, level, end):
        return wide
    if level.sign == "{" and not level.coloned:
        if (glued := _GLUED.match(value)) and glued[2] == ":":
            return traps.no_space(text, start + glued.start(2), f"{{{glued[1]}: {value[glued.end() :]}}}")
        return _split(text, level, start, end)
    if trap := traps.half_quoted(text, start, end) or traps.never_opened(text, start, end):
        return trap
    if value[0] in "@`%&*!" and not re.fullmatch(r"[*&!][\w-]+", value, re.ASCII):
        return traps.unquoted_start(text, start, end)
    if (lost := re.search(r"(?<=\s)#", value)) or value.startswith("#"):
        return traps.lost_to_comment(text, start, start + (lost.start() if lost else 0), end)
    return None


def _split(text: str, level: _Level, start: int, end: int) -> Trap | None:
    """`{text: 你好, 世界}`: an item without a colon belongs to the text before it."""
    first = level.before[0]
    if first < 0 or "\n" in text[first:end]:
        return None
    if level.found and level.found[-1].code == "SOP-Y113":
        lost = level.found.pop().start
        return traps.split_in_braces(text, first, lost, end, safe=not text[lost:end].isascii())
    return traps.split_in_braces(text, first, start, end, safe=not text[start:end].isascii())


def _wide_signs(text: str, level: _Level, end: int) -> Trap | None:
    """Full-width colons and commas that stand for YAML's own in this item."""
    whole = text[level.item : end]
    edits: list[Replacement] = []
    braces = level.sign == "{"
    pieces = [0, *(m.end() for m in _WIDE_COMMA.finditer(whole))] if braces else [0]
    if not braces and (level.coloned or _WORDS.fullmatch(whole) is None):
        item = _GLUED.match(whole)
        if item is None or item[2][0] != "：" or item[1] not in KEYS or level.coloned:
            return None
    edits += [Replacement(level.item + m.start(), level.item + m.end(), ", ") for m in _WIDE_COMMA.finditer(whole)]
    if not braces:
        edits = [Replacement(level.item + m.start(), level.item + m.end(), ", ") for m in re.finditer("， ?", whole)]
    for piece in pieces:
        glued = _GLUED.match(whole, piece)
        if glued and glued[2][0] == "：" and (piece > 0 or not level.coloned):
            edits.append(Replacement(level.item + glued.start(2), level.item + glued.end(2), ": "))
    if not edits:
        return None
    edits.sort()
    mended = whole
    for edit in reversed(edits):
        mended = mended[: edit.start - level.item] + edit.text + mended[edit.end - level.item :]
    return traps.full_width(text, edits[0].start, edits[0].start + 1, tuple(edits), mended, safe=True)


def _rstrip(text: str, end: int) -> int:
    while end > 0 and text[end - 1] in " \t":
        end -= 1
    return end


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return _rstrip(text, found if found >= 0 else len(text))
