"""Declarations in the light of each other → keys without effect, columns and fields that do not exist, goals that
cannot be measured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.acting import acting
from sopengine.language.checks.declared import flow_of
from sopengine.language.checks.references import COLUMN, References
from sopengine.language.checks.scope import Scopes
from sopengine.language.events import fields_of
from sopengine.language.model import Journey, Playbook, Step, Task
from sopengine.language.named import FieldType

_COLUMN_OF = "target."


def check_declarations(playbook: Playbook, steps: Iterable[Step], scopes: Scopes, references: References) -> None:
    """Adds SOP-R314, S207, S241, S242 and W528."""
    _check_inputs(playbook, references)
    _check_people(playbook, set(_matched(steps)), scopes, references)
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        _check_trigger(journey, playbook, references)
    _check_goals(playbook, references)


def _check_inputs(playbook: Playbook, references: References) -> None:
    for declared in playbook.inputs.values():
        if declared.choices and declared.type is not FieldType.CHOICE:
            why = Text("它只对 type: choice 有意义", "it means something for `type: choice` only")
            no_effect((*declared.path, "choices"), why, references)
        if declared.confirm and declared.type is not FieldType.DATETIME:
            references.findings.add(
                "SOP-S242",
                Text(
                    f"{declared.name} 的类型是 {declared.type}，没有可以确认的时刻",
                    f"{declared.name} is of type {declared.type}: there is no moment to confirm",
                ),
                references.document.place((*declared.path, "confirm"), of_key=True),
                help=Text("改成 type: datetime", "Make it `type: datetime`"),
                path=(*declared.path, "confirm"),
            )


def _matched(steps: Iterable[Step]) -> Iterator[str]:
    """Who is looked up by a subject: receivers in flows that have one, and of tasks about rows."""
    for step in acting(steps):
        about = isinstance(step.action, Task) and bool(step.action.about)
        if about or flow_of(step.path) != "calendar":
            yield step.to
        if isinstance(step.action, Task):
            yield from (rule.to for rule in step.action.escalate if rule.to != step.to)


def _check_people(playbook: Playbook, matched: Collection[str], scopes: Scopes, references: References) -> None:
    """Roles and audiences name columns of their tables, as far as these are known."""
    for role in playbook.roles.values():
        if not role.source:
            if role.match:
                why = Text("没有 source，就没有要对上的行", "without `source` there are no rows to match")
                no_effect((*role.path, "match"), why, references)
            continue
        _check_column(role.person, scopes.data_columns(role.name), (*role.path, "person"), references)
        if role.match and role.name in matched:
            _check_column(role.match, scopes.data_columns("target"), (*role.path, "match"), references)
    for audience in playbook.audiences.values():
        if audience.zone.startswith(_COLUMN_OF):
            column = audience.zone.removeprefix(_COLUMN_OF)
            columns = scopes.data_columns(audience.name)
            _check_column(column, columns, (*audience.path, "zone"), references, part=True)


def _check_column(
    name: str, columns: Collection[str] | None, path: Path, references: References, *, part: bool = False
) -> None:
    if name and columns is not None and name not in columns:
        references.unknown(COLUMN, name, path, columns, _columns(columns), part=part)


def _columns(columns: Iterable[str]) -> Text:
    listed = sorted(columns)[:14]
    return Text(f"这些列可用：{'、'.join(listed)}", f"Known columns: {', '.join(listed)}")


def _check_trigger(journey: Journey, playbook: Playbook, references: References) -> None:
    fields = fields_of(journey.on_event, playbook.events)
    if not journey.on_event and journey.collect:
        path: Path = (*journey.path, "collect")
        references.findings.add(
            "SOP-S242",
            Text("由条件触发的旅程没有事件可以合并", "No event starts this journey, so there is nothing to collect"),
            references.document.place(path, of_key=True),
            path=path,
        )
    if journey.key and fields is not None and not journey.key.startswith("event."):
        example = f"event.{min(fields, default='id')}"
        path = (*journey.path, "key")
        references.findings.add(
            "SOP-S207",
            Text("`key` 要写事件的字段", "`key` names a field of the event"),
            references.document.place(path),
            help=Text(f"例如 {example}", f"Such as {example}"),
            path=path,
        )


def _check_goals(playbook: Playbook, references: References) -> None:
    for goal in playbook.goals.values():
        if goal.target <= 0:
            message = Text(f"目标值 {goal.name} 不大于 0，总是已经达到", f"Goal {goal.name} is not above 0")
            _no_sense((*goal.path, "target"), message, references)
        if goal.each == "day" and goal.weights:
            message = Text("每天各有一个目标值，不会按权重分摊", "Each day has its own target; no weight spreads it")
            _no_sense((*goal.path, "weights"), message, references)


def no_effect(path: Path, why: Text, references: References) -> None:
    references.findings.add(
        "SOP-S241",
        Text(f"这里的 `{path[-1]}` 不起作用：{why.zh}", f"`{path[-1]}` has no effect here: {why.en}"),
        references.document.place(path, of_key=True),
        help=Text("删掉它", "Remove it"),
        path=path,
    )


def _no_sense(path: Path, message: Text, references: References) -> None:
    references.findings.add("SOP-W528", message, references.document.place(path), path=path)
