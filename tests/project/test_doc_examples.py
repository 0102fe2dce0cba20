"""Every example of the documents is what it claims to be: checked by the program that readers will try it with.

A comment before a block says what it is, where it is no whole file: `<!-- example: parts -->` are parts of a playbook,
`<!-- example: steps of a journey -->` (phase, weekly, welcome) are steps. `, SOP-R303` after it says which finding the
block shows; without it there is none.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Collection
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from sopengine.cli.main import run
from sopengine.diagnostics import Diagnostic
from sopengine.language.load import load
from sopengine.workspace import load_workspace
from tests.support.doc_frames import (
    FILES,
    FLOWS,
    FRAMES,
    REHEARSED,
    framed,
    in_campaign,
    in_frame,
    in_module,
    in_rehearsal,
    in_workspace,
    with_steps,
)
from tests.support.workbooks import workbook

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md")])
REFERENCES = ["language-reference.md", "language-reference.zh-CN.md"]
BLOCK = re.compile(r"(?:^<!-- example: ([^\n]+) -->\n+)?^```(yaml|toml)\n(.*?)^```$", re.S | re.M)
NOISE = {
    "SOP-R307",  # what the frame has and the example does not use
    "SOP-D603",
}


FOLDERS = {"rehearsal": "rehearsals", "campaign": "campaigns", "module": "playbooks/modules", "playbook": "playbooks"}
"""Where a whole file of each kind lies, by the key that tells it."""


class Shown:
    def __init__(self, path: Path, mark: str, kind: str, text: str) -> None:
        self.path, self.mark, self.kind, self.text = path, mark, kind, text

    def __repr__(self) -> str:
        return f"{self.path.name}: {self.text.splitlines()[0]}"


def shown() -> list[Shown]:
    return [Shown(path, *match) for path in DOCUMENTS for match in BLOCK.findall(path.read_text("utf-8"))]


def opened(name: str) -> bytes | None:
    """The files that examples name; pictures are one point."""
    if name.endswith(".png"):
        return bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
        )
    if name.endswith(".xlsx"):
        return workbook(["day", "text"], *([day, f"第 {day} 天"] for day in range(1, 11)))
    return FILES[name].encode() if name in FILES else None


def found(text: str) -> list[Diagnostic]:
    return [d for d in load(text.encode(), "book.yaml", opened).diagnostics if d.code not in NOISE]


def judged(example: Shown) -> list[str]:
    what, *codes = (part.strip() for part in example.mark.split(","))
    flow = re.fullmatch(r"steps of (?:a |the )?(\w+)", what)
    if what == "parts":
        text = framed(example.text)
    elif flow:
        assert flow[1] in FLOWS, example.mark
        text = with_steps(flow[1], example.text)
    else:
        assert not what, example.mark
        text = example.text
    diagnostics = found(text)
    if codes:
        assert {d.code for d in diagnostics} == set(codes)
        return []
    return [f"{d.code} {d.place and d.place.line}: {d.message.en}" for d in diagnostics]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A workspace with all the files that examples name."""
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    shutil.move(tmp_path / "playbooks/data", tmp_path / "data")
    for name, text in FILES.items():
        for folder in (tmp_path, tmp_path / "playbooks"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    (tmp_path / "sopengine.toml").write_text(
        '[sources.groups]\npath = "data/groups.csv"\n[sources.stores]\npath = "data/stores.csv"\n', "utf-8"
    )
    return tmp_path


def checked(path: Path, text: str, noise: Collection[str] = ()) -> list[str]:
    """What the command `check` has to say of this file of a workspace."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        run(["--lang", "en", "check", str(path), "--now", "2026-06-01T09:00", "--json"])
    said = json.loads(out.getvalue())["diagnostics"]
    return [f"{d['code']}: {d['message']}" for d in said if d["code"] not in noise]


@pytest.mark.parametrize("example", shown(), ids=repr)
def test_every_block_is_what_it_says(example: Shown, shop: Path) -> None:
    kind = next((kind for kind in FOLDERS if re.search(rf"^{kind}:", example.text, re.M)), "")
    if example.kind == "toml":
        assert workspace_findings(shop, example.text) == []
    elif kind:
        assert checked(shop / FOLDERS[kind] / "shown.yaml", example.text) == []
    else:
        assert judged(example) == []


def workspace_findings(shop: Path, text: str) -> list[str]:
    (shop / "sopengine.toml").write_text(text, "utf-8")
    return [f"{d.code}: {d.message.en}" for d in load_workspace(shop).diagnostics]


def rows() -> list[tuple[str, str, str, str]]:
    """(reference, section, key, example) of every row that explains a key."""
    listed = []
    for name in REFERENCES:
        section = ""
        prose = re.sub(r"^```.*?^```", "", (ROOT / "docs" / name).read_text("utf-8"), flags=re.S | re.M)
        for line in prose.splitlines():
            if heading := re.match(r"#+ .*?(?:`([^`]+)`)?$", line):
                section = heading[1] or ""
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) == 5 and re.fullmatch(r"`\w+`", cells[0]):
                listed.append((name, section, cells[0].strip("`"), cells[4].strip("`")))
    return listed


def of_playbooks(row: tuple[str, str, str, str]) -> bool:
    return row[1] == "playbook" or row[1] in FRAMES


@pytest.mark.parametrize(("name", "section", "key", "example"), list(filter(of_playbooks, rows())))
def test_every_row_is_an_example_that_works(name: str, section: str, key: str, example: str) -> None:
    assert [f"{d.code}: {d.message.en}" for d in found(in_frame(section, key, example))] == []


@pytest.mark.parametrize(("name", "section", "key", "example"), [row for row in rows() if not of_playbooks(row)])
def test_so_is_every_row_of_the_other_files(name: str, section: str, key: str, example: str, shop: Path) -> None:
    if section == "modules/NAME.yaml":
        assert checked(shop / "playbooks/modules/welcome.yaml", in_module(key, example), NOISE) == []
    elif section in REHEARSED:
        assert checked(shop / "rehearsals/first.yaml", in_rehearsal(section, key, example)) == []
    elif section == "campaigns/NAME.yaml":
        assert checked(shop / "campaigns/summer.yaml", in_campaign(key, example)) == []
    else:
        assert workspace_findings(shop, in_workspace(section, key, example)) == []


def moments() -> list[str]:
    """What the table of time words says one may write, in either language."""
    listed: dict[str, None] = {}
    for name in REFERENCES:
        text = (ROOT / "docs" / name).read_text("utf-8")
        section = re.split(r"^## .*`on`.*$", text, flags=re.M)[1].split("\n## ")[0]
        for cell in re.findall(r"^\| (`(?:on|at|after|except): .*?) \|", section, flags=re.M):
            listed |= dict.fromkeys(re.findall(r"`((?:on|at|after|except): [^`]+)`", cell))
    return list(listed)


@pytest.mark.parametrize("written", moments())
def test_every_way_to_say_when_is_understood(written: str) -> None:
    flow, to = "phase", "core-members" if "birthday" in written else "groups"
    lines = {"id": "id: mine", "to": f"to: {to}", "send": "send: hello"}
    word = written.split(":")[0]
    if word in ("on", "except"):
        lines |= {} if "cron" in written else {"at": "at: 10:00"}
        lines |= {"on": "on: daily"}
    if word == "at" and "live" not in written:
        lines |= {"on": "on: daily"}
    if "every 15m" in written:  # stands beside it in the table
        lines["max"] = "max: 8"
    if re.fullmatch(r"after: \d+[dhm]", written):
        flow = "welcome"
        lines |= {"to": "to: target"} | ({"at": "at: 10:00"} if written.endswith("d") else {})
    lines[word] = written
    steps = "- " + "\n  ".join(lines.values()) + "\n"
    assert [f"{d.code}: {d.message.en}" for d in found(with_steps(flow, steps))] == []
