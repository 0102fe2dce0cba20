"""A ledger in a file: one host, and one process that delivers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from sopengine.store.dialect import begin_write
from sopengine.store.errors import Damaged, still_read
from sopengine.store.lock import delivering
from sopengine.store.opening import open_engine, path_of
from sopengine.store.schema import refuse_moved


class SqliteFile(NamedTuple):
    path: Path

    @classmethod
    def at(cls, url: str) -> SqliteFile:
        return cls(path_of(url))

    @property
    def name(self) -> str:
        return str(self.path)

    def open(self, *, read_only: bool, create: bool) -> Engine:
        return open_engine(self.path, readonly=read_only, create=create)

    def begin_write(self, conn: Connection, *, tell: bool = False, own: bool = False) -> None:
        """Who opened the file before it was moved, or waited for the copy to end, is told here: nobody else would."""
        begin_write(conn)
        refuse_moved(conn, self.path)

    def ahead(self, conn: Connection) -> timedelta:
        return timedelta(0)

    def listen(self, on_news: Callable[[], None]) -> None:
        """SQLite tells nobody: a command wakes the daemon of this host itself (engine/wake.py)."""

    def begin_read(self, conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN")

    def delivering(self) -> AbstractContextManager[None]:
        return delivering(self.path)

    def compact(self, conn: Connection) -> None:
        conn.exec_driver_sql("VACUUM")
        busy = conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        if busy:  # a reader still needs the pages as they were
            raise still_read(self.path)

    def integrity(self, conn: Connection) -> None:
        """SQLite's quick check."""
        finding = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if finding != "ok":
            raise Damaged(str(finding))
