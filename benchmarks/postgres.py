"""Durable completions a second on one PostgreSQL server: one, two and four processes of the engine with a channel that
does nothing, beside Huey, DBOS and Procrastinate in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain, repeat
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

from benchmarks.completions import Null, file_system, no_sources
from benchmarks.material import CHANNEL, START, campaign
from benchmarks.measure import ROOT, Measure, Section, collect_as_the_program_does, in_turn, ratio
from sopengine.clock import ManualClock

if TYPE_CHECKING:
    from tests.support.postgres import Server

OURS = "sopengine"
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "autovacuum": "on", "shared_buffers": "128MB"}
"""As a server has them by itself; the tests' own switches two of them off."""
FLUSHED = 1.2
"""Seconds after which a session that has ended, and the server's own processes, have told what they did."""
WORKERS = (1, 2, 4)
SLOWER_US = 1_000
SLOWER = f"syncs {SLOWER_US / 1000:g} ms slower: "
TARGET = "≥ 5 × best peer"
COUNTS = {
    "commits": "select sum(xact_commit) from pg_stat_database",
    "syncs of the log": "select sum(fsyncs) from pg_stat_io where object = 'wal'",
    "KB of log": "select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn) / 1000.0",
}


def prepare(url: str, count: int, addresses: int) -> None:
    """A campaign of two steps for `count` targets; the first of them, not counted, gets the processes running."""
    from sopengine.engine.start import start
    from sopengine.store.store import open_store

    made, _, bundle = campaign(2, count, addresses=addresses)
    with open_store(url) as store:
        start(store, made, bundle, START, "benchmark")


def work(url: str) -> None:
    """A process of the engine. It does what it reads, line by line: `plan` fans out the next moment, `deliver` delivers
    it. Each is answered with when it began and ended."""
    from sopengine.engine.tick import Engine
    from sopengine.store.store import open_store

    clock, owner = ManualClock(START), f"benchmark {os.getpid()}"
    with (
        open_store(url) as store,
        store.delivering(),
        Engine(store, {CHANNEL: Null()}, clock, no_sources, owner=owner) as engine,
    ):
        for line in sys.stdin:
            what, moment = line.split()
            clock.move_to(START.fromisoformat(moment))
            stop = chain((False,), repeat(what == "plan"))  # asked before planning, then before each claim
            begin = time.monotonic()
            done = engine.tick(stop.__next__)
            end = time.monotonic()
            store._engine.dispose()  # the server counts what a session did when it ends
            told = {"begin": begin, "end": end, "done": done.claimed, "next": f"{done.next_due}".replace(" ", "T")}
            print(json.dumps(told), flush=True)


class Process:
    """Another process of this module that is told what to do line by line."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "benchmarks.postgres", *arguments]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def tell(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout
        found: dict[str, Any] = json.loads(self._process.stdout.readline() or "{}")
        if not found:
            raise RuntimeError(f"a process ended with {self._process.wait()}")
        return found

    def ask(self, line: str) -> dict[str, Any]:
        self.tell(line)
        return self.answer()

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.stdout
        self._process.stdout.close()
        if self._process.wait(60):
            raise RuntimeError(f"a process ended with {self._process.returncode}")


class Contest:
    """Contenders on one server. Each turn has a new database, which is dropped after it."""

    def __init__(self, server: Server, count: int) -> None:
        self._server, self._count = server, count
        self.counted: dict[str, dict[str, list[float]]] = {}

    def ours(self, workers: int, addresses: int = 1) -> float:
        with self._database() as url:
            _run("prepare", url, str(self._count), str(addresses))
            processes = [Process("work", url) for _ in range(workers)]
            moment = processes[0].ask(f"plan {START.isoformat()}")["next"]
            processes[0].ask(f"plan {moment}")
            moment = max(one["next"] for one in self._together(processes, f"deliver {moment}"))
            processes[0].ask(f"plan {moment}")
            return self._rate(f"{OURS}, {workers}", processes, f"deliver {moment}")

    def with_slower_syncs(self, contenders: Mapping[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
        """The ratio depends on what a sync costs. The server's own setting lets each of them wait."""
        for setting in (f"commit_delay = {SLOWER_US}", "commit_siblings = 0"):
            self._execute(f"alter system set {setting}")
        self._execute("select pg_reload_conf()")
        rates = in_turn(contenders, turns, 0)
        self._execute("alter system reset all")
        self._execute("select pg_reload_conf()")
        return rates

    def peer(self, name: str, workers: int) -> float:
        with self._database() as url:
            _run("store", name, url, str(self._count))
            return self._rate(f"{name}, {workers}", [Process("peer", name, url) for _ in range(workers)], "go")

    def _rate(self, name: str, processes: Sequence[Process], line: str) -> float:
        time.sleep(FLUSHED)
        before = self._counts()
        answers = self._together(processes, line)
        for process in processes:
            process.end()
        time.sleep(FLUSHED)
        done = sum(answer["done"] for answer in answers)
        if done != self._count:  # claimed twice, or left
            raise RuntimeError(f"{name}: {done} instead of {self._count}")
        for what, value in self._counts().items():
            of_this = self.counted.setdefault(name, {}).setdefault(what, [])
            of_this.append((value - before[what]) / self._count)
        return self._count / (max(a["end"] for a in answers) - min(a["begin"] for a in answers))

    def _together(self, processes: Sequence[Process], line: str) -> list[dict[str, Any]]:
        for process in processes:
            process.tell(line)
        return [process.answer() for process in processes]

    @contextmanager
    def _database(self) -> Iterator[str]:
        name = self._server.new_database()
        yield self._server.address(name)
        self._execute(f"drop database {name} with (force)")

    def _counts(self) -> dict[str, float]:
        return {what: float(self._execute(query)[0][0]) for what, query in COUNTS.items()}

    def _execute(self, query: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self._server.address("postgres"), autocommit=True) as conn:
            cursor = conn.execute(query)
            return cursor.fetchall() if cursor.description else []


def run(
    turns: int = 3, count: int = 2_000, many: int = 2_000, workers: Sequence[int] = WORKERS, warm_ups: int = 1
) -> Section:
    """`many`: to how many addresses the deliveries go in the last rows; in the others they share one."""
    from benchmarks.queues import PEERS
    from tests.support.postgres import Server

    missing = [name for name, peer in PEERS.items() if find_spec(peer.package) is None]
    present = [name for name in PEERS if name not in missing]
    server = Server(**SETTINGS)
    try:
        contest = Contest(server, count)
        contenders = {f"{name}, 1": (lambda name=name: contest.peer(name, 1)) for name in present}
        contenders |= {f"{OURS}, {n}": (lambda n=n: contest.ours(n)) for n in workers}
        rates = in_turn(contenders, turns, warm_ups)
        counted = {name: dict(found) for name, found in contest.counted.items()}
        slower = contest.with_slower_syncs(contenders, turns)
        spread = in_turn({str(n): (lambda n=n: contest.ours(n, many)) for n in workers}, turns, 0)
        version = contest._execute("show server_version")[0][0]
    finally:
        server.remove()
    section = Section("Completions on PostgreSQL", _method(count, turns, version, missing))
    section.measures = [*_rates(rates, present, workers), *_rates(slower, present, workers, SLOWER)]
    section.measures += [*_spread(spread, many), *_counted(counted, turns)]
    return section


def _rates(
    rates: Mapping[str, Sequence[float]], peers: Sequence[str], workers: Sequence[int], where: str = ""
) -> list[Measure]:
    best = [max(turn) for turn in zip(*(rates[f"{name}, 1"] for name in peers), strict=True)]
    measures = [Measure(where + _named(name), "completions/s", found) for name, found in rates.items()]
    for measure, n in zip(measures[len(peers) :], workers, strict=True):
        if best:
            place = measures.index(measure)
            name, values = f"{measure.name}, to the best peer of each turn", measure.values
            measures[place] = Measure(name, measure.unit, values, ratio(values, best), TARGET if n == 1 else "")
    one = rates.get(f"{OURS}, {workers[0]}", ())
    for n in workers[1:]:
        found = rates[f"{OURS}, {n}"]
        shown = [a / b for a, b in zip(found, one, strict=True)]
        measures.append(
            Measure(f"{where}{OURS}: {n} workers to {workers[0]}", "×", shown, target="≥ 1.2" if n == 2 else "")
        )
    return measures


def _spread(spread: Mapping[str, Sequence[float]], many: int) -> list[Measure]:
    where = f"{many:,} addresses: "
    return [Measure(where + _named(f"{OURS}, {n}"), "completions/s", found) for n, found in spread.items()]


def _counted(counted: Mapping[str, Mapping[str, Sequence[float]]], turns: int) -> list[Measure]:
    return [
        Measure(f"{_named(name)}: {what}", "per completion", values[-turns:])
        for name, found in counted.items()
        for what, values in found.items()
    ]


def _named(contender: str) -> str:
    name, number = contender.split(", ")
    return f"{name}, {number} worker{'s' if number != '1' else ''}"


def _method(count: int, turns: int, version: str, missing: Sequence[str]) -> str:
    from benchmarks.queues import LANES

    settings = ", ".join(f"{name}={value}" for name, value in SETTINGS.items())
    method = (
        f"{count:,} each, {turns} turns after one warm-up, one server (PostgreSQL {version}; {settings}; a socket; "
        f"{gettempdir()}, {file_system(Path(gettempdir()))}), a new database each turn; a worker is a process. "
        "sopengine: one pass of the engine (claim, render, intent, send, record; at most 100 in flight a worker), null "
        "channel, planned before, processes warm. Peers: jobs stored before. Huey: PostgresHuey, its own loop, results "
        f"kept. DBOS: workflows of a queue, {LANES} threads, queue looked at every 10 ms. Procrastinate: {LANES} jobs "
        "at once, done ones kept. Counts are the server's own, from before the first to after the last. Slower "
        "syncs: commit_delay of the server."
    )
    return method + (f" Not installed, left out: {', '.join(missing)}." if missing else "")


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.postgres", *arguments], cwd=ROOT, check=True)


def _peer(name: str, url: str) -> None:
    from benchmarks.queues import PEERS

    for _ in sys.stdin:
        begin, done = PEERS[name].work(url)
        print(json.dumps({"begin": begin, "end": time.monotonic(), "done": done}), flush=True)


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "store":
        from benchmarks.queues import PEERS

        PEERS[rest[0]].store(rest[1], int(rest[2]))
    elif what == "peer":
        _peer(*rest)
    elif what == "prepare":
        prepare(rest[0], int(rest[1]), int(rest[2]))
    else:
        collect_as_the_program_does()
        work(*rest)
