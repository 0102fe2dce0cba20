"""The words of `at` on one local day, or by an anchor alone → its moments, with their ordinals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import NamedTuple

from sopengine.timing.cron import cron
from sopengine.timing.frame import Frame, anchor_value, bound_instant
from sopengine.timing.words import AtAnchor, AtClock, AtEvent, AtEvery, Moment, OnCron, When
from sopengine.timing.zones import Note, add, resolve

DAY = timedelta(days=1)


ITEMS = 1_000
"""More items than any `at` has, over all versions of a campaign."""
MOST = 100_000
"""More moments than any repetition has: 24 hours of minutes are 1,440."""


class Timed(NamedTuple):
    """`ordinal` tells the moments of one day apart; `local` is naive wall time, `instant` is UTC."""

    ordinal: int
    local: datetime
    instant: datetime
    note: Note


def day_moments(day: date, when: When, frame: Frame, line: OnCron | None = None) -> Iterator[Timed]:
    """In written order, repetitions in time order. A cron `line` brings its own times in place of `at`.

    The n-th moment of the i-th item has the ordinal i + n × items, so that single moments count as they are written;
    after an upgrade each item keeps the first ordinal and the stride it had.
    """
    if line is not None:
        clocks = (_clock(ordinal, day, clock, frame) for ordinal, clock in enumerate(cron(line.expression).clocks))
        yield from _once_each(clocks)
        return
    for (first, stride), moment in zip(numbers(when), when.at, strict=True):
        if isinstance(moment, AtEvery):
            begin, end = _moment(first, day, moment.begin, frame), _end(day, moment, frame)
            yield from _once_each(_repeated(begin, end, moment, when, stride, frame, by_the_wall=True))
        else:
            yield _moment(first, day, moment, frame)


def numbers(when: When) -> tuple[tuple[int, int], ...]:
    """For each item of `at` the ordinal of its first moment, and how far apart those of its moments are."""
    return when.numbers or tuple((index, len(when.at)) for index in range(len(when.at)))


def repeats(when: When) -> bool:
    return any(isinstance(moment, AtEvery) for moment in when.at)


def item_of(when: When, ordinal: int) -> int | None:
    """The item of `at` whose moment has this ordinal within its day; None where that is written no more."""
    for index, ((first, stride), moment) in enumerate(zip(numbers(when), when.at, strict=True)):
        number, rest = divmod(ordinal - first, stride)
        if rest == 0 and (0 <= number < MOST if isinstance(moment, AtEvery) else number == 0):
            return index
    return None


def ordinals(when: When) -> int:
    """A number above every ordinal of one day, so that those of several days can be told apart; the same for every
    version of a step that does not begin or cease to repeat."""
    return ITEMS * (MOST if repeats(when) else 1)


def anchor_moments(when: When, frame: Frame) -> Iterator[Timed]:
    """Without a day each moment has its own, that of its datetime anchor. ValueError for a clock time."""
    for (first, stride), moment in zip(numbers(when), when.at, strict=True):
        if not isinstance(moment, AtEvery):
            yield _alone(first, moment, frame)
            continue
        begin = _alone(first, moment.begin, frame)
        if isinstance(moment.end, AtAnchor):
            end: Timed | None = _alone(first, moment.end, frame)
        else:
            end = _end(begin.local.date(), moment, frame)
        yield from _repeated(begin, end, moment, when, stride, frame, by_the_wall=False)


def _repeated(
    begin: Timed, end: Timed | None, every: AtEvery, when: When, stride: int, frame: Frame, *, by_the_wall: bool
) -> Iterator[Timed]:
    """By the wall clock on a day, as time passes from an anchor; half-open, and `most` of them."""
    if end is None and when.most is None:
        raise ValueError(f"`{every.text}` has no end")
    for number in count() if when.most is None else range(when.most):
        later = timedelta(seconds=number * every.step.seconds)
        if by_the_wall:
            local = begin.local + later
            if end is not None and local >= end.local:
                return
            instant, note = resolve(local, frame.zone) if number else (begin.instant, begin.note)
        else:
            instant, note = begin.instant + later, begin.note if not number else ""
            if end is not None and instant >= end.instant:
                return
            local = _wall(instant, frame)
        yield Timed(begin.ordinal + number * stride, local, instant, note)


def _end(day: date, every: AtEvery, frame: Frame) -> Timed | None:
    return None if isinstance(every.end, AtEvent) else _moment(0, day, every.end, frame)


def _moment(ordinal: int, day: date, moment: AtClock | AtAnchor, frame: Frame) -> Timed:
    """An anchor lends its time of day; its offset is counted from there."""
    if isinstance(moment, AtClock):
        return _clock(ordinal, day + moment.plus_days * DAY if moment.plus_days else day, moment.clock, frame)
    value = anchor_value(moment.anchor.name, frame.anchors, ("time", "datetime"))
    if isinstance(value, datetime):
        value = bound_instant(value, {}, frame.zone).astimezone(frame.zone).time()
    if not isinstance(value, time):
        raise TypeError(f"{value!r} has no time of day")
    start = _clock(ordinal, day, value.replace(fold=0), frame)
    offset = moment.anchor.offset
    if not (offset.days or offset.seconds):
        return start
    instant = add(start.instant, offset, frame.zone)
    return Timed(ordinal, _wall(instant, frame), instant, start.note)


def _clock(ordinal: int, day: date, clock: time, frame: Frame) -> Timed:
    local = datetime.combine(day, clock)
    return Timed(ordinal, local, *resolve(local, frame.zone))


def _alone(ordinal: int, moment: Moment, frame: Frame) -> Timed:
    if not isinstance(moment, AtAnchor):
        raise ValueError(f"`at: {moment.text}` has no day")
    anchor_value(moment.anchor.name, frame.anchors, ("datetime",))
    instant = bound_instant(moment.anchor, frame.anchors, frame.zone)
    return Timed(ordinal, _wall(instant, frame), instant, "")


def _wall(instant: datetime, frame: Frame) -> datetime:
    return instant.astimezone(frame.zone).replace(tzinfo=None, fold=0)


def _once_each(moments: Iterable[Timed]) -> Iterator[Timed]:
    """Moments of one repetition that a clock gap draws together come once, as the last of them."""
    held: Timed | None = None
    for moment in moments:
        if held is not None and moment.instant != held.instant:
            yield held
        held = moment
    if held is not None:
        yield held
