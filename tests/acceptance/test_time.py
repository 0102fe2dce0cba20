"""Every construct of time: what the dry run shows is what independent arithmetic says and what the engine does."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.test_dry_run_equals_engine import done_by_engine

HEAD = """
playbook: calendar
timezone: Asia/Shanghai
calendar: CN
inputs:
  live: {type: datetime, default: 2026-09-26T20:00}
  close: {type: datetime, default: 2026-09-26T21:00}
audiences:
  groups: {source: groups, sample: {name: Some group}}
messages: {hello: 'Hello {{ target.name }}, no. {{ slot.number }} at {{ slot.time }} of day {{ campaign.day }}'}
runs: {from: 2026-09-24, until: 2026-09-29}
weekly:
  to: groups
  steps:
    - id: step
      send: hello
      WHEN
"""
GROUPS = "id,name\neast,East\nwest,West\n"
BOTH = ("east", "west")
NOW, UNTIL = "2026-09-20T08:00", "2026-10-05T08:00"

# 2026-09-25, a Friday, is lunar 8-15 and a holiday until Sunday
CASES: dict[str, str] = {
    "on: lunar 8-15 + at: 10:00": "09-25 10:00",
    "on: [lunar 8-15, lunar 8-16] + at: [10:00, 19:00]": "09-25 10:00, 09-25 19:00, 09-26 10:00, 09-26 19:00",
    "on: daily + at: 10:00 + except: [lunar 8-15, sun]": "09-24 10:00, 09-26 10:00, 09-28 10:00",
    'on: cron "30 9,17 * * 1-5"': "09-24 09:30, 09-24 17:30, 09-25 09:30, 09-25 17:30, 09-28 09:30, 09-28 17:30",
    'on: cron "0 9 27 * 5"': "09-25 09:00, 09-27 09:00",
    'on: daily + at: 10:00 + except: cron "0 0 * * 6,0"': "09-24 10:00, 09-25 10:00, 09-28 10:00",
    "on: sat + at: every 1h from 20:30 until 23:30": "09-26 20:30, 09-26 21:30, 09-26 22:30",
    "on: sat + at: ['09:00', every 3h from 22:00 until 02:00 +1d]": "09-26 09:00, 09-26 22:00, 09-27 01:00",
    "at: every 15m from live until close + max: 3": "09-26 20:00, 09-26 20:15, 09-26 20:30",
    "at: every 25m from live until 21:15": "09-26 20:00, 09-26 20:25, 09-26 20:50",
}


@pytest.mark.parametrize("when", CASES)
def test_arithmetic_dry_run_and_engine_agree(cli: Cli, workspace: Path, when: str) -> None:
    slots = CASES[when].split(", ")
    expected = [(f"2026-{slot}", target) for slot in slots for target in BOTH]
    planned = plan_and_run(cli, workspace, HEAD.replace("WHEN", lines(when)), GROUPS)
    assert sorted((f"{at:%Y-%m-%d %H:%M}", target) for _, target, at, _ in planned) == sorted(expected)
    number = {slot: n for n, slot in enumerate(slots, 1)}
    for _, target, at, text in planned:
        slot = f"{at:%m-%d %H:%M}"
        assert text == (
            f"Hello {target.title()}, no. {number[slot]} at {at:%H:%M} of day {at.day - 23}"
            if at.hour > 1
            else f"Hello {target.title()}, no. {number[slot]} at {at:%H:%M} of day {at.day - 24}"  # the night before
        )


def lines(when: str) -> str:
    return when.replace(" + ", "\n      ")


def plan_and_run(
    cli: Cli, workspace: Path, book: str, groups: str, *arguments: str
) -> list[tuple[str, str, datetime, str]]:
    """What the dry run lists item by item; it is asserted that the engine did just that."""
    (workspace / "playbooks/calendar.yaml").write_text(book, "utf-8")
    (workspace / "data/groups.csv").write_text(groups, "utf-8")
    path = "playbooks/calendar.yaml"
    shown = cli("dry-run", path, *arguments, "--now", NOW, "--until", UNTIL, "--each", "--jsonl").ok().out
    items = [json.loads(line) for line in shown.splitlines()]
    planned = sorted((i["id"], i["target"], datetime.fromisoformat(i["at"]), i["text"]) for i in items if i["targets"])
    cli("start", path, *arguments, "--now", NOW, "--yes").ok()
    cli("run", "--now", NOW, "--until", UNTIL).ok()
    assert sorted(done_by_engine(cli, workspace)) == planned
    return planned


def test_new_years_eve_of_a_short_month_is_told(cli: Cli, workspace: Path) -> None:
    book = HEAD.replace("2026-09-24", "2026-02-10").replace("2026-09-29", "2026-02-20")
    (workspace / "playbooks/calendar.yaml").write_text(book.replace("WHEN", lines("on: lunar 12-30 + at: 20:00")))
    (workspace / "data/groups.csv").write_text(GROUPS, "utf-8")
    page = cli("dry-run", "playbooks/calendar.yaml", "--now", "2026-02-01T08:00", "--json").ok().json()
    (item,) = page["items"]
    assert item["at"] == "2026-02-16T20:00:00+08:00"
    assert item["diagnostics"] == ["SOP-W511"]
    (told,) = (d for d in page["diagnostics"] if d["code"] == "SOP-W511")
    assert "2026-02-16" in told["message"]
