"""A fresh ledger for each test: on every database, or on SQLite where a test looks into the file itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.backends import BACKENDS, SQLITE, Backend
from tests.store.build import Ledger


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    backend: Backend = request.param
    made = backend.ledger(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def file_ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = SQLITE.ledger(tmp_path)
    yield made
    made.store.close()
