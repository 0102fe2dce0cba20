"""How the occurrences that others wait for have ended so far."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, select

from sopengine.store.pauses import closed
from sopengine.store.plan import COLUMNS, NOTHING, PLANNED
from sopengine.store.rows import Finality, OccurrenceRow, OccurrenceState, TaskState
from sopengine.store.states import ENDED_WELL, OPEN_DELIVERY, OPEN_TASK
from sopengine.store.tables import CAMPAIGN, DELIVERY, OCCURRENCE, TASK

_running = exists().where(CAMPAIGN.c.id == OCCURRENCE.c.campaign, CAMPAIGN.c.state == "running")
_WAITING = (
    select(*COLUMNS)
    .where(PLANNED, OCCURRENCE.c.waits_for != NOTHING, _running)
    .order_by(OCCURRENCE.c.due_at, OCCURRENCE.c.id)
)


def waiting_occurrences(conn: Connection) -> list[tuple[OccurrenceRow, Finality]]:
    """Each waiting occurrence of a running campaign whose predecessor has been carried out, wholly or in part."""
    if closed(conn).everything:
        return []
    waiting = conn.execute(_WAITING).all()
    known: dict[str, Finality | None] = {}
    found = []
    for row in (OccurrenceRow(*row) for row in waiting):
        if row.waits_for not in known:
            known[row.waits_for] = _finality(conn, row.waits_for)
        finality = known[row.waits_for]
        if finality is not None:
            found.append((row, finality))
    return found


def _finality(conn: Connection, key: str) -> Finality | None:
    """None while nothing of it has been carried out."""
    predecessor = conn.execute(
        select(OCCURRENCE.c.id, OCCURRENCE.c.state, OCCURRENCE.c.changed_at).where(OCCURRENCE.c.key == key)
    ).first()
    if predecessor is None:
        return None
    targets, unfinished = _targets(conn, predecessor.id)
    if predecessor.state is OccurrenceState.PLANNED:
        return Finality(False, targets=targets) if targets else None
    if unfinished:
        return Finality(False, targets=targets)
    at = max((at for at, _ in targets.values()), default=predecessor.changed_at)
    good = bool(targets) and all(good for _, good in targets.values())
    return Finality(True, at, good, targets)


def _targets(conn: Connection, occurrence: int) -> tuple[dict[str, tuple[datetime, bool]], bool]:
    """Final moment and verdict of each target that is final, and whether anything is still open."""
    ends: dict[str, tuple[datetime, bool]] = {}
    unfinished: set[str] = set()

    def add(target: str, at: datetime, still_open: bool, good: bool) -> None:
        if still_open:
            unfinished.add(target)
        before = ends.get(target, (at, True))
        ends[target] = (max(at, before[0]), good and before[1])

    columns = (DELIVERY.c.target, DELIVERY.c.changed_at, DELIVERY.c.state)
    notices = exists().where(TASK.c.occurrence == occurrence, TASK.c.delivery.is_(None))
    work = conn.execute(select(notices)).scalar()
    if not work:  # the deliveries of a task step are only its notices: the task itself decides
        for target, at, state in conn.execute(select(*columns).where(DELIVERY.c.occurrence == occurrence)):
            add(target, at, state in OPEN_DELIVERY, state in ENDED_WELL)
    tasks = select(TASK.c.target, TASK.c.changed_at, TASK.c.state).where(
        TASK.c.occurrence == occurrence, TASK.c.delivery.is_(None)
    )
    for target, at, state in conn.execute(tasks):
        add(target, at, state in OPEN_TASK, state is TaskState.DONE)
    return {target: end for target, end in ends.items() if target not in unfinished}, bool(unfinished)
