"""What happened outside, kept once, and the journeys it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from sopengine.store.dialect import insert_new
from sopengine.store.journal import line, write
from sopengine.store.members import member_in, note_member
from sopengine.store.plan import add_occurrences
from sopengine.store.rows import EventRow, OccurrenceRow
from sopengine.store.tables import ENROLMENT, EVENT

_NEW = select(EVENT).where(EVENT.c.handled_at.is_(None)).order_by(EVENT.c.id).limit(bindparam("limit"))
_ADD = insert_new(EVENT, ["dedupe"]).returning(EVENT.c.id)

Entry = tuple[str, str, Sequence[OccurrenceRow]]
"""Campaign id, journey name, and the occurrences planned for this entry."""


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


def enrol(conn: Connection, event: EventRow, entries: Sequence[Entry], now: datetime) -> int:
    """Mark the event as seen and store what it starts. Returns the number of new enrolments; none the second time."""
    seen = update(EVENT).where(EVENT.c.id == event.id, EVENT.c.handled_at.is_(None)).values(handled_at=now)
    if not conn.execute(seen).rowcount:
        return 0
    made = []
    for campaign, journey, occurrences in entries:
        row = {
            "campaign": campaign,
            "journey": journey,
            "subject": event.subject,
            "entry": occurrences[0].entry if occurrences else str(event.id),
            "event": event.id,
            "entered_at": now,
        }
        if conn.execute(insert_new(ENROLMENT, ["campaign", "journey", "entry"]), row).rowcount:
            add_occurrences(conn, occurrences, now)
            made.append(f"{journey} of {campaign}")
    after, reason = ("enrolled", ", ".join(made)) if made else ("ignored", "starts nothing")
    write(conn, [line(now, "event", event.id, "received", after, reason, name=event.name)])
    return len(made)
