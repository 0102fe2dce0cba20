"""What conditions and texts can know beyond the plan: asked for by the planner, answered by whoever has a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sopengine.planning.model import Occurrence


class Facts(Protocol):
    def steps(self, occurrence: Occurrence, target: str, asked: frozenset[str]) -> Mapping[str, Mapping[str, Any]]:
        """What became of other steps, for this target: by id, with `_` for `-`, each with `state`, `result`, `at` and
        the fields of its form. A step of which nothing is known yet is absent."""


class Nothing:
    """Nothing has happened yet: a dry run without a store."""

    def steps(self, occurrence: Occurrence, target: str, asked: frozenset[str]) -> Mapping[str, Mapping[str, Any]]:
        return {}


NOTHING = Nothing()
