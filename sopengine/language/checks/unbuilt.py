"""A playbook → the constructs that this version loads but does not carry out, by the author's own words for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from sopengine.diagnostics import Path
from sopengine.language.model import Choose, Playbook, Step, Unbuilt, Use


def with_unbuilt(playbook: Playbook) -> Playbook:
    """The playbook with its `unbuilt` filled in, each construct once, in the order of the parts."""
    return replace(playbook, unbuilt=tuple(dict.fromkeys(_playbook(playbook))))


def _playbook(playbook: Playbook) -> Iterator[Unbuilt]:
    for step in playbook.steps():
        yield from _step(step)


def _others(other: Mapping[str, Any], path: Path) -> Iterator[Unbuilt]:
    for key in other:
        yield Unbuilt(key, (*path, key))


def _step(step: Step) -> Iterator[Unbuilt]:
    yield from _arm(step)


def _arm(step: Step) -> Iterator[Unbuilt]:
    """What a step does, and how: the step itself, or what one arm makes of it."""
    match step.action:
        case Choose(arms):
            for arm in arms:
                yield from _arm(arm.step)
        case Use():
            yield Unbuilt("use", (*step.path, "use"))
    yield from _others(step.modifiers, step.path)
