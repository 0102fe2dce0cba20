"""`after: step + delay` in phases: target by target for one audience, as a whole for different people."""

from __future__ import annotations

from pathlib import Path

from tests.support.house import House

BOOK = """
playbook: chain
title: Chain
timezone: Asia/Shanghai
inputs: {{opening: {{type: date}}}}
audiences: {{groups: {{source: groups, sample: {{name: Some group, zero: 1}}}}}}
roles: {{manager: {{source: stores, person: manager}}}}
messages: {{teaser: 'Teaser', more: 'More', bad: '{{{{ 1 / target.zero }}}}'}}
phases:
  only:
    title: Only
    from: opening
    until: opening + 2d
    steps:
      - {{id: teaser, on: day 1, at: 10:00, to: groups, send: {first}{via}}}
      - {{id: more, after: teaser + 2h, to: groups, send: more}}
      - {{id: ask, after: teaser + 1h, to: manager, task: Ask around}}
"""


def test_each_target_goes_on_from_its_own_moment(tmp_path: Path) -> None:
    house = House(tmp_path, BOOK.format(first="teaser", via=", via: manual"))
    house.start("2026-03-01T08:00", opening="2026-03-02")
    house.tick("2026-03-02T10:00")
    east, west = house.store.tasks()
    house.store.complete_task(east.id, house.at("2026-03-02T10:20"), "Ann")
    house.tick("2026-03-02T12:19")
    assert house.outbox() == []
    house.tick("2026-03-02T12:20")
    assert [(m["target"], m["text"]) for m in house.outbox()] == [("east", "More")]
    house.store.complete_task(west.id, house.at("2026-03-02T13:00"), "Ann")
    house.tick("2026-03-02T15:00")
    assert [m["target"] for m in house.outbox()] == ["east", "west"]
    work = [t for t in house.store.tasks() if t.step == "ask"]
    assert len(work) == 2  # both managers, an hour after the last group was done
    assert {f"{t.created_at.astimezone(house.zone):%H:%M}" for t in work} == {"15:00"}


def test_what_was_not_sent_ends_its_dependents(tmp_path: Path) -> None:
    groups = "id,name,zero\neast,East,0\nwest,West,0\n"
    house = House(tmp_path, BOOK.format(first="bad", via=""), groups=groups)
    house.start("2026-03-01T08:00", opening="2026-03-02")
    house.tick("2026-03-02T10:00")
    house.run(until="2026-03-03T00:00")
    states = {(step, target): state for step, target, _, state in house.ends()}
    assert states[("teaser", "east")] == states[("teaser", "west")] == "failed"
    assert states[("more", "east")] == states[("more", "west")] == "skipped"
    reasons = {t.reason for t in [*house.log(), *house.log("occurrence")] if t.after == "skipped"}
    assert reasons == {"dependency"}
    assert house.store.tasks() == []


def test_the_dry_run_estimate_is_kept_when_all_goes_well(tmp_path: Path) -> None:
    house = House(tmp_path, BOOK.format(first="teaser", via=""))
    house.start("2026-03-01T08:00", opening="2026-03-02")
    house.run()
    assert house.ends() == [
        ("teaser", "east", "03-02 10:00", "sent"),
        ("teaser", "west", "03-02 10:00", "sent"),
        ("more", "east", "03-02 12:00", "sent"),
        ("more", "west", "03-02 12:00", "sent"),
    ]
    row = house.store.campaign("chain")
    assert row is not None
    assert row.state == "finished"
