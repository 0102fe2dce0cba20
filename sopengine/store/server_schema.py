"""The tables on a server, made from tables.py in one transaction; the version is kept in a table of its own."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from sqlmodel import SQLModel

from sopengine import failpoints
from sopengine.store import tables  # noqa: F401  (fills SQLModel.metadata)
from sopengine.store.errors import foreign, missing, too_new
from sopengine.store.schema import VERSION

_APPEND_ONLY = """
create function transition_is_append_only() returns trigger language plpgsql as
$$ begin raise exception 'the completion log is append-only'; end $$;
create trigger transition_append_only before update or delete on transition
for each row execute function transition_is_append_only();
create trigger transition_no_truncate before truncate on transition
for each statement execute function transition_is_append_only();
"""
"""No statement, ours or anybody's, changes or removes a line of the completion log."""


def ensure(conn: Connection, name: str, *, begin: Callable[[Connection], None], create: bool, read_only: bool) -> None:
    """Leave a database of this version behind, or raise a StoreError and change nothing. The first version that runs
    on a server is 3: there is none to migrate yet."""
    if found(conn, name):
        conn.rollback()
        return
    if not create:
        raise missing(name)
    conn.rollback()
    begin(conn)
    if not found(conn, name):  # another process may have been faster
        make(conn)
    conn.commit()


def make(conn: Connection) -> None:
    """Into an empty schema, inside the transaction in hand."""
    SQLModel.metadata.create_all(conn, checkfirst=False)
    conn.exec_driver_sql(_APPEND_ONLY)
    conn.exec_driver_sql("create table sopengine_version (version integer primary key)")
    failpoints.reached("in_migration")
    conn.exec_driver_sql(f"insert into sopengine_version values ({VERSION})")


def found(conn: Connection, name: str) -> bool:
    """False in a schema in which nothing is yet."""
    if not conn.exec_driver_sql("select to_regclass('sopengine_version') is not null").scalar_one():
        query = "select count(*) from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'"
        if conn.exec_driver_sql(query).scalar_one():
            raise foreign(name)
        return False
    version = conn.exec_driver_sql("select max(version) from sopengine_version").scalar_one()
    if version > VERSION:
        raise too_new(name, version, VERSION)
    return True
