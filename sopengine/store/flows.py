"""Flows that end or jump: what has not happened yet is withdrawn or skipped in one commit (semantics.md S5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, true, update

from sopengine.store.campaigns import set_state
from sopengine.store.dialect import insert_new
from sopengine.store.entries import standing
from sopengine.store.flow_rows import EndScope, Jump
from sopengine.store.journal import ENGINE, Change, advance, line, write
from sopengine.store.plan import PLANNED, chunks
from sopengine.store.rows import OccurrenceState
from sopengine.store.tables import ENDED, ENROLMENT, OCCURRENCE, WAIT
from sopengine.store.withdrawal import withdraw_unsent

PLAYBOOK = "playbook"


def end_scope(conn: Connection, end: EndScope, now: datetime) -> None:
    """Withdraw what is unsent and undone in the scope, for its subject or for all, and remember that it ended."""
    reason = f"exited: {end.reason}"
    for some in chunks(_entries(conn, end), 500):
        inside = and_(OCCURRENCE.c.campaign == end.campaign, OCCURRENCE.c.entry.in_([entry for _, entry in some]))
        withdraw_planned(conn, inside, now, reason)
        withdraw_unsent(conn, inside, now, ENGINE, reason)
        write(
            conn, (line(now, "enrolment", id_, "entered", "exited", end.reason, name=end.campaign) for id_, _ in some)
        )
    if is_flow(end.scope) and (end.subject or end.entry):
        return  # the entries that were open have ended; a later trigger may enter again
    row = {"campaign": end.campaign, "scope": end.scope, "subject": end.subject, "reason": end.reason, "at": now}
    if not conn.execute(insert_new(ENDED, ["campaign", "scope", "subject"]), row).rowcount:
        return
    inside = and_(OCCURRENCE.c.campaign == end.campaign, _of_scope(end.scope))
    if not end.subject:
        withdraw_planned(conn, inside, now, reason)
    withdraw_unsent(conn, inside, now, ENGINE, reason, end.subject or None)
    whom = f" for {end.subject}" if end.subject else ""
    what = f"{end.scope}{whom}: {end.reason}"
    write(conn, [line(now, "campaign", None, "running", "exited", what, name=end.campaign)])
    if not end.subject and end.scope == PLAYBOOK:
        set_state(conn, end.campaign, "finished", now, ENGINE, reason)


def ended(conn: Connection, campaign: str) -> dict[tuple[str, str], str]:
    """Reason by scope and subject; subject "" stands for all."""
    query = select(ENDED.c.scope, ENDED.c.subject, ENDED.c.reason).where(ENDED.c.campaign == campaign)
    return {(scope, subject): reason for scope, subject, reason in conn.execute(query)}


def jump(conn: Connection, jump: Jump, now: datetime) -> None:
    between = and_(
        OCCURRENCE.c.campaign == jump.campaign,
        OCCURRENCE.c.entry == jump.entry,
        OCCURRENCE.c.sequence > jump.after,
        OCCURRENCE.c.sequence < jump.to,
    )
    ids = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, between)).scalars().all()
    advance(conn, [Change(i, OccurrenceState.PLANNED, OccurrenceState.SKIPPED, jump.reason) for i in ids], now)


def _entries(conn: Connection, end: EndScope) -> Sequence[tuple[int, str]]:
    """The enrolments that end: of the one journey, or of every one of the playbook."""
    if not (is_flow(end.scope) or end.scope == PLAYBOOK):
        return []
    which: list[ColumnElement[bool]] = [ENROLMENT.c.campaign == end.campaign]
    if end.scope != PLAYBOOK:
        which.append(ENROLMENT.c.journey == end.scope.removeprefix("journey:"))
    if end.entry:
        which.append(ENROLMENT.c.entry == end.entry)
    elif end.subject:
        which.append(ENROLMENT.c.subject == end.subject)
    if end.key:
        which.append(ENROLMENT.c.key == end.key)
    found = conn.execute(select(ENROLMENT.c.id, ENROLMENT.c.entry).where(*which))
    return [(row.id, row.entry) for row in found if standing(conn, end.campaign, row.entry).open]


def is_flow(scope: str) -> bool:
    """Whether each subject goes through it by itself: the welcome, a journey."""
    return scope == "welcome" or scope.startswith("journey:")


def _of_scope(scope: str) -> ColumnElement[bool]:
    if scope == PLAYBOOK:
        return true()
    if scope.startswith("phase:"):
        return and_(OCCURRENCE.c.section == "phases", OCCURRENCE.c.phase == scope.removeprefix("phase:"))
    if scope.startswith("journey:"):
        return and_(OCCURRENCE.c.section == "journeys", OCCURRENCE.c.phase == scope.removeprefix("journey:"))
    return OCCURRENCE.c.section == scope


def withdraw_planned(conn: Connection, inside: ColumnElement[bool], now: datetime, reason: str) -> int:
    """Slots that have not been carried out; how many."""
    ids = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, inside)).scalars().all()
    for some in chunks(ids, 500):
        advance(conn, [Change(i, OccurrenceState.PLANNED, OccurrenceState.WITHDRAWN, reason) for i in some], now)
        conn.execute(update(WAIT).where(WAIT.c.occurrence.in_(some), WAIT.c.ended_at.is_(None)).values(ended_at=now))
    return len(ids)
