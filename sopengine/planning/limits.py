"""An occurrence at a moment → how late it may run, how long it is of use, and when its task is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from msgspec.structs import replace

from sopengine.language.model import Step, Task
from sopengine.planning.columns import NAMESPACES, anchors_named
from sopengine.planning.guards import before_quiet
from sopengine.planning.lateness import expires_at, task_due, useful_until
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery, Span
from sopengine.planning.spans import anchors_of, phase_span
from sopengine.timing.words import AnchorValue
from sopengine.timing.zones import zone as zone_named


def moved(campaign: Campaign, occurrence: Occurrence, moment: datetime, phase: Span | None = None) -> Occurrence:
    """The same occurrence at another moment, its limits with it. `phase` saves looking it up."""
    moment = before_quiet(campaign, occurrence, moment)
    zone, anchors, step = zone_named(occurrence.zone), anchors_for(campaign, occurrence), occurrence.step
    if phase is None and occurrence.section == "phases":
        found = next((phase for phase in campaign.playbook.phases if phase.name == occurrence.phase), None)
        phase = None if found is None else phase_span(found, anchors, zone)  # an upgrade may have removed it
    useful = useful_until(step, moment, phase, anchors, zone)
    expires = expires_at(step, moment, useful, zone, due_of_task(campaign, occurrence, moment))
    return replace(occurrence, due_at=moment, expires_at=expires, useful_until=useful)


def for_target(campaign: Campaign, planned: PlannedDelivery) -> Occurrence:
    """The occurrence with the limits of the arm that was chosen, at the target's place in the spread or the rollout."""
    occurrence = planned.occurrence
    if planned.arm:
        occurrence = moved(campaign, replace(occurrence, step=planned.step), occurrence.due_at)
    if not planned.stagger:
        return occurrence
    expires = min(occurrence.expires_at + planned.stagger, occurrence.useful_until)
    return replace(occurrence, due_at=planned.due_at, expires_at=expires)


def due_of_task(campaign: Campaign, occurrence: Occurrence, created: datetime) -> datetime | None:
    """When the step's task is due if it is created at `created`; None for messages and tasks without a due time."""
    step = occurrence.step
    if not isinstance(step.action, Task):
        return None
    role, zone = campaign.playbook.roles.get(step.to), zone_named(occurrence.zone)
    return task_due(step.action, created, role, campaign.calendar, anchors_for(campaign, occurrence), zone)


def anchors_for(campaign: Campaign, occurrence: Occurrence) -> Mapping[str, AnchorValue]:
    """What its times are counted from: inputs, with the columns of its target, or its subject's and the event's."""
    if occurrence.anchors is not None:
        return occurrence.anchors
    if occurrence.subject is None:
        return anchors_of(campaign)
    return {
        **anchors_of(campaign),
        **anchors_in(occurrence.subject, *NAMESPACES),
        **anchors_in(occurrence.event or {}, "event."),
    }


def anchors_in(data: Mapping[str, Any], *namespaces: str) -> dict[str, AnchorValue]:
    """The dates and times of a row or an event, each by its name in these namespaces."""
    times = {name: value for name, value in data.items() if isinstance(value, date | time)}
    return {f"{namespace}{name}": value for name, value in times.items() for namespace in namespaces}


def missing(step: Step, anchors: Mapping[str, AnchorValue]) -> str:
    """The first column or field that the step is counted from and that has no value; "" where all have."""
    return next((name for name in anchors_named(step) if name not in anchors), "")
