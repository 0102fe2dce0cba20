"""Steps whose time hangs on an event: what they wait for, written as what an occurrence waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sopengine.language.model import Phase, Step
from sopengine.planning.model import Campaign
from sopengine.timing.slots import bound_instant
from sopengine.timing.words import AnchorTime, AnchorValue, AtAnchor, AtEvent, AtEvery, OnAnchor, OnDate, OnPhaseDay

_EVENT = "event:"


def waits_for_event(event: str) -> str:
    return _EVENT + event


def awaited_event(waits_for: str) -> str:
    """The event an occurrence waits for; "" where it waits for another step or for nothing."""
    return waits_for.removeprefix(_EVENT) if waits_for.startswith(_EVENT) else ""


def unconfirmed(campaign: Campaign) -> dict[str, str]:
    """The anchors that an event has still to confirm, each with that event."""
    inputs = campaign.playbook.inputs.items()
    return {name: one.confirm for name, one in inputs if one.confirm and name not in campaign.confirmed}


def held_for(
    campaign: Campaign,
    step: Step,
    phase: Phase | None,
    moment: datetime,
    anchors: Mapping[str, AnchorValue],
    zone: ZoneInfo,
) -> str:
    """The event for which a slot of the step is held: that of an anchor it is timed from and not before."""
    open_ones = unconfirmed(campaign)
    for name in _timed_from(step, phase) if open_ones else ():
        if name in open_ones and moment >= bound_instant(AnchorTime(name), anchors, zone):
            return open_ones[name]
    return ""


def _timed_from(step: Step, phase: Phase | None) -> Iterator[str]:
    """Anchors in `on` and `at`; and those of the phase for days that are counted from its bounds, or that stand in a
    phase which begins at the anchor or after it."""
    for rule in step.when.on:
        if isinstance(rule, OnAnchor):
            yield rule.anchor.name
    for moment in step.when.at:
        edge = moment.begin if isinstance(moment, AtEvery) else moment
        if isinstance(edge, AtAnchor):
            yield edge.anchor.name
    if phase is None:
        return
    begin, end = phase.begin.value, phase.end.value
    for rule in step.when.on:
        bound = end if isinstance(rule, OnPhaseDay) and rule.first < 0 else begin
        if isinstance(rule, OnDate | OnAnchor) or not isinstance(bound, AnchorTime):
            continue
        if isinstance(rule, OnPhaseDay) or (bound.offset.days >= 0 and bound.offset.seconds >= 0):
            yield bound.name


def after_event(step: Step) -> str:
    """The event that the step comes after; "" for none."""
    after = step.when.after
    return after.subject if after is not None and after.subject and not after.of_step else ""


def until_events(step: Step) -> dict[int, str]:
    """The events that end its repetitions, by the place of each in `at`."""
    ends = {index: moment.end for index, moment in enumerate(step.when.at) if isinstance(moment, AtEvery)}
    return {index: end.event for index, end in ends.items() if isinstance(end, AtEvent)}
