"""Values in, True, False or None (unknown) out: Kleene's logic, and comparisons that refuse unlike types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias

from sopengine.language.expressions.decimals import as_decimal, is_number

Truth: TypeAlias = bool | None
"""None = unknown: it is neither true nor false, and nothing turns it into one of them."""


def not_(value: Truth) -> Truth:
    return None if value is None else not value


def all_of(values: Iterable[Truth]) -> Truth:
    """False if one is false, else unknown if one is unknown; what stands behind the first false is not looked at."""
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def any_of(values: Iterable[Truth]) -> Truth:
    """True if one is true, else unknown if one is unknown; what stands behind the first true is not looked at."""
    unknown = False
    for value in values:
        if value is True:
            return True
        unknown = unknown or value is None
    return None if unknown else False


def truth(value: Any) -> Truth:
    """A value that stands where yes or no is asked: only a yes/no value answers."""
    return value if isinstance(value, bool) else None


def kind(value: Any) -> str:
    """The type by which values compare; "" compares with nothing."""
    if isinstance(value, bool):
        return "bool"
    if is_number(value):
        return "number" if Decimal(value).is_finite() else ""
    if isinstance(value, str):
        return "text"
    if isinstance(value, datetime):
        return "datetime" if value.utcoffset() is not None else "datetime without zone"
    if isinstance(value, date):
        return "date"
    if isinstance(value, time):
        return "time"
    return "list" if isinstance(value, (list, tuple)) else ""


def _alike(left: Any, right: Any) -> str:
    found = kind(left)
    return found if found and found == kind(right) else ""


def _comparable(value: Any) -> Any:
    return as_decimal(value) if isinstance(value, float) else value


def equal(left: Any, right: Any) -> Truth:
    found = _alike(left, right)
    if found == "list":
        return False if len(left) != len(right) else all_of(map(equal, left, right))
    return bool(_comparable(left) == _comparable(right)) if found else None


def less(left: Any, right: Any) -> Truth:
    """Order of numbers, texts (by code point), dates, times and datetimes."""
    if _alike(left, right) in ("", "bool", "list"):
        return None
    return bool(_comparable(left) < _comparable(right))


def contains(container: Any, item: Any) -> Truth:
    """Is `item` in a list, or a text in a text?"""
    if isinstance(container, (list, tuple)):
        return None if item is None else any_of(equal(item, other) for other in container)
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    return None


COMPARISONS: dict[str, Callable[[Any, Any], Truth]] = {
    "eq": equal,
    "ne": lambda a, b: not_(equal(a, b)),
    "lt": less,
    "gt": lambda a, b: less(b, a),
    "lteq": lambda a, b: not_(less(b, a)),
    "gteq": lambda a, b: not_(less(a, b)),
    "in": lambda a, b: contains(b, a),
    "notin": lambda a, b: not_(contains(b, a)),
}
"""By Jinja's own names of the operators."""
