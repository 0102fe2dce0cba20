"""What a ledger full of deliveries to come costs: storing them, passes beside them, memory, disk, and how late the due
ones go out."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from benchmarks.completions import Null, no_sources
from benchmarks.material import CHANNEL, START, campaign
from benchmarks.measure import ROOT, Measure, Section, collect_as_the_program_does, peak_rss_mb, seconds
from sopengine.channels.base import Outgoing, Receipt
from sopengine.clock import Clock, ManualClock, SystemClock

DUE = 1_000
"""Deliveries that fall due beside the pending ones."""
OF_A_SLOT = 50_000


def beside(folder: Path, pending: int) -> dict[str, float]:
    """DUE deliveries go out while `pending` wait for another day."""
    from sopengine.engine.start import start
    from sopengine.engine.tick import Engine
    from sopengine.store.store import open_store

    made, _, bundle = campaign(2 + math.ceil(pending / OF_A_SLOT), DUE)
    clock = ManualClock(START)
    with open_store(f"sqlite:///{folder / 'sop.db'}") as store:
        start(store, made, bundle, START, "benchmark")
        with Engine(store, {CHANNEL: Null()}, clock, no_sources, owner="benchmark") as engine:
            clock.move_to(engine.tick().next_due or START)
            clock.move_to(engine.tick().next_due or START)  # the first step has gone, the second is due
            before = _size(store, folder)
            stored = _store(store, _slots(store, made.id, pending), clock.now())
            size = _size(store, folder)
            again = _store(store, _slots(store, made.id, pending), clock.now(), new=0)
            took = seconds(engine.tick)
            idle = sorted(seconds(engine.tick) for _ in range(20))
        sent = store.counts(made.id).deliveries.get("sent", 0)
        if sent != 2 * DUE:
            raise RuntimeError(f"{sent} sent instead of {2 * DUE}")
    return {
        "stored": pending / stored,
        "again": pending / again,
        "completion_us": took / DUE * 1e6,
        "idle_ms": idle[len(idle) // 2] * 1000,
        "bytes": (size - before) / pending,
        "rss": peak_rss_mb(),
    }


def due(folder: Path, count: int) -> dict[str, float]:
    """One step falls due for `count` targets at once."""
    from benchmarks.completions import ours

    return {**ours(folder, count), "rss": peak_rss_mb()}


class Watch(Null):
    """Notes by how much each delivery is late when it reaches the channel."""

    def __init__(self, clock: Clock, moments: Mapping[str, datetime]) -> None:
        self._clock, self._moments = clock, moments
        self.lags: list[float] = []

    def send(self, message: Outgoing) -> Receipt:
        if message.target in self._moments:
            self.lags.append((self._clock.now() - self._moments[message.target]).total_seconds() * 1000)
        return super().send(message)


def lag(folder: Path, pending: int, count: int, before: int, per_second: int = 50) -> dict[str, float]:
    """By the real clock: `per_second` fall due while `pending` wait; passes as the daemon makes them. `before` of them
    are not counted: the first ones load what the engine needs."""
    from sopengine.engine.start import start
    from sopengine.engine.tick import Engine
    from sopengine.store.delivery_rows import NewDelivery
    from sopengine.store.store import open_store

    clock = SystemClock()
    began = clock.now()
    made, _, bundle = campaign(3 + math.ceil(pending / OF_A_SLOT), before + count, opening=began + timedelta(days=2))
    with open_store(f"sqlite:///{folder / 'sop.db'}") as store:
        start(store, made, bundle, began, "benchmark")
        moments: dict[str, datetime] = {}
        watch = Watch(clock, moments)
        with Engine(store, {CHANNEL: watch}, clock, no_sources, owner="benchmark") as engine:
            engine.tick()
            _ensure(store, clock.now())
            _store(store, _slots(store, made.id, pending, skip=1), clock.now())
            slot = store.slots_of(made.id, "step-0")[0][0].id
            first = clock.now() + timedelta(seconds=2)
            late = first + timedelta(days=1)
            rows = []
            for n in range(before + count):
                moments[f"g{n}"] = first + timedelta(seconds=n / per_second)
                at = moments[f"g{n}"]
                rows.append(NewDelivery(f"due{n}", slot, f"g{n}", CHANNEL, CHANNEL, at, late, late))
            store.add_fan_out(slot, rows, [], clock.now())
            while len(watch.lags) < before + count:
                following = engine.tick().next_due
                rest = (following - clock.now()).total_seconds() if following else 0.01
                if rest > 0:
                    time.sleep(min(rest, 1))
    found = sorted(watch.lags[before:])
    return {"p50": found[len(found) // 2], "p99": found[len(found) * 99 // 100], "rss": peak_rss_mb()}


def _ensure(store: Any, now: datetime) -> None:
    from sopengine.store.rows import Bucket

    store.set_buckets([Bucket(CHANNEL, 0, 1)], now)


def _slots(store: Any, name: str, pending: int, skip: int = 2) -> Iterator[tuple[int, list[Any]]]:
    """The deliveries to come, by slot: those of the steps after the first ones."""
    from sopengine.store.delivery_rows import NewDelivery

    left, step = pending, skip
    while left:
        slot = store.slots_of(name, f"step-{step}")[0][0]
        many, until = min(left, OF_A_SLOT), slot.due_at + timedelta(days=300)
        yield (
            slot.id,
            [
                NewDelivery(
                    f"{step:02}{n:030}",
                    slot.id,
                    f"p{n}",
                    CHANNEL,
                    CHANNEL,
                    slot.due_at + timedelta(days=200),
                    until,
                    until,
                )
                for n in range(many)
            ],
        )
        left, step = left - many, step + 1


def _store(store: Any, rows: Iterable[tuple[int, list[Any]]], now: datetime, new: int | None = None) -> float:
    """Seconds that storing took, without those that making the rows took; one slot's rows are held at a time."""
    took = 0.0
    for slot, deliveries in rows:
        begin = time.perf_counter()
        added = store.add_fan_out(slot, deliveries, [], now, done=False)
        took += time.perf_counter() - begin
        if added != (len(deliveries) if new is None else new):
            raise RuntimeError(f"{added} rows were new")
    return took


def _size(store: Any, folder: Path) -> int:
    """Of the database on disk, once its log of writes is empty."""
    store.compact()
    return sum(path.stat().st_size for path in folder.glob("sop.db*") if not path.name.endswith("-shm"))


def run(
    turns: int = 3,
    sizes: Sequence[int] = (1_000, 100_000, 1_000_000),
    pending: int = 100_000,
    lagged: int = 1_000,
    before: int = 600,
) -> Section:
    section = Section(
        "A full ledger on SQLite",
        f"Each figure from a process of its own with a new database in {gettempdir()}, {turns} turns (the largest size "
        f"once). {DUE:,} deliveries go out in one pass beside the pending ones. Lag: 50 a second fall due by the real "
        f"clock, {lagged:,} counted after {before} that are not; from the due time to the channel.",
    )
    found = {size: [_in_own_process("beside", size) for _ in range(turns if size < sizes[-1] else 1)] for size in sizes}
    for size, runs in found.items():
        section.measures += [
            Measure(f"{size:,} pending: one completion", "µs", [one["completion_us"] for one in runs]),
            Measure(f"{size:,} pending: an idle pass", "ms", [one["idle_ms"] for one in runs], target="≤ 1 ms at 1M"),
            Measure(f"{size:,} pending: memory", "MB", [one["rss"] for one in runs], target="+ ≤ 20 MB from 1k to 1M"),
            Measure(f"{size:,} pending: on disk", "bytes a row", [one["bytes"] for one in runs], target="≤ 250"),
            Measure(f"{size:,} stored", "rows/s", [one["stored"] for one in runs], target="≥ 40,000"),
            Measure(f"{size:,} stored again, none new", "rows/s", [one["again"] for one in runs]),
        ]
    section.measures.append(Measure("growth of one completion", "exponent", [_exponent(found)], target="≤ 0.10"))
    for size in sizes[:2]:
        runs = [_in_own_process("due", size) for _ in range(turns)]
        target = "+ ≤ 20 MB from 1k to 100k"
        section.measures.append(
            Measure(f"{size:,} due at once: memory", "MB", [one["rss"] for one in runs], target=target)
        )
    late = [_in_own_process("lag", pending, str(lagged), str(before)) for _ in range(turns)]
    section.measures += [
        Measure(f"{pending:,} pending: lag, p50", "ms", [one["p50"] for one in late]),
        Measure(f"{pending:,} pending: lag, p99", "ms", [one["p99"] for one in late], target="≤ 25 ms"),
    ]
    return section


def _exponent(found: Mapping[int, Sequence[Mapping[str, float]]]) -> float:
    """Of the power by which a completion's time grows with what is pending: a line through the logarithms."""
    points = [(math.log(size), math.log(one["completion_us"])) for size, runs in found.items() for one in runs]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def _in_own_process(name: str, size: int, *more: str) -> Mapping[str, float]:
    command = [sys.executable, "-m", "benchmarks.ledger", name, str(size), *more]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    collect_as_the_program_does()
    with TemporaryDirectory() as scratch:
        folder, size = Path(scratch), int(sys.argv[2])
        match sys.argv[1]:
            case "beside":
                print(json.dumps(beside(folder, size)))
            case "due":
                print(json.dumps(due(folder, size)))
            case "lag":
                print(json.dumps(lag(folder, size, int(sys.argv[3]), int(sys.argv[4]))))
