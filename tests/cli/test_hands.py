"""What a person decides, by command: the list, the decision, the log, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from tests.support.house import House
from tests.support.robot_server import RobotServer, cut, errcode
from tests.support.robots import robot_house, serving

BOOK = """
playbook: posts
title: Posts
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-03-02, until: 2026-03-09}
messages: {hello: 'Hello {{ target.name }}', noon: 'Noon'}
weekly:
  to: groups
  steps:
    - {id: hello, on: mon, at: 09:00, send: hello}
    - {id: noon, on: daily, at: 12:00, send: noon}
"""


@pytest.fixture
def server() -> Iterator[RobotServer]:
    yield from serving()


@pytest.fixture
def made(tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch) -> House:
    """East's answer was lost, west was refused."""
    for name in ("SOPENGINE_DEBUG", "SOPENGINE_LANG", "SOPENGINE_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    house = robot_house(tmp_path, server, BOOK, monkeypatch)
    server.script("key-east-0123456789", [cut()])
    server.script("key-west-0123456789", [errcode(93000)])
    house.start("2026-03-01T12:00")
    house.tick("2026-03-02T09:00")
    return house


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Any:
    def said(*words: str) -> Said:
        code = run(list(words))
        shown = capsys.readouterr()
        return Said(code, shown.out, shown.err)

    return said


AT = ("--now", "2026-03-02T09:30")


def test_the_list_has_the_evidence_and_its_numbers_are_those_of_the_log(made: House, say: Any) -> None:
    listed = say("resolve")
    assert listed.code == 5
    for told in ("posts/hello", "east", "west", "attempt 1 at 2026-03-02 09:00:00", "93000", "text: Hello East"):
        assert told in listed.out
    found = json.loads(say("resolve", "--json").out)
    by_target = {one["target"]: one for one in found["deliveries"]}
    assert (by_target["east"]["state"], by_target["west"]["state"]) == ("unknown", "failed")
    assert by_target["west"]["attempts"][0]["status"] == 200
    assert by_target["east"]["attempts"][0]["started_at"] == "2026-03-02T09:00:00+08:00"
    assert found["flows"] == []
    shown = say("log").out
    for one in by_target.values():
        assert f"#{one['id']}  " in shown
    entries = json.loads(say("log", "--json", "--state", "unknown").out)["transitions"]
    assert [e["id"] for e in entries] == [by_target["east"]["id"]]
    assert say("status").code == 5
    assert "needs a person: 2" in say("status").out
    assert json.loads(say("status", "--json").out)["campaigns"][0]["needs_a_person"] == 2
    assert "要人处理：2 项" in say("status", "--lang", "zh").out
    assert "第 1 次" in say("resolve", "--lang", "zh").out


def test_a_decision_is_logged_with_who_and_why_and_the_second_person_is_told(made: House, say: Any) -> None:
    (east,) = [need for need in made.store.needs() if need.target == "east"]
    done = say("resolve", str(east.id), "--sent", "--reason", "seen in the group", *AT)
    assert (done.code, done.err) == (0, "")
    assert f"delivery {east.id} is now sent" in done.out
    again = say("resolve", east.key[:9], "--not-sent", "--reason", "no", *AT)
    assert again.code == 0
    assert "is not unknown" in again.out
    assert "2026-03-02T09:30:00+08:00" in again.out
    as_json = json.loads(say("resolve", str(east.id), "--sent", "--reason", "x", "--json", *AT).out)
    assert (as_json["done"], as_json["state"], as_json["reason"]) == (False, "sent", "sent: seen in the group")
    (line,) = [t for t in made.log() if t.before == "unknown"]
    assert line.reason == "sent: seen in the group"
    assert line.actor not in ("", "engine")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["resolve", "1"], "--sent, --not-sent or --resend"),
        (["resolve", "1", "--sent"], "reason"),
        (["resolve", "1", "--sent", "--resend", "--reason", "x"], "exclude"),
        (["resolve", "--sent", "--reason", "x"], "ID"),
        (["resolve", "999", "--sent", "--reason", "x"], "no delivery 999"),
        (["resolve", "a", "--sent", "--reason", "x"], "no delivery a"),
        (["resolve", "--campaign", "post"], "did you mean posts"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(made: House, say: Any, words: list[str], told: str) -> None:
    before = made.store.revision()
    refused = say(*words)
    assert refused.code == 2
    assert refused.out == ""
    assert told in refused.err
    assert made.store.revision() == before
