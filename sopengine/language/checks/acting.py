"""Steps → everything that acts: the steps themselves, the arms of their choices, and the arms inside those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sopengine.language.model import Choose, Step


def acting(steps: Iterable[Step]) -> Iterator[Step]:
    """In written order. An arm's time is that of its step; what is written for the arm itself stands at its `path`."""
    for step in steps:
        yield step
        if isinstance(step.action, Choose):
            yield from acting(arm.step for arm in step.action.arms)
