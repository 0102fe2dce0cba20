"""The kill test: `sopengine run` under random SIGKILL and SIGSTOP, against a channel that drops, lies and limits.

A campaign has 48 slots with 8 deliveries each. A round forks the daemon, ends it at a random instant and moves the
shared clock on, so that leases run out; at the end it runs to its end, and ledger and judge are compared.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from os import kill as signal_to
from pathlib import Path
from tempfile import TemporaryDirectory

from sopengine.cli.failure import BUG
from sopengine.engine.lease import LEASE
from tests.rig import launch, ledger
from tests.rig.clock import SharedClock
from tests.rig.invariants import breaches
from tests.rig.judge import Choose, Judge, faulty, read
from tests.rig.launch import nothing
from tests.rig.shop import BEYOND, FIRST, Shop

PER_CAMPAIGN = 50
SLOTS = 48
DELAY = (0.01, 0.2)
"""Seconds within which the judge answers: the send window is open that long."""
OVER = LEASE + timedelta(seconds=1)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A killed process leaves its writes with the system, on whatever disk: only a power cut would ask for a real one."""


@dataclass
class Outcome:
    """`in_window`: kills that found at least one delivery in `sending`; `states`: how the deliveries ended."""

    kills: int = 0
    in_window: int = 0
    stops: int = 0
    splits: int = 0
    crashes: int = 0
    requests: int = 0
    acted: int = 0
    states: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        for name in ("kills", "in_window", "stops", "splits", "crashes", "requests", "acted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.states.update(other.states)
        self.breaches += other.breaches


class Campaign:
    """One ledger and one judge, and the rounds that are played on them."""

    def __init__(
        self, folder: Path, seed: int, choose: Choose, prepare: Callable[[], None] = nothing, slots: int = SLOTS
    ) -> None:
        self.dice = random.Random(seed)
        self.clock = SharedClock(FIRST - timedelta(minutes=5))
        self.judge = Judge(folder / "judge.jsonl", self.clock, choose, delay=DELAY, seed=seed)
        self.shop = Shop(folder / "shop", self.judge.url, slots)
        self.prepare = prepare
        self.outcome = Outcome()
        self.start_seconds = 0.3  # from the fork to the first request, as it has been lately

    def play(self, kills: int) -> Outcome:
        with self.judge:
            self.shop.open()
            self.shop.start()
            while self.outcome.kills < kills:
                self._round()
            self._to_the_end()
        received = read(self.judge.path)
        rows, turns = ledger.deliveries(self.shop.database), ledger.turns(self.shop.database)
        done = self.outcome
        done.requests, done.acted = len(received), sum(r.acted for r in received)
        done.states = Counter(row.state for row in rows)
        done.breaches += breaches(self.shop.promised(), rows, turns, received)
        printed = (self.shop.root / "printed.log").read_text("utf-8", "replace")
        for sign in ("Traceback", BUG.en):
            if sign in printed:
                done.breaches.append(f"printed: {printed[printed.index(sign) :][:400]}")
        return done

    def daemon(self, *, locked: bool = True) -> int:
        return launch.fork(self.shop, self.clock, prepare=self.prepare, locked=locked)

    def _round(self) -> None:
        self._move_clock()
        begin, daemon = time.monotonic(), self.daemon()
        chance = self.dice.random()
        if chance < 0.25:
            time.sleep(self.dice.uniform(0, 1.5 * self.start_seconds))
        elif self.judge.wait_for_request(4 * self.start_seconds):
            self.start_seconds += (time.monotonic() - begin - self.start_seconds) / 4
            self.judge.wait_for_request(0.05, self.dice.choice((1, 3, 5)))
            time.sleep(self.dice.uniform(0, self.dice.choice((0.05, 0.05, 0.05, 0.6))))
        others = []
        if chance > 0.8:
            others = self._stop_past_the_lease(daemon, split=chance > 0.9)
        self._kill(daemon)
        for other in others:
            self._kill(other)

    def _move_clock(self) -> None:
        """Mostly to about the next slot, with every lease run out; now and then hardly, far, or back."""
        chance = self.dice.random()
        if chance < 0.1:
            step = timedelta(seconds=self.dice.uniform(1, 40))
        elif chance < 0.13:
            step = timedelta(minutes=self.dice.uniform(40, 130))
        elif chance < 0.16:
            step = -timedelta(minutes=self.dice.uniform(1, 30))
        else:
            step = OVER + timedelta(minutes=self.dice.uniform(0, 5))
        self.clock.advance(step)

    def _stop_past_the_lease(self, daemon: int, *, split: bool) -> list[int]:
        """SIGSTOP, the lease runs out, SIGCONT. Split: meanwhile a second daemon works, which no lock kept out."""
        signal_to(daemon, signal.SIGSTOP)
        self.clock.advance(OVER)
        self.outcome.stops += 1
        others = []
        if split:
            self.outcome.splits += 1
            others.append(self.daemon(locked=False))
            self.judge.wait_for_request(0.5)
        signal_to(daemon, signal.SIGCONT)
        time.sleep(self.dice.uniform(0, 0.3))
        return others

    def _kill(self, daemon: int) -> None:
        launch.kill(daemon)
        self.outcome.kills += 1
        self.outcome.in_window += bool(ledger.count(self.shop.database, "sending"))

    def _to_the_end(self) -> None:
        """Undisturbed until nothing is in hand, then again when all windows are over."""
        self.clock.advance(OVER)
        daemon = self.daemon()
        self._wait_until_idle()
        signal_to(daemon, signal.SIGTERM)
        code = launch.ended(daemon)
        if code not in (0, -signal.SIGTERM):  # a busy machine may not have let it begin: the passes below do its work
            self.outcome.breaches.append(f"the undisturbed daemon ended with {code}")
        for moment in (self.clock.now() + timedelta(hours=1), BEYOND, BEYOND + OVER):
            self.clock.advance(moment - self.clock.now())
            if code := launch.ended(launch.fork(self.shop, self.clock, ("tick",), prepare=self.prepare)):
                self.outcome.breaches.append(f"the undisturbed pass ended with {code}")

    def _wait_until_idle(self, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        time.sleep(0.2)
        while time.monotonic() < until:
            if not ledger.open_rows(self.shop.database, _micros(self.clock.now())):
                return
            time.sleep(0.05)
        self.outcome.breaches.append(f"the undisturbed daemon still had work in hand after {seconds} s")


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def campaign(seed: int, kills: int) -> Outcome:
    with TemporaryDirectory(prefix="rig-", dir=MEMORY) as folder:
        return Campaign(Path(folder), seed, faulty(seed)).play(kills)


def run(kills: int, seed: int, at_once: int = 2, progress: Callable[[str], None] = lambda _: None) -> Outcome:
    """Campaigns of 50 kills, some at once: most of their time is spent waiting."""
    total = Outcome()
    parts = [min(PER_CAMPAIGN, kills - begin) for begin in range(0, kills, PER_CAMPAIGN)]
    with ProcessPoolExecutor(at_once, get_context("spawn")) as pool:
        for done in pool.map(campaign, [seed + number for number in range(len(parts))], parts):
            total.add(done)
            progress(f"{total.kills} kills, {total.in_window} in the send window, {len(total.breaches)} breaches")
    return total
