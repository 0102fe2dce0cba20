"""What happened outside, kept once, in the order in which it was reported."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select

from sopengine.store.dialect import insert_new
from sopengine.store.journal import line, write
from sopengine.store.members import member_in, note_member
from sopengine.store.rows import EventRow
from sopengine.store.tables import EVENT

_NEW = select(EVENT).where(EVENT.c.handled_at.is_(None)).order_by(EVENT.c.id).limit(bindparam("limit"))
_ADD = insert_new(EVENT, ["dedupe"]).returning(EVENT.c.id)


def add_event(conn: Connection, event: EventRow, told: str = "") -> EventRow | None:
    """The stored event with its id; None where an event with this `dedupe` has been reported before. The log says
    about whom it is, and what is `told` besides."""
    row = {
        "name": event.name,
        "subject": event.subject,
        "data": event.data,
        "at": event.at,
        "dedupe": event.dedupe or None,
        "member": member_in(event),
    }
    number = conn.execute(_ADD, row).scalar()
    if number is None:
        return None
    stored = replace(event, id=number)
    note_member(conn, stored)
    reason = f"about {event.subject}" + (f": {told}" if told else "")
    write(conn, [line(event.at, "event", stored.id, "", "received", reason, name=event.name)])
    return stored


def new_events(conn: Connection, limit: int) -> list[EventRow]:
    """Those not yet matched with journeys, in the order in which they were reported."""
    found = conn.execute(_NEW, {"limit": limit})
    return [EventRow(row.name, row.subject, row.data or {}, row.at, row.dedupe or "", row.id) for row in found]
