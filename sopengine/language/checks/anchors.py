"""Every anchor a playbook's times lean on → findings where it is no input, or of a type that cannot carry that time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.references import Kind, References
from sopengine.language.document import value_at
from sopengine.language.model import FieldType, Playbook, Step, Task
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_anchor
from sopengine.timing.words import AnchorTime, AtAnchor, AtClock, AtEvent, AtEvery, DayRule, Moment, OnAnchor, OnYearly

ANCHOR = Kind("SOP-R303", "时间锚点", "anchor", frozenset(["inputs"]))
_NAMESPACES = ("target", "event", "member", "slot")


@dataclass(frozen=True, slots=True)
class Use:
    """An anchor in the text (or one of the texts) at `path`, or in its key. A `moment` needs a date with a time, a
    `day` does not."""

    anchor: AnchorTime
    path: Path
    needs: Literal["day", "moment", "either"]
    of_key: bool = False


def check_anchors(playbook: Playbook, steps: Iterable[Step], references: References) -> None:
    """Adds SOP-R303 and R312."""
    for use in _uses(playbook, steps):
        _check(use, playbook, references)


def _uses(playbook: Playbook, steps: Iterable[Step]) -> Iterator[Use]:
    for phase in playbook.phases:
        for edge, bound in (("from", phase.begin), ("until", phase.end)):
            if isinstance(bound.value, AnchorTime):
                yield Use(bound.value, (*phase.path, edge), "either")
    for edge, bound in zip(("from", "until"), playbook.runs or (), strict=False):
        if isinstance(bound.value, AnchorTime):
            yield Use(bound.value, ("runs", edge), "either")
    for goal in playbook.goals.values():
        for weight in goal.weights:
            for use in _of_day(weight.days, (*goal.path, "weights", weight.written)):
                yield replace(use, of_key=True)
    for step in steps:
        yield from _of_step(step)


def _of_step(step: Step) -> Iterator[Use]:
    for rule in step.when.on:
        yield from _of_day(rule, (*step.path, "on"))
    for rule in step.when.except_:
        yield from _of_day(rule, (*step.path, "except"))
    for moment in step.when.at:
        yield from _of_moment(moment, (*step.path, "at"))
    if isinstance(step.useful_until, AnchorTime):
        yield Use(step.useful_until, (*step.path, "useful_until"), "either")
    if isinstance(step.action, Task) and (due := _due_anchor(step.action.due)):
        yield Use(due, (*step.path, "due"), "either")


def _of_day(rule: DayRule, path: Path) -> Iterator[Use]:
    if isinstance(rule, OnAnchor | OnYearly):
        yield Use(rule.anchor, path, "day")


def _of_moment(moment: Moment | AtEvent, path: Path) -> Iterator[Use]:
    match moment:
        case AtAnchor(anchor=anchor):
            yield Use(anchor, path, "moment")
        case AtEvery(begin=begin, end=end):
            yield from _of_moment(begin, path)
            yield from _of_moment(end, path)
        case AtClock() | AtEvent():
            return


def _due_anchor(due: str) -> AnchorTime | None:
    if not due or due[0].isdigit():
        return None
    try:
        anchor = parse_anchor(due)
    except TimeTextError:
        return None  # reported where the task was built
    return anchor if isinstance(anchor, AnchorTime) else None


def _check(use: Use, playbook: Playbook, references: References) -> None:
    declared, name = references.declared, use.anchor.name
    path = _item(use, references)
    if "." in name:
        if name.partition(".")[0] not in _NAMESPACES and not declared.is_event(name):
            references.unknown_event(name, path, part=True)
        return
    anchors = [n for n, i in playbook.inputs.items() if i.type in (FieldType.DATE, FieldType.DATETIME)]
    if name not in declared.inputs:
        help = Text("锚点是 inputs 里类型为 date 或 datetime 的输入", "An anchor is an input of type date or datetime")
        references.unknown(ANCHOR, name, path, anchors, help, part=True, of_key=use.of_key)
        return
    declaration = playbook.inputs.get(name)
    if declaration is None:
        return  # its own mistake has been reported
    wanted = _wanted(use, declaration.type)
    if wanted is not None:
        references.findings.add(
            "SOP-R303",
            Text(
                f"{name} 的类型是 {declaration.type}，{wanted.zh}", f"{name} is of type {declaration.type}; {wanted.en}"
            ),
            references.place_of(name, path, use.of_key),
            path=path,
        )


def _wanted(use: Use, kind: FieldType) -> Text | None:
    """What is wrong with an input of this type in this place."""
    if kind not in (FieldType.DATE, FieldType.DATETIME):
        return Text("锚点要用 date 或 datetime", "an anchor is a date or datetime")
    if use.needs == "moment" and kind is FieldType.DATE:
        return Text(
            "只有日期没有钟点：日期写在 on 里，钟点写在 at 里",
            "it has no clock time: put the day in `on`, the time in `at`",
        )
    if use.needs == "day" and kind is FieldType.DATE and use.anchor.offset.seconds:
        return Text("日期只能加减天数", "only days can be added to a date")
    return None


def _item(use: Use, references: References) -> Path:
    """In a list, the item that names the anchor."""
    value = value_at(references.document, use.path)
    if isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, str) and use.anchor.name in item:
                return (*use.path, i)
    return use.path
