"""Text → the same text with every sign escaped that could move a cursor, break a line or turn reading direction."""

from __future__ import annotations

import re

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def escaped(text: str, keep: str = "") -> str:
    """Controls, line separators, direction marks and lone surrogates as `\\uXXXX`; the signs in `keep` stay."""
    return _CONTROLS.sub(lambda found: found[0] if found[0] in keep else f"\\u{ord(found[0]):04x}", text)
