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
from sopengine.language.model import ExitRule, Journey, Playbook, Send, Step, Task, Unbuilt
from sopengine.language.script import is_ending
from sopengine.timing.words import (
    AnchorTime,
    AtAnchor,
    AtClock,
    AtEvent,
    AtEvery,
    DayRule,
    OnAnchor,
    OnYearly,
    When,
)

_EVENTS_BUILT = ("member.joined",)
_NO_VALUES = ("member", "metric", "goal")
_WORTH_READING = re.compile(r"\b(member|metric|goal|step)\b")


def with_unbuilt(playbook: Playbook) -> Playbook:
    """The playbook with its `unbuilt` filled in, each construct once, in the order of the parts."""
    return replace(playbook, unbuilt=tuple(dict.fromkeys(_playbook(playbook))))


def _playbook(playbook: Playbook) -> Iterator[Unbuilt]:
    for name, declared in playbook.inputs.items():
        if declared.confirm:
            yield Unbuilt("confirm", ("inputs", name, "confirm"))
    if not all(map(is_ending, playbook.events)):
        yield Unbuilt("events", ("events",))
    for key in ("metrics", "goals"):
        if getattr(playbook, key):
            yield Unbuilt(key, (key,))
    for key in playbook.other:
        yield Unbuilt(key, (key,))
    yield from _exits(playbook.exits, ())
    if playbook.watches:
        yield Unbuilt("watch", ("watch",))
    for phase in playbook.phases:
        yield from _others(phase.other, phase.path)
        yield from _exits(phase.exits, phase.path)
        for edge, bound in (("from", phase.begin), ("until", phase.end)):
            yield from _anchor(bound.value, (*phase.path, edge))
    for edge, bound in zip(("from", "until"), playbook.runs or (), strict=False):
        yield from _anchor(bound.value, ("runs", edge))
    if playbook.weekly:
        yield from _others(playbook.weekly.other, playbook.weekly.path)
        yield from _exits(playbook.weekly.exits, playbook.weekly.path)
    if playbook.welcome:
        yield from _welcome(playbook.welcome)
    if playbook.journeys:
        yield Unbuilt("journeys", ("journeys",))
    inside_journeys = {step.path for journey in playbook.journeys for step in journey.steps}
    inside_journeys |= {step.path for watch in playbook.watches for step in watch.do}
    for step in playbook.steps():
        if step.path not in inside_journeys:  # `journeys` and `watch` have named them all
            yield from _step(step)


def _welcome(welcome: Journey) -> Iterator[Unbuilt]:
    yield from _others(welcome.other, welcome.path)
    yield from _exits(welcome.exits, welcome.path)
    if welcome.on_event and welcome.on_event not in _EVENTS_BUILT:
        yield Unbuilt(f"on_event: {welcome.on_event}", (*welcome.path, "on_event"))
    for key, value in (("key", welcome.key), ("again", welcome.again), ("collect", welcome.collect)):
        if value:
            yield Unbuilt(key, (*welcome.path, key))


def _exits(exits: Iterable[ExitRule], path: Path) -> Iterator[Unbuilt]:
    if tuple(exits):
        yield Unbuilt("exit_when", (*path, "exit_when"))


def _others(other: Mapping[str, Any], path: Path) -> Iterator[Unbuilt]:
    for key in other:
        yield Unbuilt(key, (*path, key))


def _step(step: Step) -> Iterator[Unbuilt]:
    match step.action:
        case Send():
            pass
        case Task() as task:
            yield from _task(task, step.path)
        case _:
            kind = type(step.action).__name__.lower()
            yield Unbuilt(kind, (*step.path, kind))
    yield from _names(step)
    yield from _when(step.when, step.path)
    yield from _others(step.modifiers, step.path)
    if step.to == "member":
        yield Unbuilt("to: member", (*step.path, "to"))
    if step.priority:
        yield Unbuilt("priority", (*step.path, "priority"))
    if step.on_overdue != "continue":
        yield Unbuilt(f"on_overdue: {step.on_overdue}", (*step.path, "on_overdue"))
    if isinstance(step.useful_until, AnchorTime):
        yield from _anchor(step.useful_until, (*step.path, "useful_until"))


def _names(step: Step) -> Iterator[Unbuilt]:
    """Names in its texts and condition that have no values yet: members' data, other steps' results, history."""
    match step.action:
        case Send(message):
            written = message.texts()
        case Task(title):
            written = iter([(title, (*step.path, "task"))])
        case _:
            return
    for text, path in written:
        if not _WORTH_READING.search(text):
            continue
        yield from (Unbuilt(name, path) for name in _without_values(names_used(text)))
    if step.if_:
        yield from (Unbuilt(name, step.if_.path) for name in _without_values(condition_names(step.if_.text)))
        parsed = parse_condition(step.if_.text)
        if isinstance(parsed, Parsed):
            yield from (Unbuilt(f"{function}()", step.if_.path) for function in parsed.history)


def _without_values(names: Iterable[Name]) -> Iterator[str]:
    for name in names:
        if name.parts[0] in _NO_VALUES or (name.parts[0] == "step" and name.parts[1:2] != ("id",)):
            yield ".".join(name.parts[:2])


def _task(task: Task, path: Path) -> Iterator[Unbuilt]:
    for key in ("remind", "escalate", "form", "about"):
        if getattr(task, key):
            yield Unbuilt(key, (*path, key))
    if "." in task.due:
        yield Unbuilt(f"due: {task.due}", (*path, "due"))


def _when(when: When, path: Path) -> Iterator[Unbuilt]:
    for rule in when.on:
        yield from _day(rule, (*path, "on"))
    for rule in when.except_:
        yield from _day(rule, (*path, "except"))
    for moment in when.at:
        match moment:
            case AtEvery(begin=begin, end=end):
                yield from (part for edge in (begin, end) for part in _moment(edge, (*path, "at")))
            case _:
                yield from _moment(moment, (*path, "at"))
    if when.after and when.after.subject and not when.after.of_step:
        yield Unbuilt(f"after: {when.after.subject}", (*path, "after"))
    if when.spread:
        yield Unbuilt("spread", (*path, "spread"))


def _moment(moment: AtClock | AtAnchor | AtEvent | AtEvery, path: Path) -> Iterator[Unbuilt]:
    match moment:
        case AtAnchor(anchor=anchor):
            yield from _anchor(anchor, path)
        case AtEvent(text):
            yield Unbuilt(f"until {text}", path)


def _day(rule: DayRule, path: Path) -> Iterator[Unbuilt]:
    match rule:
        case OnYearly(anchor=anchor):
            yield Unbuilt(f"on: {anchor.name}", path)
        case OnAnchor(anchor=anchor):
            yield from _anchor(anchor, path)


def _anchor(value: object, path: Path) -> Iterator[Unbuilt]:
    """Anchors with a namespace: columns of the target, fields of the event, moments of an event."""
    if isinstance(value, AnchorTime) and "." in value.name:
        yield Unbuilt(value.name, path)
