"""The rehearsal with ten thousand people, at a size for every change; the whole one is for the command."""

from __future__ import annotations

from pathlib import Path


def smaller_crowd(path: Path) -> None:
    """A tenth of them, in a fifth of the time."""
    text = path.read_text("utf-8")
    for many, few in (("times: 2500", "times: 250"), ("times: 10000", "times: 1000"), ("d-2500", "d-250")):
        assert many in text
        text = text.replace(many, few)
    path.write_text(text.replace("within: 10m", "within: 2m").replace("10:05, down", "10:01, down"), "utf-8")
