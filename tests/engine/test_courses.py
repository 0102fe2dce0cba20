"""Conditions, dependencies, pauses, hand-overs and the end of a campaign, as the engine carries them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.store.rows import TaskState
from tests.support.house import House

HEAD = """
playbook: p
title: P
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences:
  groups: {source: groups, columns: {size: number}, sample: {name: Some group, size: 3}}
roles: {manager: {source: stores, person: manager}}
messages: {a: 'A', b: 'B'}
phases:
  only:
    title: Only
    from: opening
    until: opening + 2d
    steps:
"""
A = "      - {id: a, on: day 1, at: 10:00, to: groups, send: a%s}\n"


def begun(path: Path, steps: str, now: str = "2026-03-01T08:00", groups: str | None = None) -> House:
    house = House(path, HEAD + steps, groups=groups or "id,name,size\neast,East,9\nwest,West,\n")
    house.start(now, opening="2026-03-02")
    return house


def ends(house: House) -> dict[tuple[str, str], str]:
    return {(step, target): state for step, target, _, state in house.ends()}


def test_false_and_unknown_conditions_are_skipped_with_their_reason(tmp_path: Path) -> None:
    groups = "id,name,size\neast,East,9\nwest,West,\nsouth,South,1\n"
    house = begun(tmp_path, A % ", if: target.size > 5", groups=groups)
    house.run()
    assert ends(house) == {("a", "east"): "sent", ("a", "west"): "skipped", ("a", "south"): "skipped"}
    skipped = {t.reason for t in house.log() if t.after == "skipped"}
    assert skipped == {"condition: target.size = 1", "unknown: target.size = ?"}


def test_what_depends_on_a_skipped_target_is_skipped_for_that_target_unless_any_outcome(tmp_path: Path) -> None:
    steps = A % ", if: target.size > 5"
    steps += "      - {id: b, after: a + 1h, to: groups, send: b}\n"
    steps += "      - {id: c, after: a + 1h, to: groups, send: b, any_outcome: true}\n"
    house = begun(tmp_path, steps)
    house.run()
    assert ends(house) == {
        ("a", "east"): "sent",
        ("a", "west"): "skipped",
        ("b", "east"): "sent",
        ("b", "west"): "skipped",
        ("c", "east"): "sent",
        ("c", "west"): "sent",
    }


def test_a_task_after_any_outcome_comes_at_its_time_and_not_before(tmp_path: Path) -> None:
    steps = A % ", if: target.size > 50" + (
        "      - {id: look, after: a + 2h, to: groups, task: Look, any_outcome: true}\n"
    )
    house = begun(tmp_path, steps)
    house.tick("2026-03-02T10:00")
    assert house.store.tasks() == []
    house.run()
    assert {f"{t.created_at.astimezone(house.zone):%H:%M}" for t in house.store.tasks()} == {"12:00"}


def test_a_whole_chain_behind_a_slot_that_was_past_is_told_as_skipped(tmp_path: Path) -> None:
    steps = A % "" + (
        "      - {id: b, after: a + 1h, to: groups, send: b}\n      - {id: c, after: b + 1h, to: groups, send: b}\n"
    )
    house = begun(tmp_path, steps, "2026-03-02T12:00")
    house.tick()
    assert [(t.step, t.after, t.reason) for t in house.log("occurrence")] == [
        ("a", "skipped", "past at start"),
        ("b", "skipped", "dependency"),
        ("c", "skipped", "dependency"),
    ]


def test_a_step_long_after_the_last_phase_is_carried_out_and_the_campaign_lasts_until_then(tmp_path: Path) -> None:
    house = begun(tmp_path, A % "" + "      - {id: b, after: a + 30d, at: 10:00, to: groups, send: b}\n")
    house.run(until="2026-03-20T00:00")
    assert house.store.campaigns()[0].state == "running"
    house.run()
    assert {slot for step, _, slot, state in house.ends() if (step, state) == ("b", "sent")} == {"04-01 10:00"}
    assert house.store.campaigns()[0].state == "finished"


def test_a_campaign_with_an_open_hand_over_ends_when_that_is_over(tmp_path: Path) -> None:
    house = begun(tmp_path, A % ", via: manual, useful_until: 3d")
    house.run(until="2026-03-04T12:00")
    assert house.store.campaigns()[0].state == "running"
    house.run()
    assert house.store.campaigns()[0].state == "finished"
    assert set(ends(house).values()) == {"withdrawn"}
    assert {t.state for t in house.store.tasks()} == {TaskState.WITHDRAWN}
    late = house.store.complete_task(house.store.tasks()[0].id, house.clock.now(), "Ann")
    assert (late.done, late.state) == (False, TaskState.WITHDRAWN)


def test_a_hand_over_is_confirmed_once_and_the_second_is_told_who_was_first(tmp_path: Path) -> None:
    house = begun(tmp_path, A % ", via: manual")
    house.tick("2026-03-02T10:00")
    first = house.store.tasks()[0]
    assert first.title == "A"
    assert house.store.complete_task(first.id, house.at("2026-03-02T10:05"), "Ann").done
    again = house.store.complete_task(first.id, house.at("2026-03-02T10:06"), "Ben")
    assert (again.done, again.by) == (False, "Ann")
    assert sorted(ends(house).values()) == ["awaiting_confirm", "confirmed"]


def test_a_late_task_is_missed_with_its_lateness_and_a_daily_one_comes_once(tmp_path: Path) -> None:
    steps = "      - {id: count, on: day 1, at: 10:00, to: manager, task: Count, due: 2h}\n"
    house = begun(tmp_path, steps)
    house.tick("2026-03-02T12:01")
    assert {(t.state, t.reason) for t in house.store.tasks()} == {(TaskState.MISSED, "late 2h 1m")}
    assert house.outbox() == []


DAILY = """
playbook: p
title: P
timezone: Asia/Shanghai
runs: {from: 2026-03-02, until: 2026-03-12}
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: 'A {{ slot.date }}'}
weekly: {to: groups, steps: [{id: a, on: daily, at: 09:00, send: a, late_ok: 3d}]}
"""


@pytest.mark.parametrize(("scope", "name"), [("all", ""), ("campaign", "p")])
def test_after_a_long_pause_only_the_newest_round_goes_out_and_the_preview_said_so(
    tmp_path: Path, scope: str, name: str
) -> None:
    house = House(tmp_path, DAILY)
    house.start("2026-03-01T12:00")
    house.store.pause(scope, name, house.at("2026-03-02T08:00"), "test")  # type: ignore[arg-type]
    for day in ("02", "03", "04"):
        done = house.tick(f"2026-03-{day}T09:00")
        assert done.next_due is None or done.next_due > house.clock.now(), "nothing to wake up for behind a pause"
    now = house.at("2026-03-04T10:00")
    assert [(one.runs, one.missed) for one in house.behind(scope, name, "2026-03-04T10:00")] == [(0, 2), (0, 2), (2, 0)]
    house.store.resume(scope, name, now, "test")  # type: ignore[arg-type]
    house.tick()
    assert [m["text"] for m in house.outbox()] == ["A 2026-03-04"] * 2


def test_the_preview_leaves_out_what_waits_for_another_step(tmp_path: Path) -> None:
    house = begun(tmp_path, A % ", late_ok: 1d" + "      - {id: b, after: a + 1h, to: groups, send: b}\n")
    house.store.pause("campaign", "p", house.at("2026-03-02T08:00"), "test")
    (only,) = house.behind("campaign", "p", "2026-03-02T12:00")
    assert (only.step, only.runs, only.missed) == ("a", 2, 0)
