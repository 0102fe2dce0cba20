"""The dry run: right by independent arithmetic, equal bytes for equal inputs, no network, no writes."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import yaml

from tests.acceptance.conftest import Cli

FESTIVAL = (
    "dry-run",
    "playbooks/summer-festival.yaml",
    "--set",
    "opening=2026-06-18",
    "--now",
    "2026-06-01T09:00",
)
OPENING = date(2026, 6, 18)
PHASES = {  # from and until, in days from the opening; independent of the engine
    "warmup": (-14, -5),
    "launch": (-5, 0),
    "peak": (0, 3),
    "close": (3, 10),
}


def days_of(on: object, first: date, last: date) -> list[date]:
    """What the words of `on` used in the festival mean, by hand."""
    if isinstance(on, list):
        return [day for word in on for day in days_of(word, first, last)]
    word = str(on)
    if word == "daily":
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if word.startswith("day ") and ".." in word:
        a, b = (int(n) for n in word.removeprefix("day ").split(".."))
        return [first + timedelta(days=n - 1) for n in range(a, b + 1)]
    if word.startswith("day -"):
        return [last - timedelta(days=int(word.removeprefix("day -")) - 1)]
    if word.startswith("day "):
        return [first + timedelta(days=int(word.removeprefix("day ")) - 1)]
    if word == "opening":
        return [OPENING]
    raise AssertionError(f"teach this test the word {word!r}")


def test_every_step_of_the_four_phases_stands_on_the_right_day(cli: Cli, workspace: Path) -> None:
    text = (workspace / "playbooks/summer-festival.yaml").read_text("utf-8")
    playbook = yaml.load(text, Loader=yaml.BaseLoader)
    expected = set()
    for name, (begin, end) in PHASES.items():
        first, last = OPENING + timedelta(days=begin), OPENING + timedelta(days=end - 1)
        for step in playbook["phases"][name]["steps"]:
            if "after" in step:
                continue
            times = step["at"] if isinstance(step["at"], list) else [step["at"]]
            expected |= {
                (step["id"], f"{day.isoformat()}T{int(t.split(':')[0]):02}:{t.split(':')[1]}:00+08:00")
                for day in days_of(step["on"], first, last)
                for t in times
            }
    items = cli(*FESTIVAL, "--json").ok().json()["items"]
    waiting = {s["id"] for p in playbook["phases"].values() for s in p["steps"] if "after" in s}
    assert {(i["id"], i["at"]) for i in items if i["id"] not in waiting} == expected
    assert list(playbook["phases"]) == list(PHASES)
    assert all(item["state"] == "planned" for item in items)


def test_a_second_run_gives_the_same_bytes(cli: Cli, workspace: Path) -> None:
    for form in ((), ("--json",), ("--each", "--jsonl"), ("--all",)):
        assert cli(*FESTIVAL, *form).ok().out == cli(*FESTIVAL, *form).ok().out


AUDIT = """
import os, sys
sys.dont_write_bytecode = True
seen = []
def hook(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "sqlite3.connect"):
        seen.append((event, str(args[-1])))
    if event == "open" and args[1] is not None and set(str(args[1])) & set("wax+"):
        seen.append((event, args[0], args[1]))
    if event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and args[0] != os.devnull:
        seen.append((event, args[0], args[2]))
    if event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"):
        seen.append((event, *args))
sys.addaudithook(hook)
from sopengine.cli.main import run
code = run(sys.argv[1:])
writes = [s for s in seen if s[0] != "open" or isinstance(s[1], str)]  # pipes to the template worker have numbers
assert not writes, writes
sys.exit(code)
"""


def test_no_connect_and_no_write(workspace: Path) -> None:
    before = sorted(path for path in workspace.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, *FESTIVAL, "--json"], cwd=workspace, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '"items"' in done.stdout
    assert sorted(path for path in workspace.rglob("*")) == before


def test_the_hook_would_see_a_write(workspace: Path) -> None:
    """The test above can fail: a start under the same hook is caught."""
    arguments = ["start", *FESTIVAL[1:], "--yes"]
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, *arguments], cwd=workspace, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "AssertionError" in done.stderr
