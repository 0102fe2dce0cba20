"""systemd's notification protocol (sd_notify(3)): one datagram a message to the socket named in NOTIFY_SOCKET."""

from __future__ import annotations

import socket
from collections.abc import Mapping


class Notifier:
    """Tells systemd READY, WATCHDOG and STATUS; silent when not started by systemd."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        usec = environ.get("WATCHDOG_USEC", "")
        self.watchdog_seconds: float | None = int(usec) / 1_000_000 if usec.isdigit() else None

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        self._send(f"STATUS={text}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            try:
                sock.sendto(message.encode(), self._address)
            except BlockingIOError:
                return  # nobody reads: the next message says the same, and no delivery waits for it
            except OSError:
                self._address = ""  # systemd went away; a daemon without it still delivers
