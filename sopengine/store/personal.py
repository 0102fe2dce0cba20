"""Which rows speak of one person, and what of such a row is personal: docs/privacy.md tells it in words.

A person's id is a key: it stays everywhere, so that nothing is planned, sent or counted again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, or_, select

from sopengine.store.plan import chunks
from sopengine.store.tables import DELIVERY, ENROLMENT, EVENT, OCCURRENCE, TASK

KEYS = ("id", "member", "group", "store")
"""Of a row or an event's data what only points at another row."""
LARGEST = 10**7
"""Whole numbers from here on may be telephone or card numbers; smaller ones count things."""


def mentions(column: ColumnElement[Any], member: str) -> ColumnElement[bool]:
    """JSON text that has this id as a value."""
    return cast(column, String).contains(f'"{member}"', autoescape=True)


def events_of(conn: Connection, member: str) -> list[int]:
    of_member = or_(EVENT.c.subject == member, EVENT.c.member == member)
    return list(conn.execute(select(EVENT.c.id).where(of_member).order_by(EVENT.c.id)).scalars())


def occurrences_of(conn: Connection, member: str) -> list[int]:
    """Of its own journeys, and of those it entered together with others."""
    own = select(ENROLMENT.c.entry).where(ENROLMENT.c.subject == member)
    told = or_(mentions(OCCURRENCE.c.subject, member), mentions(OCCURRENCE.c.event, member))
    query = select(OCCURRENCE.c.id).where(or_(OCCURRENCE.c.entry.in_(own) & (OCCURRENCE.c.entry != ""), told))
    return list(conn.execute(query.order_by(OCCURRENCE.c.id)).scalars())


def deliveries_of(conn: Connection, member: str) -> list[int]:
    """Those it got, and those about it that somebody else got."""
    to_it = or_(DELIVERY.c.target == member, DELIVERY.c.recipient.endswith(f"/{member}", autoescape=True))
    told = or_(mentions(DELIVERY.c.data, member), mentions(DELIVERY.c.about, member))
    return list(conn.execute(select(DELIVERY.c.id).where(or_(to_it, told)).order_by(DELIVERY.c.id)).scalars())


def tasks_of(conn: Connection, member: str, occurrences: Collection[int]) -> list[int]:
    """Those about it: by target, or of its own journeys."""
    own = select(OCCURRENCE.c.id).where(OCCURRENCE.c.id.in_(list(occurrences)), mentions(OCCURRENCE.c.subject, member))
    query = select(TASK.c.id).where(or_(TASK.c.target == member, TASK.c.occurrence.in_(own)))
    return list(conn.execute(query.order_by(TASK.c.id)).scalars())


def names_in(rows: Collection[Mapping[str, Any] | None], member: str) -> set[str]:
    """Words by which texts may call it: the text values of its own rows, apart from ids."""
    found: set[str] = set()
    for row in rows:
        _names(row, member, found)
    return found


def _names(value: Any, member: str, found: set[str]) -> None:
    if isinstance(value, Mapping):
        if _is(value, member):
            found |= {
                one for key, one in value.items() if key not in KEYS and isinstance(one, str) and len(one.strip()) > 1
            }
        for one in value.values():
            _names(one, member, found)
    elif isinstance(value, list | tuple):
        for one in value:
            _names(one, member, found)


def without(value: Any, member: str) -> Any:
    """The same data; of a mapping that is this person's row only keys and lists of others are left, a list loses it."""
    if isinstance(value, Mapping):
        if _is(value, member):
            kept = {key: one for key, one in value.items() if key in KEYS or isinstance(one, list | tuple)}
            return {key: without(one, member) for key, one in kept.items()}
        return {key: without(one, member) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without(one, member) for one in value if not _is(one, member)]
    return value


def _is(value: Any, member: str) -> bool:
    return isinstance(value, Mapping) and member in (value.get("id"), value.get("member"))


def bare(data: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Typed data without what names or describes anybody: keys, amounts and counts stay."""
    if data is None:
        return None
    return {key: value for key, value in data.items() if key in KEYS or _counts(value)}


def _counts(value: Any) -> bool:
    if isinstance(value, bool):
        return True
    return isinstance(value, (int, float, Decimal)) and -LARGEST < value < LARGEST


def family(reason: str) -> str:
    """What kind of reason it was, without the words that may quote data: `condition: a == b` → `condition`."""
    return reason.partition(":")[0].strip() if ":" in reason else reason


def each(ids: Collection[int]) -> list[list[int]]:
    return [list(some) for some in chunks(ids, 500)]
