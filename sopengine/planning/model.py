"""The values of a plan: campaign, occurrence, planned delivery (words as in docs/glossary.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sopengine.language.model import Journey, Message, Playbook, Row, Step, Value
from sopengine.timing.workcalendar import WorkCalendar

Section = Literal["phases", "weekly", "welcome", "journeys"]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A playbook with its inputs and data. `start` is the instant it was (or would be) started, aware."""

    id: str
    playbook: Playbook
    inputs: Mapping[str, Value]
    calendar: WorkCalendar
    start: datetime
    sources: Mapping[str, Sequence[Row]] = field(default_factory=dict)  # rows by source name
    default_channel: str = ""


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """A phase on the calendar: half-open instants (aware) and its first and last local day."""

    name: str
    title: str
    begin: datetime
    end: datetime
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One step at one slot (semantics.md S1). All datetimes are aware; `key` is derived, never random."""

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
    phase_day: int  # n-th day of the enclosing phase, 1-based; 0 outside phases
    planned_at: datetime
    due_at: datetime
    expires_at: datetime  # the earlier of due_at + late_ok and useful_until
    useful_until: datetime
    waits_for: str = ""  # the step id this one comes after; due_at is then an estimate
    journey: Journey | None = None
    subject: Row | None = None  # a journey's subject
    event: Mapping[str, Any] | None = None
    entry: str = ""


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One occurrence for one target: what is to be sent or handed to a person, before rendering."""

    key: str
    occurrence: Occurrence
    target: Row
    kind: Literal["send", "task"]
    channel: str  # a channel's name in the workspace; "" when none is known
    address: str
    message: Message | None  # for a task: its title as an inline message
    variant: int
    context: Mapping[str, Any]  # the plain data of this delivery
    person: str = ""
