"""One delivering process per database: a lock beside the file, given back by the system when the process ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sopengine.diagnostics import Text
from sopengine.errors import AnotherInstance
from sopengine.store.errors import read_only
from sopengine.store.filesystem import refuse_network


@contextmanager
def delivering(database: Path) -> Iterator[None]:
    """Hold the lock inside the block; AnotherInstance where somebody else does, StoreError where no lock holds."""
    refuse_network(database)
    name = f"{database}.lock"
    try:
        file = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise read_only(Path(name), error.strerror or str(error)) from error
    try:
        try:
            _lock(file)
        except (BlockingIOError, PermissionError) as error:
            raise AnotherInstance(
                Text(f"已有另一个 sopengine 在用 {database} 投递", f"another sopengine delivers from {database}"),
                Text("一个数据库同时只能有一个 tick 或 run", "one tick or run at a time for each database"),
            ) from error
        yield
    finally:
        os.close(file)


def _lock(file: int) -> None:
    """Each system's own module is imported by who locks: reading a database on any system needs neither."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
