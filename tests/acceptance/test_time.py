"""Every construct of time: what the dry run shows is what independent arithmetic says and what the engine does."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
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


OWN = """
playbook: own
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-09-24}}
audiences:
  groups:
    source: groups
    sample: {name: Some group, start: 2026-09-24, opens: 09:00, live: 2026-09-25T20:00}
    columns: {start: date, opens: time, closes: time, live: datetime, birthday: date}
messages: {hello: 'Hello {{ target.name }}, no. {{ slot.number }}, day {{ slot.day }} of {{ campaign.day }}'}
"""
HOME = """id,name,start,opens,closes,live,birthday
a,A,2026-09-24,09:00,12:00,2026-09-25T20:00,1990-09-26
b,B,2026-09-27,10:30,14:30,2026-09-26T19:30,1988-10-02
c,C,,,,,
"""
PHASE = """phases:
  own:
    from: BEGIN
    until: END
    steps:
      - id: step
        to: groups
        send: hello
        WHEN
"""
OWN_CASES: dict[str, tuple[str, str]] = {  # what a and b get; c has no values
    "on: target.start - 1d + at: 10:00": ("09-23 10:00", "09-26 10:00"),
    "on: day 1..2 + at: target.opens + 10m": ("09-24 09:10, 09-25 09:10", "09-24 10:40, 09-25 10:40"),
    "at: [target.live - 30m, target.live + 1h]": ("09-25 19:30, 09-25 21:00", "09-26 19:00, 09-26 20:30"),
    "on: day 1 + at: every 2h from target.opens until target.closes": (
        "09-24 09:00, 09-24 11:00",
        "09-24 10:30, 09-24 12:30",
    ),
    "on: target.birthday + at: 08:00": ("09-26 08:00", "10-02 08:00"),
    "on: daily + at: 08:00 + except: [target.birthday, target.start]": (
        "09-25 08:00, 09-27 08:00, 09-28 08:00, 09-29 08:00, 09-30 08:00, 10-01 08:00, 10-02 08:00, 10-03 08:00",
        "09-24 08:00, 09-25 08:00, 09-26 08:00, 09-28 08:00, 09-29 08:00, 09-30 08:00, 10-01 08:00, 10-03 08:00",
    ),
    "on: day 1 + at: 10:00 + useful_until: target.closes": ("09-24 10:00", "09-24 10:00"),
}


@pytest.mark.parametrize("when", OWN_CASES)
def test_each_target_has_its_own_times(cli: Cli, workspace: Path, when: str) -> None:
    book = OWN + PHASE.replace("BEGIN", "opening").replace("END", "opening + 10d")
    planned = plan_and_run(
        cli, workspace, book.replace("WHEN", when.replace(" + ", "\n        ", when.count(": ") - 1)), HOME
    )
    _as_expected(planned, OWN_CASES[when])
    assert "empty" in cli("log", "--target", "c", "--state", "skipped").ok().out


def test_a_community_whose_groups_have_their_own_start(cli: Cli, workspace: Path) -> None:
    book = OWN + PHASE.replace("BEGIN", "target.start").replace("END", "target.start + 5d")
    planned = plan_and_run(cli, workspace, book.replace("WHEN", "on: [day 1, day -1]\n        at: 20:00"), HOME)
    _as_expected(planned, ("09-24 20:00, 09-28 20:00", "09-27 20:00, 10-01 20:00"))
    assert [text for _, target, _, text in planned if target == "b"] == [
        "Hello B, no. 1, day 1 of 1",
        "Hello B, no. 2, day 5 of 5",
    ]


def _as_expected(planned: list[tuple[str, str, datetime, str]], expected: tuple[str, str]) -> None:
    found = {target: [f"{at:%m-%d %H:%M}" for _, whom, at, _ in planned if whom == target] for target in "abc"}
    assert found == {"a": expected[0].split(", "), "b": expected[1].split(", "), "c": []}


LIVE = """
playbook: show
timezone: Asia/Shanghai
inputs: {live: {type: datetime, default: 2026-09-26T20:00, confirm: live.started}}
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages:
  hello: "Hello {{ target.name }}, no. {{ slot.number }} at {{ slot.time }}, live {{ input.live | date('HH:mm') }}"
phases:
  show:
    from: 2026-09-26
    until: 2026-09-28
    steps:
      - {id: soon, at: live - 30m, to: groups, send: hello}
      - {id: now, at: live, to: groups, send: hello}
      - {id: next, on: live + 1d, at: 10:00, to: groups, send: hello}
      - {id: beat, at: every 10m from live until live.ended, max: 5, to: groups, send: hello}
      - {id: bye, after: live.ended + 10m, to: groups, send: {text: Bye}}
"""


def test_a_livestream_as_planned_is_what_the_dry_run_shows(cli: Cli, workspace: Path) -> None:
    (workspace / "playbooks/calendar.yaml").write_text(LIVE, "utf-8")
    (workspace / "data/groups.csv").write_text(GROUPS, "utf-8")
    path = "playbooks/calendar.yaml"
    items = [json.loads(line) for line in cli("dry-run", path, "--now", NOW, "--each", "--jsonl").ok().out.splitlines()]
    states = {item["id"]: item["state"] for item in items}
    assert states == {"soon": "planned", "now": "held", "next": "held", "beat": "held", "bye": "planned"}
    assert {item["after"] for item in items if "after" in item} == {"live.ended + 10m"}

    def planned(*steps: str) -> list[tuple[str, str, datetime, str]]:
        dated = [i for i in items if "at" in i and i["id"] in steps]
        return sorted((i["id"], i["target"], datetime.fromisoformat(i["at"]), i["text"]) for i in dated)

    cli("start", path, "--now", NOW, "--yes").ok()
    assert "waiting for live.started: 7 slots" in cli("status", "--now", NOW).ok().out
    assert cli("status", "--now", NOW, "--json").ok().json()["campaigns"][0]["waiting_for"] == {
        "live.ended": 1,
        "live.started": 7,
    }
    _until(cli, NOW, "2026-09-26T20:00", "live.started")
    _until(cli, "2026-09-26T20:00", "2026-09-26T20:50", "live.ended")
    cli("run", "--now", "2026-09-26T20:50", "--until", UNTIL).ok()
    done = sorted(done_by_engine(cli, workspace))
    assert [one for one in done if one[0] != "bye"] == planned("soon", "now", "next", "beat")
    assert [(target, f"{at:%H:%M}") for step, target, at, _ in done if step == "bye"] == [
        ("east", "21:00"),
        ("west", "21:00"),
    ]


def test_a_livestream_that_starts_late_and_ends_early_moves_and_ends_its_beats(cli: Cli, workspace: Path) -> None:
    (workspace / "playbooks/calendar.yaml").write_text(LIVE, "utf-8")
    (workspace / "data/groups.csv").write_text(GROUPS, "utf-8")
    cli("start", "playbooks/calendar.yaml", "--now", NOW, "--yes").ok()
    _until(cli, NOW, "2026-09-26T20:25", "live.started")
    _until(cli, "2026-09-26T20:25", "2026-09-26T20:48", "live.ended")
    cli("run", "--now", "2026-09-26T20:48", "--until", UNTIL).ok()
    done = sorted(done_by_engine(cli, workspace))
    assert [(step, f"{at:%d %H:%M}", text) for step, target, at, text in done if target == "east"] == [
        ("beat", "26 20:25", "Hello East, no. 1 at 20:25, live 20:25"),
        ("beat", "26 20:35", "Hello East, no. 2 at 20:35, live 20:25"),
        ("beat", "26 20:45", "Hello East, no. 3 at 20:45, live 20:25"),
        ("bye", "26 20:58", "Bye"),
        ("next", "27 10:00", "Hello East, no. 1 at 10:00, live 20:25"),
        ("now", "26 20:25", "Hello East, no. 1 at 20:25, live 20:25"),
        ("soon", "26 19:30", "Hello East, no. 1 at 19:30, live 20:00"),
    ]


def _until(cli: Cli, begin: str, moment: str, event: str) -> None:
    """The engine runs until the moment at which the event is told."""
    cli("run", "--now", begin, "--until", moment).ok()
    cli("event", event, "--subject", "show", "--now", moment).ok()


STORES = "id,name,opens\n" + "".join(f"s{n},Store {n},{8 + n % 5:02}:{n % 4 * 15:02}\n" for n in range(57))


def test_57_stores_with_their_own_opening_hours(cli: Cli, workspace: Path) -> None:
    book = OWN + PHASE.replace("BEGIN", "opening").replace("END", "opening + 3d")
    planned = plan_and_run(cli, workspace, book.replace("WHEN", "on: daily\n        at: target.opens - 15m"), STORES)
    expected = set()
    for day in (24, 25, 26):
        for n in range(57):
            minutes = (8 + n % 5) * 60 + n % 4 * 15 - 15
            expected.add((f"s{n}", f"09-{day} {minutes // 60:02}:{minutes % 60:02}"))
    assert {(target, f"{at:%m-%d %H:%M}") for _, target, at, _ in planned} == expected
    assert len(planned) == 3 * 57


def test_spread_messages_and_tasks_come_one_after_another(cli: Cli, workspace: Path) -> None:
    book = OWN.replace("messages:", "roles: {keeper: {source: groups, person: name}}\nmessages:")
    book += PHASE.replace("BEGIN", "opening").replace("END", "opening + 1d")
    book = book.replace("WHEN", "on: day 1\n        at: 10:00\n        spread: 20m")
    book += "      - {id: work, on: day 1, at: 15:00, to: keeper, task: Count, spread: 10m, due: 1h}\n"
    book += "      - {id: then, after: step + 1h, to: groups, send: hello}\n"
    planned = plan_and_run(cli, workspace, book, STORES)
    times = {step: {target: at for s, target, at, _ in planned if s == step} for step in ("step", "work", "then")}
    begin = datetime.fromisoformat("2026-09-24T10:00+08:00")
    for step, begins, lasts in (("step", begin, 20), ("work", begin + timedelta(hours=5), 10)):
        offsets = sorted(at - begins for at in times[step].values())
        assert len(offsets) == 57
        assert timedelta(0) <= offsets[0]
        assert timedelta(minutes=lasts * 0.7) < offsets[-1] < timedelta(minutes=lasts)
        assert len(set(offsets)) > 45
    assert {t: at - times["step"][t] for t, at in times["then"].items()} == dict.fromkeys(
        times["step"], timedelta(hours=1)
    )
    shown = cli("dry-run", "playbooks/calendar.yaml", "--now", NOW, "--json").ok().json()["items"]
    assert {item["id"]: item.get("last_at", "")[11:16] for item in shown} == {
        item["id"]: f"{max(times[item['id']].values()):%H:%M}" if item["id"] == "step" else "" for item in shown
    }


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
