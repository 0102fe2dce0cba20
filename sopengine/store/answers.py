"""What running campaigns make of one event, carried out in the commit that marks the event as seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from sopengine.store import collections, flows, moving, waits
from sopengine.store.dialect import insert_new
from sopengine.store.flow_rows import (
    Answer,
    Collect,
    Confirm,
    EndRepetition,
    EndScope,
    EndWait,
    Enrol,
    Ignore,
    SetGoing,
)
from sopengine.store.journal import line, write
from sopengine.store.plan import add_occurrences
from sopengine.store.rows import EventRow
from sopengine.store.tables import ENROLMENT, EVENT


def answer(conn: Connection, event: EventRow, answers: Sequence[Answer], now: datetime) -> int:
    """Mark the event as seen and carry out what running campaigns make of it, in one commit. Returns the number of new
    entries; the second time nothing happens."""
    seen = update(EVENT).where(EVENT.c.id == event.id, EVENT.c.handled_at.is_(None)).values(handled_at=now)
    if not conn.execute(seen).rowcount:
        return 0
    did: list[str] = []
    entered = 0
    for one in answers:
        match one:
            case EndScope(campaign, scope, subject, reason, _, _):
                flows.end_scope(conn, one, now)
                did.append(f"ends {scope} of {campaign}" + (f" for {subject}" if subject else "") + f": {reason}")
            case EndWait(wait, effect):
                if waits.end(conn, wait, effect, now):
                    did.append(f"ends the wait {wait.step} of {wait.campaign}")
            case Enrol(campaign, journey):
                if enrol(conn, one, now):
                    entered += 1
                    did.append(f"{journey} of {campaign}")
            case Collect(campaign, journey):
                collections.collect(conn, one)
                did.append(f"collected for {journey} of {campaign}")
            case Confirm(campaign, anchor):
                if moving.confirm(conn, one, now):
                    did.append(f"confirms {anchor} of {campaign}")
            case SetGoing(campaign, _, occurrences):
                moving.set_going(conn, one)
                did.append(f"sets {len(occurrences)} slots of {campaign} going")
            case EndRepetition(campaign):
                moving.end_repetition(conn, one, now)
                did.append(f"ends a repetition of {campaign}")
            case Ignore():
                pass
    why = [one.reason for one in answers if isinstance(one, Ignore)]
    after = "enrolled" if entered else "handled" if did else "ignored"
    reason = ", ".join(did) or "; ".join(why) or "starts nothing"
    write(conn, [line(now, "event", event.id, "received", after, reason, name=event.name)])
    return entered


def enrol(conn: Connection, entry: Enrol, now: datetime) -> bool:
    """False where this entry was made before."""
    row = {
        "campaign": entry.campaign,
        "journey": entry.journey,
        "subject": entry.subject,
        "key": entry.key,
        "entry": entry.entry,
        "event": entry.event,
        "entered_at": now,
    }
    if not conn.execute(insert_new(ENROLMENT, ["campaign", "journey", "entry"]), row).rowcount:
        return False
    add_occurrences(conn, entry.occurrences, now)
    return True
