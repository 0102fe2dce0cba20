"""The few statements that databases spell differently."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Index,
    Select,
    Table,
    TextClause,
    bindparam,
    exists,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import UserDefinedType

SIZE_MATTERS = 500
"""Rows below which any plan is quick."""
LOG_LOCK = 0x534F5066
"""Next to the lock of all writers (postgres.py), and always taken after it."""


def insert_new(table: Table, key: Sequence[str]) -> postgresql.Insert:
    """INSERT that leaves a row alone when one with this key is there."""
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=list(key))


def upsert(table: Table, key: Sequence[str], change: Sequence[str], newer: str = "") -> postgresql.Insert:
    """INSERT, or change these columns where a row with this key is there; with `newer`, unless that column would go
    back."""
    statement = postgresql.insert(table)
    new = {name: statement.excluded[name] for name in change}
    where = statement.excluded[newer] >= table.c[newer] if newer else None
    return statement.on_conflict_do_update(index_elements=list(key), set_=new, where=where)


def in_states(column: ColumnElement[int], *states: int) -> ColumnElement[bool]:
    """The states as literals: a partial index is used only where its own condition is read in the statement."""
    if len(states) == 1:
        return column == literal_column(str(int(states[0])))
    return column.in_([literal_column(str(int(state))) for state in states])


def partial_index(name: str, *columns: str | TextClause, where: str) -> Index:
    """An index of the rows that meet a condition."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def in_order_of_commits(conn: Connection) -> None:
    """From here to its commit no other transaction numbers rows of the log. On SQLite one writes at a time anyway."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOG_LOCK})")


def shared_by_hosts(conn: Connection) -> bool:
    """Whether several hosts, each with a clock of its own, may write."""
    return conn.dialect.name == "postgresql"


class among(ColumnElement[bool]):
    """`column IN (query)` for a query that depends on each outer row. PostgreSQL would run through the whole table of
    `column` for each of them; of an array it asks the index."""

    _traverse_internals: list[tuple[str, InternalTraversal]] = [  # noqa: RUF012 - what its cache key is made of: without it every use is compiled anew
        ("column", InternalTraversal.dp_clauseelement),
        ("query", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: ColumnElement[Any], query: Select[Any]) -> None:
        self.column, self.query = column, query


@compiles(among)
def _in_query(element: among, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.column.in_(element.query), **options)


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.column == func.any(func.array(element.query.scalar_subquery())), **options)


class _Many(UserDefinedType[Collection[Any]]):
    """Any number of ids or words as one parameter: JSON for SQLite, an array for PostgreSQL."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Collection[Any] | None], Any]:
        return _as_list if dialect.name == "postgresql" else _as_json


def _as_list(values: Collection[Any] | None) -> list[Any]:
    return list(values or ())


def _as_json(values: Collection[Any] | None) -> str:
    return json.dumps(_as_list(values), ensure_ascii=False)


class one_of(ColumnElement[bool]):
    """`column` is one of the values of the parameter `name`. The text of the statement is the same for any number of
    them, and the driver is handed one value."""

    _traverse_internals: list[tuple[str, InternalTraversal]] = [  # noqa: RUF012
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column, self.values = column, bindparam(name, type_=_Many())


@compiles(one_of)
def _in_json(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} in (select value from json_each({values}))"


@compiles(one_of, "postgresql")
def _in_values(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} = any({values})"


def one_by_one(query: Select[Any]) -> ColumnElement[bool]:
    """Whether there is one, asked for each outer row in its turn, so that a limit ends the asking. PostgreSQL would
    first work it out for all outer rows."""
    return exists(query.offset(0))


def learn_sizes(conn: Connection, table: Table, new: int) -> None:
    """After `new` rows: PostgreSQL plans by what it last counted, and counts a minute later. A claim that follows at
    once would be planned for a table that is nearly empty."""
    if conn.dialect.name != "postgresql" or new < SIZE_MATTERS:
        return
    known = conn.exec_driver_sql(f"SELECT reltuples FROM pg_class WHERE oid = '{table.name}'::regclass").scalar_one()
    if new > known / 10:
        conn.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {table.name}")


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
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("alter table transition disable trigger user")
        yield
        conn.exec_driver_sql("alter table transition enable trigger user")
        return
    for name in APPEND_ONLY:
        conn.exec_driver_sql(f"drop trigger {name}")
    yield
    for statement in APPEND_ONLY.values():
        conn.exec_driver_sql(statement)
