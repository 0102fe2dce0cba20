"""The data of a YAML file → what the file is, a playbook, a module or a campaign, by the key that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopengine.diagnostics import Text
from sopengine.language.schema import Kind, linked_schema
from sopengine.language.suggest import closest

_OTHERS: tuple[Kind, ...] = ("rehearsal", "campaign", "module")

WORDS: Mapping[Kind, Text] = {
    "playbook": Text("playbook", "playbook"),
    "module": Text("模块", "module"),
    "campaign": Text("活动文件", "campaign file"),
    "rehearsal": Text("彩排", "rehearsal"),
}


def kind_of(data: Mapping[str, Any]) -> Kind:
    """A campaign has a key `playbook` as well, so that key says the least. A misspelt key counts as what it was meant
    to be, so that the file is not judged by the wrong schema for one slip."""
    for kind in _OTHERS:
        if kind in data:
            return kind
    known = linked_schema("playbook")["properties"]
    unknown = [key for key in data if key not in known]
    meant = {closest(key, [*known, *_OTHERS]) for key in unknown}
    return next((kind for kind in _OTHERS if kind in meant), "playbook")
