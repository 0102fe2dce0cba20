"""Work for people: found, done once, fallen due, withdrawn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, update

from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.store.bulk import run_many
from sopengine.store.columns import AnyRow
from sopengine.store.dialect import in_states
from sopengine.store.journal import Change, advance, line, write
from sopengine.store.plan import chunks
from sopengine.store.reasons import late
from sopengine.store.rows import Completion, MovedTask, OpenTask, State, TaskRow, TaskState
from sopengine.store.states import OPEN_TASK, WORKABLE
from sopengine.store.tables import DELIVERY, OCCURRENCE, TASK, VERSION
from sopengine.store.timers import cancel_timers, move_timers

COLUMNS = [OCCURRENCE.c.step if name == "step" else TASK.c[name] for name in TaskRow.__struct_fields__]


def tasks(
    conn: Connection, states: Sequence[TaskState] | None, person: str | None, campaign: str | None
) -> list[TaskRow]:
    """The earliest due first, those without a due time last."""
    query = select(*COLUMNS).join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence)
    if states is not None:
        query = query.where(TASK.c.state.in_(list(states)))
    if person is not None:
        query = query.where(TASK.c.person == person)
    if campaign is not None:
        query = query.where(TASK.c.campaign == campaign)
    return [TaskRow(*row) for row in conn.execute(query.order_by(TASK.c.due_at.is_(None), TASK.c.due_at, TASK.c.id))]


def task(conn: Connection, number: int) -> TaskRow | None:
    query = select(*COLUMNS).join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence).where(TASK.c.id == number)
    row = conn.execute(query).first()
    return None if row is None else TaskRow(*row)


def complete(conn: Connection, task: int, now: datetime, actor: str, fields: Mapping[str, Any]) -> Completion:
    """Done by the first who says so; a hand-over confirms its delivery in the same commit. Raises UsageError where
    there is no such task."""
    row = conn.execute(select(TASK).where(TASK.c.id == task)).first()
    if row is None:
        raise UsageError(Text(f"没有编号为 {task} 的任务", f"there is no task {task}"))
    refuse_own_words(conn, row, actor)
    if row.state not in WORKABLE:
        return Completion(False, row.state, row.done_by, row.done_at or row.changed_at)
    reason = late(now, row.due_at) if row.due_at is not None and row.due_at <= now else ""
    values = {"done_at": now, "done_by": actor, "fields": fields, "reason": reason}
    advance(conn, [Change(task, row.state, TaskState.DONE, reason, values)], now, actor)
    cancel_timers(conn, [task], now, "its task is done")
    if row.delivery is not None:
        _confirm(conn, row, now, actor)
    return Completion(True, TaskState.DONE, actor, now)


def refuse_own_words(conn: Connection, task: AnyRow, actor: str) -> None:
    """Nobody approves what they have written: neither who started the campaign nor who has changed it since."""
    if not task.approves:
        return
    changed = exists().where(VERSION.c.campaign == task.campaign, VERSION.c.actor == actor)
    if actor == task.author:
        what = Text(f"活动是 {actor} 启动的", f"{actor} started the campaign")
    elif conn.execute(select(changed)).scalar():
        what = Text(f"活动是 {actor} 改过的", f"{actor} has changed the campaign")
    else:
        return
    raise UsageError(
        Text(f"{what.zh}，批准要由别人来做", f"{what.en}; somebody else has to approve"),
        Text("由别人执行，或用 --by 写明是谁", "let somebody else do it, or say who with --by"),
    )


def _confirm(conn: Connection, task: AnyRow, now: datetime, actor: str) -> None:
    state = conn.execute(select(DELIVERY.c.state).where(DELIVERY.c.id == task.delivery)).scalar_one()
    if state is State.AWAITING_CONFIRM:
        reason = f"confirmed by task {task.id}"
        advance(conn, [Change(task.delivery, state, State.CONFIRMED, reason, {"reason": reason})], now, actor)


_DUE = select(TASK.c.id, TASK.c.state).where(
    in_states(TASK.c.state, *OPEN_TASK), TASK.c.due_at <= bindparam("now", type_=TASK.c.due_at.type)
)


def fall_due(conn: Connection, now: datetime) -> int:
    """Open tasks whose due time has come → overdue; they may still be done late."""
    due = conn.execute(_DUE, {"now": now}).all()
    advance(conn, [Change(row.id, row.state, TaskState.OVERDUE, "due") for row in due], now)
    return len(due)


_MOVE = (
    update(TASK)
    .where(TASK.c.id == bindparam("id_"), in_states(TASK.c.state, *OPEN_TASK))
    .values(due_at=bindparam("due_at", type_=TASK.c.due_at.type))
)


def open_work(conn: Connection, occurrences: Collection[int]) -> list[OpenTask]:
    """The open tasks of these occurrences; a hand-over is none of them, its time is that of its delivery."""
    these = TASK.c.occurrence.in_(bindparam("ids", expanding=True))
    query = select(*(TASK.c[name] for name in OpenTask._fields)).where(
        these, in_states(TASK.c.state, *OPEN_TASK), TASK.c.delivery.is_(None)
    )
    return [OpenTask(*row) for some in chunks(occurrences, 500) for row in conn.execute(query, {"ids": some})]


def move_work(conn: Connection, moved: Sequence[MovedTask], now: datetime, reason: str) -> None:
    """Open tasks get another due time, each with a line in the log."""
    run_many(conn, _MOVE, [{"id_": task.id, "due_at": task.due_at} for task in moved])
    move_timers(conn, {task.id: task.timers for task in moved}, now)
    write(conn, (line(now, "task", task.id, "", "moved", reason) for task in moved))


def withdraw_tasks(
    conn: Connection, rows: Iterable[tuple[int, TaskState]], now: datetime, reason: str, actor: str
) -> None:
    rows = list(rows)
    advance(
        conn, [Change(id_, state, TaskState.WITHDRAWN, reason, {"reason": reason}) for id_, state in rows], now, actor
    )
    cancel_timers(conn, [id_ for id_, _ in rows], now, reason)
