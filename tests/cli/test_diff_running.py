"""`sopengine diff --running` and `upgrade --plan`: one comparison with what a campaign goes by; what went out stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from tests.cli.test_diff import edited
from tests.cli.test_json_forms import validator
from tests.review.golden_file import matches
from tests.support.house import House

BOOK = """\
playbook: tea
title: Tea
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-18}}
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles: {managers: {source: stores, person: manager}}
messages: {hello: "Hello {{ target.name }}", bye: Bye}
runs: {from: 2026-06-01, until: 2026-07-01}
weekly:
  to: groups
  steps:
    - {id: hello, on: monday, at: 10:00, send: hello}
    - {id: tips, on: [2026-06-02, 2026-06-10], at: 12:00, send: bye}
    - {id: gone, on: 2026-06-12, at: 12:00, send: bye}
    - {id: done, on: 2026-06-02, at: 12:00, send: bye}
    - {id: count, on: 2026-06-02, at: 09:00, to: managers, task: Count, due: 5d}
    - {id: kept, on: 2026-06-16, at: 09:00, send: bye}
"""
NEW = (
    edited(
        BOOK,
        ("id: hello, on: monday", "id: hello, on: tuesday"),
        ("Hello {{", "Hi {{"),
        (
            "id: tips, on: [2026-06-02, 2026-06-10], at: 12:00",
            "id: tip, was: tips, on: [2026-06-02, 2026-06-10], at: 12:30",
        ),
        ("    - {id: gone, on: 2026-06-12, at: 12:00, send: bye}\n", ""),
        ("id: done, on: 2026-06-02, at: 12:00, send: bye", "id: done, on: 2026-06-02, at: 12:00, send: hello"),
        ("task: Count,", "task: Count well,"),
    )
    + """\
    - {id: behind, on: 2026-06-01, at: 09:00, send: hello}
    - {id: ahead, on: 2026-06-20, at: 09:00, send: hello}
"""
)
AT = ("--now", "2026-06-03T09:00")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK)
    made.start("2026-06-01T08:00")
    made.run(until="2026-06-03T09:00")
    (tmp_path / "book.yaml").write_text(NEW, "utf-8")
    yield made
    made.store.close()


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0, lang: str = "en") -> Any:
    found = run([*words, *AT, "--lang", lang])
    shown = capsys.readouterr()
    assert found == code, shown
    return shown


def steps(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    document = json.loads(told(capsys, "diff", "--running", "tea", *words, "--json", code=code).out)
    validator("diff").validate(document)
    return {step["step"]: step for step in document["steps"]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(house: House, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    shown = told(capsys, "diff", "--running", "tea", lang=lang).out
    assert matches(f"diff-running-{lang}.txt", shown.rstrip("\n"))
    planned = told(capsys, "upgrade", "tea", "--plan", lang=lang).err
    assert planned.startswith(shown)  # one view


def test_what_went_out_stays_and_only_the_rest_is_compared(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    found = steps(capsys, "--detailed-exitcode", code=4)
    assert {id: (step["what"], step["status"], step["sent"]) for id, step in found.items()} == {
        "hello": ("changed", "edited-unsent", 2),
        "tip": ("moved", "edited-unsent", 2),
        "done": ("changed", "edited-sent", 2),
        "count": ("changed", "edited-waiting", 0),
        "kept": ("same", "same", 0),
        "behind": ("added", "added-behind", 0),
        "ahead": ("added", "added-ahead", 0),
        "gone": ("removed", "removed-with-waiters", 0),
    }
    assert {id: [slot for change in step["changes"] for slot in change["slots"]] for id, step in found.items()} == {
        "hello": [
            {"old": f"2026-06-{monday:02}T10:00:00+08:00", "new": f"2026-06-{monday + 1:02}T10:00:00+08:00"}
            for monday in (8, 15, 22, 29)
        ],
        "tip": [{"old": "2026-06-10T12:00:00+08:00", "new": "2026-06-10T12:30:00+08:00"}],
        "done": [],
        "count": [],
        "kept": [],
        "behind": [],
        "ahead": [{"old": None, "new": "2026-06-20T09:00:00+08:00"}],
        "gone": [{"old": "2026-06-12T12:00:00+08:00", "new": None}],
    }
    assert (found["tip"]["was"], found["count"]["waiting"]) == ("tips", 2)
    assert found["done"]["settings"] == ["send"]
    assert found["count"]["settings"] == ["task"]


def test_it_writes_nothing_and_says_no_more_once_it_is_done(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    before = house.store.revision()
    steps(capsys)
    assert house.store.revision() == before
    told(capsys, "upgrade", "tea", "--apply", "--yes")
    assert "no differences" in told(capsys, "diff", "--running", "tea", "book.yaml", "--detailed-exitcode").out


def test_what_moves_behind_the_present_never_runs(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.root / "book.yaml").write_text(
        edited(BOOK, ("id: kept, on: 2026-06-16", "id: kept, on: 2026-06-02")), "utf-8"
    )
    assert (
        "Tue 16 Jun 09:00 → Tue 2 Jun 09:00   groups × 2 · auto · already past"
        in told(capsys, "diff", "--running", "tea").out
    )


def test_an_input_alone(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.root / "book.yaml").write_text(BOOK, "utf-8")
    shown = told(capsys, "diff", "--running", "tea", "--set", "opening=2026-06-19", "--detailed-exitcode", code=4).out
    assert "input opening: 2026-06-18 → 2026-06-19" in shown
    assert "the same (6)" in shown


def test_what_an_upgrade_would_refuse_is_told_beside(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.root / "book.yaml").write_text(BOOK.replace("playbook: tea", "playbook: other"), "utf-8")
    assert (
        "cannot take its place: this is another playbook" in told(capsys, "diff", "--running", "tea", "book.yaml").err
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nosuch",), "there is no campaign nosuch"),
        (("tae",), "did you mean tea?"),
        (("tea", "book.yaml", "book.yaml"), "--running compares with one file"),
        (("tea", "--git", "HEAD"), "--running compares with one file"),
        (("tea", "--audience", "groups=groups.csv"), "--running compares with one file"),
    ],
)
def test_what_cannot_be_meant(
    house: House, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert says in told(capsys, "diff", "--running", *words, code=2).err


def test_a_question_shows_it_first_and_a_yes_beforehand_does_not(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = told(capsys, "upgrade", "tea", "--apply", code=2).err
    assert "- Hello East" in asked
    assert "+ Hi East" in asked
    assert "Hi East" not in told(capsys, "upgrade", "tea", "--apply", "--yes").err
