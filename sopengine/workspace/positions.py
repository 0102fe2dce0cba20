"""The text of a TOML file → where each key and its value begin; tomllib gives no places."""

from __future__ import annotations

import re
from typing import NamedTuple

from sopengine.diagnostics import Path, Place

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEYS = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_TABLE = re.compile(rf"[ \t]*\[\[?[ \t]*({_KEYS})[ \t]*\]")
_ENTRY = re.compile(rf"[ \t]*({_KEYS})[ \t]*=[ \t]*([^#\n]*)")
_ONE_KEY = re.compile(_KEY)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")


class Spot(NamedTuple):
    key: Place
    value: Place


class Positions:
    """Places by path. A line scan: entries of inline tables and arrays stand where the whole value stands."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._spots: dict[Path, Spot] = {}
        table: Path = ()
        inside = ""  # the quotes of a text over several lines that is still open
        for number, line in enumerate(text.split("\n"), start=1):
            if not inside:
                if found := _TABLE.match(line):
                    table = _path(found[1])
                    place = self._place(number, found.start(1), found[1])
                    self._spots.setdefault(table, Spot(place, place))
                elif found := _ENTRY.match(line):
                    spot = Spot(
                        self._place(number, found.start(1), found[1]),
                        self._place(number, found.start(2), found[2].rstrip()),
                    )
                    self._spots.setdefault(table + _path(found[1]), spot)
            for quotes in re.findall(r'"""|\'\'\'', line):
                inside = "" if inside == quotes else inside or quotes

    def key(self, path: Path) -> Place:
        return self._spot(path).key

    def value(self, path: Path) -> Place:
        return self._spot(path).value

    def _spot(self, path: Path) -> Spot:
        while path:
            if found := self._spots.get(path):
                return found
            path = path[:-1]
        start = Place(self._file, 1, 1, 1, 1)
        return Spot(start, start)

    def _place(self, line: int, start: int, text: str) -> Place:
        return Place(self._file, line, start + 1, line, start + 1 + max(len(text), 1))


def _path(keys: str) -> Path:
    return tuple(_plain(key) for key in _ONE_KEY.findall(keys))


def _plain(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] == '"':
        return _ESCAPE.sub(_unescaped, key[1:-1])
    return key


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1] or found[2] or "0", 16)
    return chr(code) if 0 < code < 0x110000 else found[3] or ""
