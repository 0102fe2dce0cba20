"""`sopengine diff`: what would go out differently, step by step, in the words that people would read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from tests.cli.test_json_forms import validator
from tests.review.golden_file import matches

OLD = """\
playbook: tea
title: 茶铺
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-10}}
audiences: {groups: {source: groups, sample: {name: 样例群}}}
roles: {manager: {source: stores, person: manager}}
messages:
  hello: "大家好，{{ target.name }}，{{ input.opening | date('M月D日') }}开门。"
  rules: |
    参加办法：
    1. 领券；
    2. 满 30 元可用；
    3. 每人一次；
    4. 当天有效。
  bye: 再见
runs: {from: 2026-06-01, until: 2026-07-01}
weekly:
  to: groups
  steps:
    - {id: hello, on: monday, at: 10:00, send: hello}
    - {id: rules, on: 2026-06-10, at: 20:00, send: rules}
    - {id: tips, on: daily, at: 12:00, send: bye}
    - {id: gone, on: 2026-06-12, at: 12:00, send: bye}
    - {id: count, on: 2026-06-12, at: 09:00, to: manager, task: 数一数, due: 3h}
    - {id: late, on: 2026-06-15, at: 09:00, send: bye, late_ok: 10m}
    - {id: kept, on: 2026-06-16, at: 09:00, send: hello}
"""
EDITS = (
    ("id: hello, on: monday", "id: hello, on: tuesday"),
    ("满 30 元可用", "满 40 元可用"),
    ("id: tips, on: daily, at: 12:00", "id: tip, was: tips, on: daily, at: 12:30"),
    ("    - {id: gone, on: 2026-06-12, at: 12:00, send: bye}\n", ""),
    ("on: 2026-06-12, at: 09:00", "on: 2026-06-13, at: 09:00"),
    ("late_ok: 10m", "late_ok: 1h"),
    ("runs:", "# only a remark\nruns:"),
)
FRESH = "    - {id: fresh, on: 2026-06-20, at: 09:00, send: hello}\n"
AT = ("--now", "2026-06-01T09:00")


def edited(text: str, *edits: tuple[str, str]) -> str:
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after)
    return text


NEW = edited(OLD, *EDITS) + FRESH


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sources = '[sources.groups]\npath = "groups.csv"\n[sources.stores]\npath = "stores.csv"\n'
    for name, text in {
        "sopengine.toml": sources,
        "groups.csv": "id,name\neast,东湖店\nwest,西湖店旗舰\n",
        "stores.csv": "id,name,manager\ns1,东湖店,林岚\n",
        "old.yaml": OLD,
        "new.yaml": NEW,
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0, lang: str = "zh") -> str:
    found = run(["diff", *words, *AT, "--lang", lang])
    shown = capsys.readouterr()
    assert found == code, shown
    return shown.out if code in (0, 4) else shown.err


def steps(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    document = json.loads(told(capsys, *words, "--json", code=code))
    validator("diff").validate(document)
    return {step["step"]: step for step in document["steps"]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(here: Path, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    assert matches(f"diff-{lang}.txt", told(capsys, "old.yaml", "new.yaml", lang=lang).rstrip("\n"))


def test_each_step_by_what_became_of_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = steps(capsys, "old.yaml", "new.yaml", "--detailed-exitcode", code=4)
    assert {id: step["what"] for id, step in found.items()} == {
        "hello": "moved",
        "rules": "changed",
        "tip": "moved",
        "count": "moved",
        "late": "changed",
        "kept": "same",
        "fresh": "added",
        "gone": "removed",
    }
    (monday,) = found["hello"]["changes"]
    assert monday["slots"][0] == {"old": "2026-06-01T10:00:00+08:00", "new": "2026-06-02T10:00:00+08:00"}
    assert (len(monday["slots"]), monday["targets"]) == (5, ["east", "west"])
    (rules,) = found["rules"]["changes"]
    assert "满 30 元" in rules["old_text"]
    assert "满 40 元" in rules["new_text"]
    assert found["tip"]["was"] == "tips"
    assert len(found["tip"]["changes"][0]["slots"]) == 30
    assert found["count"]["changes"][0]["fields"] == []  # its time limit goes along
    assert (found["late"]["changes"], found["late"]["settings"]) == ([], ["late_ok"])
    (fresh,) = found["fresh"]["changes"]
    assert (fresh["old_text"], fresh["texts"], fresh["target"]) == (None, 2, "east")


def test_exit_codes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "remark.yaml").write_text("# a remark\n" + OLD, "utf-8")
    assert "没有区别" in told(capsys, "old.yaml", "remark.yaml", "--detailed-exitcode")
    told(capsys, "old.yaml", "new.yaml")
    told(capsys, "old.yaml", "new.yaml", "--detailed-exitcode", code=4)
    assert "要写两个文件" in told(capsys, "old.yaml", code=2)
    assert "找不到剧本 nosuch.yaml" in told(capsys, "old.yaml", "nosuch.yaml", code=2)
    (here / "broken.yaml").write_text(OLD.replace("send: bye", "sned: bye"), "utf-8")
    said = told(capsys, "old.yaml", "broken.yaml", code=1)  # its steps are not gone, they cannot be read
    assert "broken.yaml 有错误，没法对比" in said
    assert "broken.yaml:22:" in said


def test_a_text_for_one_target_alone_is_seen(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first target's text is the same: what the others read counts as well."""
    by_name = "{% if target.id == 'west' %}西湖见{% else %}再见{% endif %}"
    (here / "a.yaml").write_text(OLD, "utf-8")
    (here / "b.yaml").write_text(edited(OLD, ("bye: 再见", f'bye: "{by_name}"')), "utf-8")
    (change,) = steps(capsys, "a.yaml", "b.yaml")["gone"]["changes"]
    assert (change["targets"], change["target"], change["new_text"]) == (["west"], "west", "西湖见")


def test_edits_of_several_kinds_are_told_apart_and_alike_ones_are_not(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = "{{ target.name }}{% if target.id == 'west' %}，周末见{% else %}，再会{% endif %}"
    (here / "a.yaml").write_text(edited(OLD, ("bye: 再见", "bye: '{{ target.name }}'")), "utf-8")
    (here / "b.yaml").write_text(edited(OLD, ("bye: 再见", f'bye: "{own}"')), "utf-8")
    (here / "c.yaml").write_text(edited(OLD, ("bye: 再见", "bye: '{{ target.name }}，再会'")), "utf-8")
    each = steps(capsys, "a.yaml", "b.yaml")["gone"]["changes"]
    assert [(one["targets"], one["new_text"]) for one in each] == [
        (["east"], "东湖店，再会"),
        (["west"], "西湖店旗舰，周末见"),
    ]
    (alike,) = steps(capsys, "a.yaml", "c.yaml")["gone"]["changes"]
    assert (alike["targets"], alike["texts"]) == (["east", "west"], 2)


def test_inputs_other_parts_and_lists_are_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "b.yaml").write_text(edited(OLD, ("default: 2026-06-10", "default: 2026-06-11")), "utf-8")
    shown = told(capsys, "old.yaml", "b.yaml")
    assert "输入 opening：2026-06-10 → 2026-06-11" in shown
    assert "还改了：inputs" in shown
    assert "+ 大家好，东湖店，6月11日开门。" in shown


def test_who_gets_it_and_how(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = "groups: {source: groups, sample: {name: 样例群}}, some: {of: groups, where: target.id == 'west'}"
    (here / "b.yaml").write_text(
        edited(
            OLD,
            ("groups: {source: groups, sample: {name: 样例群}}", only),
            ("{id: gone, on", "{id: gone, to: some, on"),
            ("at: 09:00, send: hello", "at: 09:00, send: hello, via: manual"),
        ),
        "utf-8",
    )
    found = steps(capsys, "old.yaml", "b.yaml")
    fields = {field["field"]: (field["old"], field["new"]) for field in found["gone"]["changes"][0]["fields"]}
    assert fields == {"targets": ("2", "1（-east）"), "audience": ("groups", "some")}
    fields = {field["field"]: (field["old"], field["new"]) for field in found["kept"]["changes"][0]["fields"]}
    assert fields["mode"] == ("自动", "人工")
    assert fields["channel"][1] == "manual"


def test_what_no_slot_shows_is_named_beside_what_it_shows(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form = "task: 数两遍, form: {n: {type: integer}}, due: 4h"
    (here / "b.yaml").write_text(edited(OLD, ("task: 数一数, due: 3h", form)), "utf-8")
    count = steps(capsys, "old.yaml", "b.yaml")["count"]
    assert (count["settings"], [field["field"] for field in count["changes"][0]["fields"]]) == (["form"], ["due"])


def test_all_of_it_on_demand(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "old.yaml", "new.yaml")
    assert "等 30 次" in shown
    assert "6月30日 周二 12:00 → 12:30" not in shown
    assert "6月30日 周二 12:00 → 12:30" in told(capsys, "old.yaml", "new.yaml", "--all")


def test_the_page_has_every_difference(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "old.yaml", "new.yaml", "--html", "page.html", "--detailed-exitcode", code=4)
    assert said.startswith("写好了 page.html：8 个步骤：")
    page = (here / "page.html").read_text("utf-8")
    assert "6月30日 周二 12:00 → 12:30" in page
    told(capsys, "old.yaml", "new.yaml", "--html", "page.html")  # over a page of its own making
    assert (here / "page.html").read_text("utf-8") == page
    assert "new.yaml 已经存在" in told(capsys, "old.yaml", "new.yaml", "--html", "new.yaml", code=2)
    document = json.loads(told(capsys, "old.yaml", "new.yaml", "--html", "page.html", "--json"))
    assert document["differs"]
