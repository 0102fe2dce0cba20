"""A goal spread over a campaign's days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.planning.goals import Planned, percent
from sopengine.planning.targets import Targets
from tests.planning.books import SHANGHAI, campaign

BOOK = """
playbook: fair
timezone: Asia/Shanghai
calendar: CN
{runs}
metrics: {{gmv: {{count: order.paid}}}}
goals: {{gmv: {{metric: gmv, {goal}}}}}
"""


def planned(goal: str, runs: str = "runs: {from: 2026-06-15, until: 2026-07-06}") -> Planned:
    made = campaign(BOOK.format(goal=goal, runs=runs), start="2026-06-01T09:00", sources={})
    span = Targets(made).calendars.span("Asia/Shanghai")
    return Planned(made, made.playbook.goals["gmv"], SHANGHAI, span)


def day(text: str) -> tuple[date, date]:
    found = date.fromisoformat(f"2026-{text}")
    return found, found


WEIGHTS = "weights: {monthly 22: 5, 2026-06-18: 10, weekends: 2, sat: 3, day 2: 0}"


@pytest.mark.parametrize(
    ("when", "value"),
    [
        ("06-15", 1),  # nothing names it
        ("06-16", 0),  # day 2
        ("06-18", 10),
        ("06-20", 3),  # the larger of weekends and sat
        ("06-21", 2),
        ("06-22", 5),
        ("06-14", 0),  # outside
        ("07-06", 0),
    ],
)
def test_a_days_share_is_its_weight(when: str, value: int) -> None:
    weights = {"06-18": 10, "06-22": 5, "06-16": 0}
    days = [date(2026, 6, 15) + timedelta(days=n) for n in range(21)]
    whole = sum(weights.get(f"{d:%m-%d}", 3 if d.weekday() == 5 else 2 if d.weekday() == 6 else 1) for d in days)
    goal = planned(f"target: {whole * 100}, {WEIGHTS}")
    assert goal.over(day(when)) == value * 100
    assert goal.over(None) == whole * 100
    assert goal.over((date(2026, 6, 1), date(2026, 8, 1))) == whole * 100


def test_shares_have_two_places_and_the_whole_none_lost() -> None:
    goal = planned("target: 100")
    assert goal.over(day("06-15")) == Decimal("4.76")
    assert goal.over((date(2026, 6, 15), date(2026, 6, 21))) == Decimal("33.33")
    assert goal.over(None) == 100


def test_a_target_for_each_day_week_or_month() -> None:
    assert planned("target: 17, each: day").over(day("06-20")) == 17
    assert planned("target: 17, each: day, weights: {monthly 22: 5}").over(day("06-22")) == 85
    assert planned("target: 17, each: day").over(None) == 17 * 21
    assert planned("target: 17, each: day").over((date(2026, 6, 13), date(2026, 6, 16))) == 34
    weekly = planned("target: 70, each: week, weights: {sun: 4}")
    assert weekly.over((date(2026, 6, 15), date(2026, 6, 21))) == 70
    assert weekly.over(day("06-21")) == 28
    monthly = planned("target: 300, each: month")
    assert monthly.over(day("06-30")) == 10
    assert monthly.over(day("07-01")) == Decimal("9.68")
    assert monthly.over(None) == Decimal("208.39")  # 16 days of June, 5 of July


def test_a_week_cut_off_by_the_campaigns_edge_has_its_days_part() -> None:
    goal = planned("target: 70, each: week", "runs: {from: 2026-06-20, until: 2026-06-23}")
    assert goal.over((date(2026, 6, 15), date(2026, 6, 21))) == 20
    assert goal.over(None) == 30


def test_shares_of_an_open_end_are_not_known() -> None:
    assert planned("target: 100", "").over(None) == 100
    assert planned("target: 100", "").over(day("06-20")) is None
    assert planned("target: 17, each: day", "").over(None) is None
    assert planned("target: 17, each: day", "").over(day("06-20")) == 17
    assert planned("target: 17, each: day", "").over(day("05-31")) == 0  # before its start


def test_weights_that_name_no_day() -> None:
    goal = planned("target: 1, weights: {2026-06-18: 2, monthly 10: 3, sat: 2, 2026-09-01: 4, day 30: 2}")
    assert goal.idle_weights() == [1, 3, 4]


@given(st.integers(1, 10**6), st.lists(st.integers(0, 9), min_size=7, max_size=7).filter(any))
def test_the_days_add_up_to_the_target(target: int, weights: list[int]) -> None:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    written = ", ".join(f"{name}: {weight}" for name, weight in zip(names, weights, strict=True))
    goal = planned(f"target: {target}, weights: {{{written}}}")
    assert goal.over((date(2026, 6, 15), date(2026, 7, 5))) == target
    days = [goal.over((d, d)) for d in (date(2026, 6, 15) + timedelta(days=n) for n in range(21))]
    assert abs(sum(Decimal(d) for d in days if d is not None) - target) <= Decimal("0.005") * 21


def test_percent() -> None:
    assert percent(Decimal("120.5"), Decimal(200)) == Decimal("60.3")
    assert percent(None, Decimal(200)) is None
    assert percent(3, Decimal(0)) is None
    assert percent(3, None) is None
