"""A template that only prints names, perhaps through filters, in; the names it reads out, without building a tree.

Nine texts of ten are like this, and building the tree is most of what a check of them costs. Whatever this module does
not know for sure it leaves to the tree; a test holds both together.
"""

from __future__ import annotations

import inspect
import re
from functools import cache, lru_cache

from sopengine.language.expressions import filters, patterns
from sopengine.language.expressions.history import FIGURES
from sopengine.language.expressions.names import NAMESPACES, Name
from sopengine.language.expressions.syntax import place

_WORD = r"(?![_0-9])(?:(?!__)\w)+"
_NAME = rf"[A-Za-z]\w*(?:\.{_WORD})*"
_ARGUMENT = r"\([ \t]*'[^'\\\n{}]*'[ \t]*\)[ \t]*"
_PRINT = re.compile(
    rf"\{{\{{-?[ \t]*(?P<name>{_NAME})[ \t]*(?P<filters>(?:\|[ \t]*[a-z]+[ \t]*(?:{_ARGUMENT})?)*)-?\}}\}}",
    re.ASCII,
)
_FILTER = re.compile(r"\|[ \t]*([a-z]+)[ \t]*(?:\([ \t]*'([^']*)'[ \t]*\))?")
_ODD = ("{%", "{#", "\r", "{{{", "}}}")
_OF_TEXT = ("default", "join")
"""Filters that take any one text."""


@lru_cache(maxsize=256)
def plain_names(source: str) -> tuple[Name, ...] | None:
    """None where the text has to be parsed."""
    if any(sign in source for sign in _ODD):
        return None
    found = list(_PRINT.finditer(source))
    if len(found) != source.count("{{") or len(found) != source.count("}}"):
        return None
    names = [(tuple(match["name"].split(".")), match.start("name")) for match in found]
    if any(not _known(parts) for parts, _ in names) or any(not _filtered(m["filters"]) for m in found if m["filters"]):
        return None
    return tuple(Name(parts, *place(source, start + 1)) for parts, start in names)


def _known(parts: tuple[str, ...]) -> bool:
    """Names of other namespaces may be words of Jinja; metrics and goals are questions of the past."""
    return parts[0] in NAMESPACES and parts[0] not in FIGURES


def _filtered(written: str) -> bool:
    return all(_fits(name, argument if has else None) for name, argument, has in _filters(written))


def _filters(written: str) -> list[tuple[str, str, bool]]:
    return [(m[1], m[2] or "", m[2] is not None) for m in _FILTER.finditer(written)]


def _fits(name: str, argument: str | None) -> bool:
    if argument is None:
        return name in _without_argument()
    if name in ("date", "time"):
        return not patterns.bad_token(argument, of_clock_only=name == "time")
    return name in _OF_TEXT


@cache
def _without_argument() -> frozenset[str]:
    return frozenset(name for name, called in filters.FILTERS.items() if _takes_one(name))


def _takes_one(name: str) -> bool:
    if name in ("select", "reject", "ranking"):
        return False
    try:
        inspect.signature(filters.FILTERS[name]).bind(None)
    except TypeError:
        return False
    return True
