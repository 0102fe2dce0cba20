"""Each playbook as an operator meets it: `check` has nothing to say, and the dry run is printed as it stands in the
file, in both languages (SOPENGINE_GOLDEN=write renews the files)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sopengine.resources import resource
from tests.acceptance.conftest import Cli
from tests.review.golden_file import matches

FOLDER = Path(__file__).parent / "golden"
BOOKS = {
    "breakfast-checkin": ("--set", "begin=2026-06-08", "--now", "2026-06-04T09:00"),
    "coupon-recall": ("--now", "2026-06-01T08:00"),
    "flash-group": ("--set", "open=2026-06-12T20:00", "--now", "2026-06-10T09:00"),
    "health-90": ("--now", "2026-05-28T09:00"),
    "livestream": ("--set", "live=2026-06-12T20:00", "--now", "2026-06-08T09:00"),
    "member-day": ("--now", "2026-06-15T08:00", "--until", "2026-06-29T08:00"),
    "opening-hours": ("--now", "2026-06-15T05:00", "--until", "2026-06-22T05:00"),
    "store-scripts": ("--set", "opening=2026-06-18", "--now", "2026-06-01T08:00"),
    "summer-festival": ("--set", "opening=2026-06-18", "--now", "2026-06-01T08:00"),
    "tea-week": ("--now", "2026-06-01T08:00", "--until", "2026-06-15T08:00"),
}


def test_every_playbook_has_its_file() -> None:
    assert set(BOOKS) == {path.stem for path in resource("playbooks").glob("*.yaml")}


@pytest.mark.parametrize("name", BOOKS)
def test_check_has_nothing_to_say(cli: Cli, workspace: Path, name: str) -> None:
    found = cli("check", f"playbooks/{name}.yaml", "--json").ok().json()
    assert found["diagnostics"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", BOOKS)
def test_the_dry_run_is_as_it_stands_in_the_file(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, name: str, lang: str
) -> None:
    monkeypatch.setenv("SOPENGINE_LANG", lang)
    shown = cli("dry-run", f"playbooks/{name}.yaml", *BOOKS[name]).ok().out
    shown = re.sub(r"^(  (?:版本|Hash) +)[0-9a-f]{12}$", r"\1…", shown, flags=re.MULTILINE)
    assert matches(f"{name}-{lang}.txt", shown.rstrip("\n"), FOLDER)
