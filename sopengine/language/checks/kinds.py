"""A name, and the audience and event it speaks of → the type of its values and its choices, as far as declared."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct

from sopengine.language.checks.declared import SUBJECTS
from sopengine.language.events import fields_of
from sopengine.language.expressions.comparing import UNWRITTEN, Side
from sopengine.language.expressions.history import Ask
from sopengine.language.expressions.names import step_word
from sopengine.language.model import Playbook, Split
from sopengine.language.named import FieldType
from sopengine.timing.parse.weekdays import SHORT
from sopengine.timing.words import Duration


class Kind(NamedTuple):
    """`choices` are all the values there are, () where they are open; `undeclared`: a column that is text for want of
    a declaration."""

    type: FieldType
    choices: tuple[str, ...] = ()
    undeclared: bool = False


TEXT, NUMBER = Kind(FieldType.TEXT), Kind(FieldType.NUMBER)
EXAMPLES: dict[FieldType, Any] = {
    FieldType.TEXT: "a",
    FieldType.CHOICE: "a",
    FieldType.IMAGE: "a",
    FieldType.NUMBER: Decimal(1),
    FieldType.INTEGER: 1,
    FieldType.MONEY: Decimal(1),
    FieldType.DATE: date(2026, 1, 1),
    FieldType.DATETIME: datetime(2026, 1, 1, tzinfo=UTC),
    FieldType.TIME: time(1),
    FieldType.DURATION: Duration(1),
    FieldType.LIST: ["a"],
    FieldType.BOOL: True,
}
"""A value of each type: what holds for it in a comparison holds for all of its type."""

_FIXED = {
    ("slot", "date"): Kind(FieldType.DATE),
    ("slot", "time"): Kind(FieldType.TIME),
    ("slot", "weekday"): Kind(FieldType.TEXT, SHORT),
    ("slot", "number"): NUMBER,
    ("slot", "day"): NUMBER,
    ("campaign", "id"): TEXT,
    ("campaign", "start"): Kind(FieldType.DATE),
    ("campaign", "day"): NUMBER,
    ("person", "name"): TEXT,
    ("step", "id"): TEXT,
    ("member", "tags"): Kind(FieldType.LIST),
}


class Where(Struct, frozen=True):
    """Whose target, which event and which script the names of one text speak of; "" where that is open."""

    to: str = ""
    event: str = ""
    script: str = ""


OPEN = Where()


class Kinds:
    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook
        self._steps = {step_word(step.id): step for step in playbook.steps()}
        self._questions = {script.name: script.asked() for script in playbook.scripts.values()}

    def of(self, side: Side, where: Where) -> Kind | None:
        """None where the type is not known."""
        if side.sum:
            return NUMBER
        if side.ask is not None:
            return self._asked(side.ask, side.parts)
        return self._named(side.parts, where) if side.parts else _written(side.value)

    def _named(self, parts: tuple[str, ...], where: Where) -> Kind | None:
        if parts in _FIXED:
            return _FIXED[parts]
        match parts:
            case ("input", name) if declared := self._playbook.inputs.get(name):
                return Kind(declared.type, declared.choices)
            case ("target", column):
                return self._column(where.to, column)
            case ("event", name):
                return self._field(where.event, name)
            case ("ask", name):
                field = self._questions.get(where.script, {}).get(name)
                return Kind(field.type, field.choices) if field else None
            case ("step", name, "result") if (step := self._steps.get(name)) and isinstance(step.action, Split):
                return Kind(FieldType.TEXT, tuple(step.action.arms))
            case ("step", name, name_of_field) if step := self._steps.get(name):
                field = step.form.get(name_of_field)
                return Kind(field.type, field.choices) if field else None
        return None

    def _column(self, to: str, column: str) -> Kind | None:
        """Columns are text unless an audience declares them."""
        playbook, audience = self._playbook, self._playbook.audiences.get(to)
        if to in playbook.roles:
            return TEXT
        if to in SUBJECTS:
            typed = {a.columns[column] for a in playbook.audiences.values() if column in a.columns}
            return Kind(typed.pop()) if len(typed) == 1 else None
        if audience is None:
            return None
        seen: set[str] = set()
        while audience is not None and audience.name not in seen:
            if column in audience.columns:
                return Kind(audience.columns[column])
            seen.add(audience.name)
            audience = playbook.audiences.get(audience.of)
        return Kind(FieldType.TEXT, undeclared=True)

    def _field(self, event: str, name: str) -> Kind | None:
        field = (fields_of(event, self._playbook.events) or {}).get(name)
        return Kind(field.type, field.choices) if field else None

    def _asked(self, ask: Ask, parts: tuple[str, ...]) -> Kind | None:
        if ask.kind == "last":
            return self._field(ask.name, parts[0]) if parts else None
        if ask.kind != "metric":
            return None if ask.kind == "ranking" else NUMBER
        metric = self._playbook.metrics.get(ask.name)
        return NUMBER if metric is not None and metric.kind in ("sum", "count") else None


def _written(value: Any) -> Kind | None:
    if value is UNWRITTEN or value is None:
        return None
    if isinstance(value, bool):
        return Kind(FieldType.BOOL)
    if isinstance(value, str):
        return TEXT
    return Kind(FieldType.LIST) if isinstance(value, list) else NUMBER
