"""`check` and `dry-run` need nothing that only Unix has; files written on Windows are read as they stand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.support import elsewhere

ROOT = Path(elsewhere.ROOT)
DRY_RUN = ("dry-run", "playbooks/summer-festival.yaml", "--set", "opening=2026-06-18", "--now", "2026-06-01T09:00")


def run_elsewhere(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.elsewhere", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "SOPENGINE_LANG": "en", "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_modules_are_really_gone(tmp_path: Path) -> None:
    program = "from tests.support import elsewhere; elsewhere.leave_unix(); import os; print(hasattr(os, 'fork'));"
    for module in sorted(elsewhere.MODULES):
        done = subprocess.run(
            [sys.executable, "-c", f"{program} import {module}"],
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "False\n"
        assert done.stderr.strip().endswith(f"No module named '{module}' on this system")


@pytest.mark.parametrize("arguments", [("check", "playbooks"), (*DRY_RUN, "--json"), (*DRY_RUN, "--all")])
def test_the_answers_are_those_of_unix(cli: Cli, workspace: Path, arguments: tuple[str, ...]) -> None:
    here = cli(*arguments).ok().out
    done = run_elsewhere(workspace, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    timed = here.rpartition("\n")[0] if arguments[0] == "check" else here.rstrip("\n")  # check ends with its duration
    assert done.stdout.startswith(timed[: timed.rfind(" in ")] if " in " in timed else timed)


BURNING = """\
playbook: burning
timezone: Asia/Shanghai
audiences:
  groups: {source: groups, sample: {name: 东湖店群}}
weekly:
  to: groups
  steps:
    - id: slow
      on: mon
      at: 09:00
      send:
        text: "{% set a = target.name %}SLOW{{ a | length }}"
    - {id: quick, on: tue, at: 09:00, send: {text: "{{ target.name }}好"}}
"""
SLOW = "{% set a = a ~ a ~ a ~ a ~ a ~ a ~ a ~ a %}" * 9 + "{% for x in range(1000) %}{% set b = a ~ a %}{% endfor %}"


def test_without_limits_of_the_system_the_clock_ends_what_burns(tmp_path: Path) -> None:
    (tmp_path / "burning.yaml").write_text(BURNING.replace("SLOW", SLOW), "utf-8")
    began = time.monotonic()
    done = run_elsewhere(
        tmp_path, "dry-run", "burning.yaml", "--now", "2026-06-01T08:00", "--until", "2026-06-08", "--json"
    )
    assert time.monotonic() - began < 30
    assert "Traceback" not in done.stderr
    items = json.loads(done.stdout)["items"]
    texts = {item["id"]: item["text"] for item in items}
    assert texts == {"slow": "", "quick": "东湖店群好"}


def test_crlf_and_backslashes(cli: Cli, workspace: Path) -> None:
    """A workspace whose files were written on Windows gives the same as before, to the column."""
    before = json.loads(cli(*DRY_RUN, "--json").ok().out)
    for file in (*workspace.glob("playbooks/**/*.*"), *workspace.glob("data/*"), workspace / "sopengine.toml"):
        text = file.read_text("utf-8")
        if file.suffix == ".toml":
            text = re.sub(r'path = "data/(.*)"', r"path = 'data\\\1'", text)
        text = re.sub(r"(file|table): (\w+)/", r"\1: \2\\", text)
        file.write_bytes(text.replace("\n", "\r\n").encode())
    for name in ("playbooks/summer-festival.yaml", "sopengine.toml"):
        assert re.search(rb"\w\\\w", (workspace / name).read_bytes()), name
    cli("check", "playbooks").ok()
    after = json.loads(cli(*DRY_RUN, "--json").ok().out)
    for document in (before, after):
        document["campaign"].pop("hash")
    assert after == before
