"""Where a playbook's times lean on anchors, and what an anchor of some type is good for in each place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from sopengine.diagnostics import Path, Text
from sopengine.language.build.due import anchor_of_due
from sopengine.language.checks.references import References
from sopengine.language.document import value_at
from sopengine.language.model import Playbook, Step, Task
from sopengine.language.named import FieldType
from sopengine.timing.words import AnchorTime, AtAnchor, AtClock, AtEvent, AtEvery, DayRule, Moment, OnAnchor, OnYearly

BESIDE_DUE = ("remind", "escalate")
"""The keys of a task whose times may be counted from its own `due`."""
_DATED = (FieldType.DATE, FieldType.DATETIME)


class Use(Struct, frozen=True):
    """An anchor in the text (or one of the texts) at `path`, in these steps. It stands for a day; for a `moment`, with
    its date; for a `clock`, beside a day; for a `bound` of days; for a `limit` of what has begun. `of_key`: it is the
    key at `path`."""

    anchor: AnchorTime
    path: Path
    needs: Literal["day", "moment", "clock", "bound", "limit"]
    steps: tuple[Step, ...]
    of_key: bool = False


def uses(playbook: Playbook, steps: Sequence[Step]) -> Iterator[Use]:
    for phase in playbook.phases:
        for edge, bound in (("from", phase.begin), ("until", phase.end)):
            if isinstance(bound.value, AnchorTime):
                yield Use(bound.value, (*phase.path, edge), "bound", phase.steps)
    for edge, bound in zip(("from", "until"), playbook.runs or (), strict=False):
        if isinstance(bound.value, AnchorTime):
            yield Use(bound.value, ("runs", edge), "bound", ())
    for goal in playbook.goals.values():
        for weight in goal.weights:
            if isinstance(weight.days, OnAnchor | OnYearly):
                yield Use(weight.days.anchor, (*goal.path, "weights", weight.written), "day", (), of_key=True)
    for step in steps:
        yield from _of_step(step)


def _of_step(step: Step) -> Iterator[Use]:
    def of_day(rule: DayRule, path: Path) -> Iterator[Use]:
        if isinstance(rule, OnAnchor | OnYearly):
            yield Use(rule.anchor, path, "day", (step,))

    def of_moment(moment: Moment | AtEvent, path: Path) -> Iterator[Use]:
        match moment:
            case AtAnchor(anchor=anchor):
                beside_a_day = step.when.on or step.when.after
                yield Use(anchor, path, "clock" if beside_a_day else "moment", (step,))
            case AtEvery(begin=begin, end=end):
                yield from of_moment(begin, path)
                yield from of_moment(end, path)
            case AtClock() | AtEvent():
                return

    for rule in step.when.on:
        yield from of_day(rule, (*step.path, "on"))
    for rule in step.when.except_:
        yield from of_day(rule, (*step.path, "except"))
    for moment in step.when.at:
        yield from of_moment(moment, (*step.path, "at"))
    for _, arm in step.all_arms():
        if isinstance(arm.useful_until, AnchorTime):
            yield Use(arm.useful_until, (*arm.path, "useful_until"), "limit", (arm,))
        if isinstance(arm.action, Task):
            yield from _of_task(arm, arm.action)


def _of_task(step: Step, task: Task) -> Iterator[Use]:
    texts: list[tuple[str, Path]] = [(task.due, ("due",))]
    texts += [(text, (BESIDE_DUE[0], n)) for n, text in enumerate(task.remind)]
    texts += [(rule.after, (BESIDE_DUE[1], n, "after")) for n, rule in enumerate(task.escalate)]
    for text, (key, *inner) in texts:
        anchor = anchor_of_due(text)
        if anchor is not None and (key == "due" or anchor.name != "due"):
            yield Use(anchor, (*step.path, key, *inner), "limit", (step,))


def report_type(use: Use, path: Path, kind: FieldType, references: References, *, of_data: bool = False) -> bool:
    """Adds SOP-R303 where a value of this type cannot stand there, and says whether it can. Times of day come from data
    (`of_data`) only."""
    wanted = _wanted(use, kind, of_data)
    if wanted is not None:
        name = use.anchor.name
        references.findings.add(
            "SOP-R303",
            Text(f"{name} 的类型是 {kind}，{wanted.zh}", f"{name} is of type {kind}; {wanted.en}"),
            references.place_of(name, path, use.of_key),
            path=path,
        )
    return wanted is None


def _wanted(use: Use, kind: FieldType, of_data: bool) -> Text | None:
    if kind is FieldType.TIME and of_data:
        if use.needs in ("clock", "limit"):
            return None
        if use.needs == "moment":
            return Text("只有钟点没有日期，还要写 `on`", "it has no date: `on` has to say the day")
        return Text("这里要 date 或 datetime", "a date or datetime is needed here")
    if kind not in _DATED:
        return Text("锚点要用 date 或 datetime", "an anchor is a date or datetime")
    if use.needs in ("moment", "clock") and kind is FieldType.DATE:
        return Text(
            "只有日期没有钟点：日期写在 on 里，钟点写在 at 里",
            "it has no clock time: put the day in `on`, the time in `at`",
        )
    if use.needs == "day" and kind is FieldType.DATE and use.anchor.offset.seconds:
        return Text("日期只能加减天数", "only days can be added to a date")
    return None


def item_of(use: Use, references: References) -> Path:
    """In a list, the item that names the anchor."""
    value = value_at(references.document, use.path)
    if isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, str) and use.anchor.name in item:
                return (*use.path, i)
    return use.path
