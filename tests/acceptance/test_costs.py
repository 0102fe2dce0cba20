"""What passes and purges cost does not grow with what has been done before; counted in instructions of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from sopengine.store import purging
from sopengine.store.purging import Walk
from sopengine.store.retention import Retention
from sopengine.store.rows import State
from tests.store.build import NINE, Ledger
from tests.support.house import House

STEP = 100


@pytest.fixture
def work() -> Iterator[list[int]]:
    """Grows by one for every STEP instructions that the database carries out."""
    done: list[int] = []

    def watch(connection: sqlite3.Connection, _: Any) -> None:
        connection.set_progress_handler(lambda: done.append(1), STEP)

    event.listen(Engine, "connect", watch)
    yield done
    event.remove(Engine, "connect", watch)


def test_a_walk_reads_every_table_once(tmp_path: Path, work: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 50)
    ledger = Ledger(tmp_path / "sop.db")
    ledger.fan_out("slot", *(f"g{n}" for n in range(2000)))
    for _ in range(20):
        ledger.finish(ledger.sending(), State.SENT)
    keep, later, walk = Retention(*3 * [timedelta(days=30)]), NINE + timedelta(days=60), Walk()
    costs, found = [], []
    while True:
        before = len(work)
        found.append(ledger.store.purge(keep, later, walk))
        costs.append(len(work) - before)
        if not any(found[-1]):
            break
    assert sum(one.texts for one in found) == 2000
    assert costs[30] < 2 * costs[5], costs
    assert costs[-1] < costs[5], "nothing is looked for once more"
    ledger.store.close()


BOOK = """
playbook: shop
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: A}}}
messages: {hello: Hello}
phases:
  only:
    from: 2026-03-02
    until: 2026-03-05
    steps:
      - {id: a, on: 2026-03-02, at: 10:00, to: groups, send: hello}
      - {id: b, on: 2026-03-04, at: 10:00, to: groups, send: hello}
"""


def test_a_pass_with_nothing_to_do_costs_the_same_whatever_was_sent(tmp_path: Path, work: list[int]) -> None:
    def idle(many: int) -> int:
        groups = "id,name\n" + "".join(f"g{n},G{n}\n" for n in range(many))
        house = House(tmp_path / str(many), BOOK, groups=groups)
        house.start("2026-03-01T08:00")
        house.tick("2026-03-02T10:00")
        assert len(house.outbox()) == many
        house.tick("2026-03-02T10:30")
        before = len(work)
        house.tick("2026-03-02T10:31")
        house.store.close()
        return len(work) - before

    few, many = idle(10), idle(800)
    assert many < 1.2 * few, (few, many)
