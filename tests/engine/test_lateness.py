"""What a stopped engine does when it comes back (semantics.md S3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.house import House

THREE_SLOTS = """
playbook: three
title: Three posts
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-03-02, until: 2026-03-04}
messages: {hello: 'Hello {{ target.name }}', noon: 'Noon', soon: 'Soon'}
weekly:
  to: groups
  steps:
    - {id: hello, on: mon, at: 09:00, send: hello, late_ok: 4h}
    - {id: noon, on: mon, at: 10:00, send: noon}
    - {id: soon, on: mon, at: 11:40, send: soon}
"""


def test_slots_inside_late_ok_go_out_and_the_rest_are_missed_with_their_lateness(tmp_path: Path) -> None:
    house = House(tmp_path, THREE_SLOTS)
    house.start("2026-03-01T12:00")
    house.tick("2026-03-02T08:59")  # then the daemon is stopped over three slots
    house.tick("2026-03-02T12:00")
    assert [(step, target, state) for step, target, _, state in house.ends()] == [
        ("hello", "east", "sent"),
        ("hello", "west", "sent"),
        ("noon", "east", "missed"),
        ("noon", "west", "missed"),
        ("soon", "east", "sent"),
        ("soon", "west", "sent"),
    ]
    (reason,) = {t.reason for t in house.log() if t.after == "missed"}
    assert "2h" in reason
    assert "30m" in reason


def test_the_last_moment_of_late_ok_is_inside_and_the_next_is_not(tmp_path: Path) -> None:
    for name, moment, state in (("in", "2026-03-02T10:30:00", "sent"), ("out", "2026-03-02T10:30:01", "missed")):
        house = House(tmp_path / name, THREE_SLOTS)
        house.start("2026-03-01T12:00")
        house.tick(moment)
        assert {s for step, _, _, s in house.ends() if step == "noon"} == {state}


RECURRING = """
playbook: often
title: Often
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-03-02, until: 2026-03-12}
messages: {hello: 'Hello {{ slot.date }}'}
weekly:
  to: groups
  steps:
    - {id: hello, on: daily, at: 09:00, send: hello, late_ok: 3d%s}
"""


def test_missed_rounds_of_one_step_are_never_all_sent_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, RECURRING % "")
    house.start("2026-03-01T12:00")
    house.tick("2026-03-04T10:00")
    assert [m["text"] for m in house.outbox()] == ["Hello 2026-03-04"] * 2
    older = [t for t in house.log("occurrence") if t.after == "missed"]
    assert len(older) == 2
    assert all("newer slot" in t.reason for t in older)


def test_catch_up_none_sends_nothing_late(tmp_path: Path) -> None:
    house = House(tmp_path, RECURRING % ", catch_up: none")
    house.start("2026-03-01T12:00")
    house.tick("2026-03-04T10:00")
    assert house.outbox() == []
    house.tick("2026-03-05T09:00:59")
    assert [m["text"] for m in house.outbox()] == ["Hello 2026-03-05"] * 2


def test_a_clock_that_jumps_back_repeats_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, THREE_SLOTS)
    house.start("2026-03-01T12:00")
    house.tick("2026-03-02T09:00")
    house.tick("2026-03-02T08:00")
    house.tick("2026-03-02T09:00")
    assert len(house.outbox()) == 2


def test_a_pause_loses_nobody_and_judges_by_lateness_on_resume(tmp_path: Path) -> None:
    house = House(tmp_path, THREE_SLOTS)
    house.start("2026-03-01T12:00")
    house.store.pause("campaign", "three", house.at("2026-03-02T08:00"), "test")
    house.tick("2026-03-02T10:20")
    assert house.outbox() == []
    waiting = house.behind("campaign", "three", "2026-03-02T11:00")
    assert [(one.step, one.runs, one.missed) for one in waiting] == [("hello", 2, 0), ("noon", 0, 2)]
    house.store.resume("campaign", "three", house.clock.now(), "test")
    house.tick()
    assert {step: state for step, _, _, state in house.ends()} == {"hello": "sent", "noon": "missed"}


TASKS = """
playbook: often
timezone: Asia/Shanghai
roles: {manager: {source: stores, person: manager}}
runs: {from: 2026-03-02, until: 2026-03-12}
weekly:
  to: manager
  steps:
    - {id: count, on: daily, at: 09:00, task: 'Count {{ slot.date }}', late_ok: 5d, useful_until: 6d%s}
"""


@pytest.mark.parametrize(
    ("words", "days"),
    [("", [6]), (", catch_up: {all: 3}", [4, 5, 6]), (", catch_up: {all: 9}", [2, 3, 4, 5, 6])],
)
def test_of_missed_tasks_the_newest_n_are_carried_out(tmp_path: Path, words: str, days: list[int]) -> None:
    house = House(tmp_path, TASKS % words)
    house.start("2026-03-01T12:00")
    behind = house.behind("all", "", "2026-03-06T10:00")
    assert [one.slot.astimezone(house.zone).day for one in behind if one.runs] == days
    house.tick("2026-03-06T10:00")
    assert [t.title for t in house.store.tasks() if t.person == "Ann"] == [f"Count 2026-03-{day:02}" for day in days]
    missed = [t.reason for t in house.log("occurrence") if t.after == "missed"]
    assert len(missed) == 5 - len(days)
    if words == ", catch_up: {all: 3}":
        assert missed[-1] == "late 3d 1h, 3 newer slots of this step are due"


def test_a_target_with_days_of_its_own_catches_up_on_its_own_slots(tmp_path: Path) -> None:
    book = TASKS.replace("manager: {source", "manager: {columns: {opens: date}, source") % ", catch_up: {all: 2}"
    book = book.replace("on: daily, at: 09:00", "on: [target.opens, target.opens + 1d, target.opens + 2d], at: 09:00")
    house = House(tmp_path, book)
    (tmp_path / "stores.csv").write_text("id,manager,opens\ns1,Ann,2026-03-02\ns2,Ben,2026-03-03\n", "utf-8")
    house.start("2026-03-01T12:00")
    house.tick("2026-03-05T10:00")
    assert sorted((t.person, t.title) for t in house.store.tasks() if t.state.name == "OPEN") == [
        ("Ann", "Count 2026-03-03"),
        ("Ann", "Count 2026-03-04"),
        ("Ben", "Count 2026-03-04"),
        ("Ben", "Count 2026-03-05"),
    ]
