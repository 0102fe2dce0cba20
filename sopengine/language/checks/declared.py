"""The names a document declares, from its data as written: those of parts that are wrong are declared all the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from msgspec import Struct

from sopengine.diagnostics import Path
from sopengine.language.document import Document
from sopengine.language.events import BUILT_IN
from sopengine.language.script import Script, is_ending

SUBJECTS = ("target", "member")
FLOWS = frozenset(["phases", "weekly", "welcome", "journeys"])
_PARTS = FLOWS | {"inputs", "audiences", "roles", "events", "metrics", "goals", "messages", "scripts"}


class Declared(Struct, frozen=True):
    """Names by kind. `steps` maps each id to the part it stands in: `phases`, `weekly`, `welcome`, or a journey."""

    messages: frozenset[str]
    receivers: frozenset[str]
    roles: frozenset[str]
    inputs: frozenset[str]
    events: frozenset[str]
    metrics: frozenset[str]
    goals: frozenset[str]
    steps: dict[str, str]
    uncertain: frozenset[str]  # top-level parts that could not be read whole: what they declare is not known
    modules: frozenset[str] = frozenset()  # ids of steps that bring in a module

    def is_event(self, name: str) -> bool:
        return name in self.events or (is_ending(name) and "scripts" in self.uncertain)


def declared_names(document: Document, meant: Collection[Path], scripts: Iterable[Script]) -> Declared:
    """`meant` are the paths at which misspelt keys were meant to stand."""
    data = document.data

    def names(key: str) -> frozenset[str]:
        part = data.get(key)
        return frozenset(part) if isinstance(part, dict) else frozenset()

    return Declared(
        messages=names("messages"),
        receivers=names("audiences") | names("roles"),
        roles=names("roles"),
        inputs=names("inputs"),
        events=names("events") | frozenset(BUILT_IN) | {event for script in scripts for event in script.events()},
        metrics=names("metrics"),
        goals=names("goals"),
        steps=dict(_steps(data)),
        uncertain=_uncertain(document, meant),
    )


def _uncertain(document: Document, meant: Collection[Path]) -> frozenset[str]:
    parts = {str(path[0]) for path in document.broken if path} | {str(path[0]) for path in meant if len(path) == 1}
    parts |= {key for key in _PARTS & document.data.keys() if not isinstance(document.data[key], dict)}
    if () in document.broken:
        parts |= _PARTS - document.data.keys()
    return frozenset(parts)


def flow_of(path: Path) -> str:
    """Steps of one flow may wait for each other; phases and weekly share the calendar and count as one."""
    if path[:1] == ("journeys",):
        return f"journeys.{path[1]}"
    return "welcome" if path[:1] == ("welcome",) else "calendar"


def _steps(data: Any, path: Path = ()) -> Iterator[tuple[str, str]]:
    """Every `id` of an item beneath a `steps` list."""
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        if key == "steps" and isinstance(value, list):
            for item in value:
                if isinstance(item, dict) and isinstance(item.get("id"), str):
                    yield item["id"], flow_of((*path, key))
        elif len(path) < 2:
            yield from _steps(value, (*path, key))
