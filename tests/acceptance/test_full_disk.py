"""A disk that takes no more, at whichever write: one line, nothing sent without its row, and work goes on by itself."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from sopengine.store import opening
from tests.acceptance.conftest import Cli, Done

START = ("start", "crowd.yaml", "--now", "2026-06-01T08:00", "--yes")
TICK = ("tick", "--now", "2026-06-01T09:00")
GROUPS = 60
BOOK = """
playbook: crowd
title: Crowd
timezone: UTC
audiences: {groups: {source: crowd, sample: {name: A group}}}
runs: {from: 2026-06-01, until: 2026-06-02}
messages: {hello: 'Hello {{ target.name }}, %s'}
weekly: {to: groups, steps: [{id: hello, on: daily, at: 09:00, late_ok: 2h, send: hello}]}
""" % ("words and more words, " * 40)
IN_DOUBT_OR_SENT = (2, 3, 5)  # sending, sent, unknown


@pytest.fixture
def started(cli: Cli, workspace: Path) -> Path:
    (workspace / "crowd.yaml").write_text(BOOK)
    (workspace / "crowd.csv").write_text("id,name\n" + "".join(f"g{n},Group {n}\n" for n in range(GROUPS)))
    with (workspace / "sopengine.toml").open("a") as file:
        file.write('\n[sources.crowd]\npath = "crowd.csv"\n')
    cli(*START).ok()
    return workspace


def copied(started: Path, name: str) -> Path:
    return Path(shutil.copytree(started, started.parent / name))


def sent(root: Path) -> Counter[str]:
    """Whole lines of the outbox, by key."""
    path = root / "outbox.jsonl"
    lines = path.read_text("utf-8").split("\n")[:-1] if path.exists() else []
    return Counter(json.loads(line)["key"] for line in lines)


def states(root: Path) -> dict[str, int]:
    with closing(sqlite3.connect(root / "sopengine.db")) as db:
        return dict(db.execute("SELECT key, state FROM delivery").fetchall())


def nothing_without_its_row(root: Path) -> None:
    rows = states(root)
    assert all(rows.get(key) in IN_DOUBT_OR_SENT for key in sent(root))


def full(done: Done) -> None:
    assert done.code == 3, done
    assert "disk is full" in done.err
    assert "Traceback" not in done.err
    assert len([line for line in done.err.splitlines() if line.startswith("error")]) == 1


def goes_on(cli: Cli, root: Path) -> None:
    """There is room again: what was in doubt is unknown, all else is sent, and nothing twice."""
    for minute in ("09:01", "09:04", "09:07", "12:00"):
        cli("tick", "--now", f"2026-06-01T{minute}", "--workspace", str(root)).ok()
    out, rows = sent(root), states(root)
    assert len(rows) == GROUPS
    assert set(rows.values()) <= {3, 5}, "sent or unknown"
    assert set(out.values()) == {1}
    assert {key for key, state in rows.items() if state == 3} <= out.keys() <= rows.keys()


def test_full_at_each_page(cli: Cli, started: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may grow by no page, by one, by two … until a whole pass has room."""
    connect = opening._connect
    with closing(sqlite3.connect(started / "sopengine.db")) as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
    failures = 0
    for more in range(0, 200, 3):
        root = copied(started, f"room-{more}")

        def limited(path: Path, readonly: bool, most: int = pages + more) -> sqlite3.Connection:
            connection = connect(path, readonly)
            connection.execute(f"PRAGMA max_page_count = {most}")
            return connection

        monkeypatch.setattr(opening, "_connect", limited)
        done = cli(*TICK, "--workspace", str(root))
        monkeypatch.setattr(opening, "_connect", connect)
        nothing_without_its_row(root)
        if done.code == 0:
            break
        full(done)
        failures += 1
        goes_on(cli, root)
    assert failures >= 5
    assert done.code == 0, "with room enough it ends well"


LIMITED = """
import resource, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from sopengine.cli.main import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.parametrize("kilobytes", [0, 40, 90, 180])
def test_no_file_may_grow_beyond(cli: Cli, started: Path, kilobytes: int) -> None:
    """A quota: the log of the database and the outbox both run into it."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(kilobytes * 1024), *TICK],
        cwd=started,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOPENGINE_LANG": "en"},
    )
    full(Done(done.returncode, done.stdout, done.stderr))
    nothing_without_its_row(started)
    goes_on(cli, started)


def test_damaged_files(cli: Cli, started: Path) -> None:
    """Bits flipped anywhere in the file: a pass ends well or with one line, and sends nothing but the true texts."""
    cli(*TICK, "--workspace", str(copied(started, "whole"))).ok()
    texts = {json.loads(line)["text"] for line in (started.parent / "whole/outbox.jsonl").read_text().splitlines()}
    with closing(sqlite3.connect(started / "sopengine.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = (started / "sopengine.db").read_bytes()
    dice = random.Random(7)
    codes: Counter[int] = Counter()
    for number in range(40):
        root = copied(started, f"damaged-{number}")
        data = bytearray(whole)
        for _ in range(8):
            data[dice.randrange(100, len(data))] ^= 1 << dice.randrange(8)
        (root / "sopengine.db").write_bytes(data)
        done = cli(*TICK, "--workspace", str(root))
        codes[done.code] += 1
        assert done.code in (0, 3), done
        assert "Traceback" not in done.err
        path = root / "outbox.jsonl"
        for line in path.read_text().splitlines() if path.exists() else []:
            assert json.loads(line)["text"] in texts
        shutil.rmtree(root)
    assert codes[3], "some were noticed"
