"""Days and anchors with offsets → places on one line, for comparisons that hold whatever the anchor's value will be."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sopengine.timing.words import AnchorTime


class Relative(NamedTuple):
    """`days` after the anchor; after the beginning of time for written dates, whose anchor is ""."""

    anchor: str
    days: int


def relative(value: date | AnchorTime) -> Relative | None:
    """None for what is not a whole day away from its anchor."""
    if isinstance(value, AnchorTime):
        return None if value.offset.seconds else Relative(value.name, value.offset.days)
    return None if isinstance(value, datetime) else Relative("", value.toordinal())


def distance(earlier: date | AnchorTime, later: date | AnchorTime) -> int | None:
    """Days from one to the other; None where that depends on the anchors' values."""
    first, second = relative(earlier), relative(later)
    if first is None or second is None or first.anchor != second.anchor:
        return None
    return second.days - first.days
