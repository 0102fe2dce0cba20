"""`rollout` where the targets of a slot do not have it at one time, so that there are no waves; and what is decided for
a slot, before an arm of it is chosen: SOP-S242."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sopengine.diagnostics import Findings, Path, Text
from sopengine.language.document import Document, value_at
from sopengine.language.model import Choose, Phase, Playbook, Step
from sopengine.timing.words import AnchorTime, AtAnchor, AtEvery, OnAnchor, OnYearly


def check_rollouts(document: Document, playbook: Playbook, steps: Collection[Step], findings: Findings) -> None:
    phases = {step.id: phase for phase in playbook.phases for step in phase.steps}
    for step in steps:
        if value_at(document, (*step.path, "rollout")) is not None and (why := _no_waves(step, phases.get(step.id))):
            _add(document, step.path, "rollout", why, findings)
        for arm in _arms(step):
            if value_at(document, (*arm.path, "rollout")) is not None:
                _add(document, arm.path, "rollout", _IN_ARM, findings)
            if isinstance(value_at(document, (*arm.path, "catch_up")), dict):
                _add(document, arm.path, "catch_up", _IN_ARM, findings)


_IN_ARM = Text("写在步骤上，不写在分支里", "it stands on the step, not in an arm")
_IN_FLOW = Text(
    "welcome、journeys 和 watch 一次只有一个对象", "`welcome`, `journeys` and `watch` have one subject at a time"
)
_SPREAD = Text("已经有 spread", "there is `spread` already")
_AFTER = Text("它跟着另一个步骤，各目标的时间不同", "it comes after a step, target by target")
_OWN_TIMES = Text("各目标有自己的时间", "its targets have times of their own")


def _no_waves(step: Step, phase: Phase | None) -> Text | None:
    if step.path[:1] not in (("phases",), ("weekly",)):
        return _IN_FLOW
    if step.when.spread is not None:
        return _SPREAD
    if step.when.after is not None and step.when.after.of_step:
        return _AFTER
    bounds = (phase.begin.value, phase.end.value) if phase else ()
    names = [bound.name for bound in bounds if isinstance(bound, AnchorTime)] + list(_anchors(step))
    return _OWN_TIMES if any(name.startswith(("target.", "member.")) for name in names) else None


def _anchors(step: Step) -> Iterator[str]:
    for rule in step.when.on:
        if isinstance(rule, OnAnchor | OnYearly):
            yield rule.anchor.name
    for moment in step.when.at:
        edges = (moment.begin, moment.end) if isinstance(moment, AtEvery) else (moment,)
        yield from (edge.anchor.name for edge in edges if isinstance(edge, AtAnchor))
    if isinstance(step.useful_until, AnchorTime):
        yield step.useful_until.name


def _arms(step: Step) -> Iterator[Step]:
    if isinstance(step.action, Choose):
        for arm in step.action.arms:
            yield arm.step
            yield from _arms(arm.step)


def _add(document: Document, path: Path, key: str, why: Text, findings: Findings) -> None:
    place = document.place((*path, key), of_key=True)
    message = Text(f"这里不能写 `{key}`：{why.zh}", f"`{key}` may not stand here: {why.en}")
    findings.add("SOP-S242", message, place, help=Text("删掉它", "Remove it"), path=(*path, key))
