"""Version 1: the whole ledger. Times are microseconds since 1970-01-01 UTC; states are numbers (store/rows.py)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_TEXT, _JSON = sa.String(), sa.Text()
_INT, _SMALL, _BIG = sa.Integer(), sa.SmallInteger(), sa.BigInteger()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REAL, _FLAG, _BLOB = sa.Float(), sa.Boolean(), sa.LargeBinary()


def upgrade() -> None:
    for create in (
        _bucket,
        _bundle,
        _event,
        _mark,
        _pause,
        _transition,
        _campaign,
        _enrolment,
        _occurrence,
        _delivery,
        _attempt,
        _task,
    ):
        create()
    _append_only()


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _append_only() -> None:
    """No statement, ours or anybody's, changes or removes a line of the completion log."""
    for verb in ("update", "delete"):
        op.execute(
            f"create trigger transition_no_{verb} before {verb} on transition "
            "begin select raise(abort, 'the completion log is append-only'); end"
        )


def _bucket() -> None:
    op.create_table(
        "bucket",
        _column("id", _NUMBER),
        _column("name", _TEXT),
        _column("channel", _TEXT),
        _column("rate", _REAL),
        _column("burst", _INT),
        _column("tokens", _REAL),
        _column("refilled_at", _BIG),
        _column("served_at", _BIG),
        _column("rests_until", _BIG),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _bundle() -> None:
    op.create_table(
        "bundle",
        _column("hash", _TEXT),
        _column("content", _BLOB),
        sa.PrimaryKeyConstraint("hash"),
    )


def _event() -> None:
    op.create_table(
        "event",
        _column("id", _NUMBER),
        _column("name", _TEXT),
        _column("subject", _TEXT),
        _column("data", _JSON, null=True),
        _column("at", _BIG),
        _column("dedupe", _TEXT, null=True),
        _column("handled_at", _BIG, null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe"),
    )
    op.create_index("event_new", "event", ["id"], sqlite_where=sa.text("handled_at is null"))


def _mark() -> None:
    op.create_table(
        "mark",
        _column("name", _TEXT),
        _column("at", _BIG),
        sa.PrimaryKeyConstraint("name"),
    )


def _pause() -> None:
    op.create_table(
        "pause",
        _column("scope", _TEXT),
        _column("name", _TEXT),
        _column("at", _BIG),
        _column("actor", _TEXT),
        _column("reason", _TEXT),
        sa.PrimaryKeyConstraint("scope", "name"),
    )


def _transition() -> None:
    op.create_table(
        "transition",
        _column("id", _NUMBER),
        _column("at", _BIG),
        _column("entity", _TEXT),
        _column("ref", _NUMBER, null=True),
        _column("name", _TEXT),
        _column("before", _TEXT),
        _column("after", _TEXT),
        _column("reason", _TEXT),
        _column("actor", _TEXT),
        sa.PrimaryKeyConstraint("id"),
    )


def _campaign() -> None:
    op.create_table(
        "campaign",
        _column("id", _TEXT),
        _column("playbook", _TEXT),
        _column("title", _TEXT),
        _column("bundle", _TEXT),
        _column("zone", _TEXT),
        _column("state", _TEXT),
        _column("started_at", _BIG),
        _column("started_by", _TEXT),
        _column("planned_until", _BIG, null=True),
        _column("ends_at", _BIG, null=True),
        sa.CheckConstraint("state in ('running', 'paused', 'stopped', 'finished')", name="campaign_state"),
        sa.ForeignKeyConstraint(
            ["bundle"],
            ["bundle.hash"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )


def _enrolment() -> None:
    op.create_table(
        "enrolment",
        _column("id", _NUMBER),
        _column("campaign", _TEXT),
        _column("journey", _TEXT),
        _column("subject", _TEXT),
        _column("entry", _TEXT),
        _column("event", _NUMBER),
        _column("entered_at", _BIG),
        sa.ForeignKeyConstraint(
            ["campaign"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["event"],
            ["event.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign", "journey", "entry", name="enrolment_entry"),
    )


def _occurrence() -> None:
    op.create_table(
        "occurrence",
        _column("id", _NUMBER),
        _column("key", _TEXT),
        _column("campaign", _TEXT),
        _column("section", _TEXT),
        _column("phase", _TEXT),
        _column("step", _TEXT),
        _column("day", _TEXT),
        _column("ordinal", _INT),
        _column("zone", _TEXT),
        _column("date", _TEXT),
        _column("number", _INT),
        _column("phase_day", _INT),
        _column("planned_at", _BIG),
        _column("due_at", _BIG),
        _column("expires_at", _BIG),
        _column("useful_until", _BIG),
        _column("waits_for", _TEXT),
        _column("subject", _JSON, null=True),
        _column("event", _JSON, null=True),
        _column("entry", _TEXT),
        _column("sequence", _INT),
        _column("state", _SMALL),
        _column("changed_at", _BIG),
        sa.CheckConstraint("state between 0 and 4", name="occurrence_state"),
        sa.ForeignKeyConstraint(
            ["campaign"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("occurrence_campaign", "occurrence", ["campaign", "step"])
    op.create_index(
        "occurrence_due", "occurrence", ["due_at", "id"], sqlite_where=sa.text("state = 0 and waits_for = ''")
    )
    op.create_index(
        "occurrence_entry", "occurrence", ["campaign", "entry", "sequence"], sqlite_where=sa.text("entry <> ''")
    )
    op.create_index(
        "occurrence_waiting", "occurrence", ["waits_for"], sqlite_where=sa.text("state = 0 and waits_for <> ''")
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        _column("id", _NUMBER),
        _column("key", _TEXT),
        _column("occurrence", _NUMBER),
        _column("campaign", _TEXT),
        _column("target", _TEXT),
        _column("channel", _TEXT),
        _column("bucket", _NUMBER),
        _column("due_at", _BIG),
        _column("run_after", _BIG),
        _column("expires_at", _BIG),
        _column("useful_until", _BIG),
        _column("state", _SMALL),
        _column("hold", _TEXT),
        _column("doubtful", _FLAG),
        _column("reason", _TEXT),
        _column("attempt", _INT),
        _column("fence", _BIG),
        _column("lease_owner", _TEXT, null=True),
        _column("lease_until", _BIG, null=True),
        _column("data", _JSON, null=True),
        _column("text", _TEXT, null=True),
        _column("receipt", _TEXT),
        _column("sent_at", _BIG, null=True),
        _column("changed_at", _BIG),
        sa.CheckConstraint("state between 0 and 10", name="delivery_state"),
        sa.CheckConstraint("state not in (1, 2) or lease_until is not null", name="delivery_lease"),
        sa.ForeignKeyConstraint(
            ["bucket"],
            ["bucket.id"],
        ),
        sa.ForeignKeyConstraint(
            ["occurrence"],
            ["occurrence.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("delivery_confirm", "delivery", ["useful_until"], sqlite_where=sa.text("state = 9"))
    op.create_index("delivery_expiry", "delivery", ["expires_at"], sqlite_where=sa.text("state = 0"))
    op.create_index("delivery_leased", "delivery", ["lease_until"], sqlite_where=sa.text("state in (1, 2)"))
    op.create_index("delivery_occurrence", "delivery", ["occurrence"])
    op.create_index("delivery_ready", "delivery", ["bucket", "run_after", "id"], sqlite_where=sa.text("state = 0"))


def _attempt() -> None:
    op.create_table(
        "attempt",
        _column("delivery", _NUMBER),
        _column("fence", _BIG),
        _column("started_at", _BIG),
        _column("ended_at", _BIG, null=True),
        _column("outcome", _TEXT),
        _column("status", _INT, null=True),
        _column("excerpt", _TEXT),
        sa.ForeignKeyConstraint(
            ["delivery"],
            ["delivery.id"],
        ),
        sa.PrimaryKeyConstraint("delivery", "fence"),
        sqlite_with_rowid=False,
    )


def _task() -> None:
    op.create_table(
        "task",
        _column("id", _NUMBER),
        _column("key", _TEXT),
        _column("occurrence", _NUMBER),
        _column("campaign", _TEXT),
        _column("target", _TEXT),
        _column("person", _TEXT),
        _column("title", _TEXT),
        _column("state", _SMALL),
        _column("created_at", _BIG),
        _column("due_at", _BIG, null=True),
        _column("done_at", _BIG, null=True),
        _column("done_by", _TEXT),
        _column("reason", _TEXT),
        _column("fields", _JSON, null=True),
        _column("delivery", _NUMBER, null=True),
        _column("changed_at", _BIG),
        sa.CheckConstraint("state between 0 and 7", name="task_state"),
        sa.ForeignKeyConstraint(
            ["delivery"],
            ["delivery.id"],
        ),
        sa.ForeignKeyConstraint(
            ["occurrence"],
            ["occurrence.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("task_delivery", "task", ["delivery"], sqlite_where=sa.text("delivery is not null"))
    op.create_index("task_due", "task", ["due_at"], sqlite_where=sa.text("state in (0, 1)"))
    op.create_index("task_occurrence", "task", ["occurrence"])
