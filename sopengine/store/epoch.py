"""After an old copy was put in the place of a database: what was due before may have been sent, so it is unknown.

A restored database knows nothing of what was sent since its copy was made (engine.md, section 4, rule 7). What was due
by the moment at which this is noticed is held for a person: at once where its deliveries are stored, and as soon as
they are stored where not. Times to come are as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, func, select

from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.journal import line, write
from sopengine.store.marks import mark, marked, unmark
from sopengine.store.rows import State
from sopengine.store.tables import CAMPAIGN, OCCURRENCE, TRANSITION
from sopengine.store.truths import last_asked

COPIED, RESTORED = "copied", "restored"
"""Marks: when this file was made as a copy of another; by when whatever was due is in doubt."""
_NEWEST = select(func.coalesce(func.max(TRANSITION.c.id), 0))
REASON = "it may have been sent before the database was restored"


def newest_line(conn: Connection) -> int:
    return int(conn.execute(_NEWEST).scalar_one())


def copied_at(conn: Connection) -> datetime | None:
    return marked(conn, COPIED)


def restored_at(conn: Connection) -> datetime | None:
    return marked(conn, RESTORED)


def set_restored(conn: Connection, now: datetime) -> None:
    """From here on the copy is the database."""
    mark(conn, RESTORED, max(now, restored_at(conn) or now))
    unmark(conn, COPIED)


def doubting(conn: Connection, occurrence: int) -> Callable[[NewDelivery], NewDelivery]:
    """What a new delivery of this occurrence is stored as: one that was due before is unknown from the beginning."""
    restored = restored_at(conn)
    if restored is None:
        return lambda delivery: delivery
    slot: datetime = conn.execute(select(OCCURRENCE.c.due_at).where(OCCURRENCE.c.id == occurrence)).scalar_one()

    def doubted(delivery: NewDelivery) -> NewDelivery:
        # A flow's step may begin late, after one that is in doubt: then its own slot counts.
        due = delivery.due_at if delivery.planned_at else min(slot, delivery.due_at)
        if due > restored or delivery.state not in (State.PLANNED, State.MISSED):
            return delivery
        return delivery._replace(state=State.UNKNOWN, reason=REASON, hold="")

    return doubted


def may_have_acted(conn: Connection, campaign: str, condition: str) -> bool:
    """Whether a watched condition that is true now may have become so, and been acted on, in the time that the copy
    does not know: it was not asked since."""
    restored = restored_at(conn)
    if restored is None:
        return False
    asked = last_asked(conn, campaign, condition)
    if asked is not None:
        return asked <= restored
    started: datetime = conn.execute(select(CAMPAIGN.c.started_at).where(CAMPAIGN.c.id == campaign)).scalar_one()
    return started <= restored


def only_noted(conn: Connection, campaign: str, condition: str, count: int, now: datetime) -> None:
    why = f"{condition}: true for {count}, not acted on; {REASON.replace('sent', 'done')}"
    write(conn, [line(now, "campaign", None, "", "noted", why, name=campaign)])
