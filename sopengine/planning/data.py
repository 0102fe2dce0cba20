"""Rows of a source as read → rows with the column types their audiences declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopengine.diagnostics import Diagnostic, Text
from sopengine.language.inputs import typed_value
from sopengine.language.model import FieldType, Playbook, Row


@dataclass(frozen=True, slots=True)
class TypedSources:
    rows: Mapping[str, Sequence[Row]]
    diagnostics: tuple[Diagnostic, ...]


def typed_sources(playbook: Playbook, sources: Mapping[str, Sequence[Mapping[str, str]]]) -> TypedSources:
    """Undeclared columns stay text; a declared column that is empty is left out: unknown to conditions."""
    typed: dict[str, Sequence[Row]] = {}
    found: list[Diagnostic] = []
    for name, rows in sources.items():
        columns = columns_of(playbook, name)
        typed[name] = [_typed_row(playbook, name, row, columns, found) for row in rows] if columns else rows
    return TypedSources(typed, tuple(found))


def columns_of(playbook: Playbook, source: str) -> dict[str, FieldType]:
    """The declared columns of a source, from all audiences that use it."""
    return {
        column: kind
        for audience in playbook.audiences.values()
        if audience.source == source
        for column, kind in audience.columns.items()
    }


def _typed_row(
    playbook: Playbook, source: str, row: Mapping[str, str], columns: Mapping[str, FieldType], found: list[Diagnostic]
) -> Row:
    result: dict[str, object] = dict(row)
    for column, kind in columns.items():
        text = row.get(column, "")
        if not text:
            result.pop(column, None)
            continue
        value, problem = typed_value(kind, text, playbook.timezone)
        if problem is not None:
            where = Text(f"数据源 {source} 里 {row['id']} 的 {column}：", f"source {source}, {row['id']}, {column}: ")
            found.append(Diagnostic("SOP-S213", Text(where.zh + problem.zh, where.en + problem.en)))
            result.pop(column, None)
        else:
            result[column] = value
    return result  # type: ignore[return-value]
