"""A day that a running campaign is counted from moves: what is unsent goes with it, what was sent stays."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from sopengine.store.leaving_out import LeftOut
from sopengine.store.rows import EventRow
from tests.support.house import House

BOOK = """
playbook: festival
title: Festival
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-18}
  live: {type: datetime, default: 2026-06-18T20:00}
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {manager: {source: stores, person: manager}}
messages:
  soon: "Soon: 6月18日（周四） {{ input.opening | date('M月D日') }}"
  day: "Today {{ slot.date | date('M月D日') }}"
phases:
  warm:
    title: Warm
    from: opening - 7d
    until: opening
    steps:
      - {id: teaser, on: opening - 7d, at: 10:00, to: groups, send: soon}
      - {id: daily, on: daily, at: 12:00, to: groups, send: day}
      - {id: reminder, on: opening - 2d, at: 09:00, to: groups, send: soon}
      - {id: live, at: live - 1h, to: groups, send: soon}
      - {id: thanks, after: live + 30m, to: groups, send: day}
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    for name in ("SOPENGINE_DEBUG", "SOPENGINE_LANG", "SOPENGINE_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK)
    made.start("2026-06-01T08:00")
    return made


def slip(*words: str) -> int:
    return run(["slip", "festival", *words])


def sent(house: House) -> list[tuple[str, str]]:
    at = {t.key: f"{t.at.astimezone(house.zone):%m-%d %H:%M}" for t in house.log() if t.after == "sent"}
    return sorted((at[m["key"]], m["step"]) for m in house.outbox() if m["target"] == "east")


def test_after_half_the_steps_the_sent_ones_stay_and_the_unsent_ones_move(house: House, capsys: Any) -> None:
    house.run(until="2026-06-14T13:00")
    before = sent(house)
    keys = {(row.key, row.id) for row, _ in house.store.whole_course("festival") if row.step != "daily"}
    assert slip("opening", "+2d", "--yes", "--reason", "rain", "--now", "2026-06-14T13:00") == 0
    told = capsys.readouterr()
    assert "reminder  06-16 09:00 → 06-18 09:00" in told.err
    assert "book.yaml:11:16" in told.err
    assert "6月18日" in told.err
    assert "周四" in told.err
    assert {(row.key, row.id) for row, _ in house.store.whole_course("festival") if row.step != "daily"} == keys
    house.run()
    after = sent(house)
    assert [one for one in after if one[0] <= "06-14 13:00"] == before
    assert len([one for one in after if one[1] == "teaser"]) == 1
    assert ("06-18 09:00", "reminder") in after
    assert ("06-18 19:00", "live") in after
    assert [at for at, step in after if step == "daily"] == [f"06-{day} 12:00" for day in range(11, 20)]
    row = house.store.campaign("festival")
    assert row is not None
    assert row.state == "finished"
    reminder = next(m for m in house.outbox() if m["step"] == "reminder")
    assert reminder["text"].endswith("6月20日")
    (line,) = (t for t in house.log("campaign") if t.after == "changed")
    assert "opening 2026-06-18 → 2026-06-20; rain" in line.reason
    (version,) = house.store.versions("festival")
    assert (version.kind, version.reason) == ("slip", "opening 2026-06-18 → 2026-06-20; rain")


def test_there_and_back_again_loses_nothing(house: House) -> None:
    house.run(until="2026-06-14T13:00")
    assert slip("opening", "--to", "2026-06-25", "--yes", "--now", "2026-06-14T13:00") == 0
    assert slip("opening", "--to", "2026-06-18", "--yes", "--now", "2026-06-14T13:01") == 0
    house.run()
    undisturbed = [f"06-{day} 12:00" for day in range(11, 18)]
    assert [at for at, step in sent(house) if step == "daily"] == undisturbed
    assert [at for at, step in sent(house) if step == "reminder"] == ["06-16 09:00"]


def test_what_would_be_past_is_told_and_never_runs(house: House, capsys: Any) -> None:
    house.run(until="2026-06-14T13:00")
    assert slip("opening", "--to", "2026-06-15", "--yes", "--now", "2026-06-14T13:00") == 0
    assert "never runs" in capsys.readouterr().err
    house.run()
    assert "reminder" not in {step for _, step in sent(house)}
    (end,) = (t for t in house.log("occurrence") if t.step == "reminder")
    assert end.after == "withdrawn"
    assert end.reason.startswith("slip: opening")


def test_a_moment_moves_by_hours_and_what_comes_after_it_follows(house: House) -> None:
    assert slip("live", "+2h", "--yes", "--now", "2026-06-14T13:00") == 0
    house.run()
    found = {step: at for at, step in sent(house)}
    assert (found["live"], found["thanks"]) == ("06-18 21:00", "06-18 21:30")


def test_a_day_alone_keeps_the_time_of_day(house: House) -> None:
    assert slip("live", "--to", "2026-06-17", "--yes", "--now", "2026-06-14T13:00") == 0
    house.run()
    assert ("06-17 19:00", "live") in sent(house)


def test_nothing_is_done_without_a_yes(house: House, capsys: Any) -> None:
    assert slip("opening", "+2d", "--now", "2026-06-14T13:00") == 2
    assert house.store.versions("festival") == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("opning", "+2d"), "did you mean opening"),
        (("opening",), "say by how much"),
        (("opening", "+2h"), "moves by days only"),
        (("opening", "+2x"), "+2x"),
        (("opening", "--to", "soon"), "--to"),
    ],
)
def test_what_cannot_be_meant_is_refused(house: House, capsys: Any, words: tuple[str, ...], says: str) -> None:
    assert slip(*words, "--yes") == 2
    assert says in capsys.readouterr().err


def test_json_is_one_document(house: House, capsys: Any) -> None:
    assert slip("opening", "+2d", "--yes", "--json", "--now", "2026-06-14T13:00") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["before"], told["after"]) == ("2026-06-18", "2026-06-20")
    moved = {one["step"] for one in told["slots"] if one["what"] == "moved"}
    assert moved == {"reminder"}
    assert {one["word"] for one in told["old_dates"]} == {"6月18日", "周四"}


def test_a_running_process_goes_on_with_the_new_plan(house: House) -> None:
    """It has the campaign in memory; the change comes from another process between two passes."""
    with house.engine() as engine:
        house.at("2026-06-14T13:00")
        engine.tick()
        assert slip("opening", "+2d", "--yes", "--now", "2026-06-14T13:00") == 0
        house.at("2026-06-16T09:00")
        engine.tick()
        assert "reminder" not in {step for _, step in sent(house)}
        house.at("2026-06-18T09:00")
        engine.tick()
    reminder = next(m for m in house.outbox() if m["step"] == "reminder")
    assert reminder["text"].endswith("6月20日")


def test_a_change_in_the_middle_of_a_pass_begins_the_pass_anew(house: House) -> None:
    """Between reading what is due and storing what it becomes, the day has moved."""
    house.at("2026-06-16T09:00")
    store, fan_out = house.store, house.store.add_fan_out
    slipped: list[int] = []

    def changed_first(*args: Any, **named: Any) -> int:
        if not slipped:
            slipped.append(slip("opening", "+2d", "--yes", "--now", "2026-06-16T09:00"))
        return fan_out(*args, **named)

    store.add_fan_out = changed_first  # type: ignore[method-assign]
    house.tick("2026-06-16T09:00")
    assert slipped == [0]
    assert "reminder" not in {step for _, step in sent(house)}
    house.tick("2026-06-18T09:00")
    assert "reminder" in {step for _, step in sent(house)}


def test_an_anchor_that_its_event_has_confirmed_is_settled(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    house = House(tmp_path, BOOK.replace("2026-06-18T20:00}", "2026-06-18T20:00, confirm: live.started}"))
    house.start("2026-06-01T08:00")
    moment = house.at("2026-06-17T20:10")
    house.store.add_event(EventRow("live.started", "festival", {}, moment, "x"))
    house.tick()
    assert slip("live", "+1h", "--yes") == 2
    assert "confirmed" in capsys.readouterr().err


HELD = """
playbook: festival
title: Festival
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-18}}
audiences: {groups: {source: groups, columns: {size: integer}, sample: {name: Some group, size: 3}}}
messages: {hello: 'Hello', rules: "The rules, until {{ input.opening | date('M月D日') }}"}
runs: {from: opening - 10d, until: opening + 10d}
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: hello, required: true, if: target.size > 5}
    - {id: rules, on: opening, at: 09:00, send: rules}
"""


def test_a_flow_that_a_person_let_go_on_is_not_held_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, HELD, groups="id,name,size\neast,East,3\n")
    made.start("2026-06-10T08:00")
    made.store.add_event(EventRow("member.joined", "east", {"member": "m1"}, made.at("2026-06-10T09:00")))
    made.tick()
    (held,) = made.store.held_flows()
    made.store.leave_out(LeftOut("festival", "hello", held.key), made.at("2026-06-10T10:00"), "wang", "by phone")
    assert made.store.held_flows() == []
    assert slip("opening", "+2d", "--yes", "--now", "2026-06-10T11:00") == 0
    assert made.store.held_flows() == []
    made.run(until="2026-06-20T10:00")
    assert [m["step"] for m in made.outbox()] == ["rules"]


def test_what_people_have_open_is_due_later_and_reminded_later(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    task = """
      - id: prep
        on: opening - 7d
        at: 10:00
        to: manager
        task: Prepare
        due: opening - 1d
        remind: [due - 1d]
"""
    house = House(tmp_path, BOOK + task)
    house.start("2026-06-01T08:00")
    house.run(until="2026-06-14T13:00")
    before = {(t.id, t.due_at) for t in house.store.tasks()}
    assert slip("opening", "+2d", "--yes", "--now", "2026-06-14T13:00") == 0
    tasks = house.store.tasks()
    assert {(t.id, t.due_at - timedelta(days=2)) for t in tasks if t.due_at} == before
    house.run(until="2026-06-17T00:00")
    assert {t.state.name for t in house.store.tasks()} == {"OPEN"}
    assert not [t for t in house.log("task") if t.after == "reminded"]
    house.run(until="2026-06-20T00:00")
    assert {t.after for t in house.log("task")} >= {"reminded", "overdue"}
    assert run(["log"]) == 0
    assert run(["log", "--lang", "zh"]) == 0


NIGHT = """
playbook: festival
title: Festival
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-18}}
guards: {quiet: {from: 22:00, until: 08:00}}
audiences: {groups: {source: groups}}
phases:
  warm:
    from: opening - 7d
    until: opening
    steps:
      - {id: night, on: opening - 2d, at: 23:00, to: groups, send: {text: Soon}}
"""


def test_what_one_slip_pushed_into_the_past_another_brings_back_as_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    house = House(tmp_path, NIGHT)
    house.start("2026-06-01T08:00")
    house.run(until="2026-06-17T01:00")  # handed out on the 16th, held until the morning
    keys = {line.key for line in house.log()}
    assert slip("opening", "--to", "2026-06-17", "--yes", "--now", "2026-06-17T01:00") == 0
    assert {state for *_, state in house.ends()} == {"withdrawn"}
    house.store.leave_out(LeftOut("festival", "night", "", "west"), house.at("2026-06-17T01:10"), "Ann", "no more")
    capsys.readouterr()
    assert slip("opening", "+3d", "--yes", "--now", "2026-06-17T01:30", "--lang", "en") == 0
    assert "1 messages that were withdrawn wait again" in capsys.readouterr().err
    house.run()
    ends = sorted((target, state) for _, target, _, state in house.ends())
    assert ends == [("east", "sent"), ("west", "withdrawn")]
    assert {line.key for line in house.log()} == keys, "no row was made anew"
    assert sent(house) == [("06-19 08:00", "night")]
