"""Timers of tasks whose moment has come, and what they do: once, and only while the task can still be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select, update

from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.fan_out import add_deliveries
from sopengine.store.journal import ENGINE, line, write
from sopengine.store.pauses import closed
from sopengine.store.rows import DueTimer, NewTimer, TaskRow
from sopengine.store.states import WORKABLE, word
from sopengine.store.tables import OCCURRENCE, TASK, TIMER
from sopengine.store.tasks import COLUMNS
from sopengine.store.timers import IN_RUNNING, WAITS, add_timers

_DUE = (
    select(TIMER.c.id, TIMER.c.kind, TIMER.c.number, TIMER.c.at, *COLUMNS)
    .join(TASK, TASK.c.id == TIMER.c.task)
    .join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence)
    .where(WAITS, TIMER.c.at <= bindparam("now", type_=TIMER.c.at.type), IN_RUNNING)
    .order_by(TIMER.c.at, TIMER.c.id)
)
_SET = ("person", "role", "handed_over", "escalated")
_HELD = select(TASK.c.state, TASK.c.person, TASK.c.role, TASK.c.handed_over).where(TASK.c.id == bindparam("task"))
_END = (
    update(TIMER)
    .where(TIMER.c.id == bindparam("id_"), WAITS)
    .values(ended_at=bindparam("now", type_=TIMER.c.ended_at.type), end=bindparam("end_"))
)


class Told(NamedTuple):
    """A line of the log about a task: `reminded`, `escalated`, `reassigned`, or `missed` for a reminder."""

    word: str
    reason: str


class Fired(Struct, frozen=True):
    """What one timer does: `end` is fired or missed. `task` is as it was read, `after` has the holder and the flag that
    it has from now on."""

    timer: int
    task: TaskRow
    after: TaskRow
    end: str
    told: Sequence[Told]
    deliveries: Sequence[NewDelivery] = ()
    timers: Sequence[NewTimer] = ()  # that its task has from now on besides


def due_timers(conn: Connection, now: datetime) -> list[DueTimer]:
    if closed(conn).everything:
        return []
    rows = conn.execute(_DUE, {"now": now})
    return [DueTimer(id_, kind, number, at, TaskRow(*task)) for id_, kind, number, at, *task in rows]


def fire(conn: Connection, fired: Fired, now: datetime) -> bool:
    """False where its task has ended meanwhile, and the timer with it, or where it has gone to somebody else: then the
    next pass asks again whom to tell."""
    task = fired.task
    current = conn.execute(_HELD, {"task": task.id}).one()
    if current.state not in WORKABLE or current[1:] != (task.person, task.role, task.handed_over):
        return False
    if not conn.execute(_END, {"id_": fired.timer, "now": now, "end_": fired.end}).rowcount:
        return False
    conn.execute(update(TASK).where(TASK.c.id == task.id).values({name: getattr(fired.after, name) for name in _SET}))
    write(
        conn, [line(now, "task", task.id, word(current.state), told.word, told.reason, ENGINE) for told in fired.told]
    )
    add_deliveries(conn, task.occurrence, task.campaign, fired.deliveries, now)
    add_timers(conn, {task.id: fired.timers})
    return True
