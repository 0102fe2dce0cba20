"""How late a slot may still run (semantics.md S3), and when a task is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sopengine.language.model import Step, Task
from sopengine.language.named import Role
from sopengine.planning.model import Span
from sopengine.timing.frame import bound_instant, limit_instant
from sopengine.timing.parse import TimeTextError, parse_anchor, parse_clock, parse_duration
from sopengine.timing.words import AnchorTime, AnchorValue, Duration
from sopengine.timing.workcalendar import WorkCalendar
from sopengine.timing.zones import add, resolve

LATE_OK_MESSAGE = Duration(seconds=30 * 60)
LATE_OK_TASK = Duration(days=1)
USEFUL = Duration(days=1)
ON_TIME = timedelta(seconds=60)
"""A slot found this late is still on time: it is the resolution of cron."""


def useful_until(
    step: Step, slot: datetime, phase: Span | None, anchors: Mapping[str, AnchorValue], zone: ZoneInfo
) -> datetime:
    """The step's own bound; else the end of its phase; else, and in the night after the phase, the slot + 24 h."""
    bound = step.useful_until
    if isinstance(bound, AnchorTime):
        return limit_instant(bound, anchors, zone, slot)
    if isinstance(bound, str):
        return add(slot, parse_duration(bound), zone)
    if phase is not None and phase.end is not None and slot < phase.end:
        return phase.end
    return slot + timedelta(hours=24)


def expires_at(step: Step, due: datetime, useful: datetime, zone: ZoneInfo, task_due: datetime | None) -> datetime:
    """The last moment at which the slot may run: the earlier of due + `late_ok` and `useful_until`."""
    if not step.catch_up:
        limit = due + ON_TIME
    elif step.late_ok is not None:
        limit = add(due, step.late_ok, zone)
    elif isinstance(step.action, Task):
        limit = task_due or add(due, LATE_OK_TASK, zone)
    else:
        limit = add(due, LATE_OK_MESSAGE, zone)
    return min(limit, useful)


def task_due(
    task: Task,
    created: datetime,
    role: Role | None,
    calendar: WorkCalendar,
    anchors: Mapping[str, AnchorValue],
    zone: ZoneInfo,
) -> datetime | None:
    """When a task created at `created` is due: elapsed time, `N workdays`, a clock time of that day, or an anchor."""
    words = task.due.split()
    if not words:
        return None
    if len(words) == 2 and words[0].isdigit() and words[1] in ("workday", "workdays"):
        return _close_of_workday(int(words[0]), created, role, calendar, zone)
    try:
        return add(created, parse_duration(task.due), zone)
    except TimeTextError:
        pass  # not a duration: a clock time or an anchor
    try:
        clock = parse_clock(task.due)
    except TimeTextError:
        bound = parse_anchor(task.due)
        if isinstance(bound, AnchorTime):
            return limit_instant(bound, anchors, zone, created)
        return bound_instant(bound, anchors, zone)
    return resolve(datetime.combine(created.astimezone(zone).date(), clock), zone).instant


def works_on(day: date, role: Role | None, calendar: WorkCalendar) -> bool:
    """`daily` works every day, every other role on the workdays of the playbook's calendar."""
    return (role is not None and role.calendar == "daily") or calendar.is_workday(day)


def _close_of_workday(
    count: int, created: datetime, role: Role | None, calendar: WorkCalendar, zone: ZoneInfo
) -> datetime:
    """Close of the N-th workday after the day of creation: the end of the role's hours, else midnight."""
    day = created.astimezone(zone).date()
    while count:
        day += timedelta(days=1)
        count -= works_on(day, role, calendar)
    if role is not None and role.hours is not None:
        return resolve(datetime.combine(day, role.hours[1]), zone).instant
    return resolve(datetime.combine(day + timedelta(days=1), time(0)), zone).instant
