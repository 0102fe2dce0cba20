"""The values behind the three words of time, `on`, `at` and `after`, as parsed; `timing.parse` makes them from text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from msgspec import Struct


class Duration(Struct, frozen=True):
    """`days` are calendar days, `seconds` are elapsed time (language.md, Anchors). Negative values go backwards."""

    days: int = 0
    seconds: int = 0

    def __neg__(self) -> Duration:
        return Duration(-self.days, -self.seconds)

    @property
    def length(self) -> timedelta:
        """As elapsed time, a day being 24 hours."""
        return timedelta(days=self.days, seconds=self.seconds)


class AnchorTime(Struct, frozen=True):
    """`opening - 7d`, `target.opens + 10m`, or a bare anchor. `name` may have a namespace (a dot)."""

    name: str
    offset: Duration = Duration()


# --- on: which day or days. `text` is the author's own spelling, canonical in form; it is the identity of a listed day.


class OnDate(Struct, frozen=True):
    text: str
    day: date


class OnAnchor(Struct, frozen=True):
    text: str
    anchor: AnchorTime


class OnPhaseDay(Struct, frozen=True):
    """`day 2` (from the first, 1-based) or `day -1` (from the last); a range `day 2..8` has `last` set."""

    text: str
    first: int
    last: int | None = None


class OnWeekday(Struct, frozen=True):
    """Weekday by name, Monday = 0, from the local date; `every_weeks` > 1 counts from the flow's first week."""

    text: str
    weekday: int
    every_weeks: int = 1


class OnRule(Struct, frozen=True):
    """daily | workdays | weekends | holidays."""

    text: str
    rule: str


class OnMonthly(Struct, frozen=True):
    """`monthly 22` (day), `monthly last` (day -1), `monthly 2nd tue` (nth, weekday), `monthly last fri` (nth -1)."""

    text: str
    day: int | None = None
    nth: int | None = None
    weekday: int | None = None


class OnLunar(Struct, frozen=True):
    """The month before its leap month; day 30 of a month of 29 days is its last."""

    text: str
    month: int
    day: int


class OnYearly(Struct, frozen=True):
    """`member.birthday`: the anchor's month and day, every year (29 Feb -> 28)."""

    text: str
    anchor: AnchorTime


class OnCron(Struct, frozen=True):
    """A line of cron; it carries its own times of day."""

    text: str
    expression: str


DayRule: TypeAlias = OnDate | OnAnchor | OnPhaseDay | OnWeekday | OnRule | OnMonthly | OnLunar | OnYearly | OnCron

# --- at: which moment or moments of the day


class AtClock(Struct, frozen=True):
    """`10:00`, or `00:30 +1d` in the night after that day."""

    text: str
    clock: time
    plus_days: int = 0


class AtAnchor(Struct, frozen=True):
    """`live - 30m`: a datetime anchor; needs no `on`. With a time anchor `on` says the day."""

    text: str
    anchor: AnchorTime


class AtEvent(Struct, frozen=True):
    """`live.ended`: whenever it comes; only as the end of a repetition."""

    text: str
    event: str


class AtEvery(Struct, frozen=True):
    """`every 1h from 10:00 until 22:00`, `every 15m from live until live.ended`; half-open."""

    text: str
    step: Duration
    begin: AtClock | AtAnchor
    end: AtClock | AtAnchor | AtEvent


Moment: TypeAlias = AtClock | AtAnchor | AtEvery

# --- after: how long after something


class After(Struct, frozen=True):
    """`10m` (subject empty: from the trigger), `teaser + 2h` (a step), `live.ended + 10m` (an event).

    Names with a dot are events, unless they are a step of a module: `of_step` is then set when that is known."""

    text: str
    delay: Duration
    subject: str = ""
    of_step: bool = False


class When(Struct, frozen=True):
    """A step's whole time. `on` empty and `at` set needs a datetime anchor in `at`; `after` set is a dependent step."""

    on: tuple[DayRule, ...] = ()
    at: tuple[Moment, ...] = ()
    after: After | None = None
    except_: tuple[DayRule, ...] = ()
    shift: str | None = None  # next-workday | previous-workday
    spread: Duration | None = None
    most: int | None = None  # moments of each repetition; always set where one ends with an event
    numbers: tuple[tuple[int, int], ...] = ()  # of the items of `at` after an upgrade: first ordinal and stride


AnchorValue: TypeAlias = date | datetime | time
