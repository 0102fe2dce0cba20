"""The source text of a plain scalar in; the value that YAML 1.2's core words and plain numbers give it out."""

from __future__ import annotations

import re
from decimal import Decimal

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
INTEGER_DIGITS = 18
"""Longer runs of digits stay text: they are order numbers, and they would not fit a database's integer."""
DECIMAL_DIGITS = 30


def resolve(text: str) -> str | int | Decimal | bool | None:
    """Times, dates, `on`, `no`, `012345`, `+86…`, `1_000`, `0x1F`, `1e3`, `.inf` stay the text they are."""
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    if number[1] is None:
        return int(text) if len(text) <= INTEGER_DIGITS else text
    return Decimal(text) if len(text) <= DECIMAL_DIGITS else text
