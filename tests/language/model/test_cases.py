"""Whole playbooks and what is found in them: `ok` without findings, `bad` against the list beside each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.language.model.support import CASES, lines, load_case


@pytest.mark.parametrize("path", sorted((CASES / "ok").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_right_playbook_has_no_findings(path: Path) -> None:
    loaded = load_case(path)
    assert loaded.diagnostics == ()
    assert loaded.playbook is not None


@pytest.mark.parametrize("path", sorted((CASES / "bad").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_wrong_playbook_has_exactly_these_findings(path: Path) -> None:
    assert lines(load_case(path)) == path.with_suffix(".out").read_text(encoding="utf-8").splitlines()


def test_ten_mistakes_of_ten_families_are_found_in_one_run() -> None:
    found = load_case(CASES / "bad" / "ten-mistakes.yaml").diagnostics
    assert [(d.code, d.place.line) for d in found if d.place] == [
        ("SOP-S209", 3),  # zone
        ("SOP-Y105", 10),  # unquoted {{
        ("SOP-T402", 11),  # template
        ("SOP-Y104", 12),  # full-width colon
        ("SOP-S211", 20),  # time
        ("SOP-S204", 21),  # shape
        ("SOP-R301", 27),  # reference
        ("SOP-S210", 28),  # unit
        ("SOP-S208", 29),  # duplicate
        ("SOP-Y102", 45),  # YAML
    ]


def test_findings_read_well_in_both_languages() -> None:
    for path in (CASES / "bad").glob("*.yaml"):
        for found in load_case(path).diagnostics:
            for text in (found.message, found.help):
                if text is not None:
                    assert text.zh.strip()
                    assert text.en.strip()
                    assert "None" not in text.zh + text.en
                    assert not any("\u4e00" <= sign <= "\u9fff" for sign in _without_quoted(text.en)), text.en


def _without_quoted(text: str) -> str:
    """What the finding says itself: the author's own words stand in quotes or after a colon."""
    return re.sub(r"`[^`]*`|\".*\"|“.*”|'.*'", "", text).split(":")[0]
