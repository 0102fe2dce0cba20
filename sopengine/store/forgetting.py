"""A person is forgotten in one commit: what was to come is withdrawn, texts and names go, keys and counts stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct, field
from sqlalchemy import Connection, Table, and_, delete, or_, select, update

from sopengine.store.columns import AnyRow
from sopengine.store.dialect import rewriting_the_log
from sopengine.store.flows import withdraw_planned
from sopengine.store.journal import line, write
from sopengine.store.personal import (
    bare,
    deliveries_of,
    each,
    events_of,
    family,
    names_in,
    occurrences_of,
    tasks_of,
    without,
)
from sopengine.store.tables import (
    ATTEMPT,
    BUNDLE,
    CAMPAIGN,
    DELIVERY,
    EFFECT,
    LEFT,
    MEMBER_NAME,
    MEMBERSHIP,
    OCCURRENCE,
    QUEUED,
    TAG,
    TASK,
    TRANSITION,
    VERSION,
)
from sopengine.store.tables import EVENT as EVENTS
from sopengine.store.withdrawal import withdraw_unsent

REASON = "forgotten"
GONE = "…"
"""Stands in a text for a name that was taken out."""


class Forgotten(NamedTuple):
    """What was blanked. `withdrawn` counts messages and steps that were to come."""

    messages: int = 0
    tasks: int = 0
    events: int = 0
    tags: int = 0
    withdrawn: int = 0
    lists: int = 0


class Person(Struct, frozen=True):
    """`bundles`: stored copies of campaigns with the person in their lists, by hash: those that take their place.
    `names`: words of the person's rows in these; with those of the ledger's own rows they are what texts call the
    person, apart from `common` ones, which others' rows have too."""

    id: str
    bundles: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    names: Collection[str] = ()
    common: Collection[str] = ()


def forget(conn: Connection, person: Person, now: datetime, actor: str, reason: str) -> Forgotten:
    member = person.id
    occurrences, events = occurrences_of(conn, member), events_of(conn, member)
    withdrawn = _withdraw(conn, member, occurrences, now, actor)
    deliveries = deliveries_of(conn, member)
    tasks = tasks_of(conn, member, occurrences)
    known = {*person.names, *_known_names(conn, member, occurrences, deliveries, events)} - {*person.common}
    touched: dict[str, Collection[int]] = {
        "occurrence": occurrences,
        "delivery": {*deliveries, *_blank_deliveries(conn, member, deliveries, occurrences, known)},
        "task": tasks,
        "event": events,
        "effect": _blank_effects(conn, member),
    }
    _blank_occurrences(conn, member, occurrences)
    _blank_tasks(conn, tasks)
    _blank_events(conn, member, events)
    tags = [*conn.execute(select(TAG.c.id).where(TAG.c.subject == member)).scalars()]
    conn.execute(delete(TAG).where(TAG.c.subject == member))
    conn.execute(delete(MEMBER_NAME).where(MEMBER_NAME.c.member == member))
    conn.execute(update(MEMBERSHIP).where(MEMBERSHIP.c.member == member).values(inside=False))
    conn.execute(update(LEFT).where(LEFT.c.target == member).values(reason=""))
    _swap_bundles(conn, person.bundles)
    touched["tag"] = tags
    _blank_log(conn, member, touched, known)
    counted = Forgotten(len(deliveries), len(tasks), len(events), len(tags), withdrawn, len(person.bundles))
    write(conn, [line(now, "member", None, "", REASON, reason, actor, member)])
    return counted


def _withdraw(conn: Connection, member: str, occurrences: Collection[int], now: datetime, actor: str) -> int:
    own = []
    for some in each(occurrences):
        rows = conn.execute(select(OCCURRENCE.c.id, OCCURRENCE.c.subject).where(OCCURRENCE.c.id.in_(some)))
        own += [row.id for row in rows if (row.subject or {}).get("id") == member]
    count = 0
    for some in each(own):
        inside = OCCURRENCE.c.id.in_(some)
        count += withdraw_planned(conn, inside, now, REASON)
        count += withdraw_unsent(conn, inside, now, actor, REASON)
    aimed = select(DELIVERY.c.occurrence).where(DELIVERY.c.target == member).distinct()
    given = select(TASK.c.occurrence).where(TASK.c.target == member).distinct()
    others = {*conn.execute(aimed).scalars(), *conn.execute(given).scalars()}
    for some in each(sorted(others)):
        count += withdraw_unsent(conn, OCCURRENCE.c.id.in_(some), now, actor, REASON, member)
    return count


def _known_names(
    conn: Connection, member: str, occurrences: Collection[int], deliveries: Collection[int], events: Collection[int]
) -> set[str]:
    rows: list[Mapping[str, Any] | None] = []
    for some in each(occurrences):
        for row in conn.execute(select(OCCURRENCE.c.subject, OCCURRENCE.c.event).where(OCCURRENCE.c.id.in_(some))):
            rows += [row.subject, row.event]
    for some in each(deliveries):
        for row in conn.execute(select(DELIVERY.c.data, DELIVERY.c.about).where(DELIVERY.c.id.in_(some))):
            rows += [row.data, row.about]
    for some in each(events):
        for row in conn.execute(select(EVENTS.c.subject, EVENTS.c.data).where(EVENTS.c.id.in_(some))):
            rows.append({"id": member, **(row.data or {})} if row.subject == member else row.data)
    found = names_in(rows, member)
    return {*found, *conn.execute(select(MEMBER_NAME.c.name).where(MEMBER_NAME.c.member == member)).scalars()} - {""}


def _blank_deliveries(
    conn: Connection, member: str, deliveries: Collection[int], occurrences: Collection[int], names: Collection[str]
) -> list[int]:
    """Of its own everything that was said; of what others got too the names. Returns the latter's ids."""
    for some in each(deliveries):
        for row in conn.execute(select(DELIVERY).where(DELIVERY.c.id.in_(some))).all():
            values: dict[str, Any] = {
                "data": without(row.data, member),
                "about": without(row.about, member),
                "verdict": "",
                "reason": family(row.reason),
                "hold": family(row.hold),
                "receipt": "",
                "text": None,
                "says": "",
            }
            conn.execute(update(DELIVERY).where(DELIVERY.c.id == row.id).values(values))
        conn.execute(update(ATTEMPT).where(ATTEMPT.c.delivery.in_(some)).values(excerpt=""))
    own, others = set(deliveries), []
    for some in each(occurrences):
        query = select(DELIVERY.c.id, DELIVERY.c.text, DELIVERY.c.says)
        for row in conn.execute(query.where(DELIVERY.c.occurrence.in_(some))).all():
            if row.id in own:
                continue
            text, says = _taken_out(row.text, names), _taken_out(row.says, names)
            if (text, says) != (row.text, row.says):
                others.append(row.id)
                conn.execute(update(DELIVERY).where(DELIVERY.c.id == row.id).values(text=text, says=says))
                conn.execute(update(ATTEMPT).where(ATTEMPT.c.delivery == row.id).values(excerpt=""))
    return others


def _taken_out(text: str | None, names: Collection[str]) -> str | None:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, GONE) if text else text
    return text


def _blank_occurrences(conn: Connection, member: str, occurrences: Collection[int]) -> None:
    for some in each(occurrences):
        for row in conn.execute(select(OCCURRENCE).where(OCCURRENCE.c.id.in_(some))).all():
            own = (row.subject or {}).get("id") == member
            event = _told(row, member, own=own)
            values = {"subject": without(row.subject, member), "event": event}
            conn.execute(update(OCCURRENCE).where(OCCURRENCE.c.id == row.id).values(values))


def _told(row: AnyRow, member: str, *, own: bool) -> Any:
    if row.event is None:
        return None
    event = without(row.event, member)
    if own:
        event = {
            key: value for key, value in event.items() if key in ("name", "at", "subject", "id", "member", "group")
        }
    return event


def _blank_tasks(conn: Connection, tasks: Collection[int]) -> None:
    for some in each(tasks):
        for row in conn.execute(select(TASK.c.id, TASK.c.reason, TASK.c.fields).where(TASK.c.id.in_(some))).all():
            values = {"title": "", "reason": family(row.reason), "verdict": "", "fields": bare(row.fields)}
            conn.execute(update(TASK).where(TASK.c.id == row.id).values(values))


def _blank_events(conn: Connection, member: str, events: Collection[int]) -> None:
    for some in each(events):
        for row in conn.execute(select(EVENTS.c.id, EVENTS.c.data).where(EVENTS.c.id.in_(some))).all():
            conn.execute(update(EVENTS).where(EVENTS.c.id == row.id).values(data=bare(row.data)))


def _blank_effects(conn: Connection, member: str) -> list[int]:
    ids = list(conn.execute(select(EFFECT.c.id).where(EFFECT.c.target == member)).scalars())
    for some in each(ids):
        conn.execute(update(EFFECT).where(EFFECT.c.id.in_(some)).values(verdict="", reason="", result=""))
    return ids


def _swap_bundles(conn: Connection, bundles: Mapping[str, tuple[str, bytes]]) -> None:
    for old, (new, content) in bundles.items():
        if not conn.execute(select(BUNDLE.c.hash).where(BUNDLE.c.hash == new)).first():
            conn.execute(BUNDLE.insert(), {"hash": new, "content": content})
        for table, column in ((CAMPAIGN, "bundle"), (QUEUED, "bundle"), (VERSION, "bundle"), (VERSION, "before")):
            _point(conn, table, column, old, new)
        conn.execute(delete(BUNDLE).where(BUNDLE.c.hash == old))


def _point(conn: Connection, table: Table, column: str, old: str, new: str) -> None:
    conn.execute(update(table).where(table.c[column] == old).values({column: new}))


def _blank_log(conn: Connection, member: str, touched: Mapping[str, Collection[int]], names: Collection[str]) -> None:
    """The lines stay; of their reasons only the kind."""
    said = or_(*(TRANSITION.c.reason.contains(word, autoescape=True) for word in (member, *sorted(names))))
    which = [said]
    for entity, ids in touched.items():
        which += [and_(TRANSITION.c.entity == entity, TRANSITION.c.ref.in_(some)) for some in each(sorted(ids))]
    with rewriting_the_log(conn):
        for here in which:
            query = select(TRANSITION.c.id, TRANSITION.c.entity, TRANSITION.c.reason)
            for row in conn.execute(query.where(here, TRANSITION.c.reason != "")).all():
                reason = "" if row.entity == "tag" else _taken_out(family(row.reason), names)
                conn.execute(update(TRANSITION).where(TRANSITION.c.id == row.id).values(reason=reason))
