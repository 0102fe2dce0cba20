"""How the engine is: its last sign of life, what is due, what needs a person; read from the ledger alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import BigInteger, Connection, case, func, select, type_coerce

from sopengine.store.dialect import in_states
from sopengine.store.needs import UNSETTLED
from sopengine.store.pauses import paused
from sopengine.store.rates import parked
from sopengine.store.readiness import NOW, PLANNED, RUNNING
from sopengine.store.rows import State
from sopengine.store.states import OPEN_TASK, word
from sopengine.store.tables import BUCKET, CAMPAIGN, DELIVERY, TASK, TRANSITION
from sopengine.store.waking import last_tick, next_wake


class Vitals(Struct, frozen=True):
    """`due`: planned deliveries of running campaigns whose time has come, the oldest of them due at `oldest_due`.
    `needs`: failed and unknown deliveries that nobody has settled, by state. `seen_at` is the last sign of life: the
    end of a pass or a claim."""

    seen_at: datetime | None
    next_due: datetime | None
    due: int
    oldest_due: datetime | None
    campaigns: Mapping[str, int]
    needs: Mapping[str, int]
    parked: int
    pauses: int
    open_tasks: int
    overdue_tasks: int


_DUE = select(func.count(), func.min(DELIVERY.c.run_after)).where(PLANNED, DELIVERY.c.run_after <= NOW, RUNNING)
_CHANNELS = select(BUCKET.c.channel).distinct().subquery()
_CLAIM = (
    select(func.max(DELIVERY.c.claimed_at))
    .where(DELIVERY.c.channel == _CHANNELS.c.channel, DELIVERY.c.claimed_at.is_not(None))
    .correlate(_CHANNELS)
    .scalar_subquery()
)
_NEWEST_CLAIM = select(func.max(_CLAIM, type_=DELIVERY.c.claimed_at.type)).select_from(_CHANNELS)
_NEEDS = select(DELIVERY.c.state, func.count()).where(*UNSETTLED).group_by(DELIVERY.c.state)
_CAMPAIGNS = select(CAMPAIGN.c.state, func.count()).group_by(CAMPAIGN.c.state)
_TASKS = select(func.count(), func.count().filter(TASK.c.due_at <= NOW)).where(in_states(TASK.c.state, *OPEN_TASK))


def seen_at(conn: Connection) -> datetime | None:
    """A pass ends late where there is much to send: until then its claims speak."""
    claimed: datetime | None = conn.execute(_NEWEST_CLAIM).scalar()
    return max((moment for moment in (last_tick(conn), claimed) if moment), default=None)


def vitals(conn: Connection, now: datetime) -> Vitals:
    due, oldest = conn.execute(_DUE, {"now": now}).one()
    needs = {word(state): number for state, number in conn.execute(_NEEDS)}
    tasks, overdue = conn.execute(_TASKS, {"now": now}).one()
    return Vitals(
        seen_at(conn),
        next_wake(conn, now),
        due,
        oldest,
        {str(state): int(number) for state, number in conn.execute(_CAMPAIGNS)},
        {word(state): needs.get(word(state), 0) for state in (State.FAILED, State.UNKNOWN)},
        len(parked(conn, now)),
        len(paused(conn)),
        tasks,
        overdue,
    )


class Ends(Struct, frozen=True):
    """What the log says of deliveries after line `after`, up to line `until`: how many came into each state; of those
    that were sent, how many came at most so long after their due time as each edge says, and all their lateness."""

    until: int
    states: Mapping[str, int]
    sent: int
    within: tuple[int, ...]
    late_seconds: float


_NEWEST = select(func.coalesce(func.max(TRANSITION.c.id), 0))
_LATE = type_coerce(TRANSITION.c.at, BigInteger) - type_coerce(DELIVERY.c.due_at, BigInteger)


def ends(conn: Connection, after: int, edges: Sequence[float]) -> Ends:
    """`edges` are seconds. Counted by the database: the log of a year is not loaded."""
    until = conn.execute(_NEWEST).scalar_one()
    mine = (TRANSITION.c.id > after, TRANSITION.c.id <= until, TRANSITION.c.entity == "delivery")
    states = conn.execute(select(TRANSITION.c.after, func.count()).where(*mine).group_by(TRANSITION.c.after))
    within = (func.count().filter(edge * 1_000_000 >= _LATE) for edge in edges)
    sent = (
        select(func.count(), func.sum(case((_LATE > 0, _LATE), else_=0)), *within)
        .select_from(TRANSITION)
        .join(DELIVERY, DELIVERY.c.id == TRANSITION.c.ref)
        .where(*mine, TRANSITION.c.after == word(State.SENT))
    )
    by_state = {str(state): int(number) for state, number in states}
    total, late, *counts = conn.execute(sent).one()
    return Ends(until, by_state, total, tuple(counts), float(late or 0) / 1_000_000)
