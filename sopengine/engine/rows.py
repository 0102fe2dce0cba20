"""Occurrence ↔ the row that stores it."""

from __future__ import annotations

from datetime import date

from sopengine.language.model import Step
from sopengine.planning.model import Occurrence
from sopengine.store.rows import OccurrenceRow
from sopengine.store.values import plain, typed

_OTHERWISE = {"step", "date", "subject", "event"}
_ALIKE = sorted(set(Occurrence.__struct_fields__) & set(OccurrenceRow.__struct_fields__) - _OTHERWISE)
"""What an occurrence and its row have in common, by the same names."""


def to_row(occurrence: Occurrence) -> OccurrenceRow:
    return OccurrenceRow(
        **{name: getattr(occurrence, name) for name in _ALIKE},
        step=occurrence.step.id,
        date=occurrence.date.isoformat(),
        subject=None if occurrence.subject is None else plain(occurrence.subject),
        event=None if occurrence.event is None else plain(occurrence.event),
        required=bool(occurrence.entry) and occurrence.step.required,
    )


def to_occurrence(row: OccurrenceRow, step: Step) -> Occurrence:
    return Occurrence(
        **{name: getattr(row, name) for name in _ALIKE},
        step=step,
        date=date.fromisoformat(row.date),
        subject=None if row.subject is None else typed(row.subject),
        event=None if row.event is None else typed(row.event),
    )
