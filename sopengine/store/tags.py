"""Tags of subjects: every change is kept, with who made it and when; the newest one of a name counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from sopengine.store.columns import Micros
from sopengine.store.dialect import one_of
from sopengine.store.flow_rows import TagChange
from sopengine.store.journal import line, write
from sopengine.store.tables import TAG

_TAGS = (
    select(TAG.c.subject, TAG.c.name, TAG.c.data)
    .where(one_of(TAG.c.subject, "subjects"), TAG.c.at <= bindparam("moment", type_=Micros))
    .order_by(TAG.c.at, TAG.c.id)
)


def set_tags(conn: Connection, changes: Sequence[TagChange], at: datetime, actor: str, campaign: str) -> int:
    """Number of changes kept: what is as asked already is left alone."""
    now: dict[str, dict[str, Any]] = {s: dict(t) for s, t in tags_of(conn, {c.subject for c in changes}, at).items()}
    kept = 0
    for change in changes:
        known = now.setdefault(change.subject, {})
        if change.name in known and _same(known[change.name], change.value):
            continue
        known[change.name] = change.value
        number = conn.execute(insert(TAG).returning(TAG.c.id), _row(change, at, actor, campaign)).scalar_one()
        write(conn, [line(at, "tag", number, "", *_said(change), actor, change.subject)])
        kept += 1
    return kept


def tags_of(conn: Connection, subjects: Collection[str], at: datetime) -> Mapping[str, Mapping[str, Any]]:
    """By subject and name, as they stood at a moment (inclusive): True for a bare tag, its value, or None for one that
    was removed, which also takes away what a table of the workspace says."""
    found: dict[str, dict[str, Any]] = {}
    for subject, name, data in conn.execute(_TAGS, {"subjects": list(dict.fromkeys(subjects)), "moment": at}):
        found.setdefault(subject, {})[name] = None if data is None else data.get("value", True)
    return found


def _same(before: Any, after: Any) -> bool:
    return bool(type(before) is type(after) and before == after)


def _row(change: TagChange, at: datetime, actor: str, campaign: str) -> dict[str, Any]:
    data = None if change.value is None else {} if change.value is True else {"value": change.value}
    return {
        "subject": change.subject,
        "name": change.name,
        "data": data,
        "at": at,
        "actor": actor,
        "campaign": campaign,
    }


def _said(change: TagChange) -> tuple[str, str]:
    """The new state and the reason, for the log."""
    if change.value is None:
        return "removed", f"-{change.name}"
    return "set", change.name if change.value is True else f"{change.name} = {change.value}"
