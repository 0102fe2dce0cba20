"""The values that pass the store's door: what the engine hands in and gets back. All datetimes are aware UTC.

Those made once for each delivery are named tuples: a frozen dataclass takes ten times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple


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


@dataclass(frozen=True, slots=True)
class CampaignRow:
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


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
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


class UnsentDelivery(NamedTuple):
    """A stored delivery that waits for its time."""

    id: int
    occurrence: int
    target: str
    arm: str
    row: Mapping[str, Any] | None
    about: Mapping[str, Any] | None
    due_at: datetime


class MovedDelivery(NamedTuple):
    id: int
    due_at: datetime
    expires_at: datetime
    useful_until: datetime
    planned_at: datetime | None


class NewDelivery(NamedTuple):
    key: str
    occurrence: int
    target: str  # the target's id
    channel: str
    bucket: str  # `channel/address reference`: never a secret itself
    due_at: datetime
    expires_at: datetime
    useful_until: datetime
    row: Mapping[str, Any] | None = None  # the receiver's row, kept where the source may change
    state: State = State.PLANNED  # or SKIPPED / MISSED / FAILED, decided at fan-out, with `reason`
    reason: str = ""
    arm: str = ""  # of a `choose`
    verdict: str = ""
    about: Mapping[str, Any] | None = None  # the target's row where it is not the receiver's
    notice: bool = False  # tells a person of a task
    planned_at: datetime | None = None  # where the target's slot is not the occurrence's
    during: str = ""  # CAMPAIGN/PHASE/MESSAGE said in its place


@dataclass(frozen=True, slots=True)
class NewTask:
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


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened. `dedupe` makes a repeated report harmless."""

    name: str
    subject: str
    data: Mapping[str, Any]
    at: datetime
    dedupe: str = ""
    id: int = 0


class TagChange(NamedTuple):
    """`value`: True for a bare tag, a text or number for one with a value, None to remove it."""

    subject: str
    name: str
    value: Any = True


class EndScope(NamedTuple):
    """End a scope (semantics.md S5): `playbook`, `phase:NAME`, `weekly`, `welcome` or `journey:NAME`.

    `subject` "" ends it for all; `entry` names one entry of a flow; `key`, where set, only entries with this key."""

    campaign: str
    scope: str
    subject: str
    reason: str
    entry: str = ""
    key: str = ""


class Jump(NamedTuple):
    """A flow goes on at the step numbered `to`: what stands between is skipped."""

    campaign: str
    entry: str
    after: int
    to: int
    reason: str


class PauseSends(NamedTuple):
    campaign: str
    reason: str


class Raise(NamedTuple):
    """Tell the engine of an event, once for its `dedupe`."""

    event: EventRow


class SetTags(NamedTuple):
    campaign: str
    changes: tuple[TagChange, ...]


Deed = EndScope | Jump | PauseSends | Raise | SetTags
"""What is carried out in the same commit as the row that asks for it."""


@dataclass(frozen=True, slots=True)
class NewEffect:
    """What a step does for one target besides sending or asking; stored, and carried out, with its occurrence.

    `kind` is tag, emit, split, exit, pause, wait, go or none; `state` is done or skipped; `at` is its planned time."""

    key: str
    occurrence: int
    target: str
    kind: str
    at: datetime
    state: str = "done"
    result: str = ""
    reason: str = ""
    arm: str = ""
    verdict: str = ""
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class NewWait:
    """Begin to wait for an event about `subject`; where `key` is set, one that carries it must agree."""

    occurrence: int
    campaign: str
    subject: str
    key: str
    since: datetime
    until: datetime
    arm: str = ""


class WaitRow(NamedTuple):
    """A wait under way, with its place in its flow."""

    occurrence: int
    campaign: str
    step: str
    entry: str
    sequence: int
    subject: str
    key: str
    since: datetime
    until: datetime
    arm: str
    occurrence_key: str


@dataclass(frozen=True, slots=True)
class Enrol:
    """Enter a flow: `occurrences` are its steps, as planned for this entry."""

    campaign: str
    journey: str
    subject: str
    key: str
    entry: str
    event: int
    occurrences: Sequence[OccurrenceRow]


@dataclass(frozen=True, slots=True)
class Collect:
    """Count this trigger together with those that come before `closes_at`."""

    campaign: str
    journey: str
    key: str
    closes_at: datetime
    event: EventRow


@dataclass(frozen=True, slots=True)
class Collected:
    """A collection whose time is up."""

    id: int
    campaign: str
    journey: str
    subject: str
    key: str
    closes_at: datetime
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class EndWait:
    """What was waited for has happened; `effect` says what, and leads on."""

    wait: WaitRow
    effect: NewEffect


@dataclass(frozen=True, slots=True)
class Ignore:
    """A trigger that starts nothing, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """The event that confirms an anchor has come: the anchor moves to `at`, and with it what is unsent."""

    campaign: str
    anchor: str
    event: str
    at: datetime
    moved: Sequence[OccurrenceRow]  # planned ones, by `id`, as they are from now on
    gone: Sequence[int]  # planned ones that have no place any more, or one before the event
    new: Sequence[OccurrenceRow]
    deliveries: Sequence[MovedDelivery]
    past: Sequence[int]  # deliveries that would have had to go out before the event
    ends_at: datetime | None  # of the campaign


@dataclass(frozen=True, slots=True)
class SetGoing:
    """Occurrences, by `id`, that come after an event which has come."""

    campaign: str
    event: str
    occurrences: Sequence[tuple[int, NextTurn]]


@dataclass(frozen=True, slots=True)
class EndRepetition:
    """Occurrences, by `id`, of repetitions that an event ends."""

    campaign: str
    event: str
    occurrences: Sequence[int]


Answer = EndScope | EndWait | Enrol | Collect | Ignore | Confirm | SetGoing | EndRepetition
"""What one campaign makes of one event."""


class StepResult(NamedTuple):
    """What one step came to for one target. `state` is a word; `fields` those of a task's form."""

    step: str
    target: str
    state: str
    result: str
    at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a watched condition said last about a subject ("" = the campaign); `edges` counts how often it became
    true."""

    campaign: str
    name: str
    subject: str
    value: bool | None
    edges: int
    asked_at: datetime


class Claimed(NamedTuple):
    """A delivery this process may send until `lease_until`; every later write repeats `id` and `fence`."""

    id: int
    fence: int
    key: str
    attempt: int
    occurrence: int
    campaign: str
    step: str
    target: str
    channel: str
    bucket: str
    due_at: datetime
    planned_at: datetime
    expires_at: datetime
    useful_until: datetime
    lease_until: datetime
    row: Mapping[str, Any] | None
    doubtful: bool = False  # an earlier attempt may have been taken
    arm: str = ""
    about: Mapping[str, Any] | None = None
    notice: bool = False
    during: str = ""


class Intent(NamedTuple):
    """What is about to be sent. `text` is stored as sent; it is committed before the first byte goes out."""

    id: int
    fence: int
    text: str


class Result(NamedTuple):
    """How a claimed or sending delivery goes on. `run_after` is set when it goes back to PLANNED (held, back-off).
    With state AWAITING_CONFIRM `task` is the hand-over task to create in the same commit."""

    id: int
    fence: int
    state: State
    reason: str = ""
    run_after: datetime | None = None
    expires_at: datetime | None = None
    receipt: str = ""
    status: int | None = None
    excerpt: str = ""
    task: NewTask | None = None
    doubtful: bool = False  # with PLANNED: asked again although it may have been taken; never ends as unsent then


@dataclass(frozen=True, slots=True)
class TaskRow:
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


@dataclass(frozen=True, slots=True)
class Transition:
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


@dataclass(frozen=True, slots=True)
class Bucket:
    """The rate of one address. Zero rate means unlimited."""

    name: str
    rate: float  # tokens per second
    burst: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How a campaign stands: number of deliveries and tasks by state name, and the next due time. `waiting` is the
    number of slots by the event they wait for."""

    deliveries: Mapping[str, int] = field(default_factory=dict)
    tasks: Mapping[str, int] = field(default_factory=dict)
    occurrences_ahead: int = 0
    next_due: datetime | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finality:
    """How the occurrence that another one waits for has ended so far. `targets`: the final moment of each target that
    is final, and whether it ended well (sent, confirmed, done)."""

    final: bool
    at: datetime | None = None  # the last final moment; None while not final
    good: bool = False  # final, something was delivered, and all of it ended well
    targets: Mapping[str, tuple[datetime, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reaped:
    """What became of leases that ran out."""

    released: int = 0  # may be claimed again
    unknown: int = 0  # may have been sent; a person decides


@dataclass(frozen=True, slots=True)
class Completion:
    """`done`: this call completed the task. Else `state`, `by` and `at` tell how it had ended before."""

    done: bool
    state: TaskState
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Pause:
    scope: str  # all | campaign | channel
    name: str  # "" for all
    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as reports show it."""

    id: int
    key: str
    campaign: str
    section: str
    phase: str
    step: str
    date: str
    target: str
    channel: str
    bucket: str
    state: State
    hold: str
    reason: str
    text: str | None
    planned_at: datetime
    due_at: datetime
    run_after: datetime
    expires_at: datetime
    useful_until: datetime
    sent_at: datetime | None
    changed_at: datetime
    attempt: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is due behind a pause: occurrences and deliveries that would run at once, and those that are too late."""

    in_time: int
    too_late: int
