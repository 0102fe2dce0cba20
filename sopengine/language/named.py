"""What a playbook declares under names: inputs, fields, conditions, audiences, roles, messages, metrics, goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

from sopengine.diagnostics import Path
from sopengine.language.content import ContentTable
from sopengine.timing.words import DayRule, Duration

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


class Input(Struct, frozen=True):
    name: str
    type: FieldType
    path: Path
    title: str = ""
    default: Scalar | tuple[Scalar, ...] = None
    required: bool = True  # no default written
    choices: tuple[str, ...] = ()
    confirm: str = ""  # event that confirms a datetime anchor


class Field(Struct, frozen=True):
    """One value that an event carries or a task's form asks for."""

    name: str
    type: FieldType
    title: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False


Fields: TypeAlias = Mapping[str, Field]


class Condition(Struct, frozen=True):
    """A condition's source text, already parsed once without findings; `language.conditions` evaluates it."""

    text: str
    path: Path


class Audience(Struct, frozen=True):
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


class Role(Struct, frozen=True):
    name: str
    path: Path
    source: str = ""
    person: str = ""  # a column of the source; without a source a person's name
    match: str = ""
    calendar: str = ""
    hours: tuple[time, time] | None = None
    via: str = ""
    columns: Mapping[str, FieldType] = field(default_factory=dict)


class Message(Struct, frozen=True):
    """One message. `variants` holds one template, or several that rotate by `slot.number`.

    `paths[i]` is where variant i stands; for a message from a file, `file` names it and the path is that of the name.
    A message from a table has no variants: each row is a text of its own.
    """

    name: str
    path: Path
    variants: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    file: str = ""
    format: str = "text"  # text | markdown
    image: str = ""
    mention: tuple[str, ...] = ()  # "all" or ids
    table: ContentTable | None = None

    @property
    def has_image(self) -> bool:
        return bool(self.image) or any(row.image for row in (self.table.rows if self.table else ()))

    def texts(self) -> Iterator[tuple[str, Path]]:
        """Every template it may send, with its path in the playbook."""
        yield from zip(self.variants, self.paths, strict=True)
        for row in self.table.rows if self.table else ():
            yield row.text.text, (*self.path, "table")


class Metric(Struct, frozen=True):
    """`of` is STEP.FIELD or EVENT.FIELD (sum, last), an event (count), or a source of the workspace."""

    name: str
    path: Path
    kind: Literal["sum", "count", "last", "source"]
    of: str
    per: str = ""  # a column: one value for each of its values
    of_step: bool = False  # of a module's step, which has a dot in its name as events have

    @property
    def owner(self) -> str:
        """The step or event whose field it is; events' names have a dot, steps' have none but those of modules."""
        return self.of.rpartition(".")[0] if self.kind in ("sum", "last") else self.of

    @property
    def field(self) -> str:
        return self.of.rpartition(".")[2] if self.kind in ("sum", "last") else ""


class Weight(Struct, frozen=True):
    """`written` is the key under which it stands."""

    written: str
    days: DayRule
    value: Decimal


class Goal(Struct, frozen=True):
    """`target` for the whole campaign, or for each day, week or month of it; spread over days by `weights`: a day that
    several of them name has the largest, one that none names has 1."""

    name: str
    path: Path
    metric: str
    target: Decimal
    per: str = ""
    each: Literal["", "day", "week", "month"] = ""
    weights: tuple[Weight, ...] = ()
    formula: str = ""
