"""Phases and steps as written → days outside their phase, phases that cut into each other, two messages at one instant:
what holds whatever the anchors' values will be. The dry run finds the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sopengine.diagnostics import Findings, Path, Text
from sopengine.language.document import Document, value_at
from sopengine.language.model import Phase, Playbook, Send, Step
from sopengine.timing.relative import distance
from sopengine.timing.words import AtClock, DayRule, OnAnchor, OnDate, OnPhaseDay


def check_schedule(document: Document, playbook: Playbook, findings: Findings) -> None:
    """Adds SOP-W502, W521 and W522."""
    for phase in playbook.phases:
        for step in phase.steps:
            _check_days(document, phase, step, findings)
        _check_instants(document, phase.steps, playbook, findings)
    if playbook.weekly:
        _check_instants(document, playbook.weekly.steps, playbook, findings)
    _check_overlaps(document, playbook.phases, findings)


def _check_days(document: Document, phase: Phase, step: Step, findings: Findings) -> None:
    for i, rule in enumerate(step.when.on):
        why = _outside(phase, rule)
        if why is None:
            continue
        several = isinstance(value_at(document, (*step.path, "on")), list)
        path: Path = (*step.path, "on", i) if several else (*step.path, "on")
        findings.add(
            "SOP-W502",
            Text(
                f"步骤 {step.id} 不在阶段 {phase.name} 之内：{why.zh}",
                f"Step {step.id} is outside {phase.name}: {why.en}",
            ),
            document.place(path),
            help=Text(
                "until 是结束的次日；改日子，或者把步骤移到它的阶段",
                "`until` is the day after the last; change the day, or move the step to its phase",
            ),
            path=path,
        )


def _outside(phase: Phase, rule: DayRule) -> Text | None:
    begin, end = phase.begin, phase.end
    match rule:
        case OnDate(text, day):
            return _beyond(text, begin.text, end.text, distance(begin.value, day), distance(day, end.value))
        case OnAnchor(text, anchor):
            return _beyond(text, begin.text, end.text, distance(begin.value, anchor), distance(anchor, end.value))
        case OnPhaseDay(text, first, last):
            length = distance(begin.value, end.value)
            if length is not None and length > 0 and max(abs(first), abs(last or first)) > length:
                return Text(f"{text}，而它只有 {length} 天", f"{text}, but it has {length} days")
    return None


def _beyond(text: str, begin: str, end: str, into: int | None, left: int | None) -> Text | None:
    """`into`: days after the first one; `left`: days before the end, which is none of the phase's own."""
    if into is not None and into < 0:
        return Text(f"{text} 在它开始（{begin}）之前", f"{text} is before it begins ({begin})")
    if left is not None and left <= 0:
        return Text(f"{text} 时它已经结束（{end}）", f"on {text} it has ended ({end})")
    return None


def _check_overlaps(document: Document, phases: Iterable[Phase], findings: Findings) -> None:
    """Phases may run side by side; two that share just one day have most likely an `until` meant as their last day."""
    known: list[Phase] = []
    for phase in phases:
        for earlier in known:
            if 1 not in (_cut(earlier, phase), _cut(phase, earlier)):
                continue
            findings.add(
                "SOP-W522",
                Text(
                    f"阶段 {phase.name} 和 {earlier.name} 有一天重叠",
                    f"Phases {phase.name} and {earlier.name} share one day",
                ),
                document.place((*phase.path, "from")),
                help=Text(
                    "until 是结束的次日，下一个阶段从同一天开始就不会重叠",
                    "`until` is the day after the last: let the next phase begin on that very day",
                ),
                path=(*phase.path, "from"),
            )
            break
        known.append(phase)


def _cut(first: Phase, second: Phase) -> int:
    """The days of `second` that lie in `first`, where it begins later and ends later; else 0."""
    starts = distance(first.begin.value, second.begin.value)
    ends = distance(first.end.value, second.end.value)
    shared = distance(second.begin.value, first.end.value)
    if starts is None or ends is None or shared is None or starts <= 0 or ends <= 0:
        return 0
    return max(shared, 0)


def _check_instants(document: Document, steps: Iterable[Step], playbook: Playbook, findings: Findings) -> None:
    taken: dict[tuple[str, str, str], Step] = {}
    for step in steps:
        for when in _instants(step) if sends_for_sure(step) else ():
            before = next((s for to in lineage(playbook, step.to) if (s := taken.get((to, *when)))), None)
            if before is not None and before is not step:
                report_same_instant(document, step, before, findings)
                break
            taken.setdefault((step.to, *when), step)


def _instants(step: Step) -> Iterator[tuple[str, str]]:
    """Day and clock, as they are spelt in one way only."""
    for day in step.when.on:
        for moment in step.when.at:
            if isinstance(moment, AtClock):
                yield _spelt(day), moment.text


def _spelt(day: DayRule) -> str:
    if isinstance(day, OnAnchor):
        return str(day.anchor)
    return day.day.isoformat() if isinstance(day, OnDate) else day.text


def sends_for_sure(step: Step) -> bool:
    """Whether nothing but its time decides: two steps of which one is sent are no mistake."""
    return isinstance(step.action, Send) and step.if_ is None and step.when.spread is None


def lineage(playbook: Playbook, to: str) -> Iterator[str]:
    """An audience and those it is a part of."""
    seen: set[str] = set()
    while to and to not in seen:
        seen.add(to)
        yield to
        audience = playbook.audiences.get(to)
        to = audience.of if audience else ""


def report_same_instant(document: Document, step: Step, before: Step, findings: Findings) -> None:
    path = (*step.path, "at")
    line = document.place(before.path).line
    findings.add(
        "SOP-W521",
        Text(
            f"步骤 {step.id} 和第 {line} 行的 {before.id} 同一时刻发给同一批人",
            f"Step {step.id} and {before.id} in line {line} reach the same people at the same moment",
        ),
        document.place(path),
        help=Text("错开几分钟，或合成一条", "Set them some minutes apart, or make one message of them"),
        path=path,
    )
