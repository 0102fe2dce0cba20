"""What a person leaves out: a step, one slot of it, one delivery; for all targets or one. Flows go on past it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from sopengine.store.columns import AnyRow
from sopengine.store.dialect import insert_new
from sopengine.store.journal import Change, advance, line, write
from sopengine.store.plan import PLANNED, chunks
from sopengine.store.reasons import LEFT_OUT
from sopengine.store.rows import OccurrenceState, State
from sopengine.store.states import WORKABLE, ending, word
from sopengine.store.tables import DELIVERY, LEFT, OCCURRENCE, TASK, WAIT
from sopengine.store.tasks import withdraw_tasks


class LeftOut(NamedTuple):
    """A step of a campaign: every slot of it from now on, or with `occurrence`, a key, the one; every target, or one.
    `delivery`, a number, means that one alone."""

    campaign: str
    step: str
    occurrence: str = ""
    target: str = ""
    delivery: int | None = None


class Counted(NamedTuple):
    """What was left out: slots, messages, tasks; and what had ended badly and is looked at no more."""

    slots: int = 0
    messages: int = 0
    tasks: int = 0
    settled: int = 0


def leave_out(conn: Connection, what: LeftOut, now: datetime, actor: str, reason: str) -> Counted:
    """What is under way stays; what is of that step and comes later is left out when its time comes."""
    said = f"{LEFT_OUT}: {reason}"
    if what.delivery is None:
        row = {
            "campaign": what.campaign,
            "step": what.step,
            "occurrence": what.occurrence,
            "target": what.target,
            "reason": reason,
            "actor": actor,
            "at": now,
        }
        conn.execute(insert_new(LEFT, ["campaign", "step", "occurrence", "target"]), row)
        whom = f" for {what.target}" if what.target else ""
        slot = f", slot {what.occurrence}" if what.occurrence else ""
        told = f"step {what.step}{slot}{whom}: {reason}"
        write(conn, [line(now, "campaign", None, "", "skipped", told, actor, what.campaign)])
    slots = _slots(conn, what, now, actor, said) if not what.target and what.delivery is None else 0
    named = what.occurrence or what.delivery is not None
    settled = _settle(conn, what, now, actor, said) if named else 0
    messages, tasks = _messages(conn, what, now, actor, said), _tasks(conn, what, now, actor, said)
    return Counted(slots, messages, tasks, settled)


def left_out(conn: Connection, campaign: str, step: str, occurrence: str) -> dict[str, str]:
    """Reason by target; target "" stands for all."""
    query = select(LEFT.c.target, LEFT.c.reason).where(
        LEFT.c.campaign == campaign, LEFT.c.step == step, LEFT.c.occurrence.in_(("", occurrence))
    )
    return {row.target: row.reason for row in conn.execute(query)}


def all_left_out(conn: Connection, campaign: str) -> set[tuple[str, str, str]]:
    """Step, key of the slot and target; "" stands for all of them."""
    query = select(LEFT.c.step, LEFT.c.occurrence, LEFT.c.target).where(LEFT.c.campaign == campaign)
    return {(row.step, row.occurrence, row.target) for row in conn.execute(query)}


def _inside(what: LeftOut) -> ColumnElement[bool]:
    found = (OCCURRENCE.c.campaign == what.campaign) & (OCCURRENCE.c.step == what.step)
    return found & (OCCURRENCE.c.key == what.occurrence) if what.occurrence else found


def _slots(conn: Connection, what: LeftOut, now: datetime, actor: str, said: str) -> int:
    ids = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, _inside(what))).scalars().all()
    for some in chunks(ids, 500):
        gone = [Change(i, OccurrenceState.PLANNED, OccurrenceState.SKIPPED, said, {"waits_for": ""}) for i in some]
        advance(conn, gone, now, actor)
        conn.execute(update(WAIT).where(WAIT.c.occurrence.in_(some), WAIT.c.ended_at.is_(None)).values(ended_at=now))
    return len(ids)


def _deliveries(conn: Connection, what: LeftOut, states: Iterable[State]) -> list[AnyRow]:
    mine = [DELIVERY.c.id == what.delivery] if what.delivery is not None else [_inside(what)]
    mine += [DELIVERY.c.target == what.target] if what.target else []
    query = select(
        DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.doubtful, DELIVERY.c.settled, DELIVERY.c.occurrence
    ).join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
    return list(conn.execute(query.where(DELIVERY.c.state.in_(list(states)), *mine)))


def _messages(conn: Connection, what: LeftOut, now: datetime, actor: str, said: str) -> int:
    """One that may have been taken before becomes unknown, and nobody has to look at it; what was handed to a person is
    taken back together with its task."""
    rows = _deliveries(conn, what, (State.PLANNED, State.CLAIMED, State.AWAITING_CONFIRM))
    for some in chunks(rows):
        changes = []
        for row in some:
            handed = row.state is State.AWAITING_CONFIRM
            after = State.WITHDRAWN if handed else ending(State.SKIPPED, row.doubtful)
            values = {"reason": said, "settled": after is State.UNKNOWN, "lease_owner": None, "lease_until": None}
            changes.append(Change(row.id, row.state, after, said, values))
        advance(conn, changes, now, actor)
    handed_over = [row.id for row in rows if row.state is State.AWAITING_CONFIRM]
    for some in chunks(handed_over, 500):
        work = select(TASK.c.id, TASK.c.state).where(TASK.c.delivery.in_(some), TASK.c.state.in_(WORKABLE))
        withdraw_tasks(conn, [(row.id, row.state) for row in conn.execute(work)], now, said, actor)
    return len(rows)


def _tasks(conn: Connection, what: LeftOut, now: datetime, actor: str, said: str) -> int:
    if what.delivery is not None:
        return 0
    theirs = [TASK.c.target == what.target] if what.target else []
    query = select(TASK.c.id, TASK.c.state).join(OCCURRENCE, OCCURRENCE.c.id == TASK.c.occurrence)
    work = conn.execute(query.where(_inside(what), TASK.c.state.in_(WORKABLE), *theirs)).all()
    withdraw_tasks(conn, [(row.id, row.state) for row in work], now, said, actor)
    return len(work)


def _settle(conn: Connection, what: LeftOut, now: datetime, actor: str, said: str) -> int:
    """What ended badly stays as it ended; nobody has to look at it any more, and a flow behind it goes on."""
    rows = [row for row in _deliveries(conn, what, (State.FAILED, State.UNKNOWN)) if not row.settled]
    for some in chunks([row.id for row in rows], 500):
        conn.execute(update(DELIVERY).where(DELIVERY.c.id.in_(some)).values(settled=True))
    write(conn, (line(now, "delivery", row.id, word(row.state), "settled", said, actor) for row in rows))
    held = [OCCURRENCE.c.id == _occurrence_of(conn, what.delivery)] if what.delivery is not None else [_inside(what)]
    required = conn.execute(select(OCCURRENCE.c.id).where(*held, OCCURRENCE.c.required.is_(True))).scalars().all()
    for some in chunks(required, 500):
        conn.execute(update(OCCURRENCE).where(OCCURRENCE.c.id.in_(some)).values(required=False))
    write(conn, (line(now, "occurrence", i, "required", "settled", said, actor) for i in required))
    return max(len(rows), len(required))


def _occurrence_of(conn: Connection, delivery: int) -> int:
    return int(conn.execute(select(DELIVERY.c.occurrence).where(DELIVERY.c.id == delivery)).scalar_one())
