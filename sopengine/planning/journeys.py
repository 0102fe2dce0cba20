"""An event about a subject → the occurrences of the flow it starts: the welcome, a journey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from sopengine.language.model import Journey, Playbook, Step
from sopengine.language.named import Row
from sopengine.planning.awaiting import after_event, held_for, waits_for_event
from sopengine.planning.calendars import NEVER
from sopengine.planning.columns import NAMESPACES
from sopengine.planning.identity import journey_key
from sopengine.planning.limits import anchors_in, missing, moved
from sopengine.planning.model import Campaign, Occurrence, Section
from sopengine.planning.spans import anchors_of
from sopengine.planning.targets import Targets
from sopengine.timing.slots import Frame, Slot, after_moments, last_listed, ordinals, slots
from sopengine.timing.words import AnchorValue
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

WELCOME = "welcome"
ONE_DAY = timedelta(days=1)


def flows(playbook: Playbook) -> Iterator[Journey]:
    """The welcome and the journeys: what events and conditions start."""
    if playbook.welcome is not None:
        yield playbook.welcome
    yield from playbook.journeys


def flow_of(playbook: Playbook, occurrence: Occurrence) -> Journey:
    """The flow that an occurrence with a subject belongs to."""
    name = occurrence.phase or WELCOME
    return next(journey for journey in flows(playbook) if journey.name == name)


def scope_of(journey: Journey) -> str:
    """The flow as a scope that `exit_when` ends."""
    return WELCOME if journey.name == WELCOME else f"journey:{journey.name}"


def key_of(journey: Journey, event: Mapping[str, Any]) -> str:
    """What tells open entries of one subject apart: the field that `key: event.F` names. The welcome, without a key,
    has one entry for those who joined together: their ids; one who leaves ends nobody else's."""
    if journey.key:
        return str(event.get(journey.key.removeprefix("event."), ""))
    return ",".join(str(member["id"]) for member in event.get("members", ())) if journey.name == WELCOME else ""


def leads_to(journey: Journey, sequence: int, way: str) -> int | None:
    """The number of the step to which a way (`next`, `exit`, a step's id) leads; None for the end of the flow."""
    if way == "exit":
        return None
    if way == "next":
        return sequence + 1
    return next(number for number, step in enumerate(journey.steps) if step.id == way)


def enrol(
    targets: Targets,
    journey: Journey,
    subject: Row,
    zone_name: str,
    event: Mapping[str, Any],
    entry: str,
    at: datetime,
) -> list[Occurrence]:
    """The occurrences of one entry, in written order; empty when `at` lies outside the campaign's span.

    `entry` tells the entries of one subject apart. Times after a step are estimates until that step is final. A step
    counted from a column or field that is empty is planned at once, to be skipped.
    """
    campaign, zone = targets.campaign, zone_named(zone_name)
    anchors = {**anchors_of(campaign), **anchors_in(subject, *NAMESPACES), **anchors_in(event, "event.")}
    span = targets.calendars.span(zone_name, anchors)
    if at < max(span.begin, campaign.start) or (span.end is not None and at >= span.end):
        return []
    section: Section = "welcome" if journey.name == WELCOME else "journeys"
    trigger_day = local_date(at, zone)
    frame = Frame(zone, campaign.calendar, trigger_day, None, anchors)
    found: list[Occurrence] = []
    by_step: dict[str, list[Occurrence]] = {}
    for sequence, step in enumerate(journey.steps):
        mine: list[Occurrence] = []
        for day, ordinal, moment, waits_for in _moments(campaign, step, frame, at, by_step):
            local_day = local_date(moment, zone)
            bare = Occurrence(
                key=journey_key(campaign.id, journey.name, str(subject["id"]), entry, step.identity, day, ordinal),
                campaign=campaign.id,
                section=section,
                step=step,
                phase="" if section == "welcome" else journey.name,
                day=day,
                ordinal=ordinal,
                zone=zone_name,
                date=local_day,
                number=len(mine) + 1,
                phase_day=(local_day - trigger_day).days + 1,
                planned_at=moment,
                due_at=moment,
                expires_at=moment + ONE_DAY,
                useful_until=moment + ONE_DAY,
                waits_for=waits_for,
                subject=subject,
                event=event,
                entry=entry,
                sequence=sequence,
                anchors=anchors,
            )
            if after_event(step):
                end = span.end or NEVER
                mine.append(replace(bare, untimed=True, expires_at=end, useful_until=end))
            else:
                mine.append(bare if missing(step, anchors) else moved(campaign, bare, moment))
        by_step[step.id] = mine
        found += mine
    return found


def slot_of(campaign: Campaign, occurrence: Occurrence, anchors: Mapping[str, AnchorValue]) -> datetime | None:
    """The moment of a dated step of a flow with these anchors; None where it has none any more."""
    zone = zone_named(occurrence.zone)
    trigger_day = occurrence.date - timedelta(days=occurrence.phase_day - 1)
    frame = Frame(zone, campaign.calendar, trigger_day, None, anchors)
    found, wanted = _slots(occurrence.step, frame), (occurrence.day, occurrence.ordinal)
    return next((s.instant for s in found if (occurrence.step.days.get(s.day, s.day), s.ordinal) == wanted), None)


def _slots(step: Step, frame: Frame) -> Iterator[Slot]:
    until: date = max(frame.first + timedelta(days=366), last_listed(step.when.on, frame) or frame.first)
    return slots(step.when, frame, frame.first, until + ONE_DAY)


def _moments(
    campaign: Campaign, step: Step, frame: Frame, at: datetime, before: Mapping[str, list[Occurrence]]
) -> Iterator[tuple[str, int, datetime, str]]:
    """Day, ordinal, moment, and what it waits for: the key of an occurrence, or an event."""
    after = step.when.after
    if missing(step, frame.anchors):
        yield "", 0, at, ""
    elif event := after_event(step):
        for ordinal, _ in after_moments(step.when, at, frame):
            yield "", ordinal, at, waits_for_event(event)
    elif after is None:
        for slot in _slots(step, frame):
            if slot.instant >= at:
                held = held_for(campaign, step, None, slot.instant, frame.anchors, frame.zone)
                day = step.days.get(slot.day, slot.day)
                yield day, slot.ordinal, slot.instant, waits_for_event(held) if held else ""
    elif not after.subject:
        yield from (("", ordinal, moment, "") for ordinal, moment in after_moments(step.when, at, frame))
    else:
        for origin in before.get(after.subject, []):
            for ordinal, moment in after_moments(step.when, origin.due_at, frame):
                yield origin.day, origin.ordinal * ordinals(step.when) + ordinal, moment, origin.key
