"""What steps came to: the newest result of each step and target, as `step.ID` in conditions and texts."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select

from sopengine.store.flow_rows import StepResult
from sopengine.store.states import word
from sopengine.store.tables import DELIVERY, EFFECT, OCCURRENCE, TASK

_THESE: ColumnElement[bool] = and_(
    OCCURRENCE.c.campaign == bindparam("campaign"),
    OCCURRENCE.c.entry == bindparam("entry"),
    OCCURRENCE.c.step.in_(bindparam("steps", expanding=True)),
    OCCURRENCE.c.section != "approval",
)
_ORDER = (OCCURRENCE.c.planned_at, OCCURRENCE.c.id)
_DELIVERIES = (
    select(OCCURRENCE.c.step, DELIVERY.c.target, DELIVERY.c.state, DELIVERY.c.changed_at)
    .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
    .where(_THESE, DELIVERY.c.notice.is_(False))
    .order_by(*_ORDER)
)
_TASKS = (
    select(OCCURRENCE.c.step, TASK.c.target, TASK.c.state, TASK.c.changed_at, TASK.c.fields)
    .join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence)
    .where(_THESE, TASK.c.delivery.is_(None))
    .order_by(*_ORDER)
)
_EFFECTS = (
    select(OCCURRENCE.c.step, EFFECT.c.target, EFFECT.c.state, EFFECT.c.result, EFFECT.c.at)
    .join(OCCURRENCE, OCCURRENCE.c.id == EFFECT.c.occurrence)
    .where(_THESE)
    .order_by(*_ORDER)
)


def step_results(conn: Connection, campaign: str, steps: Collection[str], entry: str) -> list[StepResult]:
    """One for each step and target, of its newest slot; `entry` is "" outside flows. Ordered by time, the last last."""
    which = {"campaign": campaign, "entry": entry, "steps": list(steps)}
    found: dict[tuple[str, str], StepResult] = {}
    for step, target, state, at in conn.execute(_DELIVERIES, which):
        found[step, target] = StepResult(step, target, word(state), "", at, {})
    for step, target, state, at, fields in conn.execute(_TASKS, which):
        found[step, target] = StepResult(step, target, word(state), "", at, fields or {})
    for step, target, state, result, at in conn.execute(_EFFECTS, which):
        found[step, target] = StepResult(step, target, state, result, at, {})
    return sorted(found.values(), key=lambda result: result.at)
