"""`skip` and `stop`: what a person leaves out is recorded, flows go on past it, and nothing of it comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.channels.base import Outcome, Receipt
from sopengine.store.leaving_out import LeftOut
from sopengine.store.rows import EventRow, TaskState
from tests.engine.channels import Memory
from tests.support.house import House

BOOK = """
playbook: posts
title: Posts
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {manager: {source: stores, person: manager}}
%s
messages: {hello: 'Hello {{ target.name }} {{ slot.date }}', follow: 'Follow'}
weekly:
  to: groups
  steps:
    - {id: hello, on: daily, at: 09:00, send: hello}
    - {id: follow, after: hello + 1h, send: follow}
    - {id: work, on: daily, at: 09:00, to: manager, task: Tidy up, due: 2h}
"""
RUNS = "runs: {from: 2026-03-02, until: 2026-03-06}"


def begun(path: Path, runs: str = RUNS) -> House:
    made = House(path, BOOK % runs)
    made.start("2026-03-01T12:00")
    made.tick()
    return made


def leave(made: House, at: str, step: str, *, occurrence: str = "", target: str = "") -> tuple[int, ...]:
    what = LeftOut("posts", step, occurrence, target)
    return tuple(made.store.leave_out(what, made.at(at), "wang", "the shop is closed"))


def sent(made: House) -> list[tuple[str, str, str]]:
    return [(m["slot"][:10], m["step"], m["target"]) for m in made.outbox()]


@pytest.mark.parametrize("runs", [RUNS, ""], ids=["with an end", "without"])
def test_a_step_left_out_is_left_out_for_good_and_its_dependents_with_it(tmp_path: Path, runs: str) -> None:
    made = begun(tmp_path, runs)
    made.run(until="2026-03-03T12:00")
    before = sent(made)
    slots, messages, tasks, _ = leave(made, "2026-03-03T12:00", "hello")
    assert slots >= 2
    assert (messages, tasks) == (0, 0)
    made.run(until="2026-03-05T12:00")
    if runs == "":
        made.run(until="2026-06-20T12:00")  # far behind the days that were planned when it was left out
    assert [one for one in sent(made) if one[1] != "work"] == [one for one in before if one[1] != "work"]
    skipped = [t for t in made.log("occurrence") if t.step == "hello" and t.after == "skipped"]
    assert {t.reason for t in skipped} == {"left out: the shop is closed"}
    assert {t.actor for t in skipped} == {"wang"}
    later = [t for t in made.log() if t.step == "hello" and t.after == "skipped"]
    assert ({t.reason for t in later} == {"left out: the shop is closed"}) is (runs == "")
    assert {t.reason for t in made.log("occurrence") if t.step == "follow" and t.after == "skipped"} == {"dependency"}
    assert [t for t in made.store.tasks() if t.created_at > made.at("2026-03-04T08:00")], "the rest goes on"


def test_one_slot_and_one_target_are_left_out_and_nothing_else(tmp_path: Path) -> None:
    made = begun(tmp_path)
    rows = {row.date: row for row, _ in made.store.course("posts", ["hello"])}
    assert leave(made, "2026-03-01T13:00", "hello", occurrence=rows["2026-03-02"].key) == (1, 0, 0, 0)
    assert leave(made, "2026-03-01T13:00", "hello", occurrence=rows["2026-03-03"].key, target="east") == (0, 0, 0, 0)
    assert leave(made, "2026-03-01T13:00", "follow", target="west") == (0, 0, 0, 0)
    assert leave(made, "2026-03-01T13:00", "follow", target="west") == (0, 0, 0, 0), "twice does no harm"
    made.run()
    assert sorted(one for one in sent(made) if one[1] == "hello") == [
        ("2026-03-03", "hello", "west"),
        ("2026-03-04", "hello", "east"),
        ("2026-03-04", "hello", "west"),
        ("2026-03-05", "hello", "east"),
        ("2026-03-05", "hello", "west"),
    ]
    assert {one[2] for one in sent(made) if one[1] == "follow"} == {"east"}
    (east,) = [t for t in made.log() if t.step == "hello" and t.target == "east" and t.after == "skipped"]
    assert east.reason == "left out: the shop is closed"


def test_what_waits_already_is_skipped_and_open_work_withdrawn(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.store.pause("channel", "file", made.at("2026-03-02T08:00"), "test")
    made.tick("2026-03-02T09:00")
    slots, messages, _, _ = leave(made, "2026-03-02T09:05", "hello", target="east")
    assert (slots, messages) == (0, 1)
    slots, _, tasks, _ = leave(made, "2026-03-02T09:05", "work")
    assert (slots, tasks) == (3, 2)
    made.store.resume("channel", "file", made.clock.now(), "test")
    made.tick()
    assert sent(made) == [("2026-03-02", "hello", "west")]
    assert {task.state for task in made.store.tasks()} == {TaskState.WITHDRAWN}


FLOW = """
playbook: posts
title: Door
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {hello: 'Hello', rules: 'The rules', bye: 'Bye'}
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: hello, required: true}
    - {id: rules, after: 10m, send: rules, required: true, late_ok: 1d}
    - {id: bye, after: 20m, send: bye, late_ok: 1d}
"""


def joined(path: Path, first: Outcome) -> tuple[House, Memory]:
    made = House(path, FLOW)
    memory = Memory(made.clock, lambda message: Receipt(first if message.text == "Hello" else Outcome.SENT, "no"))
    made.channels["file"] = memory
    made.start("2026-03-02T08:00")
    made.store.add_event(EventRow("member.joined", "east", {"member": "m1"}, made.at("2026-03-02T09:00")))
    return made, memory


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN])
@pytest.mark.parametrize("by", ["delivery", "occurrence"])
def test_skip_lets_a_flow_go_on_that_a_required_step_held(tmp_path: Path, outcome: Outcome, by: str) -> None:
    made, memory = joined(tmp_path, outcome)
    made.run(until="2026-03-02T12:00")
    (held,), (need,) = made.store.held_flows(), made.store.needs()
    of_slot = LeftOut("posts", "hello", held.key)
    what = LeftOut("posts", "hello", delivery=need.id) if by == "delivery" else of_slot
    assert tuple(made.store.leave_out(what, made.at("2026-03-02T12:00"), "wang", "told by phone")) == (0, 0, 0, 1)
    made.run(until="2026-03-02T13:00")
    assert [m.step for _, m in memory.arrived] == ["hello", "rules", "bye"]
    assert made.store.counts("posts").needs == 0
    assert {state for step, _, _, state in made.ends() if step == "hello"} == {"settled"}
    told = [(t.after, t.reason, t.actor) for t in made.log() if t.after == "settled"]
    assert told == [("settled", "left out: told by phone", "wang")]


def test_a_required_step_that_is_left_out_beforehand_holds_nobody(tmp_path: Path) -> None:
    made, memory = joined(tmp_path, Outcome.SENT)
    made.store.leave_out(LeftOut("posts", "rules", target="east"), made.clock.now(), "wang", "they know them")
    made.run(until="2026-03-02T13:00")
    assert [m.step for _, m in memory.arrived] == ["hello", "bye"]
    assert made.store.held_flows() == []


def test_a_stop_withdraws_what_is_unsent_closes_tasks_and_sends_nothing_more(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-03T09:05")
    before = sent(made)
    found = made.store.stop("posts", made.at("2026-03-03T09:30"), "wang", "wrong prices")
    assert (found.tasks, found.messages, found.sending) == (4, 0, 0)
    assert found.slots >= 4
    row = made.store.campaign("posts")
    assert row is not None
    assert row.state == "stopped"
    made.run(until="2026-03-06T00:00")
    assert sent(made) == before
    assert {task.state for task in made.store.tasks()} == {TaskState.WITHDRAWN}
    assert {t.reason for t in made.log("occurrence") if t.after == "withdrawn"} == {"stopped: wrong prices"}
    (line,) = [t for t in made.log("campaign") if t.after == "stopped"]
    assert (line.actor, line.reason) == ("wang", "wrong prices")
