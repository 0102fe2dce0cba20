"""How the earlier waves of a rollout stand: what a later one asks before it goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from sopengine.store.dialect import in_states
from sopengine.store.rows import State
from sopengine.store.states import OPEN_DELIVERY
from sopengine.store.tables import DELIVERY

_LOST = (State.FAILED, State.UNKNOWN, State.MISSED)
_PUNCTUAL = timedelta(seconds=60)
"""Claimed so soon after its time, a delivery had its turn at its time: waves do not drift by the length of a pass."""
_BEFORE = (
    select(DELIVERY.c.state, func.count(), func.max(DELIVERY.c.run_after), func.max(DELIVERY.c.claimed_at))
    .where(
        DELIVERY.c.occurrence == bindparam("occurrence"),
        DELIVERY.c.wave < bindparam("wave"),
        DELIVERY.c.notice.is_(False),
        ~in_states(DELIVERY.c.state, State.SKIPPED, State.WITHDRAWN),
    )
    .group_by(DELIVERY.c.state)
)


class WavesBefore(NamedTuple):
    """Those that nobody left out: when the last of them had its turn, whether any is not final, how many there are, and
    how many did not surely arrive."""

    last: datetime | None
    under_way: bool
    number: int
    lost: int


def waves_before(conn: Connection, occurrence: int, wave: int) -> WavesBefore:
    rows = conn.execute(_BEFORE, {"occurrence": occurrence, "wave": wave}).all()
    turns = [_turn(run_after, claimed_at) for _, _, run_after, claimed_at in rows]
    return WavesBefore(
        max(turns, default=None),
        any(state in OPEN_DELIVERY for state, *_ in rows),
        sum(count for _, count, *_ in rows),
        sum(count for state, count, *_ in rows if state in _LOST),
    )


def _turn(run_after: datetime, claimed_at: datetime | None) -> datetime:
    late = claimed_at is not None and claimed_at - run_after > _PUNCTUAL
    return claimed_at if late and claimed_at is not None else run_after
