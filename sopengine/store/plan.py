"""Occurrences stored ahead, and found again when they are due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    update,
)

from sopengine.store.bulk import run_many
from sopengine.store.dialect import in_states, insert_new, one_of
from sopengine.store.pauses import closed
from sopengine.store.reasons import LEFT_OUT
from sopengine.store.rows import OccurrenceRow, OccurrenceState, State, TaskState
from sopengine.store.states import OPEN_DELIVERY, OPEN_TASK
from sopengine.store.tables import CAMPAIGN, DELIVERY, OCCURRENCE, TASK

CHUNK = 2_000
"""Rows of one executemany: large enough to be fast, small enough to keep memory flat."""

_NAMES = [name for name in OccurrenceRow.__struct_fields__ if name != "id"]
_VALUES = attrgetter(*_NAMES)
COLUMNS = [*(OCCURRENCE.c[name] for name in _NAMES), OCCURRENCE.c.id]
PLANNED = in_states(OCCURRENCE.c.state, OccurrenceState.PLANNED)
NOTHING: ColumnElement[str] = literal_column("''")
"""A literal, as in the conditions of the partial indexes."""
WAITS_FOR_EVENT = "event:"
"""Begins what an occurrence waits for where that is an event."""
_INSERT = insert_new(OCCURRENCE, ["key"])
_THESE = select(*COLUMNS).where(one_of(OCCURRENCE.c.id, "ids"))


def chunks(rows: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        yield chunk


def add_occurrences(conn: Connection, rows: Iterable[OccurrenceRow], now: datetime) -> int:
    """Number of new rows; a key that is there already is left as it is."""
    born = {"state": OccurrenceState.PLANNED, "changed_at": now}
    new = 0
    for chunk in chunks(rows):
        values = [{**dict(zip(_NAMES, _VALUES(row), strict=True)), **born} for row in chunk]
        new += run_many(conn, _INSERT, values)
    return new


def occurrences(conn: Connection, ids: Collection[int]) -> Mapping[int, OccurrenceRow]:
    rows = conn.execute(_THESE, {"ids": list(ids)})
    return {row.id: OccurrenceRow(*row) for row in rows}


def may_start(*, paused: bool = False) -> ColumnElement[bool]:
    """Waiting for nothing; in a flow, all earlier steps of the same entry are final, and those that have to end well
    did. With `paused` also in campaigns that are paused."""
    states = ("running", "finished", *(("paused",) if paused else ()))
    earlier = OCCURRENCE.alias("earlier")
    unfinished = exists().where(
        earlier.c.campaign == OCCURRENCE.c.campaign,
        earlier.c.entry == OCCURRENCE.c.entry,
        earlier.c.entry != NOTHING,
        earlier.c.sequence < OCCURRENCE.c.sequence,
        or_(
            in_states(earlier.c.state, OccurrenceState.PLANNED),
            exists().where(DELIVERY.c.occurrence == earlier.c.id, in_states(DELIVERY.c.state, *OPEN_DELIVERY)),
            exists().where(TASK.c.occurrence == earlier.c.id, open_task()),
            and_(earlier.c.required.is_(True), ended_badly(earlier)),
        ),
    )
    running = CAMPAIGN.alias("running")
    return and_(
        PLANNED,
        OCCURRENCE.c.waits_for == NOTHING,
        exists().where(running.c.id == OCCURRENCE.c.campaign, running.c.state.in_(states)),
        or_(OCCURRENCE.c.entry == NOTHING, ~unfinished),
    )


def open_task() -> ColumnElement[bool]:
    """Not final for the flow: an overdue task is, unless its flow waits for it (`on_overdue: hold`)."""
    held = and_(in_states(TASK.c.state, TaskState.OVERDUE), TASK.c.on_overdue == "hold")
    return or_(in_states(TASK.c.state, *OPEN_TASK), held)


def ended_badly(earlier: FromClause) -> ColumnElement[bool]:
    """A required step that was not sent, confirmed or done: its flow waits for a person (semantics.md S6). One that
    was jumped over is not asked for, nor is what a person has settled or left out."""
    bad_delivery = (State.SKIPPED, State.MISSED, State.FAILED, State.UNKNOWN)
    bad_task = (TaskState.SKIPPED, TaskState.MISSED, TaskState.DECLINED)
    return or_(
        in_states(earlier.c.state, OccurrenceState.MISSED),
        exists().where(
            DELIVERY.c.occurrence == earlier.c.id,
            in_states(DELIVERY.c.state, *bad_delivery),
            DELIVERY.c.notice.is_(False),
            DELIVERY.c.settled.is_(False),
            ~DELIVERY.c.reason.startswith(LEFT_OUT),
        ),
        exists().where(
            TASK.c.occurrence == earlier.c.id, in_states(TASK.c.state, *bad_task), ~TASK.c.reason.startswith(LEFT_OUT)
        ),
    )


_DUE = (
    select(*COLUMNS)
    .where(may_start(), OCCURRENCE.c.due_at <= bindparam("now", type_=OCCURRENCE.c.due_at.type))
    .order_by(OCCURRENCE.c.due_at, OCCURRENCE.c.id)
    .limit(bindparam("limit"))
)


def due_occurrences(conn: Connection, now: datetime, limit: int) -> list[OccurrenceRow]:
    if closed(conn).everything:
        return []
    return [OccurrenceRow(*row) for row in conn.execute(_DUE, {"now": now, "limit": limit})]


def due_behind(conn: Connection, campaign: str | None, now: datetime) -> list[OccurrenceRow]:
    """What would be due if nothing were paused: of one campaign or all."""
    mine = [] if campaign is None else [OCCURRENCE.c.campaign == campaign]
    query = select(*COLUMNS).where(may_start(paused=True), OCCURRENCE.c.due_at <= now, *mine)
    return [OccurrenceRow(*row) for row in conn.execute(query.order_by(OCCURRENCE.c.due_at, OCCURRENCE.c.id))]


def occurrences_named(conn: Connection, name: str, limit: int = 2) -> list[OccurrenceRow]:
    """Those whose key begins so; at most `limit`."""
    query = select(*COLUMNS).where(OCCURRENCE.c.key.startswith(name, autoescape=True)).limit(limit)
    return [OccurrenceRow(*row) for row in conn.execute(query)]


def schedule_after(
    conn: Connection, occurrence: int, due_at: datetime, expires_at: datetime, useful_until: datetime
) -> None:
    """Its predecessor is final: from now on it has a time of its own."""
    conn.execute(
        update(OCCURRENCE)
        .where(OCCURRENCE.c.id == occurrence, PLANNED)
        .values(waits_for="", due_at=due_at, expires_at=expires_at, useful_until=useful_until)
    )
