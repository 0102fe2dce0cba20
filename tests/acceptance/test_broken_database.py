"""A database that cannot be used: one line, exit 3, nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.acceptance.conftest import Cli, Done

START = ("start", "playbooks/tea-week.yaml", "--now", "2026-06-01T08:00", "--yes")


@pytest.fixture
def started(cli: Cli, workspace: Path) -> Path:
    cli(*START).ok()
    return workspace


def one_line(done: Done) -> None:
    assert done.code == 3, done
    assert done.out == ""
    assert len([line for line in done.err.splitlines() if line.startswith("error")]) == 1
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 2  # the line, and what helps


def commands(cli: Cli) -> list[Done]:
    return [
        cli("tick", "--now", "2026-06-01T09:00"),
        cli("run", "--now", "2026-06-01T09:00", "--until", "2026-06-02T00:00"),
        cli("event", "member.joined", "--subject", "g-donghu-1", "--now", "2026-06-01T09:00"),
    ]


def test_locked(cli: Cli, started: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sopengine.store.opening.BUSY_SECONDS", 0.05)
    before = cli("log", "--json").ok().out
    holder = sqlite3.connect(started / "sopengine.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for done in commands(cli):
        one_line(done)
        assert "lock" in done.err
    holder.execute("ROLLBACK")
    holder.close()
    assert cli("log", "--json").ok().out == before
    cli("tick", "--now", "2026-06-01T09:00").ok()
    assert "sent" in cli("log").ok().out


def test_from_a_newer_version(cli: Cli, started: Path) -> None:
    with sqlite3.connect(started / "sopengine.db") as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version + 1}")
    db.close()
    for done in [*commands(cli), cli("status"), cli("log")]:
        one_line(done)
        assert "newer" in done.err


@pytest.mark.parametrize("damage", ["not a database at all", "", "SQLite format 3\x00 and then nothing"])
def test_no_database(cli: Cli, started: Path, damage: str) -> None:
    for path in started.glob("sopengine.db*"):
        path.unlink()
    (started / "sopengine.db").write_bytes(damage.encode() * 40)
    if damage:
        for done in [*commands(cli), cli("status")]:
            one_line(done)
        assert (started / "sopengine.db").read_bytes() == damage.encode() * 40


def test_torn_in_the_middle(cli: Cli, started: Path) -> None:
    cli("tick", "--now", "2026-06-01T09:00").ok()
    with sqlite3.connect(started / "sopengine.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    path = started / "sopengine.db"
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path.write_bytes(data)
    for done in [*commands(cli), cli("status"), cli("log")]:
        one_line(done)
    assert path.read_bytes() == bytes(data)  # left as it is for whoever repairs it


READ_ONLY = """
import importlib, os, pkgutil
import sopengine, wcwidth
for found in pkgutil.walk_packages(sopengine.__path__, "sopengine."):  # while the program's own files are readable
    if "migrations" not in found.name:
        importlib.import_module(found.name)
from sopengine.cli.main import main
os.setuid(65534)
main()
"""


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become another user")
def test_read_only(cli: Cli, started: Path, tmp_path: Path) -> None:
    """As a user who may read the workspace and write nothing in it."""
    before = cli("log", "--json").ok().out
    ours = [folder for folder in tmp_path.parents if Path(gettempdir()) in folder.parents]
    for path in [*ours, tmp_path, started, *started.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, "tick", "--now", "2026-06-01T09:00"],
        cwd=started,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOPENGINE_LANG": "en"},
    )
    one_line(Done(done.returncode, done.stdout, done.stderr))
    assert cli("log", "--json").ok().out == before
