"""Values given at start, and the inputs a playbook declares → typed values, or findings that say what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopengine.diagnostics import Diagnostic, Text
from sopengine.language.model import FieldType, Input, Playbook, Scalar, Value
from sopengine.language.suggest import closest
from sopengine.language.values import EXPECTED, ValueMistake, typed
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.zones import zone as zone_named


def typed_inputs(playbook: Playbook, given: Mapping[str, Any]) -> tuple[dict[str, Value], list[Diagnostic]]:
    """`given` holds texts (from flags) or YAML values. Date-times come out aware, in the playbook's zone.

    Findings: SOP-R309 unknown input, SOP-R310 no value, SOP-R311 wrong value. They have no place: a flag has none.
    """
    values: dict[str, Value] = {}
    found: list[Diagnostic] = []
    for name in given:
        if name not in playbook.inputs:
            found.append(_unknown(name, playbook))
    for name, declared in playbook.inputs.items():
        if name in given:
            value, problem = typed_value(declared.type, given[name], playbook.timezone, declared.choices)
            if problem is None:
                values[name] = _open(value)
            else:
                message = Text(f"输入 {name} {problem.zh}", f"Input {name} {problem.en}")
                found.append(Diagnostic("SOP-R311", message, path=declared.path))
        elif declared.required:
            found.append(_missing(declared))
        elif declared.default is not None:
            values[name] = _open(declared.default)
    return values, found


def typed_value(
    kind: FieldType, raw: Any, zone: str, choices: tuple[str, ...] = ()
) -> tuple[Scalar | tuple[Scalar, ...], Text | None]:
    """One value as its type asks, or what is wrong with it: the end of a sentence about it."""
    shown = str(raw)[:40]
    try:
        return typed(raw, kind, zone_named(zone), choices), None
    except ValueMistake as mistake:
        why = mistake.message
    except TimeTextError as error:
        why = Text(
            f"应该是{EXPECTED[kind].zh}（{error.message.zh}）", f"should be {EXPECTED[kind].en} ({error.message.en})"
        )
    return None, Text(f"写的是 `{shown}`，{why.zh}", f"is `{shown}`: {why.en}")


def _open(value: Scalar | tuple[Scalar, ...]) -> Value:
    return list(value) if isinstance(value, tuple) else value


def _unknown(name: str, playbook: Playbook) -> Diagnostic:
    guess = closest(name, playbook.inputs)
    known = ", ".join(playbook.inputs)
    return Diagnostic(
        "SOP-R309",
        Text(
            f"没有输入 {name}" + (f"，是不是 {guess}？" if guess else ""),
            f"There is no input {name}" + (f"; did you mean {guess}?" if guess else ""),
        ),
        help=Text(f"这份 playbook 的输入：{known}", f"Inputs of this playbook: {known}") if known else None,
    )


def _missing(declared: Input) -> Diagnostic:
    name, title = declared.name, f"（{declared.title}）" if declared.title else ""
    wanted = EXPECTED[declared.type]
    example = _EXAMPLES.get(declared.type, "…")
    return Diagnostic(
        "SOP-R310",
        Text(f"输入 {name}{title}没有给值，要的是{wanted.zh}", f"Input {name} has no value; it is {wanted.en}"),
        help=Text(f"加上 --set {name}={example}", f"Add --set {name}={example}"),
        path=declared.path,
    )


_EXAMPLES = {
    FieldType.DATE: "2026-06-18",
    FieldType.DATETIME: "2026-06-18T20:00",
    FieldType.TIME: "10:00",
    FieldType.MONEY: "29.90",
    FieldType.INTEGER: "3",
    FieldType.NUMBER: "3.5",
    FieldType.DURATION: "30m",
    FieldType.BOOL: "true",
}
