"""The operator's guide, followed line by line: every command works in the order in which it stands there.

A block after a comment `<!-- not run: why -->` is left out. The commands' clock stands on 1 June 2026, and moves on
until there is a task to tick off.
"""

from __future__ import annotations

import io
import json
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest

from sopengine.cli.main import COMMANDS, run
from tests.importing.odd_sheets import listed

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ["operators-guide.md", "operators-guide.zh-CN.md"]
REHEARSED = ("tea-week-first", "scripts-tasks")
BLOCK = re.compile(r"(?:^<!-- (not run): [^\n]+ -->\n+)?^```(sh|yaml)\n(.*?)^```$", re.S | re.M)


class Reader:
    """Types what stands in the guide."""

    def __init__(self, root: Path) -> None:
        self.root, self.now = root, "2026-06-01T09:00"

    def types(self, line: str) -> str:
        words = shlex.split(line)[1:]
        if "ID" in words:
            words[words.index("ID")] = self.open_task()
        return self.called(words)

    def called(self, words: list[str]) -> str:
        if takes_a_time(words):
            words = [*words, "--now", self.now]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(words)
        assert code == 0, (words, out.getvalue(), err.getvalue())
        return out.getvalue()

    def open_task(self) -> str:
        """The first one; the days go by until there is one."""
        for day in range(2, 19):
            tasks = json.loads(self.called(["task", "list", "--json"]))["tasks"]
            if tasks:
                return str(tasks[0]["id"])
            for clock in ("10:00", "10:30"):
                self.now = f"2026-06-{day:02}T{clock}"
                self.called(["tick"])
        raise AssertionError("no task in all of the warm-up")


def takes_a_time(words: list[str]) -> bool:
    from importlib import import_module

    command = import_module(COMMANDS[words[0]][0]).command("en")
    if isinstance(command, click.Group):
        command = command.commands[words[1]]
    return any("--now" in param.opts for param in command.params)


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_of_the_guide_works(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (DOCS / name).read_text("utf-8")
    monkeypatch.setenv("SOPENGINE_LANG", "en")
    monkeypatch.chdir(tmp_path)
    assert run(["init", "shop"]) == 0
    monkeypatch.chdir(tmp_path / "shop")
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    for path in Path("rehearsals").glob("*.yaml"):
        if path.stem not in REHEARSED:
            path.unlink()  # each is played by a test of its own
    Path("october.xlsx").write_bytes(listed())
    reader = Reader(tmp_path / "shop")
    typed = 0
    for left_out, kind, block in BLOCK.findall(guide):
        named = re.search(r"`(playbooks/\w+\.yaml)`[^\n]*\n+$", guide[: guide.index(block) - len("```yaml\n")])
        if kind == "yaml" and named:
            Path(named[1]).write_text(block, "utf-8")
        elif kind == "sh" and not left_out:
            for line in block.splitlines():
                reader.types(line)
                typed += 1
    assert typed > 15


@pytest.mark.parametrize("name", GUIDES)
def test_the_playbooks_it_tells_of_are_there(name: str) -> None:
    told = re.findall(r"^\| `([a-z0-9-]+)` \|", (DOCS / name).read_text("utf-8"), flags=re.M)
    assert len(told) >= 4
    assert set(told) <= {path.stem for path in (DOCS.parent / "playbooks").glob("*.yaml")}
