"""Changes of state in, rows updated and the completion log written in the same commit; the only way a state changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, insert, update

from sopengine.store.bulk import run_many
from sopengine.store.dialect import in_order_of_commits
from sopengine.store.rows import OccurrenceState, State, TaskState
from sopengine.store.states import IllegalTransition, require, word
from sopengine.store.tables import DELIVERY, OCCURRENCE, TASK, TRANSITION

_WHERE: Mapping[type[IntEnum], tuple[Table, str]] = {
    State: (DELIVERY, "delivery"),
    TaskState: (TASK, "task"),
    OccurrenceState: (OCCURRENCE, "occurrence"),
}
ENGINE = "engine"
_WRITE = insert(TRANSITION)


class Change(NamedTuple):
    """One row that goes on from `before` to `after`; `values` are further columns to set."""

    id: int
    before: IntEnum
    after: IntEnum
    reason: str = ""
    values: Mapping[str, Any] = MappingProxyType({})


def advance(conn: Connection, changes: Sequence[Change], now: datetime, actor: str = ENGINE) -> None:
    """Carry out legal changes and log each. The caller holds the write lock and has just read `before`; a change that
    is illegal or meets another state raises IllegalTransition, and nothing of the commit is stored."""
    groups: dict[tuple[type[IntEnum], int, int, tuple[str, ...]], list[Change]] = defaultdict(list)
    for change in changes:
        groups[type(change.after), int(change.before), int(change.after), tuple(change.values)].append(change)
    for (kind, _, _, names), alike in groups.items():
        before, after = alike[0].before, alike[0].after
        require(before, after)
        rows = [{"id_": c.id, "before_": before, "state": after, "changed_at": now, **c.values} for c in alike]
        changed = run_many(conn, _update(_WHERE[kind][0], names), rows)
        if changed != len(rows):
            raise IllegalTransition(f"{len(rows) - changed} of {len(rows)} rows were in another state")
    write(
        conn,
        (line(now, _WHERE[type(c.after)][1], c.id, word(c.before), word(c.after), c.reason, actor) for c in changes),
    )


def line(
    at: datetime,
    entity: str,
    ref: int | None,
    before: str,
    after: str,
    reason: str,
    actor: str = ENGINE,
    name: str = "",
) -> dict[str, Any]:
    """One line of the completion log."""
    return {
        "at": at,
        "entity": entity,
        "ref": ref,
        "name": name,
        "before": before,
        "after": after,
        "reason": reason,
        "actor": actor,
    }


def write(conn: Connection, lines: Iterable[Mapping[str, Any]]) -> None:
    """Their numbers grow with the order of the commits: whoever has read up to one has missed none below it."""
    if rows := list(lines):
        in_order_of_commits(conn)
        run_many(conn, _WRITE, rows)


_statements: dict[tuple[str, tuple[str, ...]], Any] = {}


def _update(table: Table, names: tuple[str, ...]) -> Any:
    """UPDATE of the state and these columns where id and state are as read; built once for each set of columns."""
    key = (table.name, names)
    if key not in _statements:
        columns = ("state", "changed_at", *names)
        _statements[key] = (
            update(table)
            .where(table.c.id == bindparam("id_"), table.c.state == bindparam("before_", type_=table.c.state.type))
            .values({name: bindparam(name, type_=table.c[name].type) for name in columns})
        )
    return _statements[key]
