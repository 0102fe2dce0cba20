"""What failed or was missed → set going once more by a person, inside its time; nothing is ever doubled by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, select

from sopengine.diagnostics import Text
from sopengine.store.columns import AnyRow
from sopengine.store.hands import set_going, too_late
from sopengine.store.journal import Change, advance
from sopengine.store.plan import chunks
from sopengine.store.rows import NewTimer, OccurrenceState, State, TaskState
from sopengine.store.tables import CAMPAIGN, DELIVERY, OCCURRENCE, TASK
from sopengine.store.timers import OPENED, add_timers

Ended = Literal["failed", "missed"]
Kind = Literal["delivery", "occurrence", "task"]


class Which(NamedTuple):
    """What is meant; empty parts mean all. `delivery` is a number; `key` that of an occurrence."""

    campaign: str = ""
    step: str = ""
    target: str = ""
    delivery: int | None = None
    key: str = ""


class Again(NamedTuple):
    """One thing that could be set going; `refused` says why it cannot be. An occurrence that never was fanned out
    stands for all its targets."""

    kind: Kind
    id: int
    campaign: str
    step: str
    target: str
    slot: datetime
    reason: str
    refused: Text | None


_OLDER = Text("同一步骤有更晚的一轮", "a newer round of this step was missed too")


def candidates(conn: Connection, ended: Ended, which: Which, now: datetime) -> list[Again]:
    """In the order of their slots. Of several missed rounds of one step for one target only the newest may go."""
    found = [*_deliveries(conn, ended, which, now)]
    if ended == "missed":
        found += [*_tasks(conn, which, now), *_occurrences(conn, which, now)]
        found = _newest(found)
    return sorted(found, key=lambda one: (one.slot, one.campaign, one.step, one.target, one.id))


def set_going_again(
    conn: Connection, ended: Ended, chosen: Sequence[Again], now: datetime, actor: str, reason: str
) -> int:
    """How many of these are under way now: those that nobody has set going meanwhile, and that may still go."""
    said = f"{'retry' if ended == 'failed' else 'run-missed'}: {reason}" if reason else "run-missed"
    changes: list[Change] = []
    for kind, ids in _by_kind(chosen).items():
        for some in chunks(ids, 500):
            rows = conn.execute(_ROWS[kind].where(_TABLES[kind].c.id.in_(some), _ended(kind, ended))).all()
            changes += [_change(kind, row, now, said) for row in rows if too_late(row, row, now) is None]
    advance(conn, changes, now, actor)
    opened = [change.id for change in changes if isinstance(change.after, TaskState)]
    add_timers(conn, {task: [NewTimer(OPENED, 0, now)] for task in opened})
    return len(changes)


_STATES: dict[Kind, dict[Ended, IntEnum]] = {
    "delivery": {"failed": State.FAILED, "missed": State.MISSED},
    "task": {"missed": TaskState.MISSED},
    "occurrence": {"missed": OccurrenceState.MISSED},
}
_TABLES = {"delivery": DELIVERY, "task": TASK, "occurrence": OCCURRENCE}
_OF_CAMPAIGN = (CAMPAIGN.c.state.label("campaign_state"), CAMPAIGN.c.zone)
_ROWS: dict[Kind, Select[Any]] = {
    "delivery": select(
        DELIVERY.c.id, DELIVERY.c.campaign, OCCURRENCE.c.step, DELIVERY.c.target, DELIVERY.c.planned_at,
        OCCURRENCE.c.planned_at.label("slot"), DELIVERY.c.reason, DELIVERY.c.useful_until, DELIVERY.c.state,
        DELIVERY.c.doubtful, *_OF_CAMPAIGN,
    ).join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence).join(CAMPAIGN, CAMPAIGN.c.id == DELIVERY.c.campaign),
    "task": select(
        TASK.c.id, TASK.c.campaign, OCCURRENCE.c.step, TASK.c.target, TASK.c.planned_at,
        OCCURRENCE.c.planned_at.label("slot"), TASK.c.reason, OCCURRENCE.c.useful_until, TASK.c.state, *_OF_CAMPAIGN,
    ).join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence).join(CAMPAIGN, CAMPAIGN.c.id == TASK.c.campaign),
    "occurrence": select(
        OCCURRENCE.c.id, OCCURRENCE.c.campaign, OCCURRENCE.c.step, OCCURRENCE.c.planned_at,
        OCCURRENCE.c.planned_at.label("slot"), OCCURRENCE.c.useful_until, OCCURRENCE.c.state, *_OF_CAMPAIGN,
    ).join(CAMPAIGN, CAMPAIGN.c.id == OCCURRENCE.c.campaign),
}  # fmt: skip


def _deliveries(conn: Connection, ended: Ended, which: Which, now: datetime) -> Iterable[Again]:
    mine = [DELIVERY.c.id == which.delivery] if which.delivery is not None else []
    mine += [DELIVERY.c.target == which.target] if which.target else []
    for row in conn.execute(_ROWS["delivery"].where(_ended("delivery", ended), *_of(which), *mine)):
        yield _again("delivery", row, row.target, row.reason, now)


def _tasks(conn: Connection, which: Which, now: datetime) -> Iterable[Again]:
    if which.delivery is not None:
        return
    mine = [TASK.c.target == which.target] if which.target else []
    for row in conn.execute(_ROWS["task"].where(_ended("task", "missed"), *_of(which), *mine)):
        yield _again("task", row, row.target, row.reason, now)


def _occurrences(conn: Connection, which: Which, now: datetime) -> Iterable[Again]:
    if which.delivery is not None:
        return
    for row in conn.execute(_ROWS["occurrence"].where(_ended("occurrence", "missed"), *_of(which))):
        one = _again("occurrence", row, "", "", now)
        yield one._replace(refused=_OF_ALL) if which.target and not one.refused else one


_OF_ALL = Text("整个时点都错过了，不能只补一个对象", "its whole slot was missed; it cannot be run for one target only")


def _again(kind: Kind, row: AnyRow, target: str, reason: str, now: datetime) -> Again:
    slot = row.planned_at or row.slot
    return Again(kind, row.id, row.campaign, row.step, target, slot, reason, too_late(row, row, now))


def _newest(found: Sequence[Again]) -> list[Again]:
    """A whole slot is a round for every target."""
    rounds = [one for one in found if one.refused is None]

    def newer(one: Again) -> bool:
        return any(
            other.slot > one.slot
            and (other.campaign, other.step) == (one.campaign, one.step)
            and (other.target == one.target or "" in (other.target, one.target))
            for other in rounds
        )

    return [one._replace(refused=_OLDER) if one.refused is None and newer(one) else one for one in found]


def _of(which: Which) -> list[ColumnElement[bool]]:
    found = []
    if which.campaign:
        found.append(OCCURRENCE.c.campaign == which.campaign)
    if which.step:
        found.append(OCCURRENCE.c.step == which.step)
    if which.key:
        found.append(OCCURRENCE.c.key == which.key)
    return found


def _ended(kind: Kind, ended: Ended) -> ColumnElement[bool]:
    column: ColumnElement[bool] = _TABLES[kind].c.state == _STATES[kind][ended]
    return column


def _by_kind(chosen: Sequence[Again]) -> dict[Kind, list[int]]:
    kinds: dict[Kind, list[int]] = {}
    for one in chosen:
        kinds.setdefault(one.kind, []).append(one.id)
    return kinds


def _change(kind: Kind, row: AnyRow, now: datetime, said: str) -> Change:
    """An occurrence is due from now on, its slot stays: what it says is said as of the slot."""
    if kind == "delivery":
        return Change(row.id, row.state, State.PLANNED, said, {"reason": "", **set_going(row, now)})
    if kind == "task":
        return Change(row.id, row.state, TaskState.OPEN, said, {"reason": ""})
    moments = {"due_at": now, "expires_at": row.useful_until, "waits_for": ""}
    return Change(row.id, row.state, OccurrenceState.PLANNED, said, moments)
