"""One rendering process: frames in, frames out within a time; a thread at each pipe, so that neither can block us."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO

import sopengine
from sopengine.diagnostics import Text
from sopengine.errors import SopError
from sopengine.messages.wire import MAX_RESULT_BYTES, READY, read_frame, write_frame

_START_SECONDS = 60.0
"""A start takes 0.1 s; a machine under load may need far longer, and nothing is gained by giving up sooner."""


class Child:
    """Alive until `kill`. `receive` returns None when the time is up or the process is gone."""

    def __init__(self, memory_bytes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-S", "-P", "-m", "sopengine.messages.worker", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            close_fds=True,
        )
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        self._incoming: SimpleQueue[bytes | None] = SimpleQueue()
        self._threads = [Thread(target=self._write, daemon=True), Thread(target=self._read, daemon=True)]
        for thread in self._threads:
            thread.start()
        if self.receive(_START_SECONDS) != READY:
            self.kill()
            raise SopError(
                Text("渲染进程启动不了", "The rendering process does not start"),
                Text("请检查 Python、Jinja2 的安装和可用内存", "Check the installed Python, Jinja2 and free memory"),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, frame: bytes) -> None:
        """Returns at once."""
        self._outgoing.put(frame)

    def receive(self, seconds: float) -> bytes | None:
        try:
            return self._incoming.get(timeout=max(seconds, 0))
        except Empty:
            return None

    def kill(self) -> None:
        """Ends the process at once, whatever it does, and waits until nothing of it is left."""
        self._process.kill()
        self._process.wait()
        self._outgoing.put(None)
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        if self._process.stdin is None:
            return
        try:
            while (frame := self._outgoing.get()) is not None:
                write_frame(self._process.stdin, frame)
        except OSError:
            return  # the process is gone; the reading thread reports it
        finally:
            _close(self._process.stdin)

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as stream:
            while (frame := read_frame(stream, MAX_RESULT_BYTES)) is not None:
                self._incoming.put(frame)
        self._incoming.put(None)


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # closing flushes, and the other end is gone


def _environment() -> dict[str, str]:
    """Where the program and Jinja are installed, and no more: nothing secret is inherited."""
    origins = [sopengine.__file__, *(spec.origin for name in ("jinja2", "markupsafe") if (spec := find_spec(name)))]
    folders = dict.fromkeys(str(Path(origin).resolve().parent.parent) for origin in origins if origin)
    found = {"PYTHONPATH": os.pathsep.join(folders)}
    if "SYSTEMROOT" in os.environ:  # Windows starts no Python without it
        found["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return found
