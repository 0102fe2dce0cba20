"""When the engine has something to do next, and when it last did."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from sopengine.store import collections, moving, timers, waits
from sopengine.store.dialect import in_states
from sopengine.store.marks import mark, marked
from sopengine.store.pauses import closed
from sopengine.store.plan import may_start
from sopengine.store.readiness import BUCKET_NOT_PAUSED, PLANNED, RUNNING, TARGET_FREE, parameters
from sopengine.store.rows import State
from sopengine.store.states import OPEN_TASK
from sopengine.store.tables import BUCKET, DELIVERY, OCCURRENCE, TASK

_TICK = "last tick"

_OCCURRENCE = select(OCCURRENCE.c.due_at).where(may_start()).order_by(OCCURRENCE.c.due_at).limit(1)
_LEASE = select(func.min(DELIVERY.c.lease_until)).where(in_states(DELIVERY.c.state, State.CLAIMED, State.SENDING))
_CONFIRM = select(func.min(DELIVERY.c.useful_until)).where(in_states(DELIVERY.c.state, State.AWAITING_CONFIRM))
_TASK = select(func.min(TASK.c.due_at)).where(in_states(TASK.c.state, *OPEN_TASK))
_turn = (
    select(DELIVERY.c.run_after)
    .where(PLANNED, DELIVERY.c.bucket == BUCKET.c.id, RUNNING, TARGET_FREE)
    .order_by(DELIVERY.c.run_after, DELIVERY.c.id)
    .limit(1)
    .correlate(BUCKET)
    .scalar_subquery()
)
_DELIVERY = select(func.min(_turn)).where(BUCKET_NOT_PAUSED)


def next_wake(conn: Connection, now: datetime, ahead: timedelta = timedelta(0)) -> datetime | None:
    """The earliest due time of an occurrence that may start, a delivery not paused, a lease, a confirmation, a
    wait, a collection, an open task, a timer or the end of waiting for an event; in the past where something is due
    already. Leases go by a clock that is `ahead` of the one that says `now`."""
    paused = closed(conn)
    lease: datetime | None = conn.execute(_LEASE).scalar()
    moments: list[datetime | None] = [
        lease and lease - ahead,
        *(
            conn.execute(query).scalar()
            for query in (_CONFIRM, _TASK, waits.NEXT, collections.NEXT, moving.NEXT_IN_VAIN)
        ),
    ]
    if not paused.everything:
        moments.append(conn.execute(_OCCURRENCE).scalar())
        moments.append(conn.execute(timers.NEXT).scalar())
        moments.append(conn.execute(_DELIVERY, parameters(now, paused)).scalar())
    return min((moment for moment in moments if moment is not None), default=None)


def last_tick(conn: Connection) -> datetime | None:
    return marked(conn, _TICK)


def set_last_tick(conn: Connection, now: datetime) -> None:
    mark(conn, _TICK, now)
