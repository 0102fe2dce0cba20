"""`retry` and `run-missed`: once more by a person's word, inside the time of use, and never doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from sopengine.channels.base import Outcome, Outgoing, Receipt
from sopengine.store.again import Ended, Which
from sopengine.store.rows import EventRow
from tests.engine.channels import Memory
from tests.support.house import House
from tests.support.robot_server import RobotServer, errcode
from tests.support.robots import robot_house, serving, shown

BOOK = """
playbook: posts
title: Posts
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-03-02, until: 2026-03-06}
messages: {hello: 'Hello {{ target.name }} {{ slot.date }}'}
weekly:
  to: groups
  steps:
    - {id: hello, on: daily, at: 09:00, send: hello, useful_until: 30h%s}
"""


@pytest.fixture
def server() -> Iterator[RobotServer]:
    yield from serving()


def go(made: House, ended: Ended, which: Which, at: str, reason: str = "mended") -> tuple[int, list[str]]:
    """How many went, and why the others did not."""
    found = made.store.may_go_again(ended, which, made.at(at))
    chosen = [one for one in found if one.refused is None]
    done = made.store.set_going_again(ended, chosen, made.clock.now(), "wang", reason)
    return done, [one.refused.en for one in found if one.refused]


def sent(made: House) -> list[str]:
    return [m["text"] for m in made.outbox()]


def test_a_transient_refusal_is_tried_with_growing_jittered_waits_until_it_is_of_no_use(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = robot_house(tmp_path, server, BOOK.replace("30h", "20m") % "", monkeypatch)
    server.script("key-east-0123456789", [errcode(-1, "system busy")] * 50)
    made.start("2026-03-01T12:00")
    made.run(until="2026-03-02T12:00")
    (east,) = made.store.needs()
    waits = [b.started_at - a.started_at for a, b in pairwise(east.attempts)]
    assert len(waits) >= 4
    for turn, wait in enumerate(waits):
        planned = timedelta(seconds=30) * 2**turn
        assert planned * 0.8 <= wait <= planned * 1.2 + timedelta(seconds=1)
    assert len({wait / (timedelta(seconds=30) * 2**turn) for turn, wait in enumerate(waits)}) == len(waits), "jitter"
    assert east.attempts[-1].started_at < east.useful_until
    assert "no time left" in east.reason
    assert shown(server, "west") == 1


def test_a_failed_delivery_is_retried_and_sent_once(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = robot_house(tmp_path, server, BOOK % "", monkeypatch)
    server.script("key-east-0123456789", [errcode(93000)])
    made.start("2026-03-01T12:00")
    made.tick("2026-03-02T09:00")
    (need,) = made.store.needs()
    assert go(made, "failed", Which(delivery=need.id), "2026-03-02T11:00") == (1, [])
    assert go(made, "failed", Which(delivery=need.id), "2026-03-02T11:00") == (0, [])
    made.tick()
    assert (shown(server, "east"), shown(server, "west")) == (1, 1)
    (line,) = [t for t in made.log() if t.actor == "wang"]
    assert (line.before, line.after, line.reason) == ("failed", "planned", "retry: mended")
    assert made.store.needs() == []


def test_of_many_failed_ones_those_of_no_use_any_more_stay(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = robot_house(tmp_path, server, BOOK % "", monkeypatch)
    server.script("key-east-0123456789", [errcode(93000)] * 3)
    made.start("2026-03-01T12:00")
    made.run(until="2026-03-04T10:00")
    done, refused = go(made, "failed", Which(campaign="posts", step="hello"), "2026-03-04T16:00")
    assert done == 1
    assert len(refused) == 2
    assert "it was of use until 2026-03-03T15:00+08:00" in refused
    made.tick()
    assert shown(server, "east") == 1
    assert go(made, "failed", Which(step="nosuch"), "2026-03-04T16:00") == (0, [])


def test_two_people_who_run_what_was_missed_send_it_once(tmp_path: Path) -> None:
    made = House(tmp_path, BOOK % "")
    made.start("2026-03-01T12:00")
    made.store.pause("channel", "file", made.at("2026-03-02T08:00"), "test")
    made.tick("2026-03-02T09:00")
    made.store.resume("channel", "file", made.at("2026-03-02T12:00"), "test")
    made.tick()
    assert sent(made) == []
    found = made.store.may_go_again("missed", Which("posts"), made.at("2026-03-02T12:30"))
    assert [(one.kind, one.refused) for one in found] == [("delivery", None)] * 2
    assert made.store.set_going_again("missed", found, made.clock.now(), "wang", "") == 2
    assert made.store.set_going_again("missed", found, made.clock.now(), "li", "") == 0
    made.tick()
    made.tick()
    assert sent(made) == ["Hello East 2026-03-02", "Hello West 2026-03-02"]
    assert made.store.set_going_again("missed", found, made.clock.now(), "li", "") == 0


def test_a_slot_that_was_missed_as_a_whole_is_run_with_the_words_of_its_slot(tmp_path: Path) -> None:
    """Three days down: two rounds were replaced by the newest, which was too late itself."""
    made = House(tmp_path, BOOK % ", late_ok: 10m")
    made.start("2026-03-01T12:00")
    made.tick("2026-03-01T12:00")
    made.tick("2026-03-04T12:00")
    assert sent(made) == []
    done, refused = go(made, "missed", Which("posts", "hello", "east"), "2026-03-04T13:00")
    assert done == 1
    assert len(refused) == 2, "the two rounds before it stand for everybody"
    made.tick()
    assert sent(made) == ["Hello East 2026-03-04"]
    done, refused = go(made, "missed", Which("posts"), "2026-03-04T13:00")
    assert (done, len(refused)) == (1, 2), refused
    made.tick()
    assert sent(made) == ["Hello East 2026-03-04", "Hello West 2026-03-04"]


WORK = """
playbook: work
title: Work
timezone: Asia/Shanghai
roles:
  managers: {source: stores, person: manager, via: file}
  lead: {person: Lea, via: file}
runs: {from: 2026-03-02, until: 2026-03-03}
weekly:
  to: managers
  steps:
    - id: count
      on: daily
      at: 09:00
      task: Count the shelf
      due: 20:00
      late_ok: 10m
      useful_until: 30h
      remind: [due - 1h]
      escalate: [{after: due + 1h, to: lead}]
"""


def test_a_missed_task_that_is_opened_again_is_told_of_as_any_other_and_reminded(tmp_path: Path) -> None:
    made = House(tmp_path, WORK)
    made.start("2026-03-01T12:00")
    made.tick("2026-03-01T12:00")
    made.tick("2026-03-02T11:00")
    assert [t.state.name for t in made.store.tasks()] == ["MISSED", "MISSED"]
    assert sent(made) == []
    assert go(made, "missed", Which("work"), "2026-03-02T12:00") == (2, [])
    made.tick()
    made.tick()
    assert sorted((m["person"], m["text"]) for m in made.outbox()) == [
        ("Ann", "Count the shelf"),
        ("Ben", "Count the shelf"),
    ]
    made.run(until="2026-03-03T12:00")
    told = [(t.after, f"{t.at.astimezone(made.zone):%H:%M}") for t in made.log("task") if t.actor == "engine"]
    assert told[2:] == [(word, at) for word, at in (("reminded", "19:00"), ("overdue", "20:00"), ("escalated", "21:00"))
                        for _ in range(2)]  # fmt: skip


def test_a_missed_task_opened_again_after_its_due_time_is_told_of_once(tmp_path: Path) -> None:
    made = House(tmp_path, WORK.replace("due: 20:00", "due: 2h"))
    made.start("2026-03-01T12:00")
    made.tick("2026-03-01T12:00")
    made.tick("2026-03-02T11:00")
    assert go(made, "missed", Which("work", "count", "s1"), "2026-03-02T14:00") == (1, [])
    made.run(until="2026-03-03T08:00")
    assert [m["person"] for m in made.outbox()] == ["Ann", "Lea"]
    assert go(made, "missed", Which("work", "count", "s1"), "2026-03-03T08:00") == (0, [])


def test_a_missed_round_before_the_newest_can_go_when_it_is_the_only_one(tmp_path: Path) -> None:
    made = House(tmp_path, BOOK % ", late_ok: 10m")
    made.start("2026-03-01T12:00")
    made.tick("2026-03-01T12:00")
    made.tick("2026-03-03T09:00:30")
    assert sent(made) == ["Hello East 2026-03-03", "Hello West 2026-03-03"]
    assert go(made, "missed", Which("posts"), "2026-03-03T09:30") == (1, [])
    made.tick()
    made.tick("2026-03-03T09:31")
    assert sent(made)[2:] == ["Hello East 2026-03-02", "Hello West 2026-03-02"]
    assert go(made, "missed", Which("posts"), "2026-03-03T09:40") == (0, [])


def test_nothing_missed_is_run_in_a_stopped_campaign_or_after_its_use(tmp_path: Path) -> None:
    made = House(tmp_path, BOOK % ", late_ok: 10m")
    made.start("2026-03-01T12:00")
    made.tick("2026-03-01T12:00")
    made.tick("2026-03-02T12:00")
    found = made.store.may_go_again("missed", Which("posts"), made.at("2026-03-03T15:00"))
    assert {one.refused.en for one in found if one.refused} == {"it was of use until 2026-03-03T15:00+08:00"}
    early = made.store.may_go_again("missed", Which("posts"), made.at("2026-03-03T14:59"))
    assert [one.refused for one in early] == [None, None]
    made.store.set_campaign_state("posts", "stopped", made.clock.now(), "wang", "enough")
    assert made.store.set_going_again("missed", early, made.clock.now(), "wang", "") == 0
    made.tick()
    assert sent(made) == []


FLOW = """
playbook: door
title: Door
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {hello: 'Hello', rules: 'The rules'}
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: hello, required: true, useful_until: 2d}
    - {id: rules, after: 10m, send: rules, late_ok: 1d}
"""


def test_a_flow_held_by_a_required_step_goes_on_after_its_retry(tmp_path: Path) -> None:
    made = House(tmp_path, FLOW)
    answers = {"Hello": [Receipt(Outcome.REFUSED, "no such robot")]}

    def answer(message: Outgoing) -> Receipt:
        left = answers.get(message.text, [])
        return left.pop() if left else Receipt(Outcome.SENT)

    made.channels["file"] = memory = Memory(made.clock, answer)
    made.start("2026-03-02T08:00")
    made.store.add_event(EventRow("member.joined", "east", {"member": "m1"}, made.at("2026-03-02T09:00")))
    made.run(until="2026-03-02T12:00")
    assert len(made.store.held_flows()) == 1
    assert go(made, "failed", Which("door"), "2026-03-02T12:00") == (1, [])
    made.run(until="2026-03-02T13:00")
    assert [m.step for _, m in memory.arrived] == ["hello", "hello", "rules"]
    assert made.store.held_flows() == []


def test_a_missed_required_step_of_a_flow_runs_late_by_hand(tmp_path: Path) -> None:
    made = House(tmp_path, FLOW)
    made.start("2026-03-02T08:00")
    made.store.add_event(EventRow("member.joined", "east", {"member": "m1"}, made.at("2026-03-02T09:00")))
    made.tick("2026-03-02T12:00")
    assert sent(made) == []
    assert len(made.store.held_flows()) == 1
    assert go(made, "missed", Which("door"), "2026-03-02T12:05") == (1, [])
    made.run(until="2026-03-02T13:00")
    assert sent(made) == ["Hello", "The rules"]
