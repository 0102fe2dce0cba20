"""Modules at work: the dry run shows their steps, the engine carries them out, the bundle keeps their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sopengine.store.log import Transition
from sopengine.store.rows import EventRow
from tests.acceptance.conftest import Cli
from tests.support.house import House

CARE = """\
module: care
title: 三天的关照
inputs:
  brand: {type: text}
  since: {type: date}
  until: {type: date, default: 2026-06-03}
audiences: {crowd: 收消息的群}
roles: {lead: 接回访的人}
messages:
  hello: "{{ input.brand }}：{{ input.since | date('M月D日') }}到{{ input.until | date('M月D日') }}，{{ step.id }}"
steps:
  - {id: hello, on: since, at: 10:00, to: crowd, send: hello, if: input.brand == '山野'}
  - {id: bye, on: until, at: 10:00, to: crowd, send: {file: bye.md}}
  - {id: call, after: hello + 1h, to: lead, task: "打给{{ target.name }}", due: since + 2d}
"""
BOOK = """\
playbook: book
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-01}
  name: {type: text, default: 山野}
audiences:
  groups: {source: groups, sample: {name: 样例群}}
roles:
  manager: {source: stores, person: manager}
phases:
  all:
    from: opening
    until: opening + 5d
    steps:
      - id: care
        use: ../shared/care.yaml
        with: {brand: input.name, since: input.opening, crowd: groups, lead: manager}
      - {id: last, after: care.call + 2h, to: groups, send: {text: 再见}, any_outcome: true}
"""


@pytest.fixture
def shop(workspace: Path) -> Path:
    """The module lies beside the playbooks, as one that several share does."""
    (workspace / "shared").mkdir()
    (workspace / "shared/care.yaml").write_text(CARE, "utf-8")
    (workspace / "shared/bye.md").write_text("{{ input.brand }}再会", "utf-8")
    (workspace / "playbooks/book.yaml").write_text(BOOK, "utf-8")
    return workspace


NOW = ("--now", "2026-05-30T09:00")


def test_checked_as_a_folder_each_mistake_is_told_once(cli: Cli, shop: Path) -> None:
    cli("check", "playbooks/book.yaml", "shared").ok()
    (shop / "shared/care.yaml").write_text(CARE.replace("input.brand ==", "input.brnd =="), "utf-8")
    found = cli("check", "playbooks/book.yaml", "shared", "--json").json()["diagnostics"]
    assert [(d["file"], d["line"], d["code"]) for d in found] == [("shared/care.yaml", 12, "SOP-R305")]
    cli("check", "playbooks/book.yaml", "shared", "--fix").ok()
    assert (shop / "shared/care.yaml").read_text("utf-8") == CARE


def test_a_comment_in_a_module_sets_its_warning_aside(cli: Cli, shop: Path) -> None:
    text = CARE.replace(
        "  brand:", "  spare: {type: text, default: x} # sopengine: ignore SOP-R307 留给下一季\n  brand:"
    )
    (shop / "shared/care.yaml").write_text(text, "utf-8")
    done = cli("check", "playbooks/book.yaml", "shared", "--json").ok().json()
    assert done["diagnostics"] == []


def test_a_module_is_neither_started_nor_looked_at_alone(cli: Cli, shop: Path) -> None:
    for command in ("start", "dry-run"):
        done = cli(command, "shared/care.yaml", *NOW)
        assert done.code == 2
        assert "is a module" in done.err


def items(cli: Cli, *more: str) -> list[Any]:
    shown: list[Any] = cli("dry-run", "playbooks/book.yaml", *NOW, "--json", *more).ok().json()["items"]
    return shown


def test_a_dry_run_shows_them_like_any_other_step(cli: Cli, shop: Path) -> None:
    found = {item["id"]: item for item in items(cli)}
    assert list(found) == ["care.hello", "care.call", "last", "care.bye"]
    assert found["care.hello"]["text"] == "山野：6月1日到6月3日，hello"
    assert found["care.hello"]["source"]["file"] == "shared/care.yaml"
    assert found["care.hello"]["source"]["line"] == 12
    assert found["care.bye"]["text"] == "山野再会"
    assert found["care.call"]["at"] == "2026-06-01T11:00:00+08:00"
    assert [item["id"] for item in items(cli, "--show", "care.bye")] == ["care.bye"]
    assert cli("dry-run", "playbooks/book.yaml", *NOW, "--show", "care.by").err.count("did you mean care.bye")


def ends(log: list[Transition]) -> dict[str, str]:
    return {entry.step: entry.after for entry in log}


def test_the_engine_does_what_the_dry_run_shows_without_any_file(tmp_path: Path) -> None:
    house = House(tmp_path / "house", BOOK.replace("../shared/", "shared/"))
    (house.root / "shared").mkdir()
    (house.root / "shared/care.yaml").write_text(CARE, "utf-8")
    (house.root / "shared/bye.md").write_text("{{ input.brand }}再会", "utf-8")
    house.start("2026-05-30T09:00")
    for file in (*house.root.glob("shared/*"), house.root / "book.yaml"):
        file.unlink()
    house.run()
    assert ends(house.log()) == {"care.hello": "sent", "care.bye": "sent", "last": "sent"}
    assert ends(house.log("task"))["care.call"] in ("open", "overdue")
    assert sorted({line["text"] for line in house.outbox()}) == ["再见", "山野再会", "山野：6月1日到6月3日，hello"]


def test_conditions_ask_for_the_modules_own_inputs(tmp_path: Path) -> None:
    house = House(tmp_path / "house", BOOK.replace("../shared/", "shared/").replace("input.name", "别家"))
    (house.root / "shared").mkdir()
    (house.root / "shared/care.yaml").write_text(CARE, "utf-8")
    (house.root / "shared/bye.md").write_text("再会", "utf-8")
    house.start("2026-05-30T09:00")
    house.run()
    assert ends(house.log())["care.hello"] == "skipped"


FLOW = """\
playbook: book
timezone: Asia/Shanghai
inputs: {name: {type: text, default: 山野}}
audiences:
  groups: {source: groups, sample: {name: 样例群}}
roles:
  manager: {source: stores, person: manager}
exit_when:
  - {if: input.name == '无', as: none}
welcome:
  steps:
    - id: fork
      choose:
        - {if: event.name == '小林', go: care.second}
      else: {go: care.first}
    - {id: care, use: shared/care.yaml, with: {word: 林间}}
    - {id: end, after: care.second + 1m, send: {text: 完}, if: step.care_second.state == 'sent'}
"""
INSIDE = """\
module: care
inputs: {word: {type: text}}
roles: {manager: 店长}
steps:
  - {id: first, after: 1m, send: {text: "一 {{ input.word }}"}}
  - {id: second, after: 2m, send: {text: "二 {{ input.word }}"}, if: input.word == '林间'}
  - {id: third, after: 3m, send: {text: 三}, if: step.first.state == 'sent'}
  - {id: ask, after: 4m, to: manager, task: 记一笔, due: 10m}
"""


@pytest.mark.parametrize(
    ("joined", "sent"),
    [("小林", ["二 林间", "完"]), ("老王", ["一 林间", "二 林间", "三", "完"])],
)
def test_in_a_flow_steps_inside_and_outside_know_each_other(tmp_path: Path, joined: str, sent: list[str]) -> None:
    house = House(tmp_path / "house", FLOW)
    (house.root / "shared").mkdir()
    (house.root / "shared/care.yaml").write_text(INSIDE, "utf-8")
    house.start("2026-06-01T09:00")
    data = {"member": "m1", "name": joined}
    house.store.add_event(EventRow("member.joined", "east", data, house.at("2026-06-01T10:00"), "1"))
    house.run("2026-06-01T12:00")
    assert sorted(line["text"] for line in house.outbox()) == sorted(sent)
