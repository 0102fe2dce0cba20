"""The planner's questions about what happened, answered from the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sopengine.engine.campaigns import Campaigns
from sopengine.language.expressions.history import Ask
from sopengine.language.expressions.names import step_word
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.past import Past
from sopengine.planning.targets import Targets
from sopengine.store.flow_rows import StepResult
from sopengine.store.store import Store
from sopengine.timing.zones import zone as zone_named


class StoredFacts:
    """Of one round of a pass: what it has read it does not read again; `begin_pass` forgets. `now` is the moment at
    which the round began."""

    def __init__(self, store: Store, campaigns: Campaigns) -> None:
        self._store, self._campaigns = store, campaigns
        self.now = datetime.min.replace(tzinfo=UTC)
        self._results: dict[tuple[str, str], dict[str, list[StepResult]]] = {}
        self._pasts: dict[tuple[str, datetime, str], tuple[Targets, Past]] = {}

    def begin_pass(self, now: datetime) -> None:
        self.now = now
        self._results.clear()
        self._pasts.clear()

    def past(self, targets: Targets, at: datetime, zone: str, asker: str = "") -> Past:
        """What was reported is read anew for each occurrence, and once for all messages of one."""
        key = (f"{targets.campaign.id}/{asker}", at, zone)
        known = self._pasts.get(key)
        if known is None or known[0] is not targets:
            campaign = targets.campaign.id
            past = Past(targets, self._store, at, zone_named(zone), lambda name: self._campaigns.table(campaign, name))
            known = self._pasts[key] = targets, past
        return known[1]

    def stand_in(self, ask: Ask, found: Any, campaign: Campaign, at: datetime) -> None:
        """Nothing stands in for what is not known: the text is not sent."""

    def sample_steps(self, campaign: Campaign, asked: frozenset[str], at: datetime) -> Mapping[str, Mapping[str, Any]]:
        return {}

    def steps(self, occurrence: Occurrence, target: str, asked: frozenset[str]) -> Mapping[str, Mapping[str, Any]]:
        """The step's newest result for this target; else, as when the step asked other people, its newest of all."""
        by_step = self._of(occurrence, asked)
        zone = zone_named(occurrence.zone)
        found = {}
        for name in asked:
            results = by_step.get(name, [])
            mine = [result for result in results if result.target == target] or results
            if mine:
                newest = mine[-1]
                found[name] = {
                    **newest.fields,
                    "state": newest.state,
                    "result": newest.result,
                    "at": newest.at.astimezone(zone),
                }
        return found

    def _of(self, occurrence: Occurrence, asked: frozenset[str]) -> dict[str, list[StepResult]]:
        key = (occurrence.key, ",".join(sorted(asked)))
        if key not in self._results:
            running = self._campaigns.by_id(occurrence.campaign)
            names = {step_word(step): step for step in running.steps}
            wanted = {names[name]: name for name in asked if name in names}
            in_flow = {s.id for s in running.campaign.playbook.steps() if s.id in wanted}
            by_step: dict[str, list[StepResult]] = defaultdict(list)
            for result in self._store.step_results(occurrence.campaign, in_flow, occurrence.entry):
                by_step[wanted[result.step]].append(result)
            self._results[key] = by_step
        return self._results[key]
