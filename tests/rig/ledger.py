"""The ledger read with plain SQL, without the engine's code, also while a daemon works or lies dead beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.rig.shop import local

STATES = (
    "planned",
    "claimed",
    "sending",
    "sent",
    "failed",
    "unknown",
    "missed",
    "skipped",
    "withdrawn",
    "awaiting_confirm",
    "confirmed",
)


class Row(NamedTuple):
    """One delivery: step, target and local slot, then how it stands."""

    step: str
    target: str
    slot: str
    state: str
    channel: str
    reason: str
    attempt: int


class Turn(NamedTuple):
    """One occurrence that never became deliveries, or not yet."""

    step: str
    slot: str
    state: str


OCCURRENCE = ("planned", "fanned_out", "skipped", "missed", "withdrawn")


def _all(database: Path, sql: str) -> list[tuple]:  # type: ignore[type-arg]
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(sql).fetchall()


def deliveries(database: Path) -> list[Row]:
    sql = """select o.step, d.target, coalesce(d.planned_at, o.planned_at), d.state, d.channel, d.reason, d.attempt
             from delivery d join occurrence o on o.id = d.occurrence order by d.id"""
    return [Row(s, t, local(at), STATES[state], *rest) for s, t, at, state, *rest in _all(database, sql)]


def turns(database: Path) -> list[Turn]:
    sql = "select step, planned_at, state from occurrence order by id"
    return [Turn(step, local(at), OCCURRENCE[state]) for step, at, state in _all(database, sql)]


def count(database: Path, state: str) -> int:
    [(number,)] = _all(database, f"select count(*) from delivery where state = {STATES.index(state)}")
    return int(number)


def open_rows(database: Path, now: int) -> int:
    """Deliveries that a pass at `now` (microseconds) has to carry on: leases that ran out, and planned ones whose time
    has come and whose target nothing else is on its way to. After the clock was set back a lease may last for long."""
    leased = "select target from delivery where state in (1, 2)"
    due = f"state in (1, 2) and lease_until <= {now} or state = 0 and run_after <= {now} and target not in ({leased})"
    [(number,)] = _all(database, f"select count(*) from delivery where {due}")
    return int(number)


def ids(database: Path, target: str, state: str) -> list[int]:
    sql = f"select id from delivery where target = '{target}' and state = {STATES.index(state)} order by id"
    return [number for (number,) in _all(database, sql)]
