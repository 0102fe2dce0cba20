"""The databases that a store has to keep its promises on: the conformance tests run on each in this list.

Another database takes part by one more entry. What is SQLite's own (files, locks, damage) is in test_opening.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.store.build import Ledger, url


class Backend(NamedTuple):
    """`empty`: a folder → the address of a database in which nothing is yet."""

    name: str
    empty: Callable[[Path], str]

    def ledger(self, folder: Path) -> Ledger:
        return Ledger(folder / "ledger.db", self.empty(folder))


SQLITE = Backend("sqlite", lambda folder: url(folder / "ledger.db"))
BACKENDS = (SQLITE,)
EACH = {"argvalues": BACKENDS, "ids": [backend.name for backend in BACKENDS]}
"""For `pytest.mark.parametrize("backend", **EACH)`."""
