"""Real commands in processes forked from this warm one: the imports are paid once, the rest is as a user has it."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import httpcore2  # noqa: F401 - loaded before the fork
from sqlalchemy.dialects.sqlite import pysqlite  # noqa: F401

import sopengine.channels.wire
import sopengine.cli.run
import sopengine.cli.tick
import sopengine.cli.workplace
import sopengine.engine.daemon
import sopengine.engine.systemd
import sopengine.engine.wake
import sopengine.store.sqlite_file
from sopengine.cli.main import run
from tests.rig.clock import SharedAlarm, SharedClock
from tests.rig.shop import Shop

OWN_FAULT = 70
"""Exit code of a child that broke instead of being ended."""


def nothing() -> None: ...


def fork(
    shop: Shop,
    clock: SharedClock,
    command: Sequence[str] = ("run",),
    *,
    prepare: Callable[[], None] = nothing,
    locked: bool = True,
) -> int:
    """The process id of a command in that workspace, on that clock; what it prints goes to the workspace's log.

    `prepare` is called in the child first. `locked=False`: the lock beside the file does not hold it, as on a disk
    that several hosts share."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = OWN_FAULT
    try:
        _surround(shop)
        _on(clock)
        if not locked:
            assert sopengine.store.sqlite_file.delivering, "the name that is replaced is the one that is used"
            sopengine.store.sqlite_file.delivering = lambda path: nullcontext()  # type: ignore[assignment]
        prepare()
        code = run(list(command))
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - a forked child must never return into the caller's code
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _surround(shop: Shop) -> None:
    os.chdir(shop.root)
    os.environ.update(shop.environment)
    log = os.open(shop.root / "printed.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _on(clock: SharedClock) -> None:
    alarm = type("Alarm", (SharedAlarm,), {"clock": clock})
    sopengine.engine.daemon.AlarmClock = alarm  # type: ignore[misc]
    sopengine.cli.run.SystemClock = lambda: clock  # type: ignore[misc,assignment]
    sopengine.cli.workplace.SystemClock = lambda: clock  # type: ignore[misc,assignment]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGCONT)  # a stopped one dies at once all the same; this only hurries the kernel
    os.waitpid(pid, 0)


def ended(pid: int, seconds: float = 60) -> int:
    """Waits for its end; the exit code, negative for a signal."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.003)
    kill(pid)
    raise TimeoutError(f"process {pid} did not end in {seconds} s")
