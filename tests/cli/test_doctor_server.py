"""`doctor` on a PostgreSQL ledger: which server it is, and whether its clock and this host's go together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sopengine.cli.doctor_ledger import ledger
from sopengine.store.postgres import Postgres
from sopengine.store.store import Store
from sopengine.workspace import default_workspace
from tests.support import postgres


class Off:
    """A host's clock that is wrong by so much."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.mark.parametrize(
    ("by", "status", "said"),
    [
        (0, "ok", "agrees with the clock of the database server"),
        (20, "warn", "20 s ahead of the clock of the database server"),
        (-300, "fail", "300 s behind the clock of the database server"),
    ],
)
def test_clocks_of_host_and_server(tmp_path: Path, by: int, status: str, said: str) -> None:
    server = Postgres.at(postgres.fresh())._replace(host=Off(timedelta(seconds=by)))
    with Store(server, server.open(read_only=True, create=False), True) as store:
        lines = list(ledger(store, default_workspace(tmp_path), datetime.now(UTC)))
    assert [(line.status, line.message.en) for line in lines if line.name == "clock"] == [(status, said)]
    assert any(line.message.en.startswith("PostgreSQL 1") for line in lines)
