"""Tags of a row: those its table names in the column `tags`, and what was changed since."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COLUMN = "tags"
_BETWEEN = re.compile(r"[,，;；、|\s]+")
_VALUE = re.compile(r"[=:＝：]")


def tags_in(cell: Any) -> dict[str, Any]:
    """`vip, grade=A` as {vip: True, grade: A}."""
    if isinstance(cell, Mapping):
        return dict(cell)
    parts = cell if isinstance(cell, (list, tuple)) else _BETWEEN.split(str(cell or ""))
    found: dict[str, Any] = {}
    for part in filter(None, parts):
        name, *value = _VALUE.split(str(part), maxsplit=1)
        if name:
            found[name] = value[0] if value and value[0] else True
    return found


def merged(cell: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The tags that hold: a change to None takes away what the table says."""
    tags = {**tags_in(cell), **changes}
    return {name: value for name, value in tags.items() if value is not None}
