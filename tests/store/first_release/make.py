"""Makes the database and log of version 0.1.0 that the tests migrate: its own program, taken out of the history, plans
a campaign and carries it out up to the middle. By command, in a clone with its history:

    python -m tests.store.first_release.make

The clock is simulated and everything goes to a file, so each run gives the same rows.
"""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
COMMIT = "b1b3062a464ecf483e3bb5e7edf1061fc9728aed"
"""The last commit of 0.1.0 whose database has format 1."""
COMMANDS = (
    "start playbooks/summer-festival.yaml --set opening=2026-06-18 --now 2026-06-01T09:00",
    "event member.joined --subject east-lake --data member=m1 --data name=小林 --now 2026-06-03T09:00",
    "run --now 2026-06-01T09:00 --until 2026-06-16T11:00",
)
"""Half of the messages are sent; tasks are open, done late or overdue; an event has been told."""


def make(folder: Path) -> None:
    """Writes `sopengine.db.gz` and `log.jsonl` into `folder`."""
    with TemporaryDirectory() as made:
        program, shop = Path(made) / "program", Path(made) / "shop"
        taken = ["git", "archive", COMMIT, "sopengine", "schemas", "playbooks", "deploy"]
        archive = subprocess.run(taken, check=True, capture_output=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(program, filter="data")

        def sopengine(*words: str, at: Path = shop) -> str:
            done = subprocess.run(
                [sys.executable, "-c", "from sopengine.cli.main import main; main()", *words],
                cwd=at,
                env={**os.environ, "PYTHONPATH": str(program), "SOPENGINE_LANG": "en"},
                check=True,
                capture_output=True,
                text=True,
            )
            return done.stdout

        sopengine("init", str(shop), at=Path(made))
        for line in COMMANDS:
            sopengine(*line.split())
        (folder / "log.jsonl").write_text(sopengine("log", "--jsonl"), "utf-8")
        with closing(sqlite3.connect(shop / "sopengine.db")) as database:
            database.execute("pragma journal_mode = delete")
        packed = gzip.compress((shop / "sopengine.db").read_bytes(), mtime=0)
        (folder / "sopengine.db.gz").write_bytes(packed)


if __name__ == "__main__":
    make(HERE)
