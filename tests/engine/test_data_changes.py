"""The data after the start: frozen lists keep theirs, live ones follow the file, and the sample never stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.campaign import read_campaign
from sopengine.clock import ManualClock
from sopengine.diagnostics import Text
from sopengine.engine.start import start
from sopengine.engine.tick import Engine, Pass
from sopengine.errors import SopError
from sopengine.store.rows import EventRow
from sopengine.workspace import open_channels, read_sources
from tests.support.house import TOML, House

BOOK = """
playbook: p
title: P
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences: {groups: {source: groups%s, sample: {name: Some group}}}
messages: {a: 'A {{ target.name }}', b: 'B {{ target.name }}'}
phases:
  only:
    title: Only
    from: opening
    until: opening + 2d
    steps:
      - {id: a, on: day 1, at: 10:00, to: groups, send: a, audience: %s}
      - {id: b, after: a + 1h, to: groups, send: b, audience: %s}
"""
ROWS = "id,name\neast,East\nsouth,South\n"


def begun(path: Path, audience: str, zone: str = "", groups: str = "id,name\neast,East\nwest,West\n") -> House:
    house = House(path, BOOK % (zone, audience, audience), groups=groups)
    house.start("2026-03-01T08:00", opening="2026-03-02")
    return house


def texts(house: House) -> list[str]:
    return [m["text"] for m in house.outbox()]


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_a_frozen_audience_is_the_one_of_the_start(tmp_path: Path, change: str) -> None:
    house = begun(tmp_path, "frozen")
    for name in ("groups.csv", "book.yaml"):
        (tmp_path / name).write_text("id,name\nsouth,South\n", "utf-8")
        if change == "deleted":
            (tmp_path / name).unlink()
    house.run()
    assert texts(house) == ["A East", "A West", "B East", "B West"]


def test_a_live_audience_is_the_one_of_the_moment(tmp_path: Path) -> None:
    house = begun(tmp_path, "live")
    (tmp_path / "groups.csv").write_text(ROWS, "utf-8")
    house.tick("2026-03-02T10:00")
    assert texts(house) == ["A East", "A South"]
    (tmp_path / "groups.csv").write_text("id,name\neast,East 2\nwest,West\n", "utf-8")
    house.tick("2026-03-02T11:00")
    assert texts(house)[2:] == ["B East 2"], "South has left, and West never got the first message"


def test_a_list_given_for_one_campaign_is_never_exchanged_for_the_workspaces(tmp_path: Path) -> None:
    """A pilot with two groups: a live audience, which every campaign without an end has, must not reach all others."""
    pilot = tmp_path / "pilot.csv"
    house = House(tmp_path, BOOK % ("", "live", "live"), groups=ROWS)
    pilot.write_text("id,name\neast,East\n", "utf-8")
    moment = house.at("2026-03-01T08:00")
    read = read_campaign(
        str(tmp_path / "book.yaml"), house.workspace, {"opening": "2026-03-02"}, {"groups": pilot}, "2026-03-01T08:00"
    )
    start(house.store, read.named("p"), read.bundle, moment, "test")
    house.run()
    assert texts(house) == ["A East", "B East"]


def test_a_row_removed_after_its_slot_came_still_gets_its_message(tmp_path: Path) -> None:
    """It was decided at the slot; a pause held it back."""
    house = begun(tmp_path, "live")
    house.store.pause("channel", "file", house.at("2026-03-02T09:00"), "test")
    house.tick("2026-03-02T10:00")
    (tmp_path / "groups.csv").write_text("id,name\nsouth,South\n", "utf-8")
    house.store.resume("channel", "file", house.at("2026-03-02T10:05"), "test")
    house.tick()
    assert texts(house) == ["A East", "A West"]


def test_a_source_that_left_the_workspace_is_waited_for_and_never_replaced_by_the_sample(tmp_path: Path) -> None:
    house = begun(tmp_path, "live")
    (tmp_path / "sopengine.toml").write_text(TOML.replace('[sources.groups]\npath = "groups.csv"\n', ""), "utf-8")
    house.tick("2026-03-02T10:00")
    assert house.outbox() == []
    (tmp_path / "sopengine.toml").write_text(TOML, "utf-8")
    house.tick("2026-03-02T10:20")
    assert texts(house) == ["A East", "A West"]


def test_when_a_zone_is_left_by_all_its_groups_the_others_are_not_written_to_twice(tmp_path: Path) -> None:
    zones = "id,name,zone\neast,East,Asia/Shanghai\nyork,York,America/New_York\n"
    house = begun(tmp_path, "live", ", zone: target.zone", zones)
    (tmp_path / "groups.csv").write_text("id,name,zone\neast,East,Asia/Shanghai\n", "utf-8")
    house.run()
    assert texts(house) == ["A East", "B East"]


class Breaking:
    """Sources that can be read until somebody is writing them."""

    def __init__(self, house: House) -> None:
        self.house, self.broken = house, False

    def __call__(self, names: Sequence[str]) -> Mapping[str, Sequence[Mapping[str, str]]]:
        if self.broken:
            raise SopError(Text("读不了", "cannot be read"))
        return read_sources(self.house.workspace, names, {})[0]


def engine_of(house: House, sources: Any) -> Engine:
    return Engine(house.store, open_channels(house.workspace), house.clock, sources, owner="test")


def tick(engine: Engine, house: House, now: str) -> Pass:
    house.at(now)
    assert isinstance(house.clock, ManualClock)
    return engine.tick()


def test_live_data_that_cannot_be_read_holds_nothing_else_up_and_is_missed_when_too_late(tmp_path: Path) -> None:
    house = begun(tmp_path, "live")
    sources = Breaking(house)
    with engine_of(house, sources) as engine:
        tick(engine, house, "2026-03-02T10:00")
        sources.broken = True
        done = tick(engine, house, "2026-03-02T11:00")
        assert done.next_due is not None, "it is tried again"
        assert len(house.outbox()) == 2
        tick(engine, house, "2026-03-02T11:30")
        assert [t for t in house.log("occurrence") if t.step == "b"] == []
        tick(engine, house, "2026-03-02T11:31")
    (end,) = [t for t in house.log("occurrence") if t.step == "b"]
    assert (end.after, end.reason) == ("missed", "cannot be read")


def test_a_welcome_of_a_group_that_came_later_uses_its_own_audience(tmp_path: Path) -> None:
    book = """
playbook: door
title: Door
timezone: Asia/Shanghai
audiences: {groups: {source: groups, via: manual, sample: {name: Some group}}}
roles: {manager: {source: stores, person: manager, match: store}}
messages: {hello: 'Welcome to {{ target.name }}'}
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: hello}
    - {id: call, after: 1m, to: manager, task: Call}
"""
    house = House(tmp_path, book, groups="id,name,store\neast,East,s1\n")
    house.start("2026-03-02T08:00")
    (tmp_path / "groups.csv").write_text("id,name,store\nsouth,South,s9\n", "utf-8")
    (tmp_path / "stores.csv").write_text("id,name,manager\ns9,Ninth,Cai\n", "utf-8")
    house.store.add_event(EventRow("member.joined", "south", {}, house.at("2026-03-02T09:00")))
    house.tick()
    (task,) = house.store.tasks()
    assert task.title == "Welcome to South"
    house.store.complete_task(task.id, house.clock.now(), "Ann")
    house.tick("2026-03-02T09:01")
    assert [(t.title, t.person) for t in house.store.tasks() if t.step == "call"] == [("Call", "Cai")]
