"""Every escape payload through `check`, through a dry run and through a run that skips the check: no evidence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.language.model.support import BASE, load_text
from tests.language.templates.payloads import ESCAPES
from tests.reliability.house import book_of, start_anyway
from tests.support.house import House

SECRET = "canary-51c0"
"""In the environment of whoever renders, and in a file beside the playbook."""
EVIDENCE = re.compile(
    rf"{SECRET}|evidence-7f3a(?!['\"])|root:x:0|uid=\d+\(|object at 0x"
    r"|<(?:class|function|module|built-in|bound|generator)"
)
"""What a payload that got out would leave: what it echoes (its own text has a quote behind it), or an object's repr."""
_FREE = """
import sys, json, warnings
from jinja2 import Environment
sys.setrecursionlimit(200)
for source in json.load(sys.stdin):
    try:
        print(Environment().from_string(source).render(target={"name": "a", "tags": ["b"]}))
    except Exception as error:
        print(type(error).__name__)
"""
_COMMAND = "import sys; from sopengine.cli.main import main; main()"


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("siege"), book_of(ESCAPES))
    (house.root / "secrets.toml").write_text(f'key = "{SECRET}"\n')
    return house


def _files(house: House) -> set[str]:
    return {str(path) for path in house.root.rglob("*") if "sop.db" not in path.name}


def test_the_evidence_is_what_a_template_without_bounds_gives() -> None:
    run = [sys.executable, "-W", "ignore", "-c", _FREE]
    environment = {"PATH": os.environ["PATH"], "CANARY": SECRET}
    free = subprocess.run(
        run, input=json.dumps(ESCAPES), env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert len(EVIDENCE.findall(free.stdout)) > 100
    assert SECRET in free.stdout
    assert "evidence-7f3a\n" in free.stdout


def _found(source: str) -> list[str]:
    text = BASE.replace('teaser: "{{ target.name }}，六月见。"', f"teaser: |\n    {source}")
    return [d.message.en + (d.help.en if d.help else "") for d in load_text(text).diagnostics]


@pytest.mark.parametrize("source", ESCAPES)
def test_what_check_says_is_no_evidence(source: str) -> None:
    assert [text for text in _found(source) if EVIDENCE.search(text)] == []


def test_nearly_all_are_found_by_check_alone() -> None:
    silent = [source for source in ESCAPES if not _found(source)]
    print(silent)
    assert len(silent) < len(ESCAPES) / 20


def test_no_dry_run_gives_evidence(siege: House) -> None:
    before = _files(siege)
    command = [sys.executable, "-c", _COMMAND, "dry-run", str(siege.root / "book.yaml"), "--json"]
    command += ["--now", "2026-03-01T08:00", "--no-history"]
    shown = subprocess.run(
        command, env={**os.environ, "CANARY": SECRET}, capture_output=True, text=True, check=False, timeout=300
    )
    assert shown.returncode == 1, shown.stderr
    assert "Traceback" not in shown.stderr
    plan = json.loads(shown.stdout)
    texts = [item["text"] for item in plan["items"]]
    assert len(texts) == len(ESCAPES)
    assert [text for text in texts if text] == []
    assert _files(siege) == before


def test_no_run_gives_evidence(siege: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", SECRET)
    before = _files(siege)
    start_anyway(siege)
    siege.run(until="2026-03-03T00:00")
    assert siege.outbox() == []
    ends = [(t.step, t.target, t.reason) for t in siege.log() if t.after == "failed"]
    assert {step for step, _, _ in ends} == {f"s{n}" for n in range(len(ESCAPES))}
    assert len(ends) == 2 * len(ESCAPES)
    assert [reason for _, _, reason in ends if not reason.startswith("template: ")] == []
    assert [reason for _, _, reason in ends if EVIDENCE.search(reason)] == []
    assert _files(siege) == before
