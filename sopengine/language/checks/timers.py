"""Reminders and escalations of tasks → findings where they never come: after the limit, or before the task is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sopengine.diagnostics import Findings, Path, Text
from sopengine.language.build.due import DUE, anchor_of_due
from sopengine.language.checks.acting import acting
from sopengine.language.document import Document, value_at
from sopengine.language.model import Step, Task
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_duration
from sopengine.timing.words import Duration

_BEFORE = Text(
    "提醒写在期限之前，例如 due - 2h；期限之后用 escalate", "Such as `due - 2h`; after the limit use `escalate`"
)
_SHORTER = Text("提前得少一些，或者把 due 放长", "Count back less, or give the task more time")


def check_timers(document: Document, steps: Iterable[Step], findings: Findings) -> None:
    """Adds SOP-S201 where a timer is counted from a limit that the task does not have, and SOP-S207."""
    for step in acting(steps):
        if not isinstance(step.action, Task):
            continue
        for path, offset in _offsets(step.action, step.path):
            why = _impossible(step.action, path, offset)
            if value_at(document, (*step.path, "due")) is None:
                _add(
                    document,
                    findings,
                    "SOP-S201",
                    path,
                    Text("它从期限算起，而任务没有 `due`", "It is counted from the limit, and the task has no `due`"),
                    Text("加上 due，例如 due: 1 workday", "Add one, such as `due: 1 workday`"),
                )
            elif why is not None:
                _add(document, findings, "SOP-S207", path, *why)


def _offsets(task: Task, path: Path) -> Iterator[tuple[Path, Duration]]:
    """How far from `due` each timer is that is counted from it, with its place."""
    places: list[tuple[str, Path]] = [(text, (*path, "remind", n)) for n, text in enumerate(task.remind)]
    places += [(rule.after, (*path, "escalate", n, "after")) for n, rule in enumerate(task.escalate)]
    for text, place in places:
        anchor = anchor_of_due(text)
        if anchor is not None and anchor.name == DUE:
            yield place, anchor.offset


def _impossible(task: Task, path: Path, offset: Duration) -> tuple[Text, Text] | None:
    if "remind" in path and _length(offset) >= timedelta(0):
        return Text("这个提醒在期限之后，不会发", "This reminder lies after the limit and is never sent"), _BEFORE
    given = _given(task.due)
    if given is not None and _length(offset) <= -given:
        return Text("那时任务还没有派出", "The task is not there yet at that time"), _SHORTER
    return None


def _given(due: str) -> timedelta | None:
    """How long the task has, where that is a duration."""
    try:
        return _length(parse_duration(due)) if due else None
    except TimeTextError:
        return None  # workdays, a clock time, an anchor


def _length(duration: Duration) -> timedelta:
    return timedelta(days=duration.days, seconds=duration.seconds)


def _add(document: Document, findings: Findings, code: str, path: Path, message: Text, help: Text) -> None:
    findings.add(code, message, document.place(path), help=help, path=path)
