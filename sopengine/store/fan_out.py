"""One occurrence in, its deliveries and tasks stored in one commit; repeating adds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select

from sopengine.store.bulk import run_many
from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.dialect import insert_new, learn_sizes
from sopengine.store.effects import add_effects
from sopengine.store.epoch import REASON, doubting, restored_at
from sopengine.store.flow_rows import NewEffect
from sopengine.store.journal import Change, advance, line, write
from sopengine.store.plan import chunks, schedule_after
from sopengine.store.rates import new_bucket
from sopengine.store.rows import NewTask, NextTurn, OccurrenceState, State, TaskState
from sopengine.store.states import word
from sopengine.store.tables import BUCKET, DELIVERY, EFFECT, OCCURRENCE, TASK
from sopengine.store.timers import add_timers

BORN_DELIVERY = (State.PLANNED, State.SKIPPED, State.MISSED, State.FAILED)
_INSERT = insert(DELIVERY)
_CURRENT = select(OCCURRENCE.c.state, OCCURRENCE.c.campaign, OCCURRENCE.c.due_at).where(
    OCCURRENCE.c.id == bindparam("occurrence")
)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
BORN_TASK = (TaskState.OPEN, TaskState.SKIPPED, TaskState.MISSED)


def add_fan_out(
    conn: Connection,
    occurrence: int,
    deliveries: Iterable[NewDelivery],
    tasks: Iterable[NewTask],
    now: datetime,
    *,
    effects: Iterable[NewEffect] = (),
    done: bool,
    state: str,
    reason: str,
    next_turn: NextTurn | None = None,
) -> int:
    """Number of new rows; none where the occurrence was withdrawn or has been carried out before."""
    current = conn.execute(_CURRENT, {"occurrence": occurrence}).one()
    if current.state is not OccurrenceState.PLANNED:
        return 0
    work = add_tasks(conn, current.campaign, tasks, now)  # before the deliveries, which may speak of them
    new = {"deliveries": add_deliveries(conn, occurrence, current.campaign, deliveries, now), "tasks": work}
    if done:
        counts = ", ".join(f"{count} {what}" for what, count in new.items()) if any(new.values()) else ""
        doubt = REASON if state == "missed" and current.due_at <= (restored_at(conn) or _NEVER) else ""
        because = "; ".join(part for part in (reason, doubt, counts) if part)
        advance(conn, [Change(occurrence, OccurrenceState.PLANNED, OccurrenceState[state.upper()], because)], now)
    elif next_turn is not None:
        schedule_after(conn, occurrence, *next_turn)
    return sum(new.values()) + add_effects(conn, current.campaign, effects, now)


def reached(conn: Connection, occurrence: int) -> set[str]:
    """The targets for whom something of this occurrence is stored."""
    queries = (select(t.c.target).where(t.c.occurrence == occurrence) for t in (DELIVERY, TASK, EFFECT))
    return {target for query in queries for target in conn.execute(query).scalars()}


def add_deliveries(
    conn: Connection, occurrence: int, campaign: str, deliveries: Iterable[NewDelivery], now: datetime
) -> int:
    seen = set(conn.execute(select(DELIVERY.c.key).where(DELIVERY.c.occurrence == occurrence)).scalars())
    buckets: dict[str, int] = {}
    doubted = doubting(conn, occurrence)
    new = 0
    for chunk in chunks(deliveries):
        fresh = []
        for delivery in chunk:
            if delivery.state not in BORN_DELIVERY or delivery.occurrence != occurrence:
                raise ValueError(delivery)
            if delivery.key not in seen:
                seen.add(delivery.key)
                fresh.append(doubted(delivery))
        if not fresh:
            continue
        _know_buckets(conn, buckets, fresh, now)
        spoken_of = {d.task for d in fresh if d.task}
        tasks = _ids(conn, TASK, spoken_of) if spoken_of else {}
        run_many(conn, _INSERT, [_delivery(d, campaign, buckets[d.bucket], tasks, now) for d in fresh])
        _log_births(conn, fresh, now)
        new += len(fresh)
    learn_sizes(conn, DELIVERY, new)
    return new


def _know_buckets(conn: Connection, known: dict[str, int], deliveries: Sequence[NewDelivery], now: datetime) -> None:
    """Fill in the ids of these deliveries' buckets; one without a rate of its own is unlimited."""
    names = {d.bucket for d in deliveries} - known.keys()
    if not names:
        return
    conn.execute(insert_new(BUCKET, ["name"]), [new_bucket(name, 0, 1, now) for name in sorted(names)])
    known.update((name, id_) for id_, name in conn.execute(select(BUCKET.c.id, BUCKET.c.name)) if name in names)


def _delivery(d: NewDelivery, campaign: str, bucket: int, tasks: Mapping[str, int], now: datetime) -> dict[str, Any]:
    return {
        "key": d.key,
        "occurrence": d.occurrence,
        "campaign": campaign,
        "target": d.target,
        "channel": d.channel,
        "bucket": bucket,
        "due_at": d.due_at,
        "run_after": d.run_after or d.due_at,
        "expires_at": d.expires_at,
        "useful_until": d.useful_until,
        "state": d.state,
        "hold": d.hold,
        "doubtful": False,
        "settled": False,
        "reason": d.reason,
        "attempt": 0,
        "fence": 0,
        "data": d.row,
        "receipt": "",
        "changed_at": now,
        "planned_at": d.planned_at,
        "arm": d.arm,
        "verdict": d.verdict,
        "about": d.about,
        "notice": d.notice,
        "during": d.during,
        "recipient": d.recipient,
        "priority": d.priority,
        "task": tasks.get(d.task),
        "person": d.person,
        "says": d.says,
        "wave": d.wave,
    }


def _log_births(conn: Connection, fresh: Sequence[NewDelivery], now: datetime) -> None:
    """A line for each delivery that is born final, or held, and for each that says another campaign's words; for the
    other planned ones the occurrence's own line speaks."""
    told = {d.key: d for d in fresh if d.state is not State.PLANNED or d.during or d.hold}
    if told:
        ids = _ids(conn, DELIVERY, told)
        write(conn, (line(now, "delivery", ids[key], "", *_birth(d)) for key, d in told.items()))


def _birth(d: NewDelivery) -> tuple[str, str]:
    """Its state as the log says it, and why."""
    if d.hold and d.state is State.PLANNED:
        return "held", f"{d.reason or d.hold}, until {(d.run_after or d.due_at).isoformat()}"
    return word(d.state), d.reason or (f"during: {d.during}" if d.during else "")


def add_tasks(
    conn: Connection, campaign: str, tasks: Iterable[NewTask], now: datetime, delivery: int | None = None
) -> int:
    """Store and log tasks; `delivery` is the one that a hand-over confirms."""
    by_key = {task.key: task for task in tasks}
    for known in _ids(conn, TASK, by_key):
        del by_key[known]
    if not by_key:
        return 0
    if any(task.state not in BORN_TASK for task in by_key.values()):
        raise ValueError("a task is born open, skipped or missed")
    conn.execute(
        insert(TASK),
        [
            {
                "key": task.key,
                "occurrence": task.occurrence,
                "campaign": campaign,
                "target": task.target,
                "person": task.person,
                "title": task.title,
                "state": task.state,
                "created_at": now,
                "due_at": task.due_at,
                "done_by": "",
                "reason": task.reason,
                "delivery": delivery,
                "changed_at": now,
                "planned_at": task.planned_at,
                "arm": task.arm,
                "verdict": task.verdict,
                "on_overdue": task.on_overdue,
                "approves": task.approves,
                "author": task.author,
            }
            for task in by_key.values()
        ],
    )
    ids = _ids(conn, TASK, by_key)
    write(conn, (line(now, "task", ids[k], "", word(t.state), t.reason) for k, t in by_key.items()))
    add_timers(conn, {ids[key]: task.timers for key, task in by_key.items() if task.timers})
    return len(by_key)


def _ids(conn: Connection, table: Table, keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(keys, 500):
        found.update(
            (key, id_) for id_, key in conn.execute(select(table.c.id, table.c.key).where(table.c.key.in_(some)))
        )
    return found
