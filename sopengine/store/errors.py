"""Database trouble in, one line for the user out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from sopengine.diagnostics import Text
from sopengine.errors import SopError


class StoreError(SopError):
    """The database refused; nothing of the refused commit is stored."""


class StoreTrouble(StoreError):
    """It may pass by itself: the same may be tried again later."""


class StoreAway(StoreTrouble):
    """The server does not answer, or lets nobody in."""


class StoreLocked(StoreTrouble):
    """Another process kept the write lock for longer than we wait."""


class StoreReadOnly(StoreError):
    """The database may be read but not written."""


class StoreTooNew(StoreError):
    """A newer version of sopengine has written the database."""


class StoreCorrupt(StoreError):
    """The file is damaged, or is no database of ours."""


class StoreMoved(StoreError):
    """The ledger lives in another database now."""


class StoreTaken(StoreError):
    """There is a ledger already where one was to be made."""


class NotCopied(StoreError):
    """The other database does not take a row, or keeps it otherwise; nothing was moved."""


class StoreMissing(StoreError):
    """There is no database yet."""


class StoreFull(StoreTrouble):
    """The disk took no more, or failed."""


class NameTaken(StoreError):
    """Another start was faster: what was decided about the ones before it no longer holds."""


class PlansChanged(Exception):
    """A campaign was changed while a pass worked by what it had been; nothing of this write is stored."""


class Damaged(ValueError):
    """A stored value that we cannot have written; `translated` turns it into StoreCorrupt."""


_BROKEN_SCHEMA = ("no such table", "no such column", "malformed", "unsupported file format")
"""How SQLite's plain `SQLITE_ERROR` begins where the file, not our statement, is wrong."""


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Let database trouble leave the block as a StoreError; our own mistakes leave it as they are."""
    try:
        yield
    except (Damaged, UnicodeDecodeError) as error:  # the driver cannot even decode some messages about damage
        raise _corrupt(path, str(error)) from error
    except DBAPIError as error:
        known = _known(error.orig, path)
        if known is None:
            raise
        raise known from error
    except sqlite3.Error as error:
        known = _known(error, path)
        if known is None:
            raise
        raise known from error


def still_read(path: Path) -> StoreLocked:
    return StoreLocked(
        Text(
            f"删掉的已不在账本里，但别的程序正在读 {path}，文件的旧页里还有",
            f"what was deleted is out of the ledger, but another program reads {path} and old pages still hold it",
        ),
        Text("等它结束，再执行一次同样的命令", "give the same command again when it has finished"),
    )


def name_taken(campaign: str) -> NameTaken:
    return NameTaken(
        Text(f"活动 {campaign} 刚刚被另一个命令启动", f"campaign {campaign} was started by another command just now"),
        Text(
            "看 sopengine status；还要再开一场，就再执行一次",
            "look at sopengine status; for one more, give the command again",
        ),
    )


def read_only(path: Path | str, why: str) -> StoreReadOnly:
    return StoreReadOnly(
        Text(f"数据库 {path} 只能读，不能写（{why}）", f"the database {path} can be read but not written ({why})"),
        Text(
            "检查文件和所在目录的权限、磁盘是否只读",
            "check the permissions of the file and its folder, and whether the disk is read-only",
        ),
    )


def missing(path: Path | str) -> StoreMissing:
    return StoreMissing(
        Text(f"还没有数据库 {path}", f"there is no database at {path} yet"),
        Text("先用 sopengine start 启动一个活动", "start a campaign first: sopengine start"),
    )


def foreign(path: Path | str) -> StoreCorrupt:
    return StoreCorrupt(
        Text(
            f"{path} 不是 sopengine 的数据库，没有改动它",
            f"{path} is not a database of sopengine; it was left as it is",
        ),
        Text("检查 sopengine.toml 里的数据库地址", "check the database address in sopengine.toml"),
    )


def moved(path: Path, to: str) -> StoreMoved:
    return StoreMoved(
        Text(
            f"{path} 里的账本已经搬到 {to}",
            f"the ledger in {path} was moved to {to}",
        ),
        Text(
            "把 sopengine.toml 的 database（或 SOPENGINE_DATABASE）改成新的地址",
            "point `database` in sopengine.toml, or SOPENGINE_DATABASE, to the new one",
        ),
    )


def taken(name: str) -> StoreTaken:
    return StoreTaken(
        Text(f"{name} 里已经有账本，没有改动它", f"there is a ledger in {name} already; it was left as it is"),
        Text(
            "给一个新建的空库；上次没搬完留下的，删掉库重建",
            "give a new and empty database; drop and create it again where an earlier move was cut off",
        ),
    )


def not_copied(table: str, why: str) -> NotCopied:
    return NotCopied(
        Text(
            f"表 {table} 搬不过去（{_line(why)}），什么都没有搬",
            f"table {table} cannot be copied ({_line(why)}); nothing was moved",
        ),
        Text(
            "文件照常能用；运行 sopengine doctor 看它有没有损坏，坏了就先恢复备份",
            "the file goes on as before; sopengine doctor tells whether it is damaged: then restore a backup first",
        ),
    )


def too_new(path: Path | str, found: int, ours: int) -> StoreTooNew:
    return StoreTooNew(
        Text(
            f"数据库 {path} 由更新的 sopengine 写成（格式 {found}，本版本只认识到 {ours}）",
            f"the database {path} was written by a newer sopengine (format {found}; this one knows up to {ours})",
        ),
        Text("升级 sopengine 后再试", "upgrade sopengine and try again"),
    )


def _corrupt(path: Path | str, why: str) -> StoreCorrupt:
    why = _line(why)
    return StoreCorrupt(
        Text(
            f"数据库 {path} 已损坏或不是数据库（{why}）", f"the database {path} is damaged, or is no database ({why})"
        ),
        Text(
            "停止投递，用最近的备份恢复，原文件请保留", "stop delivering, restore the latest backup, and keep this file"
        ),
    )


def _line(text: str) -> str:
    """One line of printable characters: a damaged file's own bytes come along in the driver's messages."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def _known(error: BaseException | None, path: Path | str) -> StoreError | None:
    """The StoreError for a driver's error; None when it is our own mistake (bad SQL, a broken constraint)."""
    why = _line(str(error))
    if error is not None and hasattr(error, "sqlstate"):
        from sopengine.store import server_errors

        return server_errors.known(error, str(path), why)
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreLocked(
            Text(f"数据库 {path} 正被别的程序占用", f"the database {path} is locked by another program"),
            Text("等它结束后再试；什么也没有丢", "try again when it has finished; nothing is lost"),
        )
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return read_only(path, why)
    if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM):
        return StoreFull(
            Text(
                f"数据库 {path} 写不进去：磁盘已满或出错（{why}）",
                f"cannot write the database {path}: the disk is full or failing ({why})",
            ),
            Text("腾出空间后会从停下的地方继续", "free some space; work goes on where it stopped"),
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT):
        return _corrupt(path, why)
    damaged_schema = primary == sqlite3.SQLITE_ERROR and why.startswith(_BROKEN_SCHEMA)
    if damaged_schema or (primary is None and "decode" in why):
        return _corrupt(path, why)
    return None
