"""`sopengine approve`: what waits, who may decide, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sopengine.cli.main import run
from tests.support.house import House

BOOK = """
playbook: spring
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {lead: {person: 林岚}}
messages: {hello: '大家好，{{ target.name }}', bye: '再见'}
runs: {from: 2026-03-01, until: 2026-04-01}
weekly:
  to: groups
  steps:
    - {id: hello, on: 2026-03-02, at: 10:00, send: hello, approve: lead}
    - {id: bye, on: 2026-03-02, at: 12:00, send: bye, approve: lead}
"""
AT = ["--now", "2026-03-02T09:00"]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK)
    made.start("2026-03-02T08:00")
    made.run(until="2026-03-02T08:30")
    yield made
    made.store.close()


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0, lang: str = "en") -> str:
    found = run([*words, "--lang", lang])
    shown = capsys.readouterr()
    assert found == code, shown
    return shown.out + shown.err


def test_listed_approved_and_rejected(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    listed = told(capsys, "approve", code=5, lang="zh").splitlines()
    assert listed[0] == "    1  03-03 10:00 之前  林岚  spring  请批准hello：大家好，{{ target.name }}"
    assert told(capsys, "approve", "1", "--by", "林岚", *AT) == "1: approved\n"
    assert told(capsys, "approve", "1", "--by", "Mei", *AT).startswith("1: approved (林岚, 2026-03-02T09:00:00")
    assert "a reason is needed" in told(capsys, "approve", "2", "--reject", "--by", "林岚", *AT, code=2)
    said = json.loads(told(capsys, "approve", "2", "--reject", "--reason", "too early", "--by", "林岚", *AT, "--json"))
    assert (said["done"], said["decision"]) == (True, "rejected")
    assert json.loads(told(capsys, "approve", "--json"))["approvals"] == []
    house.run(until="2026-03-02T13:00")
    assert [m["text"] for m in house.outbox()] == ["大家好，East", "大家好，West"]


def approved(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    for number in ("1", "2"):
        told(capsys, "approve", number, "--by", "林岚", *AT)


def edit(house: House, capsys: pytest.CaptureFixture[str], now: str, *edits: tuple[str, str]) -> None:
    text = (house.root / "book.yaml").read_text("utf-8")
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    (house.root / "book.yaml").write_text(text, "utf-8")
    told(capsys, "upgrade", "spring", "--apply", "--yes", "--now", now)
    house.run(until=now[:-2] + f"{int(now[-2:]) + 5:02}")


def test_all_words_are_new_the_first_time_and_then_only_what_changed_since(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    first = told(capsys, "approve", *AT, code=5, lang="zh")
    assert "       + hello   新增\n         + 3月2日 周一 10:00   groups × 2 · 自动" in first
    assert "             + 大家好，East\n" in first
    approved(house, capsys)
    edit(house, capsys, "2026-03-02T09:10", ("大家好，", "大家好！"), ("at: 12:00", "at: 12:30"))
    edit(house, capsys, "2026-03-02T09:20", ("大家好！", "各位好，"))  # nobody approved the one between
    shown = told(capsys, "approve", *AT, code=5, lang="zh")
    assert shown.count("之前") == 1, "bye moved, its words are approved"
    assert "林岚 03-02 09:00 批过；之后改的：" in shown
    assert "             - 大家好，East\n             + 各位好，East\n" in shown
    assert "大家好！" not in shown
    (one,) = json.loads(told(capsys, "approve", "--json", *AT, code=5))["approvals"]
    assert (one["since"]["by"], one["outdated"]) == ("林岚", False)
    assert [step["step"] for step in one["steps"]] == ["hello"]
    assert one["title"] == "请批准hello（林岚 批过，之后改了）：各位好，{{ target.name }}"


def test_the_whole_campaign_again_with_one_text_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK.replace(", approve: lead", "").replace("weekly:", "approve: lead\nweekly:"))
    made.start("2026-03-02T08:00")
    made.run(until="2026-03-02T08:30")
    told(capsys, "approve", "1", "--by", "林岚", *AT)
    edit(made, capsys, "2026-03-02T09:10", ("再见", "再会"))
    (one,) = json.loads(told(capsys, "approve", "--json", *AT, code=5))["approvals"]
    assert one["title"] == "请批准整个活动（林岚 批过，之后改了）：再会"
    (bye,) = one["steps"]
    assert (bye["step"], bye["changes"][0]["old_text"], bye["changes"][0]["new_text"]) == ("bye", "再见", "再会")
    edit(made, capsys, "2026-03-02T09:20", ("    - {id: bye, on: 2026-03-02, at: 12:00, send: bye}\n", ""))
    (one,) = json.loads(told(capsys, "approve", "--json", *AT, code=5))["approvals"]
    assert [(step["step"], step["what"]) for step in one["steps"]] == [("bye", "removed")]
    assert one["title"] == "请批准整个活动（林岚 批过，之后改了）"
    made.store.close()


def test_a_renamed_step_and_an_input(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    approved(house, capsys)
    price = ("runs:", "inputs: {price: {type: integer, default: 9}}\nruns:")
    renamed = ("id: hello,", "id: hi, was: hello,")
    edit(house, capsys, "2026-03-02T09:10", renamed, ("再见", "再见 {{ input.price }}"), price)
    hi, bye = json.loads(told(capsys, "approve", "--json", *AT, code=5))["approvals"]
    assert (hi["since"]["by"], hi["steps"], hi["besides"]) == ("林岚", [], ["input price: — → 9"])
    assert bye["steps"][0]["changes"][0]["new_text"] == "再见 9"


def test_an_edit_that_the_engine_has_not_seen_yet(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.root / "book.yaml").write_text(BOOK.replace("大家好", "各位好"), "utf-8")
    told(capsys, "upgrade", "spring", "--apply", "--yes", *AT)
    assert "文字又改过，会重新请批" in told(capsys, "approve", *AT, code=5, lang="zh")


def test_not_by_who_started_it_and_nothing_but_approvals(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert "somebody else has to approve" in told(capsys, "approve", "1", "--by", "test", *AT, code=2)
    assert "somebody else has to approve" in told(capsys, "task", "done", "1", "--by", "test", *AT, code=2)
    assert "77 is no approval" in told(capsys, "approve", "77", *AT, code=2)
    told(capsys, "task", "done", "1", "--by", "林岚", *AT)
    house.run(until="2026-03-02T10:10")
    assert len(house.outbox()) == 2


def test_nobody_starts_what_only_they_could_approve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sopengine.cli.workplace import actor

    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK.replace("林岚", actor()))
    said = told(capsys, "start", "book.yaml", "--now", "2026-03-02T08:00", "--yes", code=1)
    assert "nobody approves their own words" in said
    assert made.store.campaigns() == []


@pytest.mark.parametrize("command", [("upgrade", "--apply"), ("patch-copy",)])
def test_who_edits_it_does_not_approve_it_either(
    house: House, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    from sopengine.cli.workplace import actor

    (house.root / "book.yaml").write_text(BOOK.replace("大家好", "各位好"), "utf-8")
    verb, *words = command
    told(capsys, verb, "spring", *words, "--yes", *AT)
    house.run(until="2026-03-02T09:10")
    (task,) = [t for t in house.store.tasks() if t.approves and "各位好" in t.title]
    for decide in (("approve", str(task.id)), ("approve", str(task.id), "--reject", "--reason", "no")):
        said = told(capsys, *decide, "--by", actor(), *AT, code=2)
        assert f"{actor()} has changed the campaign; somebody else has to approve" in said
    told(capsys, "approve", str(task.id), "--by", "林岚", "--now", "2026-03-02T09:20")
    house.run(until="2026-03-02T10:10")
    assert [m["text"] for m in house.outbox()] == ["各位好，East", "各位好，West"]


def test_nobody_brings_in_words_that_only_they_could_approve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sopengine.cli.workplace import actor

    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK.replace("林岚", actor()))
    made.start("2026-03-02T08:00")
    made.run(until="2026-03-02T08:30")
    (tmp_path / "book.yaml").write_text(BOOK.replace("林岚", actor()).replace("大家好", "各位好"), "utf-8")
    for verb in (("upgrade", "spring", "--apply"), ("patch-copy", "spring")):
        assert "nobody approves their own words" in told(capsys, *verb, "--yes", *AT, code=1)
    assert made.store.versions("spring") == []
    made.store.close()


def test_the_dry_run_says_what_is_not_sent_before(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "dry-run", "book.yaml", "--now", "2026-03-02T08:00")
    assert shown.count("→ not sent before lead approves") == 2
    items = json.loads(told(capsys, "dry-run", "book.yaml", "--now", "2026-03-02T08:00", "--json"))["items"]
    assert [item["approve"] for item in items] == ["lead", "lead"]
