"""The welcome: an event starts it, its steps keep their order, a repeated report changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.store.rows import EventRow
from tests.support.house import House

WELCOME = """
playbook: door
title: Door
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {manager: {source: stores, person: manager, match: store}}
messages:
  hello: 'Welcome {{ event.name }} to {{ target.name }}'
  rules: 'The rules'
  gift: 'A gift'
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: hello}
    - {id: rules, after: 10s, send: rules}
    - {id: call, after: rules + 1m, to: manager, task: 'Greet {{ event.name }}', due: 2h, on_overdue: continue}
    - {id: gift, after: 1d, at: 10:00, send: gift}
"""
GROUPS = "id,name,store\neast,East,s1\nwest,West,nowhere\n"


def joined(house: House, group: str, at: str, dedupe: str = "") -> None:
    data = {"member": "m1", "name": "Lin"}
    house.store.add_event(EventRow("member.joined", group, data, house.at(at), dedupe))


def done(house: House) -> list[tuple[str, str, str]]:
    """Step, target and local time of everything sent and every task made."""
    entries = [*house.log("delivery"), *house.log("task")]
    return sorted(
        (
            (t.step, t.target, f"{t.at.astimezone(house.zone):%m-%d %H:%M:%S}")
            for t in entries
            if t.after in ("sent", "open")
        ),
        key=lambda e: e[2],
    )


def test_each_step_comes_at_its_time_after_the_event(tmp_path: Path) -> None:
    house = House(tmp_path, WELCOME, groups=GROUPS)
    house.start("2026-03-02T08:00")
    joined(house, "east", "2026-03-02T14:03:20")
    house.run(until="2026-03-04T00:00")
    assert done(house) == [
        ("hello", "east", "03-02 14:03:20"),
        ("rules", "east", "03-02 14:03:30"),
        ("call", "east", "03-02 14:04:30"),
        ("gift", "east", "03-03 10:00:00"),
    ]
    assert [m["text"] for m in house.outbox()] == ["Welcome Lin to East", "The rules", "A gift"]
    (task,) = house.store.tasks()
    assert (task.title, task.person) == ("Greet Lin", "Ann")


def test_nobody_answers_for_the_subject_leaves_the_task_unassigned(tmp_path: Path) -> None:
    house = House(tmp_path, WELCOME, groups=GROUPS)
    house.start("2026-03-02T08:00")
    joined(house, "west", "2026-03-02T14:00:00")
    house.run(until="2026-03-02T20:00")
    (task,) = house.store.tasks()
    assert (task.person, task.reason) == ("", "unassigned")


def test_an_event_reported_twice_starts_one_welcome(tmp_path: Path) -> None:
    house = House(tmp_path, WELCOME, groups=GROUPS)
    house.start("2026-03-02T08:00")
    joined(house, "east", "2026-03-02T14:00:00", dedupe="wx-1")
    joined(house, "east", "2026-03-02T14:00:01", dedupe="wx-1")
    house.run(until="2026-03-02T15:00")
    assert [m["text"] for m in house.outbox()] == ["Welcome Lin to East", "The rules"]


def test_a_later_step_waits_until_the_earlier_one_is_final(tmp_path: Path) -> None:
    """Posting is a person's work here: the rules wait for the greeting to be confirmed."""
    text = WELCOME.replace("{id: hello, after: 0s, send: hello}", "{id: hello, after: 0s, send: hello, via: manual}")
    house = House(tmp_path, text, groups=GROUPS)
    house.start("2026-03-02T08:00")
    joined(house, "east", "2026-03-02T14:00:00")
    house.tick("2026-03-02T14:00:00")
    house.tick("2026-03-02T14:05:00")
    assert house.outbox() == []
    (task,) = house.store.tasks()
    assert task.title == "Welcome Lin to East"
    house.store.complete_task(task.id, house.at("2026-03-02T14:10:00"), "Ann")
    house.tick("2026-03-02T14:10:01")
    assert [m["text"] for m in house.outbox()] == ["The rules"]
    states = {(t.step, t.after) for t in house.log() if t.after in ("awaiting_confirm", "confirmed")}
    assert states == {("hello", "awaiting_confirm"), ("hello", "confirmed")}


@pytest.mark.parametrize("subject", ["nobody", ""])
def test_an_event_about_nobody_we_know_starts_nothing(tmp_path: Path, subject: str) -> None:
    house = House(tmp_path, WELCOME, groups=GROUPS)
    house.start("2026-03-02T08:00")
    joined(house, subject, "2026-03-02T14:00:00")
    house.run(until="2026-03-04T00:00")
    assert done(house) == []
    assert [t.after for t in house.log("event")] == ["received", "ignored"]


def test_an_event_before_the_start_begins_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, WELCOME, groups=GROUPS)
    joined(house, "east", "2026-03-02T07:00:00")
    house.start("2026-03-02T08:00")
    house.run(until="2026-03-04T00:00")
    assert done(house) == []
