"""Anchors with a namespace, `target.opens`, `event.expires` → findings where there is no such column or field, or its
type cannot carry that time."""

from __future__ import annotations

from collections.abc import Mapping

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.anchor_use import Use, item_of, report_type
from sopengine.language.checks.declared import SUBJECTS, flow_of
from sopengine.language.checks.references import References
from sopengine.language.columns import declared_columns
from sopengine.language.events import fields_of
from sopengine.language.model import Playbook, Step, Task
from sopengine.language.named import FieldType
from sopengine.language.suggest import closest

_TIMES = (FieldType.DATE, FieldType.DATETIME, FieldType.TIME)


def check_named_anchor(use: Use, playbook: Playbook, references: References) -> None:
    """Adds SOP-R303, and R312 for what looks like an event that does not exist."""
    path = item_of(use, references)
    root, _, name = use.anchor.name.partition(".")
    if use.of_key:
        message = Text(
            "目标值不分对象，只能按输入的日期加权", "A goal has no target: its weights are counted from inputs"
        )
        _wrong(use, path, message, None, references)
    elif root in SUBJECTS and not references.declared.is_event(use.anchor.name):
        _check_column(use, path, name, playbook, references)
    elif root == "event":
        _check_field(use, path, name, playbook, references)
    elif references.declared.is_event(use.anchor.name):
        _wrong(
            use,
            path,
            Text(
                f"{use.anchor.name} 是事件，什么时候来事先不知道",
                f"{use.anchor.name} is an event: nobody knows when it will come",
            ),
            Text(
                f"在事件之后用 after: {use.anchor.name} + 10m",
                f"For a time after it write `after: {use.anchor.name} + 10m`",
            ),
            references,
        )
    else:
        references.unknown_event(use.anchor.name, path, part=True)


def _check_column(use: Use, path: Path, column: str, playbook: Playbook, references: References) -> None:
    receivers, of_all = _receivers(use, playbook), use.path[:1] != ("runs",)
    for to in receivers:
        columns = _columns(to, playbook)
        if column in columns:
            fits = report_type(use, path, columns[column], references, of_data=True)
            if fits and of_all:
                continue
        elif of_all or len(receivers) == 1:
            _undeclared(use, path, column, to, columns, references)
        else:
            continue
        return


def _receivers(use: Use, playbook: Playbook) -> list[str]:
    """Whose rows have to have the column; of the whole campaign's days those of any will do."""
    steps = use.steps
    if use.path[:1] == ("runs",):
        weekly = playbook.weekly.steps if playbook.weekly else ()
        steps = (*weekly, *(step for phase in playbook.phases for step in phase.steps))
    found = dict.fromkeys(to for step in steps if (to := _about(step) or step.to))
    return [to for to in found if to in SUBJECTS or to in playbook.audiences or to in playbook.roles]


def _about(step: Step) -> str:
    return step.action.about if isinstance(step.action, Task) else ""


def _columns(to: str, playbook: Playbook) -> Mapping[str, FieldType]:
    """Of the subject of a flow, what the audiences declare among them."""
    if to not in SUBJECTS:
        return declared_columns(playbook, to)
    return {
        name: kind for audience in playbook.audiences for name, kind in declared_columns(playbook, audience).items()
    }


def _undeclared(
    use: Use, path: Path, column: str, to: str, columns: Mapping[str, FieldType], references: References
) -> None:
    guess = closest(column, [name for name, kind in columns.items() if kind in _TIMES])
    meant = f"{use.anchor.name.partition('.')[0]}.{guess}"
    zh, en = (f"，是不是 `{meant}`？", f"; did you mean `{meant}`?") if guess else ("", "")
    help = Text(
        f"在 {to} 下写 columns: {{{column}: date}}，或 datetime、time",
        f"Write `columns: {{{column}: date}}` under {to}; or datetime, or time",
    )
    _wrong(
        use,
        path,
        Text(f"`{to}` 没有声明列 {column} 的类型{zh}", f"`{to}` does not declare the type of its column {column}{en}"),
        None if guess else help,
        references,
    )


def _check_field(use: Use, path: Path, field: str, playbook: Playbook, references: References) -> None:
    step = use.steps[0] if use.steps else None
    event = _event_of(step, playbook) if step is not None else ""
    if not event:
        _wrong(
            use,
            path,
            Text("这里不是由事件触发的，没有 event", "No event starts this, so there is no `event`"),
            None,
            references,
        )
        return
    fields = fields_of(event, playbook.events)
    if fields is None:
        return  # the event itself is not declared
    if field not in fields:
        dated = ", ".join(name for name, one in fields.items() if one.type in _TIMES) or "-"
        _wrong(
            use,
            path,
            Text(f"事件 {event} 没有字段 {field}", f"The event {event} has no field {field}"),
            Text(f"它的日期字段：{dated}", f"Its fields with a date or time: {dated}"),
            references,
        )
    else:
        report_type(use, path, fields[field].type, references, of_data=True)


def _event_of(step: Step, playbook: Playbook) -> str:
    """The event that starts the step's flow; "" for none."""
    flow = flow_of(step.path)
    if flow == "welcome":
        return playbook.welcome.on_event if playbook.welcome else ""
    return next((j.on_event for j in playbook.journeys if flow == f"journeys.{j.name}"), "")


def _wrong(use: Use, path: Path, message: Text, help: Text | None, references: References) -> None:
    references.findings.add(
        "SOP-R303", message, references.place_of(use.anchor.name, path, use.of_key), help=help, path=path
    )
