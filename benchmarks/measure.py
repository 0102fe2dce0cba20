"""Contenders that take turns in, rows of a table out: median, least and greatest, and the ratio to a peer."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Measure:
    """`ratio` is this one divided by its peer, the median over turns; None without a peer."""

    name: str
    unit: str
    values: Sequence[float]
    ratio: float | None = None
    target: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(slots=True)
class Section:
    title: str
    method: str
    measures: list[Measure] = field(default_factory=list)


def in_turn(contenders: Mapping[str, Callable[[], float]], turns: int, warm_ups: int = 1) -> dict[str, list[float]]:
    """A B C, A B C, …: what the machine does meanwhile hits all of them alike. Warm-ups are not counted."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(-warm_ups, turns):
        for name, once in contenders.items():
            value = once()
            if turn >= 0:
                found[name].append(value)
    return found


def ratio(ours: Sequence[float], peer: Sequence[float]) -> float:
    """The median of the ratios of each turn."""
    return statistics.median(a / b for a, b in zip(ours, peer, strict=True))


def seconds(once: Callable[[], object]) -> float:
    begin = time.perf_counter()
    once()
    return time.perf_counter() - begin


def process_seconds(*command: str, folder: Path = ROOT) -> float:
    """A whole process, from start to end; one that fails measures nothing.

    With compiled files kept, as after any installation: a shell that forbids them would compile the package anew each
    time."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    took = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode()}")
    return took


def collect_as_the_program_does() -> None:
    """The thresholds of sopengine.cli.main, for a process that runs the engine without it."""
    gc.set_threshold(20_000, 20, 20)


def script(name: str) -> str:
    """A console script of the Python that runs this."""
    return str(Path(sys.executable).with_name(name))


def peak_rss_mb(pid: int | str = "self") -> float:
    """The greatest resident size a living process has had; 0.0 where there is no /proc."""
    return _status_mb(pid, "VmHWM")


def rss_mb(pid: int | str = "self") -> float:
    """The resident size of a living process; 0.0 where there is no /proc."""
    return _status_mb(pid, "VmRSS")


def _status_mb(pid: int | str, name: str) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))  # see proc(5)
    return int(line.split()[1]) / 1024
