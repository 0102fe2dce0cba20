"""Everything the ledger knows of one slot of one step, gathered for an explanation; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, and_, case, func, literal, or_, select

from sopengine.store.plan import COLUMNS, NOTHING, open_task
from sopengine.store.rows import OccurrenceRow, OccurrenceState, State, TaskState
from sopengine.store.states import OPEN_DELIVERY, word
from sopengine.store.tables import BUCKET, DELIVERY, EFFECT, EVENT, OCCURRENCE, TASK, TRANSITION

BADLY = tuple(word(state) for state in (State.SKIPPED, State.MISSED, State.FAILED, State.UNKNOWN, TaskState.DECLINED))
SHOWN = 20
"""Targets whose whole way is told; of more only how they ended."""


class Thing(NamedTuple):
    """A delivery, task or effect, `kind`, of one target. `state` is a word; moments that it has not are None."""

    kind: str
    id: int
    target: str
    state: str
    reason: str
    hold: str
    arm: str
    verdict: str
    channel: str
    bucket: str
    person: str
    run_after: datetime | None
    settled: bool


class Told(NamedTuple):
    """A line of the completion log about the slot or one of its things."""

    at: datetime
    entity: str
    ref: int
    before: str
    after: str
    reason: str
    actor: str


class Earlier(NamedTuple):
    """A step that this one waits for: one it comes after, or an earlier one of its flow."""

    key: str
    step: str
    state: str  # of the occurrence
    things: tuple[Thing, ...]


class Story(Struct, frozen=True):
    """`after`: what it comes after; `open_before`: earlier steps of its flow that hold it up; `pauses`: those
    of its campaign and channel that began before it ended, each with the paused one's name as `before`."""

    occurrence: OccurrenceRow
    state: OccurrenceState
    things: tuple[Thing, ...]
    told: tuple[Told, ...]
    after: Earlier | None
    open_before: tuple[Earlier, ...]
    pauses: tuple[Told, ...] = ()


def slots_of(conn: Connection, campaign: str, step: str) -> list[tuple[OccurrenceRow, OccurrenceState]]:
    query = select(*COLUMNS, OCCURRENCE.c.state).where(OCCURRENCE.c.campaign == campaign, OCCURRENCE.c.step == step)
    query = query.where(OCCURRENCE.c.section != "approval")
    rows = conn.execute(query.order_by(OCCURRENCE.c.planned_at, OCCURRENCE.c.id))
    return [(OccurrenceRow(*row[:-1]), row[-1]) for row in rows]


def story(conn: Connection, key: str, target: str | None) -> Story | None:
    """Of one target or all; None where there is no such occurrence."""
    found = conn.execute(select(*COLUMNS, OCCURRENCE.c.state).where(OCCURRENCE.c.key == key)).first()
    if found is None:
        return None
    row = OccurrenceRow(*found[:-1])
    things = _things(conn, row.id, target)
    after = None
    if row.waits_for:
        before = conn.execute(
            select(OCCURRENCE.c.id, OCCURRENCE.c.key, OCCURRENCE.c.step, OCCURRENCE.c.state).where(
                OCCURRENCE.c.key == row.waits_for
            )
        ).first()
        if before is not None:
            after = Earlier(before.key, before.step, word(before.state), _things(conn, before.id, target))
    told = _told(conn, row.id, things)
    return Story(row, found[-1], things, told, after, _open_before(conn, row), _pauses(conn, row, things, told))


def occurrence_of(conn: Connection, delivery: int) -> OccurrenceRow | None:
    query = select(*COLUMNS).join(DELIVERY, DELIVERY.c.occurrence == OCCURRENCE.c.id).where(DELIVERY.c.id == delivery)
    row = conn.execute(query).first()
    return None if row is None else OccurrenceRow(*row)


def has_things(conn: Connection, occurrence: int, target: str) -> bool:
    return bool(_things(conn, occurrence, target))


def ignored(conn: Connection, event: str, subject: str) -> Told | None:
    """The newest event of this name about this subject that started nothing, and why."""
    query = select(
        TRANSITION.c.at, TRANSITION.c.entity, TRANSITION.c.ref, TRANSITION.c.before, TRANSITION.c.after,
        TRANSITION.c.reason, TRANSITION.c.actor,
    ).join(EVENT, EVENT.c.id == TRANSITION.c.ref).where(
        TRANSITION.c.entity == "event", TRANSITION.c.after == "ignored",
        EVENT.c.name == event, EVENT.c.subject == subject,
    )  # fmt: skip
    row = conn.execute(query.order_by(TRANSITION.c.id.desc()).limit(1)).first()
    return None if row is None else Told(*row)


def last_word(conn: Connection, campaign: str) -> Told | None:
    """The newest line about the campaign's own state."""
    query = select(
        TRANSITION.c.at, TRANSITION.c.entity, func.coalesce(TRANSITION.c.ref, 0), TRANSITION.c.before,
        TRANSITION.c.after, TRANSITION.c.reason, TRANSITION.c.actor,
    ).where(
        TRANSITION.c.entity == "campaign",
        TRANSITION.c.name == campaign,
        TRANSITION.c.after.in_(("running", "paused", "stopped", "finished")),
    )  # fmt: skip
    row = conn.execute(query.order_by(TRANSITION.c.id.desc()).limit(1)).first()
    return None if row is None else Told(*row)


def _things(conn: Connection, occurrence: int, target: str | None) -> tuple[Thing, ...]:
    """Messages and tasks, in the order of their targets' ids; of a task its notices are left out."""
    found: list[Thing] = []
    delivery = select(
        literal("delivery"), DELIVERY.c.id, DELIVERY.c.target, DELIVERY.c.state, DELIVERY.c.reason, DELIVERY.c.hold,
        DELIVERY.c.arm, DELIVERY.c.verdict, DELIVERY.c.channel, BUCKET.c.name, literal(""), DELIVERY.c.run_after,
        DELIVERY.c.settled,
    ).join(BUCKET, BUCKET.c.id == DELIVERY.c.bucket).where(
        DELIVERY.c.occurrence == occurrence, DELIVERY.c.notice.is_(False)
    )  # fmt: skip
    task = select(
        literal("task"), TASK.c.id, TASK.c.target, TASK.c.state, TASK.c.reason, literal(""), TASK.c.arm,
        TASK.c.verdict, literal(""), literal(""), TASK.c.person, TASK.c.due_at, literal(False),
    ).where(TASK.c.occurrence == occurrence, TASK.c.delivery.is_(None))  # fmt: skip
    for query, column in ((delivery, DELIVERY.c.target), (task, TASK.c.target)):
        wanted = query if target is None else query.where(column == target)
        for row in conn.execute(wanted.order_by(column)):
            found.append(Thing(row[0], row[1], row[2], word(row[3]), *row[4:]))
    effect = select(EFFECT).where(EFFECT.c.occurrence == occurrence)
    for one in conn.execute(effect if target is None else effect.where(EFFECT.c.target == target)):
        words = " ".join(part for part in (one.kind, one.result) if part)
        reason = one.reason or words
        found.append(
            Thing("effect", one.id, one.target, one.state, reason, "", one.arm, one.verdict, "", "", "", None, False)
        )
    return tuple(found)


def _told(conn: Connection, occurrence: int, things: Sequence[Thing]) -> tuple[Told, ...]:
    """Of the slot itself, and of its things where they are few."""
    about = [and_(TRANSITION.c.entity == "occurrence", TRANSITION.c.ref == occurrence)]
    for kind in ("delivery", "task"):
        ids = [thing.id for thing in things if thing.kind == kind][:SHOWN]
        about.append(and_(TRANSITION.c.entity == kind, TRANSITION.c.ref.in_(ids)))
    query = select(
        TRANSITION.c.at, TRANSITION.c.entity, TRANSITION.c.ref, TRANSITION.c.before, TRANSITION.c.after,
        TRANSITION.c.reason, TRANSITION.c.actor,
    )  # fmt: skip
    return tuple(Told(*row) for row in conn.execute(query.where(or_(*about)).order_by(TRANSITION.c.id)))


def _pauses(conn: Connection, row: OccurrenceRow, things: Sequence[Thing], told: Sequence[Told]) -> tuple[Told, ...]:
    """Each pause that lay over its slot, or began later and before its end: one line with the newest moment at which it
    was begun. One that was over before the slot is of no account."""
    until = max((one.at for one in told), default=row.planned_at)
    channels = {thing.channel for thing in things if thing.channel}
    mine = or_(
        and_(TRANSITION.c.entity.in_(("campaign", "sends")), TRANSITION.c.name == row.campaign),
        TRANSITION.c.entity == "all",
        and_(TRANSITION.c.entity == "channel", TRANSITION.c.name.in_(list(channels))),
    )
    query = select(
        TRANSITION.c.at, TRANSITION.c.entity, TRANSITION.c.name, TRANSITION.c.before, TRANSITION.c.after,
        TRANSITION.c.reason, TRANSITION.c.actor,
    ).where(mine, TRANSITION.c.at <= until, TRANSITION.c.before.in_(("running", "paused")))  # fmt: skip
    over: dict[tuple[str, str], Told] = {}
    found: list[Told] = []
    for at, entity, name, _, after, reason, actor in conn.execute(query.order_by(TRANSITION.c.id)):
        begun = over.pop((entity, name), None)
        if begun is not None and at > row.planned_at:
            found.append(begun)
        if after == "paused":
            over[entity, name] = Told(at, entity, 0, name, after, reason, actor)
    return (*found, *over.values())


def _open_before(conn: Connection, row: OccurrenceRow) -> tuple[Earlier, ...]:
    if not row.entry:
        return ()
    open_delivery = case((DELIVERY.c.state.in_(list(OPEN_DELIVERY)), 1), else_=0)
    open_work = case((open_task(), 1), else_=0)
    earlier = select(
        OCCURRENCE.c.id, OCCURRENCE.c.key, OCCURRENCE.c.step, OCCURRENCE.c.state, OCCURRENCE.c.required,
        func.coalesce(
            select(func.max(open_delivery)).where(DELIVERY.c.occurrence == OCCURRENCE.c.id).scalar_subquery(), 0
        ).label("sends"),
        func.coalesce(
            select(func.max(open_work)).where(TASK.c.occurrence == OCCURRENCE.c.id).scalar_subquery(), 0
        ).label("works"),
    ).where(
        OCCURRENCE.c.campaign == row.campaign,
        OCCURRENCE.c.entry == row.entry,
        OCCURRENCE.c.entry != NOTHING,
        OCCURRENCE.c.sequence < row.sequence,
    ).order_by(OCCURRENCE.c.sequence)  # fmt: skip
    found = []
    for one in conn.execute(earlier).all():
        things = _things(conn, one.id, None)
        badly = one.required and any(thing.state in BADLY and not thing.settled for thing in things)
        if one.state is OccurrenceState.PLANNED or one.sends or one.works or badly:
            found.append(Earlier(one.key, one.step, word(one.state), things))
    return tuple(found)
