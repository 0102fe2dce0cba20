"""A list that is read anew, whose targets have calendars of their own: the turns that are to come follow the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.store.rows import EventRow
from tests.support.house import House

BOOK = """
playbook: own
title: Own
timezone: Asia/Shanghai
audiences:
  groups:
    source: groups
    columns: {start: date, opens: time, born: date}
    sample: {name: Some group, start: 2026-06-01, opens: 09:00, born: 1990-06-05}
roles: {manager: {source: stores, person: manager, match: id}}
messages: {a: "{{ target.name }} {{ target.start | date('MM-DD') }} {{ slot.day }}", b: 'B {{ target.name }}'}
runs: {from: 2026-06-01, until: 2026-07-01}
phases:
  own:
    title: Own
    from: 2026-06-01
    until: 2026-07-01
    steps:
"""
TWO = "id,name,start,opens,born\neast,East,2026-06-03,09:00,1990-06-05\nwest,West,2026-06-10,10:30,1990-06-06\n"
STEP = "      - {id: hello, on: target.start, at: 09:00, to: groups, audience: live, send: a}\n"
SOUTH = "south,South,%s,12:00,1990-06-20\n"


def begun(path: Path, steps: str = STEP, groups: str = TWO, old: str = "", new: str = "") -> House:
    house = House(path, (BOOK + steps).replace(old, new), groups=groups)
    house.start("2026-06-01T08:00")
    house.tick()
    return house


def listed(house: House, rows: str) -> None:
    (house.root / "groups.csv").write_text(rows, "utf-8")


def said(house: House) -> list[str]:
    """Local time sent, target."""
    at = {t.key: f"{t.at.astimezone(house.zone):%m-%d %H:%M}" for t in house.log() if t.after == "sent"}
    return sorted(f"{at[m['key']]} {m['target']}" for m in house.outbox())


def test_a_target_that_is_added_before_the_next_turn_has_its_own(tmp_path: Path) -> None:
    house = begun(tmp_path)
    house.run(until="2026-06-03T10:00")  # the next turn is a week ahead
    listed(house, TWO + SOUTH % "2026-06-05")
    house.run()
    assert said(house) == ["06-03 09:00 east", "06-05 09:00 south", "06-10 09:00 west"]


def test_a_target_that_is_added_after_the_last_turn_opens_the_step_again(tmp_path: Path) -> None:
    house = begun(tmp_path)
    house.run(until="2026-06-11T10:00")
    assert {state.name for _, state in house.store.course("own")} == {"FANNED_OUT"}
    listed(house, TWO + SOUTH % "2026-06-20")
    house.run()
    assert said(house) == ["06-03 09:00 east", "06-10 09:00 west", "06-20 09:00 south"]
    again = [t.reason for t in house.log("occurrence") if (t.before, t.after) == ("fanned_out", "planned")]
    assert again == ["a turn of a list that was read anew"]


def test_a_target_that_is_removed_gets_nothing_more(tmp_path: Path) -> None:
    house = begun(tmp_path)
    house.run(until="2026-06-04T10:00")
    listed(house, TWO.splitlines()[0] + "\n")
    house.run()
    assert said(house) == ["06-03 09:00 east"]
    row = house.store.campaign("own")
    assert row is not None
    assert row.state == "finished"


@pytest.mark.parametrize("day", ["2026-06-05", "2026-06-20"])
def test_a_date_that_moves_moves_the_turn_and_the_text(tmp_path: Path, day: str) -> None:
    house = begun(tmp_path)
    house.run(until="2026-06-04T10:00")
    listed(house, TWO.replace("2026-06-10", day))
    house.run()
    assert said(house) == ["06-03 09:00 east", f"{day[5:]} 09:00 west"]
    assert house.outbox()[-1]["text"] == f"West {day[5:]} {(int(day[-2:]))}"


def test_nothing_is_doubled_when_a_date_moves_after_its_turn(tmp_path: Path) -> None:
    house = begun(tmp_path)
    house.run(until="2026-06-04T10:00")
    listed(house, TWO.replace("2026-06-03", "2026-06-08"))
    house.run()
    assert said(house) == ["06-03 09:00 east", "06-10 09:00 west"]


def test_a_day_that_is_over_is_not_made_up_for_but_half_an_hour_is_in_time(tmp_path: Path) -> None:
    house = begun(tmp_path)
    house.run(until="2026-06-05T09:20")
    listed(house, TWO + SOUTH % "2026-06-05" + (SOUTH % "2026-06-04").replace("south", "north"))
    house.run()
    assert said(house) == ["06-03 09:00 east", "06-05 09:20 south", "06-10 09:00 west"]
    assert {target for _, target, _, _ in house.ends()} == {"east", "west", "south"}, "no row, no alert for the past"


def test_turns_that_nobody_was_there_to_take_are_missed_all_the_same(tmp_path: Path) -> None:
    house = begun(tmp_path)
    listed(house, TWO + SOUTH % "2026-06-20")
    house.tick("2026-06-12T09:00")  # the engine stood still since the first of June
    assert [(target, state) for _, target, _, state in house.ends()] == [("east", "missed"), ("west", "missed")]


def test_a_column_that_was_empty_and_is_filled_in_gives_a_turn(tmp_path: Path) -> None:
    house = begun(tmp_path, groups=TWO.replace("2026-06-10", ""))
    house.run(until="2026-06-04T10:00")
    listed(house, TWO)
    house.run()
    assert said(house) == ["06-03 09:00 east", "06-10 09:00 west"]


def test_opening_hours_that_change_move_the_turns_of_the_days_to_come(tmp_path: Path) -> None:
    house = begun(tmp_path, "      - {id: open, on: daily, at: target.opens, to: groups, audience: live, send: b}\n")
    house.run(until="2026-06-02T09:30")
    listed(house, TWO.replace("09:00", "08:00").replace("10:30", "09:45"))
    house.run(until="2026-06-03T23:00")
    assert said(house) == [
        "06-01 09:00 east", "06-01 10:30 west", "06-02 09:00 east", "06-02 09:45 west", "06-03 08:00 east",
        "06-03 09:45 west",
    ]  # fmt: skip


def test_a_birthday_nobody_else_has_is_planned_too(tmp_path: Path) -> None:
    steps = "      - {id: born, on: target.birthday, at: 09:00, to: groups, audience: live, send: b}\n"
    house = begun(tmp_path, steps, old="born", new="birthday", groups=TWO.replace("born", "birthday"))
    house.run(until="2026-06-05T10:00")
    listed(house, TWO.replace("born", "birthday") + SOUTH % "2026-06-03")
    house.run()
    assert said(house) == ["06-05 09:00 east", "06-06 09:00 west", "06-20 09:00 south"]


def test_what_comes_after_a_step_follows_with_it(tmp_path: Path) -> None:
    house = begun(tmp_path, STEP + "      - {id: more, after: hello + 2h, to: groups, audience: live, send: b}\n")
    house.run(until="2026-06-11T10:00")
    listed(house, TWO + SOUTH % "2026-06-20")
    house.run()
    assert said(house)[-2:] == ["06-20 09:00 south", "06-20 11:00 south"]
    assert len(said(house)) == 6


def test_what_waits_in_the_store_moves_with_its_date(tmp_path: Path) -> None:
    house = begun(tmp_path)
    house.store.pause("channel", "file", house.at("2026-06-03T08:00"), "test")
    house.tick("2026-06-03T09:00")
    listed(house, TWO.replace("2026-06-03", "2026-06-05").replace("East", "Ost"))
    house.tick("2026-06-03T09:10")
    house.store.resume("channel", "file", house.at("2026-06-03T09:15"), "test")
    house.run()
    assert said(house) == ["06-05 09:00 east", "06-10 09:00 west"]
    assert house.outbox()[0]["text"] == "Ost 06-05 5"


def test_tasks_and_their_spread_follow_the_list(tmp_path: Path) -> None:
    task = "task: 'Call {{ target.name }}', spread: 10m"
    house = begun(tmp_path, STEP.replace("send: a", task))
    house.run(until="2026-06-11T10:00")
    listed(house, TWO + SOUTH % "2026-06-20")
    house.run(until="2026-06-20T09:11")
    assert [t.title for t in house.store.tasks(campaign="own")] == ["Call East", "Call West", "Call South"]


def test_the_campaign_lasts_as_long_as_the_last_targets_own_days(tmp_path: Path) -> None:
    steps = "      - {id: hello, on: day 3, at: 09:00, to: groups, audience: live, send: a}\n"
    text = (BOOK + steps).replace("runs: {from: 2026-06-01, until: 2026-07-01}\n", "")
    text = text.replace("from: 2026-06-01\n    until: 2026-07-01", "from: target.start\n    until: target.start + 5d")
    house = House(tmp_path, text, groups=TWO)
    house.start("2026-06-01T08:00")
    house.run(until="2026-06-12T10:00")
    listed(house, TWO + SOUTH % "2026-08-01")
    house.run()
    assert said(house) == ["06-05 09:00 east", "06-12 09:00 west", "08-03 09:00 south"]


def test_a_frozen_list_stays_as_it_was(tmp_path: Path) -> None:
    house = begun(tmp_path, old=", audience: live")
    house.run(until="2026-06-04T10:00")
    listed(house, TWO.replace("2026-06-10", "2026-06-20") + SOUTH % "2026-06-05")
    house.run()
    assert said(house) == ["06-03 09:00 east", "06-10 09:00 west"]


def test_a_list_that_cannot_be_read_just_now_is_followed_later(tmp_path: Path) -> None:
    house = begun(tmp_path)
    house.run(until="2026-06-03T10:00")
    listed(house, "id,name,start\nsouth,South,not a day\n")
    house.tick("2026-06-04T10:00")
    listed(house, TWO + SOUTH % "2026-06-05")
    house.run()
    assert said(house) == ["06-03 09:00 east", "06-05 09:00 south", "06-10 09:00 west"]


def test_a_zone_that_nobody_was_in_is_planned_when_somebody_is(tmp_path: Path) -> None:
    text = BOOK.replace("    source: groups\n", "    source: groups\n    zone: target.zone\n")
    rows = "id,name,start,opens,born,zone\neast,East,2026-06-03,09:00,1990-06-05,Asia/Shanghai\n"
    house = House(
        tmp_path, text + "      - {id: noon, on: day 10, at: 12:00, to: groups, audience: live, send: b}\n", groups=rows
    )
    house.start("2026-06-01T08:00")
    house.tick()
    listed(house, rows + "york,York,2026-06-03,09:00,1990-06-05,America/New_York\n")
    house.run()
    assert said(house) == ["06-10 12:00 east", "06-11 00:00 york"]


def test_an_event_that_moves_the_plan_leaves_the_lists_turns_alone(tmp_path: Path) -> None:
    """A birthday that nobody had at the start is in no plan made of the list of then."""
    steps = "      - {id: born, on: target.birthday, at: 09:00, to: groups, audience: live, send: b}\n"
    steps += "      - {id: now, at: show, to: groups, send: b}\n"
    shown = "events: {show.started: {}}\n"
    shown += "inputs: {show: {type: datetime, default: 2026-06-18T20:00, confirm: show.started}}\naudiences:"
    text = (BOOK + steps).replace("born", "birthday").replace("audiences:", shown, 1)
    house = House(tmp_path, text, groups=TWO.replace("born", "birthday"))
    house.start("2026-06-01T08:00")
    house.run(until="2026-06-10T10:00")
    listed(house, TWO.replace("born", "birthday") + SOUTH % "2026-06-03")
    house.run(until="2026-06-18T20:10")
    moment = house.at("2026-06-18T20:10")
    house.store.add_event(EventRow("show.started", "own", {}, moment, "started"))
    house.run()
    assert said(house) == [
        "06-05 09:00 east", "06-06 09:00 west", "06-18 20:10 east", "06-18 20:10 west", "06-20 09:00 south",
    ]  # fmt: skip
