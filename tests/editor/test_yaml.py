"""What an author sees while writing: mistakes, keys, explanations and snippets, from the real language server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.editor.server import Editor, editor

FIRST_LINE = "# yaml-language-server: $schema=../schemas/{}.schema.json\n"
BOOK = """\
playbook: shop
timezone: Asia/Shanghai
inputs:
  opening: {type: date}
audiences:
  groups: {source: groups}
roles:
  clerk: {person: 周敏}
messages:
  hello: 你好
phases:
  warmup:
    from: opening - 7d
    until: opening
    steps:
      - id: first
        on: day 1
        at: 10:00
        to: groups
        send: hello
"""
MODULE = """\
module: care
inputs:
  brand: {type: text}
audiences:
  groups: {title: 群, columns: {size: integer}}
messages:
  hello: 你好
steps:
  - id: first
    after: 10m
    to: groups
    send: hello
"""
CAMPAIGN = """\
campaign: 2026-summer
playbook: ../playbooks/shop.yaml
inputs:
  opening: 2026-06-18
audiences:
  groups: ../data/groups.csv
"""
FILES = {"playbooks/a.yaml": BOOK, "modules/a.yaml": MODULE, "campaigns/a.yaml": CAMPAIGN}


def both(text: str) -> bool:
    zh, sign, en = text.partition(" / ")
    return bool(sign and re.search("[一-鿿]", zh) and re.search("[a-z]", en) and not re.search("[一-鿿]", en))


def test_the_playbooks_of_a_new_workspace_have_no_findings(vscode: Editor, workspace: Path) -> None:
    files = [path for folder in ("playbooks", "campaigns") for path in sorted((workspace / folder).glob("*.yaml"))]
    assert len(files) > 3
    for path in files:
        assert vscode.findings(str(path.relative_to(workspace)), path.read_text("utf-8")) == []


@pytest.mark.parametrize("name", FILES)
def test_the_settings_know_which_file_is_what(vscode: Editor, name: str) -> None:
    """No first line is needed in a folder that has the settings."""
    text = FILES[name]
    assert vscode.findings(name, text) == []
    key = text.partition(":")[0]
    assert vscode.findings(name, text.replace(f"{key}:", f"{key}: x\n{key}x:", 1)) == [
        (2, f"Property {key}x is not allowed.")
    ]


@pytest.mark.parametrize("name", FILES)
def test_the_first_line_is_enough_without_settings(workspace: Path, name: str) -> None:
    kind = {"playbooks": "playbook", "modules": "module", "campaigns": "campaign"}[name.partition("/")[0]]
    with editor(workspace) as window:
        found = window.findings(name, FIRST_LINE.format(kind) + FILES[name] + "titel: x\n")
    assert found == [(FILES[name].count("\n") + 2, "Property titel is not allowed.")]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("        send: hello", "        sned: hello", 20, "Property sned is not allowed."),
        ("        at: 10:00", "        at: {x: 1}", 18, "Incorrect type."),
        ("  opening: {type: date}", "  opening: {type: choice}", 4, 'Missing property "choices".'),
        ("    until: opening\n", "", 12, 'Missing property "until".'),
        ("  clerk: {person: 周敏}", "  target: {person: 周敏}", 8, ""),
        ("        to: groups", "        to: groups\n        with: {brand: x}", 20, ""),
        ("      - id: first", "      - id: first\n        if_past: wait", 17, "Value is not accepted."),
    ],
)
def test_a_mistake_is_underlined_while_one_writes(vscode: Editor, old: str, new: str, line: int, says: str) -> None:
    assert BOOK.replace(old, new, 1) != BOOK
    found = vscode.findings("playbooks/wrong.yaml", BOOK.replace(old, new, 1))
    assert any(says in message for _, message in found), found
    assert {where for where, _ in found} <= {line, line - 4, line - 3}, found


def test_the_keys_of_a_step_are_offered_with_what_they_mean(vscode: Editor) -> None:
    text = BOOK + "        \n"
    offered = {item["label"]: item.get("documentation") for item in vscode.offered("playbooks/b.yaml", text, text[:-1])}
    assert {"due", "if", "late_ok", "use", "choose", "escalate"} <= offered.keys()
    assert not {"id", "send"} & offered.keys(), "what is written already is not offered"
    assert all(both(str(offered[key])) for key in ("due", "if", "late_ok", "use", "choose"))


def test_the_choices_of_a_value_are_offered(vscode: Editor) -> None:
    text = BOOK + "        if_past: \n"
    offered = {item["label"] for item in vscode.offered("playbooks/c.yaml", text, text[:-1])}
    assert {"skip", "now"} <= offered


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("playbooks/a.yaml", "timezone"),
        ("playbooks/a.yaml", "until"),
        ("playbooks/a.yaml", "        send"),
        ("playbooks/a.yaml", "source"),
        ("modules/a.yaml", "module"),
        ("modules/a.yaml", "columns"),
        ("modules/a.yaml", "    after"),
        ("campaigns/a.yaml", "playbook"),
        ("campaigns/a.yaml", "inputs"),
    ],
)
def test_a_key_is_explained_in_chinese_and_english(vscode: Editor, name: str, at: str) -> None:
    shown = vscode.hover(name, FILES[name], at)
    explained = [line for line in shown.splitlines() if both(line)]
    assert explained, shown


def test_snippets_for_common_steps_are_offered(vscode: Editor) -> None:
    text = BOOK + "      - \n"
    offered = {item["label"]: item["insertText"] for item in vscode.offered("playbooks/d.yaml", text, text[:-1])}
    snippets = {label: body for label, body in offered.items() if both(label) and "${1:" in body}
    assert len(snippets) >= 7
    body = snippets["派任务 / hand out a task"]
    assert "due: ${6:1 workday}" in body
    written = text[:-1] + accepted(body, "      ") + "\n"
    assert vscode.findings("playbooks/e.yaml", written) == []


@pytest.mark.parametrize(
    ("folder", "key"),
    [
        *(("playbooks", key) for key in ("inputs", "audiences", "roles", "phases", "journeys", "")),
        ("modules", ""),
        ("campaigns", ""),
    ],
)
def test_snippets_begin_a_file_and_its_parts(vscode: Editor, folder: str, key: str) -> None:
    text = f"playbook: x\n{key}:\n  \n" if key else "\n"
    offered = vscode.offered(f"{folder}/new-{key}.yaml", text, text[:-1]) if key else None
    if offered is None:
        offered = vscode.offered(f"{folder}/new.yaml", "#\n\n", "#\n")
    bodies = [item["insertText"] for item in offered if both(item["label"]) and "${1:" in item.get("insertText", "")]
    assert bodies


def accepted(body: str, indent: str) -> str:
    """A snippet as it stands when its author only presses Enter."""
    return re.sub(r"\$\{\d+:([^}]*)\}", r"\1", body).replace("\n", "\n" + indent)
