"""`task ack`, `decline`, `hand-over` and the filters of `task list`, on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from tests.support.house import House

BOOK = """
playbook: people
timezone: Asia/Shanghai
roles:
  manager: {source: stores, person: manager}
  lead: {person: Lin}
weekly:
  steps:
    - {id: count, on: 2026-03-02, at: 10:00, to: manager, task: Count the till, due: 2h}
    - {id: plan, on: 2026-03-02, at: 10:00, to: lead, task: Plan the week}
runs: {from: 2026-03-01, until: 2026-04-01}
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK)
    made.start("2026-03-02T08:00")
    made.run(until="2026-03-02T10:30")
    yield made
    made.store.close()


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0, lang: str = "en") -> tuple[str, str]:
    found = run([*words, "--lang", lang])
    shown = capsys.readouterr()
    assert found == code, shown
    return shown.out, shown.err


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(told(capsys, "task", "list", *words, "--json")[0])["tasks"]
    return found


AT = ["--now", "2026-03-02T10:40"]


def test_the_list_by_person_role_and_what_is_overdue(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert [(t["person"], t["role"]) for t in listed(capsys)] == [
        ("Ann", "manager"),
        ("Ben", "manager"),
        ("Lin", "lead"),
    ]
    assert [t["person"] for t in listed(capsys, "--role", "manager")] == ["Ann", "Ben"]
    assert [t["person"] for t in listed(capsys, "--person", "Lin")] == ["Lin"]
    assert listed(capsys, "--overdue") == []
    house.run(until="2026-03-02T13:00")
    assert [t["person"] for t in listed(capsys, "--overdue")] == ["Ann", "Ben"]
    assert [t["state"] for t in listed(capsys)] == ["overdue", "overdue", "open"], "what can still be done is listed"


def test_acknowledged_once_and_the_second_is_told_who_was_first(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "task", "ack", "1", "--by", "Ann", *AT)[0] == "task 1 is acknowledged\n"
    again = told(capsys, "task", "ack", "1", "--by", "Ben", *AT)[0]
    assert again == "task 1 stays as it is: acknowledged (Ann, 2026-03-02T10:40:00+08:00)\n"
    said = json.loads(told(capsys, "task", "ack", "1", "--json", *AT)[0])
    assert (said["done"], said["state"], said["by"]) == (False, "acknowledged", "Ann")


def test_declining_needs_a_reason_and_keeps_it(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert "a reason is needed" in told(capsys, "task", "decline", "1", *AT, code=2)[1]
    told(capsys, "task", "decline", "1", "--reason", "closed", "--by", "Ann", *AT)
    (declined,) = (t for t in listed(capsys, "--all") if t["state"] == "declined")
    assert (declined["reason"], declined["done_by"], declined["done_at"]) == ("closed", "Ann", None)
    done = told(capsys, "task", "done", "1", "--by", "Ben", *AT, lang="zh")[0]
    assert "不能完成" in done


def test_all_the_work_of_a_person_or_single_tasks_go_to_another(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = json.loads(told(capsys, "task", "hand-over", "--from", "Ann", "--to", "Ben", "--json", *AT)[0])
    assert [(m["id"], m["from"], m["to"]) for m in moved["handed_over"]] == [(1, "Ann", "Ben")]
    assert (
        told(capsys, "task", "hand-over", "--from", "Ann", "--to", "Ben", *AT)[0] == "there is nothing to hand over\n"
    )
    assert "Lin → Ben" in told(capsys, "task", "hand-over", "3", "--to", "Ben", "--reason", "ill", *AT)[0]
    assert [t["handed_over"] for t in listed(capsys, "--person", "Ben")] == [True, False, True]
    line = [t for t in house.store.log() if t.after == "reassigned"][-1]
    assert (line.reason, line.at) == ("Lin → Ben: ill", datetime(2026, 3, 2, 2, 40, tzinfo=UTC))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["ack", "x"], "a task's id is a number"),
        (["ack", "77"], "there is no task 77"),
        (["decline", "77", "--reason", "r"], "there is no task 77"),
        (["hand-over", "--to", "Ben"], "which tasks?"),
        (["hand-over", "1", "--to", " "], "who is to have them?"),
        (["hand-over", "1"], "--to"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str], says: str, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in told(capsys, "task", *words, *AT, code=2)[1]
