"""Threads and processes on one ledger: every delivery is claimed once and recorded once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sopengine.store.delivery_rows import Claimed, Intent
from sopengine.store.rows import State
from sopengine.store.store import Store, open_store
from tests.store.build import LEASE, NINE, Ledger, url


def work(store: Store, owner: str) -> list[Claimed]:
    done: list[Claimed] = []
    while claimed := store.claim(NINE, owner, LEASE, 7):
        allowed = store.intend([Intent(c.id, c.fence, owner) for c in claimed], NINE)
        assert allowed == {c.id for c in claimed}
        done += claimed
    return done


def test_threads_of_one_process(ledger: Ledger) -> None:
    ledger.fan_out("o", *(f"g{i}" for i in range(120)))
    start = threading.Barrier(4)

    def one(name: str) -> list[Claimed]:
        start.wait()
        mine = work(ledger.store, name)
        ledger.finish(mine, State.SENT)
        list(ledger.store.log(limit=50))
        return mine

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(one, "abcd"))
    ids = [c.id for share in shares for c in share]
    assert len(ids) == len(set(ids)) == 120
    assert ledger.store.counts("summer").deliveries == {"sent": 120}
    assert len(ledger.lines(states=["sent"])) == 120


def test_two_stores_on_one_file(file_ledger: Ledger) -> None:
    file_ledger.fan_out("o", *(f"g{i}" for i in range(60)))
    with open_store(url(file_ledger.path)) as other, ThreadPoolExecutor(2) as pool:
        mine, yours = pool.map(lambda job: work(*job), [(file_ledger.store, "a"), (other, "b")])
    ids = [c.id for c in mine + yours]
    assert len(ids) == len(set(ids)) == 60
