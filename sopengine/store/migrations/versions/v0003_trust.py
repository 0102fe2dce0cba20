"""Version 3: guards, people and changes while running."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

_TEXT, _JSON = sa.String(), sa.Text()
_INT, _SMALL, _BIG = sa.Integer(), sa.SmallInteger(), sa.BigInteger()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FLAG = sa.Boolean()


def upgrade() -> None:
    for change in CHANGES:
        change()


def _column(name: str, kind: Any, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, server_default=default)


def _holders() -> None:
    """Who has a task: the role it was taken to, a person it was given by hand; and notices that speak of a task."""
    op.add_column("task", _column("role", _TEXT, default=""))
    op.add_column("task", _column("handed_over", _FLAG, default="0"))
    op.add_column("task", _column("escalated", _FLAG, default="0"))
    op.add_column("task", _column("approves", _TEXT, default=""))
    op.add_column("task", _column("author", _TEXT, default=""))
    op.add_column("delivery", _column("task", _NUMBER, null=True))
    op.add_column("delivery", _column("person", _TEXT, default=""))
    op.add_column("delivery", _column("says", _TEXT, default=""))
    op.create_index("delivery_task", "delivery", ["task"], sqlite_where=sa.text("task is not null"))


def _timer() -> None:
    op.create_table(
        "timer",
        _column("id", _NUMBER),
        _column("task", _NUMBER),
        _column("kind", _TEXT),
        _column("number", sa.Integer()),
        _column("at", _BIG),
        _column("ended_at", _BIG, null=True),
        _column("end", _TEXT),
        sa.ForeignKeyConstraint(["task"], ["task.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task", "kind", "number", name="timer_task"),
    )
    op.create_index("timer_due", "timer", ["at"], sqlite_where=sa.text("ended_at is null"))


def _guarded() -> None:
    """Whom a delivery reaches across campaigns, since when it counts against caps, its priority and its wave."""
    op.add_column("delivery", _column("recipient", _TEXT, default=""))
    op.add_column("delivery", _column("claimed_at", _BIG, null=True))
    op.add_column("delivery", _column("priority", _INT, default="0"))
    op.add_column("delivery", _column("wave", _SMALL, default="0"))
    for by in ("recipient", "channel", "bucket"):
        op.create_index(
            f"delivery_uses_{by}", "delivery", [by, "claimed_at"], sqlite_where=sa.text("claimed_at is not null")
        )
    ahead = sa.text("state = 0 and priority <> 0")
    op.create_index("delivery_ahead", "delivery", ["recipient", "priority"], sqlite_where=ahead)
    op.drop_index("delivery_ready")
    op.create_index(
        "delivery_ready",
        "delivery",
        ["bucket", "run_after", sa.text("priority desc"), "id"],
        sqlite_where=sa.text("state = 0"),
    )


def _member_name() -> None:
    """A name is the member's own and not a membership's: told late, it may be older than the last joining."""
    op.create_table(
        "member_name",
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member"),
    )
    named = (
        "e.name in ('member.joined', 'member.left') and e.member is not null and json_extract(e.data, '$.name') <> ''"
    )
    op.execute(
        "insert into member_name select member, name, at from ("
        "select e.member, json_extract(e.data, '$.name') name, e.at, "
        "row_number() over (partition by e.member order by e.at desc, e.id desc) n "
        f"from event e where e.member is not null and {named}"
        ") where n = 1"
    )
    op.drop_column("membership", "name")


def _settled() -> None:
    """Failed and unknown deliveries that nobody has to look at any more; the others are found by an index."""
    op.add_column("delivery", sa.Column("settled", sa.Boolean(), nullable=False, server_default="0"))
    unsettled = sa.text("state in (4, 5) and settled = false")
    op.create_index("delivery_needs", "delivery", ["campaign"], sqlite_where=unsettled)
    op.create_index("delivery_unknown", "delivery", ["changed_at"], sqlite_where=sa.text("state = 5"))


def _left_out() -> None:
    """What a person leaves out."""
    names = ("campaign", "step", "occurrence", "target", "reason", "actor")
    op.create_table(
        "left_out",
        *(sa.Column(name, sa.String(), nullable=False) for name in names),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "step", "occurrence", "target"),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.id"]),
    )


def _versions() -> None:
    """What a campaign was before it was changed while it ran, and who changed it."""
    op.create_table(
        "version",
        sa.Column("id", _NUMBER, nullable=False),
        _column("campaign", _TEXT),
        _column("kind", _TEXT),
        _column("before", _TEXT),
        _column("bundle", _TEXT),
        _column("at", _BIG),
        _column("actor", _TEXT),
        _column("reason", _TEXT),
        _column("detail", _JSON),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["before"], ["bundle.hash"]),
        sa.ForeignKeyConstraint(["bundle"], ["bundle.hash"]),
    )
    op.create_index("version_campaign", "version", ["campaign"])


def _alert() -> None:
    """Digests of trouble that were told, or tried."""
    op.create_table(
        "alert",
        _column("id", _NUMBER),
        _column("upto", _BIG),
        _column("at", _BIG),
        _column("text", _TEXT),
        _column("outcome", _TEXT),
        _column("reason", _TEXT),
        sa.PrimaryKeyConstraint("id"),
    )


def _queued() -> None:
    """What a campaign was called before a number made it another; and those that wait for the one before to end."""
    op.add_column("campaign", _column("series", _TEXT, default=""))
    op.execute("update campaign set series = id")
    op.create_table(
        "queued",
        sa.Column("number", _NUMBER, nullable=False),
        *(_column(name, _TEXT) for name in ("id", "series", "playbook", "title", "bundle", "zone")),
        _column("asked_at", _BIG),
        _column("asked_by", _TEXT),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sa.ForeignKeyConstraint(["bundle"], ["bundle.hash"]),
    )


def _served() -> None:
    """Which address is served next, without a look at all of them."""
    op.create_index("bucket_served", "bucket", ["served_at", "id"])


CHANGES: tuple[Callable[[], None], ...] = (
    _alert,
    _guarded,
    _holders,
    _left_out,
    _member_name,
    _queued,
    _served,
    _settled,
    _timer,
    _versions,
)
