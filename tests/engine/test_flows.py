"""Flows on a real ledger: branches, waits, ends, several joiners, tags, events of our own, watches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sopengine.store.rows import EventRow, State, TaskState
from tests.support.house import TOML, House

MEMBERS = "id,name,store,channel\nm1,Lin,s1,file\nm2,Mei,s2,file\n"
HEAD = """
playbook: path
title: Path
timezone: Asia/Shanghai
audiences:
  groups: {source: groups, sample: {name: Some group}}
  people: {source: members, sample: {name: Somebody, store: s1}}
roles: {manager: {source: stores, person: manager, match: store}}
messages:
  hello: 'Hello {{ target.name }}'
  remind: 'Coupon {{ event.coupon_id }}'
  gift: 'A gift'
"""
COUPON = """
journeys:
  coupon:
    on_event: coupon.issued
    key: event.coupon_id
    again: 1d
    exit_when: [{event: coupon.used, as: reached}]
    steps:
      - {id: remind, after: 1h, send: remind}
      - {id: paid, wait: order.paid, for: 48h, then: exit, timeout: recall}
      - {id: never, send: gift}
      - {id: recall, task: 'Call {{ member.name }}', to: manager, due: 2h}
"""


def house(folder: Path, book: str, members: str = MEMBERS, groups: str = "id,name\neast,East\nwest,West\n") -> House:
    folder.mkdir(exist_ok=True)
    (folder / "members.csv").write_text(members)
    return House(folder, HEAD + book, toml=TOML + '[sources.members]\npath = "members.csv"\n', groups=groups)


def begun(folder: Path, book: str, now: str = "2026-03-02T08:00", **other: str) -> House:
    made = house(folder, book, **other)
    made.start(now)
    return made


def told(made: House, name: str, subject: str, at: str, dedupe: str = "", /, **data: Any) -> None:
    made.store.add_event(EventRow(name, subject, data, made.at(at), dedupe))


def done(made: House) -> list[tuple[str, str, str, str]]:
    """Local time, step, target and what became of it, of everything but what is only planned."""
    ends = ("sent", "open", "done", "skipped", "missed", "withdrawn")
    found = [
        (f"{t.at.astimezone(made.zone):%m-%d %H:%M}", t.step, t.target, t.after)
        for entity in ("delivery", "task", "effect")
        for t in made.log(entity)
        if t.after in ends
    ]
    return sorted(found)


def events(made: House) -> list[tuple[str, str]]:
    return [(t.after, t.reason) for t in made.log("event") if t.after != "received"]


# --- journeys, keys, waits


def test_a_wait_that_times_out_leads_where_it_says(tmp_path: Path) -> None:
    made = begun(tmp_path, COUPON)
    told(made, "coupon.issued", "m1", "2026-03-02T09:00", coupon_id="c1")
    made.run(until="2026-03-06T00:00")
    assert done(made) == [
        ("03-02 10:00", "remind", "m1", "sent"),
        ("03-04 10:00", "paid", "m1", "done"),
        ("03-04 10:00", "recall", "m1", "open"),
    ]
    assert [m["text"] for m in made.outbox()] == ["Coupon c1"]
    (task,) = made.store.tasks()
    assert (task.title, task.person, task.state) == ("Call Lin", "Ann", TaskState.OVERDUE)
    skipped = [t for t in made.log("occurrence") if t.after == "skipped"]
    assert [(t.step, t.reason) for t in skipped] == [("never", "paid: timeout")]


def test_a_wait_ends_with_its_event_and_the_flow_with_it(tmp_path: Path) -> None:
    made = begun(tmp_path, COUPON)
    told(made, "coupon.issued", "m1", "2026-03-02T09:00", coupon_id="c1")
    told(made, "order.paid", "m1", "2026-03-02T09:30", amount="9")  # before the wait begins: does not count
    made.run(until="2026-03-03T00:00")
    told(made, "order.paid", "m2", "2026-03-03T08:00", amount="9")  # somebody else
    made.run(until="2026-03-03T09:00")
    told(made, "order.paid", "m1", "2026-03-03T09:00", amount="9")
    made.run(until="2026-03-06T00:00")
    assert done(made)[1:] == [("03-03 09:00", "paid", "m1", "done")]
    assert [t.reason for t in made.log("enrolment")] == ["paid: order.paid"]


def test_an_event_with_another_key_ends_nothing(tmp_path: Path) -> None:
    made = begun(tmp_path, COUPON)
    told(made, "coupon.issued", "m1", "2026-03-02T09:00", coupon_id="c1")
    told(made, "coupon.issued", "m1", "2026-03-02T09:05", coupon_id="c2")
    made.run(until="2026-03-02T09:30")
    told(made, "coupon.used", "m1", "2026-03-02T09:30", coupon_id="c2")
    made.run(until="2026-03-02T12:00")
    assert [m["text"] for m in made.outbox()] == ["Coupon c1"], "withdrawn the moment the coupon was used"
    assert [t.after for t in made.log("enrolment")] == ["exited"]


def test_one_open_entry_per_subject_and_key_and_again_counts_from_its_end(tmp_path: Path) -> None:
    made = begun(tmp_path, COUPON)
    told(made, "coupon.issued", "m1", "2026-03-02T09:00", coupon_id="c1")
    told(made, "coupon.issued", "m1", "2026-03-02T09:10", coupon_id="c1")
    made.run(until="2026-03-02T10:30")
    told(made, "order.paid", "m1", "2026-03-02T11:00")
    made.run(until="2026-03-02T11:30")
    told(made, "coupon.issued", "m1", "2026-03-03T10:59", coupon_id="c1")
    made.run(until="2026-03-03T11:00")
    told(made, "coupon.issued", "m1", "2026-03-03T11:01", coupon_id="c1")
    made.run(until="2026-03-03T13:00")
    assert [after for after, _ in events(made)] == ["enrolled", "ignored", "handled", "ignored", "enrolled"]
    assert [m["text"] for m in made.outbox()] == ["Coupon c1", "Coupon c1"]


def test_a_daemon_that_slept_sends_no_reminder_late_but_the_flow_goes_on(tmp_path: Path) -> None:
    made = begun(tmp_path, COUPON)
    told(made, "coupon.issued", "m1", "2026-03-02T09:00", coupon_id="c1")
    made.tick("2026-03-02T09:00")
    made.tick("2026-03-03T09:00")
    assert ("remind", "missed") in {(step, state) for _, step, _, state in done(made)}
    made.run(until="2026-03-06T00:00")
    # the wait counts from the end of the reminder's window, not from when somebody noticed
    assert [at for at, step, _, _ in done(made) if step == "recall"] == ["03-04 10:30"]


def test_a_step_without_a_time_of_its_own_is_not_late_because_the_one_before_took_long(tmp_path: Path) -> None:
    book = """
journeys:
  slow:
    on_event: order.paid
    steps:
      - {id: ask, task: 'Ask {{ member.name }}', to: manager, due: 3 workdays, on_overdue: continue}
      - {id: thanks, send: gift}
"""
    made = begun(tmp_path, book)
    told(made, "order.paid", "m1", "2026-03-02T09:00")
    made.tick("2026-03-02T09:00")
    (task,) = made.store.tasks()
    made.store.complete_task(task.id, made.at("2026-03-04T15:00"), "Ann")
    made.tick("2026-03-04T15:00")
    assert [m["text"] for m in made.outbox()] == ["A gift"]


@pytest.mark.parametrize(("way", "sent"), [("continue", True), ("hold", False)])
def test_a_flow_goes_on_past_an_overdue_task_or_waits_for_it(tmp_path: Path, way: str, sent: bool) -> None:
    book = f"""
journeys:
  slow:
    on_event: order.paid
    steps:
      - {{id: ask, task: 'Ask', to: manager, due: 2h, on_overdue: {way}}}
      - {{id: thanks, send: gift}}
"""
    made = begun(tmp_path, book)
    told(made, "order.paid", "m1", "2026-03-02T09:00")
    made.run(until="2026-03-02T18:00")
    assert bool(made.outbox()) is sent
    (task,) = made.store.tasks()
    made.store.complete_task(task.id, made.at("2026-03-02T19:00"), "Ann")
    made.tick("2026-03-02T19:00")
    assert [m["text"] for m in made.outbox()] == ["A gift"]


def test_what_depends_on_an_overdue_task_is_skipped_where_the_author_says_so(tmp_path: Path) -> None:
    book = """
journeys:
  slow:
    on_event: order.paid
    steps:
      - {id: ask, task: 'Ask', to: manager, due: 2h, on_overdue: skip}
      - {id: thanks, after: ask + 1m, send: gift}
      - {id: other, after: 3h, send: hello}
"""
    made = begun(tmp_path, book)
    told(made, "order.paid", "m1", "2026-03-02T09:00")
    made.run(until="2026-03-02T18:00")
    assert [m["text"] for m in made.outbox()] == ["Hello Lin"]
    assert [(t.step, t.reason) for t in made.log("occurrence") if t.after == "skipped"] == [("thanks", "dependency")]


def test_a_required_step_that_fails_holds_its_flow_for_a_person(tmp_path: Path) -> None:
    book = """
journeys:
  strict:
    on_event: order.paid
    steps:
      - {id: first, after: 0s, send: hello, required: true, if: target.name == 'Mei'}
      - {id: second, after: 1m, send: gift}
"""
    made = begun(tmp_path, book)
    told(made, "order.paid", "m1", "2026-03-02T09:00")
    told(made, "order.paid", "m2", "2026-03-02T09:00")
    made.run(until="2026-03-02T18:00")
    assert [m["text"] for m in made.outbox()] == ["Hello Mei", "A gift"]


# --- choose, go, split


CHOICE = """
journeys:
  rate:
    on_event: order.paid
    steps:
      - id: pick
        choose:
          - {if: event.amount >= 100, tag: {grade: A}}
          - {if: event.amount >= 50, go: middle}
          - {if: event.amount is unknown, task: 'What paid {{ member.name }}?', to: manager, due: 2h, on_overdue: hold}
        else: {exit: small}
      - {id: top, send: {text: 'For the best'}}
      - {id: middle, send: {text: 'For all who spent'}}
"""


@pytest.mark.parametrize(
    ("amount", "texts", "kind"),
    [
        (200, ["For the best", "For all who spent"], "tag grade: A"),
        (60, ["For all who spent"], "go middle"),
        (5, [], "exit small"),
    ],
)
def test_the_first_true_arm_wins(tmp_path: Path, amount: int, texts: list[str], kind: str) -> None:
    made = begun(tmp_path, CHOICE)
    told(made, "order.paid", "m1", "2026-03-02T09:00", amount=amount)
    made.run(until="2026-03-02T18:00")
    assert [m["text"] for m in made.outbox()] == texts
    (effect,) = made.log("effect")
    assert effect.reason.startswith(kind)
    assert f"event.amount = {amount}" in effect.reason, "the verdict keeps the values it rests on"


def test_after_an_unknown_arm_only_arms_that_ask_for_it_are_tried(tmp_path: Path) -> None:
    made = begun(tmp_path, CHOICE)
    told(made, "order.paid", "m1", "2026-03-02T09:00")
    made.tick("2026-03-02T09:00")
    (task,) = made.store.tasks()
    assert (task.title, task.person) == ("What paid Lin?", "Ann")
    assert made.log("effect") == []


def test_no_arm_for_what_is_unknown_is_a_skip_and_never_else(tmp_path: Path) -> None:
    book = """
weekly:
  to: groups
  steps:
    - id: pick
      on: mon
      at: 09:00
      choose: [{if: target.size > 5, send: gift}]
      else: {send: hello}
"""
    groups = "id,name,size\neast,East,9\nwest,West,\nsouth,South,1\n"
    columns = book.replace("weekly:", "runs: {from: 2026-03-02, until: 2026-03-03}\nweekly:")
    text = columns + "\n"
    made = house(tmp_path, text, groups=groups)
    (tmp_path / "book.yaml").write_text(
        (HEAD + text).replace(
            "sample: {name: Some group}", "sample: {name: Some group, size: 3}, columns: {size: integer}"
        )
    )
    made.start("2026-03-02T08:00")
    made.run(until="2026-03-02T18:00")
    assert {m["text"] for m in made.outbox()} == {"A gift", "Hello South"}
    (effect,) = made.log("effect")
    assert (effect.target, effect.after) == ("west", "skipped")
    assert effect.reason.endswith("unknown: target.size = ?")


def test_choose_without_a_receiver_is_judged_once_and_reaches_whom_the_arm_says(tmp_path: Path) -> None:
    book = """
runs: {from: 2026-03-02, until: 2026-03-04}
weekly:
  steps:
    - id: pick
      on: daily
      at: 09:00
      choose:
        - {if: slot.number == 1, to: groups, send: hello}
      else: {to: manager, task: 'Look after it', due: 2h}
"""
    made = begun(tmp_path, book)
    made.run(until="2026-03-03T10:00")
    assert [m["text"] for m in made.outbox()] == ["Hello East", "Hello West"]
    assert sorted(t.person for t in made.store.tasks()) == ["Ann", "Ben"]


def test_a_split_is_a_hash_and_later_steps_ask_for_its_arm(tmp_path: Path) -> None:
    book = """
journeys:
  test:
    on_event: order.paid
    steps:
      - {id: dice, split: {by: target.id, seed: s1, arms: {a: 50, b: 50}}}
      - {id: text-a, send: {text: 'A {{ target.id }}'}, if: step.dice.result == 'a'}
      - {id: text-b, send: {text: 'B {{ target.id }}'}, if: step.dice.result == 'b'}
"""
    members = "id,name\n" + "".join(f"m{i},M{i}\n" for i in range(40))
    made = begun(tmp_path, book, members=members)
    for i in range(40):
        told(made, "order.paid", f"m{i}", "2026-03-02T09:00")
    made.run(until="2026-03-02T18:00")
    sent = {m["text"].split()[1]: m["text"][0] for m in made.outbox()}
    arms = {t.target: t.reason.split()[1].upper() for t in made.log("effect")}
    assert sent == arms
    assert len(arms) == 40
    assert 8 <= sum(arm == "A" for arm in arms.values()) <= 32


# --- members, collect, tags, events of our own


def test_several_joiners_are_one_event_and_each_is_asked_for(tmp_path: Path) -> None:
    book = """
welcome:
  collect: 60s
  steps:
    - {id: hello, after: 0s, send: {text: 'Welcome{% for m in event.members %} {{ m.name }}{% endfor %}'}}
    - {id: mark, tag: newcomer}
    - {id: gift, after: 1h, to: member, send: {text: 'For {{ member.name }}'}, if: member.name != 'Bo'}
"""
    made = begun(tmp_path, book)
    for i, (member, name) in enumerate([("m1", "Lin"), ("x2", "Bo"), ("x3", "Zi")]):
        told(made, "member.joined", "east", f"2026-03-02T09:00:{i * 20:02d}", member=member, name=name)
    made.run(until="2026-03-02T09:00:59")
    assert made.outbox() == []
    made.run(until="2026-03-02T12:00")
    assert [m["text"] for m in made.outbox()] == ["Welcome Lin Bo Zi", "For Lin", "For Zi"]
    assert {t.target for t in made.log("effect") if t.step == "mark"} == {"m1", "x2", "x3"}
    assert made.store.tags_of(["x2"], made.clock.now()) == {"x2": {"newcomer": True}}
    told(made, "member.joined", "east", "2026-03-02T13:00:00", member="x4", name="Yu")
    made.run(until="2026-03-02T13:02")
    assert made.outbox()[-1]["text"] == "Welcome Yu"


def test_an_emitted_event_counts_for_the_day_it_says_and_starts_flows(tmp_path: Path) -> None:
    book = """
events: {checkin.posted: {photo: text}}
journeys:
  card:
    on_event: coupon.issued
    steps:
      - {id: makeup, emit: {event: checkin.posted, on: slot.date - 1d, data: {photo: card}}}
  posted:
    on_event: checkin.posted
    steps:
      - {id: thanks, send: {text: 'Thanks for {{ event.photo }}'}, late_ok: 2d, useful_until: 2d}
"""
    made = begun(tmp_path, book, now="2026-03-01T08:00")
    told(made, "coupon.issued", "m1", "2026-03-02T09:00", coupon_id="c1")
    made.run(until="2026-03-02T18:00")
    posted = [t for t in made.log("event") if t.key == "checkin.posted" and t.after == "received"]
    assert [f"{t.at.astimezone(made.zone):%m-%d %H:%M}" for t in posted] == ["03-01 09:00"]
    assert [m["text"] for m in made.outbox()] == ["Thanks for card"]


def test_one_task_for_each_row_it_is_about_and_each_store_gets_its_own(tmp_path: Path) -> None:
    book = """
runs: {from: 2026-03-02, until: 2026-03-03}
weekly:
  steps:
    - {id: invite, on: mon, at: 09:00, to: manager, task: 'Call {{ member.name }}', about: people, due: 2h}
"""
    made = begun(tmp_path, book)
    made.tick("2026-03-02T09:00")
    assert sorted((t.title, t.person, t.target) for t in made.store.tasks()) == [
        ("Call Lin", "Ann", "m1"),
        ("Call Mei", "Ben", "m2"),
    ]


# --- ends


def test_an_event_about_the_campaign_ends_it_and_one_about_a_group_only_for_that_group(tmp_path: Path) -> None:
    book = """
runs: {from: 2026-03-02, until: 2026-03-10}
events: {seats.gone: {}}
exit_when: [{event: seats.gone, as: full}]
weekly:
  to: groups
  steps: [{id: daily, on: daily, at: 09:00, send: hello}]
"""
    made = begun(tmp_path, book)
    made.run(until="2026-03-02T10:00")
    told(made, "seats.gone", "west", "2026-03-02T12:00")
    made.run(until="2026-03-03T10:00")
    told(made, "seats.gone", "nobody", "2026-03-03T12:00")
    made.run(until="2026-03-04T10:00")
    told(made, "seats.gone", "path", "2026-03-04T12:00")
    made.run(until="2026-03-08T10:00")
    assert [(m["target"], m["slot"][8:10]) for m in made.outbox()] == [
        ("east", "02"), ("west", "02"), ("east", "03"), ("east", "04"),
    ]  # fmt: skip
    assert {c.state for c in made.store.campaigns()} == {"finished"}
    skipped = [(t.target, t.reason) for t in made.log() if t.after == "skipped"]
    assert skipped == [("west", "exited: full"), ("west", "exited: full")]


def test_a_condition_ends_its_scope_before_the_next_send(tmp_path: Path) -> None:
    book = """
phases:
  first:
    from: 2026-03-02
    until: 2026-03-05
    exit_when: [{if: slot.number > 2, as: enough}]
    steps: [{id: daily, on: daily, at: 09:00, to: groups, send: hello}]
  second:
    from: 2026-03-02
    until: 2026-03-05
    steps: [{id: other, on: daily, at: 10:00, to: groups, send: gift}]
"""
    made = begun(tmp_path, book)
    made.run(until="2026-03-05T10:00")
    assert [m["slot"][8:10] for m in made.outbox() if m["step"] == "daily"] == ["02", "02", "03", "03"]
    assert len([m for m in made.outbox() if m["step"] == "other"]) == 6
    ended = [t.reason for t in made.log("campaign") if t.after == "exited"]
    assert ended == ["phase:first: enough"]


@pytest.mark.parametrize("key", ["key: event.member", "to: target"])
def test_leaving_ends_the_welcome_of_that_member_only(tmp_path: Path, key: str) -> None:
    book = f"""
welcome:
  {key}
  exit_when: [{{event: member.left, as: gone}}]
  steps:
    - {{id: hello, after: 0s, send: hello}}
    - {{id: later, after: 1h, send: gift}}
"""
    made = begun(tmp_path, book)
    told(made, "member.joined", "east", "2026-03-02T09:00", member="m1", name="Lin")
    told(made, "member.joined", "east", "2026-03-02T09:01", member="m2", name="Mei")
    made.run(until="2026-03-02T09:30")
    told(made, "member.left", "east", "2026-03-02T09:30", member="m1", name="Lin")
    made.run(until="2026-03-02T12:00")
    assert [m["text"] for m in made.outbox()] == ["Hello East", "Hello East", "A gift"]


# --- watches


def test_a_watch_acts_once_when_its_condition_becomes_true_and_again_after_it_was_false(tmp_path: Path) -> None:
    book = """
runs: {from: 2026-03-02, until: 2026-03-10}
weekly: {to: groups, steps: [{id: daily, on: daily, at: 09:00, send: hello}]}
watch:
  early:
    when: slot.time < input.noon
    check: 1h
    do: [{task: 'Look at {{ slot.date }}', to: manager, due: 2h}]
inputs: {noon: {type: time, default: 12:00}}
"""
    made = begun(tmp_path, book)
    made.run(until="2026-03-04T00:30")
    titles = [(t.title, t.person) for t in made.store.tasks()]
    assert sorted(titles) == [
        ("Look at 2026-03-02", "Ann"), ("Look at 2026-03-02", "Ben"),
        ("Look at 2026-03-03", "Ann"), ("Look at 2026-03-03", "Ben"),
        ("Look at 2026-03-04", "Ann"), ("Look at 2026-03-04", "Ben"),
    ]  # fmt: skip


def test_pausing_sends_holds_messages_and_lets_tasks_go_on(tmp_path: Path) -> None:
    book = """
runs: {from: 2026-03-02, until: 2026-03-10}
weekly:
  steps:
    - {id: stop, on: 2026-03-02, at: 09:00, pause: sends}
    - {id: post, on: 2026-03-02, at: 10:00, to: groups, send: hello, late_ok: 1d}
    - {id: work, on: 2026-03-02, at: 10:00, to: manager, task: Clean up, due: 2h}
"""
    made = begun(tmp_path, book)
    made.run(until="2026-03-02T11:00")
    assert made.outbox() == []
    assert [t.title for t in made.store.tasks()] == ["Clean up", "Clean up"]
    made.store.resume("sends", "path", made.at("2026-03-02T12:00"), "Ann")
    made.tick("2026-03-02T12:00")
    assert [m["text"] for m in made.outbox()] == ["Hello East", "Hello West"]
    assert {row.state for row in made.store.deliveries("path")} == {State.SENT}


def test_a_journey_starts_when_its_condition_becomes_true(tmp_path: Path) -> None:
    book = """
journeys:
  vip:
    when: member.grade == 'A'
    steps: [{id: cheer, send: {text: 'Cheers {{ member.name }}'}}]
"""
    made = begun(tmp_path, book, members="id,name,grade\nm1,Lin,A\nm2,Mei,B\n")
    made.run(until="2026-03-02T10:00")
    assert [m["text"] for m in made.outbox()] == ["Cheers Lin"]
    (tmp_path / "members.csv").write_text("id,name,grade\nm1,Lin,A\nm2,Mei,A\n")
    made.run(until="2026-03-02T12:00")
    assert [m["text"] for m in made.outbox()] == ["Cheers Lin", "Cheers Mei"]
