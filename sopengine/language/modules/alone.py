"""A module that no playbook uses yet → the view of it that leaves open what a playbook would say."""

from __future__ import annotations

from typing import Any

from sopengine.diagnostics import Findings, Path
from sopengine.language.build.part import Desk, Part
from sopengine.language.document import Document
from sopengine.language.modules.fit import needs_trigger
from sopengine.language.modules.receivers import KINDS, stand_in
from sopengine.language.modules.view import view

_AROUND = {
    "timezone": "Asia/Shanghai",
    "welcome": {"on_event": "any.event"},
    "phases": {"any": {"from": "2000-01-01", "until": "2100-01-01"}},
}
_ANYBODY = "any."
"""Whom steps speak to that leave it to the playbook; no audience can have this name."""


def view_alone(module: Document) -> tuple[Document, Path]:
    """The view, and the path of the flow that the module is seen in: one that it fits into."""
    root = Part(module.data, (), Desk(module, Findings()))
    receivers: dict[str, dict[str, Any]] = {
        kind: {name: stand_in(name, expected) for name, expected in root.get(kind).entries()} for kind in KINDS
    }
    if needs_trigger(module.data):
        return view(module, _AROUND, ("welcome",), "target", receivers), ("welcome",)
    receivers["audiences"][_ANYBODY] = {"source": _ANYBODY}
    return view(module, _AROUND, ("phases", "any"), _ANYBODY, receivers), ("phases", "any")
