"""Everything a playbook refers to by name → findings where nothing of that name is declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.acting import acting
from sopengine.language.checks.circles import check_circles
from sopengine.language.checks.declared import SUBJECTS, flow_of
from sopengine.language.checks.references import EVENT_FIELD, MESSAGE, RECEIVER, ROLE, STEP, References
from sopengine.language.document import value_at
from sopengine.language.events import fields_of
from sopengine.language.model import During, Emit, ExitRule, Go, Playbook, Send, Step, Task, Wait

_AHEAD = ("next", "exit")
_INLINE = Text(
    "要直接写文字，就写 send: {text: …}；要用消息，先在 messages 里写好它",
    "To write the text here, use `send: {text: …}`; else define the message under `messages`",
)


def check_named(playbook: Playbook, steps: Sequence[Step], references: References) -> None:
    """Adds SOP-R301, R302, R304, R312, R313 and R342."""
    for step in steps:
        _check_after(step, references)
    for step in acting(steps):
        _check_action(step, playbook, references)
    for phase in playbook.phases:
        for rule in phase.during:
            _check_during(rule, playbook, references)
    if playbook.approve:
        _check_role(playbook.approve, ("approve",), references)
    for path, to in _flow_receivers(playbook):
        _check_receiver(to, path, references)
    for audience in playbook.audiences.values():
        if audience.of and audience.of not in playbook.audiences:
            references.unknown(RECEIVER, audience.of, (*audience.path, "of"), playbook.audiences)
    for path, name in _events(playbook):
        _check_event(name, path, references)
    check_circles(steps, playbook, references)


def _check_action(step: Step, playbook: Playbook, references: References) -> None:
    document, declared, path = references.document, references.declared, step.path
    if isinstance(value_at(document, (*path, "to")), str):
        _check_receiver(step.to, (*path, "to"), references)
    approver = value_at(document, (*path, "approve"))
    if isinstance(approver, str):
        _check_role(approver, (*path, "approve"), references)
    match step.action:
        case Send(message) if message.name and message.name not in declared.messages:
            references.unknown(MESSAGE, message.name, (*path, "send"), declared.messages, _INLINE)
        case Task() as task:
            if task.about:
                _check_receiver(task.about, (*path, "about"), references)
            for i, rule in enumerate(task.escalate):
                if rule.to:
                    _check_role(rule.to, (*path, "escalate", i, "to"), references)
        case Wait(events, _, then, timeout):
            several = isinstance(value_at(document, (*path, "wait")), list)
            for i, event in enumerate(events):
                _check_event(event, (*path, "wait", i) if several else (*path, "wait"), references)
            _check_way(then, (*path, "then"), references)
            _check_way(timeout, (*path, "timeout"), references)
        case Go(target):
            _check_way(target, (*path, "go"), references)
        case Emit() as emit:
            _check_emit(emit, (*path, "emit"), playbook, references)


def _check_during(rule: During, playbook: Playbook, references: References) -> None:
    declared = references.declared
    if rule.message and rule.message not in declared.messages:
        help = Text("写这份 playbook 里的消息，或 skip", "Write a message of this playbook, or skip")
        references.unknown(MESSAGE, rule.message, rule.path, (*declared.messages, "skip"), help)
    if rule.playbook == playbook.id:
        references.findings.add(
            "SOP-S207",
            Text("`during` 说的是别的 playbook", "`during` speaks of other playbooks"),
            references.document.place(rule.path, of_key=True),
            help=Text("自己的步骤用 if 或 except", "For steps of this one use `if` or `except`"),
            path=rule.path,
        )


def _check_way(name: str, path: Path, references: References) -> None:
    steps = references.declared.steps
    ahead = () if path[-1] == "go" else _AHEAD
    if name and name not in ahead and name not in steps and flow_of(path) != "calendar":
        references.unknown(STEP, name, path, (*ahead, *steps))


def _check_emit(emit: Emit, path: Path, playbook: Playbook, references: References) -> None:
    fields = fields_of(emit.event, playbook.events)
    if fields is None:
        _check_event(emit.event, (*path, "event"), references)
        return
    for name in emit.data:
        if name not in fields:
            references.unknown(EVENT_FIELD, name, (*path, "data", name), fields, of_key=True)


def _check_after(step: Step, references: References) -> None:
    after, declared = step.when.after, references.declared
    if after is None or not after.subject:
        return
    path: Path = (*step.path, "after")
    if not after.of_step:
        if after.subject.partition(".")[0] in declared.modules:
            references.unknown(STEP, after.subject, path, declared.steps, part=True)
        elif not declared.is_event(after.subject):
            references.unknown_event(after.subject, path, part=True)
    elif after.subject not in declared.steps:
        help = _inside(after.subject, references)
        if after.subject in declared.inputs:
            help = Text(
                f"{after.subject} 是输入；定在那天前后用 on: {after.subject} + 1d",
                f"{after.subject} is an input; for days around it use `on: {after.subject} + 1d`",
            )
        references.unknown(STEP, after.subject, path, () if help else declared.steps, help, part=True)
    elif declared.steps[after.subject] != flow_of(step.path):
        references.findings.add(
            "SOP-R304",
            Text(
                f"步骤 {after.subject} 在另一个流程里，这里等不到它",
                f"Step {after.subject} is in another flow and cannot be waited for here",
            ),
            references.place_of(after.subject, path),
            help=Text("只能等同一个流程里的步骤", "A step waits for steps of its own flow only"),
            path=path,
        )


def _inside(name: str, references: References) -> Text | None:
    """What to wait for in place of a step that brings in a module."""
    if name not in references.declared.modules:
        return None
    listed = [step for step in references.declared.steps if step.startswith(f"{name}.")]
    return Text(
        f"{name} 是模块，要等的是里面的步骤：{'、'.join(listed)}",
        f"{name} is a module; wait for one of its steps: {', '.join(listed)}",
    )


def _flow_receivers(playbook: Playbook) -> Iterator[tuple[Path, str]]:
    if playbook.weekly and playbook.weekly.to:
        yield (*playbook.weekly.path, "to"), playbook.weekly.to
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        if journey.to:
            yield (*journey.path, "to"), journey.to


def _check_receiver(name: str, path: Path, references: References) -> None:
    declared = references.declared
    if name in declared.receivers:
        return
    triggered = flow_of(path) != "calendar" or path[:1] in (("watch",), ("exit_when",))
    if name not in SUBJECTS:
        known = declared.receivers | frozenset(SUBJECTS if triggered else ())
        help = Text("在 audiences 或 roles 里声明它", "Declare it under `audiences` or `roles`")
        references.unknown(RECEIVER, name, path, known, help)
    elif not triggered:
        references.findings.add(
            "SOP-R302",
            Text(
                f"`{name}` 只在由事件触发的流程里有，这里没有触发它的人或群",
                f"`{name}` exists only in flows that an event starts",
            ),
            references.document.place(path),
            help=Text("写人群或角色的名字", "Write the name of an audience or role"),
            path=path,
        )


def _check_role(name: str, path: Path, references: References) -> None:
    """Only a role answers for something: it has a person."""
    roles = references.declared.roles
    if name not in roles:
        references.unknown(ROLE, name, path, roles, Text("在 roles 里声明它", "Declare it under `roles`"))


def _check_event(name: str, path: Path, references: References) -> None:
    if not references.declared.is_event(name):
        references.unknown_event(name, path)


def _events(playbook: Playbook) -> Iterator[tuple[Path, str]]:
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        if journey.on_event:
            yield (*journey.path, "on_event"), journey.on_event
    for declared in playbook.inputs.values():
        if declared.confirm:
            yield (*declared.path, "confirm"), declared.confirm
    for rule in exit_rules(playbook):
        if rule.event:
            yield (*rule.path, "event"), rule.event


def exit_rules(playbook: Playbook) -> Iterator[ExitRule]:
    """The exit rules of the playbook and of every flow."""
    yield from playbook.exits
    flows = (*playbook.phases, playbook.weekly, playbook.welcome, *playbook.journeys)
    yield from (rule for flow in flows if flow is not None for rule in flow.exits)
