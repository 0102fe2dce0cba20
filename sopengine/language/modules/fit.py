"""A module's steps as written and the flow they are used in → why they cannot stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sopengine.diagnostics import Path, Text

_DELAY = re.compile(r"\s*[0-9]")
_PHASE_DAY = re.compile(r"\s*day\s+-?[0-9]")
_EVENT = re.compile(r"\bevent\s*\.")
_SUBJECTS = ("target", "member")
TRIGGERED = Text("welcome 或 journeys", "`welcome` or `journeys`")
PHASES = Text("phases", "`phases`")
_TIMES = ("on", "at", "after")


def is_triggered(flow: Path) -> bool:
    return flow[:1] in (("welcome",), ("journeys",))


def needs_trigger(data: dict[str, Any]) -> tuple[str, Text] | None:
    """The first step that only a flow with a trigger can have, and why."""
    sent = data.get("messages")
    texts = sent if isinstance(sent, dict) else {}
    for step in _steps(data):
        name = str(step.get("id", ""))
        if "use" not in step and all(key not in step for key in _TIMES):
            return name, Text("它没有自己的时间", "it has no time of its own")
        after = step.get("after")
        if isinstance(after, str) and _DELAY.match(after):
            return name, Text(f"after: {after} 从触发的事件算起", f"`after: {after}` counts from the event")
        if step.get("to") in _SUBJECTS:
            return name, Text(f"to: {step['to']} 是触发它的人或群", f"`to: {step['to']}` is whoever starts the flow")
        said = [step, texts.get(step.get("send")) if isinstance(step.get("send"), str) else None]
        if any(_EVENT.search(text) for text in _texts(said)):
            return name, Text("它用到 event", "it uses `event`")
    return None


def needs_phase(data: dict[str, Any]) -> tuple[str, Text] | None:
    """The first step whose days are those of a phase or since a trigger, and why."""
    for step in _steps(data):
        on = step.get("on")
        for day in on if isinstance(on, list) else [on]:
            if isinstance(day, str) and _PHASE_DAY.match(day):
                return str(step.get("id", "")), Text(
                    f"on: {day} 是阶段里的第几天", f"`on: {day}` counts a phase's days"
                )
    return None


def _steps(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    steps = data.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            yield step


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)
