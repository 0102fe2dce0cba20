"""One entry of a flow: whether it is still open, when it ended, and when each of its steps could begin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from sopengine.store.columns import AnyRow
from sopengine.store.plan import chunks
from sopengine.store.rows import OccurrenceRow, OccurrenceState, State, TaskState
from sopengine.store.states import OPEN_DELIVERY, OPEN_TASK
from sopengine.store.tables import DELIVERY, EFFECT, ENROLMENT, OCCURRENCE, TASK


class Standing(NamedTuple):
    open: bool
    ended_at: datetime | None  # of the last thing that happened; None while open


class Part(NamedTuple):
    """What one occurrence of an entry became: `end` is None while something of it is open."""

    sequence: int
    end: datetime | None


_OCCURRENCES = select(
    OCCURRENCE.c.id, OCCURRENCE.c.entry, OCCURRENCE.c.sequence, OCCURRENCE.c.state, OCCURRENCE.c.changed_at
).where(OCCURRENCE.c.campaign == bindparam("campaign"), OCCURRENCE.c.entry.in_(bindparam("entries", expanding=True)))
_DELIVERIES = select(
    DELIVERY.c.occurrence, DELIVERY.c.state, DELIVERY.c.changed_at, DELIVERY.c.due_at, DELIVERY.c.expires_at
).where(DELIVERY.c.occurrence.in_(bindparam("ids", expanding=True)), DELIVERY.c.notice.is_(False))
_TASKS = select(
    TASK.c.occurrence, TASK.c.state, TASK.c.changed_at, TASK.c.due_at, TASK.c.created_at, TASK.c.on_overdue
).where(TASK.c.occurrence.in_(bindparam("ids", expanding=True)))
_EFFECTS = select(EFFECT.c.occurrence, EFFECT.c.at).where(
    EFFECT.c.occurrence.in_(bindparam("ids", expanding=True)), EFFECT.c.state == "done"
)


def moment_of_delivery(row: AnyRow) -> datetime | None:
    """When a delivery became final, by its plan where it was never carried out: a slot that is missed ends with its
    window, not when somebody notices. None while it is open."""
    if row.state in OPEN_DELIVERY:
        return None
    moment: datetime = {State.MISSED: row.expires_at, State.SKIPPED: row.due_at}.get(row.state, row.changed_at)
    return moment


def moment_of_task(row: AnyRow) -> datetime | None:
    """The same for a task; an overdue one whose flow waits for it is open."""
    if row.state in OPEN_TASK or (row.state is TaskState.OVERDUE and row.on_overdue == "hold"):
        return None
    moment: datetime = {
        TaskState.OVERDUE: row.due_at or row.changed_at,
        TaskState.MISSED: row.created_at,
        TaskState.SKIPPED: row.created_at,
    }.get(row.state, row.changed_at)
    return moment


def standing(conn: Connection, campaign: str, entry: str) -> Standing:
    parts = _parts(conn, campaign, [entry]).get(entry, [])
    if any(part.end is None for part in parts):
        return Standing(True, None)
    return Standing(False, max((part.end for part in parts if part.end is not None), default=None))


def newest(conn: Connection, campaign: str, journey: str, subject: str, key: str) -> Standing | None:
    """How the newest entry of this subject and key stands; None where there was none."""
    row = conn.execute(
        select(ENROLMENT.c.entry, ENROLMENT.c.entered_at)
        .where(
            ENROLMENT.c.campaign == campaign,
            ENROLMENT.c.journey == journey,
            ENROLMENT.c.subject == subject,
            ENROLMENT.c.key == key,
        )
        .order_by(ENROLMENT.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    found = standing(conn, campaign, row.entry)
    return found if found.open else Standing(False, found.ended_at or row.entered_at)


def ready_at(conn: Connection, rows: Sequence[OccurrenceRow]) -> dict[int, datetime]:
    """When each of these steps of flows could begin, by the ends of the steps before it; absent for first steps."""
    by_campaign: dict[str, list[OccurrenceRow]] = defaultdict(list)
    for row in rows:
        if row.entry and row.sequence:
            by_campaign[row.campaign].append(row)
    found: dict[int, datetime] = {}
    for campaign, mine in by_campaign.items():
        parts = _parts(conn, campaign, {row.entry for row in mine})
        for row in mine:
            ends = [p.end for p in parts.get(row.entry, ()) if p.sequence < row.sequence and p.end is not None]
            if ends:
                found[row.id] = max(ends)
    return found


def _parts(conn: Connection, campaign: str, entries: Iterable[str]) -> dict[str, list[Part]]:
    """The occurrences of each entry; those that were jumped over or withdrawn say nothing of time and are left out."""
    found: dict[str, list[Part]] = defaultdict(list)
    for some in chunks(entries, 500):
        rows = conn.execute(_OCCURRENCES, {"campaign": campaign, "entries": some}).all()
        ends = _ends(conn, [row.id for row in rows if row.state is OccurrenceState.FANNED_OUT])
        for row in rows:
            if row.state is OccurrenceState.PLANNED:
                found[row.entry].append(Part(row.sequence, None))
            found[row.entry] += [Part(row.sequence, end) for end in ends.get(row.id, ())]
    return found


def _ends(conn: Connection, occurrences: Sequence[int]) -> dict[int, list[datetime | None]]:
    found: dict[int, list[datetime | None]] = defaultdict(list)
    for some in chunks(occurrences, 500):
        for delivery in conn.execute(_DELIVERIES, {"ids": some}):
            found[delivery.occurrence].append(moment_of_delivery(delivery))
        for task in conn.execute(_TASKS, {"ids": some}):
            found[task.occurrence].append(moment_of_task(task))
        for effect in conn.execute(_EFFECTS, {"ids": some}):
            found[effect.occurrence].append(effect.at)
    return found
