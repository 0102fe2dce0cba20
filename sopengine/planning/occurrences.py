"""Campaign × window → its occurrences, in time order: the one planner that the dry run and the engine share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sopengine.language.model import Step, Task
from sopengine.planning.identity import occurrence_key
from sopengine.planning.lateness import expires_at, task_due, useful_until
from sopengine.planning.model import Campaign, Occurrence, Section, Span
from sopengine.planning.spans import anchors_of, campaign_span, phase_span
from sopengine.planning.targets import Targets
from sopengine.timing.slots import Frame, Slot, after_moments, ordinals, slots
from sopengine.timing.words import AnchorValue, OnAnchor, OnDate
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2200, 1, 1)
"""The days among which a bounded flow is searched."""


def plan(campaign: Campaign, targets: Targets, begin: datetime, end: datetime) -> list[Occurrence]:
    """Every occurrence of phases and weekly with `begin <= due_at < end`, ordered by due time, then written order.

    Slots are counted from the campaign's first, so a window never changes a slot's number or key.
    """
    found = [o for o in _Planner(campaign, targets, end).all() if begin <= o.due_at < end]
    return sorted(found, key=lambda o: o.due_at)


class _Planner:
    def __init__(self, campaign: Campaign, targets: Targets, end: datetime) -> None:
        self.campaign, self.targets, self.end = campaign, targets, end
        self.anchors: Mapping[str, AnchorValue] = anchors_of(campaign)
        self.by_step: dict[str, list[Occurrence]] = {}

    def all(self) -> Iterator[Occurrence]:
        flows: list[tuple[Section, str, tuple[Step, ...]]] = [
            ("phases", phase.name, phase.steps) for phase in self.campaign.playbook.phases
        ]
        if weekly := self.campaign.playbook.weekly:
            flows.append(("weekly", "", weekly.steps))
        steps = [(section, phase, step) for section, phase, steps in flows for step in steps]
        for section, phase, step in _predecessors_first(steps):
            self.by_step[step.id] = list(self._of_step(section, phase, step))
        for _, _, step in steps:  # back to written order: it breaks ties of time
            yield from self.by_step[step.id]

    def _of_step(self, section: Section, phase: str, step: Step) -> Iterator[Occurrence]:
        for zone_name in self.targets.zones(step.to):
            zone = zone_named(zone_name)
            span = self._span(section, phase, zone)
            if step.when.after is not None:
                yield from self._after(section, span, step, zone_name)
            else:
                frame = Frame(zone, self.campaign.calendar, span.first, span.last, self.anchors)
                yield from self._numbered(section, span, step, zone_name, self._slots(section, span, step, frame))

    def _span(self, section: Section, phase: str, zone: ZoneInfo) -> Span:
        if section == "phases":
            return next(phase_span(p, self.anchors, zone) for p in self.campaign.playbook.phases if p.name == phase)
        return campaign_span(self.campaign, zone)

    def _slots(self, section: Section, span: Span, step: Step, frame: Frame) -> Iterator[Slot]:
        # Rules stay inside the frame; listed days may lie outside their phase: planned all the same, and warned about.
        last = LAST_DAY if span.last is not None else local_date(self.end, frame.zone) + timedelta(days=1)
        begin = span.begin if _is_dated(step) else max(span.begin, self.campaign.start)
        for slot in slots(step.when, frame, FIRST_DAY, last):
            if section == "phases" or (slot.instant >= begin and (span.end is None or slot.instant < span.end)):
                yield slot  # the standing schedule begins nothing outside the span, its rules nothing before the start

    def _numbered(
        self, section: Section, span: Span, step: Step, zone: str, found: Iterable[Slot]
    ) -> Iterator[Occurrence]:
        for number, slot in enumerate(found, 1):
            key = occurrence_key(self.campaign.id, step.id, slot.day, slot.ordinal, zone)
            yield self._occurrence(
                key, section, span, step, zone, slot.day, slot.ordinal, slot.date, number, slot.instant, note=slot.note
            )

    def _after(self, section: Section, span: Span, step: Step, zone_name: str) -> Iterator[Occurrence]:
        """One occurrence for each of the step it comes after; its time is an estimate until that one is final."""
        assert step.when.after is not None
        zone = zone_named(zone_name)
        frame = Frame(zone, self.campaign.calendar, span.first, span.last, self.anchors)
        before = self.by_step.get(step.when.after.subject, [])
        own_zone = [o for o in before if o.zone == zone_name] or before
        number = 0
        for origin in own_zone:
            for index, moment in after_moments(step.when, origin.due_at, frame):
                number += 1
                ordinal = origin.ordinal * ordinals(step.when) + index
                key = occurrence_key(self.campaign.id, step.id, origin.day, ordinal, zone_name)
                day = local_date(moment, zone)
                yield self._occurrence(
                    key, section, span, step, zone_name, origin.day, ordinal, day, number, moment, waits_for=origin.key
                )

    def _occurrence(
        self,
        key: str,
        section: Section,
        span: Span,
        step: Step,
        zone_name: str,
        day: str,
        ordinal: int,
        local_day: date,
        number: int,
        planned: datetime,
        *,
        waits_for: str = "",
        note: str = "",
    ) -> Occurrence:
        zone = zone_named(zone_name)
        due = self.campaign.start if step.if_past == "now" and planned < self.campaign.start else planned
        in_phase = section == "phases"
        useful = useful_until(step, due, span if in_phase else None, self.anchors, zone)
        return Occurrence(
            key=key,
            campaign=self.campaign.id,
            section=section,
            step=step,
            phase=span.name if in_phase else "",
            day=day,
            ordinal=ordinal,
            zone=zone_name,
            date=local_day,
            number=number,
            phase_day=(local_day - span.first).days + 1 if in_phase else 0,
            planned_at=planned,
            due_at=due,
            expires_at=expires_at(step, due, useful, zone, due_of_task(self.campaign, step, due, zone)),
            useful_until=useful,
            waits_for=waits_for,
            note=note,
        )


def _is_dated(step: Step) -> bool:
    """Whether its days are written down one by one, so that one already past at the start is worth a word."""
    return all(isinstance(rule, OnDate | OnAnchor) for rule in step.when.on)


def due_of_task(campaign: Campaign, step: Step, created: datetime, zone: ZoneInfo) -> datetime | None:
    """When the step's task is due if it is created at `created`; None for messages and tasks without a due time."""
    if not isinstance(step.action, Task):
        return None
    role = campaign.playbook.roles.get(step.to)
    return task_due(step.action, created, role, campaign.calendar, anchors_of(campaign), zone)


def moved(campaign: Campaign, occurrence: Occurrence, moment: datetime) -> Occurrence:
    """The same occurrence at another moment, its limits with it: the step it comes after has become final."""
    zone, step, anchors = zone_named(occurrence.zone), occurrence.step, anchors_of(campaign)
    phases = [p for p in campaign.playbook.phases if occurrence.section == "phases" and p.name == occurrence.phase]
    span = phase_span(phases[0], anchors, zone) if phases else None
    useful = useful_until(step, moment, span, anchors, zone)
    expires = expires_at(step, moment, useful, zone, due_of_task(campaign, step, moment, zone))
    return replace(occurrence, due_at=moment, expires_at=expires, useful_until=useful)


def _predecessors_first(steps: list[tuple[Section, str, Step]]) -> Iterator[tuple[Section, str, Step]]:
    """Steps without `after` first, then each once the step it names has come; cycles are findings of the check."""
    waiting, done = list(steps), set[str]()
    while waiting:
        ready = [s for s in waiting if s[2].when.after is None or s[2].when.after.subject in done]
        if not ready:
            return
        yield from ready
        done.update(step.id for _, _, step in ready)
        waiting = [s for s in waiting if s[2].id not in done]
