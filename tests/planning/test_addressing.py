"""Which channel and address a delivery gets, and who is meant (language.md, Addressing and Roles)."""

from __future__ import annotations

import pytest

from sopengine.planning.data import typed_sources
from sopengine.planning.deliveries import address_of, channel_for, fan_out
from sopengine.planning.journeys import enrol
from sopengine.planning.model import Occurrence
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from tests.planning.books import Rows, campaign, local
from tests.planning.test_lateness import FAR

BOOK = """
playbook: p
title: P
timezone: Asia/Shanghai
runs: {from: 2026-03-02, until: 2026-03-04}
audiences: {groups: {source: groups%s, sample: {name: Some group, channel: x}}}
messages: {a: A}
weekly: {to: groups, steps: [{id: x, on: mon, at: 09:00, send: a%s}]}
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: a%s}
    - {id: two, after: 1d, at: [10:00, 18:00], send: a}
    - {id: three, after: two + 1h, send: a}
"""


def welcome(targets: Targets, subject: str) -> list[Occurrence]:
    made, at = targets.campaign, local("2026-03-02T10:00")
    journey, row = made.playbook.welcome, targets.subject(subject)
    assert journey is not None
    assert row is not None
    return enrol(Targets(made), journey, row, "Asia/Shanghai", {}, "1", at)


@pytest.mark.parametrize("step", ["", ", via: step"])
@pytest.mark.parametrize("audience", ["", ", via: audience"])
@pytest.mark.parametrize("row", ["", "row"])
def test_step_before_row_before_audience_before_workspace(step: str, audience: str, row: str) -> None:
    rows: Rows = ({"id": "east", "name": "East", "channel": row},)
    made = campaign(BOOK % (audience, step, step), sources={"groups": rows})
    targets = Targets(made)
    expected = "step" if step else row or ("audience" if audience else "house")
    (weekly,) = plan(made, targets, *FAR)
    assert [d.channel for d in fan_out(made, targets, weekly)] == [expected]
    first = welcome(targets, "east")[0]
    assert [d.channel for d in fan_out(made, targets, first)] == [expected], "the subject came from that audience"


def test_tasks_tell_people_through_their_own_channel() -> None:
    book = BOOK % ("", "", "")
    book = book.replace("send: a}]}", "task: Do it}]}")
    made = campaign(book, tasks_via="phone")
    (slot,) = plan(made, Targets(made), *FAR)
    assert {channel_for(Targets(made), slot.step, row) for row in Targets(made).rows("groups")} == {"phone"}


@pytest.mark.parametrize(
    ("row", "address"),
    [({"address": "a", "secret": "s"}, "a"), ({"address": "", "secret": "s"}, "s"), ({}, "")],
)
def test_the_address_or_the_name_of_its_secret(row: dict[str, str], address: str) -> None:
    assert address_of(row) == address


def test_what_follows_two_times_of_a_day_comes_twice() -> None:
    found = welcome(Targets(campaign(BOOK % ("", "", ""))), "east")
    assert [o.step.id for o in found] == ["hello", "two", "two", "three", "three"]
    assert len({o.key for o in found}) == len(found)


@pytest.mark.parametrize(("zone", "help"), [("Asia/Shangai", "Asia/Shanghai"), ("+08:00", "Asia/Shanghai")])
def test_a_zone_in_the_data_that_does_not_exist_is_a_finding(zone: str, help: str) -> None:
    playbook = campaign(BOOK % (", zone: target.zone", "", "")).playbook
    rows = [{"id": f"g{n}", "name": "G", "zone": zone} for n in range(3)]
    (finding,) = typed_sources(playbook, {"groups": rows}).diagnostics
    assert finding.code == "SOP-S213"
    assert "g0" in finding.message.en
    assert zone in finding.message.en
    assert finding.help is not None
    assert help in finding.help.en


def test_an_empty_zone_is_the_playbooks_own() -> None:
    rows: Rows = ({"id": "a", "name": "A", "zone": ""}, {"id": "b", "name": "B", "zone": "Asia/Tokyo"})
    targets = Targets(campaign(BOOK % (", zone: target.zone", "", ""), sources={"groups": rows}))
    assert [row["id"] for row in targets.in_zone("groups", "Asia/Shanghai")] == ["a"]


def test_when_all_rows_of_a_zone_have_left_nobody_else_takes_their_place() -> None:
    rows: Rows = ({"id": "a", "name": "A", "zone": "Asia/Tokyo"},)
    targets = Targets(campaign(BOOK % (", zone: target.zone", "", ""), sources={"groups": rows}))
    assert list(targets.in_zone("groups", "America/New_York")) == []
