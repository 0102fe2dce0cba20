"""What has not happened yet is taken back: all of a stopped campaign, or what is inside a scope that ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from sopengine.store.journal import Change, advance
from sopengine.store.plan import PLANNED, chunks
from sopengine.store.rows import OccurrenceState, State
from sopengine.store.states import WORKABLE, ending
from sopengine.store.tables import DELIVERY, OCCURRENCE, TASK
from sopengine.store.tasks import withdraw_tasks

UNSENT = (State.PLANNED, State.CLAIMED, State.AWAITING_CONFIRM)
"""What is being sent cannot be called back."""


def withdraw(conn: Connection, campaign: str, now: datetime, actor: str, reason: str) -> int:
    """Everything of a campaign; number of deliveries withdrawn."""
    inside = OCCURRENCE.c.campaign == campaign
    count = withdraw_unsent(conn, inside, now, actor, reason)
    ahead = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, inside)).scalars().all()
    for some in chunks(ahead):
        advance(conn, [Change(i, OccurrenceState.PLANNED, OccurrenceState.WITHDRAWN, reason) for i in some], now, actor)
    return count


def withdraw_unsent(
    conn: Connection,
    inside: ColumnElement[bool],
    now: datetime,
    actor: str,
    reason: str,
    target: str | None = None,
    *,
    tasks: bool = True,
) -> int:
    """Unsent deliveries and open tasks of these occurrences, of one target or all; number of deliveries withdrawn. One
    that may have been taken before becomes unknown instead. Without `tasks` people keep their work, and notices of it
    are sent."""
    of_these = select(OCCURRENCE.c.id).where(inside)
    mine = [] if target is None else [DELIVERY.c.target == target]
    mine += [] if tasks else [DELIVERY.c.notice.is_(False)]
    deliveries = conn.execute(
        select(DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.doubtful).where(
            DELIVERY.c.occurrence.in_(of_these), DELIVERY.c.state.in_(UNSENT), *mine
        )
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
    if not tasks:
        return len(deliveries)
    theirs = [] if target is None else [TASK.c.target == target]
    work = conn.execute(
        select(TASK.c.id, TASK.c.state).where(TASK.c.occurrence.in_(of_these), TASK.c.state.in_(WORKABLE), *theirs)
    ).all()
    withdraw_tasks(conn, [(row.id, row.state) for row in work], now, reason, actor)
    return len(deliveries)
