"""Members as events tell of them: who is in which group, and what they are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, func, select

from sopengine.store.dialect import upsert
from sopengine.store.history import MEMBER_EVENTS
from sopengine.store.plan import chunks
from sopengine.store.rows import EventRow, Member
from sopengine.store.tables import MEMBER_NAME, MEMBERSHIP

_KEY = ("group", "member")
_IN = upsert(MEMBERSHIP, _KEY, ["inside", "changed_at"], newer="changed_at")
_NAMED = upsert(MEMBER_NAME, ["member"], ["name", "at"], newer="at")
_ROWS = select(
    MEMBERSHIP.c.member, func.coalesce(MEMBER_NAME.c.name, ""), MEMBERSHIP.c.group, MEMBERSHIP.c.inside
).outerjoin(MEMBER_NAME, MEMBER_NAME.c.member == MEMBERSHIP.c.member)


def member_in(event: EventRow) -> str | None:
    """Who joined or left."""
    return str(event.data.get("member") or "") or None if event.name in MEMBER_EVENTS else None


def note_member(conn: Connection, event: EventRow) -> None:
    """Keep who is in which group and what they are called, each by the newest event that says so: of events about one
    moment the last that was told."""
    member = member_in(event)
    if member is None:
        return
    name = str(event.data.get("name") or "")
    inside = event.name == "member.joined"
    conn.execute(_IN, {"group": event.subject, "member": member, "inside": inside, "changed_at": event.at})
    if name:
        conn.execute(_NAMED, {"member": member, "name": name, "at": event.at})


def members_of(conn: Connection, groups: Collection[str]) -> Mapping[str, Sequence[Member]]:
    """Who is in each of these groups now, by member id; a group nobody is known to be in is left out."""
    found: dict[str, list[Member]] = {}
    for some in chunks(dict.fromkeys(groups), 500):
        query = _ROWS.where(MEMBERSHIP.c.group.in_(some), MEMBERSHIP.c.inside).order_by(MEMBERSHIP.c.member)
        for member, name, group, _ in conn.execute(query):
            found.setdefault(group, []).append(Member(member, name, (group,)))
    return found


def members(conn: Connection, ids: Collection[str]) -> Mapping[str, Member]:
    """The members among these ids, with the groups they are in now; also those who have left all of theirs."""
    found: dict[str, Member] = {}
    for some in chunks(dict.fromkeys(ids), 500):
        query = _ROWS.where(MEMBERSHIP.c.member.in_(some)).order_by(MEMBERSHIP.c.group)
        for member, name, group, inside in conn.execute(query):
            groups = found[member].groups if member in found else ()
            found[member] = Member(member, name, (*groups, group) if inside else groups)
    return found
