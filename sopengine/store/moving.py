"""Plans that an event changes: anchors it confirms, steps it sets going, repetitions it ends. Unsent rows are moved in
place, never deleted and made anew (semantics.md S1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from sopengine.store import tasks
from sopengine.store.bulk import run_many
from sopengine.store.delivery_rows import MovedDelivery, UnsentDelivery
from sopengine.store.dialect import in_states, insert_new
from sopengine.store.flow_rows import Confirm, EndRepetition, Followed, SetGoing
from sopengine.store.journal import ENGINE, Change, advance, line, write
from sopengine.store.plan import COLUMNS, PLANNED, WAITS_FOR_EVENT, add_occurrences, chunks, schedule_after
from sopengine.store.readiness import NOW
from sopengine.store.readiness import PLANNED as PLANNED_DELIVERY
from sopengine.store.rows import OccurrenceRow, OccurrenceState, State
from sopengine.store.states import ending
from sopengine.store.tables import ANCHOR, CAMPAIGN, DELIVERY, OCCURRENCE
from sopengine.store.withdrawal import withdraw_unsent

_MOVES = ("planned_at", "due_at", "expires_at", "useful_until", "waits_for", "date", "number", "phase_day")
_MOVE = (
    update(OCCURRENCE)
    .where(OCCURRENCE.c.id == bindparam("id_"), PLANNED)
    .values({name: bindparam(name, type_=OCCURRENCE.c[name].type) for name in _MOVES})
)
_TIMES = ("due_at", "expires_at", "useful_until", "planned_at")
_MOVED = (*_TIMES, "run_after", "hold")
_MOVE_DELIVERY = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("id_"), PLANNED_DELIVERY)
    .values({name: bindparam(name, type_=DELIVERY.c[name].type) for name in _MOVED})
)
_REFRESH = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("id_"), PLANNED_DELIVERY)
    .values({name: bindparam(name, type_=DELIVERY.c[name].type) for name in ("data", "about")})
)
_ANEW = "a turn of a list that was read anew"
_CLAIMED_TOO = in_states(DELIVERY.c.state, State.PLANNED, State.CLAIMED)
_OF_UNSENT = select(*(DELIVERY.c["data" if name == "row" else name] for name in UnsentDelivery._fields))
_UNSENT = _OF_UNSENT.where(
    _CLAIMED_TOO, DELIVERY.c.doubtful.is_(False), DELIVERY.c.occurrence.in_(bindparam("ids", expanding=True))
)
_WITHDRAWN = _OF_UNSENT.where(
    in_states(DELIVERY.c.state, State.WITHDRAWN), DELIVERY.c.id.in_(bindparam("ids", expanding=True))
)


def anchors(conn: Connection, campaign: str) -> Mapping[str, datetime]:
    """The anchors that an event has confirmed, each with its time."""
    rows = conn.execute(select(ANCHOR.c.name, ANCHOR.c.at).where(ANCHOR.c.campaign == campaign))
    return {row.name: row.at for row in rows}


def course(
    conn: Connection, campaign: str, steps: Collection[str] | None
) -> list[tuple[OccurrenceRow, OccurrenceState]]:
    """Occurrences that are to come or have been carried out, of all steps or of these."""
    states = in_states(OCCURRENCE.c.state, OccurrenceState.PLANNED, OccurrenceState.FANNED_OUT)
    query = select(*COLUMNS, OCCURRENCE.c.state).where(
        OCCURRENCE.c.campaign == campaign, OCCURRENCE.c.section != "approval", states
    )
    if steps is not None:
        query = query.where(OCCURRENCE.c.step.in_(list(steps)))
    return [(OccurrenceRow(*row[:-1]), row[-1]) for row in conn.execute(query.order_by(OCCURRENCE.c.id))]


def unsent(conn: Connection, occurrences: Collection[int]) -> list[UnsentDelivery]:
    """Deliveries that are stored and wait for their time, claimed ones among them. One that may have been taken
    keeps its own: it is asked again while its channel knows its key."""
    return [UnsentDelivery(*row) for some in chunks(occurrences, 500) for row in conn.execute(_UNSENT, {"ids": some})]


def withdrawn(conn: Connection, ids: Collection[int], occurrences: Collection[int]) -> list[UnsentDelivery]:
    """Those of these deliveries that are withdrawn and belong to these occurrences."""
    rows = [UnsentDelivery(*row) for some in chunks(ids, 500) for row in conn.execute(_WITHDRAWN, {"ids": some})]
    return [one for one in rows if one.occurrence in occurrences]


def waiting_for(conn: Connection, campaign: str, event: str) -> list[OccurrenceRow]:
    query = select(*COLUMNS).where(
        PLANNED, OCCURRENCE.c.campaign == campaign, OCCURRENCE.c.waits_for == WAITS_FOR_EVENT + event
    )
    return [OccurrenceRow(*row) for row in conn.execute(query.order_by(OCCURRENCE.c.id))]


def _in_vain() -> ColumnElement[bool]:
    running = select(CAMPAIGN.c.id).where(CAMPAIGN.c.state == "running")
    return PLANNED & OCCURRENCE.c.waits_for.startswith(WAITS_FOR_EVENT) & OCCURRENCE.c.campaign.in_(running)


_OVER = select(*COLUMNS).where(_in_vain(), OCCURRENCE.c.useful_until <= NOW).order_by(OCCURRENCE.c.id)
NEXT_IN_VAIN = select(OCCURRENCE.c.useful_until).where(_in_vain()).order_by(OCCURRENCE.c.useful_until).limit(1)


def waited_in_vain(conn: Connection, now: datetime) -> list[OccurrenceRow]:
    """Those whose event has not come while they were of use."""
    return [OccurrenceRow(*row) for row in conn.execute(_OVER, {"now": now})]


def confirm(conn: Connection, one: Confirm, now: datetime) -> bool:
    """The anchor has the event's time from now on, and what is unsent the times that follow. False where it was
    confirmed before."""
    row = {"campaign": one.campaign, "name": one.anchor, "event": one.event, "at": one.at}
    if not conn.execute(insert_new(ANCHOR, ["campaign", "name"]), row).rowcount:
        return False
    move_occurrences(conn, one.moved)
    reason = f"{one.anchor} is at {one.at.isoformat()}: {one.event}"
    write(conn, (line(now, "occurrence", o.id, "planned", "moved", reason) for o in one.moved))
    gone = [Change(id_, OccurrenceState.PLANNED, OccurrenceState.WITHDRAWN, reason) for id_ in one.gone]
    advance(conn, gone, now)
    add_occurrences(conn, one.new, now)
    move_deliveries(conn, one.deliveries)
    tasks.move_work(conn, one.work, now, reason)
    for some in chunks(one.past, 500):
        withdraw_deliveries(conn, some, now, reason)
    conn.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == one.campaign).values(ends_at=one.ends_at))
    counts = f"{len(one.moved)} slots and {len(one.deliveries)} deliveries moved"
    write(conn, [line(now, "campaign", None, "", "moved", f"{reason}; {counts}", name=one.campaign)])
    return True


def follow(conn: Connection, one: Followed, now: datetime) -> None:
    """Turns that a list, read anew, has moved, added or opened again."""
    add_occurrences(conn, one.new, now)
    for occurrence, turn in one.moved:
        schedule_after(conn, occurrence, *turn)
    before, after = OccurrenceState.FANNED_OUT, OccurrenceState.PLANNED
    advance(conn, [Change(id_, before, after, _ANEW, turn._asdict()) for id_, turn in one.again], now)
    move_deliveries(conn, one.deliveries)
    fresh = [{"id_": one.id, "data": one.row, "about": one.about} for one in one.deliveries]
    run_many(conn, _REFRESH, fresh)
    write(conn, (line(now, "delivery", moved.id, "planned", "moved", _ANEW) for moved in one.deliveries))
    conn.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == one.campaign).values(ends_at=one.ends_at))


def move_occurrences(conn: Connection, rows: Sequence[OccurrenceRow]) -> None:
    """Planned ones, by `id`: their times as the rows have them."""
    run_many(conn, _MOVE, [{"id_": o.id, **{name: getattr(o, name) for name in _MOVES}} for o in rows])


def move_deliveries(conn: Connection, moved: Sequence[MovedDelivery]) -> None:
    run_many(conn, _MOVE_DELIVERY, [_times(one) for one in moved])


def withdraw_deliveries(conn: Connection, deliveries: Collection[int], now: datetime, reason: str) -> None:
    query = select(DELIVERY.c.id, DELIVERY.c.doubtful).where(PLANNED_DELIVERY, DELIVERY.c.id.in_(deliveries))
    values = {"reason": reason}
    rows = conn.execute(query).all()
    changes = [Change(row.id, State.PLANNED, ending(State.WITHDRAWN, row.doubtful), reason, values) for row in rows]
    advance(conn, changes, now)


def _times(moved: MovedDelivery) -> dict[str, object]:
    times = {name: getattr(moved, name) for name in _TIMES}
    return {"id_": moved.id, **times, "run_after": moved.due_at, "hold": ""}


def set_going(conn: Connection, one: SetGoing) -> None:
    """What came after the event has a time from now on."""
    for occurrence, moment in one.occurrences:
        schedule_after(conn, occurrence, *moment)


def end_repetition(conn: Connection, one: EndRepetition, now: datetime) -> int:
    """What is unsent of these occurrences is withdrawn; work that was handed out stays."""
    reason = f"until {one.event}"
    for some in chunks(one.occurrences, 500):
        these = OCCURRENCE.c.id.in_(some)
        planned = conn.execute(select(OCCURRENCE.c.id).where(PLANNED, these)).scalars().all()
        changes = [Change(id_, OccurrenceState.PLANNED, OccurrenceState.WITHDRAWN, reason) for id_ in planned]
        advance(conn, changes, now)
        withdraw_unsent(conn, these, now, ENGINE, reason, tasks=False)
    return len(one.occurrences)
