"""The steps of a welcome or journey → those that no way leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sopengine.diagnostics import Text
from sopengine.language.checks.references import References
from sopengine.language.document import Document, value_at
from sopengine.language.model import Choose, Exit, Go, Journey, Playbook, Step, Wait

_NEXT = "next"


def check_reach(playbook: Playbook, references: References) -> None:
    """Adds SOP-W529: at the first step of each stretch that is never reached."""
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        if not _whole(journey, references.document):
            continue  # what a wrong step was to lead to is not known
        reached = _reached(journey.steps)
        for before, step in zip((None, *journey.steps), journey.steps, strict=False):
            if step.id in reached or (before is not None and before.id not in reached):
                continue
            references.findings.add(
                "SOP-W529",
                Text(f"没有一条路走到步骤 {step.id}", f"No way leads to step {step.id}"),
                references.document.place((*step.path, "id")),
                help=_why(before),
                path=step.path,
            )


def _whole(journey: Journey, document: Document) -> bool:
    """Whether every step could be read, and every way leads to a step of the flow."""
    written = value_at(document, (*journey.path, "steps"))
    known = {_NEXT, "exit", *(step.id for step in journey.steps)}
    ways = {way for step in journey.steps for way in _ways(step)}
    return isinstance(written, list) and len(written) <= len(journey.steps) and ways <= known


def _reached(steps: Sequence[Step]) -> set[str]:
    """Ways lead onward only, so one pass from the first step on is enough."""
    following = {step.id: after.id for step, after in pairwise(steps)}
    reached = {steps[0].id} if steps else set()
    for step in steps:
        if step.id in reached:
            ways = set(_ways(step))
            reached |= {following.get(step.id, "") if way == _NEXT else way for way in ways}
    return reached


def _ways(step: Step) -> Iterator[str]:
    """`next` and the ids of steps it may lead to; a step with a condition may always be passed over."""
    if step.if_ is not None:
        yield _NEXT
    match step.action:
        case Wait(then=then, timeout=timeout):
            yield from (then, timeout)
        case Exit():
            return
        case Go(target):
            yield target
        case Choose(arms):
            for arm in arms:
                yield from _ways(arm.step)
            yield _NEXT  # an arm that cannot be answered skips the choice, and the flow goes on
        case _:
            yield _NEXT


def _why(before: Step | None) -> Text | None:
    if before is None:
        return None
    return Text(
        f"前面的 {before.id} 不会走到它：改 {before.id} 的 then、timeout 或分支，或者删掉它",
        f"{before.id} before it leads elsewhere: change its `then`, `timeout` or arms, or remove the step",
    )
