"""The mark ○ of the language references stands exactly where `check` warns that a key is not carried out yet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sopengine.language.load import load

DOCS = Path(__file__).parents[2] / "docs"
TASK_KEYS = {"due", "remind", "escalate", "form", "about", "script", "on_overdue"}
ACTIONS = {"send", "task", "choose", "wait", "split", "tag", "emit", "exit", "pause", "use"}
# What a key needs beside it to be a whole step.
COMPANIONS = {
    "with": ["use: modules/welcome.yaml"],
    "choose": ["else: skip"],
    "else": ["choose: [{if: input.opening is known, send: hello}]"],
    "wait": ["for: 48h", "timeout: next"],
    "for": ["wait: order.paid", "timeout: next"],
    "then": ["wait: order.paid", "for: 48h", "timeout: next"],
    "timeout": ["wait: order.paid", "for: 48h"],
}
PLAYBOOK = """\
playbook: p
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences: {groups: {source: groups}}
roles: {area-lead: {person: 林岚}}
messages: {hello: 你好}
phases:
  all:
    from: opening
    until: opening + 3d
    steps:
      - id: other
        on: daily
        at: 10:00
        to: groups
        send: hello
"""


def rows(name: str, section: str) -> list[tuple[str, str, str]]:
    """(mark, key, example) of each row under the heading that ends in `section`."""
    text = re.split(rf"^#+ .*`{section}`$", (DOCS / name).read_text("utf-8"), flags=re.M)[1]
    return re.findall(r"^\| (○ )?`(\w+)` \|.*\| `([^`]+)` \|$", re.split(r"^#", text, flags=re.M)[0], flags=re.M)


def is_warned_of(text: str) -> bool:
    return any(d.code == "SOP-S220" for d in load(text.encode(), "p.yaml", lambda _: None).diagnostics)


def step_with(key: str, example: str) -> str:
    lines = {"id": "id: mine", "on": "on: daily", "at": "at: 10:00", "to": "to: groups", "send": "send: hello"}
    if key == "after":
        del lines["on"], lines["at"]
    if key in ACTIONS | TASK_KEYS | set(COMPANIONS):
        del lines["send"]
    if key in TASK_KEYS:
        lines |= {"to": "to: area-lead", "task": "task: 做", "due": "due: 1d"}
    lines |= {line.split(":")[0]: line for line in COMPANIONS.get(key, [])}
    lines[key] = example
    return PLAYBOOK + "      - " + "\n        ".join(lines.values()) + "\n"


@pytest.mark.parametrize(("mark", "key", "example"), rows("language-reference.md", "step"))
def test_marks_of_step_keys(mark: str, key: str, example: str) -> None:
    assert is_warned_of(step_with(key, example)) == bool(mark)


@pytest.mark.parametrize(("mark", "key", "example"), rows("language-reference.md", "playbook"))
def test_marks_of_the_root(mark: str, key: str, example: str) -> None:
    others = [line for line in PLAYBOOK.splitlines(keepends=True) if not line.startswith(f"{key}:")]
    text = "".join(others if key != "phases" else others[: others.index("  all:\n")])
    assert is_warned_of(text + example + "\n") == bool(mark)


def test_both_references_mark_the_same() -> None:
    marks = [
        re.findall(r"^\| (○ )?`(\w+)` \|", (DOCS / name).read_text("utf-8"), flags=re.M)
        for name in ("language-reference.md", "language-reference.zh-CN.md")
    ]
    assert marks[0] == marks[1]
