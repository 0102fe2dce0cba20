"""The kill test on PostgreSQL: four daemons at once, any of which is killed or stopped; the server crashes too."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from sopengine.errors import EXIT_FAILED
from tests.rig import launch, ledger
from tests.rig.judge import Choose, faulty
from tests.rig.kill import MEMORY, OVER, PER_CAMPAIGN, SLOTS, Campaign, Outcome
from tests.support.postgres import Server

WORKERS = 4
AWAY = 1.5
"""Seconds that the server may stay away after a crash."""


class Crew(Campaign):
    """`crashes`: seconds between which the server crashes again. Who is not killed lives on into the next round."""

    def __init__(
        self, folder: Path, seed: int, choose: Choose, server: Server, crashes: tuple[float, float], slots: int = SLOTS
    ) -> None:
        super().__init__(folder, seed, choose, slots=slots)
        self.shop = replace(self.shop, server=server.address(server.new_database()))
        self.server, self.crashes = server, crashes
        self.pids: list[int] = []
        self.next_crash = time.monotonic() + self.dice.uniform(*crashes)

    def play(self, kills: int) -> Outcome:
        try:
            return super().play(kills)
        finally:
            for pid in self.pids:
                launch.kill(pid)

    def _round(self) -> None:
        self._move_clock()
        self._fill_up()
        if self.dice.random() < 0.25:
            time.sleep(self.dice.uniform(0, 0.5))
        elif self.judge.wait_for_request(1.2):
            time.sleep(self.dice.uniform(0, self.dice.choice((0.02, 0.02, 0.02, 0.5))))
        if self.dice.random() < 0.15:
            self._stop_one()
        if time.monotonic() >= self.next_crash:
            self._crash()
        victim = self.dice.choice(self._sending() or self.pids)
        self.pids.remove(victim)
        self._kill(victim)

    def _sending(self) -> list[int]:
        """Mostly those that are in their send window: there is one where messages are under way, and it matters."""
        if self.dice.random() < 0.2:
            return []
        return [pid for pid in self.pids if ledger.in_hand(self.shop.database, [pid], "2")]

    def _fill_up(self) -> None:
        """One that ended by itself had begun while the server was away: systemd would begin it again."""
        for pid in tuple(self.pids):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.pids.remove(pid)
                if (code := os.waitstatus_to_exitcode(status)) != EXIT_FAILED:
                    self.outcome.breaches.append(f"a daemon ended by itself with {code}")
        while len(self.pids) < WORKERS:
            self.pids.append(self.daemon())

    def _stop_one(self) -> None:
        """Past its lease, while the others go on; then it goes on as well."""
        pid = self.dice.choice(self.pids)
        os.kill(pid, signal.SIGSTOP)
        self.clock.advance(OVER)
        self.judge.wait_for_request(0.4)
        os.kill(pid, signal.SIGCONT)
        self.outcome.stops += 1
        time.sleep(self.dice.uniform(0, 0.3))

    def _crash(self) -> None:
        self.server.crash()
        time.sleep(self.dice.uniform(0, AWAY))
        self.server.start()
        self.outcome.crashes += 1
        self.next_crash = time.monotonic() + self.dice.uniform(*self.crashes)
        time.sleep(self.dice.uniform(0, 1))

    def _kill(self, daemon: int) -> None:
        launch.kill(daemon)
        self.outcome.kills += 1
        self.outcome.in_window += bool(ledger.in_hand(self.shop.database, [daemon], "2"))

    def _to_the_end(self) -> None:
        """All are told to end, and have to end well."""
        self._fill_up()
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        codes = [launch.ended(self.pids.pop()) for _ in tuple(self.pids)]
        if set(codes) - {0, -signal.SIGTERM}:  # one that had hardly begun
            self.outcome.breaches.append(f"daemons that were told to end ended with {codes}")
        super()._to_the_end()


def campaign(seed: int, kills: int, crashes: tuple[float, float]) -> Outcome:
    server = Server(MEMORY)
    try:
        with TemporaryDirectory(prefix="rig-", dir=MEMORY) as folder:
            return Crew(Path(folder), seed, faulty(seed), server, crashes).play(kills)
    finally:
        server.remove()


def run(kills: int, seed: int, at_once: int, crashes: tuple[float, float], progress: Callable[[str], None]) -> Outcome:
    total = Outcome()
    parts = [min(PER_CAMPAIGN, kills - begin) for begin in range(0, kills, PER_CAMPAIGN)]
    count = len(parts)
    with ProcessPoolExecutor(at_once, get_context("spawn")) as pool:
        for done in pool.map(campaign, range(seed, seed + count), parts, [crashes] * count):
            total.add(done)
            progress(
                f"{total.kills} kills, {total.in_window} in the send window, {total.crashes} crashes of the server, "
                f"{len(total.breaches)} breaches"
            )
    return total
