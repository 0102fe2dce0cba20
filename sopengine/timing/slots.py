"""A step's words of time and the frame around it to slots: planned local times with their identity and instants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from typing import TypeAlias

from msgspec import Struct

from sopengine.timing.days import Taken, last_listed, named_days
from sopengine.timing.frame import AnchorMissing, Frame, anchor_day, bound_instant
from sopengine.timing.moments import anchor_moments, day_moments, ordinals
from sopengine.timing.words import OnCron, When
from sopengine.timing.zones import Note, add, local_date, resolve

__all__ = [
    "AnchorMissing",
    "Frame",
    "Slot",
    "after_moments",
    "anchor_day",
    "bound_instant",
    "last_listed",
    "ordinals",
    "slots",
]


Day: TypeAlias = date  # a field of Slot is named date


class Slot(Struct, frozen=True):
    """One planned time of a step.

    `day` and `ordinal` are its identity (semantics.md S1): "" for the only listed day of a step, the written item for
    one of several, the ISO date before any shift for a rule. `date` is that nominal local date. `local` is the naive
    wall time it is planned for, after a shift; `instant` is when that comes, in UTC; `note` tells of a clock change.
    """

    day: str
    ordinal: int
    date: Day
    local: datetime
    instant: datetime
    shifted_from: Day | None = None
    note: Note = ""


def slots(when: When, frame: Frame, begin: date, end: date) -> Iterator[Slot]:
    """The slots of `on` and `at` whose nominal local date lies in [begin, end), in time order, ties as written.

    Raises AnchorMissing; ValueError for a `When` that the language refuses (a clock time without a day,
    days without a time, `after`).
    """
    if when.after is not None or not (when.at or _only_cron(when)):
        raise ValueError("slots are made of `on` and `at`")
    if not when.on:
        return iter(sorted(_by_anchor_alone(when, frame, begin, end), key=_instant))
    return _on_days(when, frame, begin, end)


def _only_cron(when: When) -> bool:
    """Whether every day brings its own times, as cron lines do."""
    return bool(when.on) and all(isinstance(rule, OnCron) for rule in when.on)


def _instant(slot: Slot) -> datetime:
    return slot.instant


def _on_days(when: When, frame: Frame, begin: date, end: date) -> Iterator[Slot]:
    found: list[tuple[Slot, OnCron | None]] = []  # in written order, which an equal instant keeps
    for named in named_days(when.on, when.except_, frame, begin, end):
        day = _shifted(named.day, when.shift, frame)
        moved_from = named.day if day != named.day else None
        for ordinal, local, instant, note in day_moments(day, when, frame, named.cron):
            slot = Slot(named.identity, ordinal, named.day, local, instant, moved_from, note or named.note)
            found.append((slot, named.cron))
    found.sort(key=lambda pair: pair[0].instant)
    for (slot, line), following in zip_longest(found, found[1:]):
        # a gap at the end of a day draws the last times of a cron line and the first of the next day together
        if line is None or following is None or (following[0].instant, following[1]) != (slot.instant, line):
            yield slot


def _by_anchor_alone(when: When, frame: Frame, begin: date, end: date) -> Iterator[Slot]:
    """Without `on` each moment has a day of its own: that of its datetime anchor."""
    taken = Taken(when.except_, frame)
    for ordinal, local, instant, note in anchor_moments(when, frame):
        nominal = local.date()
        if not begin <= nominal < end or nominal in taken:
            continue
        day = _shifted(nominal, when.shift, frame)
        if day != nominal:
            local = datetime.combine(day, local.time())
            instant, note = resolve(local, frame.zone)
        yield Slot("", ordinal, nominal, local, instant, nominal if day != nominal else None, note)


def _shifted(day: date, shift: str | None, frame: Frame) -> date:
    if shift is None:
        return day
    step = timedelta(days=-1 if shift == "previous-workday" else 1)
    while not frame.calendar.is_workday(day):
        day += step
    return day


def after_moments(when: When, origin: datetime, frame: Frame) -> list[tuple[int, datetime]]:
    """When a dependent step is due after `origin` (aware): pairs of ordinal in `at` and instant in UTC, in time order.

    Without `at` one moment, the delay after the origin. With `at` the moments of the local day that many days later.
    """
    after = when.after
    if after is None:
        raise ValueError("only a dependent step comes after something")
    if not when.at:
        return [(0, add(origin, after.delay, frame.zone))]
    start = origin.astimezone(UTC) + timedelta(seconds=after.delay.seconds)
    day = local_date(start, frame.zone) + timedelta(days=after.delay.days)
    due = [(moment.ordinal, moment.instant) for moment in day_moments(day, when, frame)]
    return sorted(due, key=lambda pair: pair[1])
