"""A flow's written steps → Steps, each with its time, its one action, and what it inherits from the flow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Path, Text
from sopengine.language.build.declarations import build_condition, build_fields
from sopengine.language.build.due import beside_due, due_text
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.messages import build_message
from sopengine.language.build.part import Part
from sopengine.language.build.rollout import build_rollout
from sopengine.language.build.times import build_when
from sopengine.language.model import (
    Action,
    Arm,
    Choose,
    Emit,
    Escalation,
    Exit,
    Go,
    Pause,
    Send,
    Skip,
    Split,
    Step,
    Tag,
    Task,
    Use,
    Wait,
)
from sopengine.language.named import Message
from sopengine.language.owner import owner
from sopengine.language.values import as_text
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import duration_text, parse_anchor, parse_duration
from sopengine.timing.words import AnchorTime, When

_DATED = re.compile(r"\s*[0-9]{4}\s*[-/.年]|\s*[0-9]{1,2}\s*[:：]")
_BESIDE_USE = ("id", "was", "use", "with", "to")
_MODIFIERS = ("via", "late_ok", "useful_until", "catch_up", "if_past", "on_unknown", "priority", "required",
              "any_outcome", "on_overdue", "audience", "on_cap", "rollout")  # fmt: skip


class Flow(Struct, frozen=True):
    """What the steps of a flow share. `to` is what they inherit; without it, `lacks_to` tells whether the author left
    it out (or wrote what cannot be read); `events` are those that exist; `seen`, of the whole playbook, is id → first
    place."""

    messages: Mapping[str, Message]
    files: MessageFiles
    to: str
    events: frozenset[str] = frozenset()
    lacks_to: bool = True
    triggered: bool = False
    phased: bool = True
    seen: dict[str, Path] = field(default_factory=dict)


def build_steps(part: Part, flow: Flow) -> tuple[Step, ...]:
    steps = (_build_step(item, flow) for item in part.each() if isinstance(item.data, dict))
    return tuple(step for step in steps if step is not None)


def build_deeds(part: Part, flow: Flow, name: str) -> tuple[Step, ...]:
    """The steps of a watch: they have no time and no id of their own, so they are called `NAME.1`, `NAME.2` …"""
    bare = (Step(f"{name}.{n}", item.path, When(), Skip(), flow.to) for n, item in enumerate(part.each(), 1))
    steps = (_acting(step, item, flow) for step, item in zip(bare, part.each(), strict=True))
    return tuple(step for step in steps if step is not None)


def _build_step(part: Part, flow: Flow) -> Step | None:
    if _repeated(part.get("id"), flow.seen):
        return None
    if "use" in part:
        return _use(part, flow)
    when = build_when(part, triggered=flow.triggered, phased=flow.phased, events=flow.events)
    bare = Step(part.get("id").text(), part.path, when, Skip(), flow.to, was=part.get("was").text())
    return _acting(bare, part, flow)


def _use(part: Part, flow: Flow) -> Step:
    """The place of a module's steps: it has no time and no action of its own."""
    for key, beside in part.entries():
        if key not in _BESIDE_USE:
            beside.wrong(
                "SOP-S207",
                Text(f"`use` 旁边不能写 `{key}`", f"`{key}` cannot stand beside `use`"),
                Text(
                    "时间、条件等写在模块自己的步骤里", "Times, conditions and the like stand in the module's own steps"
                ),
                of_key=True,
            )
    given = part.get("with").data
    use = Use(part.get("use").text().replace("\\", "/"), given if isinstance(given, dict) else {})
    to = part.get("to").text(flow.to)
    return Step(part.get("id").text(), part.path, When(), use, to, was=part.get("was").text())


def _acting(step: Step, part: Part, flow: Flow) -> Step | None:
    """The step with the action, the receiver and the modifiers that `part` gives it; those it does not give stay."""
    step = _modified(replace(step, path=part.path, if_=build_condition(part.get("if"))), part)
    action = build_action(part, step, flow)
    if action is None:
        return None
    if not step.to and isinstance(action, Send | Task | Tag) and flow.lacks_to and part.lacks("to"):
        _nobody(part, step)
    return replace(step, action=action)


def _modified(step: Step, part: Part) -> Step:
    read: dict[str, Any] = {
        "via": part.get("via").text(),
        "late_ok": part.get("late_ok").parsed(parse_duration),
        "useful_until": _useful_until(part.get("useful_until")),
        "catch_up": _catch_up(part.get("catch_up")),
        "rollout": build_rollout(part.get("rollout")),
        "priority": part.get("priority").number(),
        "required": part.get("required").flag(),
        "any_outcome": part.get("any_outcome").flag(),
    }
    read |= {key: part.get(key).text() for key in ("if_past", "on_unknown", "on_overdue", "audience", "on_cap")}
    given = {key: read[key] for key in _MODIFIERS if key in part and read[key] != ""}
    if "approve" in part:
        given["approve"] = _approver(part.get("approve"))
    return replace(step, to=part.get("to").text(step.to), **given)


def _catch_up(part: Part) -> int:
    """How many late slots are carried out: `none`, `latest`, or `{all: n}`."""
    if isinstance(part.data, dict):
        return part.get("all").number(1)
    return 0 if part.text() == "none" else 1


def _approver(part: Part) -> str:
    """The role; "" for `false`."""
    if part.data is True:
        part.wrong(
            "SOP-S207",
            Text("要写由哪个角色批准", "Say which role approves"),
            Text("例如 approve: area-lead；不用批准写 false", "Such as `approve: area-lead`; `false` for nobody"),
        )
    return "" if isinstance(part.data, bool) else part.text()


def _nobody(part: Part, step: Step) -> None:
    place = part.get("id") if "id" in part else part
    who = owner(part.desk.document.data, (*part.path, "id"))
    place.wrong(
        "SOP-S201",
        Text(f"{who.zh}没有写给谁", f"{who.en[:1].upper()}{who.en[1:]} does not say to whom"),
        Text("加上 to: 人群或角色的名字", "Add `to:` with the name of an audience or role"),
    )


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


def build_action(part: Part, step: Step, flow: Flow) -> Action | None:
    """The one action of a step, an arm or a deed; None where it cannot be read. `step` is what it will be part of."""
    if "choose" in part:
        return _choose(part, step, flow)
    for kind, build in _ACTIONS.items():
        if kind in part:
            return build(part, flow)
    return None


def _choose(part: Part, step: Step, flow: Flow) -> Choose:
    """An arm whose action cannot be read does nothing, so that the others keep their numbers."""
    arms = [item for item in part.get("choose").each() if isinstance(item.data, dict)]
    built = [Arm(build_condition(item.get("if")), _arm(item, step, flow)) for item in arms]
    return Choose((*built, Arm(None, _arm(part.get("else"), step, flow))))


def _arm(part: Part, step: Step, flow: Flow) -> Step:
    plain = replace(step, path=part.path, if_=None)
    if not isinstance(part.data, dict):
        return plain
    built = _acting(plain, part, flow)
    return replace(plain if built is None else built, if_=None)


def _send(part: Part, flow: Flow) -> Send | None:
    written = part.get("send")
    if isinstance(written.data, dict):
        return Send(build_message("", written, flow.files))
    name = written.text()
    if not name:
        return None
    return Send(flow.messages.get(name) or Message(name, written.path))


def _task(part: Part, _: Flow) -> Task | None:
    if not isinstance(part.get("task").data, str):
        return None
    due = part.get("due")
    return Task(
        title=part.get("task").text(),
        due=due.parsed(due_text) or "",
        remind=tuple(filter(None, (item.parsed(beside_due) for item in part.get("remind").each()))),
        escalate=tuple(rule for each in part.get("escalate").each() if (rule := _escalation(each))),
        form=build_fields(part.get("form")),
        about=part.get("about").text(),
        script=part.get("script").text(),
    )


def _escalation(rule: Part) -> Escalation | None:
    after = rule.get("after").parsed(beside_due) if isinstance(rule.data, dict) else None
    return Escalation(after, rule.get("to").text(), rule.get("how").text("add")) if after else None


def _wait(part: Part, _: Flow) -> Wait | None:
    events = tuple(item.text() for item in part.get("wait").each() if item.text())
    limit = part.get("for").parsed(parse_duration)
    if not events or limit is None:
        return None
    return Wait(events, limit, part.get("then").text("next"), part.get("timeout").text("next"))


def _split(part: Part, _: Flow) -> Split:
    split = part.get("split")
    arms = {name: share.number() for name, share in split.get("arms").entries()}
    return Split(split.get("by").text(), split.get("seed").text(), arms)


def _tag(part: Part, _: Flow) -> Tag:
    tag = part.get("tag")
    if isinstance(tag.data, dict):
        return Tag(values={name: as_text(value.data) for name, value in tag.entries()})
    words = [item.text().strip() for item in tag.each() if item.text().strip()]
    remove = tuple(word[1:].strip() for word in words if word.startswith("-"))
    return Tag(tuple(word for word in words if not word.startswith("-")), remove)


def _emit(part: Part, _: Flow) -> Emit | None:
    emit = part.get("emit")
    data = {name: value.data for name, value in emit.get("data").entries() if not isinstance(value.data, dict | list)}
    event = emit.get("event").text()
    return Emit(event, emit.get("on").parsed(_emit_day), data) if event else None


def _emit_day(text: str) -> AnchorTime | date:
    """`slot.date`, `slot.date - 1d`, an input of type date, or a date. Raises TimeTextError."""
    day = parse_anchor(text)
    if isinstance(day, datetime):
        raise TimeTextError("SOP-S211", Text("这里要写一天", "A day is expected here"), _DAYS, length=len(text))
    if isinstance(day, AnchorTime) and day.offset.seconds:
        raise TimeTextError(
            "SOP-S211", Text("只能加减天数", "Only days can be added or taken away"), _DAYS, length=len(text)
        )
    return day


_DAYS = Text("例如 slot.date - 1d", "Such as `slot.date - 1d`")

_ACTIONS: dict[str, Callable[[Part, Flow], Action | None]] = {
    "send": _send,
    "task": _task,
    "wait": _wait,
    "split": _split,
    "tag": _tag,
    "emit": _emit,
    "exit": lambda part, _: Exit(part.get("exit").text()),
    "pause": lambda part, _: Pause(part.get("pause").text("sends")),
    "go": lambda part, _: Go(part.get("go").text()),
    "skip": lambda *_: Skip(),
}


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
