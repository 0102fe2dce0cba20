"""How things stand behind a pause, and which campaigns have nothing left to do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from sopengine.store.campaigns import set_state
from sopengine.store.dialect import in_states
from sopengine.store.journal import ENGINE
from sopengine.store.plan import PLANNED as PLANNED_OCCURRENCE
from sopengine.store.rows import State, Waiting
from sopengine.store.states import OPEN_DELIVERY
from sopengine.store.tables import CAMPAIGN, DELIVERY, OCCURRENCE


def finish_campaigns(conn: Connection, now: datetime) -> list[str]:
    """Campaigns past their end, planned, with no occurrence or delivery open: finished.

    Open tasks do not hold a campaign; they can still be done late."""
    planned = exists().where(OCCURRENCE.c.campaign == CAMPAIGN.c.id, PLANNED_OCCURRENCE)
    unsent = exists().where(DELIVERY.c.campaign == CAMPAIGN.c.id, in_states(DELIVERY.c.state, *OPEN_DELIVERY))
    over = select(CAMPAIGN.c.id).where(
        CAMPAIGN.c.state == "running",
        CAMPAIGN.c.ends_at <= now,
        CAMPAIGN.c.planned_until.is_not(None),
        ~planned,
        ~unsent,
    )
    done = list(conn.execute(over).scalars())
    for campaign in done:
        set_state(conn, campaign, "finished", now, ENGINE, "everything is done")
    return done


def waiting_behind(conn: Connection, scope: str, name: str, now: datetime) -> Waiting:
    """What is due behind a pause: how much is still inside its window, and how much is too late."""
    of_deliveries: list[ColumnElement[bool]] = [in_states(DELIVERY.c.state, State.PLANNED), DELIVERY.c.run_after <= now]
    of_occurrences: list[ColumnElement[bool]] = [PLANNED_OCCURRENCE, OCCURRENCE.c.due_at <= now]
    if scope == "campaign":
        of_deliveries.append(DELIVERY.c.campaign == name)
        of_occurrences.append(OCCURRENCE.c.campaign == name)
    elif scope == "channel":
        of_deliveries.append(DELIVERY.c.channel == name)
    in_time, too_late = _split(conn, DELIVERY.c, of_deliveries, now)
    if scope != "channel":
        more, later = _split(conn, OCCURRENCE.c, of_occurrences, now)
        in_time, too_late = in_time + more, too_late + later
    return Waiting(in_time, too_late)


def _split(conn: Connection, columns: object, which: list[ColumnElement[bool]], now: datetime) -> tuple[int, int]:
    expires, useful = columns.expires_at, columns.useful_until  # type: ignore[attr-defined]
    late = or_(expires < now, useful <= now)
    count = select(func.count()).where(*which)
    return conn.execute(count.where(~late)).scalar_one(), conn.execute(count.where(late)).scalar_one()
