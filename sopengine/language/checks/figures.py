"""Metrics and goals of a playbook → findings about the steps, events, fields and metrics they name."""

from __future__ import annotations

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.references import EVENT, STEP, Kind, References
from sopengine.language.events import fields_of
from sopengine.language.model import Playbook
from sopengine.language.named import FieldType, Goal, Metric

METRIC = Kind("SOP-R305", "指标", "metric", frozenset(["metrics"]))
FIELD = Kind("SOP-R305", "字段", "field", frozenset())
NUMBERS = (FieldType.NUMBER, FieldType.INTEGER, FieldType.MONEY)


def check_figures(playbook: Playbook, references: References) -> None:
    """Adds SOP-R304, R305, R312 and S207."""
    for metric in playbook.metrics.values():
        _check_metric(metric, playbook, references)
    for goal in playbook.goals.values():
        _check_goal(goal, playbook, references)


def _check_metric(metric: Metric, playbook: Playbook, references: References) -> None:
    path: Path = (*metric.path, metric.kind)
    declared = references.declared
    if metric.kind == "count":
        if not declared.is_event(metric.of):
            references.unknown(EVENT, metric.of, path, declared.events)
    elif metric.kind != "source":
        _check_field(metric, path, playbook, references)


def _check_field(metric: Metric, path: Path, playbook: Playbook, references: References) -> None:
    declared, owner, name = references.declared, metric.owner, metric.field
    if not owner or not name:
        references.findings.add(
            "SOP-S207",
            Text(f"`{metric.of}` 不是 步骤.字段", f"`{metric.of}` is not STEP.FIELD"),
            references.document.place(path),
            help=Text("例如 chase.gmv，或 order.paid.amount", "Such as chase.gmv or order.paid.amount"),
            path=path,
        )
        return
    if "." in owner and not metric.of_step:
        fields = fields_of(owner, playbook.events)
        if fields is None:
            if not declared.is_event(owner):
                references.unknown(EVENT, owner, path, declared.events, part=True)
            return
    else:
        if owner not in declared.steps:
            references.unknown(STEP, owner, path, declared.steps, part=True)
            return
        step = next((step for step in playbook.steps() if step.id == owner), None)
        if step is None:
            return  # its own mistake has been reported
        fields = step.form
    if name not in fields:
        listed = ", ".join(fields) or "-"
        help = Text(f"{owner} 的字段：{listed}", f"Fields of {owner}: {listed}")
        references.unknown(FIELD, name, path, fields, help, part=True)
    elif metric.kind == "sum" and fields[name].type not in NUMBERS:
        kind = fields[name].type
        references.findings.add(
            "SOP-S207",
            Text(f"{metric.of} 的类型是 {kind}，不能相加", f"{metric.of} is of type {kind} and cannot be added up"),
            references.place_of(name, path),
            help=Text(
                "相加的字段用 number、integer 或 money", "A field that is added up is a number, integer or money"
            ),
            path=path,
        )


def _check_goal(goal: Goal, playbook: Playbook, references: References) -> None:
    declared = references.declared
    path: Path = (*goal.path, "metric")
    if goal.metric not in declared.metrics:
        references.unknown(METRIC, goal.metric, path, declared.metrics, _DECLARE)
        return
    metric = playbook.metrics.get(goal.metric)
    if metric is None or goal.per == metric.per or not goal.per:
        return
    references.findings.add(
        "SOP-S207",
        Text(
            f"目标值按 {goal.per} 各算一个，指标 {metric.name} 却不是",
            f"the goal is per {goal.per}, its metric {metric.name} is not",
        ),
        references.document.place((*goal.path, "per")),
        help=Text(f"给指标也写上 per: {goal.per}", f"Give the metric per: {goal.per} as well"),
        path=(*goal.path, "per"),
    )


_DECLARE = Text("指标要先在 metrics 里声明", "Metrics are declared under `metrics`")
