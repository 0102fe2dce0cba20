"""A person is exported and forgotten: nothing that was said of them is left in any byte of the database."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from sopengine.engine.bundle import unpack
from sopengine.store.store import open_store
from tests.acceptance.conftest import Cli

NAME, PHONE, NOTE = "喃喃鹿", "13912345678", "对花生过敏zq"
SOURCES = """
[sources.people]
path = "people.csv"
"""
BOOK = """
playbook: care
title: 关怀
timezone: Asia/Shanghai
audiences:
  people: {source: people}
  groups: {source: groups}
events:
  chat.told: {what: text, phone: integer, amount: money}
phases:
  week:
    from: 2026-06-01
    until: 2026-06-08
    steps:
      - {id: hello, on: daily, at: 10:00, to: people, send: {text: '{{ target.name }}，今天好，{{ target.phone }}'}}
      - {id: visit, on: day 1, at: 11:00, to: people, task: '看{{ target.name }}', form: {said: text, count: integer}}
      - {id: mark, on: day 1, at: 09:00, to: people, tag: {seen: '是'}}
      - id: ask
        on: day 2
        at: 12:00
        to: people
        choose:
          - {if: target.name != '路人甲乙', send: {text: '只问{{ target.name }}'}}
        else: {send: {text: 大家好}}
welcome:
  collect: 1m
  steps:
    - {id: greet, after: 0s, send: {text: '欢迎{% for one in event.members %}{{ one.name }} {% endfor %}'}}
    - {id: card, after: 2h, to: member, send: {text: '{{ member.name }}，你的卡'}}
journeys:
  talk:
    on_event: chat.told
    to: member
    exit_when:
      - {event: order.paid, as: bought}
    steps:
      - {id: thank, after: 0s, send: {text: '{{ member.name }}，谢谢你说{{ event.what }}'}}
      - {id: later, after: 30d, at: 10:00, send: {text: '{{ member.name }}，过了一个月'}}
"""


@pytest.fixture
def lived(cli: Cli, workspace: Path) -> Path:
    """A day and a half in which the person is in every place that can hold one."""
    settings = workspace / "sopengine.toml"
    settings.write_text(settings.read_text("utf-8") + SOURCES, "utf-8")
    rows = f"id,name,phone,note\np-1,{NAME},{PHONE},{NOTE}\np-2,路人甲乙,13800000002,无\n"
    (workspace / "people.csv").write_text(rows, "utf-8")
    (workspace / "playbooks/care.yaml").write_text(BOOK, "utf-8")
    cli("start", "playbooks/care.yaml", "--now", "2026-06-01T08:00", "--yes").ok()
    cli("tick", "--now", "2026-06-01T11:05").ok()
    joined = {"member": "p-1", "name": NAME}
    for member in (joined, {"member": "p-9", "name": "新来的"}):
        data = [word for key, value in member.items() for word in ("--data", f"{key}={value}")]
        cli("event", "member.joined", "--subject", "g-donghu-1", *data, "--now", "2026-06-01T11:10").ok()
    talked = [f"what={NOTE}", f"phone={PHONE}", "amount=12.5"]
    data = [word for value in talked for word in ("--data", value)]
    cli("event", "chat.told", "--subject", "p-1", *data, "--now", "2026-06-01T11:10").ok()
    cli("tick", "--now", "2026-06-01T11:12").ok()
    tasks = cli("task", "list", "--json").ok().json()["tasks"]
    mine = next(task["id"] for task in tasks if task["target"] == "p-1")
    cli("task", "done", str(mine), "--field", f"said={NOTE}", "--field", "count=3", "--now", "2026-06-01T12:00").ok()
    cli("skip", "hello", "--campaign", "care", "--target", "p-1", "--reason", f"{NAME}不想收").ok()
    return workspace


def held(root: Path) -> list[str]:
    """Which of the canaries stand in the bytes of the ledger."""
    found = []
    for path in root.glob("sopengine.db*"):
        data = path.read_bytes()
        found += [f"{path.name}: {word}" for word in (NAME, PHONE, NOTE) if word.encode() in data]
    with open_store("sqlite:///sopengine.db", read_only=True) as store:
        lists = [str(unpack(content).sources) for content in store.bundles().values()]
    return found + [f"stored list: {word}" for word in (NAME, PHONE, NOTE) if any(word in one for one in lists)]


def test_everything_is_exported_and_nothing_of_others(cli: Cli, lived: Path) -> None:
    done = cli("member", "export", "p-1").ok()
    found = done.json()
    for place in ("names", "groups", "events", "tags", "journeys", "slots", "messages", "tasks", "log"):
        assert found[place], place
    for word in (NAME, PHONE, NOTE):
        assert word in done.out
    assert "路人甲乙" not in done.out
    assert "people.csv" in found["files"]


def test_nothing_that_was_said_is_left(cli: Cli, lived: Path) -> None:
    assert held(lived), "the canaries are there before"
    before = cli("status", "--json").ok().json()["campaigns"]
    told = cli("member", "forget", "p-1", "--reason", "本人要求", "--yes", "--json", "--now", "2026-06-01T12:30")
    done = told.ok().json()
    assert done["withdrawn"] >= 1
    assert done["lists"] == 1
    assert held(lived) == []
    assert {"people.csv", "outbox.jsonl"} <= set(done["files"])
    after = cli("status", "--json").ok().json()["campaigns"]
    assert after[0]["deliveries"]["sent"] == before[0]["deliveries"]["sent"], "counts stay"
    log = cli("log", "--json").ok().json()["transitions"]
    asked = [line for line in log if line["to"] == "forgotten"]
    assert [(line["reason"], line["at"][:16]) for line in asked] == [("本人要求", "2026-06-01T12:30")]


def test_nothing_more_is_sent_to_them_and_nothing_again(cli: Cli, lived: Path) -> None:
    cli("member", "forget", "p-1", "--reason", "本人要求", "--yes", "--now", "2026-06-01T12:30").ok()
    sent = (lived / "outbox.jsonl").read_text("utf-8").splitlines()
    for now in ("2026-06-01T12:31", "2026-06-01T13:15", "2026-06-02T10:05", "2026-06-02T12:05", "2026-06-09T09:00"):
        cli("tick", "--now", now).ok()
    lines = (lived / "outbox.jsonl").read_text("utf-8").splitlines()
    later = [json.loads(line) for line in lines[len(sent) :]]
    assert "p-1" not in {one["target"] for one in later}
    assert {"p-2", "p-9"} <= {one["target"] for one in later}, "others go on"
    assert held(lived) == []


def test_forgetting_twice_changes_nothing_more(cli: Cli, lived: Path) -> None:
    cli("member", "forget", "p-1", "--reason", "一", "--yes").ok()
    with open_store("sqlite:///sopengine.db") as store:
        before = store.portrait("p-1")
    cli("member", "forget", "p-1", "--reason", "二", "--yes").ok()
    with open_store("sqlite:///sopengine.db") as store:
        after = store.portrait("p-1")
    assert {key: rows for key, rows in after.items() if key != "log"} == {
        key: rows for key, rows in before.items() if key != "log"
    }


def test_they_may_come_back(cli: Cli, lived: Path) -> None:
    """What is told of them later is a new beginning."""
    cli("member", "forget", "p-1", "--reason", "一", "--yes", "--now", "2026-06-01T12:30").ok()
    told = ("--data", "member=p-1", "--data", "name=回来的", "--now", "2026-06-01T14:00")
    cli("event", "member.joined", "--subject", "g-donghu-1", *told).ok()
    cli("tick", "--now", "2026-06-01T14:02").ok()
    assert "欢迎回来的" in (lived / "outbox.jsonl").read_text("utf-8")


def test_pages_that_somebody_still_reads_are_told_and_go_the_next_time(cli: Cli, lived: Path) -> None:
    asked = ("member", "forget", "p-1", "--reason", "本人要求", "--yes", "--now", "2026-06-01T12:30")
    reader = sqlite3.connect("sopengine.db", isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from delivery").fetchone()
    told = cli(*asked)
    assert (told.code, "same command again" in told.err) == (3, True)
    assert held(lived), "the reader keeps the old pages"
    reader.close()
    cli(*asked).ok()
    assert held(lived) == []


def test_who_is_not_known_and_who_does_not_say_why(cli: Cli, lived: Path) -> None:
    nobody = cli("member", "forget", "p-77", "--reason", "一", "--yes")
    assert (nobody.code, "p-77" in nobody.err) == (2, True)
    assert cli("member", "export", "p-77").code == 2
    assert cli("member", "forget", "p-1", "--yes").code == 2
