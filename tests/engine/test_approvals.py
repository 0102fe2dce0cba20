"""Semantics S7: nothing that has to be approved is sent before; silence is no approval, and an edit voids one."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from sopengine.engine.bundle import unpack
from sopengine.errors import UsageError
from sopengine.store.rows import TaskRow, TaskState
from tests.support.house import House

HEAD = """
playbook: spring
title: Spring
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {lead: {person: Lin}}
messages: {hello: 'Hello {{ target.name }}', tea: 'Tea is here'}
runs: {from: 2026-03-01, until: 2026-04-01}
"""
STEPS = """
weekly:
  to: groups
  steps:
    - {id: hello, on: 2026-03-02, at: 10:00, send: hello, approve: lead}
    - {id: later, after: hello + 1h, send: tea}
    - {id: tea, on: 2026-03-02, at: 11:00, send: tea}
"""


def begun(folder: Path, book: str = HEAD + STEPS) -> House:
    made = House(folder, book)
    made.start("2026-03-02T08:00")
    return made


def asked(made: House) -> list[TaskRow]:
    return [task for task in made.store.tasks() if task.approves]


def texts(made: House) -> list[str]:
    return [m["text"] for m in made.outbox()]


def test_nothing_is_sent_before_it_is_approved_and_then_it_goes_inside_its_time(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-02T10:59")
    (task,) = asked(made)
    assert (task.person, task.title, task.step) == ("Lin", "Approve hello: Hello {{ target.name }}", "hello")
    assert task.due_at is not None
    assert f"{task.due_at.astimezone(made.zone):%m-%d %H:%M}" == "03-03 10:00", "as long as the first slot is of use"
    assert texts(made) == []
    made.run(until="2026-03-02T11:10")
    assert texts(made) == ["Tea is here", "Tea is here"], "what needs nobody's word goes on"
    assert made.store.complete_task(task.id, made.at("2026-03-02T12:30"), "Lin").done
    made.run(until="2026-03-02T13:40")
    assert [(step, at) for step, target, at, state in made.ends() if state == "sent" and target == "east"] == [
        ("hello", "03-02 10:00"),
        ("later", "03-02 11:00"),
        ("tea", "03-02 11:00"),
    ]
    assert texts(made)[2:] == ["Hello East", "Hello West", "Tea is here", "Tea is here"]


def test_approved_in_time_it_goes_at_its_time(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-02T08:30")
    made.store.complete_task(asked(made)[0].id, made.at("2026-03-02T09:00"), "Lin")
    made.run(until="2026-03-02T10:00")
    assert texts(made) == ["Hello East", "Hello West"]


def test_silence_is_no_approval(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-04T12:00")
    (task,) = asked(made)
    assert task.state is TaskState.OVERDUE
    assert texts(made) == ["Tea is here", "Tea is here"]
    ends = {(t.step, t.after): t.reason for t in made.log("occurrence")}
    assert ends["hello", "held"] == "waits for approval of hello"
    assert ends["hello", "missed"] == "held: approval of hello did not come"
    assert ends["later", "skipped"] == "dependency"


def test_who_started_it_does_not_approve_it(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-02T08:30")
    (task,) = asked(made)
    for decide in (
        lambda: made.store.complete_task(task.id, made.at("2026-03-02T09:00"), "test"),
        lambda: made.store.decline_task(task.id, made.at("2026-03-02T09:00"), "test", "no"),
    ):
        with pytest.raises(UsageError, match="somebody else has to approve"):
            decide()
    assert asked(made)[0].state is TaskState.OPEN


def test_what_is_rejected_is_skipped_with_the_reason(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-02T10:30")
    made.store.decline_task(asked(made)[0].id, made.at("2026-03-02T10:40"), "Lin", "wrong price")
    made.run(until="2026-03-02T12:00")
    assert texts(made) == ["Tea is here", "Tea is here"]
    ends = {(t.step, t.after): t.reason for t in made.log("occurrence")}
    assert ends["hello", "skipped"] == "not approved by Lin: wrong price"


def edited(made: House, old: str, new: str) -> None:
    """The campaign gets another bundle, as an edit of its words gives it one."""
    row = made.store.campaigns()[0]
    bundle = unpack(made.store.bundle(row.bundle))
    digest, content = replace(bundle, playbook=bundle.playbook.replace(old.encode(), new.encode())).pack()
    made.store.add_bundle(digest, content)
    with made.store._write() as conn:
        conn.exec_driver_sql("update campaign set bundle = ? where id = ?", (digest, row.id))


def test_an_edit_voids_an_approval(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-02T08:30")
    made.store.complete_task(asked(made)[0].id, made.at("2026-03-02T09:00"), "Lin")
    edited(made, "Tea is here", "Tea is there")  # other words than those that were approved
    made.run(until="2026-03-02T09:10")
    assert len(asked(made)) == 1
    edited(made, "Hello {{", "Good morning {{")
    made.run(until="2026-03-02T10:30")
    old, new = asked(made)
    assert (old.state, new.state) == (TaskState.DONE, TaskState.OPEN)
    assert texts(made) == []
    edited(made, "Good morning {{", "Good day {{")
    made.run(until="2026-03-02T10:40")
    assert [t.state for t in asked(made)] == [TaskState.DONE, TaskState.WITHDRAWN, TaskState.OPEN]
    assert asked(made)[1].reason == "the words were edited"
    made.store.complete_task(asked(made)[2].id, made.at("2026-03-02T10:45"), "Lin")
    made.run(until="2026-03-02T10:50")
    assert texts(made) == ["Good day East", "Good day West"]


def test_what_waits_to_go_out_waits_again_after_an_edit(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.run(until="2026-03-02T08:30")
    made.store.complete_task(asked(made)[0].id, made.at("2026-03-02T09:00"), "Lin")
    made.store.pause("channel", "file", made.clock.now(), "boss")
    made.run(until="2026-03-02T10:05")
    made.store.resume("channel", "file", made.clock.now(), "boss")
    edited(made, "Hello {{", "Good morning {{")
    made.run(until="2026-03-02T10:08")
    assert texts(made) == []
    made.store.complete_task(asked(made)[1].id, made.at("2026-03-02T10:09"), "Lin")
    made.run(until="2026-03-02T10:20")
    assert texts(made) == ["Good morning East", "Good morning West"]


def test_one_word_for_the_whole_campaign_but_not_for_what_says_otherwise(tmp_path: Path) -> None:
    steps = STEPS.replace("approve: lead", "approve: false")
    made = begun(tmp_path, HEAD + "approve: lead\n" + steps)
    made.run(until="2026-03-02T11:30")
    (task,) = asked(made)
    assert task.title == "Approve the campaign: Tea is here"
    assert texts(made) == ["Hello East", "Hello West"]
    made.store.complete_task(task.id, made.at("2026-03-02T11:40"), "Lin")
    made.run(until="2026-03-02T12:00")
    assert texts(made)[2:] == ["Tea is here"] * 4


def test_a_step_of_a_flow_and_an_arm_wait_too(tmp_path: Path) -> None:
    from sopengine.store.rows import EventRow

    book = (
        HEAD
        + """
journeys:
  paid:
    on_event: order.paid
    to: target
    steps:
      - id: thanks
        after: 0s
        choose:
          - {if: event.amount > 5, send: hello, approve: lead}
        else: skip
"""
    )
    made = begun(tmp_path, book)
    made.run(until="2026-03-02T08:30")
    made.store.add_event(EventRow("order.paid", "east", {"amount": 9}, made.at("2026-03-02T09:00")))
    made.run(until="2026-03-02T09:05")
    assert texts(made) == []
    made.store.complete_task(asked(made)[0].id, made.at("2026-03-02T09:10"), "Lin")
    made.run(until="2026-03-02T09:20")
    assert texts(made) == ["Hello East"]


def test_the_approver_is_told_through_their_channel(tmp_path: Path) -> None:
    book = HEAD.replace("lead: {person: Lin}", "lead: {person: Lin, via: file}") + STEPS
    made = begun(tmp_path, book)
    made.run(until="2026-03-02T08:30")
    assert [(m["person"], m["text"]) for m in made.outbox()] == [("Lin", "Approve hello: Hello {{ target.name }}")]
    assert [row.step for row, _ in made.store.course("spring")] == ["hello", "later", "tea"]
