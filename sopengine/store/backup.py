"""A database that may be in use → a copy in one file, looked through and marked as a copy; and such a file put in the
place of the database. SQLite's own online backup makes the copy: one state of the database, while others write."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.store.columns import micros
from sopengine.store.epoch import COPIED
from sopengine.store.errors import Damaged, StoreError, foreign, missing, too_new, translated
from sopengine.store.opening import sync_folder
from sopengine.store.reached import Reached, beside
from sopengine.store.restoring import Restored
from sopengine.store.schema import APPLICATION_ID, VERSION
from sopengine.store.store import open_store


class Copy(Struct, frozen=True):
    """`line` is the newest line of the log in it."""

    path: Path
    size: int
    line: int
    campaigns: int


def back_up(database: Path, copy: Path, now: datetime) -> Copy:
    """UsageError where `copy` is there already; nothing is left behind where anything fails. Mode 0600."""
    if not database.is_file():
        raise missing(database)
    with _fresh(copy) as draft:
        _copied(database, draft)
        made = _looked_through(draft, copied_at=now)
    return Copy(copy, copy.stat().st_size, *made)


class Put(Struct, frozen=True):
    """`aside` is where the database that was there lies now, None where there was none."""

    aside: Path | None
    restored: Restored


def put_back(copy: Path, database: Path, now: datetime, actor: str) -> Put:
    """The copy becomes the database; the one that was there is kept beside it. Killed at any moment there is either
    the old database or the restored one. The caller holds the right to deliver."""
    if not copy.is_file():
        raise UsageError(Text(f"没有文件 {copy}", f"there is no file {copy}"))
    if database.exists() and os.path.samefile(copy, database):
        raise UsageError(Text(f"{copy} 就是现在的数据库", f"{copy} is the database itself"))
    draft = database.with_name(f"{database.name}.restoring")
    _take_away(draft)
    try:
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        _copied(copy, draft)
        with open_store(f"sqlite:///{draft}", create=False) as store:
            restored = store.restore(now, actor)
        line, _ = _looked_through(draft)
        aside = _set_aside(database, now)
        os.replace(draft, database)
        sync_folder(database.parent)
        Reached(beside(database)).note(line)
    finally:
        _take_away(draft)
    return Put(aside, restored)


def _set_aside(database: Path, now: datetime) -> Path | None:
    """The file gets a second name, so that there is a database at every moment; what its log of writes holds goes with
    it. A death between the two leaves the old database without its last commits: an old copy, noticed as one."""
    if not database.exists():
        return None
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    os.link(database, aside)
    for suffix in ("-wal", "-shm"):
        file = database.with_name(database.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    return aside


@contextmanager
def _fresh(copy: Path) -> Iterator[Path]:
    """A draft beside `copy`, which gets its name when all went well."""
    taken = UsageError(
        Text(f"{copy} 已经存在，没有覆盖", f"{copy} exists and was not overwritten"),
        Text("换一个文件名", "choose another name"),
    )
    if copy.exists() or copy.is_symlink():
        raise taken
    draft = copy.with_name(f".{copy.name}.draft-{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        yield draft
        try:
            os.link(draft, copy)
        except FileExistsError:
            raise taken from None
        sync_folder(copy.parent)
    finally:
        _take_away(draft)


def _take_away(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal", ".reached"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _copied(source: Path, target: Path) -> None:
    with translated(source), closing(_open(source, "ro")) as old, closing(_open(target, "rw")) as new:
        application, version = (_number(old, f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if application != APPLICATION_ID:
            raise foreign(source)
        if version > VERSION:
            raise too_new(source, version, VERSION)
        old.backup(new)


def _looked_through(path: Path, copied_at: datetime | None = None) -> tuple[int, int]:
    """Every page of it; then it is one file, on the disk. The newest line of its log, and its campaigns. The mark is
    set without a migration: a copy of an older format can still be read by the version that made it."""
    with translated(path), closing(_open(path, "rw")) as database:
        if copied_at is not None:
            database.execute("INSERT OR REPLACE INTO mark (name, at) VALUES (?, ?)", (COPIED, micros(copied_at)))
        for pragma in ("integrity_check(1)", "foreign_key_check"):
            finding = database.execute(f"PRAGMA {pragma}").fetchone()
            if finding is not None and finding[0] != "ok":
                raise Damaged(" ".join(map(str, finding)))
        if database.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
            raise StoreError(Text(f"{path} 正被别的程序占用", f"{path} is in use by another program"))
        counts = (_number(database, f"SELECT {what}") for what in (_LINE, _CAMPAIGNS))
        line, campaigns = counts
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    return line, campaigns


_LINE = "coalesce(max(id), 0) FROM transition"
_CAMPAIGNS = "count(*) FROM campaign"


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(os.fspath(path.absolute()))}?mode={mode}", uri=True, isolation_level=None)


def _number(database: sqlite3.Connection, statement: str) -> int:
    return int(database.execute(statement).fetchone()[0])
