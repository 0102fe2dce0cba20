"""What waits for a person, with its evidence: deliveries in doubt or refused, flows that a required step holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, exists, func, literal_column, select

from sopengine.store.columns import Micros
from sopengine.store.dialect import in_states
from sopengine.store.plan import NOTHING, chunks, ended_badly
from sopengine.store.rows import Attempt, HeldFlow, Need, OccurrenceState, State
from sopengine.store.tables import ATTEMPT, BUCKET, CAMPAIGN, DELIVERY, ENROLMENT, OCCURRENCE

UNSETTLED = (in_states(DELIVERY.c.state, State.FAILED, State.UNKNOWN), DELIVERY.c.settled == literal_column("false"))

_NEEDS = (
    select(
        DELIVERY.c.id, DELIVERY.c.key, DELIVERY.c.campaign, OCCURRENCE.c.step, DELIVERY.c.target, DELIVERY.c.channel,
        BUCKET.c.name, DELIVERY.c.state, DELIVERY.c.reason, DELIVERY.c.text,
        func.coalesce(DELIVERY.c.planned_at, OCCURRENCE.c.planned_at, type_=Micros), DELIVERY.c.useful_until,
    )
    .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
    .join(BUCKET, BUCKET.c.id == DELIVERY.c.bucket)
    .order_by(DELIVERY.c.due_at, DELIVERY.c.id)
)  # fmt: skip
_later = OCCURRENCE.alias("later")
_HELD = (
    select(
        OCCURRENCE.c.key, OCCURRENCE.c.campaign, ENROLMENT.c.journey, ENROLMENT.c.subject, OCCURRENCE.c.step,
        OCCURRENCE.c.planned_at,
    )
    .join(
        ENROLMENT,
        (ENROLMENT.c.campaign == OCCURRENCE.c.campaign) & (ENROLMENT.c.entry == OCCURRENCE.c.entry),
    )
    .join(CAMPAIGN, CAMPAIGN.c.id == OCCURRENCE.c.campaign)
    .where(
        OCCURRENCE.c.entry != NOTHING,
        OCCURRENCE.c.required.is_(True),
        OCCURRENCE.c.state != OccurrenceState.PLANNED,
        CAMPAIGN.c.state.in_(("running", "paused")),
        ended_badly(OCCURRENCE),
        exists().where(
            _later.c.campaign == OCCURRENCE.c.campaign,
            _later.c.entry == OCCURRENCE.c.entry,
            _later.c.sequence > OCCURRENCE.c.sequence,
            in_states(_later.c.state, OccurrenceState.PLANNED),
        ),
    )
    .order_by(OCCURRENCE.c.planned_at, OCCURRENCE.c.id)
)  # fmt: skip


def needs(conn: Connection, campaign: str | None) -> list[Need]:
    """Deliveries that failed or are unknown and that nobody has settled, each with all its attempts."""
    return _with_attempts(conn, [*UNSETTLED, *([] if campaign is None else [DELIVERY.c.campaign == campaign])])


def deliveries_named(conn: Connection, name: str, limit: int = 2) -> list[Need]:
    """Those with this number, or whose key begins so; at most `limit`."""
    if name.isdecimal() and len(name) < 19 and (found := _with_attempts(conn, [DELIVERY.c.id == int(name)])):
        return found
    if not name:
        return []
    ids = select(DELIVERY.c.id).where(DELIVERY.c.key.startswith(name, autoescape=True)).limit(limit)
    return _with_attempts(conn, [DELIVERY.c.id.in_(conn.execute(ids).scalars().all())])


def held_flows(conn: Connection, campaign: str | None) -> list[HeldFlow]:
    """Flows that stand still behind a required step that did not end well."""
    query = _HELD if campaign is None else _HELD.where(OCCURRENCE.c.campaign == campaign)
    return [HeldFlow(*row) for row in conn.execute(query)]


def _with_attempts(conn: Connection, which: Sequence[ColumnElement[bool]]) -> list[Need]:
    rows = conn.execute(_NEEDS.where(*which)).all()
    attempts = _attempts(conn, (row.id for row in rows))
    return [Need._make((*row, tuple(attempts[row.id]))) for row in rows]


def _attempts(conn: Connection, deliveries: Iterable[int]) -> dict[int, list[Attempt]]:
    found: dict[int, list[Attempt]] = defaultdict(list)
    for some in chunks(deliveries, 500):
        query = (
            select(
                ATTEMPT.c.delivery, ATTEMPT.c.started_at, ATTEMPT.c.ended_at, ATTEMPT.c.outcome, ATTEMPT.c.status,
                ATTEMPT.c.excerpt,
            )
            .where(ATTEMPT.c.delivery.in_(some))
            .order_by(ATTEMPT.c.delivery, ATTEMPT.c.fence)
        )  # fmt: skip
        for delivery, *rest in conn.execute(query):
            found[delivery].append(Attempt(*rest))
    return found
