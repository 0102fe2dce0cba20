"""A year of one shop: 500 groups × 20 steps a day, by the real engine on an injected clock and SQLite. Memory, disk and
passes month by month, and how long a process that was killed in the middle needs to be at work again."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.completions import Null, file_system, no_sources
from benchmarks.measure import ROOT, Measure, Section, collect_as_the_program_does, process_seconds, rss_mb, script
from sopengine.channels.base import Outgoing, Receipt
from sopengine.clock import ManualClock
from sopengine.store.retention import Retention

FIRST = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
KEPT = Retention(texts=timedelta(days=30), personal=timedelta(days=60), log=timedelta(days=60))
MONTH = 30
CHANNEL = "shop"
_SETTINGS = """\
database = "sqlite:///sop.db"
[channels.shop]
kind = "file"
"""
_HEAD = """\
playbook: year
title: 测量用的一年
timezone: Asia/Shanghai
audiences:
  groups:
    source: groups
    sample: {name: 东湖店会员群}
messages:
"""
_MESSAGE = """\
  text-%d: '{{ target.name }}的朋友们，{{ slot.date | date("M月D日") }}第 %d 件事：今天也有新品到店，欢迎来看看。'
"""
_PHASE = """\
phases:
  all:
    from: 2026-01-01
    until: %s
    steps:
"""
_STEP = "      - {id: step-%d, on: daily, at: %02d:%02d, to: groups, send: text-%d}\n"


def playbook(days: int, steps: int) -> str:
    until = FIRST + timedelta(days=days - 1)
    messages = "".join(_MESSAGE % (n, n) for n in range(steps))
    rows = "".join(_STEP % (n, *divmod(8 * 60 + n * (12 * 60 // steps), 60), n) for n in range(steps))
    return f"{_HEAD}{messages}{_PHASE % f'{until:%Y-%m-%d}'}{rows}"


class Shop(Null):
    """Ends the process without a word in the middle of the last slot, if it is told to."""

    kind = CHANNEL

    def __init__(self) -> None:
        self.taken, self.last = 0, 0

    def send(self, message: Outgoing) -> Receipt:
        self.taken += 1
        if self.taken == self.last:
            os._exit(0)
        return super().send(message)


def simulate(folder: Path, days: int, groups: int, steps: int, minutes: float) -> None:
    """Prints a line of JSON for each month. Stops after `days` days, or with the day that is reached in `minutes`;
    then, in the middle of the next slot, the process ends as if it were killed."""
    from sopengine.engine.bundle import Bundle
    from sopengine.engine.daemon import ahead
    from sopengine.engine.start import start
    from sopengine.engine.tick import Engine
    from sopengine.language.load import load
    from sopengine.planning.assembly import assemble
    from sopengine.store.store import open_store

    data = playbook(days + 2, steps).encode()
    loaded = load(data, "year.yaml", lambda _: None)
    rows = [{"id": f"g{n}", "name": f"第{n}群", "address": ""} for n in range(groups)]
    sources: dict[str, Sequence[dict[str, str]]] = {"groups": rows}
    if loaded.playbook is None or loaded.diagnostics:
        raise RuntimeError(f"the made-up playbook is wrong: {loaded.diagnostics}")
    made = assemble(loaded.playbook, {}, sources, FIRST, default_channel=CHANNEL)
    if made.campaign is None:
        raise RuntimeError(f"the made-up data is wrong: {made.diagnostics}")
    bundle = Bundle("year.yaml", data, {}, {}, sources, {}, CHANNEL, "")
    clock, shop = ManualClock(FIRST), Shop()
    began = time.monotonic()
    with open_store(f"sqlite:///{folder / 'sop.db'}") as store:
        start(store, made.campaign, bundle, FIRST, "benchmark")
        with Engine(store, {CHANNEL: shop}, clock, no_sources, owner="benchmark", retention=KEPT) as engine:
            day, passes, since = 0, 0, began
            longest = 0.0
            while True:
                at = time.monotonic()
                done = engine.tick()
                longest, passes = max(longest, time.monotonic() - at), passes + 1
                if done.next_due is None:
                    raise RuntimeError("the year ended too early")
                following = ahead(done.next_due, clock.now())
                reached = (following.astimezone(FIRST.tzinfo) - FIRST).days
                if reached > day:
                    over = reached >= days or (time.monotonic() - began) / 60 > minutes
                    if reached % MONTH == 0 or over:
                        figures = {"day": reached, "taken": shop.taken, "seconds": time.monotonic() - since}
                        disk = sum(path.stat().st_size for path in folder.glob("sop.db*"))
                        figures |= {"passes": passes, "longest": longest, "disk": disk, "rss": rss_mb()}
                        figures |= {"worker": sum(map(rss_mb, children())), **_rows(folder)}
                        print(json.dumps(figures), flush=True)
                        since, passes, longest = time.monotonic(), 0, 0.0
                    if over:
                        shop.last = shop.taken + groups // 2
                    day = reached
                clock.move_to(following)


def children() -> list[int]:
    """Processes of this one: the rendering worker."""
    found = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in found.read_text().split()] if found.exists() else []


def _rows(folder: Path) -> dict[str, int]:
    """Deliveries, those that still have their text, and lines of the log."""
    with closing(sqlite3.connect(f"file:{folder / 'sop.db'}?mode=ro", uri=True)) as ledger:
        count = "select count(*), count(text) from delivery"
        deliveries, texts = ledger.execute(count).fetchone()
        (lines,) = ledger.execute("select count(*) from transition").fetchone()
    return {"deliveries": deliveries, "texts": texts, "lines": lines}


def fill_up(folder: Path, wanted: int) -> None:
    """The ledger at the size of the whole year: copies of what was sent, without texts, and of its attempts."""
    with closing(sqlite3.connect(folder / "sop.db")) as ledger, ledger:
        have, step = ledger.execute("select sum(state = 3), max(id) from delivery").fetchone()
        copies = [(n,) for n in range(1, math.ceil((wanted - have) / have) + 1)] if have else []
        new = {"key": "key || '-' || ?1", "text": "null"}
        new |= {name: f"{name} + ?1 * {step}" for name in ("id", "delivery")}
        for table, which in (("delivery", "state = 3"), ("attempt", "outcome = 'sent'")):
            names = [row[1] for row in ledger.execute(f"pragma table_info({table})")]
            values = ", ".join(new.get(name, name) for name in names)
            of_these = f"{which} and {'id' if table == 'delivery' else 'delivery'} <= {step}"
            ledger.executemany(f"insert into {table} select {values} from {table} where {of_these}", copies)


def restarts(folder: Path, slot: datetime) -> dict[str, float]:
    """Seconds of whole `tick` processes after one was killed in the middle of `slot`: the first takes over what that
    one held and delivers the rest; one has nothing to do; one comes twelve hours later."""
    (folder / "sopengine.toml").write_text(_SETTINGS, "utf-8")

    def tick(minutes: float) -> float:
        now = (slot + timedelta(minutes=minutes)).isoformat()
        return process_seconds(script("sopengine"), "tick", "--workspace", str(folder), "--now", now)

    return {"killed": tick(1), "idle": tick(2), "late": tick(2 + 12 * 60)}


def run(days: int = 365, groups: int = 500, steps: int = 20, minutes: float = 20, whole: int = 365) -> Section:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [sys.executable, "-m", "benchmarks.year", scratch, *map(str, (days, groups, steps, minutes))]
        months: list[Mapping[str, Any]] = []
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                months.append(json.loads(line))
                print(line, end="", file=sys.stderr, flush=True)
        if process.returncode or not months:
            raise RuntimeError(f"the simulated year ended with {process.returncode}")
        last = months[-1]
        sent = _sent(folder)
        fill_up(folder, whole * groups * steps)
        rows = _rows(folder)["deliveries"]
        again = restarts(folder, FIRST + timedelta(days=last["day"], hours=8))
    return _section(months, again, sent, rows, groups, steps)


def _section(
    months: Sequence[Mapping[str, Any]],
    again: Mapping[str, float],
    sent: Mapping[int, int],
    rows: int,
    groups: int,
    steps: int,
) -> Section:
    last, settled = months[-1], months[1:] or months
    section = Section(
        "A year of one shop",
        f"{groups} groups × {steps} steps a day, {last['day']} days, {last['taken']:,} deliveries, one pass for each "
        f"of the {steps} moments of a day; real engine on an injected clock, SQLite with synchronous=FULL in "
        f"{gettempdir()} ({file_system(Path(gettempdir()))}), a channel that takes everything at once; retention: "
        f"{_kept()}. Figures at the end of every {MONTH} days and of the last day. In the middle of the next slot the "
        f"process ends without a word, as if killed.{_told(sent)} The ledger is then filled up with copies of what was "
        f"sent to {rows:,} deliveries, a year's or more, and whole `sopengine tick` processes are timed.",
    )
    section.measures = [
        Measure("deliveries in all", "thousand", [last["taken"] / 1000]),
        Measure("by month: deliveries a second", "1/s", _rates(months)),
        *(Measure(f"day {one['day']}: memory of the engine", "MB", [one["rss"]]) for one in months),
        Measure(
            "memory, least to greatest after the first month", "MB", [one["rss"] for one in settled], target="flat"
        ),
        Measure("memory of the rendering process", "MB", [one["worker"] for one in settled], target="flat"),
        *(Measure(f"day {one['day']}: database", "MB", [one["disk"] / 1e6]) for one in months),
        Measure("database, a delivery", "bytes", [one["disk"] / max(1, one["deliveries"]) for one in months]),
        Measure("deliveries that still have their text", "thousand", [one["texts"] / 1000 for one in settled]),
        Measure("lines of the log", "thousand", [one["lines"] / 1000 for one in settled]),
        Measure("longest pass of a month", "s", [one["longest"] for one in months]),
        Measure("restart after a kill, with the rest of its slot", "s", [again["killed"]], target="≤ 5"),
        Measure("restart with nothing to do", "s", [again["idle"]], target="≤ 5"),
        Measure(f"restart twelve hours late, {steps} slots behind", "s", [again["late"]]),
    ]
    return section


def _rates(months: Sequence[Mapping[str, Any]]) -> list[float]:
    before = [0, *(one["taken"] for one in months[:-1])]
    return [(one["taken"] - sent) / one["seconds"] for one, sent in zip(months, before, strict=True)]


def _kept() -> str:
    lengths = {"texts": KEPT.texts, "personal": KEPT.personal, "log": KEPT.log}
    return ", ".join(f"{name} {length.days}d" for name, length in lengths.items() if length)


def _sent(folder: Path) -> dict[int, int]:
    """Deliveries by state."""
    with closing(sqlite3.connect(f"file:{folder / 'sop.db'}?mode=ro", uri=True)) as ledger:
        return dict(ledger.execute("select state, count(*) from delivery group by state").fetchall())


def _told(states: Mapping[int, int]) -> str:
    from sopengine.store.rows import State
    from sopengine.store.states import word

    return (
        " Then it holds: "
        + ", ".join(f"{count:,} {word(State(state))}" for state, count in sorted(states.items()))
        + "."
    )


if __name__ == "__main__":
    collect_as_the_program_does()
    simulate(Path(sys.argv[1]), *map(int, sys.argv[2:5]), float(sys.argv[5]))
