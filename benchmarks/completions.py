"""Durable completions a second: the whole engine on SQLite with a channel that does nothing, beside Huey on SQLite."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from benchmarks.material import CHANNEL, START, campaign
from benchmarks.measure import ROOT, Measure, Section, in_turn, ratio
from sopengine.channels.base import Limits, Outcome, Outgoing, Receipt
from sopengine.clock import ManualClock

RAM = Path("/dev/shm")
OURS, HUEY = "sopengine", "Huey"


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
    """One step falls due for `count` targets: fanned out, then claimed, rendered, sent and recorded by one pass."""
    from sopengine.engine.start import start
    from sopengine.engine.tick import Engine
    from sopengine.store.store import open_store

    made, _, bundle = campaign(1, count)
    clock = ManualClock(START)
    with open_store(f"sqlite:///{folder / 'sop.db'}") as store:
        start(store, made, bundle, START, "benchmark")
        with Engine(store, {CHANNEL: Null()}, clock, _no_sources, owner="benchmark") as engine:
            clock.move_to(_first_pass(engine))
            asked: list[float] = []
            begin = time.perf_counter()
            engine.tick(lambda: asked.append(time.perf_counter()) is not None)
            end = time.perf_counter()
            idle = [_seconds_of_pass(engine) for _ in range(20)]
        _expect(count, dict(store.counts(made.id).deliveries).get("sent", 0))
    fanned_out = asked[1]  # asked before the work, then before each claim
    return {"fan_out": fanned_out - begin, "deliver": end - fanned_out, "idle": sorted(idle)[len(idle) // 2]}
