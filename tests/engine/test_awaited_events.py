"""Slots that hang on an event: held by an anchor until it is confirmed, after an event, and repetitions until one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.store.rows import EventRow
from tests.support.house import House

HEAD = """
playbook: show
title: Show
timezone: Asia/Shanghai
inputs:
  live: {type: datetime, default: 2026-06-18T20:00, confirm: live.started}
audiences:
  groups: {source: groups, columns: {opens: time}, sample: {name: Some group, opens: 09:00}}
roles: {manager: {source: stores, person: manager}}
messages: {a: "A {{ slot.time | time('HH:mm') }} {{ input.live | date('HH:mm') }}", b: B}
phases:
  show:
    title: Show
    from: 2026-06-18
    until: 2026-06-20
    steps:
"""
EARLY = "2026-06-01T08:00"


def begun(path: Path, steps: str, **given: str) -> House:
    head = HEAD
    for old, new in given.items():
        head = head.replace(old.replace("_", " "), new)
    house = House(path, head + steps)
    house.start(EARLY)
    return house


def tell(house: House, event: str, at: str, subject: str = "show") -> None:
    moment = house.at(at)
    assert house.store.add_event(EventRow(event, subject, {}, moment, f"{event}/{at}/{subject}")) is not None


def sent(house: House) -> list[tuple[str, str, str]]:
    """Step, local time sent, text; of the first group."""
    at = {t.key: f"{t.at.astimezone(house.zone):%m-%d %H:%M}" for t in house.log() if t.after == "sent"}
    return sorted((at[m["key"]], m["step"], m["text"]) for m in house.outbox() if m["target"] == "east")


STEPS = """
      - {id: before, at: live - 30m, to: groups, send: a}
      - {id: now, at: live, to: groups, send: a}
      - {id: later, at: live + 10m, to: groups, send: a}
      - {id: next, on: live + 1d, at: 10:00, to: groups, send: a}
      - {id: morning, on: live, at: 09:00, to: groups, send: a}
      - {id: other, on: day 1, at: 21:00, to: groups, send: a}
      - {id: then, after: now + 1h, to: groups, send: a}
"""


def test_held_until_the_event_and_then_timed_from_it(tmp_path: Path) -> None:
    house = begun(tmp_path, STEPS)
    assert house.store.counts("show").waiting == {"live.started": 3}
    house.run(until="2026-06-18T20:20")
    assert [step for _, step, _ in sent(house)] == ["morning", "before"]
    tell(house, "live.started", "2026-06-18T20:20")
    house.run()
    assert sent(house) == [
        ("06-18 09:00", "morning", "A 09:00 20:00"),
        ("06-18 19:30", "before", "A 19:30 20:00"),
        ("06-18 20:20", "now", "A 20:20 20:20"),
        ("06-18 20:30", "later", "A 20:30 20:20"),
        ("06-18 21:00", "other", "A 21:00 20:20"),
        ("06-18 21:20", "then", "A 21:20 20:20"),
        ("06-19 10:00", "next", "A 10:00 20:20"),
    ]
    assert house.store.counts("show").waiting == {}
    moved = {t.step for t in house.log("occurrence") if t.after == "moved"}
    assert moved == {"now", "later", "next", "then"}
    row = house.store.campaign("show")
    assert row is not None
    assert row.state == "finished"


def test_rows_are_moved_and_not_made_anew(tmp_path: Path) -> None:
    house = begun(tmp_path, STEPS)
    house.run(until="2026-06-18T20:20")
    before = {(row.step, row.key, row.id) for row, _ in house.store.course("show")}
    tell(house, "live.started", "2026-06-18T20:20")
    house.tick()
    assert {(row.step, row.key, row.id) for row, _ in house.store.course("show")} == before


def test_a_day_late_moves_the_days_too(tmp_path: Path) -> None:
    house = begun(tmp_path, STEPS)
    house.run(until="2026-06-19T19:50")
    tell(house, "live.started", "2026-06-19T19:50")
    house.run()
    found = {step: at for at, step, _ in sent(house)}
    assert found["now"] == "06-19 19:50"
    assert found["next"] == "06-20 10:00"


def test_what_should_have_come_before_an_early_event_is_withdrawn(tmp_path: Path) -> None:
    """Nobody is told that it begins in half an hour once it has begun."""
    house = begun(tmp_path, STEPS)
    house.run(until="2026-06-18T18:30")
    tell(house, "live.started", "2026-06-18T18:30")
    house.run()
    found = {step: at for at, step, _ in sent(house)}
    assert found["now"] == "06-18 18:30"
    assert found["later"] == "06-18 18:40"
    assert "before" not in found
    (end,) = (t for t in house.log("occurrence") if t.step == "before")
    assert (end.after, end.reason) == ("withdrawn", "live is at 2026-06-18T10:30:00+00:00: live.started")


def test_only_the_first_event_inside_the_campaign_counts(tmp_path: Path) -> None:
    house = begun(tmp_path, STEPS)
    tell(house, "live.started", "2026-06-02T20:00")  # a test before the campaign's days
    house.tick()
    assert house.store.counts("show").waiting == {"live.started": 3}
    house.run(until="2026-06-18T20:20")
    tell(house, "live.started", "2026-06-18T20:20")
    house.run(until="2026-06-18T20:50")
    tell(house, "live.started", "2026-06-18T20:50")
    house.run()
    assert {step: at for at, step, _ in sent(house)}["later"] == "06-18 20:30"


def test_an_event_about_another_campaign_says_nothing(tmp_path: Path) -> None:
    house = begun(tmp_path, STEPS)
    (tmp_path / "book.yaml").write_text(house.playbook.replace("playbook: show", "playbook: second"), "utf-8")
    house.playbook = house.playbook.replace("playbook: show", "playbook: second")
    house.start(EARLY)
    tell(house, "live.started", "2026-06-18T20:20", subject="second")
    house.tick()
    assert house.store.counts("show").waiting == {"live.started": 3}
    assert house.store.counts("second").waiting == {}


def test_without_the_event_they_are_missed_when_they_are_of_no_use_any_more(tmp_path: Path) -> None:
    house = begun(tmp_path, STEPS)
    house.run()
    ends = {t.step: (t.after, t.reason) for t in house.log("occurrence") if t.after in ("missed", "skipped")}
    reason = ("missed", "held: live.started did not come")
    assert ends == {"now": reason, "later": reason, "next": reason, "then": ("skipped", "dependency")}
    row = house.store.campaign("show")
    assert row is not None
    assert row.state == "finished"


def test_a_restart_remembers_the_event(tmp_path: Path) -> None:
    house = begun(tmp_path, STEPS)
    house.run(until="2026-06-18T20:20")
    tell(house, "live.started", "2026-06-18T20:20")
    house.tick()  # each tick is a process of its own
    house.tick("2026-06-18T20:30")
    assert ("06-18 20:30", "later", "A 20:30 20:20") in sent(house)


def test_deliveries_that_wait_in_the_store_are_moved_with_their_places_in_the_spread(tmp_path: Path) -> None:
    steps = "      - {id: soon, at: live - 2h, to: groups, send: b, spread: 4h}\n"
    house = begun(tmp_path, steps)
    house.run(until="2026-06-18T18:01")
    before = {d.target: d.run_after for d in house.store.deliveries("show")}
    tell(house, "live.started", "2026-06-18T20:30")  # reported while both still wait
    house.tick("2026-06-18T18:02")
    moved = {d.target: (d.run_after - before[d.target]).total_seconds() / 60 for d in house.store.deliveries("show")}
    assert set(moved) == {"east", "west"}
    late = {d.target for d in house.store.deliveries("show") if d.state.name == "WITHDRAWN"}
    assert {target: minutes for target, minutes in moved.items() if target not in late} == dict.fromkeys(
        moved.keys() - late, 30
    )
    assert late == {target for target, at in before.items() if f"{at.astimezone(house.zone):%H:%M}" < "20:00"}


def test_a_phase_that_begins_with_the_anchor_is_held_and_moves(tmp_path: Path) -> None:
    steps = "      - {id: first, on: day 1, at: 21:00, to: groups, send: b}\n"
    steps += "      - {id: second, on: day 2, at: 10:00, to: groups, send: b}\n"
    steps += "      - {id: fixed, on: 2026-06-19, at: 11:00, to: groups, send: b}\n"
    steps += "      - {id: each, on: daily, at: 12:00, to: groups, send: b}\n"
    house = begun(tmp_path, steps, from__2026_06_18="")
    text = house.playbook.replace("from: 2026-06-18", "from: live").replace("until: 2026-06-20", "until: live + 3d")
    house = House(tmp_path / "second", text)
    house.start(EARLY)
    assert house.store.counts("show").waiting == {"live.started": 5}
    house.run(until="2026-06-19T20:10")
    assert [(at, step) for at, step, _ in sent(house)] == [("06-18 12:00", "each"), ("06-19 11:00", "fixed")]
    tell(house, "live.started", "2026-06-19T20:10")
    house.run()
    assert [(at, step) for at, step, _ in sent(house)][2:] == [
        ("06-19 21:00", "first"),
        ("06-20 10:00", "second"),
        ("06-20 12:00", "each"),
        ("06-21 12:00", "each"),
        ("06-22 12:00", "each"),
    ]


# after an event

AFTER = """
      - {id: bye, after: live.ended + 10m, to: groups, send: b}
      - {id: morning, after: live.ended + 1d, at: 10:00, to: groups, send: b}
      - {id: ask, after: bye + 1h, to: manager, task: Ask around}
"""


def test_after_an_event(tmp_path: Path) -> None:
    house = begun(tmp_path, AFTER)
    assert house.store.counts("show").waiting == {"live.ended": 2}
    house.run(until="2026-06-18T22:05")
    tell(house, "live.ended", "2026-06-18T22:05")
    house.run(until="2026-06-18T23:00")
    tell(house, "live.ended", "2026-06-18T23:00")  # only the first counts
    house.run()
    assert [(at, step) for at, step, _ in sent(house)] == [("06-18 22:15", "bye"), ("06-19 10:00", "morning")]
    assert {f"{t.created_at.astimezone(house.zone):%H:%M}" for t in house.store.tasks()} == {"23:15"}


def test_an_event_that_never_comes_leaves_nothing_open(tmp_path: Path) -> None:
    house = begun(tmp_path, AFTER)
    house.run()
    ends = {t.step: (t.after, t.reason) for t in house.log("occurrence")}
    assert ends["bye"] == ends["morning"] == ("skipped", "live.ended did not come")
    assert ends["ask"] == ("skipped", "dependency")
    row = house.store.campaign("show")
    assert row is not None
    assert row.state == "finished"


def test_a_late_report_counts_from_the_events_own_time(tmp_path: Path) -> None:
    house = begun(tmp_path, "      - {id: bye, after: live.ended + 10m, to: groups, send: b, late_ok: 1h}\n")
    house.run(until="2026-06-18T22:30")
    moment = house.at("2026-06-18T22:05")
    house.at("2026-06-18T22:30")
    house.store.add_event(EventRow("live.ended", "show", {}, moment, "x"))
    house.run()
    assert [(at, step) for at, step, _ in sent(house)] == [("06-18 22:30", "bye")]
    assert house.ends()[0][3] == "sent"


# until an event

BEATS = "      - {id: beat, at: every 15m from live until live.ended, max: 6, to: groups, send: a%s}\n"


@pytest.mark.parametrize("started", ["2026-06-18T20:00", "2026-06-18T20:20"])
def test_a_repetition_ends_with_the_event(tmp_path: Path, started: str) -> None:
    house = begun(tmp_path, BEATS % "")
    assert house.store.counts("show").waiting == {"live.started": 6}
    house.run(until=started)
    tell(house, "live.started", started)
    house.run(until=started.replace("T20", "T20")[:11] + ("20:47" if started.endswith("00") else "21:07"))
    tell(house, "live.ended", started[:11] + ("20:47" if started.endswith("00") else "21:07"))
    house.run()
    expected = ["20:00", "20:15", "20:30", "20:45"] if started.endswith("00") else ["20:20", "20:35", "20:50", "21:05"]
    assert [at[6:] for at, _, _ in sent(house)] == expected
    withdrawn = [t.reason for t in house.log("occurrence") if t.after == "withdrawn"]
    assert withdrawn == ["until live.ended"] * 2


def test_it_goes_on_to_its_most_without_the_event(tmp_path: Path) -> None:
    house = begun(tmp_path, BEATS % "")
    tell(house, "live.started", "2026-06-18T20:00")
    house.run()
    assert len(sent(house)) == 6


def test_unsent_deliveries_are_withdrawn_too(tmp_path: Path) -> None:
    house = begun(tmp_path, BEATS % ", spread: 10m")
    house.run(until="2026-06-18T20:00")
    tell(house, "live.started", "2026-06-18T20:00")
    house.tick()
    tell(house, "live.ended", "2026-06-18T20:01")
    house.run()
    assert sent(house) == []
    assert {state for _, _, _, state in house.ends()} == {"withdrawn"}


def test_each_day_ends_by_itself(tmp_path: Path) -> None:
    steps = "      - {id: beat, on: daily, at: every 30m from 20:00 until live.ended, max: 4, to: groups, send: b}\n"
    house = begun(tmp_path, steps)
    house.run(until="2026-06-18T19:00")
    tell(house, "live.ended", "2026-06-18T19:00")  # says nothing of what begins later
    house.run(until="2026-06-18T20:40")
    tell(house, "live.ended", "2026-06-18T20:40")
    house.run()
    assert [at for at, _, _ in sent(house)] == [
        "06-18 20:00", "06-18 20:30", "06-19 20:00", "06-19 20:30", "06-19 21:00", "06-19 21:30",
    ]  # fmt: skip


# flows

FLOW = """
journeys:
  guest:
    on_event: coupon.issued
    to: target
    steps:
      - {id: held, at: live + 5m, send: b}
      - {id: paid, after: order.paid + 10m, send: b}
"""


def test_in_a_flow_the_subjects_own_event_counts(tmp_path: Path) -> None:
    house = begun(tmp_path, "      - {id: x, on: day 2, at: 10:00, to: groups, send: b}\n" + FLOW)
    tell(house, "coupon.issued", "2026-06-18T12:00", subject="east")
    tell(house, "coupon.issued", "2026-06-18T12:00", subject="west")
    house.run(until="2026-06-18T20:30")
    assert sent(house) == []
    tell(house, "live.started", "2026-06-18T20:30")
    house.run(until="2026-06-18T21:00")
    assert [(at, step) for at, step, _ in sent(house)] == [("06-18 20:35", "held")]
    tell(house, "order.paid", "2026-06-18T21:00", subject="west")
    house.run(until="2026-06-18T22:00")
    tell(house, "order.paid", "2026-06-18T22:00", subject="east")
    house.run(until="2026-06-18T23:00")
    assert [(at, step) for at, step, _ in sent(house)] == [("06-18 20:35", "held"), ("06-18 22:10", "paid")]


# work that was handed out


def test_the_due_time_of_open_work_moves_with_the_anchor_it_is_counted_from(tmp_path: Path) -> None:
    steps = "      - {id: tidy, on: day 1, at: 10:00, to: manager, task: Tidy up, due: live + 3h}\n"
    steps += "      - {id: soon, on: day 1, at: 10:00, to: manager, task: Soon, due: 12h}\n"
    house = begun(tmp_path, steps)
    house.run(until="2026-06-18T20:40")

    def due() -> set[tuple[str, str]]:
        found = {(t.step, t.due_at) for t in house.store.tasks(campaign="show")}
        return {(step, f"{at.astimezone(house.zone):%H:%M}") for step, at in found if at is not None}

    assert due() == {("tidy", "23:00"), ("soon", "22:00")}
    tell(house, "live.started", "2026-06-18T20:40")
    house.tick()
    assert due() == {("tidy", "23:40"), ("soon", "22:00")}, "what counts from its own beginning stays"
    moved = {t.reason for t in house.log("task") if t.after == "moved"}
    assert moved == {"live is at 2026-06-18T12:40:00+00:00: live.started"}
    house.tick("2026-06-18T23:10")
    assert {t.step for t in house.store.tasks(campaign="show") if t.state.name == "OVERDUE"} == {"soon"}


def test_done_and_overdue_work_keeps_its_due_time(tmp_path: Path) -> None:
    """What has been called late is not made timely afterwards."""
    steps = "      - {id: tidy, on: day 1, at: 10:00, to: manager, task: Tidy up, due: live - 1h}\n"
    house = begun(tmp_path, steps)
    house.run(until="2026-06-18T18:00")
    done = house.store.tasks(campaign="show")[0]
    house.store.complete_task(done.id, house.at("2026-06-18T18:05"), "Ann", {})
    house.run(until="2026-06-18T20:40")
    before = {(t.id, t.state, t.due_at) for t in house.store.tasks(campaign="show")}
    tell(house, "live.started", "2026-06-18T20:40")
    house.tick()
    assert {(t.id, t.state, t.due_at) for t in house.store.tasks(campaign="show")} == before


def test_work_in_a_flow_is_due_by_the_anchor_too(tmp_path: Path) -> None:
    care_for = "{id: care, to: manager, task: Care, due: live + 3h, on_overdue: continue}"
    flow = FLOW.replace("{id: held, at: live + 5m, send: b}", care_for)
    house = begun(tmp_path, "      - {id: x, on: day 2, at: 10:00, to: groups, send: b}\n" + flow)
    tell(house, "coupon.issued", "2026-06-18T12:00", subject="east")
    house.run(until="2026-06-18T20:40")
    tell(house, "live.started", "2026-06-18T20:40")
    house.tick()
    (care,) = house.store.tasks(campaign="show")
    assert care.due_at is not None
    assert f"{care.due_at.astimezone(house.zone):%H:%M}" == "23:40"
