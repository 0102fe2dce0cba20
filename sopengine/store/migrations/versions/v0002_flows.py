"""Version 2: what flows need to know. Members and tags, and the values that metrics are made of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_TEXT, _JSON, _BIG, _FLAG = sa.String(), sa.Text(), sa.BigInteger(), sa.Boolean()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for change in (_event_members, _membership, _tag, _reading):
        change()


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


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
