"""The newcomer's path of the README, followed line by line: from a schedule sheet to a campaign that has sent.

A reviewer in between opens the page and asks for a change. The commands' clock stands on 20 September 2026.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from sopengine.cli.main import run
from tests.importing.odd_sheets import listed
from tests.project.test_guide_commands import takes_a_time

ROOT = Path(__file__).parents[2]
NOW = "2026-09-20T09:00"
BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```$", re.S | re.M)
HEADINGS = {"README.md": "## From a schedule sheet", "README.zh-CN.md": "## 从一张排期表"}


def reviewed(page: str) -> str:
    """What a reviewer's download of the page holds: one message is to be changed, the others are approved."""
    (hash,) = re.findall(r'data-hash="(\w+)"', page)
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(["campaign_hash", "step", "slot", "decision", "comment", "author"])
    asked = re.findall(r'class="review" data-step="([^"]+)" data-slot="([^"]*)"', page)
    for n, (step, slot) in enumerate(asked):
        writer.writerow([hash, step, slot, "通过" if n else "需改", "" if n else "再短一点", "林岚"])
    return "\ufeff" + made.getvalue()


@pytest.mark.parametrize("name", HEADINGS)
def test_from_a_schedule_sheet_to_a_campaign(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOPENGINE_LANG", "en")
    monkeypatch.chdir(tmp_path)
    assert run(["init", "shop"]) == 0
    monkeypatch.chdir(tmp_path / "shop")
    Path("october.xlsx").write_bytes(listed())
    section = (ROOT / name).read_text("utf-8").split(HEADINGS[name])[1].split("\n## ")[0]
    typed = []
    for kind, block in BLOCK.findall(section):
        if kind == "toml":
            with Path("sopengine.toml").open("a", encoding="utf-8") as settings:
                settings.write("\n" + block)
            continue
        for line in block.splitlines():
            words = shlex.split(line)[1:]
            comments = words[0] == "comments"
            if comments:
                Path(words[-1]).write_text(reviewed(Path("october.html").read_text("utf-8")), "utf-8")
            capsys.readouterr()
            assert run([*words, "--now", NOW] if takes_a_time(words) else words) == (1 if comments else 0), line
            out = capsys.readouterr().out
            assert not comments or re.search(r"playbooks/october\.yaml:\d+:9  Change  \S+  [\d-]+ [\d:]+  林岚\n", out)
            typed.append(words[0])
    assert typed == ["import-xlsx", "check", "dry-run", "dry-run", "comments", "start"]
    assert run(["run", "--now", NOW]) == 0
    sent = [json.loads(line) for line in Path("outbox.jsonl").read_text("utf-8").splitlines()]
    assert len({one["text"] for one in sent}) >= 8
