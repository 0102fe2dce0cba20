"""A template → what all its readers get whatever the values: bytes that can be counted without rendering."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from sopengine.language.expressions.pieces import code_spans

_WORD = re.compile(r"\{%[-+]?\s*(\w+)")
_COLUMN = re.compile(r"\{\{-?\s*target\.([^\W\d]\w*)\s*-?\}\}")
_OPENS = ("if", "for", "raw")


class Least(NamedTuple):
    """`bytes` are UTF-8 and never more than any rendering has; `columns` of the target are printed as they are, on top,
    in every rendering."""

    bytes: int
    columns: tuple[str, ...]


@lru_cache(maxsize=1024)
def least(source: str) -> Least:
    """White space counts only where no tag stands that might eat it."""
    if "{{" not in source and "{%" not in source and "{#" not in source:
        return Least(len(source.rstrip("\n").encode("utf-8", "surrogatepass")), ())
    kept: list[str] = []
    columns: list[str] = []
    depth, end = 0, 0
    for start, after in code_spans(source):
        tag = source[start:after]
        if not depth:
            kept.append(source[end:start])
            if column := _COLUMN.fullmatch(tag):
                columns.append(column[1])
        end = after
        found = _WORD.match(tag)
        word = found[1] if found else ""
        depth += (word in _OPENS) - word.startswith("end")
    kept += [] if depth else [source[end:].rstrip("\n")]
    if any(sign in piece for piece in kept for sign in ("}}", "%}", "#}")):
        return Least(0, ())  # a sign inside a text of the template's own: not worth a parser
    if "%}" in source or "{{-" in source or "-}}" in source or "#}" in source:
        kept = [piece.strip() for piece in kept]
    return Least(sum(len(piece.encode("utf-8", "surrogatepass")) for piece in kept), tuple(columns))
