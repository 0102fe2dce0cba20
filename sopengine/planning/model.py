"""The values of a plan: campaign, occurrence, planned delivery (words as in docs/glossary.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field

from sopengine.language.guards import FREE, Guards
from sopengine.language.model import Playbook, Step
from sopengine.language.named import Message, Row, Value
from sopengine.planning.content import Lookup
from sopengine.planning.identity import delivery_key
from sopengine.planning.waves import delay, rolls_out
from sopengine.timing.spread import offset
from sopengine.timing.words import AnchorValue
from sopengine.timing.workcalendar import WorkCalendar

Section = Literal["phases", "weekly", "welcome", "journeys", "watch", "during"]


class Campaign(Struct, frozen=True):
    """A playbook with its inputs and data. `start` is the instant it was (or would be) started, aware.

    `sources` holds rows by source name; a source that is absent has no data, and its audience's sample stands in.
    """

    id: str
    playbook: Playbook
    inputs: Mapping[str, Value]
    calendar: WorkCalendar
    start: datetime
    sources: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    default_channel: str = ""
    tasks_via: str = ""
    guards: Guards = FREE  # of the workspace
    confirmed: frozenset[str] = frozenset()  # anchors whose event has come; `inputs` has its time


class Span(Struct, frozen=True):
    """A phase or a whole campaign in one zone: half-open aware instants, first and last local day; None = open."""

    name: str
    title: str
    begin: datetime
    end: datetime | None
    first: date
    last: date | None


class Occurrence(Struct, frozen=True):
    """One step at one slot (semantics.md S1). Datetimes are aware UTC; `key` is derived, never random."""

    key: str
    campaign: str
    section: Section
    step: Step
    phase: str
    day: str
    ordinal: int
    zone: str
    date: date
    number: int
    phase_day: int  # n-th day of the phase or since the trigger, 1-based; 0 in weekly
    planned_at: datetime
    due_at: datetime
    expires_at: datetime  # the earlier of due_at + late_ok and useful_until
    useful_until: datetime
    waits_for: str = ""  # key of the occurrence this one comes after, due_at is then an estimate; or `event:NAME`
    subject: Row | None = None  # a journey's subject
    event: Mapping[str, Any] | None = None
    entry: str = ""
    sequence: int = 0  # written order inside a journey
    note: str = ""  # gap | overlap: the clock change moved it
    untimed: bool = False  # it comes after an event, or after what does: nobody knows when; due_at means nothing yet
    anchors: Mapping[str, AnchorValue] | None = None  # what its times were counted from, where a target has its own


class PlannedDelivery(NamedTuple):
    """One occurrence for one target: what is to be sent, handed to a person or done, before rendering.

    `shared` is the plain data that all deliveries of the occurrence have in common, `own` what only this one has.
    """

    occurrence: Occurrence
    step: Step  # the occurrence's, or what the chosen arm makes of it
    target: Row  # whom it is about; gives the delivery its identity
    receiver: Row  # whose channel and address it takes: the target, or the row of a role
    channel: str  # a channel's name in the workspace; "" when none is known
    address: str  # a reference, never a secret
    message: Message  # for a task: its title as a message
    template: str  # the variant that this slot uses, or the table's row; "" where there is no such row
    shared: Mapping[str, Any]
    own: Mapping[str, Any]
    person: str = ""
    skip: str = ""  # why it will not be carried out, e.g. `condition: target.size = 3`
    lookup: Lookup | None = None  # of a message from a table
    arm: str = ""  # the number of the chosen arm
    verdict: str = ""  # which arm was chosen, and the values that decided
    wave: int = 0  # of a rollout
    during: str = ""  # CAMPAIGN/PHASE/MESSAGE of another campaign that is said in its place

    @property
    def speaks(self) -> bool:
        """Whether there is a text to render: a message, or the title of a task."""
        return bool(self.template) and not self.skip

    @property
    def due_at(self) -> datetime:
        """The target's own: the slot, and its place in the step's `spread` or `rollout`."""
        return self.occurrence.due_at + self.stagger

    @property
    def stagger(self) -> timedelta:
        if (rollout := rolls_out(self.step)) is not None:
            return delay(rollout, self.wave)
        spread, occurrence = self.step.when.spread, self.occurrence
        return offset(self.target_id, spread, occurrence.useful_until - occurrence.due_at) if spread else timedelta(0)

    @property
    def key(self) -> str:
        """Derived when it is asked for: of a delivery that was claimed the store knows it."""
        return delivery_key(self.occurrence.key, self.target_id)

    @property
    def target_id(self) -> str:
        return str(self.target["id"])

    @property
    def bucket(self) -> str:
        """The name of the rate bucket: one per address (language.md, Addressing)."""
        return f"{self.channel}/{self.address}"
