"""Two campaigns in the same groups: what the dry run of one foretells of both is what the engine then does."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sopengine.resources import resource
from tests.acceptance.conftest import Cli

NOW = ("--now", "2026-11-27T09:00")
HEAD = """
playbook: %s
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-12-01}}
audiences: {groups: {source: groups, via: robot, sample: {name: G}}}
roles: {manager: {source: stores, person: manager}}
guards:
  cap: [{per: target, max: 3, window: calendar-month}]
phases:
  only:
    from: opening
    until: opening + 4d
    steps:
"""
MINE = (
    HEAD % "mine"
    + """
      - {id: hi, on: day 1, at: "20:00", to: groups, send: {text: "今晚八点，来群里看看新到的面包和茶，前一百名有礼。"}}
      - {id: again, on: day 3, at: "20:00", to: groups, send: {text: 第三天了，看看还有什么。}}
      - {id: prepare, on: day 1, at: "10:00", to: manager, task: 备货, due: 2h}
      - {id: shelf, on: day 1, at: "11:00", to: manager, task: 上架, due: 2h}
"""
)
OTHER = (
    HEAD % "other"
    + """
      - {id: hello, on: day 1, at: "20:05", to: groups, send: {text: "今晚八点，来群里看新到的面包和茶，前五十名有礼"}}
      - {id: bye, on: day 2, at: "19:00", to: groups, send: {text: 明天就结束了，还没来的抓紧。}}
      - {id: work, on: day 1, at: "09:00", to: manager, task: 摆好展台, due: 2h}
"""
)
CAMPAIGN = "campaign: winter\nplaybook: ../playbooks/other.yaml\n"


@pytest.fixture
def shop(workspace: Path) -> Path:
    (workspace / "data/groups.csv").write_text("id,name\neast,East\nwest,West\nnorth,North\n", "utf-8")
    (workspace / "data/stores.csv").write_text("id,name,manager\ns1,First,Ann\ns2,Second,Ben\n", "utf-8")
    (workspace / "playbooks/mine.yaml").write_text(MINE, "utf-8")
    (workspace / "playbooks/other.yaml").write_text(OTHER, "utf-8")
    (workspace / "campaigns/winter.yaml").write_text(CAMPAIGN, "utf-8")
    toml = (workspace / "sopengine.toml").read_text("utf-8")
    (workspace / "sopengine.toml").write_text(
        toml.replace('redirect = "file"', 'redirect = "file"\nrate = 4', 1), "utf-8"
    )
    return workspace


def foretold(cli: Cli, *more: str, now: tuple[str, ...] = NOW) -> Any:
    document = cli("dry-run", "playbooks/mine.yaml", *now, "--json", *more).ok().json()
    schema = json.loads((resource("schemas") / "dry-run.schema.json").read_text("utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft7Validator)
    return document


def met(seen: Any) -> set[tuple[str, str, str, str, str, int]]:
    return {
        (one["kind"], one["step"], one["campaign"], one["standing"], one["their_step"], one["targets"])
        for one in seen["collisions"]
    }


def test_a_planned_campaign_is_looked_at_from_its_file(cli: Cli, shop: Path) -> None:
    document = foretold(cli)
    assert [(one["campaign"], one["standing"], one["file"]) for one in document["across"]["beside"]] == [
        ("winter", "planned", "campaigns/winter.yaml")
    ]
    assert met(document["across"]) == {
        ("close", "hi", "winter", "planned", "hello", 3),
        ("alike", "hi", "winter", "planned", "hello", 3),
    }
    placed = [(d["code"], d["line"]) for d in document["diagnostics"] if d["code"] in ("SOP-W534", "SOP-W535")]
    assert placed == [("SOP-W534", 15), ("SOP-W535", 15)]
    said = " ".join(cli("dry-run", "playbooks/mine.yaml", *NOW).ok().out.split())
    assert (
        "step hi (12-01 20:00) and step hello of winter, planned (12-01 20:05), reach the same 3 targets "
        "within minutes" in said
    )
    page = shop / "page.html"
    cli("dry-run", "playbooks/mine.yaml", *NOW, "--html", str(page)).ok()
    assert "winter/hello" in page.read_text("utf-8")


def test_what_is_no_concern_of_the_campaign_is_not_told(cli: Cli, shop: Path) -> None:
    assert foretold(cli, "--from", "2026-12-03")["across"]["collisions"] == []
    # a campaign file of the playbook itself is what will start it
    (shop / "campaigns/mine.yaml").write_text("campaign: advent\nplaybook: ../playbooks/mine.yaml\n", "utf-8")
    (shop / "campaigns/winter.yaml").write_text(CAMPAIGN + "inputs: {opening: 2026-10-01}\n", "utf-8")
    assert foretold(cli)["across"]["beside"] == []
    (shop / "campaigns/winter.yaml").write_text(CAMPAIGN + "inputs: {closing: 2026-10-01}\n", "utf-8")
    (one,) = foretold(cli)["across"]["beside"]
    assert (one["campaign"], one["errors"]) == ("winter", 1)
    # by its own file it is held against all others, and never against itself
    document = cli("dry-run", "campaigns/mine.yaml", *NOW, "--json").ok().json()
    assert [one["campaign"] for one in document["across"]["beside"]] == ["winter"]


def test_words_that_this_campaign_replaces_are_no_collision(cli: Cli, shop: Path) -> None:
    replaced = MINE.replace("    steps:\n", "    during: {other/hello: skip}\n    steps:\n", 1)
    (shop / "playbooks/mine.yaml").write_text(replaced, "utf-8")
    assert foretold(cli)["across"]["collisions"] == []


@pytest.mark.parametrize(("most", "of_mine"), [(4, 2), (3, 1)])
def test_the_engine_does_what_was_foretold(cli: Cli, shop: Path, most: int, of_mine: int) -> None:
    """With a cap of three there is no room for the second message of the campaign that comes later."""
    for name in ("mine", "other"):
        book = shop / f"playbooks/{name}.yaml"
        book.write_text(book.read_text("utf-8").replace("max: 3", f"max: {most}"), "utf-8")
    cli("start", "campaigns/winter.yaml", *NOW, "--yes").ok()
    document = foretold(cli)
    seen = document["across"]
    assert [(one["campaign"], one["standing"]) for one in seen["beside"]] == [("winter", "running")]

    cli("start", "playbooks/mine.yaml", *NOW, "--yes").ok()
    cli("run", *NOW, "--until", "2026-12-01T21:00").ok()
    half = foretold(cli, now=("--now", "2026-12-01T21:00"))["across"]
    assert [(row["used"], row["planned"], row["others"]) for row in half["caps"]] == [(2, 1, 1)] * 3 * (of_mine - 1)
    cli("run", "--now", "2026-12-01T21:00", "--until", "2026-12-08T00:00").ok()

    log = cli("log", "--json").ok().json()["transitions"]
    gone = [row for row in log if row["to"] == "sent"]
    people = {"s1": "Ann", "s2": "Ben"}
    sent = [(row["target"], row["campaign"], row["step"], _at(row)) for row in gone if row["target"] not in people]
    assert len(sent) == 3 * (2 + of_mine)

    close = set()
    for target in {one[0] for one in sent}:
        mine = sorted((one for one in sent if one[0] == target), key=lambda one: one[3])
        for one, two in pairwise(mine):
            if one[1] != two[1] and two[3] - one[3] <= timedelta(minutes=10):
                close.add((one[2], two[2]))
    assert close == {(one["step"], one["their_step"]) for one in seen["collisions"] if one["kind"] == "close"}

    used = Counter(f"groups/{one[0]}" for one in sent)
    assert {row["target"]: row["used"] + row["planned"] + row["others"] for row in seen["caps"]} == dict(used)
    assert {(row["month"], row["limit"], row["left"]) for row in seen["caps"]} == {("2026-12", most, 0)}

    tasks = [row for row in gone if row["target"] in people]  # their notices
    work = Counter((people[row["target"]], str(_at(row).date())) for row in tasks)
    assert {(row["person"], row["date"]): row["tasks"] for row in seen["loads"]} == dict(work)
    assert {(row["planned"], row["others"]) for row in seen["loads"]} == {(2, 1)}

    (busy,) = seen["addresses"]
    assert (busy["address"], busy["planned"], busy["others"], busy["rate"]) == ("robot/", 3, 0, 4)


def _at(row: Any) -> datetime:
    return datetime.fromisoformat(row["at"])


def test_an_address_counts_what_others_send(cli: Cli, shop: Path) -> None:
    (shop / "playbooks/other.yaml").write_text(OTHER.replace("20:05", "20:00"), "utf-8")
    (busy,) = foretold(cli)["across"]["addresses"]
    # burst 3, then one a minute: of six together the sixth waits three minutes
    assert (busy["planned"], busy["others"], busy["rate"], busy["per_seconds"]) == (3, 3, 4, 60)
    assert busy["late_seconds"] == 180
    assert date.fromisoformat(busy["at"][:10]) == date(2026, 12, 1)
    assert "3 / " not in cli("dry-run", "playbooks/mine.yaml", *NOW).ok().out
