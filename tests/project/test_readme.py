"""Both READMEs and guides say the same, and what they say is what the program has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sopengine import errors
from sopengine.channels.kinds import KINDS
from sopengine.cli.main import COMMANDS
from sopengine.language.load import load

ROOT = Path(__file__).parents[2]
PAIRS = [
    ("README.md", "README.zh-CN.md"),
    ("docs/operators-guide.md", "docs/operators-guide.zh-CN.md"),
    ("docs/language-reference.md", "docs/language-reference.zh-CN.md"),
]
READMES = list(PAIRS[0])
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, flags=re.S | re.M)


def outline(text: str) -> list[int]:
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return [len(marks) for marks in re.findall(r"^(#+) ", prose, flags=re.M)]


def first_cells(text: str) -> list[str]:
    """The codes in the first column of every table."""
    return re.findall(r"^\| (`[^|]+`|\d+) ", text, flags=re.M)


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_are_in_step(english: str, chinese: str) -> None:
    one, other = (ROOT / english).read_text("utf-8"), (ROOT / chinese).read_text("utf-8")
    assert outline(one) == outline(other)
    assert blocks(one) == blocks(other)
    assert [re.findall("`[^`]+`", cell) for cell in first_cells(one)] == [
        re.findall("`[^`]+`", cell) for cell in first_cells(other)
    ]


@pytest.mark.parametrize("name", READMES)
def test_every_command_channel_and_exit_code_is_listed(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    listed = {word.split()[1] for word in re.findall(r"`(sopengine [a-z-]+[^`]*)`", text)}
    assert listed >= set(COMMANDS)
    assert {f"`{kind}`" for kind in KINDS} <= set(first_cells(text))
    codes = {str(value) for key, value in vars(errors).items() if key.startswith("EXIT_")}
    assert codes <= set(first_cells(text))


def test_the_change_check_runs_the_second_command() -> None:
    (second,) = [block for block in blocks((ROOT / "README.md").read_text("utf-8")) if "-m tests" in block]
    assert (ROOT / ".ci" / "run").read_text("utf-8").endswith("\n" + second)


def test_the_first_playbook_has_no_findings() -> None:
    (playbook,) = [block for block in blocks((ROOT / "README.md").read_text("utf-8")) if block.startswith("# yaml")]
    loaded = load(playbook.encode(), "opening.yaml", lambda _: None)
    assert [(d.code, d.message.en) for d in loaded.diagnostics] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8"))
    missing = [t for t in targets if not t.startswith("https://") and not (path.parent / t).exists()]
    assert missing == []
