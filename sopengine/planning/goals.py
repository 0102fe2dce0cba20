"""A goal, its weights and the campaign's days in; what is planned for one day or a stretch of days out."""

from __future__ import annotations

import decimal
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sopengine.language.expressions.decimals import CONTEXT
from sopengine.language.named import Goal
from sopengine.planning.model import Campaign, Span
from sopengine.planning.spans import anchors_of
from sopengine.planning.windows import monday
from sopengine.timing.days import named_days
from sopengine.timing.slots import Frame
from sopengine.timing.words import DayRule, OnAnchor, OnDate, OnPhaseDay, OnWeekday

_DAY = timedelta(days=1)
_CENT = Decimal("0.01")
_FURTHEST = date(2200, 1, 1)


class Planned:
    """What one goal sets for each day of a campaign, whose days are those of `span`, in one zone."""

    def __init__(self, campaign: Campaign, goal: Goal, zone: ZoneInfo, span: Span) -> None:
        self.goal, self.first, self.last = goal, span.first, span.last
        self._frame = Frame(zone, campaign.calendar, span.first, span.last, anchors_of(campaign))
        self._weights: dict[tuple[date, date], dict[date, Decimal]] = {}

    def over(self, days: tuple[date, date] | None) -> Decimal | None:
        """The sum for these days (inclusive), at most two places; None for all days of the campaign. Days outside the
        campaign count nothing. None where it cannot be known: a share of an open end."""
        if days is None:
            if not self.goal.each:
                return self.goal.target
            return None if self.last is None else self._sum(self.first, self.last)
        if not self.goal.each and self.last is None:
            return None
        first, last = max(days[0], self.first), days[1] if self.last is None else min(days[1], self.last)
        return self._sum(first, last)

    def _sum(self, first: date, last: date) -> Decimal:
        total = Decimal(0)
        for day in _days(first, last):
            total = CONTEXT.add(total, self._share(day))
        return total if total == total.to_integral_value() else total.quantize(_CENT, decimal.ROUND_HALF_UP)

    def _share(self, day: date) -> Decimal:
        """Of the target: the day's weight among the weights of the days that the target is spread over."""
        if self.goal.each == "day":
            return CONTEXT.multiply(self.goal.target, self._weight(day, day, day))
        first, last = self._spread_over(day)
        whole = sum(self._weights_of(first, last).values(), Decimal(0)) if first <= last else Decimal(0)
        weight = self._weight(day, first, last)
        return CONTEXT.divide(CONTEXT.multiply(self.goal.target, weight), whole) if whole else Decimal(0)

    def _spread_over(self, day: date) -> tuple[date, date]:
        """Weeks and months as a whole: the few days of one that the campaign's edge cuts off get their part only."""
        if self.goal.each == "week":
            return monday(day), monday(day) + timedelta(days=6)
        if self.goal.each == "month":
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            return day.replace(day=1), following - _DAY
        assert self.last is not None
        return self.first, self.last

    def _weight(self, day: date, first: date, last: date) -> Decimal:
        return self._weights_of(first, last)[day]

    def _weights_of(self, first: date, last: date) -> dict[date, Decimal]:
        """The largest weight that names each day, 1 where none does."""
        if (first, last) not in self._weights:
            named: dict[date, Decimal] = {}
            for weight in self.goal.weights:
                for day in self.fits(weight.days, first, last):
                    named[day] = max(weight.value, named.get(day, weight.value))
            self._weights[first, last] = {day: named.get(day, Decimal(1)) for day in _days(first, last)}
        return self._weights[first, last]

    def fits(self, rule: DayRule, first: date, last: date) -> list[date]:
        """The days in this stretch that a weight names. Rules go on over the campaign's edges, to whole weeks and
        months; listed days are counted from the campaign's own."""
        frame = self._frame
        if not isinstance(rule, OnDate | OnAnchor | OnPhaseDay):
            whole_rounds = 10 * 7 * (rule.every_weeks if isinstance(rule, OnWeekday) else 1)
            end = None if frame.last is None else max(last, frame.last)
            frame = replace(frame, first=frame.first - timedelta(days=whole_rounds), last=end)
        return [named.day for named in named_days((rule,), (), frame, first, last + _DAY)]

    def idle_weights(self) -> list[int]:
        """Which weights, by their place, name no day of the campaign."""
        last = self.last or min(self.first + timedelta(days=366 * 4), _FURTHEST)
        return [i for i, weight in enumerate(self.goal.weights) if not self.fits(weight.days, self.first, last)]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def percent(actual: Decimal | int | None, target: Decimal | None) -> Decimal | None:
    """How much of the target is reached, in percent with one place."""
    if actual is None or not target:
        return None
    share = CONTEXT.divide(CONTEXT.multiply(Decimal(actual), Decimal(100)), target)
    return share.quantize(Decimal("0.1"), decimal.ROUND_HALF_UP)
