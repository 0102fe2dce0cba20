"""The values that pass the store's door: what the engine hands in and gets back. All datetimes are aware UTC.

Those made once for each delivery are named tuples, which are made fastest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple

from msgspec import Struct, field


class State(IntEnum):
    """States of a delivery (semantics.md S2). *held* is PLANNED with a later `run_after` and a `hold` reason."""

    PLANNED = 0
    CLAIMED = 1
    SENDING = 2
    SENT = 3
    FAILED = 4
    UNKNOWN = 5
    MISSED = 6
    SKIPPED = 7
    WITHDRAWN = 8
    AWAITING_CONFIRM = 9
    CONFIRMED = 10


class TaskState(IntEnum):
    """States of a task (semantics.md S7); MISSED and SKIPPED never became work."""

    OPEN = 0
    ACKNOWLEDGED = 1
    DONE = 2
    DECLINED = 3
    OVERDUE = 4
    WITHDRAWN = 5
    MISSED = 6
    SKIPPED = 7


class OccurrenceState(IntEnum):
    """FANNED_OUT: its deliveries and tasks are stored and go their own ways."""

    PLANNED = 0
    FANNED_OUT = 1
    SKIPPED = 2
    MISSED = 3
    WITHDRAWN = 4


class CampaignRow(Struct, frozen=True):
    id: str
    playbook: str
    title: str
    bundle: str  # hash of the stored bundle
    zone: str
    state: str  # running | paused | stopped | finished
    started_at: datetime
    started_by: str
    planned_until: datetime | None  # occurrences are stored up to here
    ends_at: datetime | None  # None: runs until stopped
    series: str = ""  # its id before a number told it from earlier ones


class QueuedRow(Struct, frozen=True):
    """A campaign that begins when those of its series have ended."""

    id: str
    series: str
    playbook: str
    title: str
    bundle: str
    zone: str
    asked_at: datetime
    asked_by: str


class OccurrenceRow(Struct, frozen=True):
    """One planned occurrence. `id` is 0 before it is stored."""

    key: str
    campaign: str
    section: str
    phase: str
    step: str
    day: str
    ordinal: int
    zone: str
    date: str  # ISO local date
    number: int
    phase_day: int
    planned_at: datetime
    due_at: datetime
    expires_at: datetime
    useful_until: datetime
    waits_for: str = ""  # key of the occurrence it comes after, or `event:NAME`; not due before that
    subject: Mapping[str, Any] | None = None
    event: Mapping[str, Any] | None = None
    entry: str = ""
    sequence: int = 0  # written order inside a journey: earlier ones of the same entry must be final first
    required: bool = False  # its flow waits for a person unless this ends well
    id: int = 0


class NextTurn(NamedTuple):
    """When an occurrence whose targets have times of their own goes on, with the limits of those targets."""

    due_at: datetime
    expires_at: datetime
    useful_until: datetime


class NewTimer(NamedTuple):
    """`number` is its place in the list that its task's step has of this kind."""

    kind: str  # remind | escalate | opened, which has no list
    number: int
    at: datetime


class NewTask(Struct, frozen=True):
    key: str
    occurrence: int
    target: str
    person: str
    title: str
    due_at: datetime | None
    state: TaskState = TaskState.OPEN
    reason: str = ""
    arm: str = ""
    verdict: str = ""
    on_overdue: str = "continue"  # continue | skip | hold: how its flow takes it when it falls overdue
    planned_at: datetime | None = None  # where the target's slot is not the occurrence's
    timers: tuple[NewTimer, ...] = ()
    approves: str = ""  # the hash of the words that it approves when it is done
    author: str = ""  # who may not approve them


class OpenTask(NamedTuple):
    """Work that was handed out and is not done, declined or overdue."""

    id: int
    occurrence: int
    target: str
    arm: str
    due_at: datetime | None
    created_at: datetime


class MovedTask(NamedTuple):
    """Open work, by `id`, that is due at another time from now on, and its timers with it."""

    id: int
    due_at: datetime | None
    timers: tuple[NewTimer, ...] = ()


class EventRow(Struct, frozen=True):
    """Something that happened. `dedupe` makes a repeated report harmless."""

    name: str
    subject: str
    data: Mapping[str, Any]
    at: datetime
    dedupe: str = ""
    id: int = 0


class TaskRow(Struct, frozen=True):
    id: int
    key: str
    campaign: str
    step: str
    target: str
    person: str
    title: str
    state: TaskState
    created_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    done_by: str
    reason: str
    delivery: int | None  # set for a hand-over: completing it confirms the delivery
    fields: Mapping[str, Any] | None = None  # what was filled in
    arm: str = ""  # of its step, where that chooses
    occurrence: int = 0
    role: str = ""  # that has it now, where that is not the one of its step
    handed_over: bool = False  # `person` was named by hand: no list has a say in it
    escalated: bool = False
    approves: str = ""  # the hash of the words that it approves


class DueTimer(NamedTuple):
    """A timer whose moment has come, of a task that can still be done."""

    id: int
    kind: str
    number: int
    at: datetime
    task: TaskRow


class Transition(Struct, frozen=True):
    """One line of the completion log. `entity` is occurrence | delivery | task | campaign | bucket | event | tag |
    metric | effect | enrolment, and channel | all for pauses."""

    at: datetime
    entity: str
    campaign: str
    step: str
    target: str
    slot: datetime | None
    before: str
    after: str
    channel: str
    reason: str
    actor: str
    key: str
    id: int = 0
    ref: int | None = None  # the number of the delivery or task, or of the row that it speaks of


class Member(NamedTuple):
    """Somebody known from events, and the ids of the groups they are in."""

    id: str
    name: str
    groups: tuple[str, ...]


class Reading(NamedTuple):
    """A value reported for a metric; `about` is the row it is for, "" where there is one for all."""

    metric: str
    value: Any
    at: datetime
    about: str = ""
    dedupe: str = ""


class Bucket(Struct, frozen=True):
    """The rate of one address. Zero rate means unlimited."""

    name: str
    rate: float  # tokens per second
    burst: int


class Counts(Struct, frozen=True):
    """How a campaign stands: number of deliveries and tasks by state name, and the next due time. `waiting` is the
    number of slots by the event they wait for."""

    deliveries: Mapping[str, int] = field(default_factory=dict)
    tasks: Mapping[str, int] = field(default_factory=dict)
    occurrences_ahead: int = 0
    next_due: datetime | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    needs: int = 0  # deliveries and flows that wait for a person


class Finality(Struct, frozen=True):
    """How the occurrence that another one waits for has ended so far. `targets`: the final moment of each target that
    is final, and whether it ended well (sent, confirmed, done)."""

    final: bool
    at: datetime | None = None  # the last final moment; None while not final
    good: bool = False  # final, something was delivered, and all of it ended well
    targets: Mapping[str, tuple[datetime, bool]] = field(default_factory=dict)


class Reaped(Struct, frozen=True):
    """What became of leases that ran out."""

    released: int = 0  # may be claimed again
    unknown: int = 0  # may have been sent; a person decides


class Completion(Struct, frozen=True):
    """`done`: this call completed the task. Else `state`, `by` and `at` tell how it had ended before."""

    done: bool
    state: TaskState
    by: str
    at: datetime | None


class Resolved(Struct, frozen=True):
    """`done`: this call decided it. Else `state`, `by`, `at` and `reason` tell how it had been decided before."""

    done: bool
    state: State
    by: str
    at: datetime
    reason: str


class Attempt(NamedTuple):
    """One sending of a delivery: what came back. `outcome` is "" while nothing has, `status` is that of HTTP."""

    started_at: datetime
    ended_at: datetime | None
    outcome: str
    status: int | None
    excerpt: str


class Need(NamedTuple):
    """A delivery that a person has to look at, with its evidence. `bucket` is `channel/address reference`."""

    id: int
    key: str
    campaign: str
    step: str
    target: str
    channel: str
    bucket: str
    state: State
    reason: str
    text: str | None  # as it went out
    slot: datetime
    useful_until: datetime
    attempts: tuple[Attempt, ...]


class HeldFlow(NamedTuple):
    """An entry of a flow that waits for a person behind a required step; `key` is that of the step's occurrence."""

    key: str
    campaign: str
    flow: str
    subject: str
    step: str
    slot: datetime


class Stopping(NamedTuple):
    """What a stop takes back, and in `sending` what is on its way and cannot be called back."""

    slots: int
    messages: int
    tasks: int
    sending: int


class Behind(NamedTuple):
    """A delivery that waits behind a pause; `late` says that its time is over."""

    campaign: str
    step: str
    target: str
    slot: datetime
    late: bool


class Pause(Struct, frozen=True):
    scope: str  # all | campaign | channel
    name: str  # "" for all
    at: datetime
    actor: str
    reason: str


class Parked(NamedTuple):
    """An address that rests; `name` is `channel/address reference`."""

    name: str
    until: datetime
    reason: str
