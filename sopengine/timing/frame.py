"""What a step's time is read against: the zone, the work calendar, the flow's days and the anchors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from sopengine.timing.words import AnchorTime, AnchorValue, Duration
from sopengine.timing.workcalendar import WorkCalendar
from sopengine.timing.zones import add, local_date, resolve

AnchorKind = Literal["date", "datetime", "time"]


class AnchorMissing(Exception):
    """There is no anchor of that name, or its value is not of a kind that can stand there (`wanted`)."""

    def __init__(self, name: str, wanted: tuple[AnchorKind, ...]) -> None:
        super().__init__(f"no anchor {name!r} with a {' or '.join(wanted)}")
        self.name = name
        self.wanted = wanted


class Frame(Struct, frozen=True):
    """`first` and `last` are the first and last local day of the enclosing flow, inclusive; `last` None = open."""

    zone: ZoneInfo
    calendar: WorkCalendar
    first: date
    last: date | None = None
    anchors: Mapping[str, AnchorValue] = field(default_factory=dict)


def bound_instant(value: date | datetime | AnchorTime, anchors: Mapping[str, AnchorValue], zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a bound or anchor. A date is its local midnight, a naive datetime is local time in `zone`.

    Raises AnchorMissing for an unknown anchor and for a time of day without a date.
    """
    if not isinstance(value, AnchorTime):
        return _fixed(value, zone)
    start, offset = anchor_value(value.name, anchors, ("date", "datetime")), value.offset
    if not isinstance(start, datetime) or start.tzinfo is None:
        # days first: a midnight that the clock leaps over is a later hour of its own day, and not of the others
        start, offset = _shifted(start, offset.days), Duration(seconds=offset.seconds)
    return add(_fixed(start, zone), offset, zone)


def _shifted(value: AnchorValue, days: int) -> AnchorValue:
    """That many days later by the calendar and the same wall clock."""
    return value if isinstance(value, time) else value + timedelta(days=days)


def limit_instant(anchor: AnchorTime, anchors: Mapping[str, AnchorValue], zone: ZoneInfo, start: datetime) -> datetime:
    """The instant of an anchor that ends something begun at `start`; a time of day is the next one after that."""
    value = anchor_value(anchor.name, anchors, ("date", "datetime", "time"))
    if not isinstance(value, time):
        return bound_instant(anchor, anchors, zone)
    for days in range(2):
        day = local_date(start, zone) + timedelta(days=days)
        instant = add(resolve(datetime.combine(day, value.replace(fold=0)), zone).instant, anchor.offset, zone)
        if instant > start:
            break
    return instant


def anchor_day(anchor: AnchorTime, anchors: Mapping[str, AnchorValue], zone: ZoneInfo) -> date:
    """The local date of an anchor with its offset. Raises AnchorMissing as `bound_instant` does."""
    value = anchor_value(anchor.name, anchors, ("date", "datetime"))
    if not isinstance(value, datetime) and isinstance(value, date) and not anchor.offset.seconds:
        return date.fromordinal(value.toordinal() + anchor.offset.days)  # also where the zone leaps over that day
    return local_date(bound_instant(anchor, anchors, zone), zone)


def anchor_value(name: str, anchors: Mapping[str, AnchorValue], wanted: tuple[AnchorKind, ...]) -> AnchorValue:
    value = anchors.get(name)
    if value is None or kind_of(value) not in wanted:
        raise AnchorMissing(name, wanted)
    return value


def kind_of(value: AnchorValue) -> AnchorKind:
    if isinstance(value, datetime):  # a datetime is also a date
        return "datetime"
    return "date" if isinstance(value, date) else "time"


def _fixed(value: AnchorValue, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        return resolve(value, zone).instant if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return resolve(datetime.combine(value, time()), zone).instant
    raise TypeError(f"{value!r} has no date")
