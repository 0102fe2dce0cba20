"""What has been kept long enough goes: texts, personal data, lines of the log. Keys, states, times and counts stay, so
that nothing is planned, sent or counted again. What is open or unknown is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, or_, select, update

from sopengine.store.dialect import rewriting_the_log
from sopengine.store.marks import mark, marked
from sopengine.store.personal import bare
from sopengine.store.retention import Retention
from sopengine.store.rows import OccurrenceState, State, TaskState
from sopengine.store.states import WORKABLE
from sopengine.store.tables import (
    ATTEMPT,
    DELIVERY,
    EVENT,
    MEMBER_NAME,
    MEMBERSHIP,
    OCCURRENCE,
    TASK,
    TRANSITION,
)

BATCH = 500
"""Rows of one commit."""
_END = 2**63 - 1
_PURGED = "purged"
_EVENTS, _FORMS = "purged events", "purged forms"
"""Marks: the last purge; up to when the data of events and of forms is bare already."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Walk:
    """One walk through the ledger, batch by batch. Each goes on behind the last row of the one before, so that a walk
    reads every table once, however many rows have been purged already. One that failed is not gone on with."""

    def __init__(self) -> None:
        self._behind: dict[str, int] = {}

    def ids(self, conn: Connection, name: str, table: Table, where: ColumnElement[bool]) -> Sequence[int]:
        """The next ones; `name` tells two walks through one table apart."""
        behind = self._behind.get(name, 0)
        next_ones = select(table.c.id).where(table.c.id > behind, where).order_by(table.c.id).limit(BATCH)
        ids = conn.execute(next_ones).scalars().all()
        self._behind[name] = ids[-1] if len(ids) == BATCH else _END
        return ids


class Purged(NamedTuple):
    """Rows whose texts, whose personal data and whose lines of the log went, or would go."""

    texts: int = 0
    personal: int = 0
    log: int = 0


_ENDED = or_(
    DELIVERY.c.state.in_([State.SENT, State.CONFIRMED, State.MISSED, State.SKIPPED, State.WITHDRAWN]),
    and_(DELIVERY.c.state == State.FAILED, DELIVERY.c.settled.is_(True)),
)
_OVER = TASK.c.state.in_([state for state in TaskState if state not in WORKABLE])
_CARRIED_OUT = and_(
    OCCURRENCE.c.state != OccurrenceState.PLANNED,
    ~exists().where(DELIVERY.c.occurrence == OCCURRENCE.c.id, ~_ENDED),
    ~exists().where(TASK.c.occurrence == OCCURRENCE.c.id, ~_OVER),
)


def purge(conn: Connection, keep: Retention, now: datetime, walk: Walk) -> Purged:
    """At most BATCH rows of each kind."""
    texts = personal = lines = 0
    if keep.texts is not None:
        texts = _texts(conn, now - keep.texts, walk)
    if keep.personal is not None:
        personal = _personal(conn, now - keep.personal, walk)
    if keep.log is not None:
        lines = _log(conn, now - keep.log, walk)
    return Purged(texts, personal, lines)


def to_purge(conn: Connection, keep: Retention, now: datetime) -> Purged:
    """Everything that would go by now."""

    def count(*which: tuple[Table, ColumnElement[bool]]) -> int:
        found = (conn.execute(select(func.count()).select_from(table).where(where)) for table, where in which)
        return sum(one.scalar_one() for one in found)

    texts = personal = lines = 0
    if keep.texts is not None:
        texts = count((DELIVERY, _said(now - keep.texts)), (TASK, _titled(now - keep.texts)))
    if keep.personal is not None:
        before = now - keep.personal
        personal = count(
            (DELIVERY, _with_rows(before)), (TASK, _filled_in(conn, before)), (OCCURRENCE, _about(before)),
            (EVENT, _told(conn, before)), (MEMBER_NAME, _left(before)),
        )  # fmt: skip
    if keep.log is not None:
        lines = count((TRANSITION, _old_line(now - keep.log)))
    return Purged(texts, personal, lines)


def last_purge(conn: Connection) -> datetime | None:
    return marked(conn, _PURGED)


def set_last_purge(conn: Connection, now: datetime) -> None:
    mark(conn, _PURGED, now)


def _said(before: datetime) -> ColumnElement[bool]:
    has_words = or_(DELIVERY.c.text.is_not(None), DELIVERY.c.says != "", DELIVERY.c.receipt != "")
    return and_(_ENDED, DELIVERY.c.changed_at < before, has_words)


def _titled(before: datetime) -> ColumnElement[bool]:
    return and_(_OVER, TASK.c.changed_at < before, TASK.c.title != "")


def _with_rows(before: datetime) -> ColumnElement[bool]:
    has = or_(DELIVERY.c.data.is_not(None), DELIVERY.c.about.is_not(None), DELIVERY.c.verdict != "")
    return and_(_ENDED, DELIVERY.c.changed_at < before, has)


def _filled_in(conn: Connection, before: datetime) -> ColumnElement[bool]:
    """Forms that no step ahead may still read."""
    since = marked(conn, _FORMS) or BEGINNING
    ahead = OCCURRENCE.alias()
    mine = select(OCCURRENCE.c.id).where(
        OCCURRENCE.c.id == TASK.c.occurrence,
        exists().where(
            ahead.c.state == OccurrenceState.PLANNED,
            ahead.c.campaign == OCCURRENCE.c.campaign,
            ahead.c.entry == OCCURRENCE.c.entry,
            OCCURRENCE.c.entry != "",
        ),
    )
    return and_(
        _OVER, TASK.c.changed_at > since, TASK.c.changed_at <= before, TASK.c.fields.is_not(None), ~mine.exists()
    )


def _about(before: datetime) -> ColumnElement[bool]:
    return and_(_CARRIED_OUT, OCCURRENCE.c.changed_at < before, OCCURRENCE.c.event.is_not(None))


def _told(conn: Connection, before: datetime) -> ColumnElement[bool]:
    since = marked(conn, _EVENTS) or BEGINNING
    return and_(EVENT.c.handled_at > since, EVENT.c.handled_at <= before, EVENT.c.data.is_not(None))


def _left(before: datetime) -> ColumnElement[bool]:
    """Members who are in no group any more."""
    inside = exists().where(MEMBERSHIP.c.member == MEMBER_NAME.c.member, MEMBERSHIP.c.inside.is_(True))
    newer = exists().where(MEMBERSHIP.c.member == MEMBER_NAME.c.member, MEMBERSHIP.c.changed_at >= before)
    return and_(~inside, ~newer, MEMBER_NAME.c.at < before)


_lines = TRANSITION.alias("lines")


def _old_line(before: datetime) -> ColumnElement[bool]:
    """Lines of what is still open stay, and who asked to be forgotten; and the newest line, by whose number a database
    is known from an old copy of itself (epoch.py)."""
    open_delivery = exists().where(TRANSITION.c.entity == "delivery", DELIVERY.c.id == TRANSITION.c.ref, ~_ENDED)
    open_task = exists().where(TRANSITION.c.entity == "task", TASK.c.id == TRANSITION.c.ref, ~_OVER)
    newest = select(func.max(_lines.c.id)).scalar_subquery()
    mine = (TRANSITION.c.at < before, TRANSITION.c.id < newest, TRANSITION.c.entity != "member")
    return and_(*mine, ~open_delivery, ~open_task)


def _texts(conn: Connection, before: datetime, walk: Walk) -> int:
    said = walk.ids(conn, "texts", DELIVERY, _said(before))
    conn.execute(update(DELIVERY).where(DELIVERY.c.id.in_(said)).values(text=None, says="", receipt=""))
    conn.execute(update(ATTEMPT).where(ATTEMPT.c.delivery.in_(said)).values(excerpt=""))
    titled = walk.ids(conn, "titles", TASK, _titled(before))
    conn.execute(update(TASK).where(TASK.c.id.in_(titled)).values(title=""))
    return len(said) + len(titled)


def _personal(conn: Connection, before: datetime, walk: Walk) -> int:
    rows = walk.ids(conn, "rows", DELIVERY, _with_rows(before))
    conn.execute(update(DELIVERY).where(DELIVERY.c.id.in_(rows)).values(data=None, about=None, verdict=""))
    slots = walk.ids(conn, "slots", OCCURRENCE, _about(before))
    conn.execute(update(OCCURRENCE).where(OCCURRENCE.c.id.in_(slots)).values(event=None))
    for row in conn.execute(select(OCCURRENCE.c.id, OCCURRENCE.c.subject).where(OCCURRENCE.c.id.in_(slots))).all():
        conn.execute(update(OCCURRENCE).where(OCCURRENCE.c.id == row.id).values(subject=_key(row.subject)))
    bared = _bared(conn, EVENT, "data", EVENT.c.handled_at, _told(conn, before), _EVENTS, before)
    bared += _bared(conn, TASK, "fields", TASK.c.changed_at, _filled_in(conn, before), _FORMS, before)
    gone = conn.execute(delete(MEMBER_NAME).where(_left(before))).rowcount
    return len(rows) + len(slots) + bared + gone


def _bared(
    conn: Connection,
    table: Table,
    name: str,
    moment: ColumnElement[Any],
    where: ColumnElement[bool],
    done: str,
    before: datetime,
) -> int:
    """Amounts and counts of it stay. It is done in the order of `moment`, and the mark `done` says how far."""
    newest = conn.execute(select(moment).where(where).order_by(moment).offset(BATCH - 1).limit(1)).scalar()
    rows = conn.execute(select(table.c.id, table.c[name]).where(where, moment <= (newest or before))).all()
    for row in rows:
        conn.execute(update(table).where(table.c.id == row[0]).values({name: bare(row[1])}))
    mark(conn, done, newest or before)
    return len(rows)


def _log(conn: Connection, before: datetime, walk: Walk) -> int:
    ids = walk.ids(conn, "lines", TRANSITION, _old_line(before))
    if ids:
        with rewriting_the_log(conn):
            conn.execute(delete(TRANSITION).where(TRANSITION.c.id.in_(ids)))
    return len(ids)


def _key(subject: Any) -> Any:
    return None if subject is None else {"id": subject.get("id")}
