"""A `sopengine preview` of its own process, in a folder; stopped as Ctrl-C stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import sopengine.cli.main as m; m.main()"
)


class Previewed:
    """`address` is what it printed; `said` and `code` are what it said on stderr and its exit code, when it is over."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        words = [sys.executable, "-c", PROGRAM, "preview", *arguments, "--no-open", "--lang", "zh"]
        self._process = subprocess.Popen(
            words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        self.said, self.code = "", -1

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)
        rest, self.said = self._process.communicate(timeout=30)
        assert not rest
        self.code = self._process.returncode

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@contextmanager
def previewed(folder: Path, *arguments: str) -> Iterator[Previewed]:
    one = Previewed(folder, *arguments)
    try:
        assert one.address, one.interrupt() or one.said
        yield one
    finally:
        one.close()
