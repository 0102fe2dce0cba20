"""Version 2: what flows do and know: arms, effects, waits, collections, ends; members, tags and readings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_TEXT, _JSON = sa.String(), sa.Text()
_INT, _SMALL, _BIG = sa.Integer(), sa.SmallInteger(), sa.BigInteger()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FLAG = sa.Boolean()


def upgrade() -> None:
    for change in (
        _arms,
        _own_slots,
        _during,
        _anchor,
        _flow_of_an_enrolment,
        _effect,
        _wait,
        _collection,
        _ended,
        _truth,
        _event_members,
        _membership,
        _tag,
        _reading,
    ):
        change()


def _column(name: str, kind: Any, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, server_default=default)


def _arms() -> None:
    """Which arm of a `choose` a delivery or task comes from, and why; whom it is about if not its receiver."""
    for table in ("delivery", "task"):
        op.add_column(table, _column("arm", _TEXT, default=""))
        op.add_column(table, _column("verdict", _TEXT, default=""))
    op.add_column("delivery", _column("about", _JSON, null=True))
    op.add_column("delivery", _column("notice", _FLAG, default="0"))
    op.add_column("task", _column("on_overdue", _TEXT, default="continue"))


def _own_slots() -> None:
    """The slot of a target that has a calendar of its own."""
    for table in ("delivery", "task"):
        op.add_column(table, _column("planned_at", _BIG, null=True))


def _during() -> None:
    """The campaign, phase and message that a delivery says instead of its own."""
    op.add_column("delivery", _column("during", _TEXT, default=""))


def _anchor() -> None:
    op.create_table(
        "anchor",
        _column("campaign", _TEXT),
        _column("name", _TEXT),
        _column("event", _TEXT),
        _column("at", _BIG),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.id"]),
        sa.PrimaryKeyConstraint("campaign", "name"),
    )


def _flow_of_an_enrolment() -> None:
    op.add_column("enrolment", _column("key", _TEXT, default=""))
    op.create_index("enrolment_subject", "enrolment", ["campaign", "journey", "subject"])
    op.add_column("occurrence", _column("required", _FLAG, default="0"))


def _effect() -> None:
    op.create_table(
        "effect",
        _column("id", _NUMBER),
        _column("key", _TEXT),
        _column("occurrence", _NUMBER),
        _column("campaign", _TEXT),
        _column("target", _TEXT),
        _column("kind", _TEXT),
        _column("state", _TEXT),
        _column("result", _TEXT),
        _column("reason", _TEXT),
        _column("arm", _TEXT),
        _column("verdict", _TEXT),
        _column("at", _BIG),
        sa.ForeignKeyConstraint(["occurrence"], ["occurrence.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("effect_occurrence", "effect", ["occurrence"])


def _wait() -> None:
    op.create_table(
        "wait",
        _column("occurrence", _NUMBER),
        _column("campaign", _TEXT),
        _column("subject", _TEXT),
        _column("key", _TEXT),
        _column("since", _BIG),
        _column("until", _BIG),
        _column("arm", _TEXT),
        _column("ended_at", _BIG, null=True),
        sa.ForeignKeyConstraint(["occurrence"], ["occurrence.id"]),
        sa.PrimaryKeyConstraint("occurrence"),
    )
    op.create_index("wait_until", "wait", ["until"], sqlite_where=sa.text("ended_at is null"))
    op.create_index("wait_subject", "wait", ["campaign", "subject"], sqlite_where=sa.text("ended_at is null"))


def _collection() -> None:
    op.create_table(
        "collection",
        _column("id", _NUMBER),
        _column("campaign", _TEXT),
        _column("journey", _TEXT),
        _column("subject", _TEXT),
        _column("key", _TEXT),
        _column("closes_at", _BIG),
        _column("first_event", _NUMBER),
        _column("events", _JSON),
        _column("closed", _FLAG),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["first_event"], ["event.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("collection_open", "collection", ["closes_at"], sqlite_where=sa.text("closed = 0"))


def _ended() -> None:
    op.create_table(
        "ended",
        _column("campaign", _TEXT),
        _column("scope", _TEXT),
        _column("subject", _TEXT),
        _column("reason", _TEXT),
        _column("at", _BIG),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.id"]),
        sa.PrimaryKeyConstraint("campaign", "scope", "subject"),
    )


def _truth() -> None:
    op.create_table(
        "truth",
        _column("campaign", _TEXT),
        _column("name", _TEXT),
        _column("subject", _TEXT),
        _column("value", _SMALL, null=True),
        _column("edges", _INT),
        _column("asked_at", _BIG),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.id"]),
        sa.PrimaryKeyConstraint("campaign", "name", "subject"),
    )


def _event_members() -> None:
    op.add_column("event", _column("member", _TEXT, null=True))
    op.execute(
        "update event set member = json_extract(data, '$.member') where name in ('member.joined', 'member.left') "
        "and json_extract(data, '$.member') <> ''"
    )
    op.create_index("event_subject", "event", ["name", "subject", "at"])
    op.create_index("event_member", "event", ["name", "member", "at"], sqlite_where=sa.text("member is not null"))
    op.create_index("event_time", "event", ["name", "at", "subject"])


def _membership() -> None:
    op.create_table(
        "membership",
        _column("group", _TEXT),
        _column("member", _TEXT),
        _column("name", _TEXT),
        _column("inside", _FLAG),
        _column("changed_at", _BIG),
        sa.PrimaryKeyConstraint("group", "member"),
    )
    op.create_index("membership_member", "membership", ["member"])
    of_both = "{0}.name in ('member.joined', 'member.left') and {0}.subject = e.subject and {0}.member = e.member"
    named = (
        f"select json_extract(n.data, '$.name') from event n where {of_both.format('n')} "
        "and json_extract(n.data, '$.name') <> '' order by n.at desc, n.id desc limit 1"
    )
    later = f"select 1 from event l where {of_both.format('l')} and (l.at, l.id) > (e.at, e.id)"
    op.execute(
        f"insert into membership select subject, member, coalesce(({named}), ''), name = 'member.joined', at "
        f"from event e where member is not null and not exists ({later})"
    )


def _tag() -> None:
    op.create_table(
        "tag",
        _column("id", _NUMBER),
        _column("subject", _TEXT),
        _column("name", _TEXT),
        _column("data", _JSON, null=True),
        _column("at", _BIG),
        _column("actor", _TEXT),
        _column("campaign", _TEXT),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tag_subject", "tag", ["subject", "at"])


def _reading() -> None:
    op.create_table(
        "reading",
        _column("id", _NUMBER),
        _column("metric", _TEXT),
        _column("about", _TEXT),
        _column("data", _JSON, null=True),
        _column("at", _BIG),
        _column("actor", _TEXT),
        _column("dedupe", _TEXT, null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe"),
    )
    op.create_index("reading_metric", "reading", ["metric", "at"])
