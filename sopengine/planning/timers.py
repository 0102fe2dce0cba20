"""A task → its timers: when its holder is reminded, and when it is escalated, both in working hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from sopengine.language.build.due import DUE
from sopengine.language.model import Task
from sopengine.language.named import Role
from sopengine.planning.lateness import works_on
from sopengine.planning.limits import anchors_for
from sopengine.planning.model import Campaign, Occurrence
from sopengine.timing.frame import AnchorMissing, bound_instant, limit_instant
from sopengine.timing.parse import parse_anchor
from sopengine.timing.words import AnchorTime
from sopengine.timing.workcalendar import WorkCalendar
from sopengine.timing.zones import local_date, resolve
from sopengine.timing.zones import zone as zone_named

Never = Literal["", "before the task", "after due", "closed until due"]
FARTHEST = 366
"""Days in which an opening is looked for; a calendar without a workday in a year has none."""


class Timer(NamedTuple):
    """`at` is aware UTC; `number` is its place in the task's list. `never`: why it does not come at all."""

    kind: Literal["remind", "escalate"]
    number: int
    at: datetime
    never: Never = ""


def timers_of(campaign: Campaign, occurrence: Occurrence, created: datetime, due: datetime | None) -> list[Timer]:
    """Those of a task that `occurrence` makes at `created`, its step as the arm has it. What is due outside the working
    hours of whom it speaks to moves to their next opening; a reminder only as long as that is before `due`."""
    task = occurrence.step.action
    if not isinstance(task, Task):
        return []
    roles = campaign.playbook.roles
    found = []
    for number, text in enumerate(task.remind):
        if (moment := _moment(campaign, occurrence, text, created, due)) is not None:
            at = next_opening(moment, roles.get(occurrence.step.to), campaign.calendar, zone_named(occurrence.zone))
            found.append(Timer("remind", number, at, _never(moment, at, created, due)))
    for number, rule in enumerate(task.escalate):
        if (moment := _moment(campaign, occurrence, rule.after, created, due)) is not None:
            at = next_opening(moment, roles.get(rule.to), campaign.calendar, zone_named(occurrence.zone))
            found.append(Timer("escalate", number, at, "before the task" if at <= created else ""))
    return found


def _never(moment: datetime, at: datetime, created: datetime, due: datetime | None) -> Never:
    if at <= created:
        return "before the task"
    if due is None or at < due:
        return ""
    return "closed until due" if moment < due else "after due"


def _moment(
    campaign: Campaign, occurrence: Occurrence, text: str, created: datetime, due: datetime | None
) -> datetime | None:
    """None where it is counted from what has no value: a limit that the task does not have, an empty column."""
    zone, anchors = zone_named(occurrence.zone), dict(anchors_for(campaign, occurrence))
    if due is not None:
        anchors[DUE] = due
    anchor = parse_anchor(text)
    try:
        if isinstance(anchor, AnchorTime):
            return limit_instant(anchor, anchors, zone, created)
        return bound_instant(anchor, anchors, zone)
    except AnchorMissing:
        return None


def next_opening(moment: datetime, role: Role | None, calendar: WorkCalendar, zone: ZoneInfo) -> datetime:
    """The moment itself where the role is at work then, else when it next begins. One that declares neither hours nor
    a calendar is always reached."""
    if role is None or not (role.hours or role.calendar):
        return moment
    first = local_date(moment, zone)
    for day in (first + timedelta(days=n) for n in range(FARTHEST)):
        if not works_on(day, role, calendar):
            continue
        if role.hours is None:
            opens, closes = datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())
        else:
            opens, closes = (datetime.combine(day, clock) for clock in role.hours)
        if moment < resolve(closes, zone).instant:
            return max(moment, resolve(opens, zone).instant)
    return moment
