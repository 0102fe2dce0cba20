"""Everything the ledger holds about one person, as plain data: for whoever asks what is kept of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Table, select

from sopengine.store.personal import deliveries_of, each, events_of, occurrences_of, tasks_of, without
from sopengine.store.tables import (
    ATTEMPT,
    DELIVERY,
    EFFECT,
    ENROLMENT,
    EVENT,
    LEFT,
    MEMBER_NAME,
    MEMBERSHIP,
    OCCURRENCE,
    READING,
    TAG,
    TASK,
    TRANSITION,
)
from sopengine.store.values import plain

_INTERNAL = ("lease_owner", "lease_until", "fence")


def portrait(conn: Connection, member: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, in the order in which they were written. Of rows that speak of others too only what is about
    this person: a list of people holds nobody else."""
    occurrences, events = occurrences_of(conn, member), events_of(conn, member)
    deliveries, tasks = deliveries_of(conn, member), tasks_of(conn, member, occurrences)
    effects = [*conn.execute(select(EFFECT.c.id).where(EFFECT.c.target == member)).scalars()]
    found = {
        "names": _where(conn, MEMBER_NAME, "member", [member]),
        "groups": _where(conn, MEMBERSHIP, "member", [member]),
        "events": _where(conn, EVENT, "id", events),
        "tags": _where(conn, TAG, "subject", [member]),
        "values": _where(conn, READING, "about", [member]),
        "journeys": _where(conn, ENROLMENT, "subject", [member]),
        "slots": [_only(row, member) for row in _where(conn, OCCURRENCE, "id", occurrences)],
        "messages": _where(conn, DELIVERY, "id", deliveries),
        "attempts": _where(conn, ATTEMPT, "delivery", deliveries),
        "tasks": _where(conn, TASK, "id", tasks),
        "effects": _where(conn, EFFECT, "id", effects),
        "left_out": _where(conn, LEFT, "target", [member]),
    }
    refs = {"delivery": deliveries, "task": tasks, "event": events, "effect": effects}
    return {**found, "log": _log(conn, member, refs)}


def _where(conn: Connection, table: Table, column: str, values: Collection[Any]) -> list[dict[str, Any]]:
    found = []
    for some in each(values):
        for row in conn.execute(select(table).where(table.c[column].in_(some))).mappings():
            found.append({key: _plain(value) for key, value in row.items() if key not in _INTERNAL})
    return found


def _log(conn: Connection, member: str, refs: Mapping[str, Collection[int]]) -> list[dict[str, Any]]:
    ids = [*conn.execute(select(TRANSITION.c.id).where(TRANSITION.c.name == member)).scalars()]
    for entity, numbers in refs.items():
        for some in each(numbers):
            query = select(TRANSITION.c.id).where(TRANSITION.c.entity == entity, TRANSITION.c.ref.in_(some))
            ids += conn.execute(query).scalars()
    return _where(conn, TRANSITION, "id", sorted(set(ids)))


def _only(row: dict[str, Any], member: str) -> dict[str, Any]:
    event = row.get("event")
    if isinstance(event, Mapping) and isinstance(event.get("members"), list):
        event = {**event, "members": [one for one in event["members"] if without([one], member) == []]}
    return {**row, "event": event}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, Mapping):
        return plain(value)
    return value
