"""Rows of a source as read → rows with the column types their audiences declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from sopengine.diagnostics import Diagnostic, Text
from sopengine.language.columns import columns_of, source_of
from sopengine.language.inputs import typed_value
from sopengine.language.model import Playbook
from sopengine.language.named import Audience, FieldType, Row
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.zones import zone

COLUMN_ZONE = "target."


class TypedSources(Struct, frozen=True):
    rows: Mapping[str, Sequence[Row]]
    diagnostics: tuple[Diagnostic, ...]


def typed_sources(playbook: Playbook, sources: Mapping[str, Sequence[Mapping[str, str]]]) -> TypedSources:
    """Undeclared columns stay text; a declared column that is empty is left out: unknown to conditions."""
    typed: dict[str, Sequence[Row]] = {}
    found: list[Diagnostic] = []
    for name, rows in sources.items():
        columns = columns_of(playbook, name)
        typed[name] = [_typed_row(playbook, name, row, columns, found) for row in rows] if columns else rows
        found += _bad_zones(playbook, name, rows)
    return TypedSources(typed, tuple(found))


def zone_column(audience: Audience | None) -> str:
    """The column that holds each row's zone (`zone: target.COLUMN`); "" where all rows share one."""
    named = audience is not None and audience.zone.startswith(COLUMN_ZONE)
    return audience.zone.removeprefix(COLUMN_ZONE) if audience and named else ""


def _bad_zones(playbook: Playbook, source: str, rows: Sequence[Mapping[str, str]]) -> Iterator[Diagnostic]:
    """One finding for each name of a zone that does not exist; an empty cell means the playbook's own zone."""
    audiences = [a for a in playbook.audiences.values() if source_of(playbook, a) == source]
    for column in dict.fromkeys(zone_column(a) for a in audiences if zone_column(a)):
        first = {row[column]: row["id"] for row in reversed(rows) if row.get(column)}
        for name, row_id in first.items():
            try:
                zone(name)
            except TimeTextError as error:
                where = _where(source, row_id, column)
                message = Text(where.zh + error.message.zh, where.en + error.message.en)
                yield Diagnostic("SOP-S213", message, help=error.help)


def _where(source: str, row_id: str, column: str) -> Text:
    return Text(f"数据源 {source} 里 {row_id} 的 {column}：", f"source {source}, {row_id}, {column}: ")


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
            where = _where(source, row["id"], column)
            found.append(Diagnostic("SOP-S213", Text(where.zh + problem.zh, where.en + problem.en)))
            result.pop(column, None)
        else:
            result[column] = value
    return result  # type: ignore[return-value]
