"""A task's timers as they are stored: those that will come."""

from __future__ import annotations

from datetime import datetime

from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.timers import timers_of
from sopengine.store.rows import NewTimer


def waiting_timers(
    campaign: Campaign, occurrence: Occurrence, created: datetime, due: datetime | None
) -> tuple[NewTimer, ...]:
    """`occurrence` with the step as its arm has it. An escalation whose time has passed is still carried out."""
    timers = timers_of(campaign, occurrence, created, due)
    return tuple(NewTimer(t.kind, t.number, t.at) for t in timers if not t.never or t.kind == "escalate")
