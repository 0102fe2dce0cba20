"""The dry run of each playbook as it is printed, in both languages (SOPENGINE_GOLDEN=write renews the files)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.review.golden_file import matches

FOLDER = Path(__file__).parent / "golden"
BOOKS = {
    "breakfast-checkin": ("--set", "begin=2026-06-08", "--now", "2026-06-04T09:00"),
    "coupon-recall": ("--now", "2026-06-01T08:00"),
    "flash-group": ("--set", "open=2026-06-12T20:00", "--now", "2026-06-10T09:00"),
    "health-90": ("--now", "2026-05-28T09:00"),
    "opening-hours": ("--now", "2026-06-15T05:00", "--until", "2026-06-22T05:00"),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", BOOKS)
def test_the_dry_run_is_as_it_stands_in_the_file(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, name: str, lang: str
) -> None:
    monkeypatch.setenv("SOPENGINE_LANG", lang)
    shown = cli("dry-run", f"playbooks/{name}.yaml", *BOOKS[name]).ok().out
    shown = re.sub(r"^(  (?:版本|Hash) +)[0-9a-f]{12}$", r"\1…", shown, flags=re.MULTILINE)
    assert matches(f"{name}-{lang}.txt", shown.rstrip("\n"), FOLDER)
