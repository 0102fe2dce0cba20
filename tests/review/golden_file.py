"""Golden files: the whole output as it stands in tests/review/golden; SOPENGINE_GOLDEN=write brings them up to date."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"
WRITE = os.environ.get("SOPENGINE_GOLDEN") == "write"
"""Read at import: each test begins without the developer's own settings."""


def matches(name: str, shown: str, folder: Path = FOLDER) -> bool:
    path = folder / name
    if WRITE:
        path.write_text(shown + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown + "\n", name
    return True
