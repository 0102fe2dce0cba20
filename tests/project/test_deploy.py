"""systemd accepts the units, and cron's line calls the same program on the same workspace."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from sopengine.resources import resource

UNITS = ["sopengine.service", "sopengine-tick.service", "sopengine-tick.timer"]
PROGRAM = "/opt/sopengine/bin/sopengine"


def test_units_pass_systemd_analyze(tmp_path: Path) -> None:
    """The program is not installed where the units expect it, so the judged copies call one that is there."""
    for name in UNITS:
        text = (resource("deploy") / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace(f"ExecStart={PROGRAM}", "ExecStart=/bin/true"), "utf-8")
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: install the package systemd"
    done = subprocess.run(
        [analyze, "verify", *(str(tmp_path / name) for name in UNITS)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_units_and_cron_call_the_same_program() -> None:
    called = {
        name: re.search(rf"{PROGRAM} (\w+) --workspace (\S+)", (resource("deploy") / name).read_text("utf-8"))
        for name in ("sopengine.service", "sopengine-tick.service", "sopengine.cron")
    }
    assert {name: found and found.groups() for name, found in called.items()} == {
        "sopengine.service": ("run", "/var/lib/sopengine"),
        "sopengine-tick.service": ("tick", "/var/lib/sopengine"),
        "sopengine.cron": ("tick", "/var/lib/sopengine"),
    }
