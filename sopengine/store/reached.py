"""How far the log of a database had come, kept beside it: by this an old copy that was put in its place is told."""

from __future__ import annotations

import os
from pathlib import Path

_DIGITS = 20


def beside(database: Path) -> Path:
    """Where it is kept. An old copy brings its own log with it and not this file."""
    return database.with_name(f"{database.name}.reached")


class Reached:
    """One number in a file: the newest line of the log of which this machine knows. It is written after the intents it
    counts are committed and before their first byte leaves. Without fsync: after a power cut it may lag behind, and
    that says nothing wrong."""

    def __init__(self, path: Path | None) -> None:
        """Nothing is kept without a path."""
        self._path = path

    def line(self) -> int:
        """0 where nothing is kept."""
        if self._path is None:
            return 0
        try:
            return int(self._path.read_bytes()[:_DIGITS])
        except (OSError, ValueError):
            return 0

    def note(self, line: int) -> None:
        """A failure of the disk is no reason to stop: the next commit fails by itself where nothing can be written."""
        if self._path is None:
            return
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                os.pwrite(file, b"%0*d\n" % (_DIGITS, line), 0)
            finally:
                os.close(file)
        except OSError:
            return
