"""Triggers that count as one (`collect`): gathered until their time is up, then handed over once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from sopengine.store.flow_rows import Collect, Collected
from sopengine.store.readiness import NOW
from sopengine.store.rows import EventRow
from sopengine.store.tables import CAMPAIGN, COLLECTION, EVENT

_OPEN = COLLECTION.c.closed.is_(False)
_DUE = (
    select(COLLECTION)
    .join(CAMPAIGN, CAMPAIGN.c.id == COLLECTION.c.campaign)
    .where(_OPEN, COLLECTION.c.closes_at <= NOW, CAMPAIGN.c.state == "running")
    .order_by(COLLECTION.c.closes_at, COLLECTION.c.id)
)
NEXT = (
    select(COLLECTION.c.closes_at)
    .join(CAMPAIGN, CAMPAIGN.c.id == COLLECTION.c.campaign)
    .where(_OPEN, CAMPAIGN.c.state == "running")
    .order_by(COLLECTION.c.closes_at)
    .limit(1)
)


def collect(conn: Connection, deed: Collect) -> None:
    """Into the collection that is open at the event's time, or into a new one."""
    open_one = conn.execute(
        select(COLLECTION.c.id, COLLECTION.c.events).where(
            COLLECTION.c.campaign == deed.campaign,
            COLLECTION.c.journey == deed.journey,
            COLLECTION.c.subject == deed.event.subject,
            COLLECTION.c.key == deed.key,
            _OPEN,
            COLLECTION.c.closes_at > deed.event.at,
        )
    ).first()
    if open_one is not None:
        ids = {"ids": [*open_one.events["ids"], deed.event.id]}
        conn.execute(update(COLLECTION).where(COLLECTION.c.id == open_one.id).values(events=ids))
        return
    row = {
        "campaign": deed.campaign,
        "journey": deed.journey,
        "subject": deed.event.subject,
        "key": deed.key,
        "closes_at": deed.closes_at,
        "first_event": deed.event.id,
        "events": {"ids": [deed.event.id]},
        "closed": False,
    }
    conn.execute(insert(COLLECTION), row)


def due(conn: Connection, now: datetime) -> list[Collected]:
    """Those whose time is up, of running campaigns, with their events in the order in which they were reported."""
    found = []
    for row in conn.execute(_DUE, {"now": now}).all():
        events = conn.execute(select(EVENT).where(EVENT.c.id.in_(row.events["ids"])).order_by(EVENT.c.id))
        told = [EventRow(e.name, e.subject, e.data or {}, e.at, e.dedupe or "", e.id) for e in events]
        found.append(Collected(row.id, row.campaign, row.journey, row.subject, row.key, row.closes_at, tuple(told)))
    return found


def close(conn: Connection, number: int) -> bool:
    """False where it was closed before."""
    return bool(conn.execute(update(COLLECTION).where(COLLECTION.c.id == number, _OPEN).values(closed=True)).rowcount)
