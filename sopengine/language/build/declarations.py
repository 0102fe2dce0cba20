"""What a playbook declares before its flows: inputs, audiences, roles and events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Text
from sopengine.language.build.part import Part
from sopengine.language.named import Audience, Condition, Field, FieldType, Input, Role, Scalar
from sopengine.language.values import ValueMistake, as_text, typed
from sopengine.timing.mistake import TimeTextError, part_at
from sopengine.timing.parse import parse_clock
from sopengine.timing.zones import zone as zone_named

_COLUMN = "target."
_TYPES = {kind.value: kind for kind in FieldType}


def build_input(name: str, part: Part, zone: ZoneInfo) -> Input | None:
    kind = field_type(part.get("type"))
    if kind is None or kind is FieldType.IMAGE:
        return None
    choices = tuple(item.text() for item in part.get("choices").each() if item.text())
    default = part.get("default")
    if "confirm" in part and kind is not FieldType.DATETIME:
        part.get("confirm").wrong(
            "SOP-S207",
            Text("只有 datetime 类型的输入才能由事件确认", "Only an input of type datetime is confirmed by an event"),
            Text("写 type: datetime，或者去掉 confirm", "Write `type: datetime`, or leave out `confirm`"),
            of_key=True,
        )
    return Input(
        name=name,
        type=kind,
        path=part.path,
        title=part.get("title").text(),
        default=typed_part(default, kind, zone, choices) if default.data is not None else None,
        required=default.data is None,
        choices=choices,
        confirm=part.get("confirm").text(),
    )


def field_type(part: Part) -> FieldType | None:
    """`money`, or the `type` of `{type: money, …}`."""
    word = part.get("type").text() if isinstance(part.data, dict) else part.text()
    return _TYPES.get(word)


def field_types(part: Part) -> dict[str, FieldType]:
    return {name: field.type for name, field in build_fields(part).items()}


def build_fields(part: Part) -> dict[str, Field]:
    """The fields of an event or a form; one whose type cannot be read is left out."""
    read = {name: (field_type(field), field) for name, field in part.entries()}
    return {name: _field(name, kind, field) for name, (kind, field) in read.items() if kind is not None}


def _field(name: str, kind: FieldType, part: Part) -> Field:
    if not isinstance(part.data, dict):
        return Field(name, kind)
    choices = tuple(item.text() for item in part.get("choices").each() if item.text())
    return Field(name, kind, part.get("title").text(), choices, part.get("required").flag())


def typed_part(
    part: Part, kind: FieldType, zone: ZoneInfo, choices: tuple[str, ...] = ()
) -> Scalar | tuple[Scalar, ...]:
    """The value as its type asks; what does not fit is a finding, and None."""
    if isinstance(part.data, dict):
        return None
    try:
        return typed(part.data, kind, zone, choices)
    except ValueMistake as mistake:
        name = f"`{part.path[-1]}`"
        part.wrong("SOP-R311", Text(f"{name} {mistake.message.zh}", f"{name} {mistake.message.en}"), mistake.help)
    except TimeTextError as error:
        part.misread(error)
    return None


def build_audience(name: str, part: Part, zone: ZoneInfo) -> Audience:
    columns = field_types(part.get("columns"))
    return Audience(
        name=name,
        path=part.path,
        source=part.get("source").text(),
        of=part.get("of").text(),
        where=build_condition(part.get("where")),
        sample=_sample(part.get("sample"), columns, zone),
        zone=_zone(part.get("zone")),
        via=part.get("via").text(),
        columns=columns,
    )


def _sample(part: Part, columns: Mapping[str, FieldType], zone: ZoneInfo) -> dict[str, Scalar]:
    """The sample row; columns without a declared type are text, as they are in a CSV file."""
    row: dict[str, Scalar] = {}
    for name, cell in part.entries():
        if cell.data is None:
            continue
        wrong = isinstance(cell.data, dict | list)  # a column all the same
        value = typed_part(cell, columns[name], zone) if name in columns and not wrong else as_text(cell.data)
        row[name] = ", ".join(map(str, value)) if isinstance(value, tuple) else value
    return row


def _zone(part: Part) -> str:
    """An IANA zone, or `target.COLUMN`."""
    text = part.text()
    if text and not text.startswith(_COLUMN):
        part.parsed(zone_named)
    return text


def build_condition(part: Part) -> Condition | None:
    text = part.text()
    return Condition(text, part.path) if text.strip() else None


def build_role(name: str, part: Part) -> Role:
    return Role(
        name=name,
        path=part.path,
        source=part.get("source").text(),
        person=part.get("person").text(),
        match=part.get("match").text(),
        calendar=part.get("calendar").text(),
        hours=part.get("hours").parsed(_hours) if "hours" in part else None,
        via=part.get("via").text(),
        columns=field_types(part.get("columns")),
    )


def _hours(text: str) -> tuple[time, time]:
    """`09:00-21:00`; the end is later than the beginning. Raises TimeTextError."""
    begin_text, dash, end_text = text.partition("-")
    wrong = TimeTextError(
        "SOP-S211",
        Text(
            "上班时间要写成 开始-结束，结束晚于开始", "Working hours are written begin-end, the end after the beginning"
        ),
        Text("例如 09:00-21:00", "For example 09:00-21:00"),
        length=len(text),
    )
    if not dash:
        raise wrong
    begin = parse_clock(begin_text)
    with part_at(len(begin_text) + 1):
        end = parse_clock(end_text)
    if end <= begin:
        raise wrong
    return begin, end
