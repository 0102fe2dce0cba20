"""Every test that docs/reliability.md names exists, and so does every file that it links."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = re.findall(r"`([a-z_/]+\.py)(?:::(\w+))?`", TEXT)


def test_every_named_test_exists() -> None:
    assert len(NAMED) > 25
    for file, name in NAMED:
        source = (ROOT / "tests" / file).read_text("utf-8")
        assert not name or f"def {name}(" in source, f"{file}::{name}"


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
