"""A flow's written steps → Steps, each with its time, its one action, and what it inherits from the flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sopengine.diagnostics import Path, Text
from sopengine.language.build.declarations import build_condition
from sopengine.language.build.due import due_text
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.messages import build_message
from sopengine.language.build.part import Part
from sopengine.language.build.times import build_when
from sopengine.language.model import Action, Message, OtherAction, Send, Step, Task
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import duration_text, parse_anchor, parse_duration
from sopengine.timing.words import AnchorTime

_DATED = re.compile(r"\s*[0-9]{4}\s*[-/.年]|\s*[0-9]{1,2}\s*[:：]")
OTHER_ACTIONS = {
    "choose": ("choose", "else"),
    "wait": ("wait", "for", "then", "timeout"),
    "split": ("split",),
    "tag": ("tag",),
    "emit": ("emit",),
    "exit": ("exit",),
    "pause": ("pause",),
    "use": ("use",),
}
"""Actions that are carried as written, with the keys that belong to each."""

CARRIED = ("was", "on_cap", "approve", "rollout", "max")
"""Modifiers that are carried as written."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What the steps of a flow share. `to` is what they inherit; `seen`, of the whole playbook, is id → first place."""

    messages: Mapping[str, Message]
    files: MessageFiles
    to: str
    triggered: bool = False
    phased: bool = True
    seen: dict[str, Path] = field(default_factory=dict)


def build_steps(part: Part, flow: Flow) -> tuple[Step, ...]:
    steps = (_build_step(item, flow) for item in part.each() if isinstance(item.data, dict))
    return tuple(step for step in steps if step is not None)


def _build_step(part: Part, flow: Flow) -> Step | None:
    action = _action(part, flow)
    if action is None or _repeated(part.get("id"), flow.seen):
        return None
    to = part.get("to").text(flow.to)
    if not to and isinstance(action, Send | Task) and part.lacks("to"):
        _nobody(part)
    choice = _choices(part)
    catch_up = part.get("catch_up")
    return Step(
        id=part.get("id").text(),
        path=part.path,
        when=build_when(part, triggered=flow.triggered, phased=flow.phased),
        action=action,
        to=to,
        if_=build_condition(part.get("if")),
        via=part.get("via").text(),
        late_ok=part.get("late_ok").parsed(parse_duration),
        useful_until=_useful_until(part.get("useful_until")),
        catch_up=catch_up.text("latest"),
        if_past=choice.get("if_past", ""),
        on_unknown=choice.get("on_unknown", "hold"),
        priority=part.get("priority").number(),
        required=part.get("required").flag(),
        any_outcome=part.get("any_outcome").flag(),
        on_overdue=choice.get("on_overdue", "continue"),
        audience=choice.get("audience", ""),
        modifiers=part.rest(*CARRIED, *(["catch_up"] if isinstance(catch_up.data, dict) else [])),
    )


def _nobody(part: Part) -> None:
    name = part.get("id")
    name.wrong(
        "SOP-S201",
        Text(f"步骤 {name.text()} 没有写给谁", f"Step {name.text()} does not say to whom"),
        Text("加上 to: 人群或角色的名字", "Add `to:` with the name of an audience or role"),
    )


def _choices(part: Part) -> dict[str, str]:
    keys = ("if_past", "on_unknown", "on_overdue", "audience")
    return {key: part.get(key).text() for key in keys if part.get(key).text()}


def _repeated(part: Part, seen: dict[str, Path]) -> bool:
    """Whether an earlier step has this id; the finding names its line."""
    name = part.text()
    if not name:
        return False
    first = seen.setdefault(name, part.path)
    if first == part.path:
        return False
    line = part.desk.document.place(first).line
    part.wrong(
        "SOP-S208",
        Text(f"步骤编号 {name} 重复，第 {line} 行已经用过", f"Step id {name} is already used on line {line}"),
        Text("编号在整个 playbook 里只能用一次，换一个", "An id is used once in a playbook; choose another"),
    )
    return True


def _action(part: Part, flow: Flow) -> Action | None:
    if "send" in part:
        return _send(part.get("send"), flow)
    if isinstance(part.get("task").data, str):
        return _task(part)
    for kind, keys in OTHER_ACTIONS.items():
        if kind in part:
            return OtherAction(kind, part.rest(*keys))
    return None


def _send(part: Part, flow: Flow) -> Send | None:
    if isinstance(part.data, dict):
        return Send(build_message("", part, flow.files))
    name = part.text()
    if not name:
        return None
    return Send(flow.messages.get(name) or Message(name, part.path))


def _task(part: Part) -> Task:
    form, escalate = part.get("form").data, part.get("escalate").data
    due = part.get("due")
    return Task(
        title=part.get("task").text(),
        due=due.parsed(due_text) or "",
        remind=tuple(item.text() for item in part.get("remind").each()),
        escalate=tuple(item for item in escalate if isinstance(item, dict)) if isinstance(escalate, list) else (),
        form=form if isinstance(form, dict) else {},
        about=part.get("about").text(),
        script=part.get("script").text(),
    )


def _useful_until(part: Part) -> AnchorTime | str | None:
    return part.parsed(_anchor_or_duration)


def _anchor_or_duration(text: str) -> AnchorTime | str:
    """`opening + 1d`, or `2h` after the slot."""
    if not text.strip()[:1].isdigit():
        anchor = parse_anchor(text)
        if isinstance(anchor, AnchorTime):
            return anchor
    elif not _DATED.match(text):
        return duration_text(parse_duration(text))
    raise TimeTextError(
        "SOP-S211",
        Text("这里要写锚点或时长", "An anchor or a duration is expected here"),
        Text("例如 opening + 1d 或 2h", "Such as `opening + 1d` or `2h`"),
        length=len(text),
    )
