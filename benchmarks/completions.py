"""Durable completions a second: the whole engine on SQLite with a channel that does nothing, beside Huey on SQLite."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from benchmarks.material import CHANNEL, START, campaign
from benchmarks.measure import ROOT, Measure, Section, collect_as_the_program_does, in_turn, ratio, seconds
from sopengine.channels.base import Limits, Outcome, Outgoing, Receipt
from sopengine.clock import ManualClock

RAM = Path("/dev/shm")
SLOWER_US = 1_000
OURS, HUEY, APSCHEDULER = "sopengine", "Huey", "APScheduler"


class Null:
    """Takes everything at once and forgets it."""

    kind, mode = CHANNEL, "auto"
    limits = Limits()
    formats: tuple[str, ...] = ("text",)
    reaches_people = False
    local = True
    deduplicates: timedelta | None = None

    def problem(self, message: Outgoing) -> str:
        return ""

    def send(self, message: Outgoing) -> Receipt:
        return Receipt(Outcome.SENT)

    def close(self) -> None:
        """Nothing is held."""


def ours(folder: Path, count: int) -> dict[str, float]:
    """One step falls due for `count` targets: fanned out, then claimed, rendered, sent and recorded by one pass.

    A step before it, not counted, has the daemon running: playbook loaded, rendering process up."""
    from sopengine.engine.start import start
    from sopengine.engine.tick import Engine
    from sopengine.store.store import open_store

    made, _, bundle = campaign(2, count)
    clock = ManualClock(START)
    with open_store(f"sqlite:///{folder / 'sop.db'}") as store:
        start(store, made, bundle, START, "benchmark")
        with Engine(store, {CHANNEL: Null()}, clock, no_sources, owner="benchmark") as engine:
            clock.move_to(engine.tick().next_due or START)
            clock.move_to(engine.tick().next_due or START)
            asked: list[float] = []
            begin = time.perf_counter()
            engine.tick(lambda: asked.append(time.perf_counter()) is not None)
            end = time.perf_counter()
            idle = sorted(seconds(engine.tick) for _ in range(20))
        _expect(2 * count, store.counts(made.id).deliveries.get("sent", 0))
    fanned_out = asked[1]  # asked before the work, then before each claim
    return {"before": fanned_out - begin, "work": end - fanned_out, "idle": idle[len(idle) // 2]}


def huey(folder: Path, count: int) -> dict[str, float]:
    """`count` no-op tasks: stored, then taken out, executed and their results stored by one loop, as a worker does."""
    from huey import SqliteHuey

    queue = SqliteHuey(filename=str(folder / "huey.db"), fsync=True)

    @queue.task()  # type: ignore[untyped-decorator]
    def nothing() -> bool:
        return True

    begin = time.perf_counter()
    for _ in range(count):
        nothing()
    stored = time.perf_counter()
    done = 0
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
        done += 1
    end = time.perf_counter()
    _expect(count, done)
    return {"before": stored - begin, "work": end - stored}


def apscheduler(folder: Path, count: int) -> dict[str, float]:
    """`count` jobs in a stored job table, all due; each is run by the scheduler's own loop and writes down that it is
    done: APScheduler keeps no results."""
    import sqlite3

    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.blocking import BlockingScheduler
    from sqlalchemy import create_engine, event

    engine = create_engine(f"sqlite:///{folder / 'jobs.db'}")

    @event.listens_for(engine, "connect")
    def durable(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    DONE.clear()
    log = sqlite3.connect(folder / "done.db", isolation_level=None, check_same_thread=False)
    log.execute("PRAGMA journal_mode = WAL")
    log.execute("PRAGMA synchronous = FULL")
    log.execute("create table done (id integer primary key, at real)")
    DONE.append(log)
    now = datetime.now(UTC)
    scheduler = BlockingScheduler(
        jobstores={"default": SQLAlchemyJobStore(engine=engine)},
        executors={"default": DebugExecutor()},
        job_defaults={"misfire_grace_time": None},
        timezone=UTC,
    )
    begin = time.perf_counter()
    scheduler._event = threading.Event()  # what `start` of a blocking scheduler would wait for
    super(BlockingScheduler, scheduler).start(paused=True)
    for _ in range(count):
        scheduler.add_job(complete, "date", run_date=now)
    stored = time.perf_counter()
    scheduler.state = 1  # running; `resume` would only wake a thread that is not there
    scheduler._process_jobs()
    end = time.perf_counter()
    done = log.execute("select count(*) from done").fetchone()[0]
    log.close()
    engine.dispose()
    _expect(count, done)
    return {"before": stored - begin, "work": end - stored}


DONE: list[Any] = []
"""Where jobs write down that they are done: a stored job knows only the name of its function."""


def complete() -> None:
    DONE[0].execute("insert into done (at) values (?)", (time.time(),))


ENGINES = {OURS: ours, HUEY: huey, APSCHEDULER: apscheduler}


def run(turns: int = 5, count: int = 5_000, folders: Sequence[Path] = (Path(gettempdir()), RAM)) -> Section:
    section = Section(
        "Completions on SQLite",
        f"{count:,} each, {turns} turns after one warm-up, each in a process of its own with a new database; "
        "synchronous=FULL on both. sopengine: one pass of the engine (claim, render, intent, send, record; "
        "at most 100 in flight), null channel. Huey: SqliteHuey(fsync=True), other settings default (WAL, cache_mb=8), "
        "results kept; its worker's own loop (dequeue, execute) without polling. "
        "APScheduler: SQLAlchemyJobStore on SQLite, date jobs, run by its own loop in this thread, each writing a row "
        "that it is done. "
        '"with fan-out": from the due occurrence, for Huey with enqueueing. Syncs counted by strace, '
        "and delayed by it where it says so.",
    )
    for folder in (folder for folder in folders if folder.is_dir()):
        section.measures += _on(folder, turns, count)
    if shutil.which("strace"):
        section.measures += _on_a_slower_disk(folders[0], turns, count)
    return section


def _on_a_slower_disk(folder: Path, turns: int, count: int) -> list[Measure]:
    """The ratio depends on what a sync costs; here each costs a millisecond more, as on many rented machines. Only the
    calls that are delayed are traced."""
    calls = "fsync,fdatasync"
    slower = ("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", f"trace={calls}")
    slower += ("-e", f"inject={calls}:delay_enter={SLOWER_US}")

    def rate(name: str) -> float:
        return count / _in_own_process(name, folder, count, *slower)["work"]

    rates = in_turn({name: (lambda name=name: rate(name)) for name in (HUEY, OURS)}, turns)
    where = f"{folder}, syncs {SLOWER_US / 1000:g} ms slower"
    return [
        Measure(f"{where}: Huey", "completions/s", rates[HUEY]),
        Measure(f"{where}: sopengine", "completions/s", rates[OURS], ratio(rates[OURS], rates[HUEY]), "≥ 5 × Huey"),
    ]


def _on(folder: Path, turns: int, count: int) -> list[Measure]:
    where = f"{folder} ({file_system(folder)})"
    whole: dict[str, list[float]] = {OURS: [], HUEY: [], APSCHEDULER: []}
    idle: list[float] = []

    def rate(name: str) -> float:
        found = _in_own_process(name, folder, count)
        whole[name].append(count / (found["before"] + found["work"]))
        idle.append(found.get("idle", 0) * 1000)
        return count / found["work"]

    rates = in_turn({name: (lambda name=name: rate(name)) for name in (HUEY, APSCHEDULER, OURS)}, turns)
    aim = "≥ 5 × Huey, ≥ 10,000" if folder == RAM else "≥ 5 × Huey"
    measures = [
        Measure(f"{where}: Huey", "completions/s", rates[HUEY]),
        Measure(f"{where}: APScheduler", "completions/s", rates[APSCHEDULER]),
        Measure(f"{where}: sopengine", "completions/s", rates[OURS], ratio(rates[OURS], rates[HUEY]), aim),
        Measure(f"{where}: Huey with enqueueing", "completions/s", whole[HUEY][-turns:]),
        Measure(f"{where}: APScheduler with adding", "completions/s", whole[APSCHEDULER][-turns:]),
        Measure(
            f"{where}: sopengine with fan-out",
            "completions/s",
            whole[OURS][-turns:],
            ratio(whole[OURS][-turns:], whole[HUEY][-turns:]),
        ),
        Measure(f"{where}: an idle pass of the engine", "ms", [ms for ms in idle if ms], target="a few"),
    ]
    if shutil.which("strace"):
        syncs = {name: _syncs(name, folder, count) for name in ENGINES}
        measures += [Measure(f"{where}: {name}, syncs", "per completion", [syncs[name]]) for name in ENGINES]
    return measures


def file_system(folder: Path) -> str:
    """Its type, as the kernel lists it; "" where it does not."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    found = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    inside = [(place, kind) for place, kind in found if folder.resolve().is_relative_to(place)]
    return max(inside, key=lambda each: len(each[0]), default=("", ""))[1]


def _in_own_process(name: str, folder: Path, count: int, *before: str) -> Mapping[str, float]:
    command = [*before, sys.executable, "-m", "benchmarks.completions", name, str(folder), str(count)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _syncs(name: str, folder: Path, count: int) -> float:
    """Syncs per completion between two sizes, so that opening and closing the database do not count."""

    def counted(size: int) -> int:
        with TemporaryDirectory() as scratch:
            report = Path(scratch, "strace")
            _in_own_process(name, folder, size, "strace", "-f", "-c", "-o", str(report), "-e", "trace=fsync,fdatasync")
            lines = [line.split() for line in report.read_text().splitlines()]
            return sum(int(words[3]) for words in lines if words and words[-1] in ("fsync", "fdatasync"))

    fewer = max(1, count // 5)
    steps = 2 if name == OURS else 1  # the warm-up step counts as well
    return (counted(count) - counted(fewer)) / (count - fewer) / steps


def no_sources(names: Sequence[str]) -> Mapping[str, Sequence[Mapping[str, str]]]:
    raise RuntimeError(f"frozen audiences read no sources: {names}")


def _expect(wanted: int, found: int) -> None:
    if found != wanted:
        raise RuntimeError(f"{found} instead of {wanted}")


if __name__ == "__main__":
    if sys.argv[1] == OURS:
        collect_as_the_program_does()
    with TemporaryDirectory(dir=sys.argv[2]) as scratch:
        print(json.dumps(ENGINES[sys.argv[1]](Path(scratch), int(sys.argv[3]))))
