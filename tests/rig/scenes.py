"""Short scripted runs on one ledger, each for one way in which an engine of this kind goes wrong; breaches come out."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from tests.rig import launch, ledger
from tests.rig.clock import SharedClock
from tests.rig.failpoints import dying
from tests.rig.histories import Histories
from tests.rig.invariants import breaches
from tests.rig.judge import FAULTS, OK, ROBOT_FAULTS, Answer, Judge, healthy, read
from tests.rig.kill import MEMORY, OVER, Campaign
from tests.rig.shop import BEYOND, FIRST, STARTING, Shop
from tests.support.postgres import Server

DROPPED = next(answer for answer in FAULTS if answer.name == "taken, then dropped")
BUSY = ROBOT_FAULTS[0]
SLOTS = 2


def kills(folder: Path) -> list[str]:
    """Twelve random kills against a channel that takes everything."""
    return Campaign(folder, 5, healthy, slots=12).play(12).breaches


def planning_cut_off(folder: Path) -> list[str]:
    """`start` ends between the two commits of planning, and the next pass plans again."""
    clock = SharedClock(FIRST)
    with Judge(folder / "judge.jsonl", clock, healthy) as judge:
        shop = Shop(folder / "shop", judge.url, SLOTS)
        shop.open()
        launch.ended(launch.fork(shop, clock, STARTING, prepare=dying("in_plan", 1)))
        _passes(shop, clock, timedelta(minutes=5), timedelta(minutes=5))
        return _judged(shop, judge)


def no_answer(folder: Path) -> list[str]:
    """Every first request is taken, and its answer lost."""

    def choose(channel: str, text: str, before: int) -> Answer:
        return OK if before else DROPPED

    clock = SharedClock(FIRST)
    with Judge(folder / "judge.jsonl", clock, choose) as judge:
        shop = Shop(folder / "shop", judge.url, SLOTS)
        shop.open()
        shop.start()
        _passes(shop, clock, timedelta(minutes=1), timedelta(minutes=5))
        return _judged(shop, judge)


def stale_holder_on_a_server(folder: Path) -> list[str]:
    """The same on PostgreSQL, where nothing has to be kept out."""
    server = Server(MEMORY)
    try:
        return stale_holder(folder, server.address(server.new_database()))
    finally:
        server.remove()


def stale_holder(folder: Path, address: str = "") -> list[str]:
    """A daemon is stopped while its requests are out, and the robot turns them away. When the leases are over a second
    process, which no lock keeps out, calls them unknown; a person has one sent again, and it is taken. Only then the
    first wakes up and would put it back to be sent once more."""

    def choose(channel: str, text: str, before: int) -> Answer:
        return BUSY if channel == "robot" and not before else OK

    clock = SharedClock(FIRST)
    with Judge(folder / "judge.jsonl", clock, choose, delay=(1.0, 1.0)) as judge:
        shop = Shop(folder / "shop", judge.url, SLOTS, timeout=5, server=address)
        shop.open()
        shop.start()
        holder = launch.fork(shop, clock, locked=False)
        _until(judge, 8)
        os.kill(holder, signal.SIGSTOP)
        clock.advance(OVER)
        launch.ended(launch.fork(shop, clock, ("tick",), locked=False))
        before = judge.lines()
        [number] = ledger.ids(shop.database, "r1", "unknown")
        launch.ended(launch.fork(shop, clock, ("resolve", str(number), "--resend", "--reason", "nothing in the group")))
        other = launch.fork(shop, clock, locked=False)
        _until(judge, before + 1)
        os.kill(holder, signal.SIGCONT)
        time.sleep(2)
        for daemon in (holder, other):
            os.kill(daemon, signal.SIGTERM)
            launch.ended(daemon)
        _passes(shop, clock, timedelta(minutes=1))
        return _judged(shop, judge)


def clock_changes(folder: Path) -> list[str]:
    """Simulated histories, enough of them for days on which the clocks change."""
    with Histories(folder) as histories:
        for seed in range(24):
            histories.play(seed)
        return histories.told.breaches


def _until(judge: Judge, requests: int) -> None:
    until = time.monotonic() + 60
    while judge.lines() < requests:
        if time.monotonic() > until:
            raise TimeoutError(f"{judge.lines()} requests, not {requests}")
        time.sleep(0.005)


def _passes(shop: Shop, clock: SharedClock, *steps: timedelta) -> None:
    """One pass now and one after each step, then one when everything is over."""
    for step in (timedelta(0), *steps, BEYOND - clock.now(), OVER):
        clock.advance(step)
        launch.ended(launch.fork(shop, clock, ("tick",)))


def _judged(shop: Shop, judge: Judge) -> list[str]:
    rows, turns = ledger.deliveries(shop.database), ledger.turns(shop.database)
    return breaches(shop.promised(), rows, turns, read(judge.path))
