"""How late a slot may still run, how long it is useful, and when a task is due (semantics.md S3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sopengine.planning.limits import due_of_task
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from tests.planning.books import SHANGHAI, campaign

BOOK = """
playbook: p
title: P
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {clerk: {person: Lin, hours: '09:00-18:00'}}
messages: {a: A}
phases:
  only:
    title: Only
    from: opening
    until: opening + 2d
    steps:
      - {id: x, %s}
"""
WEEKLY = """
playbook: p
title: P
timezone: Asia/Shanghai
runs: {from: 2026-03-02, until: 2026-03-04}
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: A}
weekly: {to: groups, steps: [{id: x, on: mon, at: 09:00, send: a}]}
"""
OPENING = "2026-03-02"  # a Monday
FAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def limits(step: str) -> tuple[str, str, str]:
    """Due, last moment to run, and end of use of the one slot, in local time."""
    made = campaign(BOOK % step, opening=OPENING)
    (slot,) = plan(made, Targets(made), *FAR)
    return tuple(f"{m.astimezone(SHANGHAI):%m-%d %H:%M}" for m in (slot.due_at, slot.expires_at, slot.useful_until))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("on: day 1, at: 10:00, to: groups, send: a", ("03-02 10:00", "03-02 10:30", "03-04 00:00")),
        ("on: day 1, at: 10:00, to: groups, send: a, late_ok: 4h", ("03-02 10:00", "03-02 14:00", "03-04 00:00")),
        ("on: day 2, at: 23:50, to: groups, send: a", ("03-03 23:50", "03-04 00:00", "03-04 00:00")),
        ("on: day 2, at: 00:30 +1d, to: groups, send: a", ("03-04 00:30", "03-04 01:00", "03-05 00:30")),
        ("on: day 1, at: 10:00, to: groups, send: a, useful_until: 5m", ("03-02 10:00", "03-02 10:05", "03-02 10:05")),
        ("on: day 1, at: 10:00, to: groups, send: a, catch_up: none", ("03-02 10:00", "03-02 10:01", "03-04 00:00")),
        ("on: day 1, at: 10:00, to: clerk, task: Do it, due: 2h", ("03-02 10:00", "03-02 12:00", "03-04 00:00")),
        ("on: day 1, at: 10:00, to: clerk, task: Do it", ("03-02 10:00", "03-03 10:00", "03-04 00:00")),
        ("on: day 2, at: 10:00, to: clerk, task: Do it", ("03-03 10:00", "03-04 00:00", "03-04 00:00")),
    ],
)
def test_limits_of_a_slot_in_a_phase(step: str, expected: tuple[str, str, str]) -> None:
    assert limits(step) == expected


def test_outside_phases_a_slot_is_useful_for_a_day() -> None:
    made = campaign(WEEKLY)
    (slot,) = plan(made, Targets(made), *FAR)
    assert (slot.useful_until - slot.due_at).total_seconds() == 24 * 3600


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("90m", "03-02 11:30"),
        ("18:00", "03-02 18:00"),
        ("1 workday", "03-03 18:00"),
        ("5 workdays", "03-09 18:00"),  # over the weekend
        ("opening + 1d", "03-03 00:00"),
    ],
)
def test_when_a_task_is_due(due: str, expected: str) -> None:
    made = campaign(BOOK % f"on: day 1, at: 10:00, to: clerk, task: Do it, due: {due}", opening=OPENING)
    (slot,) = plan(made, Targets(made), *FAR)
    found = due_of_task(made, slot, slot.due_at)
    assert found is not None
    assert f"{found.astimezone(SHANGHAI):%m-%d %H:%M}" == expected


def test_a_past_slot_that_is_to_run_now_is_due_at_the_start() -> None:
    made = campaign(
        BOOK % "on: day 1, at: 10:00, to: groups, send: a, if_past: now", "2026-03-02T15:00", opening=OPENING
    )
    (slot,) = plan(made, Targets(made), *FAR)
    assert (slot.planned_at, slot.due_at) == (datetime(2026, 3, 2, 2, tzinfo=UTC), datetime(2026, 3, 2, 7, tzinfo=UTC))
