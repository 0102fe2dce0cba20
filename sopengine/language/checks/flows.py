"""What steps of flows lead to: `go`, `wait` and their ways belong to flows, and lead onward (language.md, Steps)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.references import References
from sopengine.language.model import Go, Journey, Playbook, Step, Wait

_ONLY_IN_FLOWS = Text("放到 welcome 或 journeys 的步骤里", "Put it into a step of `welcome` or `journeys`")
_ONWARD = Text(
    "只能转到后面的步骤；要重来就另起一个旅程", "Lead on to a later step; to begin again, start another journey"
)


def check_flows(playbook: Playbook, references: References) -> None:
    """Adds SOP-S224 and R316."""
    flows = [*([playbook.welcome] if playbook.welcome else []), *playbook.journeys]
    for journey in flows:
        _check_ways(journey, references)
    inside = {step.path for journey in flows for step in journey.steps}
    for step in playbook.steps():
        if step.path not in inside:
            _check_outside(step, references)


def _check_outside(step: Step, references: References) -> None:
    for _, arm in step.all_arms():
        key = {Wait: "wait", Go: "go"}.get(type(arm.action))
        if key is not None:
            references.findings.add(
                "SOP-S224",
                Text(
                    f"这里的步骤互不相干，没有先后，不能用 `{key}`",
                    f"Steps here do not follow one another, so `{key}` leads nowhere",
                ),
                references.document.place((*arm.path, key), of_key=True),
                help=_ONLY_IN_FLOWS,
                path=(*arm.path, key),
            )


def _check_ways(journey: Journey, references: References) -> None:
    numbers = {step.id: number for number, step in enumerate(journey.steps)}
    for number, step in enumerate(journey.steps):
        for _, arm in step.all_arms():
            for path, way in _ways(arm):
                if way in numbers and numbers[way] <= number:
                    _backwards(path, way, references)
                elif way not in numbers and way in references.declared.steps:
                    _elsewhere(path, way, journey.steps, references)


def _ways(arm: Step) -> Iterator[tuple[Path, str]]:
    match arm.action:
        case Go(step):
            yield (*arm.path, "go"), step
        case Wait(then=then, timeout=timeout):
            yield (*arm.path, "then"), then
            yield (*arm.path, "timeout"), timeout


def _backwards(path: Path, way: str, references: References) -> None:
    references.findings.add(
        "SOP-R316",
        Text(f"步骤 {way} 在前面，不能转回去", f"Step {way} stands before this one; a flow does not go back"),
        references.document.place(path),
        help=_ONWARD,
        path=path,
    )


def _elsewhere(path: Path, way: str, steps: Sequence[Step], references: References) -> None:
    names = "、".join(step.id for step in steps), ", ".join(step.id for step in steps)
    references.findings.add(
        "SOP-R316",
        Text(f"步骤 {way} 在另一个流程里", f"Step {way} is in another flow"),
        references.document.place(path),
        help=Text(f"这个流程的步骤：{names[0]}", f"Steps of this flow: {names[1]}"),
        path=path,
    )
