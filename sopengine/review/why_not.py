"""A day on which a step has no slot → why: outside its phase or its campaign, excepted, moved, or not of its rule."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.language.model import Playbook, Step
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from sopengine.review.chain import Link
from sopengine.timing.words import When
from sopengine.timing.zones import resolve

FAR = timedelta(days=366)
"""How far the nearest slots are looked for."""


def no_slot(campaign: Campaign, step: Step, day: date) -> tuple[Link, ...]:
    """`day` in the campaign's zone; the step is one of a phase or of the weekly schedule, which has no slot then."""
    zone = ZoneInfo(campaign.playbook.timezone)
    phase = next((one for one in campaign.playbook.phases if step in one.steps), None)
    targets = Targets(campaign)
    span = targets.calendars.span(campaign.playbook.timezone)
    if day < span.first or (span.last is not None and day > span.last):
        until = f" … {span.last}" if span.last else ""
        text = Text(
            f"{day} 不在活动的日子里（{span.first}{until}）", f"{day} is outside the campaign ({span.first}{until})"
        )
        return (Link("plan", text),)
    bare = _with(campaign, step, replace(step.when, except_=()))
    unshifted = _with(campaign, step, replace(step.when, shift=None))
    if step.when.except_ and _on(bare, step, day, zone):
        excepted = ", ".join(rule.text for rule in step.when.except_)
        text = Text(f"{day} 被 except: {excepted} 排除", f"{day} is taken out by except: {excepted}")
    elif step.when.shift and _on(unshifted, step, day, zone):
        text = Text(
            f"{day} 不是工作日，按 shift: {step.when.shift} 挪开了",
            f"{day} is no workday, and shift: {step.when.shift} moved it away",
        )
    else:
        where = (f"（阶段 {phase.name}）", f" in phase {phase.name}") if phase else ("", "")
        text = Text(f"它的时间{where[0]}没有落在 {day} 的", f"its rule{where[1]} has no slot on {day}")
    return (Link("plan", text), *_nearest(campaign, step, day, zone))


def _nearest(campaign: Campaign, step: Step, day: date, zone: ZoneInfo) -> tuple[Link, ...]:
    morning = _midnight(day, zone)
    before = _between(campaign, step, morning - FAR, morning)
    after = _between(campaign, step, morning, morning + FAR)
    links = []
    if before:
        at = f"{before[-1].planned_at.astimezone(zone):%Y-%m-%d %H:%M}"
        links.append(Link("next", Text(f"前一次是 {at}", f"the one before is {at}"), before[-1].planned_at))
    if after:
        at = f"{after[0].planned_at.astimezone(zone):%Y-%m-%d %H:%M}"
        links.append(Link("next", Text(f"下一次是 {at}", f"the next is {at}"), after[0].planned_at))
    return tuple(links)


def _on(campaign: Campaign, step: Step, day: date, zone: ZoneInfo) -> bool:
    begin = _midnight(day, zone)
    found = _between(campaign, step, begin - timedelta(days=1), begin + timedelta(days=2))
    return any(one.planned_at.astimezone(zone).date() == day for one in found)


def _between(campaign: Campaign, step: Step, begin: datetime, end: datetime) -> list[Occurrence]:
    return [one for one in plan(campaign, Targets(campaign), begin, end) if one.step.id == step.id]


def _with(campaign: Campaign, step: Step, when: When) -> Campaign:
    """The same campaign with another time for this step."""
    other = replace(step, when=when)

    def swapped(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(other if one is step else one for one in steps)

    book: Playbook = campaign.playbook
    phases = tuple(replace(phase, steps=swapped(phase.steps)) for phase in book.phases)
    weekly = replace(book.weekly, steps=swapped(book.weekly.steps)) if book.weekly else None
    return replace(campaign, playbook=replace(book, phases=phases, weekly=weekly))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time(0)), zone).instant
