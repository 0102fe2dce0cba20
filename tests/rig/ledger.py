"""The ledger read with plain SQL, without the engine's code, also while a daemon works or lies dead beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg

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


def _all(database: Path | str, sql: str) -> list[tuple]:  # type: ignore[type-arg]
    if isinstance(database, str):
        with psycopg.connect(database) as server:
            return server.execute(sql.encode()).fetchall()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(sql).fetchall()


def deliveries(database: Path | str) -> list[Row]:
    sql = """select o.step, d.target, coalesce(d.planned_at, o.planned_at), d.state, d.channel, d.reason, d.attempt
             from delivery d join occurrence o on o.id = d.occurrence order by d.id"""
    return [Row(s, t, local(at), STATES[state], *rest) for s, t, at, state, *rest in _all(database, sql)]


def turns(database: Path | str) -> list[Turn]:
    sql = "select step, planned_at, state from occurrence order by id"
    return [Turn(step, local(at), OCCURRENCE[state]) for step, at, state in _all(database, sql)]


def count(database: Path | str, state: str) -> int:
    [(number,)] = _all(database, f"select count(*) from delivery where state = {STATES.index(state)}")
    return int(number)


def open_rows(database: Path | str, now: int) -> int:
    """Deliveries that a pass at `now` (microseconds) has to carry on: leases that ran out, and planned ones whose time
    has come and whose target nothing else is on its way to. After the clock was set back a lease may last for long."""
    leased = "select target from delivery where state in (1, 2)"
    due = f"state in (1, 2) and lease_until <= {now} or state = 0 and run_after <= {now} and target not in ({leased})"
    [(number,)] = _all(database, f"select count(*) from delivery where {due}")
    return int(number)


def ids(database: Path | str, target: str, state: str) -> list[int]:
    sql = f"select id from delivery where target = '{target}' and state = {STATES.index(state)} order by id"
    return [number for (number,) in _all(database, sql)]


def in_hand(database: Path | str, pids: Collection[int], states: str = "1, 2") -> int:
    """Deliveries that these processes of this host hold."""
    if not pids:
        return 0
    owners = " or ".join(f"lease_owner like '%/{pid}'" for pid in pids)
    [(number,)] = _all(database, f"select count(*) from delivery where state in ({states}) and ({owners})")
    return int(number)


def due(database: Path | str, now: int) -> int:
    [(number,)] = _all(database, f"select count(*) from delivery where state = 0 and run_after <= {now}")
    return int(number)


def next_moment(database: Path | str) -> int | None:
    """When the next planned delivery may go, or a lease is over."""
    sql = "select min(case when state = 0 then run_after else lease_until end) from delivery where state in (0, 1, 2)"
    [(moment,)] = _all(database, sql)
    return None if moment is None else int(moment)


def claims(database: Path | str) -> dict[str, int]:
    """By worker, how many it has claimed."""
    sql = "select actor, count(*) from transition where entity = 'delivery' and after = 'claimed' group by actor"
    return {str(actor): int(number) for actor, number in _all(database, sql)}


def held_by(database: Path | str, pid: int) -> dict[int, int]:
    """Of what this process of this host holds: the fence."""
    sql = f"select id, fence from delivery where state in (1, 2) and lease_owner like '%/{pid}'"
    return {int(id_): int(fence) for id_, fence in _all(database, sql)}


def past_fence(database: Path | str, fences: Mapping[int, int]) -> int:
    """How many of them another has claimed since."""
    rows = " or ".join(f"id = {id_} and fence > {fence}" for id_, fence in fences.items())
    [(number,)] = _all(database, f"select count(*) from delivery where {rows}")
    return int(number)


def attempts(database: Path | str, deliveries: Collection[int]) -> list[tuple[int, int]]:
    """(id, fence) of every request that was begun for them."""
    ids_ = ", ".join(map(str, deliveries))
    return [
        (int(i), int(f)) for i, f in _all(database, f"select delivery, fence from attempt where delivery in ({ids_})")
    ]


def open_at_all(database: Path | str) -> int:
    [(number,)] = _all(database, "select count(*) from delivery where state in (0, 1, 2)")
    return int(number)
