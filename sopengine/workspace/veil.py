"""The text of sopengine.toml → the same text as it may be shown beside a finding: what looks like a key, written where
only the name of one belongs, is covered. Every sign keeps its place, so that carets still point at it."""

from __future__ import annotations

import re

_COVER = "*"
_USER = re.compile(r"""[^\s"'/@]+(?=@)""")
_BEHIND_HOST = re.compile(r"""(https?://[^\s"'/?#]*)([^\s"']*)""", re.IGNORECASE)
_QUERY = re.compile(r"""(?<=\?)[^\s"']+""")
_LONG = re.compile(r"(?=[\w+=~-]*[0-9])(?=[\w+=~-]*[A-Za-z])[A-Za-z0-9_+=~-]{20,}")
_NAMED = re.compile(
    r"""^([^=\n#]*(?:key|token|passw|secret|sign|auth)[^=\n#]*=[ \t]*)(["']?)([^"'\n#]+)""",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
"""How names of secrets are usually written: no key looks like one."""


def veiled(text: str) -> str:
    for pattern in (_USER, _QUERY, _LONG):
        text = pattern.sub(lambda found: _COVER * len(found[0]), text)
    text = _BEHIND_HOST.sub(lambda found: found[1] + _COVER * len(found[2]), text)
    return _NAMED.sub(_value, text)


def _value(found: re.Match[str]) -> str:
    if _NAME.fullmatch(found[3].rstrip()):
        return found[0]
    return found[1] + found[2] + _COVER * len(found[3])
