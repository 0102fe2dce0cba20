"""The tables of the ledger, as SQLModel classes; statements use the `sqlalchemy.Table` names at the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from sopengine.store.columns import Json, Micros, States, Values
from sopengine.store.dialect import partial_index
from sopengine.store.rows import OccurrenceState, State, TaskState

_Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


def _id() -> Any:
    return Field(default=None, primary_key=True, sa_type=cast(Any, _Number))


def _ref(column: str, **options: Any) -> Any:
    return Field(foreign_key=column, sa_type=cast(Any, _Number), **options)


def _moment(**options: Any) -> Any:
    return Field(sa_type=cast(Any, Micros), **options)


def _json() -> Any:
    return Field(default=None, sa_type=cast(Any, Json))


def _values() -> Any:
    return Field(default=None, sa_type=cast(Any, Values))


def _state(kind: type[State] | type[OccurrenceState] | type[TaskState]) -> Any:
    return Field(sa_type=cast(Any, States(kind)))


class BundleTable(SQLModel, table=True):
    __tablename__ = "bundle"
    hash: str = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class CampaignTable(SQLModel, table=True):
    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint("state in ('running', 'paused', 'stopped', 'finished')", name="campaign_state"),)
    id: str = Field(primary_key=True)
    playbook: str
    title: str
    bundle: str = Field(foreign_key="bundle.hash")
    zone: str
    state: str
    started_at: datetime = _moment()
    started_by: str
    planned_until: datetime | None = _moment()
    ends_at: datetime | None = _moment()
    series: str = ""  # its id before a number told it from earlier ones: playbook, or campaign file, and key


class QueuedTable(SQLModel, table=True):
    """Campaigns that begin when the one before them has ended: nothing of them is planned yet."""

    __tablename__ = "queued"
    number: int | None = _id()
    id: str = Field(unique=True)
    series: str
    playbook: str
    title: str
    bundle: str = Field(foreign_key="bundle.hash")
    zone: str
    asked_at: datetime = _moment()
    asked_by: str


class OccurrenceTable(SQLModel, table=True):
    __tablename__ = "occurrence"
    __table_args__ = (
        CheckConstraint("state between 0 and 4", name="occurrence_state"),
        partial_index("occurrence_due", "due_at", "id", where="state = 0 and waits_for = ''"),
        partial_index("occurrence_waiting", "waits_for", where="state = 0 and waits_for <> ''"),
        partial_index("occurrence_entry", "campaign", "entry", "sequence", where="entry <> ''"),
        Index("occurrence_campaign", "campaign", "step"),
    )
    id: int | None = _id()
    key: str = Field(unique=True)
    campaign: str = Field(foreign_key="campaign.id")
    section: str
    phase: str
    step: str
    day: str
    ordinal: int
    zone: str
    date: str
    number: int
    phase_day: int
    planned_at: datetime = _moment()
    due_at: datetime = _moment()
    expires_at: datetime = _moment()
    useful_until: datetime = _moment()
    waits_for: str
    subject: Mapping[str, Any] | None = _json()
    event: Mapping[str, Any] | None = _json()
    entry: str
    sequence: int
    required: bool = False
    state: int = _state(OccurrenceState)
    changed_at: datetime = _moment()


class BucketTable(SQLModel, table=True):
    """`rate` in tokens a second, 0 for unlimited; nothing is claimed before `rests_until`."""

    __tablename__ = "bucket"
    __table_args__ = (Index("bucket_served", "served_at", "id"),)
    id: int | None = _id()
    name: str = Field(unique=True)
    channel: str
    rate: float
    burst: int
    tokens: float
    refilled_at: datetime = _moment()
    served_at: datetime = _moment()
    rests_until: datetime = _moment()


class DeliveryTable(SQLModel, table=True):
    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("state between 0 and 10", name="delivery_state"),
        CheckConstraint("state not in (1, 2) or lease_until is not null", name="delivery_lease"),
        partial_index("delivery_ready", "bucket", "run_after", text("priority desc"), "id", where="state = 0"),
        partial_index("delivery_expiry", "expires_at", where="state = 0"),
        partial_index("delivery_leased", "lease_until", where="state in (1, 2)"),
        partial_index("delivery_confirm", "useful_until", where="state = 9"),
        Index("delivery_occurrence", "occurrence"),
        partial_index("delivery_needs", "campaign", where="state in (4, 5) and settled = false"),
        partial_index("delivery_unknown", "changed_at", where="state = 5"),
        partial_index("delivery_uses_recipient", "recipient", "claimed_at", where="claimed_at is not null"),
        partial_index("delivery_uses_channel", "channel", "claimed_at", where="claimed_at is not null"),
        partial_index("delivery_uses_bucket", "bucket", "claimed_at", where="claimed_at is not null"),
        partial_index("delivery_ahead", "recipient", "priority", where="state = 0 and priority <> 0"),
        partial_index("delivery_task", "task", where="task is not null"),
    )
    id: int | None = _id()
    key: str = Field(unique=True)
    occurrence: int = _ref("occurrence.id")
    campaign: str
    target: str
    channel: str
    bucket: int = _ref("bucket.id")
    due_at: datetime = _moment()
    run_after: datetime = _moment()
    expires_at: datetime = _moment()
    useful_until: datetime = _moment()
    state: int = _state(State)
    hold: str
    doubtful: bool  # an earlier attempt may have been taken
    reason: str
    attempt: int
    fence: int = Field(sa_type=BigInteger)
    lease_owner: str | None = None
    lease_until: datetime | None = _moment()
    data: Mapping[str, Any] | None = _json()  # the receiver's row where its source may change
    text: str | None = None
    receipt: str
    sent_at: datetime | None = _moment()
    changed_at: datetime = _moment()
    arm: str = ""
    verdict: str = ""
    about: Mapping[str, Any] | None = _json()  # the target's row where it is not the receiver's
    notice: bool = False  # tells a person of a task
    planned_at: datetime | None = _moment()  # the target's own slot
    during: str = ""  # CAMPAIGN/PHASE/MESSAGE said in its place
    settled: bool = False  # failed or unknown, and nobody has to look at it any more
    recipient: str = ""  # SOURCE/ID of who gets it: the same in every campaign
    claimed_at: datetime | None = _moment()  # the newest claim
    priority: int = 0
    task: int | None = Field(default=None, sa_type=cast(Any, _Number))  # that a notice speaks of; tasks refer back
    person: str = ""  # whom a notice tells, where that is not who its step names
    says: str = ""  # a text that no template has
    wave: int = Field(default=0, sa_type=SmallInteger)  # of a rollout


class AttemptTable(SQLModel, table=True):
    """One sending of one delivery: opened with its intent, closed with what came back."""

    __tablename__ = "attempt"
    __table_args__ = ({"sqlite_with_rowid": False},)
    delivery: int = _ref("delivery.id", primary_key=True)
    fence: int = Field(primary_key=True, sa_type=BigInteger)
    started_at: datetime = _moment()
    ended_at: datetime | None = _moment()
    outcome: str
    status: int | None = None
    excerpt: str


class TaskTable(SQLModel, table=True):
    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("state between 0 and 7", name="task_state"),
        partial_index("task_due", "due_at", where="state in (0, 1)"),
        Index("task_occurrence", "occurrence"),
        partial_index("task_delivery", "delivery", where="delivery is not null"),
    )
    id: int | None = _id()
    key: str = Field(unique=True)
    occurrence: int = _ref("occurrence.id")
    campaign: str
    target: str
    person: str
    title: str
    state: int = _state(TaskState)
    created_at: datetime = _moment()
    due_at: datetime | None = _moment()
    done_at: datetime | None = _moment()
    done_by: str
    reason: str
    fields: Mapping[str, Any] | None = _values()  # what was filled in
    delivery: int | None = _ref("delivery.id", nullable=True)
    changed_at: datetime = _moment()
    arm: str = ""
    verdict: str = ""
    on_overdue: str = "continue"
    planned_at: datetime | None = _moment()  # the target's own slot
    role: str = ""  # that has it now, where that is not the one of its step
    handed_over: bool = False
    escalated: bool = False
    approves: str = ""  # the hash of the words that it approves when it is done
    author: str = ""  # who may not approve them


class TimerTable(SQLModel, table=True):
    """When a task's holder is reminded, and when it is escalated; `ended_at` is null while it waits."""

    __tablename__ = "timer"
    __table_args__ = (
        UniqueConstraint("task", "kind", "number", name="timer_task"),
        partial_index("timer_due", "at", where="ended_at is null"),
    )
    id: int | None = _id()
    task: int = _ref("task.id")
    kind: str
    number: int
    at: datetime = _moment()
    ended_at: datetime | None = _moment()
    end: str = ""  # fired | missed | cancelled


class EventTable(SQLModel, table=True):
    """`member` is who joined or left, in events about a group."""

    __tablename__ = "event"
    __table_args__ = (
        partial_index("event_new", "id", where="handled_at is null"),
        Index("event_subject", "name", "subject", "at"),
        partial_index("event_member", "name", "member", "at", where="member is not null"),
        Index("event_time", "name", "at", "subject"),
    )
    id: int | None = _id()
    name: str
    subject: str
    data: Mapping[str, Any] | None = _values()
    at: datetime = _moment()
    dedupe: str | None = Field(default=None, unique=True)
    handled_at: datetime | None = _moment()
    member: str | None = None


class MembershipTable(SQLModel, table=True):
    """Who is in which group, by the newest event about the two; `group` and `member` are their ids."""

    __tablename__ = "membership"
    __table_args__ = (Index("membership_member", "member"),)
    group: str = Field(primary_key=True)
    member: str = Field(primary_key=True)
    inside: bool
    changed_at: datetime = _moment()


class MemberNameTable(SQLModel, table=True):
    """What a member is called, by the newest event that says so, in whichever group."""

    __tablename__ = "member_name"
    member: str = Field(primary_key=True)
    name: str
    at: datetime = _moment()


class TagTable(SQLModel, table=True):
    """Every change of a tag, never changed itself: null removes it, a mapping without `value` sets it bare."""

    __tablename__ = "tag"
    __table_args__ = (Index("tag_subject", "subject", "at"),)
    id: int | None = _id()
    subject: str
    name: str
    data: Mapping[str, Any] | None = _values()
    at: datetime = _moment()
    actor: str
    campaign: str


class ReadingTable(SQLModel, table=True):
    """One reported value of a metric; `about` is the row it is for, "" where there is one for all."""

    __tablename__ = "reading"
    __table_args__ = (Index("reading_metric", "metric", "at"),)
    id: int | None = _id()
    metric: str
    about: str
    data: Mapping[str, Any] | None = _values()
    at: datetime = _moment()
    actor: str
    dedupe: str | None = Field(default=None, unique=True)


class EnrolmentTable(SQLModel, table=True):
    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("campaign", "journey", "entry", name="enrolment_entry"),
        Index("enrolment_subject", "campaign", "journey", "subject"),
    )
    id: int | None = _id()
    campaign: str = Field(foreign_key="campaign.id")
    journey: str
    subject: str
    entry: str
    event: int = _ref("event.id")
    entered_at: datetime = _moment()
    key: str = ""


class EffectTable(SQLModel, table=True):
    """What a step did for one target besides sending or asking: a tag, an event, a split, an exit, a pause, nothing."""

    __tablename__ = "effect"
    __table_args__ = (Index("effect_occurrence", "occurrence"),)
    id: int | None = _id()
    key: str = Field(unique=True)
    occurrence: int = _ref("occurrence.id")
    campaign: str
    target: str
    kind: str
    state: str  # done | skipped
    result: str
    reason: str
    arm: str
    verdict: str
    at: datetime = _moment()


class WaitTable(SQLModel, table=True):
    """A `wait` under way; its occurrence is planned and waits for `wait`."""

    __tablename__ = "wait"
    __table_args__ = (
        partial_index("wait_until", "until", where="ended_at is null"),
        partial_index("wait_subject", "campaign", "subject", where="ended_at is null"),
    )
    occurrence: int = _ref("occurrence.id", primary_key=True)
    campaign: str
    subject: str
    key: str
    since: datetime = _moment()
    until: datetime = _moment()
    arm: str
    ended_at: datetime | None = _moment()


class CollectionTable(SQLModel, table=True):
    """Triggers of one subject that count as one (`collect`)."""

    __tablename__ = "collection"
    __table_args__ = (partial_index("collection_open", "closes_at", where="closed = false"),)
    id: int | None = _id()
    campaign: str = Field(foreign_key="campaign.id")
    journey: str
    subject: str
    key: str
    closes_at: datetime = _moment()
    first_event: int = _ref("event.id")
    events: Mapping[str, Any] = Field(sa_type=cast(Any, Json))
    closed: bool


class EndedTable(SQLModel, table=True):
    """A scope that `exit_when` or `exit` ended: for one subject, or with an empty one for all."""

    __tablename__ = "ended"
    campaign: str = Field(primary_key=True, foreign_key="campaign.id")
    scope: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    reason: str
    at: datetime = _moment()


class LeftOutTable(SQLModel, table=True):
    """What a person left out of a step: one slot, by its occurrence's key, or with "" all; one target, or all."""

    __tablename__ = "left_out"
    campaign: str = Field(primary_key=True, foreign_key="campaign.id")
    step: str = Field(primary_key=True)
    occurrence: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    reason: str
    actor: str
    at: datetime = _moment()


class TruthTable(SQLModel, table=True):
    """What a watched condition said last, and how often it has become true."""

    __tablename__ = "truth"
    campaign: str = Field(primary_key=True, foreign_key="campaign.id")
    name: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    value: int | None = Field(default=None, sa_type=SmallInteger)
    edges: int
    asked_at: datetime = _moment()


class AnchorTable(SQLModel, table=True):
    """Anchors of a campaign that an event has confirmed, with the time it gave them."""

    __tablename__ = "anchor"
    campaign: str = Field(primary_key=True, foreign_key="campaign.id")
    name: str = Field(primary_key=True)
    event: str
    at: datetime = _moment()


class VersionTable(SQLModel, table=True):
    """A change of a campaign while it ran: `before` and `bundle` are what it was and is."""

    __tablename__ = "version"
    __table_args__ = (Index("version_campaign", "campaign"),)
    id: int | None = _id()
    campaign: str = Field(foreign_key="campaign.id")
    kind: str
    before: str = Field(foreign_key="bundle.hash")
    bundle: str = Field(foreign_key="bundle.hash")
    at: datetime = _moment()
    actor: str
    reason: str
    detail: Mapping[str, Any] = Field(sa_type=cast(Any, Json))


class PauseTable(SQLModel, table=True):
    __tablename__ = "pause"
    scope: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    at: datetime = _moment()
    actor: str
    reason: str


class TransitionTable(SQLModel, table=True):
    """The completion log: append-only, kept so by triggers. `ref` is the row's id, `name` its name where it has one."""

    __tablename__ = "transition"
    id: int | None = _id()
    at: datetime = _moment()
    entity: str
    ref: int | None = Field(default=None, sa_type=cast(Any, _Number))
    name: str
    before: str
    after: str
    reason: str
    actor: str


class AlertTable(SQLModel, table=True):
    """An attempt to tell of trouble: a digest of the log up to line `upto`; `outcome` is "" while it is on its way."""

    __tablename__ = "alert"
    id: int | None = _id()
    upto: int = Field(sa_type=BigInteger)
    at: datetime = _moment()
    text: str
    outcome: str
    reason: str


class MarkTable(SQLModel, table=True):
    """Single moments worth keeping, by name: the last tick."""

    __tablename__ = "mark"
    name: str = Field(primary_key=True)
    at: datetime = _moment()


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


BUNDLE, CAMPAIGN, OCCURRENCE, BUCKET = _table("bundle"), _table("campaign"), _table("occurrence"), _table("bucket")
DELIVERY, ATTEMPT, TASK, EVENT = _table("delivery"), _table("attempt"), _table("task"), _table("event")
ENROLMENT, PAUSE, TRANSITION, MARK = _table("enrolment"), _table("pause"), _table("transition"), _table("mark")
MEMBERSHIP, MEMBER_NAME = _table("membership"), _table("member_name")
TAG, READING = _table("tag"), _table("reading")
TIMER = _table("timer")
EFFECT, WAIT, COLLECTION = _table("effect"), _table("wait"), _table("collection")
ENDED, TRUTH, ANCHOR, LEFT = _table("ended"), _table("truth"), _table("anchor"), _table("left_out")
VERSION, ALERT, QUEUED = _table("version"), _table("alert"), _table("queued")
