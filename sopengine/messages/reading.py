"""The names a template reads and the data of one delivery in; the few plain values that have to travel out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

from sopengine.messages.wire import ABSENT, Path
from sopengine.timing.parse.durations import duration_text
from sopengine.timing.words import Duration


def needed(names: Sequence[Path]) -> list[Path]:
    """The shortest set of paths that covers all names: `target` covers `target.name`."""
    found = set(names)
    return sorted(path for path in found if not any(path[:length] in found for length in range(1, len(path))))


def look(context: Mapping[str, Any], path: Path) -> Any:
    """The plain value at `path`, or ABSENT."""
    value: Any = context
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value if type(value) is str else _plain(value)


def _plain(value: Any) -> Any:
    """Data without behaviour, down to the last item: a zone becomes the offset at that moment, a duration its text.

    TypeError for anything else, which is a mistake of ours.
    """
    if isinstance(value, datetime):
        offset = value.utcoffset()
        return value if offset is None else value.replace(tzinfo=timezone(offset))
    if value is None or isinstance(value, (bool, int, float, Decimal, date, time)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Duration):
        return duration_text(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} is no plain data for a template")
