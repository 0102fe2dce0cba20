"""The databases that a store has to keep its promises on: the conformance tests run on each in this list.

How a test joins: it takes the fixture `ledger` (or is parametrised by `EACH` and calls `backend.ledger(folder)`) and
speaks to `ledger.store` alone, never to the file. A new method of the store needs no more than that to be tried on
every database. What is SQLite's own (files, locks, damage) takes `file_ledger` or is in test_opening.py. Another
database takes part by one more entry.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.store.build import Ledger, url
from tests.support import postgres


class Backend(NamedTuple):
    """`empty`: a folder → the address of a database in which no row is yet."""

    name: str
    empty: Callable[[Path], str]

    def ledger(self, folder: Path) -> Ledger:
        return Ledger(folder / "ledger.db", self.empty(folder))


SQLITE = Backend("sqlite", lambda folder: url(folder / "ledger.db"))
POSTGRES = Backend("postgres", lambda folder: postgres.fresh())
BACKENDS = (SQLITE, POSTGRES)
EACH = {"argvalues": BACKENDS, "ids": [backend.name for backend in BACKENDS]}
"""For `pytest.mark.parametrize("backend", **EACH)`."""
