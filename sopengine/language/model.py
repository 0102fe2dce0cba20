"""A playbook as frozen values; every part keeps its `path` in the document, where `document` finds its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from sopengine.diagnostics import Path
from sopengine.timing.words import AnchorTime, Duration, When

Scalar: TypeAlias = str | int | bool | Decimal | date | datetime | time | Duration | None
Value: TypeAlias = "Scalar | list[Any] | dict[str, Any]"
Row: TypeAlias = Mapping[str, Scalar]
"""One row of a source: an audience's target, or a role's post. Always has `id`; columns are text unless declared."""


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    DURATION = "duration"
    CHOICE = "choice"
    LIST = "list"
    BOOL = "bool"
    IMAGE = "image"  # form fields only


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    type: FieldType
    path: Path
    title: str = ""
    default: Scalar | tuple[Scalar, ...] = None
    required: bool = True  # no default written
    choices: tuple[str, ...] = ()
    confirm: str = ""  # event that confirms a datetime anchor


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition's source text, already parsed once without findings; `language.conditions` evaluates it."""

    text: str
    path: Path


@dataclass(frozen=True, slots=True)
class Audience:
    name: str
    path: Path
    source: str = ""  # a source of the workspace
    of: str = ""  # or another audience
    where: Condition | None = None
    sample: Row = field(default_factory=dict)
    zone: str = ""  # an IANA zone, or `target.COLUMN`
    via: str = ""
    live: bool | None = None
    columns: Mapping[str, FieldType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    path: Path
    source: str = ""
    person: str = ""  # a column of the source; without a source a person's name
    match: str = ""
    calendar: str = ""
    hours: tuple[time, time] | None = None
    via: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `variants` holds one template, or several that rotate by `slot.number`.

    `paths[i]` is where variant i stands; for a message from a file, `file` names it and the path is that of the name.
    """

    name: str
    path: Path
    variants: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    file: str = ""
    format: str = "text"  # text | markdown
    image: str = ""
    mention: tuple[str, ...] = ()  # "all" or ids
    table: Mapping[str, Any] | None = None


# --- actions of a step: exactly one


@dataclass(frozen=True, slots=True)
class Send:
    message: Message  # a named message, or the inline one


@dataclass(frozen=True, slots=True)
class Task:
    title: str  # a template
    due: str = ""
    remind: tuple[str, ...] = ()
    escalate: tuple[Mapping[str, Any], ...] = ()
    form: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class OtherAction:
    """An action this version loads and names but does not carry out: choose wait split tag emit exit pause use."""

    kind: str
    data: Any


Action: TypeAlias = Send | Task | OtherAction


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    path: Path
    when: When
    action: Action
    to: str = ""  # audience, role, `target`, `member`; after inheritance from its flow
    if_: Condition | None = None
    via: str = ""
    late_ok: Duration | None = None
    useful_until: AnchorTime | str | None = None  # an anchor, or a duration text after the slot
    catch_up: str = "latest"
    if_past: str = ""  # "" (error at start) | skip | now
    on_unknown: str = "hold"
    priority: int = 0
    required: bool = False
    any_outcome: bool = False
    on_overdue: str = "continue"
    audience: str = ""  # frozen | live
    modifiers: Mapping[str, Any] = field(default_factory=dict)  # the rest, as written: on_cap, approve, …


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a phase or of `runs`: a date or an anchor."""

    text: str
    value: date | AnchorTime


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    path: Path
    title: str
    begin: Bound
    end: Bound
    steps: tuple[Step, ...]
    other: Mapping[str, Any] = field(default_factory=dict)  # exit_when, during, guards, …


@dataclass(frozen=True, slots=True)
class Weekly:
    path: Path
    steps: tuple[Step, ...]
    to: str = ""
    other: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Journey:
    """`welcome` and each of `journeys`."""

    name: str
    path: Path
    on_event: str
    steps: tuple[Step, ...]
    to: str = ""
    when: Condition | None = None
    key: str = ""
    again: Duration | None = None
    collect: Duration | None = None
    other: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """A construct that loads but is not carried out by this version, and where it stands."""

    feature: str  # the key or value by which the author knows it: `choose`, `journeys`, `on: lunar`
    path: Path


@dataclass(frozen=True, slots=True)
class Playbook:
    id: str
    title: str
    timezone: str
    calendar: str = ""  # "" = no work calendar: Monday to Friday; "CN"
    inputs: Mapping[str, Input] = field(default_factory=dict)
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    events: Mapping[str, Mapping[str, FieldType]] = field(default_factory=dict)
    messages: Mapping[str, Message] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    weekly: Weekly | None = None
    welcome: Journey | None = None
    journeys: tuple[Journey, ...] = ()
    runs: tuple[Bound, Bound] | None = None
    other: Mapping[str, Any] = field(
        default_factory=dict
    )  # metrics guards exit_when scripts goals watch, as checked data
    unbuilt: tuple[Unbuilt, ...] = ()

    def steps(self) -> list[Step]:
        """Every step, in written order: phases, weekly, welcome, journeys."""
        flows = [p.steps for p in self.phases]
        flows += [self.weekly.steps] if self.weekly else []
        flows += [self.welcome.steps] if self.welcome else []
        flows += [j.steps for j in self.journeys]
        return [step for flow in flows for step in flow]
