"""A database URL in, a pool of connections to a file of ours out."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, QueuePool, create_engine

from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.store.errors import foreign, missing, read_only, translated
from sopengine.store.schema import ensure

BUSY_SECONDS = 5.0
"""How long a connection waits for somebody else's write lock."""
_PREFIX = "sqlite:///"


def path_of(url: str) -> Path:
    """`sqlite:///relative` or `sqlite:////absolute`."""
    name = url.removeprefix(_PREFIX)
    if name in (url, "", ":memory:") or "\0" in name:
        raise UsageError(
            Text(f"看不懂数据库地址 {url!r}", f"cannot use the database address {url!r}"),
            Text("写成 sqlite:///文件名", "write sqlite:///FILE"),
        )
    return Path(name)


def open_engine(path: Path, *, readonly: bool, create: bool) -> Engine:
    """Connections to an existing database of this version; made or migrated first where that is allowed."""
    _find(path, readonly=readonly, create=create)
    engine = create_engine("sqlite://", creator=lambda: _connect(path, readonly), poolclass=QueuePool)
    try:
        with translated(path):
            ensure(engine, path, read_only=readonly)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _find(path: Path, *, readonly: bool, create: bool) -> None:
    try:
        if path.exists():
            if not path.is_file():
                raise foreign(path)
            if not readonly and not os.access(path, os.W_OK):
                raise read_only(path, "no permission to write")
        elif readonly or not create:
            raise missing(path)
        else:
            _create(path)
    except OSError as error:
        raise read_only(path, error.strerror or str(error)) from error


def _create(path: Path) -> None:
    """An empty file that only its owner may read; SQLite gives -wal and -shm the same permissions."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """The names in a folder, made durable."""
    if os.name == "nt":  # a folder cannot be synced there
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _mode(path: Path) -> str:
    """A reader beside writers needs their -shm file and may have to make it; where the folder cannot be written and
    no -wal is left, nobody writes, and the file alone is read."""
    alone = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return "mode=ro&immutable=1" if alone else "mode=ro"


def _connect(path: Path, readonly: bool) -> sqlite3.Connection:
    """Transactions are begun by hand (`isolation_level=None`): the driver's own guess would start them too late."""
    connection = sqlite3.connect(
        f"file:{quote(os.fspath(path.absolute()))}?{_mode(path) if readonly else 'mode=rw'}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection
