"""A step's words of time and the frame around it to slots: planned local times with their identity and instants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

from sopengine.timing.days import Taken, named_days
from sopengine.timing.frame import AnchorMissing, Frame, NotBuilt, anchor_day, anchor_value, bound_instant
from sopengine.timing.words import After, AtAnchor, AtClock, AtEvery, Moment, OnCron, When
from sopengine.timing.zones import Note, add, local_date, resolve

__all__ = ["AnchorMissing", "Frame", "NotBuilt", "Slot", "after_moments", "anchor_day", "bound_instant", "slots"]


Day: TypeAlias = date  # a field of Slot is named date


@dataclass(frozen=True, slots=True)
class Slot:
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

    Raises AnchorMissing and NotBuilt; ValueError for a `When` that the language refuses (a clock time without a day,
    days without a time, `after`).
    """
    if when.spread is not None:
        raise NotBuilt("spread")
    if any(isinstance(rule, OnCron) for rule in when.on):  # it carries its own times, so `at` may be empty
        raise NotBuilt("on: cron")
    if when.after is not None or not when.at:
        raise ValueError("slots are made of `on` and `at`")
    if not when.on:
        return iter(_by_anchor_alone(when, frame, begin, end))
    listed: list[Slot] = []  # in written order, which an equal instant keeps
    for named in named_days(when.on, when.except_, frame, begin, end):
        day = _shifted(named.day, when.shift, frame)
        moved_from = named.day if day != named.day else None
        for ordinal, moment in enumerate(when.at):
            local, instant, note = _moment(day, moment, frame)
            listed.append(Slot(named.identity, ordinal, named.day, local, instant, moved_from, note))
    return iter(sorted(listed, key=_instant))


def _instant(slot: Slot) -> datetime:
    return slot.instant


def _moment(day: date, moment: Moment, frame: Frame) -> tuple[datetime, datetime, Note]:
    """The wall time, the instant and the note of a moment on a local day.

    An anchor lends its time of day; its offset is counted from there.
    """
    match moment:
        case AtClock(_, clock, plus_days):
            local = datetime.combine(day + timedelta(days=plus_days) if plus_days else day, clock)
            instant, note = resolve(local, frame.zone)
            return local, instant, note
        case AtAnchor(_, anchor):
            value = anchor_value(anchor.name, frame.anchors, ("time", "datetime"))
            if isinstance(value, datetime):
                value = bound_instant(value, {}, frame.zone).astimezone(frame.zone).time()
            if not isinstance(value, time):
                raise TypeError(f"{value!r} has no time of day")
            start, note = resolve(datetime.combine(day, value.replace(fold=0)), frame.zone)
            instant = add(start, anchor.offset, frame.zone)
            return instant.astimezone(frame.zone).replace(tzinfo=None, fold=0), instant, note
        case AtEvery():
            raise NotBuilt("at: every")


def _by_anchor_alone(when: When, frame: Frame, begin: date, end: date) -> list[Slot]:
    """Without `on` each moment has a day of its own: that of its datetime anchor."""
    found: list[Slot] = []
    taken = Taken(when.except_, frame)
    for ordinal, moment in enumerate(when.at):
        if isinstance(moment, AtEvery):
            raise NotBuilt("at: every")
        if isinstance(moment, AtClock):
            raise ValueError(f"`at: {moment.text}` has no day")
        anchor_value(moment.anchor.name, frame.anchors, ("datetime",))
        instant = bound_instant(moment.anchor, frame.anchors, frame.zone)
        note: Note = ""
        local = instant.astimezone(frame.zone).replace(tzinfo=None, fold=0)
        nominal = local.date()
        if not begin <= nominal < end or nominal in taken:
            continue
        day = _shifted(nominal, when.shift, frame)
        if day != nominal:
            local = datetime.combine(day, local.time())
            instant, note = resolve(local, frame.zone)
        found.append(Slot("", ordinal, nominal, local, instant, nominal if day != nominal else None, note))
    return sorted(found, key=_instant)


def _shifted(day: date, shift: str | None, frame: Frame) -> date:
    if shift is None:
        return day
    step = timedelta(days=-1 if shift == "previous-workday" else 1)
    while not frame.calendar.is_workday(day):
        day += step
    return day


def after_moments(after: After, at: tuple[Moment, ...], origin: datetime, frame: Frame) -> list[tuple[int, datetime]]:
    """When a dependent step is due after `origin` (aware): pairs of ordinal in `at` and instant in UTC, in time order.

    Without `at` one moment, the delay after the origin. With `at` the moments of the local day that many days later.
    """
    if not at:
        return [(0, add(origin, after.delay, frame.zone))]
    start = origin.astimezone(UTC) + timedelta(seconds=after.delay.seconds)
    day = local_date(start, frame.zone) + timedelta(days=after.delay.days)
    due = [(ordinal, _moment(day, moment, frame)[1]) for ordinal, moment in enumerate(at)]
    return sorted(due, key=lambda pair: pair[1])
