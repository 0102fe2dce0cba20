"""The few statements that databases spell differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Table, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement


def insert_new(table: Table, key: Sequence[str]) -> sqlite.Insert:
    """INSERT that leaves a row alone when one with this key is there."""
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=list(key))


def upsert(table: Table, key: Sequence[str], change: Sequence[str], newer: str = "") -> sqlite.Insert:
    """INSERT, or change these columns where a row with this key is there; with `newer`, unless that column would go
    back."""
    statement = sqlite.insert(table)
    new = {name: statement.excluded[name] for name in change}
    where = statement.excluded[newer] >= table.c[newer] if newer else None
    return statement.on_conflict_do_update(index_elements=list(key), set_=new, where=where)


def in_states(column: ColumnElement[int], *states: int) -> ColumnElement[bool]:
    """The states as literals: a partial index is used only where its own condition is read in the statement."""
    if len(states) == 1:
        return column == literal_column(str(int(states[0])))
    return column.in_([literal_column(str(int(state))) for state in states])


def begin_write(conn: Connection) -> None:
    """Take the write lock at once: SQLite has no row locks, one writer at a time is the lock."""
    conn.exec_driver_sql("BEGIN IMMEDIATE")


APPEND_ONLY = {
    f"transition_no_{verb}": (
        f"create trigger transition_no_{verb} before {verb} on transition "
        "begin select raise(abort, 'the completion log is append-only'); end"
    )
    for verb in ("update", "delete")
}


@contextmanager
def rewriting_the_log(conn: Connection) -> Iterator[None]:
    """Inside the transaction in hand the completion log is no append-only one: for what has to be forgotten."""
    for name in APPEND_ONLY:
        conn.exec_driver_sql(f"drop trigger {name}")
    yield
    for statement in APPEND_ONLY.values():
        conn.exec_driver_sql(statement)
