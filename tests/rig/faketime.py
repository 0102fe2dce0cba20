"""The same jumps on the system's own clock: `sopengine tick` as a user starts it, under Debian's libfaketime."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.rig import ledger
from tests.rig.clock import SharedClock
from tests.rig.invariants import breaches
from tests.rig.judge import Judge, healthy, read
from tests.rig.kill import MEMORY
from tests.rig.shop import BEYOND, FIRST, SECRETS, Shop

SLOTS = 6
PASSES = 7
STEPS = (-26 * 60, -61, -3, 1, 4, 7, 25, 61, 200)
"""Minutes by which the clock is set on, or back."""


def library() -> Path | None:
    """Debian's package `libfaketime`, or the file that LIBFAKETIME names."""
    named = [Path(os.environ["LIBFAKETIME"])] if "LIBFAKETIME" in os.environ else []
    found = [path for path in [*named, *Path("/usr/lib").glob("*/faketime/libfaketime.so.1")] if path.is_file()]
    return found[0] if found else None


def tick(shop: Shop, moment: datetime, preload: Path) -> int:
    """One pass of a process whose system clock begins at that moment; its monotonic clock is the real one."""
    environment = {
        **os.environ,
        **SECRETS,
        "LD_PRELOAD": str(preload),
        "FAKETIME": f"@{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "TZ": "UTC",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "SOPENGINE_LANG": "en",
    }
    command = [sys.executable, "-c", "from sopengine.cli.main import main; main()", "tick"]
    with (shop.root / "printed.log").open("ab") as printed:
        return subprocess.run(command, cwd=shop.root, env=environment, stdout=printed, stderr=printed).returncode


def play(folder: Path, seed: int, preload: Path) -> tuple[int, list[str]]:
    """One history: how many requests came, and its breaches."""
    dice = random.Random(seed)
    with Judge(folder / "judge.jsonl", SharedClock(FIRST), healthy) as judge:
        shop = Shop(folder / "shop", judge.url, SLOTS, timeout=10)
        shop.open()
        shop.start()
        moment, latest, found = FIRST, FIRST, []
        for _ in range(PASSES):
            if code := tick(shop, moment, preload):
                found.append(f"the pass at {moment} ended with {code}")
            moment += timedelta(minutes=dice.choice(STEPS))
            latest = max(latest, moment)
        for moment in (latest, BEYOND):
            tick(shop, moment, preload)
        rows, turns = ledger.deliveries(shop.database), ledger.turns(shop.database)
        received = read(judge.path)
        return len(received), found + breaches(shop.promised(), rows, turns, received)


def run(count: int, seed: int, preload: Path) -> Iterator[tuple[int, list[str]]]:
    for number in range(count):
        with TemporaryDirectory(prefix="rig-", dir=MEMORY) as folder:
            yield play(Path(folder), seed + number, preload)
