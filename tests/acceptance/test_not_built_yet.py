"""What this version does not carry out: named by check and dry run, which show the rest; refused by start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
playbook: later
title: Later
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-01}}
audiences: {groups: {source: groups, sample: {name: A group, opens: 2026-06-02}, columns: {opens: date}}}
messages: {hello: 'Hello {{ target.name }}'}
"""
FLOW = """
runs: {from: 2026-06-01, until: 2026-06-08}
weekly:
  to: groups
  steps:
    - {id: hello, on: mon, at: 09:00, send: hello}
"""
NOT_YET = {
    "rollout": HEAD + FLOW + "    - {id: first, on: mon, at: 10:00, send: hello, rollout: {waves: [2, rest]}}\n",
}


@pytest.mark.parametrize("feature", NOT_YET)
def test_named_shown_without_and_refused(cli: Cli, workspace: Path, feature: str) -> None:
    book = workspace / "playbooks/later.yaml"
    book.write_text(NOT_YET[feature])
    (workspace / "data/groups.csv").write_text("id,name,opens\ng1,First,2026-06-02\n")
    path, now = "playbooks/later.yaml", ("--now", "2026-05-30T09:00")

    found = cli("check", path, "--json").ok().json()["diagnostics"]
    assert any(d["code"] == "SOP-S220" and feature in d["message"] for d in found), found
    page = cli("dry-run", path, *now, "--json").ok().json()
    assert {item["id"] for item in page["items"]} == {"hello"}
    assert any(d["code"] == "SOP-S220" and feature in d["message"] for d in page["diagnostics"])
    refused = cli("start", path, *now, "--yes")
    assert refused.code == 1
    assert feature in refused.err.splitlines()[-1]


def test_steps_that_wait_for_one_left_out_are_left_out(cli: Cli, workspace: Path) -> None:
    book = HEAD + FLOW + "    - {id: moon, on: mon, at: 09:00, send: hello, rollout: {waves: [2, rest]}}\n"
    book += "    - {id: a, after: moon + 1h, send: hello}\n    - {id: b, after: a + 1h, send: hello}\n"
    book += "    - {id: c, after: hello + 1h, send: hello}\n"
    (workspace / "playbooks/later.yaml").write_text(book)
    (workspace / "data/groups.csv").write_text("id,name,opens\ng1,First,2026-06-02\n")
    page = cli("dry-run", "playbooks/later.yaml", "--now", "2026-05-30T09:00", "--json").ok().json()
    assert [item["id"] for item in page["items"]] == ["hello", "c"]


def test_a_playbook_with_every_construct_of_the_language(cli: Cli, workspace: Path) -> None:
    source = ROOT / "tests/cases/ok/whole-language.yaml"
    for path in [source, *source.parent.glob("*/**/*.*")]:
        place = workspace / "playbooks" / path.relative_to(source.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    book = f"playbooks/{source.name}"
    inputs = ("--set", "opening=2026-06-18", "--now", "2026-06-01T09:00")
    for form in ((), ("--json",), ("--each", "--jsonl")):
        done = cli("dry-run", book, *inputs, *form)
        assert done.code in (0, 1), done.err
        assert "itself went wrong" not in done.err
    assert cli("start", book, *inputs, "--yes").code == 1
