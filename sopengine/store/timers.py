"""Timers of tasks: stored with their task, cancelled in the commit that ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from sopengine.store.dialect import in_states
from sopengine.store.journal import Change, advance
from sopengine.store.plan import chunks
from sopengine.store.rows import NewTimer, State
from sopengine.store.states import ending
from sopengine.store.tables import CAMPAIGN, DELIVERY, TASK, TIMER

WAITS = TIMER.c.ended_at.is_(None)
IN_RUNNING = exists().where(CAMPAIGN.c.id == TASK.c.campaign, CAMPAIGN.c.state == "running")
NEXT = select(func.min(TIMER.c.at)).join(TASK, TASK.c.id == TIMER.c.task).where(WAITS, IN_RUNNING)

OPENED = "opened"
"""The kind of timer that tells of a task which was missed and is opened again: once, at the next pass."""

_INSERT = insert(TIMER)
_MOVE = (
    update(TIMER)
    .where(
        TIMER.c.task == bindparam("task_"),
        TIMER.c.kind == bindparam("kind_"),
        TIMER.c.number == bindparam("number_"),
        WAITS,
    )
    .values(at=bindparam("at_", type_=TIMER.c.at.type))
)
_CANCEL = (
    update(TIMER)
    .where(TIMER.c.task.in_(bindparam("tasks", expanding=True)), WAITS)
    .values(ended_at=bindparam("now", type_=TIMER.c.ended_at.type), end="cancelled")
)
_NOTICES = select(DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.doubtful).where(
    DELIVERY.c.task.in_(bindparam("tasks", expanding=True)),
    DELIVERY.c.task.is_not(None),
    in_states(DELIVERY.c.state, State.PLANNED, State.CLAIMED),
)
_FREE = {"lease_owner": None, "lease_until": None}


def add_timers(conn: Connection, by_task: Mapping[int, Sequence[NewTimer]]) -> None:
    rows = [{"task": task, "end": "", **timer._asdict()} for task, timers in by_task.items() for timer in timers]
    if rows:
        conn.execute(_INSERT, rows)


def move_timers(conn: Connection, by_task: Mapping[int, Sequence[NewTimer]], now: datetime) -> None:
    """Those that wait get these times; one that has none of them any more is cancelled. What has fired stays fired."""
    for task, timers in by_task.items():
        for timer in timers:
            conn.execute(_MOVE, {"task_": task, "kind_": timer.kind, "number_": timer.number, "at_": timer.at})
        kept = {(timer.kind, timer.number) for timer in timers}
        waiting = conn.execute(
            select(TIMER.c.id, TIMER.c.kind, TIMER.c.number).where(TIMER.c.task == task, TIMER.c.kind != OPENED, WAITS)
        )
        gone = [row.id for row in waiting if (row.kind, row.number) not in kept]
        conn.execute(update(TIMER).where(TIMER.c.id.in_(gone)).values(ended_at=now, end="cancelled"))


def cancel_timers(conn: Connection, tasks: Iterable[int], now: datetime, reason: str) -> None:
    """Nothing more is said about these tasks: their timers end, and what was not sent yet is withdrawn."""
    for some in chunks(tasks, 500):
        conn.execute(_CANCEL, {"tasks": some, "now": now})
        notices = conn.execute(_NOTICES, {"tasks": some}).all()
        values = {"reason": reason, **_FREE}
        changes = [Change(row.id, row.state, ending(State.WITHDRAWN, row.doubtful), reason, values) for row in notices]
        advance(conn, changes, now)
