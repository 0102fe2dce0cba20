"""A module and the step that uses it → the document of a small playbook that is the module seen from inside.

So a module is checked by everything that checks playbooks: its names are those that it declares, its receivers have
the columns that the playbook's have, its flow is the one that it is used in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Path
from sopengine.language.document import Document, Spot

_GLOBAL = ("timezone", "calendar", "events", "metrics", "goals", "scripts")
"""What a module shares with the playbook."""
_OWN = ("inputs", "messages")
_RECEIVERS = ("audiences", "roles")
_UNUSED = "SOP-R307"


def view(
    module: Document, outer: Mapping[str, Any], flow: Path, to: str, receivers: Mapping[str, Mapping[str, Any]]
) -> Document:
    """`outer` is the data around it, `flow` the path of the flow there; `to` is the receiver, by the name it has here,
    of steps that name none; `receivers` are the declarations of `audiences` and `roles` as the module calls them."""
    data: dict[str, Any] = {"playbook": module.data.get("module", "")}
    data |= {key: outer[key] for key in _GLOBAL if key in outer}
    data |= {key: module.data[key] for key in _OWN if key in module.data}
    data |= receivers
    around: Any = outer
    for key in flow:
        around = around.get(key, {})
    data |= _nested(flow, {**around, **_steps(module.data.get("steps"), to, inherited=flow[0] != "phases")})
    steps = (*flow, "steps")
    return Document(
        module.file,
        module.text,
        data,
        _Spots(module.spots, steps),
        frozenset(inside(path, flow) for path in module.broken),
    )


def inside(path: Path, flow: Path) -> Path:
    """A path of the module's file as the view has it."""
    return (*flow, *path) if path[:1] == ("steps",) else path


def outside(path: Path, flow: Path, base: Path = ()) -> Path:
    """A path of the view as the module's file has it, beneath `base`."""
    return (*base, *(path[len(flow) :] if path[: len(flow)] == flow else path))


def own_findings(findings: Iterable[Diagnostic], module: Document, flow: Path, base: Path) -> Iterator[Diagnostic]:
    """Those that are about the module, with their paths beneath `base`; what only stands around it was judged there."""
    steps = (*flow, "steps")
    for found in findings:
        receiver = found.path[:1] and found.path[0] in _RECEIVERS
        mine = not found.path or found.path[: len(steps)] == steps or found.path[0] in _OWN
        if mine or (receiver and found.code == _UNUSED and module.spots.get(found.path[:2])):
            yield replace(found, path=outside(found.path, flow, base))


def _steps(steps: Any, to: str, *, inherited: bool) -> dict[str, Any]:
    """Flows hand down their `to`; a phase has none, so there each step is given it."""
    if inherited or not to or not isinstance(steps, list):
        return {"to": to, "steps": steps} if to else {"steps": steps}
    return {"steps": [{"to": to, **step} if isinstance(step, dict) else step for step in steps]}


def _nested(path: Path, value: dict[str, Any]) -> dict[str, Any]:
    for key in reversed(path):
        value = {str(key): value}
    return value


class _Spots(Mapping[Path, Spot]):
    """The module's spots under the paths of the view."""

    def __init__(self, spots: Mapping[Path, Spot], steps: Path) -> None:
        self._spots, self._steps = spots, steps

    def __getitem__(self, path: Path) -> Spot:
        size = len(self._steps)
        if path[:size] == self._steps:
            return self._spots[("steps", *path[size:])]
        if path and path[0] not in (*_OWN, *_RECEIVERS):
            raise KeyError(path)
        return self._spots[path]

    def __iter__(self) -> Iterator[Path]:
        flow = self._steps[:-1]
        return (inside(path, flow) for path in self._spots)

    def __len__(self) -> int:
        return len(self._spots)
