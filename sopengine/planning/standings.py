"""How a campaign stands against its goals at a moment: target, actual and percent; as a whole, today, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from sopengine.language.expressions.decimals import CONTEXT, as_decimal, is_number
from sopengine.language.expressions.history import Window
from sopengine.language.named import Goal, Metric
from sopengine.planning.goals import percent
from sopengine.planning.past import Past

WHOLE, TODAY = Window(), Window("today")


class Measure(Struct, frozen=True):
    """None is unknown: no share of an open end, nothing reported yet."""

    target: Decimal | None
    actual: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        return percent(self.actual, self.target)


class RowStanding(Struct, frozen=True):
    id: str
    name: str
    whole: Measure
    today: Measure


class Standing(Struct, frozen=True):
    """`rows` are those that a goal has one target for each of, the best first; the measures are over all of them."""

    goal: Goal
    whole: Measure
    today: Measure
    rows: Sequence[RowStanding] = ()


def standings(past: Past) -> list[Standing]:
    playbook = past.campaign.playbook
    goals = [goal for goal in playbook.goals.values() if goal.metric in playbook.metrics]
    return [_standing(past, goal, playbook.metrics[goal.metric]) for goal in goals]


def _standing(past: Past, goal: Goal, metric: Metric) -> Standing:
    if not goal.per:
        return Standing(goal, _measure(past, goal, metric, WHOLE), _measure(past, goal, metric, TODAY))
    rows = [
        RowStanding(
            row,
            past.belonging.name(goal.per, row),
            _measure(past, goal, metric, WHOLE, row),
            _measure(past, goal, metric, TODAY, row),
        )
        for row in past.belonging.known(goal.per)
    ]
    best = sorted(rows, key=lambda row: (row.whole.actual is None, -(row.whole.actual or 0)))
    whole, today = _measure(past, goal, metric, WHOLE), _measure(past, goal, metric, TODAY)
    return Standing(goal, _for_all(whole, len(rows)), _for_all(today, len(rows)), best)


def _measure(past: Past, goal: Goal, metric: Metric, window: Window, row: str | None = None) -> Measure:
    found = past.figures(metric, window)
    return Measure(past.planned(goal, window), _number(found.whole if row is None else found.of(row)))


def _for_all(measure: Measure, rows: int) -> Measure:
    target = None if measure.target is None else CONTEXT.multiply(measure.target, Decimal(rows))
    return Measure(target, measure.actual)


def _number(value: Any) -> Decimal | None:
    return as_decimal(value) if is_number(value) else None
