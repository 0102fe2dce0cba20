"""The completion log and the deliveries, read as a stream; counts and the store's revision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from sopengine.store.columns import Micros
from sopengine.store.delivery_rows import DeliveryRow
from sopengine.store.needs import UNSETTLED, held_flows
from sopengine.store.plan import PLANNED as PLANNED_OCCURRENCE
from sopengine.store.plan import WAITS_FOR_EVENT
from sopengine.store.readiness import PLANNED as PLANNED_DELIVERY
from sopengine.store.rows import Counts, Transition
from sopengine.store.states import word
from sopengine.store.tables import BUCKET, DELIVERY, EFFECT, ENROLMENT, OCCURRENCE, TASK, TRANSITION

_STREAM = {"stream_results": True, "yield_per": 1_000}

_about = TRANSITION.c.entity
_occurrence = case(
    (_about == "delivery", DELIVERY.c.occurrence),
    (_about == "task", TASK.c.occurrence),
    (_about == "effect", EFFECT.c.occurrence),
    (_about == "occurrence", TRANSITION.c.ref),
)
_campaign = func.coalesce(OCCURRENCE.c.campaign, case((_about.in_(("campaign", "enrolment")), TRANSITION.c.name)), "")
_step = func.coalesce(OCCURRENCE.c.step, "")
_target = func.coalesce(DELIVERY.c.target, TASK.c.target, EFFECT.c.target, ENROLMENT.c.subject, "")
_LOG = (
    select(
        TRANSITION.c.at,
        _about,
        _campaign,
        _step,
        _target,
        func.coalesce(DELIVERY.c.planned_at, TASK.c.planned_at, OCCURRENCE.c.planned_at, type_=Micros),
        TRANSITION.c.before,
        TRANSITION.c.after,
        func.coalesce(DELIVERY.c.channel, ""),
        TRANSITION.c.reason,
        TRANSITION.c.actor,
        func.coalesce(DELIVERY.c.key, TASK.c.key, EFFECT.c.key, OCCURRENCE.c.key, TRANSITION.c.name),
        TRANSITION.c.id,
        TRANSITION.c.ref,
    )
    .select_from(TRANSITION)
    .outerjoin(DELIVERY, (_about == "delivery") & (DELIVERY.c.id == TRANSITION.c.ref))
    .outerjoin(TASK, (_about == "task") & (TASK.c.id == TRANSITION.c.ref))
    .outerjoin(EFFECT, (_about == "effect") & (EFFECT.c.id == TRANSITION.c.ref))
    .outerjoin(ENROLMENT, (_about == "enrolment") & (ENROLMENT.c.id == TRANSITION.c.ref))
    .outerjoin(OCCURRENCE, OCCURRENCE.c.id == _occurrence)
    .order_by(TRANSITION.c.id)
)


def log(
    conn: Connection,
    campaign: str | None,
    since: datetime | None,
    step: str | None,
    target: str | None,
    states: Sequence[str] | None,
    limit: int | None,
) -> Iterator[Transition]:
    """In the order in which it was written; `states` are those reached, `since` is inclusive."""
    query: Select[Any] = _LOG
    for column, wanted in ((_campaign, campaign), (_step, step), (_target, target)):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(TRANSITION.c.at >= since)
    if states is not None:
        query = query.where(TRANSITION.c.after.in_(list(states)))
    with conn.execute(query.limit(limit), execution_options=_STREAM) as rows:
        for row in rows:
            yield Transition(*row)


_COLUMNS = [
    func.coalesce(DELIVERY.c.planned_at, OCCURRENCE.c.planned_at, type_=Micros)
    if name == "planned_at"
    else OCCURRENCE.c[name]
    if name in ("section", "phase", "step", "date")
    else BUCKET.c.name
    if name == "bucket"
    else DELIVERY.c[name]
    for name in DeliveryRow.__struct_fields__
]


def deliveries(conn: Connection, campaign: str, step: str | None) -> Iterator[DeliveryRow]:
    """In written order: due time, then id."""
    query = (
        select(*_COLUMNS)
        .select_from(DELIVERY)
        .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
        .join(BUCKET, BUCKET.c.id == DELIVERY.c.bucket)
        .where(OCCURRENCE.c.campaign == campaign)
        .order_by(DELIVERY.c.due_at, DELIVERY.c.id)
    )
    if step is not None:
        query = query.where(OCCURRENCE.c.step == step)
    with conn.execute(query, execution_options=_STREAM) as rows:
        for row in rows:
            yield DeliveryRow(*row)


def counts(conn: Connection, campaign: str) -> Counts:
    of_campaign = OCCURRENCE.c.campaign == campaign
    by_state = {}
    for table in (DELIVERY, TASK):
        query = (
            select(table.c.state, func.count())
            .select_from(OCCURRENCE)
            .join(table, table.c.occurrence == OCCURRENCE.c.id)
            .where(of_campaign)
            .group_by(table.c.state)
            .order_by(table.c.state)
        )
        by_state[table.name] = {word(state): number for state, number in conn.execute(query)}
    timed = case((~OCCURRENCE.c.waits_for.startswith(WAITS_FOR_EVENT), OCCURRENCE.c.due_at))
    ahead = conn.execute(select(func.count(), func.min(timed)).where(of_campaign, PLANNED_OCCURRENCE)).one()
    awaited = (
        select(OCCURRENCE.c.waits_for, func.count())
        .where(of_campaign, PLANNED_OCCURRENCE, OCCURRENCE.c.waits_for.startswith(WAITS_FOR_EVENT))
        .group_by(OCCURRENCE.c.waits_for)
        .order_by(OCCURRENCE.c.waits_for)
    )
    waiting = {name.removeprefix(WAITS_FOR_EVENT): number for name, number in conn.execute(awaited)}
    next_delivery = conn.execute(
        select(func.min(DELIVERY.c.run_after))
        .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
        .where(of_campaign, PLANNED_DELIVERY)
    ).scalar()
    dues = [due for due in (ahead[1], next_delivery) if due is not None]
    unsettled = conn.execute(select(func.count()).where(DELIVERY.c.campaign == campaign, *UNSETTLED)).scalar_one()
    needs = unsettled + len(held_flows(conn, campaign))
    return Counts(by_state["delivery"], by_state["task"], ahead[0], min(dues, default=None), waiting, needs)


def revision(conn: Connection) -> int:
    """Grows with every transition and every planned occurrence."""
    lines = conn.execute(select(func.coalesce(func.max(TRANSITION.c.id), 0))).scalar_one()
    planned = conn.execute(select(func.coalesce(func.max(OCCURRENCE.c.id), 0))).scalar_one()
    return int(lines) + int(planned)
