"""Semantics S7 on a real ledger: tasks are reminded, escalated, handed over; nothing but a person ends them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.store.rows import TaskState
from tests.support.house import TOML, House

STORES = "id,name,manager,channel,address\ns1,First,Ann,file,ann\ns2,Second,Ben,file,ben\n"
HEAD = """
playbook: people
title: People
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles:
  manager: {source: stores, person: manager, match: store, calendar: daily, hours: 09:00-21:00}
  lead: {person: Lin}
messages: {hello: 'Hello {{ target.name }}'}
runs: {from: 2026-03-01, until: 2026-04-01}
"""


def house(folder: Path, steps: str, head: str = HEAD, via: str = "file", stores: str = STORES) -> House:
    made = House(folder, head + "weekly:\n  steps:\n" + steps, toml=TOML + f'[tasks]\nvia = "{via}"\n')
    (folder / "stores.csv").write_text(stores, "utf-8")
    return made


def begun(folder: Path, steps: str, **other: str) -> House:
    made = house(folder, steps, **other)
    made.start("2026-03-02T08:00")
    return made


def said(made: House, target: str = "s1") -> list[tuple[str, str, str]]:
    """Local time, to whom, and what was sent about one store."""
    sent = {t.key: f"{t.at.astimezone(made.zone):%m-%d %H:%M}" for t in made.log() if t.after == "sent"}
    return [(sent[m["key"]], m.get("person", ""), m["text"]) for m in made.outbox() if m["target"] == target]


def history(made: House, target: str = "s1") -> list[tuple[str, str, str]]:
    """What happened to the task of one store."""
    return [
        (f"{t.at.astimezone(made.zone):%m-%d %H:%M}", t.after, t.reason) for t in made.log("task") if t.target == target
    ]


TRAIN = """
    - id: train
      on: 2026-03-02
      at: 10:00
      to: manager
      task: Train the clerks
      due: 8h
      remind: [due - 2h, due - 30m]
      escalate: [{after: due + 1h, to: lead}]
"""


def test_a_task_is_reminded_and_escalated_and_stays_open(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN)
    made.run(until="2026-03-03T12:00")
    assert said(made) == [
        ("03-02 10:00", "Ann", "Train the clerks"),
        ("03-02 16:00", "Ann", "Reminder for Ann: Train the clerks (due 03-02 18:00)"),
        ("03-02 17:30", "Ann", "Reminder for Ann: Train the clerks (due 03-02 18:00)"),
        ("03-02 19:00", "Lin", "Escalated: Train the clerks (Ann, due 03-02 18:00, not done yet)"),
    ]
    tasks = made.store.tasks()
    assert [(t.state, t.person, t.escalated) for t in tasks] == [
        (TaskState.OVERDUE, "Ann", True),
        (TaskState.OVERDUE, "Ben", True),
    ]
    assert history(made) == [
        ("03-02 10:00", "open", ""),
        ("03-02 16:00", "reminded", "Ann via file"),
        ("03-02 17:30", "reminded", "Ann via file"),
        ("03-02 18:00", "overdue", "due"),
        ("03-02 19:00", "escalated", "to lead: Lin via file"),
    ]


def test_what_has_ended_is_not_spoken_of_again(tmp_path: Path) -> None:
    """In the commit that ends a task every timer is cancelled, and a reminder that waits to go out is withdrawn."""
    made = begun(tmp_path, TRAIN)
    made.run(until="2026-03-02T15:00")
    ann, ben = made.store.tasks()
    made.store.complete_task(ann.id, made.at("2026-03-02T15:00"), "Ann")
    made.store.pause("channel", "file", made.clock.now(), "lin")
    made.run(until="2026-03-02T16:10")
    assert [t.after for t in made.log() if t.target == "s2"][-1] == "sent", "the reminder waits behind the pause"
    made.store.complete_task(ben.id, made.at("2026-03-02T16:20"), "Ben")
    made.store.resume("channel", "file", made.clock.now(), "lin")
    made.run(until="2026-03-03T12:00")
    assert [text for _, _, text in said(made)] == ["Train the clerks"]
    assert [text for _, _, text in said(made, "s2")] == ["Train the clerks"]
    assert [(t.after, t.reason) for t in made.log() if t.target == "s2"][-1] == ("withdrawn", "its task is done")


def test_a_withdrawn_task_is_not_spoken_of_either(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN)
    made.run(until="2026-03-02T15:00")
    made.store.withdraw("people", made.at("2026-03-02T15:00"), "lin", "called off")
    made.run(until="2026-03-03T12:00")
    assert [text for _, _, text in said(made)] == ["Train the clerks"]


def test_after_a_stop_only_the_last_reminder_is_sent_and_none_after_due(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN)
    made.tick("2026-03-02T10:00")
    made.tick("2026-03-02T17:40")
    assert [text for _, _, text in said(made)][1:] == ["Reminder for Ann: Train the clerks (due 03-02 18:00)"]
    assert ("03-02 17:40", "missed", "reminder: a later reminder is due") in history(made)
    other = begun(tmp_path / "other", TRAIN)
    other.tick("2026-03-02T10:00")
    other.tick("2026-03-02T20:00")
    assert [text.split(":")[0] for _, _, text in said(other)] == ["Train the clerks", "Escalated"]
    assert [word for _, word, _ in history(other)] == ["open", "overdue", "missed", "missed", "escalated"]


def test_a_reminder_is_sent_once_however_often_a_pass_is_repeated(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN)
    for now in ("2026-03-02T10:00", "2026-03-02T16:00", "2026-03-02T16:00", "2026-03-02T15:00", "2026-03-02T16:00"):
        made.tick(now)
    assert len(said(made)) == 2


def test_the_engine_wakes_for_timers(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN)
    assert made.tick("2026-03-02T10:00").next_due == made.at("2026-03-02T16:00")


NIGHT = """
    - id: count
      on: 2026-03-06
      at: 20:00
      to: manager
      task: Count the till
      due: 2026-03-09T10:00
      remind: [due - 60h, due - 90m, due - 30m]
      escalate: [{after: due + 13h, to: manager}]
"""
WEEKDAYS = HEAD.replace("calendar: daily, hours: 09:00-21:00", "hours: 09:00-21:00")


@pytest.mark.parametrize(
    ("head", "reminded"),
    [
        (HEAD, ["03-07 09:00", "03-09 09:00", "03-09 09:30", "03-10 09:00"]),
        (WEEKDAYS, ["03-09 09:00", "03-09 09:30", "03-10 09:00"]),  # from Friday night to Monday: two become one
        (HEAD.replace(", calendar: daily, hours: 09:00-21:00", ""), ["03-06 22:00", "03-09 08:30", "03-09 09:30"]),
    ],
)
def test_nobody_is_spoken_to_outside_working_hours(head: str, reminded: list[str], tmp_path: Path) -> None:
    """The 6th of March 2026 is a Friday."""
    made = begun(tmp_path, NIGHT, head=head)
    made.run(until="2026-03-11T12:00")
    assert [at for at, _, _ in said(made)][1:][: len(reminded)] == reminded


def test_a_reminder_that_would_come_after_due_is_left_out(tmp_path: Path) -> None:
    """The shop opens at nine, the task is due at half past eight: there is no opening before it."""
    made = begun(tmp_path, NIGHT.replace("2026-03-09T10:00", "2026-03-07T08:30"))
    made.run(until="2026-03-08T12:00")
    assert [text for _, _, text in said(made)][1:] == ["Escalated: Count the till (Ann, due 03-07 08:30, not done yet)"]


def test_whoever_has_the_post_when_the_timer_fires_is_reminded(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN)
    made.run(until="2026-03-02T15:00")
    (made.root / "stores.csv").write_text(STORES.replace("Ann,file,ann", "Cleo,file,cleo"), "utf-8")
    made.run(until="2026-03-02T16:10")
    assert said(made)[-1][1:] == ("Cleo", "Reminder for Cleo: Train the clerks (due 03-02 18:00)")
    assert made.outbox()[-1]["address"] in ("ben", "cleo")
    assert made.store.tasks(person="Cleo")[0].target == "s1"
    assert history(made)[1:] == [
        ("03-02 16:00", "reassigned", "Ann → Cleo, as the list has it now"),
        ("03-02 16:00", "reminded", "Cleo via file"),
    ]


def test_an_escalation_may_give_the_task_to_somebody_else(tmp_path: Path) -> None:
    steps = TRAIN.replace("to: lead}", "to: lead, how: reassign}, {after: due + 2h, to: lead}")
    made = begun(tmp_path, steps)
    made.run(until="2026-03-03T12:00")
    task = next(t for t in made.store.tasks() if t.target == "s1")
    assert (task.person, task.role, task.state) == ("Lin", "lead", TaskState.OVERDUE)
    assert said(made)[-2:] == [
        ("03-02 19:00", "Lin", "Yours now: Train the clerks (Ann, due 03-02 18:00, not done yet)"),
        ("03-02 20:00", "Lin", "Escalated: Train the clerks (Lin, due 03-02 18:00, not done yet)"),
    ]
    assert ("03-02 19:00", "reassigned", "Ann → Lin") in history(made)


def test_an_escalation_to_a_post_that_nobody_holds_is_told(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        TRAIN,
        stores=STORES.replace("Ann", ""),
        head=HEAD.replace("person: Lin", "person: manager, source: stores"),
    )
    made.run(until="2026-03-02T19:30")
    assert history(made)[-1] == ("03-02 19:00", "escalated", "to lead: nobody answers for it")


def test_a_chinese_title_is_reminded_of_in_chinese(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN.replace("Train the clerks", "培训店员"))
    made.run(until="2026-03-02T19:30")
    assert [text for _, _, text in said(made)] == [
        "培训店员",
        "提醒Ann：培训店员（03-02 18:00 截止）",
        "提醒Ann：培训店员（03-02 18:00 截止）",
        "升级：培训店员（Ann负责，03-02 18:00 截止，还没有完成）",
    ]


MOVES = """
    - id: prepare
      on: 2026-03-02
      at: 10:00
      to: manager
      task: Prepare
      due: live - 1h
      remind: [due - 2h, live - 2h]
"""
LIVE = HEAD + "inputs: {live: {type: datetime, confirm: live.started}}\nevents: {live.started: {}}\n"


def test_when_the_due_time_moves_its_timers_move(tmp_path: Path) -> None:
    from sopengine.store.rows import EventRow

    made = house(tmp_path, MOVES, head=LIVE)
    made.start("2026-03-02T08:00", live="2026-03-03T15:00")
    made.run(until="2026-03-02T10:30")
    confirmed = made.at("2026-03-02T19:00")
    made.store.add_event(EventRow("live.started", "", {}, confirmed))
    made.run(until="2026-03-04T12:00")
    # due 18:00 of the same day now: its reminders would lie before what has passed
    assert [(at, text) for at, _, text in said(made)] == [("03-02 10:00", "Prepare")]
    assert [t.due_at for t in made.store.tasks()] == [made.at("2026-03-02T18:00")] * 2


def test_a_campaign_is_not_over_while_a_reminder_is_to_come(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN, head=HEAD.replace("until: 2026-04-01", "until: 2026-03-02T15:00"))
    made.run(until="2026-03-03T12:00")
    assert len(said(made)) == 4
    row = made.store.campaign("people")
    assert row is not None
    assert row.state == "finished"


# --- what people do


def test_a_task_is_noted_declined_or_handed_over_and_its_timers_go_with_it(tmp_path: Path) -> None:
    made = begun(tmp_path, TRAIN)
    made.run(until="2026-03-02T12:00")
    ann, ben = made.store.tasks()
    assert made.store.acknowledge_task(ann.id, made.at("2026-03-02T12:05"), "Ann").done
    again = made.store.acknowledge_task(ann.id, made.at("2026-03-02T12:06"), "Cleo")
    assert (again.done, again.state, again.by) == (False, TaskState.ACKNOWLEDGED, "Ann")
    assert made.store.decline_task(ben.id, made.at("2026-03-02T12:10"), "Ben", "on leave").done
    made.run(until="2026-03-02T16:30")
    assert [text for _, _, text in said(made, "s2")] == ["Train the clerks"]
    (moved,) = made.store.hand_over_tasks(None, "Ann", "Lin", made.at("2026-03-02T17:00"), "boss", "ill")
    assert (moved.id, moved.person) == (ann.id, "Ann")
    assert made.store.hand_over_tasks(None, "Ann", "Lin", made.at("2026-03-02T17:00"), "boss", "ill") == []
    made.run(until="2026-03-02T18:10")
    assert said(made)[-1] == ("03-02 17:30", "Lin", "Reminder for Lin: Train the clerks (due 03-02 18:00)")
    late = made.store.decline_task(ann.id, made.at("2026-03-02T18:20"), "Lin", "no time")
    assert (late.done, late.state) == (False, TaskState.OVERDUE)
    assert [word for _, word, _ in history(made)] == [
        "open", "acknowledged", "reminded", "reassigned", "reminded", "overdue",
    ]  # fmt: skip
    assert [(word, why) for _, word, why in history(made, "s2")][-1] == ("declined", "on leave")


def test_a_managers_task_is_reminded_escalated_handed_over_and_done_late(tmp_path: Path) -> None:
    """The story of issue 4, told by the log from beginning to end."""
    made = begun(tmp_path, TRAIN.replace("to: lead}", "to: lead, how: reassign}"))
    made.run(until="2026-03-03T09:00")
    task = next(t for t in made.store.tasks() if t.target == "s1")
    assert (task.state, task.person, task.escalated) == (TaskState.OVERDUE, "Lin", True)
    made.store.hand_over_tasks([task.id], None, "Ben", made.at("2026-03-03T09:30"), "Lin")
    first = made.store.complete_task(task.id, made.at("2026-03-03T11:00"), "Ben")
    second = made.store.complete_task(task.id, made.at("2026-03-03T12:00"), "Ann")
    assert first.done
    assert (second.done, second.by, second.at) == (False, "Ben", made.at("2026-03-03T11:00"))
    made.run(until="2026-03-05T12:00")
    assert history(made) == [
        ("03-02 10:00", "open", ""),
        ("03-02 16:00", "reminded", "Ann via file"),
        ("03-02 17:30", "reminded", "Ann via file"),
        ("03-02 18:00", "overdue", "due"),
        ("03-02 19:00", "escalated", "to lead: Lin via file"),
        ("03-02 19:00", "reassigned", "Ann → Lin"),
        ("03-03 09:30", "reassigned", "Lin → Ben"),
        ("03-03 11:00", "done", "late 17h"),
    ]


def test_declining_what_was_to_be_posted_by_hand_withdraws_the_message(tmp_path: Path) -> None:
    steps = "    - {id: post, on: 2026-03-02, at: 10:00, to: groups, send: hello, via: manual}\n"
    made = house(tmp_path, steps)
    (made.root / "sopengine.toml").write_text(TOML + '[channels.manual]\nkind = "manual"\n', "utf-8")
    made.start("2026-03-02T08:00")
    made.run(until="2026-03-02T10:30")
    east, _ = made.store.tasks()
    made.store.decline_task(east.id, made.at("2026-03-02T10:40"), "Ann", "the group is closed")
    ends = {t.target: (t.after, t.reason) for t in made.log()}
    assert ends["east"] == ("withdrawn", "declined by Ann: the group is closed")
    assert ends["west"][0] == "awaiting_confirm"
