"""The inputs of a module and what `with` gives it → each input's value, or the input of the playbook that has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sopengine.diagnostics import Edit, Fix, Text
from sopengine.language.build.part import Part
from sopengine.language.inputs import typed_value
from sopengine.language.model import Handed, Playbook
from sopengine.language.named import FieldType, Input
from sopengine.language.suggest import closest, is_slip
from sopengine.language.values import EXPECTED

_PREFIX = "input."
_WIDER = {
    FieldType.NUMBER: (FieldType.INTEGER, FieldType.MONEY),
    FieldType.MONEY: (FieldType.INTEGER,),
    FieldType.TEXT: (FieldType.CHOICE,),
}
"""Types whose every value is one of the wider type too."""


def hand_over(
    use: Part,
    wanted: Mapping[str, Input],
    declared: Collection[str],
    receivers: Collection[str],
    playbook: Playbook,
) -> dict[str, Handed]:
    """`wanted` are the module's inputs as far as they are right, `declared` the names of all; `receivers` are the
    other names that `with` may give. Adds SOP-R309, R310 and R311."""
    given = use.get("with")
    handed: dict[str, Handed] = {}
    meant: set[str] = set()
    for name, value in given.entries():
        if name in wanted:
            if (one := _handed(value, wanted[name], playbook)) is not None:
                handed[name] = one
        elif name not in declared and name not in receivers:
            meant |= _unknown(value, [*declared, *receivers], given)
    for name, declaration in wanted.items():
        if isinstance(given.data, dict) and name in given.data:
            continue
        if declaration.default is not None:
            handed[name] = Handed(value=declaration.default)
        elif name not in meant and declaration.required and (not given.data or isinstance(given.data, dict)):
            _missing(use, declaration)
    return handed


def _handed(value: Part, wanted: Input, playbook: Playbook) -> Handed | None:
    raw = value.data
    if isinstance(raw, str) and raw.startswith(_PREFIX):
        return _reference(value, raw.removeprefix(_PREFIX).strip(), wanted, playbook)
    if isinstance(raw, str) and raw in playbook.inputs:
        _bare(value, raw)
        return None
    typed, problem = typed_value(wanted.type, raw, playbook.timezone, wanted.choices)
    if problem is None:
        return Handed(value=typed)
    guess = closest(str(raw), wanted.choices) if wanted.type is FieldType.CHOICE else None
    place = value.desk.document.place(value.path)
    value.desk.findings.add(
        "SOP-R311",
        Text(f"{wanted.name} {problem.zh}", f"{wanted.name} {problem.en}"),
        place,
        help=Text(f"是不是 {guess}？", f"Did you mean {guess}?") if guess else None,
        path=value.path,
        fix=Fix((Edit(place, guess),), safe=is_slip(str(raw), guess)) if guess else None,
    )
    return None


def _reference(value: Part, name: str, wanted: Input, playbook: Playbook) -> Handed | None:
    document = value.desk.document
    if name not in playbook.inputs:
        guess = closest(name, playbook.inputs)
        at = len(_PREFIX) + 1
        place = document.inside(value.path, 1, at, len(name))
        value.desk.findings.add(
            "SOP-R309",
            Text(
                f"没有输入 {name}" + (f"，是不是 {guess}？" if guess else ""),
                f"There is no input {name}" + (f"; did you mean {guess}?" if guess else ""),
            ),
            place,
            path=value.path,
            fix=Fix((Edit(place, guess),), safe=is_slip(name, guess)) if guess else None,
        )
        return None
    has = playbook.inputs[name].type
    if has is not wanted.type and has not in _WIDER.get(wanted.type, ()):
        value.wrong(
            "SOP-R311",
            Text(
                f"{name} 的类型是 {has}，模块的 {wanted.name} 要的是 {wanted.type}",
                f"{name} is of type {has}; the module's {wanted.name} is of type {wanted.type}",
            ),
        )
        return None
    return Handed(input=name)


def _bare(value: Part, name: str) -> None:
    place = value.desk.document.place(value.path)
    value.desk.findings.add(
        "SOP-R311",
        Text(
            f"这是文字“{name}”；要交给模块输入 {name} 的值，写 input.{name}",
            f"This is the text “{name}”; for the value of the input {name} write input.{name}",
        ),
        place,
        path=value.path,
        fix=Fix((Edit(place, _PREFIX + name),), safe=True),
    )


def _unknown(value: Part, known: Collection[str], given: Part) -> set[str]:
    name = str(value.path[-1])
    guess = closest(name, [one for one in known if one not in given])
    place = value.desk.document.place(value.path, of_key=True)
    listed = ", ".join(known)
    value.desk.findings.add(
        "SOP-R309",
        Text(
            f"模块没有输入 {name}" + (f"，是不是 {guess}？" if guess else ""),
            f"The module has no input {name}" + (f"; did you mean {guess}?" if guess else ""),
        ),
        place,
        help=None
        if guess
        else Text(f"它要的：{listed}", f"It takes: {listed}")
        if listed
        else Text("这个模块不要任何值", "This module takes nothing"),
        path=value.path,
        fix=Fix((Edit(place, guess),), safe=is_slip(name, guess)) if guess else None,
    )
    return {guess} if guess else set()


def _missing(use: Part, wanted: Input) -> None:
    title = f"（{wanted.title}）" if wanted.title else ""
    expected = EXPECTED[wanted.type]
    use.get("use").wrong(
        "SOP-R310",
        Text(
            f"模块要的输入 {wanted.name}{title}没有给值，要的是{expected.zh}",
            f"The module's input {wanted.name} has no value; it is {expected.en}",
        ),
        Text(
            f"加上 with: {{{wanted.name}: …}}，写一个值或 input.名字",
            f"Add `with: {{{wanted.name}: …}}` with a value or input.NAME",
        ),
    )
