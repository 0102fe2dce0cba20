"""Steps that wait for an event: begun, found by subject or by the clock, and ended once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from sopengine.store.columns import AnyRow
from sopengine.store.effects import add_effects
from sopengine.store.flow_rows import NewEffect, NewWait, WaitRow
from sopengine.store.journal import Change, advance
from sopengine.store.plan import PLANNED
from sopengine.store.readiness import NOW
from sopengine.store.rows import OccurrenceState
from sopengine.store.tables import CAMPAIGN, OCCURRENCE, WAIT

WAITING = "wait"
"""What the occurrence of a wait under way waits for: it is not due, and not final."""

_running = CAMPAIGN.c.state == "running"
_OPEN = (
    select(
        WAIT.c.occurrence, WAIT.c.campaign, OCCURRENCE.c.step, OCCURRENCE.c.entry, OCCURRENCE.c.sequence,
        WAIT.c.subject, WAIT.c.key, WAIT.c.since, WAIT.c.until, WAIT.c.arm, OCCURRENCE.c.key.label("occurrence_key"),
    )
    .join(OCCURRENCE, OCCURRENCE.c.id == WAIT.c.occurrence)
    .join(CAMPAIGN, CAMPAIGN.c.id == WAIT.c.campaign)
    .where(WAIT.c.ended_at.is_(None))
)  # fmt: skip
_OF_SUBJECT = _OPEN.where(WAIT.c.campaign == bindparam("campaign"), WAIT.c.subject == bindparam("subject")).order_by(
    WAIT.c.occurrence
)
_OVER = _OPEN.where(WAIT.c.until <= NOW, _running).order_by(WAIT.c.until, WAIT.c.occurrence)
NEXT = (
    select(WAIT.c.until)
    .join(CAMPAIGN, CAMPAIGN.c.id == WAIT.c.campaign)
    .where(WAIT.c.ended_at.is_(None), _running)
    .order_by(WAIT.c.until)
    .limit(1)
)


def begin(conn: Connection, wait: NewWait) -> bool:
    """False where its occurrence is no longer planned, or waits already."""
    started = (
        update(OCCURRENCE)
        .where(OCCURRENCE.c.id == wait.occurrence, PLANNED, OCCURRENCE.c.waits_for != WAITING)
        .values(waits_for=WAITING)
    )
    if not conn.execute(started).rowcount:
        return False
    row = {
        "occurrence": wait.occurrence,
        "campaign": wait.campaign,
        "subject": wait.subject,
        "key": wait.key,
        "since": wait.since,
        "until": wait.until,
        "arm": wait.arm,
    }
    conn.execute(insert(WAIT), row)
    return True


def of_subject(conn: Connection, campaign: str, subject: str) -> list[WaitRow]:
    return [_row(row) for row in conn.execute(_OF_SUBJECT, {"campaign": campaign, "subject": subject})]


def over(conn: Connection, now: datetime) -> list[WaitRow]:
    """Those whose time is up, of running campaigns."""
    return [_row(row) for row in conn.execute(_OVER, {"now": now})]


def end(conn: Connection, wait: WaitRow, effect: NewEffect, now: datetime) -> bool:
    """What it was for has come, or its time is up; `effect` says which, and leads on. False where it had ended."""
    ended = (
        update(WAIT).where(WAIT.c.occurrence == wait.occurrence, WAIT.c.ended_at.is_(None)).values(ended_at=effect.at)
    )
    if not conn.execute(ended).rowcount:
        return False
    advance(
        conn,
        [
            Change(
                wait.occurrence, OccurrenceState.PLANNED, OccurrenceState.FANNED_OUT, effect.result, {"waits_for": ""}
            )
        ],
        now,
    )
    add_effects(conn, wait.campaign, [effect], now)
    return True


def _row(row: AnyRow) -> WaitRow:
    return WaitRow(*row)
