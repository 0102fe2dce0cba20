"""Occurrence ↔ the row that stores it; rows of data ↔ plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

from sopengine.language.model import Step
from sopengine.planning.model import Occurrence, Section
from sopengine.store.rows import OccurrenceRow

_TAG = "$"
_FROM: dict[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


def to_row(occurrence: Occurrence) -> OccurrenceRow:
    o = occurrence
    return OccurrenceRow(
        key=o.key,
        campaign=o.campaign,
        section=o.section,
        phase=o.phase,
        step=o.step.id,
        day=o.day,
        ordinal=o.ordinal,
        zone=o.zone,
        date=o.date.isoformat(),
        number=o.number,
        phase_day=o.phase_day,
        planned_at=o.planned_at,
        due_at=o.due_at,
        expires_at=o.expires_at,
        useful_until=o.useful_until,
        waits_for=o.waits_for,
        subject=None if o.subject is None else plain(o.subject),
        event=None if o.event is None else plain(o.event),
        entry=o.entry,
        sequence=o.sequence,
    )


def to_occurrence(row: OccurrenceRow, step: Step) -> Occurrence:
    return Occurrence(
        key=row.key,
        campaign=row.campaign,
        section=cast(Section, row.section),
        step=step,
        phase=row.phase,
        day=row.day,
        ordinal=row.ordinal,
        zone=row.zone,
        date=date.fromisoformat(row.date),
        number=row.number,
        phase_day=row.phase_day,
        planned_at=row.planned_at,
        due_at=row.due_at,
        expires_at=row.expires_at,
        useful_until=row.useful_until,
        waits_for=row.waits_for,
        subject=None if row.subject is None else typed(row.subject),
        event=None if row.event is None else typed(row.event),
        entry=row.entry,
        sequence=row.sequence,
    )


def plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON-ready: numbers and times are tagged so that `typed` gives back equal values."""
    return {name: _plain(value) for name, value in data.items()}


def typed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _typed(value) for name, value in data.items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return {_TAG: "decimal", "value": str(value)}
        case datetime() | date() | time():
            return {_TAG: type(value).__name__, "value": value.isoformat()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return plain(value)
    return value


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, dict):
        return _FROM[value[_TAG]](value["value"]) if _TAG in value else typed(value)
    return value
