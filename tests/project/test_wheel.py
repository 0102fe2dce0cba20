"""The built wheel carries schemas, playbooks and units, and runs from outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what is packaged, so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_it_carries_what_is_not_python(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    assert {"sopengine/review/html/page.css", "sopengine/review/html/page.js"} <= names
    for folder in ("schemas", "playbooks", "campaigns", "rehearsals", "deploy"):
        here = {f"sopengine/data/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert here
        assert here <= names


def test_it_runs_from_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel), cwd=tmp_path)

    def sopengine(*words: str, cwd: Path = tmp_path) -> str:
        start = "from sopengine.cli.main import main; main()"
        return run(sys.executable, "-c", start, *words, cwd=cwd, PYTHONPATH=str(site), SOPENGINE_LANG="en")

    where = run(sys.executable, "-c", "import sopengine; print(sopengine.__file__)", cwd=tmp_path, PYTHONPATH=str(site))
    assert where.startswith(str(site))
    given = ("playbooks/summer-festival.yaml", "--set", "opening=2026-06-18", "--now", "2026-06-01T09:00")
    shop = tmp_path / "shop"
    sopengine("init", "shop")
    sopengine("check", "playbooks", cwd=shop)
    assert "teaser" in sopengine("dry-run", *given, cwd=shop)
    sopengine("start", *given, cwd=shop)
    sopengine("tick", "--now", "2026-06-04T20:00", cwd=shop)
    assert "teaser" in (shop / "outbox.jsonl").read_text("utf-8")
