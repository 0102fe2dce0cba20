"""The steps of a module as it names things → the same steps as the playbook names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from sopengine.diagnostics import Path
from sopengine.language.model import Go, Handed, Playbook, Step, Task, Wait
from sopengine.language.modules.view import outside
from sopengine.language.named import Message
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_anchor
from sopengine.timing.parse.anchors import anchor_text
from sopengine.timing.words import After, AnchorTime


class Names(Struct, frozen=True):
    """What the playbook calls a module's things. `id` is that of the step that brings the module in, `base` the path
    of its `use`, `flow` the path of its flow; `steps` are the module's ids, `receivers` and `anchors` map names."""

    id: str
    base: Path
    flow: Path
    steps: frozenset[str]
    receivers: Mapping[str, str]
    anchors: Mapping[str, str]

    def step(self, name: str) -> str:
        return f"{self.id}.{name}" if name in self.steps else name

    def receiver(self, name: str) -> str:
        return self.receivers.get(name, name)

    def path(self, path: Path) -> Path:
        return outside(path, self.flow, self.base)


def renamed(step: Step, names: Names, was: str) -> Step:
    """`was`: the id that the step that brings it in had before."""
    found: Step = rebuilt(step, lambda value: _change(value, names))
    if not (was or step.was):
        return found
    return replace(found, was=f"{was or names.id}.{step.was or step.id}")


def renamed_message(message: Message, names: Names) -> Message:
    found: Message = rebuilt(message, lambda value: _change(value, names))
    return found


def handed_on(inner: Mapping[str, Mapping[str, Handed]], names: Names, given: Mapping[str, Handed]) -> dict[str, Any]:
    """What the modules inside get: what this one handed on is what it was handed itself."""
    return {
        f"{names.id}.{module}": {name: given.get(one.input, one) for name, one in handed.items()}
        for module, handed in inner.items()
    }


def with_steps(playbook: Playbook, change: Callable[[tuple[Step, ...]], tuple[Step, ...]]) -> Playbook:
    """The playbook with the steps of each flow changed."""
    welcome, weekly = playbook.welcome, playbook.weekly
    return replace(
        playbook,
        phases=tuple(replace(phase, steps=change(phase.steps)) for phase in playbook.phases),
        weekly=weekly and replace(weekly, steps=change(weekly.steps)),
        welcome=welcome and replace(welcome, steps=change(welcome.steps)),
        journeys=tuple(replace(journey, steps=change(journey.steps)) for journey in playbook.journeys),
    )


def rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with `change` made to each part of it, innermost first; what is not changed stays itself."""
    if isinstance(value, Struct):
        parts = asdict(value)
        new = {name: rebuilt(part, change) for name, part in parts.items()}
        other = {name: part for name, part in new.items() if part is not parts[name]}
        return change(replace(value, **other) if other else value)
    if type(value) is tuple:
        items = tuple(rebuilt(item, change) for item in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def _change(value: Any, names: Names) -> Any:
    match value:
        case Step():
            value = replace(
                value,
                id=f"{names.id}.{value.id}",
                to=names.receiver(value.to),
                module=f"{names.id}.{value.module}" if value.module else names.id,
                approve=value.approve and names.receiver(value.approve),
            )
        case Message() if value.name:
            value = replace(value, name=f"{names.id}.{value.name}")
        case Task():
            value = _task(value, names)
        case After() if value.of_step:
            value = replace(value, subject=names.step(value.subject))
        case Go():
            value = replace(value, step=names.step(value.step))
        case Wait():
            value = replace(value, then=names.step(value.then), timeout=names.step(value.timeout))
        case AnchorTime():
            value = replace(value, name=names.anchors.get(value.name, value.name))
    other: dict[str, Any] = {}
    if isinstance(path := getattr(value, "path", None), tuple):
        other["path"] = names.path(path)
    if isinstance(paths := getattr(value, "paths", None), tuple):
        other["paths"] = tuple(names.path(path) for path in paths)
    return replace(value, **other) if other else value


def _task(task: Task, names: Names) -> Task:
    return replace(
        task,
        about=names.receiver(task.about),
        due=_anchored(task.due, names),
        remind=tuple(_anchored(text, names) for text in task.remind),
        escalate=tuple(
            replace(rule, after=_anchored(rule.after, names), to=names.receiver(rule.to)) for rule in task.escalate
        ),
    )


def _anchored(text: str, names: Names) -> str:
    """A time that is still text: `opening - 1d` or `due - 2h`."""
    if not text[:1].isalpha():
        return text
    try:
        anchor = parse_anchor(text)
    except TimeTextError:
        return text  # reported where the task was built
    if not isinstance(anchor, AnchorTime) or anchor.name not in names.anchors or anchor.name == "due":
        return text
    return anchor_text(replace(anchor, name=names.anchors[anchor.name]))
