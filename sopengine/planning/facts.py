"""What conditions and texts can know beyond the plan: asked for by the planner, answered by whoever has a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from sopengine.language.expressions.history import Ask
from sopengine.language.expressions.names import step_word
from sopengine.language.named import Row
from sopengine.planning.ledger import Ledger, PlainLedger
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.past import Past
from sopengine.planning.stand_ins import of_ask, of_ranking, of_step
from sopengine.planning.targets import Targets
from sopengine.timing.zones import zone as zone_named


class Facts(Protocol):
    def steps(self, occurrence: Occurrence, target: str, asked: frozenset[str]) -> Mapping[str, Mapping[str, Any]]:
        """What became of other steps, for this target: by id, with `_` for `-`, each with `state`, `result`, `at` and
        the fields of its form. A step of which nothing is known yet is absent."""

    def sample_steps(self, campaign: Campaign, asked: frozenset[str], at: datetime) -> Mapping[str, Mapping[str, Any]]:
        """What a text shows of steps of which nothing is known: nothing in earnest, samples in a dry run."""

    def past(self, targets: Targets, at: datetime, zone: str, asker: str = "") -> Past:
        """What was reported up to a moment, by the clock of a zone. What one asker (an occurrence's key) has been told
        may be told it again."""

    def stand_in(self, ask: Ask, found: Any, campaign: Campaign, at: datetime) -> Any:
        """What a text shows where the answer is not known: nothing in earnest, a sample in a dry run."""


class FromLedger(Struct, frozen=True, dict=True):
    """A ledger and the workspace's tables alone: a dry run, which has no steps behind it."""

    ledger: Ledger
    tables: Callable[[str], Sequence[Row] | None] | None = None

    def steps(self, occurrence: Occurrence, target: str, asked: frozenset[str]) -> Mapping[str, Mapping[str, Any]]:
        return {}

    def sample_steps(self, campaign: Campaign, asked: frozenset[str], at: datetime) -> Mapping[str, Mapping[str, Any]]:
        return {
            step_word(step.id): of_step(step, at) for step in campaign.playbook.steps() if step_word(step.id) in asked
        }

    def past(self, targets: Targets, at: datetime, zone: str, asker: str = "") -> Past:
        return Past(targets, self.ledger, at, zone_named(zone), self.tables)

    def stand_in(self, ask: Ask, found: Any, campaign: Campaign, at: datetime) -> Any:
        if ask.kind == "ranking":
            nothing = found and all(row["value"] is None for row in found)
            return of_ranking(found) if nothing else None
        return of_ask(ask, campaign.playbook, at) if found is None else None


NOTHING = FromLedger(PlainLedger())
"""Nothing has happened yet."""
