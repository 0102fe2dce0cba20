"""The data of a YAML file → what the file is, a playbook or a campaign, by the key that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopengine.diagnostics import Text
from sopengine.language.schema import Kind, linked_schema
from sopengine.language.suggest import closest

WORDS: Mapping[Kind, Text] = {
    "playbook": Text("playbook", "playbook"),
    "campaign": Text("活动文件", "campaign file"),
}


def kind_of(data: Mapping[str, Any]) -> Kind:
    """A campaign has a key `playbook` as well, so that key says the least. A misspelt key counts as what it was meant
    to be, so that the file is not judged by the wrong schema for one slip."""
    if "campaign" in data:
        return "campaign"
    known = linked_schema("playbook")["properties"]
    unknown = [key for key in data if key not in known]
    return "campaign" if any(closest(key, [*known, "campaign"]) == "campaign" for key in unknown) else "playbook"
