"""Approvals: tasks with a decision, bound to the hash of what they approve; done is approved, declined is rejected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.fan_out import add_fan_out
from sopengine.store.journal import ENGINE, line, write
from sopengine.store.plan import PLANNED, WAITS_FOR_EVENT, add_occurrences
from sopengine.store.rows import NewTask, OccurrenceRow, TaskState
from sopengine.store.states import WORKABLE
from sopengine.store.tables import OCCURRENCE, TASK
from sopengine.store.tasks import withdraw_tasks

SECTION = "approval"
"""The occurrence that an approval's task belongs to: no slot of its step, so nothing waits for it."""


class ApprovalRow(NamedTuple):
    key: str
    task: int
    state: TaskState
    by: str
    at: datetime
    reason: str


def approvals(conn: Connection, campaign: str) -> list[ApprovalRow]:
    query = select(TASK.c.key, TASK.c.id, TASK.c.state, TASK.c.done_by, TASK.c.changed_at, TASK.c.reason)
    rows = conn.execute(query.where(TASK.c.campaign == campaign, TASK.c.approves != "").order_by(TASK.c.id))
    return [ApprovalRow(*row) for row in rows]


def ask(conn: Connection, row: OccurrenceRow, task: NewTask, notices: Sequence[NewDelivery], now: datetime) -> None:
    """One commit: its occurrence is never there without its task."""
    add_occurrences(conn, [row], now)
    number = conn.execute(select(OCCURRENCE.c.id).where(OCCURRENCE.c.key == row.key)).scalar_one()
    mine = [notice._replace(occurrence=number) for notice in notices]
    add_fan_out(conn, number, mine, [replace(task, occurrence=number)], now, done=True, state="fanned_out", reason="")


def void(conn: Connection, campaign: str, current: Collection[str], now: datetime) -> None:
    """Approvals of words that nobody will say any more: those that are open are withdrawn."""
    query = select(TASK.c.id, TASK.c.state, TASK.c.key).where(
        TASK.c.campaign == campaign, TASK.c.approves != "", TASK.c.state.in_(WORKABLE)
    )
    gone = [(row.id, row.state) for row in conn.execute(query) if row.key not in current]
    if gone:
        withdraw_tasks(conn, gone, now, "the words were edited", ENGINE)


def hold(conn: Connection, occurrence: int, subject: str, now: datetime) -> None:
    """It waits for the decision as for an event, until it is of no use any more."""
    waits = f"{WAITS_FOR_EVENT}{subject}"
    changed = conn.execute(
        update(OCCURRENCE).where(OCCURRENCE.c.id == occurrence, PLANNED).values(waits_for=waits)
    ).rowcount
    if changed:
        write(conn, [line(now, "occurrence", occurrence, "planned", "held", f"waits for {subject}")])
