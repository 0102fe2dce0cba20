"""An event about a subject → the occurrences of the journey it starts (the welcome)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sopengine.language.model import Journey, Row, Step
from sopengine.planning.identity import journey_key
from sopengine.planning.lateness import expires_at, useful_until
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.occurrences import due_of_task
from sopengine.planning.spans import anchors_of, campaign_span
from sopengine.timing.slots import Frame, after_moments, ordinals, slots
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named


def enrol(
    campaign: Campaign,
    journey: Journey,
    subject: Row,
    zone_name: str,
    event: Mapping[str, Any],
    entry: str,
    at: datetime,
) -> list[Occurrence]:
    """The occurrences of one enrolment, in written order; empty when `at` lies outside the campaign's span.

    `entry` tells enrolments of one subject apart (the welcome: the event). Times after a step are estimates until
    that step is final.
    """
    zone = zone_named(zone_name)
    span = campaign_span(campaign, zone)
    if at < max(span.begin, campaign.start) or (span.end is not None and at >= span.end):
        return []
    anchors = anchors_of(campaign)
    trigger_day = local_date(at, zone)
    frame = Frame(zone, campaign.calendar, trigger_day, None, anchors)
    found: list[Occurrence] = []
    by_step: dict[str, list[Occurrence]] = {}
    for sequence, step in enumerate(journey.steps):
        mine: list[Occurrence] = []
        for day, ordinal, moment, waits_for in _moments(step, frame, at, by_step):
            local_day = local_date(moment, zone)
            useful = useful_until(step, moment, None, anchors, zone)
            due = due_of_task(campaign, step, moment, zone)
            mine.append(
                Occurrence(
                    key=journey_key(campaign.id, journey.name, str(subject["id"]), entry, step.id, day, ordinal),
                    campaign=campaign.id,
                    section="welcome",
                    step=step,
                    phase="",
                    day=day,
                    ordinal=ordinal,
                    zone=zone_name,
                    date=local_day,
                    number=len(mine) + 1,
                    phase_day=(local_day - trigger_day).days + 1,
                    planned_at=moment,
                    due_at=moment,
                    expires_at=expires_at(step, moment, useful, zone, due),
                    useful_until=useful,
                    waits_for=waits_for,
                    subject=subject,
                    event=event,
                    entry=entry,
                    sequence=sequence,
                )
            )
        by_step[step.id] = mine
        found += mine
    return found


def _moments(
    step: Step, frame: Frame, at: datetime, before: Mapping[str, list[Occurrence]]
) -> Iterator[tuple[str, int, datetime, str]]:
    """Day, ordinal, moment, and the key of the occurrence it waits for."""
    after = step.when.after
    if after is None:
        until: date = frame.first + timedelta(days=366)
        yield from (
            (s.day, s.ordinal, s.instant, "") for s in slots(step.when, frame, frame.first, until) if s.instant >= at
        )
    elif not after.subject:
        yield from (("", ordinal, moment, "") for ordinal, moment in after_moments(step.when, at, frame))
    else:
        for origin in before.get(after.subject, []):
            for ordinal, moment in after_moments(step.when, origin.due_at, frame):
                yield origin.day, origin.ordinal * ordinals(step.when) + ordinal, moment, origin.key
