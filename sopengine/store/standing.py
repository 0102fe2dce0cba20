"""How things stand behind a pause, and which campaigns have nothing left to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from sopengine.store.campaigns import set_state
from sopengine.store.dialect import in_states
from sopengine.store.journal import ENGINE
from sopengine.store.plan import PLANNED as PLANNED_OCCURRENCE
from sopengine.store.readiness import NOW
from sopengine.store.rows import State, Waiting
from sopengine.store.states import OPEN_DELIVERY
from sopengine.store.tables import CAMPAIGN, DELIVERY, OCCURRENCE

_planned = exists().where(OCCURRENCE.c.campaign == CAMPAIGN.c.id, PLANNED_OCCURRENCE)
_unsent = exists().where(DELIVERY.c.campaign == CAMPAIGN.c.id, in_states(DELIVERY.c.state, *OPEN_DELIVERY))
_OVER = select(CAMPAIGN.c.id).where(
    CAMPAIGN.c.state == "running",
    CAMPAIGN.c.ends_at <= NOW,
    CAMPAIGN.c.planned_until.is_not(None),
    ~_planned,
    ~_unsent,
)


def finish_campaigns(conn: Connection, now: datetime) -> list[str]:
    """Campaigns past their end, planned, with no occurrence or delivery open: finished.

    Open tasks do not hold a campaign; they can still be done late."""
    done = list(conn.execute(_OVER, {"now": now}).scalars())
    for campaign in done:
        set_state(conn, campaign, "finished", now, ENGINE, "everything is done")
    return done


def waiting_behind(conn: Connection, scope: str, name: str, now: datetime, on_time: timedelta) -> Waiting:
    """What is due behind a pause: how much is still inside its window, and how much is too late or replaced by a newer
    slot of its step. What comes after another step has no time of its own yet and is not counted."""
    of_deliveries: list[ColumnElement[bool]] = [in_states(DELIVERY.c.state, State.PLANNED), DELIVERY.c.run_after <= now]
    of_occurrences: list[ColumnElement[bool]] = [
        PLANNED_OCCURRENCE,
        OCCURRENCE.c.waits_for == "",
        OCCURRENCE.c.due_at <= now,
    ]
    if scope == "campaign":
        of_deliveries.append(DELIVERY.c.campaign == name)
        of_occurrences.append(OCCURRENCE.c.campaign == name)
    elif scope == "channel":
        of_deliveries.append(DELIVERY.c.channel == name)
    in_time, too_late = _split(conn, DELIVERY.c, of_deliveries, now)
    if scope != "channel":
        more, later = _split(conn, OCCURRENCE.c, of_occurrences, now, _replaced(now, on_time))
        in_time, too_late = in_time + more, too_late + later
    return Waiting(in_time, too_late)


def _replaced(now: datetime, on_time: timedelta) -> ColumnElement[bool]:
    """A late slot of which a newer one of the same step is due too (semantics.md S3.3)."""
    newer = OCCURRENCE.alias("newer")
    same = [newer.c[name] == OCCURRENCE.c[name] for name in ("campaign", "step", "zone", "entry", "state")]
    due = newer.c.due_at.between(OCCURRENCE.c.due_at, now)
    later = newer.c.due_at > OCCURRENCE.c.due_at
    return and_(OCCURRENCE.c.due_at < now - on_time, exists().where(*same, newer.c.waits_for == "", due, later))


def _split(
    conn: Connection,
    columns: object,
    which: list[ColumnElement[bool]],
    now: datetime,
    replaced: ColumnElement[bool] | None = None,
) -> tuple[int, int]:
    expires, useful = columns.expires_at, columns.useful_until  # type: ignore[attr-defined]
    late = or_(expires < now, useful <= now, *([] if replaced is None else [replaced]))
    count = select(func.count()).where(*which)
    return conn.execute(count.where(~late)).scalar_one(), conn.execute(count.where(late)).scalar_one()
