"""The days and playbooks of the simulated histories, and what they promise, from nothing but a list of dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TARGETS = ("a", "b")
SOURCES = {"groups": [{"id": target} for target in TARGETS]}
DAYS = 3
ZONES = {  # a day on which the clocks change: in the night, at midnight, by half an hour; and where they never do
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Africa/Cairo": (date(2026, 4, 24), date(2026, 10, 30)),
    "America/Santiago": (date(2026, 9, 6), date(2026, 4, 5)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
    "Asia/Shanghai": (date(2026, 6, 1),),
}
TIMES = ("00:00", "01:30", "02:15", "09:00", "23:45")
BOOK = """
playbook: {id}
title: {id}
timezone: {zone}
audiences: {{groups: {{source: groups, sample: {{id: a}}}}}}
{runs}
weekly:
  to: groups
  steps:
{steps}
"""


class Line(NamedTuple):
    """A step of a history's playbooks and the dates on which it is promised, by its own clock time."""

    step: str
    campaign: str
    time: str
    late_ok: str


STEPS = (
    *(Line(f"d{number}", "dated", time, ("30m", "13h")[number % 2]) for number, time in enumerate(TIMES)),
    *(Line(f"e{number}", "endless", time, "5h") for number, time in enumerate(TIMES[1::2])),
)


def playbook(campaign: str, zone: str, first: date) -> str:
    runs = f"runs: {{from: {first}, until: {first + DAYS * DAY}}}" if campaign == "dated" else ""
    steps = [
        f"    - {{id: {line.step}, on: daily, at: '{line.time}', late_ok: {line.late_ok}, "
        f"send: {{text: '{line.step}|{{{{ target.id }}}}|{{{{ slot.date }}}}'}}}}"
        for line in STEPS
        if line.campaign == campaign
    ]
    return BOOK.format(id=campaign, zone=zone, runs=runs, steps="\n".join(steps))


def promised(first: date, end: datetime) -> Iterator[tuple[str, str, str]]:
    """(step, target, local date) of every step whose turn, by any reading of its clock time, is over for two days."""
    for line in STEPS:
        day = first
        last = first + DAYS * DAY if line.campaign == "dated" else (end - 2 * DAY).date()
        while day < last:
            yield from ((line.step, target, day.isoformat()) for target in TARGETS)
            day += DAY
