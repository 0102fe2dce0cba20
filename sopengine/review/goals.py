"""The goals of a campaign as its days share them, and what is doubtful about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from sopengine.diagnostics import Findings, Path, Text
from sopengine.language.document import Document
from sopengine.planning.goals import Planned
from sopengine.planning.model import Campaign, Span
from sopengine.timing.zones import zone as zone_named


class GoalPlan(Struct, frozen=True):
    """`days` is what each day of the campaign is to bring; empty where that cannot be known. `whole` is the sum."""

    name: str
    metric: str
    per: str
    each: str
    target: Decimal
    whole: Decimal | None
    formula: str
    days: Sequence[tuple[date, Decimal]] = ()


class Stretch(Struct, frozen=True):
    """Neighbouring days (inclusive), each of which is to bring the same: `shares` by goal, None where unknown."""

    first: date
    last: date
    shares: tuple[Decimal | None, ...]


def stretches(goals: Sequence[GoalPlan]) -> list[Stretch]:
    """All days that any goal has a share for, in order."""
    by_day = [dict(goal.days) for goal in goals]
    found: list[Stretch] = []
    for day in sorted({day for shares in by_day for day in shares}):
        shares = tuple(of_goal.get(day) for of_goal in by_day)
        if found and found[-1].shares == shares and (day - found[-1].last).days == 1:
            found[-1] = Stretch(found[-1].first, day, shares)
        else:
            found.append(Stretch(day, day, shares))
    return found


def goal_plans(campaign: Campaign, span: Span, document: Document, findings: Findings) -> list[GoalPlan]:
    """`span` holds the campaign's days. Adds SOP-W508."""
    found = []
    for goal in campaign.playbook.goals.values():
        planned = Planned(campaign, goal, zone_named(campaign.playbook.timezone), span)
        days = _days(planned)
        _doubt(planned, document, findings)
        found.append(
            GoalPlan(goal.name, goal.metric, goal.per, goal.each, goal.target, planned.over(None), goal.formula, days)
        )
    return found


def _days(planned: Planned) -> list[tuple[date, Decimal]]:
    if planned.last is None:
        return []
    days = (planned.first + timedelta(days=n) for n in range((planned.last - planned.first).days + 1))
    shares = ((day, planned.over((day, day))) for day in days)
    return [(day, share) for day, share in shares if share is not None]


def _doubt(planned: Planned, document: Document, findings: Findings) -> None:
    goal = planned.goal
    for place in planned.idle_weights():
        rule = goal.weights[place].days
        path: Path = (*goal.path, "weights", goal.weights[place].written)
        findings.add(
            "SOP-W508",
            Text(f"权重 {rule.text} 在活动期间没有这样的日子", f"the weight {rule.text} names no day of the campaign"),
            document.place(path, of_key=True),
            help=Text("改成活动里的日子，或者删掉", "name days of the campaign, or remove it"),
            path=path,
        )
    if goal.weights and planned.last is None and not goal.each:
        path = (*goal.path, "weights")
        findings.add(
            "SOP-W508",
            Text(
                f"活动没有结束的日子，目标值 {goal.name} 分不到每一天",
                f"without an end the goal {goal.name} has no share for a day",
            ),
            document.place(path, of_key=True),
            help=Text("写上 runs，或给目标值加 each: day", "write `runs`, or give the goal each: day"),
            path=path,
        )
