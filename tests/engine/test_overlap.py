"""`overlap` (semantics.md S4): one campaign of a playbook and key at a time, unless the playbook says otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from sopengine.engine import start
from tests.support.house import House

BOOK = """
playbook: p
title: Morning
timezone: Asia/Shanghai
audiences: {groups: {source: groups}}
roles: {lead: {person: Lin}}
runs: {from: 2026-03-02, until: 2026-03-05}
%s
weekly:
  to: groups
  steps:
    - {id: a, on: daily, at: 10:00, send: {text: '{{ campaign.id }}'}, if_past: skip}
    - {id: t, on: daily, at: 09:00, to: lead, task: Look, due: 2h, if_past: skip}
"""
OPEN = BOOK.replace("runs: {from: 2026-03-02, until: 2026-03-05}", "")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)

    def call(*words: str, code: int = 0) -> str:
        found = run(["--lang", "en", *words])
        shown = capsys.readouterr()
        assert found == code, shown
        return shown.out + shown.err

    return call


def begin(told: Any, now: str, *words: str, code: int = 0) -> str:
    said: str = told("start", "book.yaml", "--now", now, "--yes", *words, code=code)
    return said


def states(house: House) -> dict[str, str]:
    return {row.id: row.state for row in house.store.campaigns()}


def test_one_at_a_time_unless_something_else_is_said_or_the_key_is_another(tmp_path: Path, told: Any) -> None:
    house = House(tmp_path, BOOK % "")
    begin(told, "2026-03-01T12:00")
    assert "campaign p is still running; give --key" in begin(told, "2026-03-01T12:00", code=1)
    begin(told, "2026-03-01T12:00", "--key", "east")
    assert "campaign p-east is still running" in begin(told, "2026-03-01T12:00", "--key", "east", code=1)
    assert states(house) == {"p": "running", "p-east": "running"}


def test_the_queue_begins_by_itself_one_after_the_other(tmp_path: Path, told: Any) -> None:
    house = House(tmp_path, OPEN % "overlap: queue(2)")
    begin(told, "2026-03-02T08:00")
    said = begin(told, "2026-03-02T08:00")
    assert "p-2 (Morning) waits: it begins by itself when p has ended" in said
    assert json.loads(begin(told, "2026-03-02T08:00", "--json"))["after"] == ["p", "p-2"]
    assert "overlap: queue(2) is full: p-2, p-3" in begin(told, "2026-03-02T08:00", code=1)
    assert begin(told, "2026-03-02T08:00", "--key", "x").startswith("Started p-x")
    listed = json.loads(told("status", "--json", "--now", "2026-03-02T09:00"))
    assert [(one["campaign"], one["place"]) for one in listed["queued"]] == [("p-2", 1), ("p-3", 2)]
    assert "p-2 waits in the queue" in told("why", "a", "--campaign", "p-2", code=2)

    house.run(until="2026-03-02T12:00")
    assert {m["text"] for m in house.outbox()} == {"p", "p-x"}, "nothing of those that wait"
    told("stop", "p", "--reason", "enough", "--yes", "--now", "2026-03-02T12:00")
    house.tick("2026-03-02T12:01")
    assert states(house) == {"p": "stopped", "p-x": "running", "p-2": "running"}
    (line,) = [t for t in house.store.log() if t.key == "p-2" and t.after == "running"]
    assert (line.before, line.reason) == ("queued", "those before it have ended")
    told("stop", "p-3", "--reason", "no more", "--yes", "--now", "2026-03-02T13:00")
    told("stop", "p-2", "--reason", "no more", "--yes", "--now", "2026-03-02T13:00")
    house.run(until="2026-03-03T12:00")
    assert states(house) == {"p": "stopped", "p-x": "running", "p-2": "stopped"}
    assert [t.after for t in house.store.log() if t.key == "p-3"] == ["queued", "stopped"]


def test_one_that_ends_is_followed_and_what_is_past_by_then_is_left_out(tmp_path: Path, told: Any) -> None:
    house = House(tmp_path, BOOK % "overlap: queue(2)")
    begin(told, "2026-03-01T12:00")
    (tmp_path / "book.yaml").write_text((BOOK % "overlap: queue(2)").replace("until: 2026-03-05", "until: 2026-03-07"))
    begin(told, "2026-03-01T12:00")
    begin(told, "2026-03-01T12:00")
    house.run()
    assert states(house) == dict.fromkeys(("p", "p-2", "p-3"), "finished")
    sent = [m["text"] for m in house.outbox()]
    assert (sent.count("p"), sent.count("p-2"), sent.count("p-3")) == (6, 4, 0)
    second = house.store.campaign("p-2")
    assert second is not None
    assert f"{second.started_at.astimezone(house.zone):%m-%d %H:%M}" == "03-05 00:00"
    assert [t.after for t in house.store.log() if t.key == "p-3"] == ["queued", "running", "finished"]


def test_a_restart_stops_the_one_before_with_the_reason_and_says_so_before(tmp_path: Path, told: Any) -> None:
    house = House(tmp_path, BOOK % "overlap: restart")
    begin(told, "2026-03-01T12:00")
    house.run(until="2026-03-02T09:30")
    asked = told("start", "book.yaml", "--now", "2026-03-02T09:30", code=2)
    assert "p is stopped, p-2 takes its place: 0 messages, 1 tasks and 5 slots ahead are withdrawn" in asked
    assert states(house) == {"p": "running"}, "nobody has said yes"
    assert "p is stopped" in begin(told, "2026-03-02T09:30")
    assert states(house) == {"p": "stopped", "p-2": "running"}
    house.run()
    assert {m["text"] for m in house.outbox()} == {"p-2"}
    why = told("why", "a", "--campaign", "p", "--now", "2026-03-06T12:00")
    assert "its campaign was stopped (p-2 takes its place)" in why
    task = house.store.tasks()[0]
    assert (task.state.name, task.reason) == ("WITHDRAWN", "stopped: p-2 takes its place")


def test_some_may_run_at_once(tmp_path: Path, told: Any) -> None:
    house = House(tmp_path, BOOK % "overlap: parallel(2)")
    begin(told, "2026-03-01T12:00")
    begin(told, "2026-03-01T12:00")
    assert "overlap: parallel(2) is full: p, p-2" in begin(told, "2026-03-01T12:00", code=1)
    house.run()
    assert sorted({m["text"] for m in house.outbox()}) == ["p", "p-2"]
    assert begin(told, "2026-03-06T12:00").startswith("Started p-3")


@pytest.mark.parametrize("overlap", ["", "overlap: restart", "overlap: queue(2)", "overlap: parallel(2)"])
def test_of_two_starts_at_the_same_moment_one_is_told_of_the_other(
    tmp_path: Path, told: Any, monkeypatch: pytest.MonkeyPatch, overlap: str
) -> None:
    house = House(tmp_path, BOOK % overlap)
    look = start.place_of

    def slow(*given: Any) -> start.Place:
        """The other start comes between the look at what runs and the commit."""
        monkeypatch.setattr(start, "place_of", look)
        found = look(*given)
        begin(told, "2026-03-01T12:00")
        return found

    monkeypatch.setattr(start, "place_of", slow)
    said = begin(told, "2026-03-01T12:00", code=3)
    assert "campaign p was started by another command just now" in said
    assert states(house) == {"p": "running"}
    assert house.store.queued() == []
