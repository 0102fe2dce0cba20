"""A running campaign goes on by a new version of its playbook: nothing doubled, nothing lost."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from sopengine.store.rows import EventRow
from tests.support.house import House

HEAD = """
playbook: festival
title: Festival
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-18}}
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {manager: {source: stores, person: manager}}
events: {order.paid: {amount: integer}}
messages: {a: "A {{ slot.time | time('HH:mm') }}", b: "B"}
"""
PHASE = """
phases:
  warm:
    title: Warm
    from: 2026-06-10
    until: opening
    steps:
"""
JOURNEY = """
runs: {from: 2026-06-10, until: 2026-06-20}
journeys:
  paid:
    on_event: order.paid
    to: groups
    steps:
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOPENGINE_DEBUG", "SOPENGINE_LANG", "SOPENGINE_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)


def begun(path: Path, steps: str, flow: str = PHASE) -> House:
    house = House(path, HEAD + flow + steps)
    house.start("2026-06-01T08:00")
    return house


def upgraded(house: House, now: str, steps: str, *words: str, flow: str = PHASE, head: str = HEAD) -> int:
    (house.root / "book.yaml").write_text(head + flow + steps, "utf-8")
    mode = words or ("--apply", "--yes")
    return run(["upgrade", "festival", *mode, "--now", now])


def sent(house: House, target: str = "east") -> list[tuple[str, str]]:
    at = {t.key: f"{t.at.astimezone(house.zone):%m-%d %H:%M}" for t in house.log() if t.after == "sent"}
    return sorted((at[m["key"]], m["step"]) for m in house.outbox() if m["target"] == target)


def plan(house: House, capsys: Any, now: str, steps: str, **named: Any) -> dict[str, Any]:
    capsys.readouterr()
    assert upgraded(house, now, steps, "--plan", "--json", **named) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def statuses(told: dict[str, Any]) -> dict[str, str]:
    return {one["step"]: one["status"] for one in told["steps"]}


FIRST = """
      - {id: early, on: 2026-06-11, at: 09:00, to: groups, send: a}
      - {id: late, on: 2026-06-16, at: 09:00, to: groups, send: a}
      - {id: gone, on: 2026-06-16, at: 10:00, to: groups, send: b}
      - {id: kept, on: 2026-06-16, at: 11:00, to: groups, send: b}
"""
CRON = """      - {id: c, on: 'cron "0 9 * * *"', to: groups, send: b}\n"""
SECOND = """
      - {id: early, on: 2026-06-11, at: 09:30, to: groups, send: b}
      - {id: late, on: 2026-06-15, at: 09:00, to: groups, send: b}
      - {id: kept, on: 2026-06-16, at: 11:00, to: groups, send: b}
      - {id: behind, on: 2026-06-12, at: 09:00, to: groups, send: b}
      - {id: ahead, on: 2026-06-17, at: 09:00, to: groups, send: b}
"""


def test_the_plan_tells_step_by_step_and_changes_nothing(tmp_path: Path, capsys: Any) -> None:
    house = begun(tmp_path, FIRST)
    house.run(until="2026-06-13T12:00")
    told = plan(house, capsys, "2026-06-13T12:00", SECOND)
    assert statuses(told) == {
        "early": "edited-sent",
        "late": "edited-unsent",
        "kept": "same",
        "behind": "added-behind",
        "ahead": "added-ahead",
        "gone": "removed-with-waiters",
    }
    assert told["changes"]
    assert not told["applied"]
    assert house.store.versions("festival") == []
    assert upgraded(house, "2026-06-13T12:00", SECOND, "--plan", "--detailed-exitcode") == 4
    assert upgraded(house, "2026-06-13T12:00", FIRST, "--plan", "--detailed-exitcode") == 0
    assert "nothing changes" in capsys.readouterr().out


def test_what_was_sent_stays_and_the_rest_goes_by_the_new_version(tmp_path: Path) -> None:
    house = begun(tmp_path, FIRST)
    house.run(until="2026-06-13T12:00")
    ids = {row.step: row.id for row, _ in house.store.whole_course("festival")}
    assert upgraded(house, "2026-06-13T12:00", SECOND) == 0
    assert {row.step: row.id for row, _ in house.store.whole_course("festival")}["late"] == ids["late"]
    house.run()
    assert sent(house) == [
        ("06-11 09:00", "early"),
        ("06-15 09:00", "late"),
        ("06-16 11:00", "kept"),
        ("06-17 09:00", "ahead"),
    ]
    late = next(m for m in house.outbox() if m["step"] == "late")
    assert late["text"] == "B"
    (version,) = house.store.versions("festival")
    row = house.store.campaign("festival")
    assert row is not None
    assert (version.kind, version.bundle) == ("upgrade", row.bundle)
    assert row.state == "finished"
    (gone,) = (t for t in house.log("occurrence") if t.step == "gone" and t.after == "withdrawn")
    assert gone.reason == "upgrade"


def test_a_renamed_step_keeps_what_it_did(tmp_path: Path, capsys: Any) -> None:
    house = begun(tmp_path, "      - {id: old, on: [2026-06-11, 2026-06-16], at: 09:00, to: groups, send: a}\n")
    house.run(until="2026-06-13T12:00")
    new = "      - {id: new, was: old, on: [2026-06-11, 2026-06-16], at: 09:00, to: groups, send: a}\n"
    told = plan(house, capsys, "2026-06-13T12:00", new)
    assert [(one["step"], one["was"], one["status"]) for one in told["steps"]] == [("new", "old", "same")]
    assert upgraded(house, "2026-06-13T12:00", new) == 0
    house.run()
    assert [at for at, _ in sent(house)] == ["06-11 09:00", "06-16 09:00"]


def test_the_id_of_a_renamed_step_may_be_used_anew(tmp_path: Path) -> None:
    house = begun(tmp_path, "      - {id: one, on: 2026-06-16, at: 09:00, to: groups, send: a}\n")
    new = """
      - {id: two, was: one, on: 2026-06-16, at: 09:00, to: groups, send: a}
      - {id: one, on: 2026-06-16, at: 10:00, to: groups, send: a}
"""
    assert upgraded(house, "2026-06-13T12:00", new.replace("      - {id: one", "      - {id: x")) == 0
    assert upgraded(house, "2026-06-13T12:01", new) == 0
    house.run()
    assert sent(house) == [("06-16 09:00", "two"), ("06-16 10:00", "one")]


def test_a_removed_step_that_comes_back_is_another(tmp_path: Path) -> None:
    steps = "      - {id: days, on: daily, at: 09:00, to: groups, send: a}\n"
    other = "      - {id: other, on: 2026-06-16, at: 10:00, to: groups, send: b}\n"
    house = begun(tmp_path, steps + other)
    house.run(until="2026-06-13T12:00")
    assert upgraded(house, "2026-06-13T12:00", other) == 0
    assert upgraded(house, "2026-06-13T12:01", steps + other) == 0
    house.run()
    assert [at for at, step in sent(house) if step == "days"] == [f"06-{day} 09:00" for day in range(10, 18)]


def test_one_day_becomes_several_and_one_again(tmp_path: Path) -> None:
    house = begun(tmp_path, "      - {id: x, on: 2026-06-11, at: 09:00, to: groups, send: a}\n")
    house.run(until="2026-06-11T12:00")
    several = "      - {id: x, on: [2026-06-11, 2026-06-13, 2026-06-15], at: 09:00, to: groups, send: a}\n"
    assert upgraded(house, "2026-06-11T12:00", several) == 0
    house.run(until="2026-06-13T12:00")
    single = "      - {id: x, on: 2026-06-15, at: 09:00, to: groups, send: a}\n"
    assert upgraded(house, "2026-06-13T12:00", single) == 0
    house.run()
    assert [at for at, _ in sent(house)] == ["06-11 09:00", "06-13 09:00", "06-15 09:00"]


def test_a_later_slip_never_wakes_what_was_added_in_the_past(tmp_path: Path) -> None:
    house = begun(tmp_path, "      - {id: x, on: opening - 1d, at: 09:00, to: groups, send: a}\n")
    house.run(until="2026-06-13T12:00")
    both = """
      - {id: x, on: opening - 1d, at: 09:00, to: groups, send: a}
      - {id: behind, on: opening - 6d, at: 09:00, to: groups, send: b}
"""
    assert upgraded(house, "2026-06-13T12:00", both) == 0
    assert run(["slip", "festival", "opening", "+5d", "--yes", "--now", "2026-06-13T12:01"]) == 0
    house.run()
    assert sent(house) == [("06-22 09:00", "x")]


def test_entries_under_way_go_on_by_step_id(tmp_path: Path) -> None:
    steps = """
      - {id: thanks, after: 10m, send: a}
      - {id: ask, after: 48h, send: b}
      - {id: last, after: 96h, send: b}
"""
    house = begun(tmp_path, steps, JOURNEY)
    moment = house.at("2026-06-11T09:00")
    house.store.add_event(EventRow("order.paid", "east", {"amount": 1}, moment, "e1"))
    house.tick_every(timedelta(minutes=10), "2026-06-11T09:00", "2026-06-12T10:00")
    new = """
      - {id: before, after: 5m, send: b}
      - {id: thanks, after: 10m, send: a}
      - {id: between, after: 36h, send: b}
      - {id: last, after: 72h, send: b}
      - {id: end, after: 96h, send: b}
"""
    assert upgraded(house, "2026-06-12T10:00", new, flow=JOURNEY) == 0
    house.run(until="2026-06-19T00:00")
    assert sent(house) == [
        ("06-11 09:10", "thanks"),
        ("06-12 21:00", "between"),
        ("06-14 09:00", "last"),
        ("06-15 09:00", "end"),
    ]


def test_a_wait_whose_step_is_removed_lets_its_entry_go_on(tmp_path: Path, capsys: Any) -> None:
    steps = """
      - {id: thanks, after: 10m, send: a}
      - {id: hold, wait: order.paid, for: 3d, timeout: next}
      - {id: last, after: hold + 1h, send: b}
"""
    house = begun(tmp_path, steps, JOURNEY)
    moment = house.at("2026-06-11T09:00")
    house.store.add_event(EventRow("order.paid", "east", {"amount": 1}, moment, "e1"))
    house.tick_every(timedelta(minutes=10), "2026-06-11T09:00", "2026-06-11T12:00")
    new = "      - {id: thanks, after: 10m, send: a}\n      - {id: last, after: 48h, send: b}\n"
    told = plan(house, capsys, "2026-06-11T12:00", new, flow=JOURNEY)
    assert statuses(told)["hold"] == "removed-with-waiters"
    assert upgraded(house, "2026-06-11T12:00", new, flow=JOURNEY) == 0
    house.run(until="2026-06-19T00:00")
    assert [step for _, step in sent(house)] == ["thanks", "last"]


def test_work_of_a_removed_step_is_withdrawn_with_its_reason(tmp_path: Path, capsys: Any) -> None:
    task = "      - {id: call, on: 2026-06-11, at: 09:00, to: manager, task: 'Call', due: 10d}\n"
    other = "      - {id: other, on: 2026-06-16, at: 10:00, to: groups, send: b}\n"
    house = begun(tmp_path, task + other)
    house.run(until="2026-06-13T12:00")
    assert {t.state.name for t in house.store.tasks()} == {"OPEN"}
    told = plan(house, capsys, "2026-06-13T12:00", task.replace("Call", "Call them") + other)
    assert statuses(told)["call"] == "edited-waiting"
    (house.root / "book.yaml").write_text(HEAD + PHASE + other, "utf-8")
    words = ("--apply", "--yes", "--reason", "no calls")
    assert upgraded(house, "2026-06-13T12:00", other, *words) == 0
    assert {(t.state.name, t.reason) for t in house.store.tasks()} == {("WITHDRAWN", "upgrade: no calls")}


@pytest.mark.parametrize(
    ("steps", "head", "says"),
    [
        (FIRST, HEAD.replace("Asia/Shanghai", "Asia/Tokyo"), "timezone cannot change"),
        (FIRST, HEAD.replace("playbook: festival", "playbook: other"), "another playbook"),
        (FIRST.replace("send: a", "send: nothing"), HEAD, "has errors"),
        (FIRST + CRON.replace("0 9", "0 10"), HEAD, "times of cron"),
    ],
)
def test_what_cannot_be_changed_is_refused_and_named(
    tmp_path: Path, capsys: Any, steps: str, head: str, says: str
) -> None:
    house = begun(tmp_path, FIRST + CRON)
    words = ("book.yaml", "--apply", "--yes")
    assert upgraded(house, "2026-06-13T12:00", steps, *words, head=head) == 1
    assert says in capsys.readouterr().err
    assert house.store.versions("festival") == []


def test_a_message_under_way_does_not_become_a_task(tmp_path: Path, capsys: Any) -> None:
    house = begun(tmp_path, "      - {id: x, on: 2026-06-11, at: 09:00, to: manager, task: Call, due: 10d}\n")
    house.run(until="2026-06-11T12:00")
    assert upgraded(house, "2026-06-11T12:00", "      - {id: x, on: 2026-06-11, at: 09:00, to: groups, send: a}\n") == 1
    assert "give it a new id" in capsys.readouterr().err


def test_a_campaign_without_an_end_goes_on_being_planned(tmp_path: Path) -> None:
    weekly = "\nweekly:\n  to: groups\n  steps:\n"
    house = begun(tmp_path, "    - {id: x, on: daily, at: [09:00, 15:00], send: a}\n", weekly)
    house.run(until="2026-06-03T12:00")
    new = "    - {id: x, on: daily, at: [10:00, 15:00], send: a}\n"
    assert upgraded(house, "2026-06-03T12:00", new, flow=weekly) == 0
    house.run(until="2026-07-03T12:00")
    found = [at for at, _ in sent(house)]
    assert len(found) == len(set(found))
    assert found[:6] == ["06-01 09:00", "06-01 15:00", "06-02 09:00", "06-02 15:00", "06-03 09:00", "06-03 15:00"]
    assert found[6:8] == ["06-04 10:00", "06-04 15:00"]
    assert found[-1] == "07-03 10:00"
    assert len(found) == 6 + 2 * 29 + 1


def test_escalations_of_open_tasks_are_not_cut_short(tmp_path: Path, capsys: Any) -> None:
    step = "      - {id: x, on: 2026-06-11, at: 09:00, to: manager, task: Call, due: 10d, escalate: [RULES]}\n"
    rule = "{after: due + 1h, to: manager, how: add}"
    house = begun(tmp_path, step.replace("RULES", rule))
    house.run(until="2026-06-11T12:00")
    assert upgraded(house, "2026-06-11T12:00", step.replace(", escalate: [RULES]", "")) == 1
    assert "escalations of open tasks" in capsys.readouterr().err


def test_a_renamed_module_keeps_what_its_steps_did(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(
        "module: part\ntitle: Part\nmessages: {m: 'M'}\n"
        "steps:\n  - {id: one, on: [2026-06-11, 2026-06-16], at: 09:00, send: m}\n",
        "utf-8",
    )
    house = begun(tmp_path, "      - {id: first, use: part.yaml, to: groups}\n")
    house.run(until="2026-06-13T12:00")
    assert upgraded(house, "2026-06-13T12:00", "      - {id: second, was: first, use: part.yaml, to: groups}\n") == 0
    house.run()
    assert sent(house) == [("06-11 09:00", "first.one"), ("06-16 09:00", "second.one")]


QUIET = """
guards: {quiet: {from: 22:00, until: 08:00}}
"""
NIGHT = "      - {id: x, on: 2026-06-11, at: 23:00, to: groups, send: a}\n"


def test_who_is_not_addressed_any_more_gets_nothing_and_the_reason_is_kept(tmp_path: Path, capsys: Any) -> None:
    head = HEAD.replace("groups: {", "east: {of: groups, where: target.id == 'east'}, groups: {") + QUIET
    house = House(tmp_path, head + PHASE + NIGHT)
    house.start("2026-06-01T08:00")
    house.run(until="2026-06-12T01:00")  # handed out, and held over the night
    narrowed = NIGHT.replace("to: groups", "to: east")
    assert plan(house, capsys, "2026-06-12T01:00", narrowed, head=head)["deliveries_unaddressed"] == 1
    assert upgraded(house, "2026-06-12T01:00", narrowed, head=head) == 0
    assert "1 waiting messages are to targets not addressed any more" in capsys.readouterr().err
    house.run()
    assert [(target, state) for _, target, _, state in house.ends()] == [("east", "sent"), ("west", "withdrawn")]
    (gone,) = [line for line in house.log() if line.after == "withdrawn"]
    assert gone.reason == "upgrade; not addressed any more"


def test_a_name_that_no_step_had_is_refused_with_a_guess(tmp_path: Path, capsys: Any) -> None:
    house = begun(tmp_path, "      - {id: teaser, on: 2026-06-16, at: 09:00, to: groups, send: a}\n")
    new = "      - {id: poster, was: teeser, on: 2026-06-16, at: 09:00, to: groups, send: a}\n"
    assert upgraded(house, "2026-06-13T12:00", new) == 1
    said = capsys.readouterr().err
    assert "step poster: `was: teeser` names no step of the campaign; did you mean teaser?" in said
    assert upgraded(house, "2026-06-13T12:00", new.replace("teeser", "teaser")) == 0
    assert upgraded(house, "2026-06-13T12:01", new.replace("teeser", "teaser").replace("09:00", "10:00")) == 0
    house.run()
    assert sent(house) == [("06-16 10:00", "poster")]
