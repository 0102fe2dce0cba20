"""A running campaign becomes another version of itself, in one commit: its bundle, and the rows that are unsent.

Rows are moved in place, never deleted and made anew (semantics.md S1); what was sent stays as it was sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, insert, select, update

from sopengine.store import moving, tasks
from sopengine.store.bulk import run_many
from sopengine.store.campaigns import add_bundle
from sopengine.store.change_rows import Entry, NewVersion, Replanned, Used, VersionRow
from sopengine.store.delivery_rows import MovedDelivery, UnsentDelivery
from sopengine.store.dialect import in_states
from sopengine.store.journal import Change, advance, line, write
from sopengine.store.moving import move_deliveries, move_occurrences, withdraw_deliveries
from sopengine.store.plan import COLUMNS, PLANNED, add_occurrences, chunks
from sopengine.store.rows import OccurrenceRow, OccurrenceState, State, TaskState
from sopengine.store.states import OPEN_DELIVERY, WORKABLE
from sopengine.store.tables import (
    CAMPAIGN,
    COLLECTION,
    DELIVERY,
    ENROLMENT,
    EVENT,
    LEFT,
    OCCURRENCE,
    TASK,
    VERSION,
    WAIT,
)
from sopengine.store.withdrawal import withdraw_unsent

BEHIND = "past already when it was added"
_ORDER = (
    update(OCCURRENCE)
    .where(OCCURRENCE.c.id == bindparam("id_"))
    .values(sequence=bindparam("sequence"), required=bindparam("required"))
)
_VERSIONS = select(
    VERSION.c.id, VERSION.c.campaign, VERSION.c.kind, VERSION.c.before, VERSION.c.bundle, VERSION.c.at,
    VERSION.c.actor, VERSION.c.reason, VERSION.c.detail,
)  # fmt: skip
_ENTRIES = (
    select(ENROLMENT.c.journey, ENROLMENT.c.entry, func.coalesce(COLLECTION.c.closes_at, EVENT.c.at).label("at"))
    .join(EVENT, EVENT.c.id == ENROLMENT.c.event)
    .outerjoin(
        COLLECTION,
        and_(
            COLLECTION.c.first_event == ENROLMENT.c.event,
            COLLECTION.c.campaign == ENROLMENT.c.campaign,
            COLLECTION.c.journey == ENROLMENT.c.journey,
        ),
    )
    .where(ENROLMENT.c.campaign == bindparam("campaign"))
    .order_by(ENROLMENT.c.id)
)

_REVISION = select(func.coalesce(func.max(VERSION.c.id), 0))


def revision(conn: Connection) -> int:
    """Grows with every change of any campaign."""
    found: int = conn.execute(_REVISION).scalar_one()
    return found


def versions(conn: Connection, campaign: str) -> list[VersionRow]:
    """Oldest first; none while a campaign is as it was started."""
    rows = conn.execute(_VERSIONS.where(VERSION.c.campaign == campaign).order_by(VERSION.c.id))
    return [VersionRow(*row) for row in rows]


def whole_course(conn: Connection, campaign: str) -> list[tuple[OccurrenceRow, OccurrenceState]]:
    """Every occurrence, whatever became of it; an approval is no part of the plan, it goes with its words."""
    mine = (OCCURRENCE.c.campaign == campaign) & (OCCURRENCE.c.section != "approval")
    query = select(*COLUMNS, OCCURRENCE.c.state).where(mine).order_by(OCCURRENCE.c.id)
    return [(OccurrenceRow(*row[:-1]), row[-1]) for row in conn.execute(query)]


def withdrawn_by_changes(conn: Connection, campaign: str) -> set[int]:
    """Occurrences that a change has withdrawn: another one may bring them back."""
    return {id_ for one in versions(conn, campaign) for id_ in one.detail.get("withdrawn", ())}


def past_after_changes(conn: Connection, campaign: str, occurrences: Collection[int]) -> list[UnsentDelivery]:
    """Of these occurrences, deliveries that a change has withdrawn because their time would have been past."""
    ids = {id_ for one in versions(conn, campaign) for id_ in one.detail.get("past", ())}
    return moving.withdrawn(conn, ids, occurrences) if ids else []


def entries(conn: Connection, campaign: str) -> list[Entry]:
    return [Entry(*row) for row in conn.execute(_ENTRIES, {"campaign": campaign})]


def sent_by_step(conn: Connection, campaign: str) -> Mapping[str, int]:
    """How many deliveries of each step went out, or may have."""
    states = in_states(DELIVERY.c.state, State.SENDING, State.SENT, State.UNKNOWN, State.AWAITING_CONFIRM,
                       State.CONFIRMED)  # fmt: skip
    query = (
        select(OCCURRENCE.c.step, func.count())
        .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
        .where(DELIVERY.c.campaign == campaign, states)
        .group_by(OCCURRENCE.c.step)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def used(conn: Connection, campaign: str) -> list[Used]:
    found: list[Used] = []
    for table, kind, open_, again, besides in (
        (DELIVERY, "message", OPEN_DELIVERY, (State.FAILED, State.MISSED, State.UNKNOWN), DELIVERY.c.notice.is_(False)),
        (TASK, "task", WORKABLE, (TaskState.MISSED,), TASK.c.delivery.is_(None) & (TASK.c.approves == "")),
    ):
        counted = case((in_states(table.c.state, *open_), 1), else_=0)
        query = (
            select(OCCURRENCE.c.step, table.c.arm, func.sum(counted))
            .join(OCCURRENCE, OCCURRENCE.c.id == table.c.occurrence)
            .where(OCCURRENCE.c.campaign == campaign, in_states(table.c.state, *open_, *again), besides)
            .group_by(OCCURRENCE.c.step, table.c.arm)
        )
        found += [Used(step, arm, kind, count) for step, arm, count in conn.execute(query)]
    waits = (
        select(OCCURRENCE.c.step, WAIT.c.arm, func.count())
        .join(OCCURRENCE, OCCURRENCE.c.id == WAIT.c.occurrence)
        .where(OCCURRENCE.c.campaign == campaign, WAIT.c.ended_at.is_(None))
        .group_by(OCCURRENCE.c.step, WAIT.c.arm)
    )
    return found + [Used(step, arm, "wait", count) for step, arm, count in conn.execute(waits)]


def release_claims(conn: Connection, campaign: str, now: datetime, reason: str) -> None:
    """What was claimed and not begun is planned again: its time and its words may be others now."""
    query = select(DELIVERY.c.id).where(DELIVERY.c.campaign == campaign, in_states(DELIVERY.c.state, State.CLAIMED))
    values = {"lease_owner": None, "lease_until": None}
    advance(
        conn,
        [Change(id_, State.CLAIMED, State.PLANNED, reason, values) for id_ in conn.execute(query).scalars()],
        now,
    )


def apply(conn: Connection, version: NewVersion, plan: Replanned, now: datetime, actor: str) -> None:
    """`plan` was worked out under the write lock that is still held."""
    reason = f"{version.kind}: {version.reason}" if version.reason else version.kind
    release_claims(conn, version.campaign, now, reason)
    _rename(conn, version.campaign, plan.renamed)
    _withdraw(conn, plan, now, actor, reason)
    revive(conn, plan.revived, now, actor, reason)
    move_occurrences(conn, [*plan.moved, *plan.limited, *plan.revived])
    write(conn, (line(now, "occurrence", o.id, "planned", "moved", reason, actor) for o in plan.moved))
    run_many(conn, _ORDER, [{"id_": o.id, "sequence": o.sequence, "required": o.required} for o in plan.ordered])
    add_occurrences(conn, plan.new, now)
    _add_behind(conn, plan.behind, now, actor)
    move_deliveries(conn, plan.deliveries)
    _return(conn, plan.returned, now, actor, reason)
    for some in chunks(plan.past, 500):
        withdraw_deliveries(conn, some, now, reason)
    for some in chunks(plan.unaddressed, 500):
        withdraw_deliveries(conn, some, now, f"{reason}; not addressed any more")
    tasks.move_work(conn, plan.work, now, reason)
    _end_collections(conn, version)
    _record(conn, version, plan, now, actor, reason)


def _rename(conn: Connection, campaign: str, renamed: Mapping[str, str]) -> None:
    """In two moves, so that two steps may take each other's id."""
    rows = {old: f"\0{new}" for old, new in renamed.items()}
    for names in (rows, {held: held[1:] for held in rows.values()}):
        for old, new in names.items():
            of_it = (OCCURRENCE.c.campaign == campaign) & (OCCURRENCE.c.step == old)
            conn.execute(update(OCCURRENCE).where(of_it).values(step=new))
            conn.execute(update(LEFT).where(LEFT.c.campaign == campaign, LEFT.c.step == old).values(step=new))


def _end_collections(conn: Connection, version: NewVersion) -> None:
    """What was collected for a flow that is written no more begins nothing."""
    open_ = (COLLECTION.c.campaign == version.campaign) & COLLECTION.c.closed.is_(False)
    gone = open_ & COLLECTION.c.journey.not_in(version.flows)
    conn.execute(update(COLLECTION).where(gone).values(closed=True))


def _withdraw(conn: Connection, plan: Replanned, now: datetime, actor: str, reason: str) -> None:
    for ids, of_tasks in ((plan.gone, False), (plan.dropped, True)):
        for some in chunks(ids, 500):
            these = OCCURRENCE.c.id.in_(some)
            withdraw_unsent(conn, these, now, actor, reason, tasks=of_tasks)
            planned = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, these)).scalars().all()
            before, after = OccurrenceState.PLANNED, OccurrenceState.WITHDRAWN
            advance(conn, [Change(id_, before, after, reason) for id_ in planned], now, actor)
            conn.execute(
                update(WAIT).where(WAIT.c.occurrence.in_(some), WAIT.c.ended_at.is_(None)).values(ended_at=now)
            )
            conn.execute(update(OCCURRENCE).where(these).values(required=False))  # nobody waits behind it any more


def revive(conn: Connection, rows: Sequence[OccurrenceRow], now: datetime, actor: str, reason: str) -> None:
    before, after = OccurrenceState.WITHDRAWN, OccurrenceState.PLANNED
    advance(conn, [Change(row.id, before, after, reason) for row in rows], now, actor)


def _return(conn: Connection, moved: Sequence[MovedDelivery], now: datetime, actor: str, reason: str) -> None:
    """Rows that a change had withdrawn wait again, as themselves, at the times they have now."""
    back = [Change(one.id, State.WITHDRAWN, State.PLANNED, reason, {"reason": ""}) for one in moved]
    advance(conn, back, now, actor)
    move_deliveries(conn, moved)


def _add_behind(conn: Connection, rows: Sequence[OccurrenceRow], now: datetime, actor: str) -> None:
    add_occurrences(conn, rows, now)
    for some in chunks([row.key for row in rows], 500):
        born = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, OCCURRENCE.c.key.in_(some))).scalars().all()
        before, after = OccurrenceState.PLANNED, OccurrenceState.SKIPPED
        advance(conn, [Change(id_, before, after, BEHIND) for id_ in born], now, actor)


def _record(conn: Connection, version: NewVersion, plan: Replanned, now: datetime, actor: str, reason: str) -> None:
    mine = CAMPAIGN.c.id == version.campaign
    before = conn.execute(select(CAMPAIGN.c.bundle).where(mine)).scalar_one()
    add_bundle(conn, version.bundle, version.content)
    conn.execute(
        update(CAMPAIGN)
        .where(mine)
        .values(
            bundle=version.bundle,
            title=version.title,
            ends_at=version.ends_at,
            planned_until=version.planned_until,
        )
    )
    row: dict[str, Any] = {
        "campaign": version.campaign,
        "kind": version.kind,
        "before": before,
        "bundle": version.bundle,
        "at": now,
        "actor": actor,
        "reason": version.reason,
        "detail": {**version.detail, "withdrawn": list(plan.ids_gone), "past": list(plan.past)},
    }
    conn.execute(insert(VERSION), row)
    counts = f"{len(plan.moved)} slots and {len(plan.deliveries)} deliveries moved, {len(plan.ids_gone)} withdrawn"
    counts += f", {len(plan.new) + len(plan.revived)} added"
    write(conn, [line(now, "campaign", None, "", "changed", f"{reason}; {counts}", actor, version.campaign)])
