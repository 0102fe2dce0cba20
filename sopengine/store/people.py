"""What people do with their work besides doing it: take note of it, decline it, hand it to somebody else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.store.columns import AnyRow
from sopengine.store.journal import Change, advance, line, write
from sopengine.store.rows import Completion, State, TaskRow, TaskState
from sopengine.store.states import OPEN_TASK, WORKABLE, word
from sopengine.store.tables import DELIVERY, OCCURRENCE, TASK, TRANSITION
from sopengine.store.tasks import COLUMNS, refuse_own_words
from sopengine.store.timers import cancel_timers

UNASSIGNED = "unassigned"


def acknowledge(conn: Connection, task: int, now: datetime, actor: str) -> Completion:
    """`done`: this call took note of it. The second one is told who was first; nothing else about the task changes."""
    row = task_row(conn, task)
    if row.state is not TaskState.OPEN:
        return _as_it_is(conn, row)
    advance(conn, [Change(task, row.state, TaskState.ACKNOWLEDGED)], now, actor)
    return Completion(True, TaskState.ACKNOWLEDGED, actor, now)


def decline(conn: Connection, task: int, now: datetime, actor: str, reason: str) -> Completion:
    """It ends undone; a message it was to post is withdrawn with it. An overdue one can only be done late
    or given to somebody else (semantics.md S7)."""
    row = task_row(conn, task)
    refuse_own_words(conn, row, actor)
    if row.state not in (WORKABLE if row.approves else OPEN_TASK):
        return _as_it_is(conn, row)
    advance(
        conn, [Change(task, row.state, TaskState.DECLINED, reason, {"reason": reason, "done_by": actor})], now, actor
    )
    cancel_timers(conn, [task], now, "its task was declined")
    if row.delivery is not None:
        state = conn.execute(select(DELIVERY.c.state).where(DELIVERY.c.id == row.delivery)).scalar_one()
        if state is State.AWAITING_CONFIRM:
            why = f"declined by {actor}: {reason}"
            advance(conn, [Change(row.delivery, state, State.WITHDRAWN, why, {"reason": why})], now, actor)
    return Completion(True, TaskState.DECLINED, actor, now)


def hand_over(
    conn: Connection, tasks: Collection[int] | None, person: str | None, to: str, now: datetime, actor: str, reason: str
) -> list[TaskRow]:
    """Open and overdue work of `person`, or these tasks of theirs, goes to `to` with its history; as it was before.
    What `to` has already is left alone."""
    query = select(*COLUMNS).join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence)
    query = query.where(TASK.c.state.in_(WORKABLE), TASK.c.person != to)
    if tasks is not None:
        query = query.where(TASK.c.id.in_(list(tasks)))
    if person is not None:
        query = query.where(TASK.c.person == person)
    moved = [TaskRow(*row) for row in conn.execute(query.order_by(TASK.c.due_at.is_(None), TASK.c.due_at, TASK.c.id))]
    for task in moved:
        kept = "" if task.reason == UNASSIGNED else task.reason
        conn.execute(update(TASK).where(TASK.c.id == task.id).values(person=to, handed_over=True, reason=kept))
        why = f"{task.person or '-'} → {to}" + (f": {reason}" if reason else "")
        write(conn, [line(now, "task", task.id, word(task.state), "reassigned", why, actor)])
    return moved


def task_row(conn: Connection, task: int) -> AnyRow:
    """Raises UsageError where there is no such task."""
    row = conn.execute(select(TASK).where(TASK.c.id == task)).first()
    if row is None:
        raise UsageError(Text(f"没有编号为 {task} 的任务", f"there is no task {task}"))
    return row


def _as_it_is(conn: Connection, row: AnyRow) -> Completion:
    said = (
        select(TRANSITION.c.actor)
        .where(TRANSITION.c.entity == "task", TRANSITION.c.ref == row.id, TRANSITION.c.after == word(row.state))
        .order_by(TRANSITION.c.id.desc())
        .limit(1)
    )
    return Completion(False, row.state, conn.execute(said).scalar() or "", row.changed_at)
