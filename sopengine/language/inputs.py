"""Values given at start, and the inputs a playbook declares → typed values, or findings that say what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sopengine.diagnostics import Diagnostic, Edit, Fix, Place, Text
from sopengine.language.document import Spot
from sopengine.language.model import Playbook
from sopengine.language.named import FieldType, Input, Scalar, Value
from sopengine.language.suggest import closest, is_slip
from sopengine.language.values import EXPECTED, ValueMistake, as_text, typed
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.zones import zone as zone_named


class Written(NamedTuple):
    """Where a campaign file says its inputs. `home` is the place for what it lacks; None: it cannot be read whole, so
    that nothing counts as lacking."""

    spots: Mapping[str, Spot]
    home: Place | None


def typed_inputs(
    playbook: Playbook, given: Mapping[str, Any], written: Written | None = None
) -> tuple[dict[str, Value], list[Diagnostic]]:
    """`given` holds texts (from flags) or YAML values. Date-times come out aware, in the playbook's zone.

    Findings: SOP-R309 unknown input, SOP-R310 no value, SOP-R311 wrong value. Those of flags have no place.
    """
    spots = written.spots if written else {}
    values: dict[str, Value] = {}
    found: list[Diagnostic] = []
    meant: set[str] = set()
    for name in given:
        if name not in playbook.inputs:
            guess = closest(name, [known for known in playbook.inputs if known not in given])
            meant |= {guess} if guess else set()
            found.append(_unknown(name, guess, playbook, spots.get(name)))
    for name, declared in playbook.inputs.items():
        if name in given:
            value, problem = typed_value(declared.type, given[name], playbook.timezone, declared.choices)
            if problem is None:
                values[name] = _open(value)
            else:
                found.append(_wrong(declared, given[name], problem, spots.get(name)))
        elif declared.required:
            if name not in meant and (written is None or written.home is not None):
                found.append(_missing(declared, written))
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


def _unknown(name: str, guess: str | None, playbook: Playbook, spot: Spot | None) -> Diagnostic:
    known = ", ".join(playbook.inputs)
    place = spot and (spot.key or spot.value)
    return Diagnostic(
        "SOP-R309",
        Text(
            f"没有输入 {name}" + (f"，是不是 {guess}？" if guess else ""),
            f"There is no input {name}" + (f"; did you mean {guess}?" if guess else ""),
        ),
        place,
        help=Text(f"这份 playbook 的输入：{known}", f"Inputs of this playbook: {known}") if known else None,
        path=("inputs", name) if place else (),
        fix=Fix((Edit(place, guess),), safe=is_slip(name, guess)) if place and guess else None,
    )


def _wrong(declared: Input, raw: Any, problem: Text, spot: Spot | None) -> Diagnostic:
    guess = closest(as_text(raw), declared.choices) if declared.type is FieldType.CHOICE else None
    return Diagnostic(
        "SOP-R311",
        Text(f"输入 {declared.name} {problem.zh}", f"Input {declared.name} {problem.en}"),
        spot and spot.value,
        help=Text(f"是不是 {guess}？", f"Did you mean {guess}?") if guess else None,
        path=declared.path,
        fix=Fix((Edit(spot.value, guess),), safe=is_slip(as_text(raw), guess)) if spot and guess else None,
    )


def _missing(declared: Input, written: Written | None) -> Diagnostic:
    name, title = declared.name, f"（{declared.title}）" if declared.title else ""
    wanted = EXPECTED[declared.type]
    example = _EXAMPLES.get(declared.type, "…")
    flag = f"--set {name}={example}"
    return Diagnostic(
        "SOP-R310",
        Text(f"输入 {name}{title}没有给值，要的是{wanted.zh}", f"Input {name} has no value; it is {wanted.en}"),
        written.home if written else None,
        help=Text(
            f"在 inputs 里加上 {name}: {example}，或者启动时加 {flag}",
            f"Add `{name}: {example}` to `inputs`, or {flag}",
        )
        if written
        else Text(f"加上 {flag}", f"Add {flag}"),
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
