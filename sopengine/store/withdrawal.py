"""A campaign that is stopped: everything of it that has not happened yet is withdrawn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from sopengine.store.journal import Change, advance
from sopengine.store.plan import PLANNED, chunks
from sopengine.store.rows import OccurrenceState, State
from sopengine.store.states import WORKABLE, ending
from sopengine.store.tables import DELIVERY, OCCURRENCE, TASK
from sopengine.store.tasks import withdraw_tasks

UNSENT = (State.PLANNED, State.CLAIMED, State.AWAITING_CONFIRM)
"""What is being sent cannot be called back."""


def withdraw(conn: Connection, campaign: str, now: datetime, actor: str, reason: str) -> int:
    """Number of deliveries withdrawn. One that may have been taken before becomes unknown instead."""
    of_campaign = DELIVERY.c.occurrence.in_(select(OCCURRENCE.c.id).where(OCCURRENCE.c.campaign == campaign))
    deliveries = conn.execute(
        select(DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.doubtful).where(of_campaign, DELIVERY.c.state.in_(UNSENT))
    ).all()
    values = {"reason": reason, "lease_owner": None, "lease_until": None}
    for some in chunks(deliveries):
        advance(
            conn,
            [
                Change(
                    row.id,
                    row.state,
                    ending(State.WITHDRAWN, row.doubtful and row.state is not State.AWAITING_CONFIRM),
                    reason,
                    values,
                )
                for row in some
            ],
            now,
            actor,
        )
    ahead = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, OCCURRENCE.c.campaign == campaign)).scalars().all()
    for some in chunks(ahead):
        advance(conn, [Change(i, OccurrenceState.PLANNED, OccurrenceState.WITHDRAWN, reason) for i in some], now, actor)
    work = conn.execute(
        select(TASK.c.id, TASK.c.state)
        .join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence)
        .where(OCCURRENCE.c.campaign == campaign, TASK.c.state.in_(WORKABLE))
    ).all()
    withdraw_tasks(conn, [(row.id, row.state) for row in work], now, reason, actor)
    return len(deliveries)
