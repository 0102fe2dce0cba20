"""Is this file a database of ours, and of which version? Migrations are loaded only where the version differs."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from sopengine import failpoints
from sopengine.diagnostics import Text
from sopengine.store import tables  # noqa: F401  (fills SQLModel.metadata)
from sopengine.store.dialect import APPEND_ONLY, begin_write
from sopengine.store.errors import StoreReadOnly, foreign, missing, moved, too_new

APPLICATION_ID = 0x534F5065
"""`SOPe` in the file's header: tells our databases from anybody else's."""
MOVED_ID = 0x534F506D
"""`SOPm`: a database of ours whose ledger lives somewhere else now."""
MOVED = "moved to "
"""A mark's name begins so; the rest says where to."""
VERSION = 3
"""Of the schema; the newest file in `migrations/versions` and this number change together."""


def ensure(engine: Engine, path: Path, *, read_only: bool) -> None:
    """Leave a database of this version behind, or raise a StoreError and change nothing."""
    with engine.connect() as conn:
        application, version = _header(conn)
        new = (application, version) == (0, 0) and not _number(conn, "SELECT count(*) FROM sqlite_master")
        if new and read_only:
            raise missing(path)
        refuse_moved(conn, path)
        if not new and application != APPLICATION_ID:
            raise foreign(path)
        if version > VERSION:
            raise too_new(path, version, VERSION)
        if version < VERSION and read_only:
            raise StoreReadOnly(
                Text(
                    f"数据库 {path} 是旧版本写的，只读时不能升级",
                    f"the database {path} is of an older version; a reader cannot upgrade it",
                ),
                Text("先运行一次 sopengine tick", "run sopengine tick once"),
            )
        conn.rollback()
        if not read_only:
            conn.exec_driver_sql("PRAGMA journal_mode = WAL")
            conn.rollback()
        if version < VERSION:
            _bring_up_to_date(conn)


def refuse_moved(conn: Connection, path: Path) -> None:
    """StoreMoved where the ledger lives somewhere else now."""
    if _number(conn, "PRAGMA application_id") == MOVED_ID:
        query = f"SELECT substr(name, {len(MOVED) + 1}) FROM mark WHERE name LIKE '{MOVED}%'"
        raise moved(path, str(conn.exec_driver_sql(query).scalar_one()))


def _bring_up_to_date(conn: Connection) -> None:
    """One transaction: killed half-way it leaves what was there before."""
    begin_write(conn)
    header = _header(conn)  # another process may have been faster
    if header[1] < VERSION:
        (_create if header == (0, 0) else _migrate)(conn)
        failpoints.reached("in_migration")
        conn.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        conn.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    conn.commit()


def _create(conn: Connection) -> None:
    """The newest tables at once; migrations lead to the same."""
    SQLModel.metadata.create_all(conn, checkfirst=False)
    for statement in APPEND_ONLY.values():
        conn.exec_driver_sql(statement)
    conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    conn.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{VERSION}')")


def _migrate(conn: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _header(conn: Connection) -> tuple[int, int]:
    return _number(conn, "PRAGMA application_id"), _number(conn, "PRAGMA user_version")


def _number(conn: Connection, statement: str) -> int:
    return int(conn.exec_driver_sql(statement).scalar_one())
