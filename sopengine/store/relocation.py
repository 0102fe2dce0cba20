"""A ledger in a file → the same ledger on a server; from then on the file refuses to be used.

Both databases cannot commit at once. So the server's is committed first, marked as a copy: used by mistake it would
call unknown whatever is due (restoring.py) and send nothing twice. Then the file is marked as moved, and only then the
server's becomes the ledger. Cut off before, the file is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, String, Table, collate, func, select
from sqlalchemy.exc import DataError
from sqlmodel import SQLModel

from sopengine import failpoints
from sopengine.store import server_schema
from sopengine.store.columns import AnyRow
from sopengine.store.epoch import COPIED
from sopengine.store.errors import not_copied, taken, translated
from sopengine.store.journal import line, write
from sopengine.store.marks import mark, unmark
from sopengine.store.postgres import Postgres
from sopengine.store.schema import MOVED, MOVED_ID
from sopengine.store.sqlite_file import SqliteFile
from sopengine.store.store import Store

AT_ONCE = 1_000
Progress = Callable[[str, int, int], None]
"""Table, rows done, rows of it."""


class Relocated(Struct, frozen=True):
    """`to` is named without a password; `rows` by table."""

    to: str
    rows: dict[str, int]


def relocate(path: Path, url: str, now: datetime, actor: str, progress: Progress) -> Relocated:
    """The caller holds the right to deliver from the file. StoreTaken where the server has a ledger already; UsageError
    where `url` is no server's."""
    file, server = SqliteFile(path), Postgres.at(url)
    source, target = file.open(read_only=False, create=False), server.engine()
    try:
        Store(file, source, False).notice_old_copy(now)
        with translated(path), source.connect() as old, translated(server.name), target.connect() as new:
            file.begin_write(old)  # nobody writes into what is being copied
            server.begin_write(new)
            if server_schema.found(new, server.name):
                raise taken(server.name)
            server_schema.make(new)
            rows = {table.name: _copy(old, new, table, progress) for table in SQLModel.metadata.sorted_tables}
            mark(new, COPIED, now)
            new.commit()
            failpoints.reached("copied_before_moved")
            mark(old, f"{MOVED}{server.name}", now)
            old.exec_driver_sql(f"PRAGMA application_id = {MOVED_ID}")
            old.commit()
            failpoints.reached("moved_before_used")
            server.begin_write(new)
            unmark(new, COPIED)
            write(new, [line(now, "ledger", None, "", "moved", f"from {path.name}", actor)])
            new.exec_driver_sql("ANALYZE")
            new.commit()
    finally:
        source.dispose()
        target.dispose()
    return Relocated(server.name, rows)


def _copy(old: Connection, new: Connection, table: Table, progress: Progress) -> int:
    """Every row, then every row once more beside what the server has kept of it."""
    count = int(old.execute(select(func.count()).select_from(table)).scalar_one())
    done = 0
    for some in _rows(old, table):
        try:
            new.execute(table.insert(), [row._asdict() for row in some])
        except DataError as error:
            raise not_copied(table.name, str(error.orig)) from error
        done += len(some)
        progress(table.name, done, count)
    kept = (row for some in _rows(new, table) for row in some)
    for one, other in zip_longest((row for some in _rows(old, table) for row in some), kept):
        if one is None or other is None or tuple(one) != tuple(other):
            raise not_copied(table.name, "a row is not the same on the server")
    for column in table.primary_key:
        if column is table.autoincrement_column:
            newest = select(func.max(column)).scalar_subquery()
            new.execute(select(func.setval(func.pg_get_serial_sequence(table.name, column.name), newest)))
    return count


def _rows(conn: Connection, table: Table) -> Iterator[Sequence[AnyRow]]:
    """In order of their keys, alike on both."""
    served = conn.dialect.name == "postgresql"
    order = [
        collate(column, "C") if served and isinstance(column.type, String) else column for column in table.primary_key
    ]
    found = conn.execute(select(table).order_by(*order), execution_options={"yield_per": AT_ONCE})
    yield from found.partitions()
