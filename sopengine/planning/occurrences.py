"""Campaign × window → its occurrences, in time order: the one planner that the dry run and the engine share."""

from __future__ import annotations

from datetime import datetime

from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.targets import Targets


def plan(campaign: Campaign, targets: Targets, begin: datetime, end: datetime) -> list[Occurrence]:
    """Every occurrence of phases and weekly with `begin <= due_at < end`, ordered by due time, then written order.

    Slots are counted from the campaign's first, so a window never changes a slot's number or key. Of an occurrence
    whose targets have calendars of their own the time is that of the earliest.
    """
    found = [o for o in targets.calendars.plan(end) if begin <= o.due_at < end]
    return sorted(found, key=lambda o: o.due_at)
