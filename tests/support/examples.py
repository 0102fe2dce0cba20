"""The examples of `explain`, run as an author would run them: in a folder of their own, by the command line."""

from __future__ import annotations

import io
import json
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from sopengine.cli.main import run
from sopengine.diagnostics import CODES
from sopengine.review.explanations import Explanation

BASE = """\
playbook: example
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-18}
audiences:
  groups: {source: groups, sample: {name: 东湖店群}}
roles:
  clerk: {person: 周敏}
messages:
  hello: 你好，{{ target.name }}。{{ input.opening | date('M月D日') }}见。
phases:
  warmup:
    from: opening - 7d
    until: opening
    steps:
      - {id: first, on: day 1, at: 10:00, to: groups, send: hello}
      - {id: stock, on: day 2, at: 09:00, to: clerk, task: 备货, due: 1 workday}
"""
"""The playbook in which an example stands; a part of the example takes the place of the part of that name."""

NOISE = {"SOP-R307", "SOP-D603", "SOP-W530"}
"""What leaving out a part of the base leaves behind, and the note that two steps share its message."""

_KEY = re.compile(r"([A-Za-z_]+)[ \t]*[:：]")


def composed(example: str) -> str:
    parts = sections(BASE) | sections(example)
    return "".join(parts.values())


def sections(text: str) -> dict[str, str]:
    """The parts of a playbook by their key: each from a line that begins with a sign to the next such line."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        key = _KEY.match(line)
        if line[:1].strip() and not line.startswith(("#", "}", "]")):
            name = key[1] if key else line.strip()
            found[name] = ""
        found[name] = found.get(name, "") + line
    return {name: part if part.endswith("\n") else part + "\n" for name, part in found.items()}


def codes_of(example: str, told: Explanation, code: str, folder: Path) -> set[str]:
    """The codes that the command line finds in this example, in the (empty) folder."""
    setting = told.setting or {}
    for name, text in setting.get("files", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    encoding = setting.get("encoding", "utf-8") if example == told.wrong else "utf-8"
    book = example if told.kind == "file" else composed(example if told.kind == "playbook" else setting.get("book", ""))
    (folder / "example.yaml").write_bytes(book.encode(encoding))
    if told.kind == "workspace":
        (folder / "sopengine.toml").write_text(_with_groups(example, folder), encoding="utf-8")
    if told.kind == "campaign":
        (folder / "summer.yaml").write_text(example, encoding="utf-8")
    words = ["check", "summer.yaml" if told.kind == "campaign" else "example.yaml", "--now", "2026-05-01T09:00"]
    if told.kind == "command":
        words = shlex.split(example)[1:]
    elif CODES[code].stage == "dry-run" or setting.get("run") == "dry-run":
        words = ["dry-run", "example.yaml", "--now", "2026-06-01T09:00"]
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        run(["--lang", "zh", *words, "--json"])
    return {found["code"] for found in json.loads(out.getvalue()).get("diagnostics", [])}


def _with_groups(workspace: str, folder: Path) -> str:
    """With the source that the base needs, unless the example is about sources."""
    if "[sources." in workspace:
        return workspace
    if not (folder / "groups.csv").exists():
        (folder / "groups.csv").write_text("id,name\neast,东湖店群\n", encoding="utf-8")
    return workspace + '[sources.groups]\npath = "groups.csv"\n'
