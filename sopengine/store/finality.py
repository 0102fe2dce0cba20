"""How the occurrences that others wait for have ended so far."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, select

from sopengine.store.columns import AnyRow
from sopengine.store.entries import moment_of_delivery, moment_of_task
from sopengine.store.pauses import closed
from sopengine.store.plan import COLUMNS, NOTHING, PLANNED
from sopengine.store.rows import Finality, OccurrenceRow, OccurrenceState, TaskState
from sopengine.store.states import ENDED_WELL
from sopengine.store.tables import CAMPAIGN, DELIVERY, EFFECT, OCCURRENCE, TASK

_running = exists().where(CAMPAIGN.c.id == OCCURRENCE.c.campaign, CAMPAIGN.c.state == "running")
_WAITING = (
    select(*COLUMNS)
    .where(PLANNED, OCCURRENCE.c.waits_for != NOTHING, _running)
    .order_by(OCCURRENCE.c.due_at, OCCURRENCE.c.id)
)


_DELIVERIES = select(
    DELIVERY.c.target, DELIVERY.c.state, DELIVERY.c.changed_at, DELIVERY.c.due_at, DELIVERY.c.expires_at
).where(DELIVERY.c.occurrence == bindparam("occurrence"))
_TASKS = select(
    TASK.c.target, TASK.c.state, TASK.c.changed_at, TASK.c.due_at, TASK.c.created_at, TASK.c.on_overdue
).where(TASK.c.occurrence == bindparam("occurrence"), TASK.c.delivery.is_(None))
_EFFECTS = select(EFFECT.c.target, EFFECT.c.state, EFFECT.c.at).where(EFFECT.c.occurrence == bindparam("occurrence"))


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

    def add(target: str, at: datetime | None, good: bool) -> None:
        if at is None:
            unfinished.add(target)
            return
        before = ends.get(target, (at, True))
        ends[target] = (max(at, before[0]), good and before[1])

    notices = exists().where(TASK.c.occurrence == occurrence, TASK.c.delivery.is_(None))
    work = conn.execute(select(notices)).scalar()
    if not work:  # the deliveries of a task step are only its notices: the task itself decides
        for delivery in conn.execute(_DELIVERIES, {"occurrence": occurrence}):
            add(delivery.target, moment_of_delivery(delivery), delivery.state in ENDED_WELL)
    for task in conn.execute(_TASKS, {"occurrence": occurrence}):
        add(task.target, moment_of_task(task), _went_well(task))
    for effect in conn.execute(_EFFECTS, {"occurrence": occurrence}):
        add(effect.target, effect.at, effect.state == "done")
    return {target: end for target, end in ends.items() if target not in unfinished}, bool(unfinished)


def _went_well(task: AnyRow) -> bool:
    """Done, or overdue where the author lets the flow go on (`on_overdue`)."""
    overdue = task.state is TaskState.OVERDUE and task.on_overdue == "continue"
    return bool(overdue or task.state is TaskState.DONE)
