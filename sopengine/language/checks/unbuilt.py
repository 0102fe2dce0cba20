"""A playbook → the constructs that this version loads but does not carry out, by the author's own words for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sopengine.diagnostics import Path
from sopengine.language.expressions.conditions import Parsed, condition_names, parse_condition
from sopengine.language.expressions.names import Name
from sopengine.language.expressions.templates import names_used
from sopengine.language.model import Choose, Condition, Playbook, Send, Step, Task, Unbuilt, Use
from sopengine.timing.words import (
    AtEvent,
    AtEvery,
    When,
)

_NO_VALUES = ("metric", "goal")
_WORTH_READING = re.compile(r"\b(metric|goal)\b")


def with_unbuilt(playbook: Playbook) -> Playbook:
    """The playbook with its `unbuilt` filled in, each construct once, in the order of the parts."""
    return replace(playbook, unbuilt=tuple(dict.fromkeys(_playbook(playbook))))


def _playbook(playbook: Playbook) -> Iterator[Unbuilt]:
    for name, declared in playbook.inputs.items():
        if declared.confirm:
            yield Unbuilt("confirm", ("inputs", name, "confirm"))
    for key in playbook.other:
        yield Unbuilt(key, (key,))
    yield from _conditions(rule.condition for rule in playbook.exits)
    for phase in playbook.phases:
        yield from _others(phase.other, phase.path)
        yield from _conditions(rule.condition for rule in phase.exits)
    if playbook.weekly:
        yield from _others(playbook.weekly.other, playbook.weekly.path)
        yield from _conditions(rule.condition for rule in playbook.weekly.exits)
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        yield from _others(journey.other, journey.path)
        yield from _conditions([journey.when, *(rule.condition for rule in journey.exits)])
    for watch in playbook.watches:
        yield from _conditions([watch.when])
    for step in playbook.steps():
        yield from _step(step)


def _conditions(conditions: Iterable[Condition | None]) -> Iterator[Unbuilt]:
    for condition in filter(None, conditions):
        yield from (Unbuilt(name, condition.path) for name in _without_values(condition_names(condition.text)))
        parsed = parse_condition(condition.text)
        if isinstance(parsed, Parsed):
            yield from (Unbuilt(f"{function}()", condition.path) for function in parsed.history)


def _others(other: Mapping[str, Any], path: Path) -> Iterator[Unbuilt]:
    for key in other:
        yield Unbuilt(key, (*path, key))


def _step(step: Step) -> Iterator[Unbuilt]:
    yield from _when(step.when, step.path)
    yield from _conditions([step.if_])
    yield from _arm(step)


def _arm(step: Step) -> Iterator[Unbuilt]:
    """What a step does, and how: the step itself, or what one arm makes of it."""
    match step.action:
        case Send(message):
            yield from _texts(message.texts())
        case Task(title) as task:
            yield from _task(task, step.path)
            yield from _texts([(title, (*step.path, "task"))])
        case Choose(arms):
            yield from _conditions(arm.condition for arm in arms)
            for arm in arms:
                yield from _arm(arm.step)
        case Use():
            yield Unbuilt("use", (*step.path, "use"))
    yield from _others(step.modifiers, step.path)
    if step.priority:
        yield Unbuilt("priority", (*step.path, "priority"))


def _texts(written: Iterable[tuple[str, Path]]) -> Iterator[Unbuilt]:
    """Names that have no values yet."""
    for text, path in written:
        if _WORTH_READING.search(text):
            yield from (Unbuilt(name, path) for name in _without_values(names_used(text)))


def _without_values(names: Iterable[Name]) -> Iterator[str]:
    for name in names:
        if name.parts[0] in _NO_VALUES:
            yield ".".join(name.parts[:2])


def _task(task: Task, path: Path) -> Iterator[Unbuilt]:
    for key in ("remind", "escalate", "form"):
        if getattr(task, key):
            yield Unbuilt(key, (*path, key))


def _when(when: When, path: Path) -> Iterator[Unbuilt]:
    for moment in when.at:
        if isinstance(moment, AtEvery) and isinstance(moment.end, AtEvent):
            yield Unbuilt(f"until {moment.end.event}", (*path, "at"))
    if when.after and when.after.subject and not when.after.of_step:
        yield Unbuilt(f"after: {when.after.subject}", (*path, "after"))
