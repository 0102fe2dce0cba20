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
        (["retry", "--reason", "x"], "name an ID"),
        (["retry", "1"], "reason"),
        (["retry", "--campaign", "posts", "--step", "nosuch", "--reason", "x"], "nothing failed"),
        (["retry", "999", "--reason", "x"], "no delivery 999"),
        (["run-missed"], "name an ID"),
        (["skip", "helo", "--reason", "x"], "did you mean the step hello"),
        (["skip", "hello"], "reason"),
        (["skip", "999", "--reason", "x"], "no delivery 999"),
        (["skip", "nosuch/hello", "--reason", "x"], "no step, slot or delivery"),
        (["stop", "posts"], "reason"),
        (["stop", "post", "--reason", "x", "--yes"], "did you mean posts"),
        (["run-missed", "--campaign", "posts", "--yes"], "nothing was missed"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(made: House, say: Any, words: list[str], told: str) -> None:
    before = made.store.revision()
    refused = say(*words)
    assert refused.code == 2
    assert refused.out == ""
    assert told in refused.err
    assert made.store.revision() == before


def test_retry_takes_one_or_many_and_says_what_cannot_go(made: House, say: Any, server: RobotServer) -> None:
    (west,) = [need for need in made.store.needs() if need.target == "west"]
    late = say("retry", str(west.id), "--reason", "x", "--now", "2026-03-03T09:00")
    assert late.code == 3
    assert "it was of use until 2026-03-03T09:00+08:00" in late.err
    done = say("retry", "--campaign", "posts", "--step", "hello", "--reason", "robot is back", *AT)
    assert (done.code, done.out) == (0, "1 will go\n")
    made.tick("2026-03-02T09:31")
    assert [r.key for r in server.received].count("key-west-0123456789") == 2
    assert say("retry", str(west.id), "--reason", "x", *AT).code == 2, "it is sent by now"


def test_missed_ones_are_listed_and_run_only_when_that_is_confirmed(made: House, say: Any) -> None:
    made.tick("2026-03-02T13:00")
    words = ["run-missed", "--campaign", "posts", "--now", "2026-03-02T13:05"]
    asked = say(*words)
    assert (asked.code, asked.out) == (2, "")
    assert "will go  posts/noon  east  03-02 12:00" in asked.err
    assert "--yes" in asked.err
    found = json.loads(say(*words, "--yes", "--json").out)
    assert (found["done"], {one["kind"] for one in found["items"]}) == (2, {"delivery"})
    assert found["items"][0]["was"].startswith("late 1h")
    made.tick("2026-03-02T13:06")
    assert {t.after for t in made.log() if t.step == "noon"} >= {"missed", "sent"}
    assert say(*words, "--yes").code == 2, "nothing is left"


def test_a_parked_address_is_shown_and_released(made: House, say: Any, server: RobotServer) -> None:
    server.script("key-west-0123456789", [errcode(45009)])
    made.tick("2026-03-02T12:00")
    at = ("--now", "2026-03-02T12:00:10")
    shown = say("status", *at)
    assert "address robot/WEST rests until 2026-03-02 12:01:" in shown.out
    assert json.loads(say("status", "--json", *at).out)["parked"][0]["address"] == "robot/WEST"
    assert "暂歇到" in say("status", "--lang", "zh", *at).out
    assert say("resume", "--address", "robot/WEST", "--all", *at).code == 2
    other = say("resume", "--address", "robot/west", *at)
    assert other.code == 2
    assert "robot/WEST" in other.err
    done = say("resume", "--address", "robot/WEST", "--reason", "asked them", *at)
    assert (done.code, done.out) == (0, "released robot/WEST\n")
    made.tick("2026-03-02T12:00:11")
    assert [r.key for r in server.taken].count("key-west-0123456789") == 1


def test_skip_by_step_slot_and_number(made: House, say: Any) -> None:
    (row, _) = next(one for one in made.store.course("posts", ["noon"]) if one[0].date == "2026-03-04")
    one = say("skip", row.key[:10], "--reason", "closed", *AT)
    assert (one.code, one.err) == (0, "")
    assert one.out == "left out: 1 slots; from now on this slot of posts/noon is left out\n"
    east = json.loads(say("skip", "posts/noon", "--target", "east", "--reason", "moved", "--json", *AT).out)
    assert (east["campaign"], east["step"], east["target"], east["slots"]) == ("posts", "noon", "east", 0)
    (west,) = [need for need in made.store.needs() if need.target == "west"]
    done = say("skip", str(west.id), "--reason", "told by phone", *AT)
    assert "no longer needs a person" in done.out
    assert "not for east" in say("skip", str(west.id), "--target", "east", "--reason", "x", *AT).err
    assert [need.target for need in made.store.needs()] == ["east"]
    made.run(until="2026-03-05T13:00")
    sent = {(t.target, t.slot) for t in made.log() if t.step == "noon" and t.after == "sent"}
    assert {target for target, _ in sent} == {"west"}
    assert len(sent) == 3, "the 2nd, 3rd and 5th"


def test_resume_tells_slot_by_slot_what_it_sets_going(made: House, say: Any) -> None:
    say("skip", "noon", "--target", "west", "--reason", "closed", *AT)
    assert json.loads(say("pause", "posts", "--json", *AT).out) == {"schema_version": 1, "paused": "posts", "new": True}
    at = ("--now", "2026-03-02T12:10")
    shown = say("resume", "posts", "--preview", *at).out.splitlines()
    assert shown == [
        "  03-02 12:00  posts/noon  runs 1  skipped 1 (left out)",
        "1 will run at once; 1 will be skipped; 0 are too late and will be recorded as missed",
    ]
    late = json.loads(say("resume", "posts", "--json", "--now", "2026-03-02T13:00").out)
    assert late["resumed"] is True
    assert [(one["runs"], one["skipped"], one["missed"]) for one in late["slots"]] == [(0, {"left out": 1}, 1)]
    made.tick("2026-03-02T13:00")
    ends = {(target, state) for step, target, _, state in made.ends() if step == "noon"}
    assert ends == {("east", "missed"), ("west", "skipped")}


def test_stop_says_what_it_takes_back(made: House, say: Any) -> None:
    refused = say("stop", "posts", "--reason", "wrong prices", *AT)
    assert (refused.code, refused.out) == (2, "")
    assert "withdrawn: 0 messages, 0 tasks, 7 slots ahead" in refused.err
    assert "--yes" in refused.err
    done = say("stop", "posts", "--reason", "wrong prices", "--yes", *AT)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("stopped posts\nwithdrawn: 0 messages, 0 tasks, 7 slots")
    assert say("stop", "posts", "--reason", "x", "--yes", *AT).code == 2
    assert "已经结束" in say("skip", "noon", "--reason", "x", "--lang", "zh", *AT).err
    (west,) = [need for need in made.store.needs() if need.target == "west"]
    assert "its campaign was stopped" in say("retry", str(west.id), "--reason", "x", *AT).err
