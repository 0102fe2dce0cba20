"""What was reported, read back in batches: events by subject, fields of done tasks, values of metrics.

Times are half-open, `begin` None is the beginning. `subjects` None means everybody. An event about a group that names a
member belongs to both. Every answer costs as many index look-ups as there are subjects, in statements of 500.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from sopengine.store.dialect import in_states, insert_new
from sopengine.store.journal import line, write
from sopengine.store.plan import chunks
from sopengine.store.rows import Reading, TaskState
from sopengine.store.tables import EVENT, OCCURRENCE, READING, TASK

Value = tuple[str, datetime, Any]
"""Whom a value is about ("" for everything), when it was reported, and the value."""

_AT_ONCE = 500
MEMBER_EVENTS = ("member.joined", "member.left")


def event_counts(
    conn: Connection, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
) -> Mapping[str, int]:
    """Number of events by subject; those without any are left out. Everybody: by subject alone, not by member."""
    found: dict[str, int] = defaultdict(int)
    for who, some in _whose(event, subjects):
        counted: Any = select(who, func.count())
        for subject, number in conn.execute(_of(counted, event, who, some, begin, until).group_by(who)):
            found[subject] += number
    return found


def event_moments(
    conn: Connection, event: str, subjects: Collection[str], begin: datetime | None, until: datetime
) -> Mapping[str, Sequence[datetime]]:
    """When it happened, by subject, in no order."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for who, some in _whose(event, subjects):
        for subject, at in conn.execute(_of(select(who, EVENT.c.at), event, who, some, begin, until)):
            found[subject].append(at)
    return found


def last_events(
    conn: Connection, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
) -> Mapping[str, tuple[datetime, Mapping[str, Any]]]:
    """The newest of each subject: when, and its data. Of two at one moment the one reported later."""
    found: dict[str, tuple[datetime, int, Mapping[str, Any]]] = {}
    for who, some in _whose(event, subjects):
        newest = func.row_number().over(partition_by=who, order_by=(EVENT.c.at.desc(), EVENT.c.id.desc()))
        ranked = _of(select(who.label("who"), EVENT.c.id, newest.label("place")), event, who, some, begin, until)
        ranked_ = ranked.subquery()
        query = (
            select(ranked_.c.who, EVENT.c.at, EVENT.c.id, EVENT.c.data)
            .join(EVENT, EVENT.c.id == ranked_.c.id)
            .where(ranked_.c.place == 1)
        )
        for subject, at, number, data in conn.execute(query):
            if subject not in found or found[subject][:2] < (at, number):
                found[subject] = at, number, data or {}
    return {subject: (at, data) for subject, (at, _, data) in found.items()}


def event_values(conn: Connection, event: str, field: str, begin: datetime | None, until: datetime) -> list[Value]:
    """A field of every event that carries it, oldest first."""
    query = _of(select(EVENT.c.subject, EVENT.c.at, EVENT.c.data), event, EVENT.c.subject, None, begin, until)
    rows = conn.execute(query.order_by(EVENT.c.at, EVENT.c.id))
    return [(subject, at, data[field]) for subject, at, data in rows if data and data.get(field) is not None]


def form_values(
    conn: Connection, campaign: str, step: str, field: str, begin: datetime | None, until: datetime
) -> list[Value]:
    """A field of every done task of a step that was filled in, oldest first; about the task's target."""
    query = (
        select(TASK.c.target, TASK.c.done_at, TASK.c.fields)
        .join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence)
        .where(
            OCCURRENCE.c.campaign == campaign,
            OCCURRENCE.c.step == step,
            in_states(TASK.c.state, TaskState.DONE),
            *_between(TASK.c.done_at, begin, until),
        )
        .order_by(TASK.c.done_at, TASK.c.id)
    )
    return [
        (target, at, data[field]) for target, at, data in conn.execute(query) if data and data.get(field) is not None
    ]


def metric_values(conn: Connection, metric: str, begin: datetime | None, until: datetime) -> list[Value]:
    """What was set for a metric, oldest first."""
    query = (
        select(READING.c.about, READING.c.at, READING.c.data)
        .where(READING.c.metric == metric, *_between(READING.c.at, begin, until))
        .order_by(READING.c.at, READING.c.id)
    )
    return [(about, at, data["value"]) for about, at, data in conn.execute(query)]


def add_readings(conn: Connection, readings: Sequence[Reading], actor: str) -> list[bool]:
    """Which of them are new; one whose `dedupe` is known is left out."""
    new = []
    for reading in readings:
        row = {
            "metric": reading.metric,
            "about": reading.about,
            "data": {"value": reading.value},
            "at": reading.at,
            "actor": actor,
            "dedupe": reading.dedupe or None,
        }
        number = conn.execute(insert_new(READING, ["dedupe"]).returning(READING.c.id), row).scalar()
        new.append(number is not None)
        if number is not None:
            said = f"{reading.value}" + (f" for {reading.about}" if reading.about else "")
            write(conn, [line(reading.at, "metric", number, "", "set", said, actor, reading.metric)])
    return new


def _whose(event: str, subjects: Collection[str] | None) -> Iterator[tuple[ColumnElement[str], list[str] | None]]:
    """The columns in which subjects of this event stand, each with the subjects to look for."""
    if subjects is None:
        yield EVENT.c.subject, None
        return
    for some in chunks(dict.fromkeys(subjects), _AT_ONCE):
        yield EVENT.c.subject, some
        if event in MEMBER_EVENTS:
            yield EVENT.c.member, some


def _of(
    query: Select[Any],
    event: str,
    who: ColumnElement[str],
    subjects: list[str] | None,
    begin: datetime | None,
    until: datetime,
) -> Select[Any]:
    query = query.where(EVENT.c.name == event, *_between(EVENT.c.at, begin, until))
    return query if subjects is None else query.where(who.in_(subjects))


def _between(at: ColumnElement[datetime], begin: datetime | None, until: datetime) -> list[ColumnElement[bool]]:
    return [at < until] if begin is None else [and_(at >= begin, at < until)]
