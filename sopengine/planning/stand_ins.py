"""What a dry run shows where a value is not known yet: one that the field, or the question, could have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sopengine.language.events import fields_of
from sopengine.language.expressions.history import Ask
from sopengine.language.model import Playbook, Step, Task
from sopengine.language.named import Field, FieldType
from sopengine.timing.words import Duration

_NUMBERS = {"count": 3, "streak": 7, "rank": 2, "goal": 1000}
_FIGURE = 1234


def of_field(field: Field, at: datetime) -> Any:
    """`at` is aware, in the zone whose clock the value shows."""
    later = at + timedelta(days=7)
    samples: dict[FieldType, Any] = {
        FieldType.NUMBER: Decimal("1.5"),
        FieldType.INTEGER: 1,
        FieldType.MONEY: Decimal("9.90"),
        FieldType.DATE: later.date(),
        FieldType.TIME: time(10),
        FieldType.DATETIME: later,
        FieldType.DURATION: Duration(seconds=3600),
        FieldType.BOOL: True,
        FieldType.LIST: [field.name],
    }
    if field.type is FieldType.CHOICE and field.choices:
        return field.choices[0]
    return samples.get(field.type, f"{field.name}-1")


def of_step(step: Step, at: datetime) -> dict[str, Any]:
    """What became of another step, when all went well."""
    asked = isinstance(step.action, Task)
    fields = {name: of_field(field, at) for name, field in step.form.items()}
    return {**fields, "state": "done" if asked else "sent", "result": "", "at": at}


def of_ask(ask: Ask, playbook: Playbook, at: datetime) -> Any:
    """An answer to a question of the past that has none yet."""
    if ask.kind == "last":
        fields = fields_of(ask.name, playbook.events) or {}
        return {"at": at, **{name: of_field(field, at) for name, field in fields.items()}}
    metric = playbook.metrics.get(ask.name)
    if metric is not None and metric.kind in ("sum", "last") and "." not in metric.owner:
        step = next((step for step in playbook.steps() if step.id == metric.owner), None)
        field = step.form.get(metric.field) if step else None
        if field is not None and metric.kind == "last" and ask.kind == "metric":
            return of_field(field, at)
    return _NUMBERS.get(ask.kind, _FIGURE)


def of_ranking(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with values that fall from place to place."""
    return [{**row, "rank": place, "value": 100 - place} for place, row in enumerate(rows, 1)]
