"""The greatest resident size of this process and of its children, in MiB.

A new process counts the size of the one that it was forked from as its own (`ru_maxrss` is kept over exec), so that of
this process is taken from the kernel's mark of its own memory, and tests measure inside a process that they start.
"""

from __future__ import annotations

import resource
from pathlib import Path


def own_peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def childrens_peak() -> float:
    """Of children that have ended and been waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
