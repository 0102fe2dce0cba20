"""Goals in a dry run: what each day is to bring, and weights that do nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sopengine.diagnostics import Findings
from sopengine.language.load import load
from sopengine.planning.targets import Targets
from sopengine.review.goals import GoalPlan, goal_plans, stretches
from tests.planning.books import campaign

BOOK = """
playbook: fair
timezone: Asia/Shanghai
{runs}
metrics: {{gmv: {{count: order.paid}}}}
goals:
  gmv:
    metric: gmv
    target: 120
    weights:
      2026-06-18: 3
      monthly 25: 5
"""


def plans(runs: str) -> tuple[list[tuple[str, Decimal]], list[tuple[str, int]]]:
    text = BOOK.format(runs=runs)
    document = load(text.encode(), "b.yaml", lambda _: None).document
    assert document is not None
    findings = Findings()
    made = campaign(text, start="2026-06-01T09:00", sources={})
    (plan,) = goal_plans(made, Targets(made).calendars.span("Asia/Shanghai"), document, findings)
    said = [(found.message.zh, found.place.line if found.place else 0) for found in findings]
    return [(day.isoformat(), share) for day, share in plan.days], said


def test_each_day_has_its_share_and_an_idle_weight_is_named_at_its_line() -> None:
    days, said = plans("runs: {from: 2026-06-17, until: 2026-06-19}")
    assert days == [("2026-06-17", Decimal(30)), ("2026-06-18", Decimal(90))]
    assert said == [("权重 monthly 25 在活动期间没有这样的日子", 12)]


def test_neighbouring_days_that_bring_the_same_are_one_stretch() -> None:
    def goal(*shares: tuple[int, int]) -> GoalPlan:
        days = [(date(2026, 6, day), Decimal(share)) for day, share in shares]
        return GoalPlan("g", "m", "", "", Decimal(9), None, "", days)

    def said(*goals: GoalPlan) -> list[object]:
        return [(one.first.day, one.last.day, one.shares) for one in stretches(goals)]

    first, other = goal((1, 2), (2, 2), (3, 5), (5, 5), (6, 2)), goal((1, 1), (2, 1), (3, 1))
    assert said(first) == [(1, 2, (2,)), (3, 3, (5,)), (5, 5, (5,)), (6, 6, (2,))]
    assert said(first, other) == [(1, 2, (2, 1)), (3, 3, (5, 1)), (5, 5, (5, None)), (6, 6, (2, None))]
    assert said() == said(goal()) == []


@pytest.mark.parametrize("runs", [""])
def test_without_an_end_there_are_no_shares(runs: str) -> None:
    days, said = plans(runs)
    assert days == []
    assert said[-1] == ("活动没有结束的日子，目标值 gmv 分不到每一天", 10)
