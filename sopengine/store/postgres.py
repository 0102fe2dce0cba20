"""A ledger on a PostgreSQL server: any number of processes on any hosts deliver from it.

Writers take turns, as they do on SQLite: each transaction begins with one lock that ends with it, so what a claim has
counted against caps, gaps and rates is still so when it commits, whoever else claims. Only the commits of what workers
hold by their fences (intents, renewals, outcomes) go beside each other, and beside nothing else. A process that is
stopped inside a transaction would keep all others waiting: the server ends its session after `IDLE_SECONDS`, and
nothing of that transaction is stored. What it writes when it goes on is refused by its fence.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from sopengine.clock import Clock, SystemClock
from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.store.errors import translated
from sopengine.store.server_schema import ensure

if TYPE_CHECKING:
    from sopengine.store.listening import Listener

CHANNEL = "sopengine"
"""What NOTIFY tells of a commit; each database has its own."""
TELL = f"pg_notify('{CHANNEL}', '')"
LOCK = 0x534F5065
"""`SOPe`: the advisory lock of all writers of one database."""
LOCK_SECONDS = 40
"""How long a writer waits for its turn: longer than a session that was stopped can keep it."""
IDLE_SECONDS = 30
CONNECT_SECONDS = 5
IN_STEP = timedelta(seconds=1)
"""Clocks that differ by no more go together: NTP keeps them closer, and an answer may take so long. Small beside
the margin of a lease."""
LOOKS = 3
_CLIENT = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": IDLE_SECONDS * 1000,
    "application_name": "sopengine",
}
"""A server that is gone without a word is noticed by us too."""
_SESSION = {
    "lock_timeout": f"{LOCK_SECONDS}s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": f"{IDLE_SECONDS}s",
    "synchronous_commit": "on",  # a commit of an intent that is lost would be a message sent twice
    "standard_conforming_strings": "on",
    "timezone": "UTC",
    "random_page_cost": "1.1",  # a ledger at work is in memory: what is due is asked for by its index, in its order
}


class Postgres(NamedTuple):
    """`host`: the clock of this machine; what the engine is handed as the time may be another, a simulated one."""

    url: URL
    host: Clock = SystemClock()

    path: None = None

    @classmethod
    def at(cls, url: str) -> Postgres:
        try:
            parts = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise _not_understood() from error
        if not parts.database or parts.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise _not_understood()
        return cls(parts.set(drivername="postgresql+psycopg"))

    @property
    def name(self) -> str:
        host = self.url.host or self.url.query.get("host") or "localhost"
        return f"postgresql://{host}{f':{self.url.port}' if self.url.port else ''}/{self.url.database}"

    def open(self, *, read_only: bool, create: bool) -> Engine:
        engine = self.engine()
        try:
            with translated(self.name), engine.connect() as conn:
                ensure(conn, self.name, begin=self.begin_write, create=create and not read_only, read_only=read_only)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def engine(self) -> Engine:
        """Connections, whatever is at their other end."""
        _need_driver()
        options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
        engine = create_engine(
            self.url,
            paramstyle="format",
            pool_pre_ping=True,  # a server that was restarted costs no write
            connect_args={"options": options, **_CLIENT},
        )
        event.listen(engine, "connect", _begin_ourselves)
        return engine

    def begin_write(self, conn: Connection, *, tell: bool = False, own: bool = False) -> None:
        """Only writers are ended when idle: a reader may stream to a person who reads page by page."""
        timeout = f"set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', true)"
        lock = f"pg_advisory_xact_lock{'_shared' if own else ''}({LOCK})"
        conn.exec_driver_sql(f"BEGIN; SELECT {timeout}, {lock}{f', {TELL}' if tell else ''}")

    def ahead(self, conn: Connection) -> timedelta:
        """Looked at each time, for clocks are set. A look that took long, in a process that was stopped say, tells
        little and is repeated."""
        for _ in range(LOOKS):
            before = self.host.now()
            server: datetime = conn.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            after = self.host.now()
            if after - before < IN_STEP:
                break
        return server - after if abs(server - after) > IN_STEP else timedelta(0)

    def listen(self, on_news: Callable[[], None]) -> Listener:
        from sopengine.store.listening import Listener

        return Listener(self.url, _CLIENT, on_news)

    def begin_read(self, conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def delivering(self) -> AbstractContextManager[None]:
        return nullcontext()

    def compact(self, conn: Connection) -> None:
        """The server's log of writes and its backups are its operator's."""
        conn.exec_driver_sql("VACUUM FULL")

    def integrity(self, conn: Connection) -> None:
        """The server looks after its own files: `pg_amcheck` and checksums are its operator's."""


def _begin_ourselves(connection: Any, _: object) -> None:
    """A transaction begins with `begin_write` or `begin_read`, in the message that also asks for the lock; the driver
    would spend a message on it."""
    connection.autocommit = True


def _need_driver() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise UsageError(
            Text("没有安装 PostgreSQL 的驱动", "the PostgreSQL driver is not installed"),
            Text("安装：pip install 'sopengine[postgres]'", "install it: pip install 'sopengine[postgres]'"),
        ) from error


def _not_understood() -> UsageError:
    return UsageError(
        Text("看不懂 PostgreSQL 数据库地址", "cannot use this PostgreSQL address"),
        Text("写成 postgresql://用户@主机:端口/库名", "write postgresql://USER@HOST:PORT/NAME"),
    )
