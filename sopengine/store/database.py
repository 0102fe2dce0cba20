"""What a ledger needs of a database, whichever it is; the address chooses one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine

from sopengine.diagnostics import Text
from sopengine.errors import UsageError


class Listening(Protocol):
    def close(self) -> None: ...


class Database(Protocol):
    @property
    def name(self) -> str:
        """How people are told of it; never with a password."""

    @property
    def path(self) -> Path | None:
        """The file, where it is one on this machine."""

    def open(self, *, read_only: bool, create: bool) -> Engine:
        """Connections to a database of this version; made or migrated first where that is allowed."""

    def begin_write(self, conn: Connection, *, tell: bool = False, own: bool = False) -> None:
        """A transaction beside which nobody else writes; it reads what was committed before it. `own`: it touches only
        what this worker has claimed, and others that do so may go beside it. `tell`: its commit is told to those that
        listen, where the database can."""

    def ahead(self, conn: Connection) -> timedelta:
        """By how much the clock that leases go by is before this host's; zero where it is this host's."""

    def listen(self, on_news: Callable[[], None]) -> Listening | None:
        """Calls it, from a thread, when others may have committed something; None where the database cannot."""

    def begin_read(self, conn: Connection) -> None:
        """A transaction that reads one and the same state to its end."""

    def delivering(self) -> AbstractContextManager[None]:
        """The right to deliver; AnotherInstance where only one process may have it, and another has."""

    def compact(self, conn: Connection) -> None:
        """Written anew without what was deleted."""

    def integrity(self, conn: Connection) -> None:
        """Raises Damaged with the first finding."""


def database_at(url: str) -> Database:
    """`sqlite:///FILE` or `postgresql://USER@HOST:PORT/NAME`; UsageError for any other address."""
    scheme = url.partition("://")[0]
    if scheme in ("postgresql", "postgres"):
        from sopengine.store.postgres import Postgres

        return Postgres.at(url)
    if scheme != "sqlite":
        raise UsageError(
            Text(f"看不懂数据库地址 {scheme}://…", f"cannot use the database address {scheme}://…"),
            Text(
                "写成 sqlite:///文件名 或 postgresql://用户@主机/库名",
                "write sqlite:///FILE or postgresql://USER@HOST/NAME",
            ),
        )
    from sopengine.store.sqlite_file import SqliteFile

    return SqliteFile.at(url)
