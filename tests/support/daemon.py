"""`sopengine run` as a process of its own, watched through the socket that systemd would give it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType


class DaemonProcess:
    """Use as a context manager; leaving it kills what still runs."""

    def __init__(self, workspace: Path, secrets: dict[str, str], watchdog_seconds: float = 4) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = workspace / "notify"
        address.unlink(missing_ok=True)
        self._socket.bind(str(address))
        self._socket.settimeout(30)
        environment = {
            **os.environ,
            **secrets,
            "NOTIFY_SOCKET": str(address),
            "WATCHDOG_USEC": str(int(watchdog_seconds * 1_000_000)),
            "SOPENGINE_LANG": "en",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from sopengine.cli.main import main; main()", "run"],
            cwd=workspace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> DaemonProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
        self._socket.close()

    def wait_for(self, message: str) -> list[str]:
        """Every message up to one that begins so."""
        seen: list[str] = []
        while not (seen and seen[-1].startswith(message)):
            seen.append(self._socket.recv(4096).decode())
        return seen

    def stop(self) -> str:
        """SIGTERM; returns what it printed. It has to end well by itself."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, err
        return out + err

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
