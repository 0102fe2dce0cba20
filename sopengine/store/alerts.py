"""Digests of trouble: what the log holds since the last one that arrived, and each attempt to tell it, kept before it
is made. A digest that did not arrive is told again with the next one; none is begun twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from sopengine.store.columns import AnyRow
from sopengine.store.dialect import insert_new
from sopengine.store.epoch import newest_line
from sopengine.store.journal import line, write
from sopengine.store.marks import mark, marked
from sopengine.store.needs import UNSETTLED
from sopengine.store.rows import State
from sopengine.store.states import word
from sopengine.store.tables import ALERT, DELIVERY, OCCURRENCE, TRANSITION

ARRIVED = ("begun", "sent")
"""Outcomes after which what a digest told is told."""
SILENT = "silent"


class Digest(Struct, frozen=True):
    """An attempt: `upto` is the last line of the log that it tells."""

    number: int
    upto: int
    at: datetime
    outcome: str  # "" while it is on its way


class Trouble(Struct, frozen=True):
    """`kind`: missed, failed, unknown, paused, silent. For a pause `step` is what is paused, for silence the span."""

    kind: str
    campaign: str
    step: str
    count: int


_LAST = select(ALERT.c.id, ALERT.c.upto, ALERT.c.at, ALERT.c.outcome).order_by(ALERT.c.id.desc()).limit(1)
_TOLD = select(func.coalesce(func.max(ALERT.c.upto), 0)).where(ALERT.c.outcome.in_(ARRIVED))


def last(conn: Connection) -> Digest | None:
    row = conn.execute(_LAST).first()
    return None if row is None else Digest(*row)


def told_upto(conn: Connection) -> int:
    return int(conn.execute(_TOLD).scalar_one())


def troubles(conn: Connection, after: int, upto: int, kinds: Sequence[str]) -> list[Trouble]:
    """By kind, the most first. What has been settled meanwhile asks for nobody any more."""
    lines = (TRANSITION.c.id > after, TRANSITION.c.id <= upto)
    found = [*_of_deliveries(conn, lines), *_of_slots(conn, lines), *_others(conn, lines)]
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        counts[one.kind, one.campaign, one.step] += one.count
    wanted = [Trouble(*what, count) for what, count in counts.items() if what[0] in kinds]
    return sorted(wanted, key=lambda one: (kinds.index(one.kind), -one.count, one.campaign, one.step))


def _of_deliveries(conn: Connection, lines: Sequence[ColumnElement[bool]]) -> list[Trouble]:
    missed = and_(TRANSITION.c.after == word(State.MISSED), DELIVERY.c.state == State.MISSED)
    query = (
        select(TRANSITION.c.after, DELIVERY.c.campaign, OCCURRENCE.c.step, func.count(DELIVERY.c.id.distinct()))
        .join(DELIVERY, DELIVERY.c.id == TRANSITION.c.ref)
        .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
        .where(*lines, TRANSITION.c.entity == "delivery", or_(missed, and_(*_UNSETTLED)))
        .group_by(TRANSITION.c.after, DELIVERY.c.campaign, OCCURRENCE.c.step)
    )
    return _troubles(conn.execute(query).all())


_UNSETTLED = (
    *UNSETTLED,
    or_(
        and_(TRANSITION.c.after == word(State.FAILED), DELIVERY.c.state == State.FAILED),
        and_(TRANSITION.c.after == word(State.UNKNOWN), DELIVERY.c.state == State.UNKNOWN),
    ),
)


def _of_slots(conn: Connection, lines: Sequence[ColumnElement[bool]]) -> list[Trouble]:
    """Slots that were missed as a whole, before anybody was chosen."""
    query = (
        select(TRANSITION.c.after, OCCURRENCE.c.campaign, OCCURRENCE.c.step, func.count())
        .join(OCCURRENCE, OCCURRENCE.c.id == TRANSITION.c.ref)
        .where(*lines, TRANSITION.c.entity == "occurrence", TRANSITION.c.after == "missed")
        .group_by(TRANSITION.c.after, OCCURRENCE.c.campaign, OCCURRENCE.c.step)
    )
    return _troubles(conn.execute(query).all())


def _others(conn: Connection, lines: Sequence[ColumnElement[bool]]) -> list[Trouble]:
    """Pauses that still hold, and times without a pass."""
    query = select(TRANSITION.c.after, TRANSITION.c.entity, TRANSITION.c.name, TRANSITION.c.reason).where(
        *lines, TRANSITION.c.after.in_(("paused", SILENT))
    )
    return [
        Trouble(SILENT, "", reason, 1) if after == SILENT else Trouble("paused", "", name or entity, 1)
        for after, entity, name, reason in conn.execute(query)
    ]


def _troubles(rows: Sequence[AnyRow]) -> list[Trouble]:
    return [Trouble(*row) for row in rows]


def note_silence(conn: Connection, begin: datetime, end: datetime) -> None:
    noted = marked(conn, SILENT)
    if noted is not None and noted > begin:
        return
    mark(conn, SILENT, end)
    why = f"{begin:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M} UTC"
    write(conn, [line(end, "ledger", None, "", SILENT, why)])


def begin(conn: Connection, number: int, upto: int, now: datetime, text: str, outcome: str = "") -> bool:
    """False where another process has begun it."""
    row = {"id": number, "upto": upto, "at": now, "text": text, "outcome": outcome, "reason": ""}
    return conn.execute(insert_new(ALERT, ["id"]).values(row).returning(ALERT.c.id)).first() is not None


def end(conn: Connection, number: int, outcome: str, reason: str) -> None:
    conn.execute(update(ALERT).where(ALERT.c.id == number).values(outcome=outcome, reason=reason))


def begin_listening(conn: Connection, now: datetime) -> None:
    """What was before is not told."""
    begin(conn, 1, newest_line(conn), now, "", "begun")
