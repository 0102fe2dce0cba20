"""A delivery's way through the store: stored, claimed, intended, recorded, moved, read. All datetimes are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from sopengine.store.rows import NewTask, State


class UnsentDelivery(NamedTuple):
    """A stored delivery that waits for its time."""

    id: int
    occurrence: int
    target: str
    arm: str
    row: Mapping[str, Any] | None
    about: Mapping[str, Any] | None
    due_at: datetime
    wave: int


class MovedDelivery(NamedTuple):
    id: int
    due_at: datetime
    expires_at: datetime
    useful_until: datetime
    planned_at: datetime | None
    row: Mapping[str, Any] | None = None  # the receiver's row where it is another now, and the target's with it
    about: Mapping[str, Any] | None = None


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
    recipient: str = ""  # SOURCE/ID of who gets it
    priority: int = 0
    run_after: datetime | None = None  # where a guard holds it beyond its time, with `hold`
    hold: str = ""
    task: str = ""  # key of the task that a notice speaks of: it goes when that is done
    person: str = ""  # whom it tells, where that is not who its step names
    says: str = ""  # its text where no template has it
    wave: int = 0  # of a rollout


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
    recipient: str = ""
    priority: int = 0
    zone: str = ""
    hold: str = ""  # what held it until now: a guard's word, rate, or why it is tried again
    person: str = ""
    says: str = ""
    wave: int = 0
    section: str = ""


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
    settled: bool = False  # with UNKNOWN: its author wants nobody to look at it
    doubtful: bool = False  # with PLANNED: asked again although it may have been taken; never ends as unsent then


class DeliveryRow(Struct, frozen=True):
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
    notice: bool = False
