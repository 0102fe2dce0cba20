"""How things stand behind a pause, and which campaigns have nothing left to do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from sopengine.store.campaigns import set_state
from sopengine.store.columns import Micros
from sopengine.store.dialect import in_states
from sopengine.store.journal import ENGINE
from sopengine.store.plan import PLANNED as PLANNED_OCCURRENCE
from sopengine.store.readiness import NOW
from sopengine.store.rows import Behind, State
from sopengine.store.states import OPEN_DELIVERY
from sopengine.store.tables import CAMPAIGN, DELIVERY, OCCURRENCE, TASK, TIMER
from sopengine.store.timers import WAITS

_planned = exists().where(OCCURRENCE.c.campaign == CAMPAIGN.c.id, PLANNED_OCCURRENCE)
_unsent = exists().where(DELIVERY.c.campaign == CAMPAIGN.c.id, in_states(DELIVERY.c.state, *OPEN_DELIVERY))
_timed = exists().where(TASK.c.campaign == CAMPAIGN.c.id, TIMER.c.task == TASK.c.id, WAITS)
_OVER = select(CAMPAIGN.c.id).where(
    CAMPAIGN.c.state == "running",
    CAMPAIGN.c.ends_at <= NOW,
    CAMPAIGN.c.planned_until.is_not(None),
    ~_planned,
    ~_unsent,
    ~_timed,
)


def finish_campaigns(conn: Connection, now: datetime) -> list[str]:
    """Campaigns past their end, planned, with no occurrence or delivery open: finished.

    Open tasks do not hold a campaign, they can still be done late; reminders and escalations to come do."""
    done = list(conn.execute(_OVER, {"now": now}).scalars())
    for campaign in done:
        set_state(conn, campaign, "finished", now, ENGINE, "everything is done")
    return done


def held_behind(conn: Connection, scope: str, name: str, now: datetime) -> list[Behind]:
    """Deliveries that are due behind a pause, in written order."""
    which: list[ColumnElement[bool]] = [in_states(DELIVERY.c.state, State.PLANNED), DELIVERY.c.run_after <= now]
    if scope in ("campaign", "sends"):
        which.append(DELIVERY.c.campaign == name)
    elif scope == "channel":
        which.append(DELIVERY.c.channel == name)
    slot = func.coalesce(DELIVERY.c.planned_at, OCCURRENCE.c.planned_at, type_=Micros)
    late = or_(DELIVERY.c.expires_at < now, DELIVERY.c.useful_until <= now)
    query = select(DELIVERY.c.campaign, OCCURRENCE.c.step, DELIVERY.c.target, slot, late)
    joined = query.join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence).where(*which)
    return [Behind(*row) for row in conn.execute(joined.order_by(DELIVERY.c.due_at, DELIVERY.c.id))]
