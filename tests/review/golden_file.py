"""Golden files: the whole output as it stands in tests/review/golden; SOPENGINE_GOLDEN=write brings them up to date."""

from __future__ import annotations

import os
from pathlib import Path

import sopengine

FOLDER = Path(__file__).parent / "golden"
ASSETS = Path(sopengine.__file__).parent / "review" / "html"
WRITE = os.environ.get("SOPENGINE_GOLDEN") == "write"
"""Read at import: each test begins without the developer's own settings."""


def matches(name: str, shown: str, folder: Path = FOLDER) -> bool:
    path = folder / name
    if WRITE:
        path.write_text(shown + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown + "\n", name
    return True


def page_matches(name: str, page: str) -> bool:
    """Of a page everything but its style sheets and scripts, which stand in files of their own; the page's policy names
    their hashes, so a change of them shows here too."""
    for asset in sorted(ASSETS.iterdir()):
        if asset.suffix in (".css", ".js"):
            page = page.replace(asset.read_text(encoding="utf-8"), f"/* {asset.name} */\n")
    return matches(name, page)
