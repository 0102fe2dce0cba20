"""Single moments worth keeping, by name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from sopengine.store.dialect import upsert
from sopengine.store.tables import MARK

_AT = select(MARK.c.at).where(MARK.c.name == bindparam("name"))
_SET = upsert(MARK, ["name"], ["at"])


def marked(conn: Connection, name: str) -> datetime | None:
    moment: datetime | None = conn.execute(_AT, {"name": name}).scalar()
    return moment


def mark(conn: Connection, name: str, at: datetime) -> None:
    conn.execute(_SET, {"name": name, "at": at})


def unmark(conn: Connection, name: str) -> None:
    conn.execute(delete(MARK).where(MARK.c.name == name))
