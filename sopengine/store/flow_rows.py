"""What flows hand the store and get back: effects, waits, entries, and what a campaign makes of an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from sopengine.store.delivery_rows import MovedDelivery
from sopengine.store.rows import EventRow, MovedTask, NextTurn, OccurrenceRow


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


class NewEffect(Struct, frozen=True):
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


class NewWait(Struct, frozen=True):
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


class Enrol(Struct, frozen=True):
    """Enter a flow: `occurrences` are its steps, as planned for this entry."""

    campaign: str
    journey: str
    subject: str
    key: str
    entry: str
    event: int
    occurrences: Sequence[OccurrenceRow]


class Collect(Struct, frozen=True):
    """Count this trigger together with those that come before `closes_at`."""

    campaign: str
    journey: str
    key: str
    closes_at: datetime
    event: EventRow


class Collected(Struct, frozen=True):
    """A collection whose time is up."""

    id: int
    campaign: str
    journey: str
    subject: str
    key: str
    closes_at: datetime
    events: tuple[EventRow, ...]


class EndWait(Struct, frozen=True):
    """What was waited for has happened; `effect` says what, and leads on."""

    wait: WaitRow
    effect: NewEffect


class Ignore(Struct, frozen=True):
    """A trigger that starts nothing, and why."""

    reason: str


class Confirm(Struct, frozen=True):
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
    work: Sequence[MovedTask]
    ends_at: datetime | None  # of the campaign


class Followed(Struct, frozen=True):
    """A list was read anew: the turns of its targets as they are from now on."""

    campaign: str
    new: Sequence[OccurrenceRow]
    moved: Sequence[tuple[int, NextTurn]]  # planned ones, by `id`, whose next turn is another
    again: Sequence[tuple[int, NextTurn]]  # carried out before; somebody has a turn now
    deliveries: Sequence[MovedDelivery]
    ends_at: datetime | None  # of the campaign


class SetGoing(Struct, frozen=True):
    """Occurrences, by `id`, that come after an event which has come."""

    campaign: str
    event: str
    occurrences: Sequence[tuple[int, NextTurn]]


class EndRepetition(Struct, frozen=True):
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


class Truth(Struct, frozen=True):
    """What a watched condition said last about a subject ("" = the campaign); `edges` counts how often it became
    true."""

    campaign: str
    name: str
    subject: str
    value: bool | None
    edges: int
    asked_at: datetime
