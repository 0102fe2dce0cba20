"""Parts that are carried as written → the names, texts and conditions inside them, each with its place.

A construct this version does not carry out is still checked for what it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sopengine.diagnostics import Path
from sopengine.language.build.playbook import CARRIED as TOP
from sopengine.language.build.steps import CARRIED as MODIFIERS

_FREE = {"form", "where", "data", "tag", "weights", "during", "arms"}
"""Mappings whose keys are the author's own: a form's field may be called `to`."""

_TASK = ("remind", "escalate", "about", "script")
_ACTIONS = ("choose", "else", "wait", "for", "then", "timeout", "split", "tag", "emit", "exit", "pause", "use")
_OF_STEP = {*MODIFIERS, *_TASK, *_ACTIONS}
_FLOW = ("exit_when", "guards")


class Entry(NamedTuple):
    """One text under a key that means the same wherever it stands: `send`, `to`, `if`, `event` …"""

    key: str
    text: str
    path: Path


def carried_entries(data: dict[str, Any]) -> Iterator[Entry]:
    """`data` is a document's root."""
    for key in (*TOP, "exit_when", "watch"):
        yield from _walk(data.get(key), (key,))
    for path, flow in _flows(data):
        for key in _FLOW:
            yield from _walk(flow.get(key), (*path, key))
        steps = flow.get("steps")
        for i, step in enumerate(steps if isinstance(steps, list) else []):
            if isinstance(step, dict):
                yield from _step(step, (*path, "steps", i))


def _flows(data: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for key in ("weekly", "welcome"):
        if isinstance(data.get(key), dict):
            yield (key,), data[key]
    for key in ("phases", "journeys"):
        group = data.get(key)
        for name, flow in group.items() if isinstance(group, dict) else ():
            if isinstance(flow, dict):
                yield (key, name), flow


def _step(step: dict[str, Any], path: Path) -> Iterator[Entry]:
    for key, value in step.items():
        if key in _OF_STEP:
            yield from _walk(value, (*path, key))


def _walk(value: Any, path: Path) -> Iterator[Entry]:
    if isinstance(value, str):
        key = next(part for part in reversed(path) if isinstance(part, str))
        yield Entry(key, value, path)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _walk(item, (*path, i))
    elif isinstance(value, dict) and path[-1] not in _FREE:
        for key, item in value.items():
            yield from _walk(item, (*path, key))
