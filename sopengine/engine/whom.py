"""Whom an occurrence may reach: its targets as they were at the start, or as they are now."""

from __future__ import annotations

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.facts import StoredFacts
from sopengine.planning.model import Occurrence
from sopengine.planning.targets import Targets


def targets_of(campaigns: Campaigns, facts: StoredFacts, running: Running, occurrence: Occurrence) -> Targets:
    """SopError when they cannot be read now."""
    if occurrence.subject is not None:
        targets = campaigns.live_or_frozen(running)
    else:
        targets = campaigns.live(running) if running.is_live(occurrence.step) else running.frozen
    at, zone, asker = occurrence.planned_at, occurrence.zone, occurrence.key
    return targets.seen(lambda: facts.past(targets, at, zone, asker))
