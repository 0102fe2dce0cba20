"""Rows of data ↔ plain JSON: numbers and times are tagged, so that what comes back equals what went in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sopengine.timing.parse import duration_text, parse_duration
from sopengine.timing.words import Duration

_TAG = "$"
_FROM: dict[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "duration": parse_duration,
}


def plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON-ready: numbers and times are tagged so that `typed` gives back equal values."""
    return {name: _plain(value) for name, value in data.items()}


def typed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _typed(value) for name, value in data.items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return {_TAG: "decimal", "value": str(value)}
        case Duration():
            return {_TAG: "duration", "value": duration_text(value)}
        case datetime() | date() | time():
            return {_TAG: type(value).__name__, "value": value.isoformat()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return plain(value)
    return value


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, dict):
        return _FROM[value[_TAG]](value["value"]) if _TAG in value else typed(value)
    return value
